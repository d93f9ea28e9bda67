"""A site's policy and dead letters over HTTP."""

from __future__ import annotations

from aiohttp import web
from pydantic_core import to_json

from moderation.web import answers, body, wire
from moderation.web.desk import Call


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
