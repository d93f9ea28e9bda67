"""The audit over HTTP: a page by cursor, or all of it as NDJSON."""

from __future__ import annotations

from aiohttp import web
from pydantic_core import to_json

from moderation.errors import BadRequest
from moderation.store import is_position
from moderation.web import answers
from moderation.web.desk import Call, number_of, query_of
from moderation.web.headers import NOT_KEPT


async def page(call: Call) -> web.StreamResponse:
    """Who did what and when, with before and after, oldest first."""
    query = query_of(call.request, "after", "limit")
    after = query.get("after")
    if after is not None and not is_position(after):
        raise BadRequest("This cursor is no place in the audit: send an act's id or the last `next`.")
    if "application/x-ndjson" in call.request.headers.get("Accept", ""):
        if "limit" in query:
            raise BadRequest("NDJSON holds every act from `after` on: leave the query parameter limit out.")
        return await _all(call, after)
    found = await call.desk.store.audit.page(call.site, after, number_of(query, "limit", 100, 1, 500))
    answer = {
        "items": [answers.act_answer(act) for act in found],
        "next": found[-1].id if found else after,
    }
    return web.Response(body=to_json(answer), content_type="application/json")


async def _all(call: Call, after: str | None) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", **NOT_KEPT})
    await response.prepare(call.request)
    async for act in call.desk.store.audit.all(call.site, after):
        await response.write(to_json(answers.act_answer(act)) + b"\n")
    await response.write_eof()
    return response
