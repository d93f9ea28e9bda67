"""Webhooks over HTTP: what they are, their secrets, a test, their deliveries, replays."""

from __future__ import annotations

import secrets

from aiohttp import web
from pydantic_core import to_json

from moderation.errors import BadRequest, Invalid
from moderation.store import STATES, Webhook
from moderation.web import answers, body, cursors, wire
from moderation.web.desk import Call, number_of, query_of
from moderation.webhooks import signing
from moderation.webhooks.egress import Egress, Gate, Refused
from moderation.webhooks.kinds import Signed, message_name

SHOWN_BYTES = (
    1_024  # of a receiver's answer to a test: enough to see what is wrong, too little to browse with
)


async def listing(call: Call) -> web.Response:
    """The site's webhooks, without their secrets."""
    query_of(call.request)
    found = await call.desk.store.webhooks.list(call.site)
    return _json({"items": [answers.webhook_answer(one) for one in found], "next": None})


async def add(call: Call) -> web.Response:
    """Makes a webhook; its secret is shown once."""
    asked = await body.asked(call, wire.WebhookBody)
    _require_url(call, asked.url)
    made = await call.desk.store.webhooks.add(
        call.site,
        call.key.name,
        asked.url,
        asked.events,
        description=asked.description,
        include=asked.include,
        enabled=asked.enabled,
    )
    return _with_secret(call, made, 201)


async def get(call: Call) -> web.Response:
    """One webhook."""
    query_of(call.request)
    return _json(answers.webhook_answer(await call.desk.store.webhooks.get(call.site, _id(call))))


async def patch(call: Call) -> web.Response:
    """Changes a webhook."""
    asked = await body.asked(call, wire.WebhookPatchBody)
    if asked.url is not None:
        _require_url(call, asked.url)
    changed = await call.desk.store.webhooks.change(call.site, _id(call), call.key.name, asked.fields())
    return _json(answers.webhook_answer(changed))


async def remove(call: Call) -> web.Response:
    """Takes a webhook away."""
    query_of(call.request)
    await call.desk.store.webhooks.remove(call.site, _id(call), call.key.name)
    return web.Response(status=204)


async def rotate(call: Call) -> web.Response:
    """A new secret, shown once."""
    query_of(call.request)
    return _with_secret(call, await call.desk.store.webhooks.rotate(call.site, _id(call), call.key.name), 200)


async def test(call: Call) -> web.Response:
    """Posts a signed event of the type ``webhook.test`` and says what came back."""
    query_of(call.request)
    hooks = call.desk.store.webhooks
    webhook = await hooks.get(call.site, _id(call))
    request = Signed(hooks.secrets_of).test(webhook, secrets.token_hex(8), hooks.clock())
    async with Egress(_gate(call)) as egress:
        answer = await egress.post(request.url, request.headers, request.body, keep=SHOWN_BYTES)
    return _json(
        {
            "delivered": answer.status is not None and 200 <= answer.status < 300,
            "status": answer.status,
            "error": answer.error,
            "milliseconds": round(answer.seconds * 1000),
            "answer": answer.body.decode("utf-8", "replace"),
        }
    )


async def deliveries(call: Call) -> web.Response:
    """A page of a webhook's deliveries, the newest first."""
    query, store = query_of(call.request, "state", "limit", "cursor"), call.desk.store
    state, cursor, webhook_id = query.get("state"), query.get("cursor"), _id(call)
    if state is not None and state not in STATES:
        raise BadRequest(f"The query parameter state takes one of {', '.join(STATES)}.")
    listing = f"deliveries\n{call.site}\n{webhook_id}\n{state}"
    before = None if cursor is None else cursors.open_(store.secret, listing, cursor)
    limit = number_of(query, "limit", 100, 1, 500)
    rows, place = await store.webhooks.deliveries(call.site, webhook_id, state, before, limit)
    return _json(
        {
            "items": [answers.delivery_answer(row, message_name(call.site, row.id)) for row in rows],
            "next": None if place is None else cursors.seal(store.secret, listing, place),
        }
    )


async def replay(call: Call) -> web.Response:
    """One event once more."""
    query_of(call.request)
    await call.desk.store.webhooks.replay(call.site, _id(call), call.request.match_info["delivery"])
    return _json({"replayed": 1, "stopped_at": None}, 202)


async def replay_span(call: Call) -> web.Response:
    """The events of a span once more."""
    asked = await body.asked(call, wire.ReplayBody)
    since, until = wire.ms(asked.since), wire.ms(asked.until)
    assert since is not None
    assert until is not None
    count, stopped = await call.desk.store.webhooks.replay_span(call.site, _id(call), since, until)
    return _json(answers.replay_answer(count, stopped), 202)


def _json(answer: dict[str, object], status: int = 200) -> web.Response:
    return web.Response(status=status, body=to_json(answer), content_type="application/json")


def _with_secret(call: Call, webhook: Webhook, status: int) -> web.Response:
    secret = signing.secret_text(call.desk.store.webhooks.secrets_of(webhook)[0])
    answer = answers.new_webhook_answer(webhook, secret)
    return web.Response(status=status, body=to_json(answer), headers=answers.SHOWN_ONCE)


def _id(call: Call) -> str:
    return call.request.match_info["webhook"]


def _gate(call: Call) -> Gate:
    settings = call.desk.settings
    return Gate(settings.webhook_allow_networks, http=settings.webhook_allow_http)


def _require_url(call: Call, url: str) -> None:
    try:
        _gate(call).check(url)
    except Refused as refused:
        raise Invalid(
            f"/url: {refused}", extra={"errors": [{"pointer": "/url", "detail": str(refused)}]}
        ) from None
