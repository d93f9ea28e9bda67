"""The calls without the network: what is sent, what an answer means, when to try again. Both clients share it."""

from __future__ import annotations

import email.utils
import json
import random
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from moderation.client.answers import Comment, Event, Page, Queue, Row
from moderation.client.faults import problem_of

USER_AGENT: Final = "moderation-client/1"
MOST_ROWS: Final = 1_000  # of one batch
AGAIN: Final = frozenset({408, 429, 500, 502, 503, 504, 507})

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how patiently a call is tried again: ``attempts`` in all, pauses that double from ``first`` seconds on.

    The service's ``Retry-After`` counts where it is longer, up to ``longest`` seconds; what asks for more is raised at once.
    """

    attempts: int = 4
    first: float = 0.25
    longest: float = 30.0

    def pause(self, attempt: int, retry_after: float | None) -> float | None:
        """Seconds before the next attempt, after ``attempt`` (from 1) failed; None gives up."""
        if attempt >= self.attempts or (retry_after or 0) > self.longest:
            return None
        spread = random.uniform(0.5, 1.0)
        return max(retry_after or 0.0, min(self.first * 2.0 ** (attempt - 1), self.longest) * spread)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """Seconds for which the service asks, as a number or a date."""
        text = self.headers.get("retry-after")
        if text is None:
            return None
        if text.strip().isdigit():
            return float(text)
        try:
            at = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return None
        if at.tzinfo is None:
            at = at.replace(tzinfo=UTC)
        return max(0.0, (at - datetime.now(UTC)).total_seconds())

    def json(self) -> Any:
        """The body, if the call was let in; raises the Problem that fits otherwise."""
        if not 200 <= self.status < 300:
            raise problem_of(self.status, self.body, self.retry_after)
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True)
class Sent:
    """One call as it is sent; ``seconds``: how long the service may take by itself, beside the network's patience."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


class Calls:
    """Makes the calls of one site with one key."""

    def __init__(self, url: str, site: str, key: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(
                "The service's URL is like https://mod.example.org, with nothing behind its path."
            )
        if not key.isascii() or not key.isprintable() or not key:
            raise ValueError("A key is printable ASCII; this one is empty, or has something else in it.")
        self.scheme, self.host, self.port = parts.scheme, parts.hostname, parts.port
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self._base = f"{parts.path.rstrip('/')}/v1/sites/{quote(site, safe='')}"
        self._key = key

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        seconds: float = 0.0,
        headers: Mapping[str, str] | None = None,
    ) -> Sent:
        """A call under the site's path."""
        named = {**(headers or {}), "Authorization": f"Bearer {self._key}", "User-Agent": USER_AGENT}
        data = None
        if body is not None:
            data = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
            named["Content-Type"] = "application/json"
        asked = urlencode({name: value for name, value in (query or {}).items() if value is not None})
        return Sent(method, self._base + path + (f"?{asked}" if asked else ""), data, named, seconds)

    # --- a site's calls ----------------------------------------------------------------------------

    def post(self, text: str, fields: Fields, wait: int) -> Sent:
        """A comment; ``wait``: seconds for its verdict, up to 10."""
        body = filled({"text": text, **fields})
        headers = {"Prefer": f"wait={wait}"} if wait else {}
        return self.call("POST", "/comments", body, seconds=wait, headers=headers)

    def batch(self, comments: Sequence[Fields]) -> list[Sent]:
        """Comments in as many calls as they need, each of at most 1,000."""
        rows = [filled(one) for one in comments]
        return [
            self.call("POST", "/comments/batch", rows[start : start + MOST_ROWS])
            for start in range(0, len(rows), MOST_ROWS)
        ]

    def on_comment(self, method: str, comment_id: str, what: str = "", body: Any = None) -> Sent:
        """A call on one comment; a change is given an Idempotency-Key, so that its repeats are one change."""
        path = f"/comments/{quote(comment_id, safe='')}" + (f"/{what}" if what else "")
        if method == "GET":
            return self.call(method, path)
        return self.call(method, path, body, headers=_once())

    def decisions(self, rows: Iterable[Fields]) -> list[Sent]:
        """Decisions in as many calls as they need, each of at most 1,000."""
        every = [dict(row) for row in rows]
        return [
            self.call(
                "POST",
                "/decisions",
                {"decisions": every[start : start + MOST_ROWS]},
                headers=_once(),
            )
            for start in range(0, len(every), MOST_ROWS)
        ]

    def queue(self, name: str, query: Fields) -> Sent:
        """A page of a queue."""
        return self.call("GET", f"/queues/{quote(name, safe='')}", query=query)

    def events(self, after: str | None, limit: int, wait: int) -> Sent:
        """Events after a place."""
        query = {"after": after, "limit": limit, "wait": wait or None}
        return self.call("GET", "/events", query=query, seconds=wait)


def _once() -> dict[str, str]:
    """A new Idempotency-Key: the repeats of this call are one change."""
    return {"Idempotency-Key": uuid.uuid4().hex}


def filled(comment: Fields) -> dict[str, Any]:
    """A comment with an id: its sender must know it before it is sent, so that sending it twice stores it once."""
    found = {name: value for name, value in comment.items() if value is not None}
    found.setdefault("id", str(uuid.uuid4()))
    for name, value in found.items():
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise ValueError(f"{name}: give the time with its zone, e.g. datetime.now(UTC).")
            found[name] = value.isoformat()
    return found


def comment(answer: Answer) -> Comment:
    """A comment from an answer."""
    return Comment.of(answer.json())


def comment_page(answer: Answer) -> Page[Comment]:
    """A page of comments from an answer."""
    return Page.of(answer.json(), Comment.of)


def event_page(answer: Answer) -> Page[Event]:
    """A page of events from an answer; ``next`` is always the place to go on from."""
    return Page.of(answer.json(), Event.of)


def rows(answer: Answer) -> list[Row]:
    """What became of each row."""
    return [Row.of(one) for one in answer.json()["items"]]


def sizes(answer: Answer) -> dict[str, Queue]:
    """The sizes of the queues by name."""
    found = answer.json()["queues"]
    return {name: Queue(one["count"], one["oldest_seconds"]) for name, one in found.items()}
