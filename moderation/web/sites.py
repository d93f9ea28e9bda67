"""Sites over HTTP: the list of them, a new one, a site's policy."""

from __future__ import annotations

from aiohttp import web
from pydantic_core import to_json

from moderation.errors import Forbidden
from moderation.store import MAX_SITES
from moderation.web import answers, body, cursors, wire
from moderation.web.desk import Call, DeskCall, number_of, query_of


async def get_policy(call: Call) -> web.Response:
    """The policy in force."""
    policy = await call.desk.store.sites.policy(call.site)
    return web.Response(body=to_json(answers.policy_answer(policy)), content_type="application/json")


async def put_policy(call: Call) -> web.Response:
    """Replaces the policy; comments judged from now on follow it."""
    settings = call.desk.settings
    body.require_type(call.request)
    # Two lists of 50,000 words are larger than a comment: the bound of a batch holds here.
    data = await body.read(call.request, settings.max_batch_bytes, settings.body_timeout)
    policy = body.parse(wire.PolicyBody, data).policy()
    await call.desk.store.sites.set_policy(call.site, policy, call.key.name)
    return web.Response(body=to_json(answers.policy_answer(policy)), content_type="application/json")


async def listing(call: DeskCall) -> web.Response:
    """The sites that the key reaches, by their slugs, with mode and number of pending comments."""
    query, store = query_of(call.request, "limit", "cursor"), call.desk.store
    limit = number_of(query, "limit", MAX_SITES, 1, MAX_SITES)
    cursor = query.get("cursor")
    after = "" if cursor is None else cursors.open_bytes(store.secret, "sites", cursor).decode()
    reached = [site for site in await store.sites.reached_by(call.key) if site > after]
    states = await store.across.states(reached[:limit])
    more = len(reached) > limit
    answer = {
        "items": [answers.site_answer(state) for state in states],
        "next": cursors.seal_bytes(store.secret, "sites", states[-1].site.encode()) if more else None,
    }
    return web.Response(body=to_json(answer), content_type="application/json")


async def add(call: DeskCall) -> web.Response:
    """Makes a site; its keys are shown once."""
    if not call.key.everywhere:
        raise Forbidden("This call needs an admin's key for all sites.")
    settings = call.desk.settings
    body.require_type(call.request)
    data = await body.read(call.request, settings.max_body_bytes, settings.body_timeout)
    slug = body.parse(wire.SiteBody, data).site
    keys = await call.desk.store.open_site(slug, call.key)
    return web.Response(
        status=201, body=to_json(answers.new_site_answer(slug, keys)), headers=answers.SHOWN_ONCE
    )
