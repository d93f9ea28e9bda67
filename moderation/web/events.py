"""The event log over HTTP: by cursor, as a long poll, as a stream of server-sent events."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, Final

from aiohttp import web
from pydantic_core import to_json

from moderation.errors import BadRequest, Busy, TooManyAttempts, Unauthorized
from moderation.store import Event, is_position
from moderation.web import answers
from moderation.web.auth import admit
from moderation.web.desk import Call, number_of, query_of
from moderation.web.headers import NOT_KEPT

MAX_WAIT: Final = 30  # seconds of a long poll
MAX_WAITERS: Final = 2_000  # long polls and streams in one process: a bound on memory and sockets
HEARTBEAT: Final = 15.0  # seconds between signs of life in a stream, below what proxies cut
STREAM_PAGE: Final = 500


async def page(call: Call) -> web.StreamResponse:
    """What happened after a place, in order; waits for something to happen if asked to."""
    query = query_of(call.request, "after", "wait", "limit")
    after = query.get("after")
    streaming = "text/event-stream" in call.request.headers.get("Accept", "")
    if streaming:
        after = call.request.headers.get("Last-Event-ID", after)
    if after is not None and not is_position(after):
        raise BadRequest(
            "This cursor is no place in the log: send an event's id or the last `next`, or leave it out."
        )
    if streaming:
        return await _stream(call, after)
    wait = number_of(query, "wait", 0, 0, MAX_WAIT)
    limit = number_of(query, "limit", 100, 1, 500)
    found = await (
        _waited(call, after, limit, wait) if wait else call.desk.store.events.page(call.site, after, limit)
    )
    answer = {
        "items": [answers.event_answer(event) for event in found],
        "next": found[-1].id if found else after,
    }
    return web.Response(body=to_json(answer), content_type="application/json")


async def _waited(call: Call, after: str | None, limit: int, wait: int) -> tuple[Event, ...]:
    events, until = call.desk.store.events, time.monotonic() + wait
    async with _waiter(call), call.desk.store.feed.watch(call.site) as bell:
        while True:
            found = await events.page(call.site, after, limit)
            left = until - time.monotonic()
            if found or left <= 0 or call.desk.stopping.is_set():
                return found
            await bell.wait(min(left, 5.0))  # a lost ring costs five seconds at most
            await admit(call.request, call.desk)  # the key may have been revoked meanwhile


async def _stream(call: Call, after: str | None) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8", **NOT_KEPT})
    async with _waiter(call), call.desk.store.feed.watch(call.site) as bell:
        found = await call.desk.store.events.page(
            call.site, after, STREAM_PAGE
        )  # a fault still has its own status
        await response.prepare(call.request)
        # The reader left and knows its place; or its key was revoked, and it is told nothing more.
        with contextlib.suppress(ConnectionError, Unauthorized, TooManyAttempts):
            while not call.desk.stopping.is_set():
                await admit(call.request, call.desk)
                for event in found:
                    await response.write(_sse(answers.event_answer(event)))
                if found:
                    after = found[-1].id
                elif not await bell.wait(HEARTBEAT):
                    await response.write(b": alive\n\n")
                found = await call.desk.store.events.page(call.site, after, STREAM_PAGE)
    return response


def _sse(event: dict[str, Any]) -> bytes:
    return f"id: {event['id']}\nevent: {event['type']}\ndata: ".encode() + to_json(event) + b"\n\n"


@contextlib.asynccontextmanager
async def _waiter(call: Call) -> AsyncIterator[None]:
    waiters, me = call.desk.waiters, object()
    if len(waiters) >= MAX_WAITERS:
        raise Busy("Too many readers wait for events in this process; come again shortly.", retry_after=5)
    waiters.add(me)
    try:
        yield
    finally:
        waiters.discard(me)
