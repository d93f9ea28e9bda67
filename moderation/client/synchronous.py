"""The client for programs that wait: the standard library's HTTP, connections kept for the next call."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from moderation.client import calls
from moderation.client.answers import Comment, Event, Page, Queue, Row
from moderation.client.calls import AGAIN, Answer, Calls, Retry, Sent
from moderation.client.faults import Unreachable


class Client:
    """Calls on one site with one key. Threads may share it. ``timeout``: seconds without a sign of the service."""

    def __init__(
        self, url: str, site: str, key: str, *, timeout: float = 10.0, retry: Retry | None = None
    ) -> None:
        self._calls = Calls(url, site, key)
        self._timeout = timeout
        self._retry = retry or Retry()
        self._tls = ssl.create_default_context() if self._calls.scheme == "https" else None
        self._idle: list[
            http.client.HTTPConnection
        ] = []  # a list's own append and pop are safe between threads

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections that idle; the next call opens another."""
        while (kept := self._kept()) is not None:
            kept.close()

    def _send(self, sent: Sent) -> Answer:
        attempt = 1
        while True:
            kept = self._kept()
            try:
                answer = self._once(kept or self._opened(), sent)
            except (OSError, http.client.HTTPException) as failure:
                if kept is not None and not isinstance(failure, TimeoutError):
                    continue  # the service closed a connection that idled: another, at once
                pause = self._retry.pause(attempt, None)
                if pause is None:
                    raise Unreachable(f"No answer from {self._calls.origin}: {failure!r}.") from failure
            else:
                pause = self._retry.pause(attempt, answer.retry_after) if answer.status in AGAIN else None
                if pause is None:
                    return answer
            attempt += 1
            time.sleep(pause)

    def _once(self, connection: http.client.HTTPConnection, sent: Sent) -> Answer:
        connection.timeout = self._timeout + sent.seconds
        if connection.sock is not None:
            connection.sock.settimeout(connection.timeout)
        try:
            connection.request(sent.method, sent.path, sent.body, dict(sent.headers))
            found = connection.getresponse()
            answer = Answer(
                found.status, {name.lower(): value for name, value in found.getheaders()}, found.read()
            )
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None:  # None: the service asked to close it
            self._idle.append(connection)
        return answer

    def _kept(self) -> http.client.HTTPConnection | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _opened(self) -> http.client.HTTPConnection:
        host, port = self._calls.host, self._calls.port
        if self._tls is not None:
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=self._tls)
        return http.client.HTTPConnection(host, port, timeout=self._timeout)

    # --- a site's calls ----------------------------------------------------------------------------

    def post(self, text: str, *, wait: int = 0, **fields: Any) -> Comment:
        """Posts a comment; ``wait``: seconds (up to 10) for its verdict, else it may be ``queued`` still.

        ``fields`` are those of the service's API: ``id``, ``author``, ``article``, ``parent_id``, ``created_at``, ``lang``,
        ``metadata``. Raises CommentConflict if the id stands for another text.
        """
        return calls.comment(self._send(self._calls.post(text, fields, wait)))

    def post_many(self, comments: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Posts any number of comments, 1,000 at a time; what became of each, in order. One bad row spoils no other."""
        return [row for sent in self._calls.batch(comments) for row in calls.rows(self._send(sent))]

    def get(self, comment_id: str) -> Comment:
        """The comment; raises NotFound or Expired."""
        return calls.comment(self._send(self._calls.on_comment("GET", comment_id)))

    def edit(self, comment_id: str, text: str) -> Comment:
        """Gives a comment a new text, which is scored and judged again."""
        return calls.comment(self._send(self._calls.on_comment("PATCH", comment_id, body={"text": text})))

    def erase(self, comment_id: str) -> None:
        """Erases a comment everywhere."""
        self._send(self._calls.on_comment("DELETE", comment_id)).json()

    def report(self, comment_id: str, reporter: str, reason: str) -> Comment:
        """Counts a reader's flag; one per reporter counts."""
        body = {"reporter": reporter, "reason": reason}
        return calls.comment(self._send(self._calls.on_comment("POST", comment_id, "report", body)))

    def events(
        self, after: str | None = None, *, limit: int = 500, wait: int = 30, follow: bool = False
    ) -> Iterator[Event]:
        """What happened after a place in the log, oldest first. ``follow``: go on for ever, waiting ``wait`` seconds a call.

        Keep the ``id`` of the last event that you have acted on, and begin after it the next time.
        """
        while True:
            page = calls.event_page(self._send(self._calls.events(after, limit, wait if follow else 0)))
            yield from page.items
            if not page.items and not follow:
                return
            after = page.next

    # --- a moderator's calls -----------------------------------------------------------------------

    def approve(self, comment_id: str, *, note: str | None = None, override: bool = False) -> Comment:
        """Approves a comment; raises DecisionConflict if a colleague decided otherwise."""
        body = {"note": note, "override": override}
        return calls.comment(self._send(self._calls.on_comment("POST", comment_id, "approve", body)))

    def reject(
        self, comment_id: str, reason: str, *, note: str | None = None, override: bool = False
    ) -> Comment:
        """Rejects a comment for a reason of the service's list; raises DecisionConflict."""
        body = {"reason": reason, "note": note, "override": override}
        return calls.comment(self._send(self._calls.on_comment("POST", comment_id, "reject", body)))

    def undo(self, comment_id: str) -> Comment:
        """The comment as it stood before its last decision by a moderator; raises Conflict if there is none."""
        return calls.comment(self._send(self._calls.on_comment("POST", comment_id, "undo", {})))

    def decide_many(self, decisions: Iterable[Mapping[str, Any]]) -> list[Row]:
        """Any number of ``{"id", "action", "reason"}``, 1,000 at a time; what became of each, in order."""
        return [row for sent in self._calls.decisions(decisions) for row in calls.rows(self._send(sent))]

    def queues(self) -> dict[str, Queue]:
        """Every queue's size and its oldest comment's age."""
        return calls.sizes(self._send(self._calls.call("GET", "/queues")))

    def page(self, queue: str = "pending", **query: Any) -> Page[Comment]:
        """One page of a queue: ``order``, ``limit``, ``cursor``, ``article``, ``author``, ``reason`` and the other filters."""
        return calls.comment_page(self._send(self._calls.queue(queue, query)))

    def comments(self, queue: str = "pending", **query: Any) -> Iterator[Comment]:
        """All comments of a queue, page by page as they are wanted; takes what ``page`` takes."""
        cursor = query.pop("cursor", None)
        while True:
            page = self.page(queue, cursor=cursor, **query)
            yield from page.items
            cursor = page.next
            if cursor is None:
                return
