"""A site's statistics over HTTP."""

from __future__ import annotations

import asyncio

from aiohttp import web
from pydantic_core import to_json

from moderation.domain.statistics import hour_of
from moderation.domain.statistics import report as report_of
from moderation.store.statistics import MAX_HOURS
from moderation.web import answers
from moderation.web.desk import Call, number_of, query_of


async def report(call: Call) -> web.Response:
    """What was done in the last hours, counted from the log."""
    wanted = number_of(query_of(call.request, "hours"), "hours", 24, 1, MAX_HOURS)
    store = call.desk.store
    queues = await store.queues.counts(call.site)
    now = queues["pending"].now  # the server's clock, which dates the events
    last = hour_of(now)
    first = last - wanted + 1
    hours = await store.statistics.hours(call.site, first, last)
    found = await asyncio.to_thread(report_of, hours, first, last)  # a busy month is many counters
    begins_at = await store.statistics.begins_at(call.site)
    answer = answers.statistics_answer(call.site, found, now, begins_at, queues)
    return web.Response(body=to_json(answer), content_type="application/json")
