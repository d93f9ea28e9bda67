"""The client for programs that await: the same calls over aiohttp, connections shared by all tasks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from moderation.client import calls
from moderation.client.answers import Comment, Event, Page, Queue, Row
from moderation.client.calls import AGAIN, Answer, Calls, Retry, Sent
from moderation.client.faults import Unreachable


class AsyncClient:
    """Calls on one site with one key. Tasks may share it. ``timeout``: seconds without a sign of the service."""

    def __init__(
        self, url: str, site: str, key: str, *, timeout: float = 10.0, retry: Retry | None = None
    ) -> None:
        self._calls = Calls(url, site, key)
        self._timeout = timeout
        self._retry = retry or Retry()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections; the next call opens others."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _send(self, sent: Sent) -> Answer:
        attempt = 1
        while True:
            try:
                answer = await self._once(sent)
            except (OSError, aiohttp.ClientError) as failure:
                pause = self._retry.pause(attempt, None)
                if pause is None:
                    raise Unreachable(f"No answer from {self._calls.origin}: {failure!r}.") from failure
            else:
                pause = self._retry.pause(attempt, answer.retry_after) if answer.status in AGAIN else None
                if pause is None:
                    return answer
            attempt += 1
            await asyncio.sleep(pause)

    async def _once(self, sent: Sent) -> Answer:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        patience = self._timeout + sent.seconds
        async with self._session.request(
            sent.method,
            URL(self._calls.origin + sent.path, encoded=True),
            data=sent.body,
            headers=sent.headers,
            allow_redirects=False,  # a redirected key would be a leaked one
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeout, sock_read=patience),
        ) as found:
            body = await found.read()
            return Answer(found.status, {name.lower(): value for name, value in found.headers.items()}, body)

    # --- a site's calls ----------------------------------------------------------------------------

    async def post(self, text: str, *, wait: int = 0, **fields: Any) -> Comment:
        """Posts a comment; ``wait``: seconds (up to 10) for its verdict, else it may be ``queued`` still.

        ``fields`` are those of the service's API: ``id``, ``author``, ``article``, ``parent_id``, ``created_at``, ``lang``,
        ``metadata``. Raises CommentConflict if the id stands for another text.
        """
        return calls.comment(await self._send(self._calls.post(text, fields, wait)))

    async def post_many(self, comments: Sequence[Mapping[str, Any]]) -> list[Row]:
        """Posts any number of comments, 1,000 at a time; what became of each, in order. One bad row spoils no other."""
        return [row for sent in self._calls.batch(comments) for row in calls.rows(await self._send(sent))]

    async def get(self, comment_id: str) -> Comment:
        """The comment; raises NotFound or Expired."""
        return calls.comment(await self._send(self._calls.on_comment("GET", comment_id)))

    async def edit(self, comment_id: str, text: str) -> Comment:
        """Gives a comment a new text, which is scored and judged again."""
        return calls.comment(
            await self._send(self._calls.on_comment("PATCH", comment_id, body={"text": text}))
        )

    async def erase(self, comment_id: str) -> None:
        """Erases a comment everywhere."""
        (await self._send(self._calls.on_comment("DELETE", comment_id))).json()

    async def report(self, comment_id: str, reporter: str, reason: str) -> Comment:
        """Counts a reader's flag; one per reporter counts."""
        body = {"reporter": reporter, "reason": reason}
        return calls.comment(await self._send(self._calls.on_comment("POST", comment_id, "report", body)))

    async def events(
        self, after: str | None = None, *, limit: int = 500, wait: int = 30, follow: bool = False
    ) -> AsyncIterator[Event]:
        """What happened after a place in the log, oldest first. ``follow``: go on for ever, waiting ``wait`` seconds a call.

        Keep the ``id`` of the last event that you have acted on, and begin after it the next time.
        """
        while True:
            page = calls.event_page(await self._send(self._calls.events(after, limit, wait if follow else 0)))
            for event in page.items:
                yield event
            if not page.items and not follow:
                return
            after = page.next

    # --- a moderator's calls -----------------------------------------------------------------------

    async def approve(self, comment_id: str, *, note: str | None = None, override: bool = False) -> Comment:
        """Approves a comment; raises DecisionConflict if a colleague decided otherwise."""
        body = {"note": note, "override": override}
        return calls.comment(await self._send(self._calls.on_comment("POST", comment_id, "approve", body)))

    async def reject(
        self, comment_id: str, reason: str, *, note: str | None = None, override: bool = False
    ) -> Comment:
        """Rejects a comment for a reason of the service's list; raises DecisionConflict."""
        body = {"reason": reason, "note": note, "override": override}
        return calls.comment(await self._send(self._calls.on_comment("POST", comment_id, "reject", body)))

    async def undo(self, comment_id: str) -> Comment:
        """The comment as it stood before its last decision by a moderator; raises Conflict if there is none."""
        return calls.comment(await self._send(self._calls.on_comment("POST", comment_id, "undo", {})))

    async def decide_many(self, decisions: Iterable[Mapping[str, Any]]) -> list[Row]:
        """Any number of ``{"id", "action", "reason"}``, 1,000 at a time; what became of each, in order."""
        return [
            row for sent in self._calls.decisions(decisions) for row in calls.rows(await self._send(sent))
        ]

    async def queues(self) -> dict[str, Queue]:
        """Every queue's size and its oldest comment's age."""
        return calls.sizes(await self._send(self._calls.call("GET", "/queues")))

    async def page(self, queue: str = "pending", **query: Any) -> Page[Comment]:
        """One page of a queue: ``order``, ``limit``, ``cursor``, ``article``, ``author``, ``reason`` and the other filters."""
        return calls.comment_page(await self._send(self._calls.queue(queue, query)))

    async def comments(self, queue: str = "pending", **query: Any) -> AsyncIterator[Comment]:
        """All comments of a queue, page by page as they are wanted; takes what ``page`` takes."""
        cursor = query.pop("cursor", None)
        while True:
            page = await self.page(queue, cursor=cursor, **query)
            for comment in page.items:
                yield comment
            cursor = page.next
            if cursor is None:
                return
