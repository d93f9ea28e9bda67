"""Keys over HTTP: who am I, who reaches a site, a new key, the end of one."""

from __future__ import annotations

from aiohttp import web
from pydantic_core import to_json

from moderation.errors import Forbidden
from moderation.store import EVERY_SITE
from moderation.web import answers, body, wire
from moderation.web.desk import Call, DeskCall, query_of


async def me(call: DeskCall) -> web.Response:
    """Name, role and sites of the caller's key."""
    query_of(call.request)
    return web.Response(body=to_json(answers.me_answer(call.key)), content_type="application/json")


async def listing(call: Call) -> web.Response:
    """The keys that reach the site, without the keys themselves."""
    query_of(call.request)
    found = await call.desk.store.keyring.list(call.site)
    answer = {"items": [answers.key_answer(one, call.site, call.key) for one in found], "next": None}
    return web.Response(body=to_json(answer), content_type="application/json")


async def add(call: Call) -> web.Response:
    """Makes a key, shown once."""
    settings, store = call.desk.settings, call.desk.store
    body.require_type(call.request)
    data = await body.read(call.request, settings.max_body_bytes, settings.body_timeout)
    asked = body.parse(wire.KeyBody, data)
    reached = await store.sites.reached_by(call.key)
    if not all(site in reached or (site == EVERY_SITE and call.key.everywhere) for site in asked.sites):
        raise Forbidden("This key makes keys for its own sites alone: name sites that it reaches.")
    made = await store.add_key(call.site, call.key, asked.sites, asked.role, asked.name)
    return web.Response(status=201, body=to_json(answers.new_key_answer(made)), headers=answers.SHOWN_ONCE)


async def revoke(call: Call) -> web.Response:
    """Ends a key that reaches no site beyond the caller's."""
    query_of(call.request)
    await call.desk.store.revoke_key(call.site, call.key, call.request.match_info["key_id"])
    return web.Response(status=204)
