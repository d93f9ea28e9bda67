"""A policy on trial over HTTP: the comments of the last days once more, under it and under the one in force; a text under it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web
from pydantic_core import to_json

from moderation.checks import again
from moderation.domain import replay
from moderation.domain.policy import Policy
from moderation.errors import Busy
from moderation.store.recent import newest
from moderation.web import answers, body, wire
from moderation.web.desk import Call, Desk

MAX_COMMENTS: Final = 20_000  # read for one preview, the newest: bounds time and memory
PATIENCE: Final = 10.0  # seconds that a preview waits for another one to end


async def preview(call: Call) -> web.Response:
    """What a policy would have done, and thresholds for a target."""
    settings, store = call.desk.settings, call.desk.store
    body.require_type(call.request)
    data = await body.read(call.request, settings.max_batch_bytes, settings.body_timeout)
    asked = body.parse(wire.PreviewBody, data, empty_is_object=True)
    in_force = await store.sites.policy(call.site)
    changed = asked.policy.policy() if asked.policy else in_force
    now = (await store.queues.counts(call.site))["pending"].now  # the clock that dated the comments
    async with _turn(call.desk):
        rows, read, more = await _rows(call, now - asked.days * replay.DAY_MS, in_force, changed)
        found = await asyncio.to_thread(replay.summary, rows, now, asked.days, changed)
        proposal = None
        if asked.target is not None:
            proposal = await asyncio.to_thread(replay.propose, found, asked.target.target(), changed)
    unknowable = again.unknowable(in_force, changed)
    notes = replay.notes(found, changed, sampled=more, bare=read - len(rows), unknowable=unknowable)
    answer = answers.preview_answer(
        asked.days,
        found,
        changed=asked.policy is not None,
        sampled=more,
        proposal=proposal,
        notes=notes,
    )
    return web.Response(body=to_json(answer), content_type="application/json")


async def test(call: Call) -> web.Response:
    """What the rules of a policy find in a text."""
    settings, store = call.desk.settings, call.desk.store
    body.require_type(call.request)
    data = await body.read(call.request, settings.max_batch_bytes, settings.body_timeout)
    asked = body.parse(wire.PolicyTestBody, data)
    policy = asked.policy.policy() if asked.policy else await store.sites.policy(call.site)
    found = await asyncio.to_thread(again.findings_in, asked.text, policy)
    items = [{**answers.reason_answer(one.reason), "effect": one.effect.value} for one in found]
    return web.Response(body=to_json({"findings": items}), content_type="application/json")


async def _rows(
    call: Call, since: int, in_force: Policy, changed: Policy
) -> tuple[list[replay.Row], int, bool]:
    """The newest comments replayed, how many were read, and whether there are more. Texts are let go page by page."""
    rows: list[replay.Row] = []
    read = 0
    async with contextlib.aclosing(newest(call.desk.store.queues, call.site, since)) as pages:
        async for comments in pages:
            if read >= MAX_COMMENTS:
                return rows, read, True
            rows += await asyncio.to_thread(again.rows, comments, in_force, changed)
            read += len(comments)
    return rows, read, False


@contextlib.asynccontextmanager
async def _turn(desk: Desk) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(PATIENCE):
            await desk.previews.acquire()
    except TimeoutError:
        raise Busy("Another preview is being counted; come again shortly.", retry_after=5) from None
    try:
        yield
    finally:
        desk.previews.release()
