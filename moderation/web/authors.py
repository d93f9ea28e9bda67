"""Authors over HTTP: what is known of one, how far the site trusts one, erasure and a copy of everything."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from aiohttp import web
from pydantic_core import to_json

from moderation.domain.author import Standing
from moderation.domain.comment import Comment, Status, author_ref
from moderation.domain.decision import By, Decision
from moderation.domain.ids import is_comment_id
from moderation.errors import Invalid, NotFound
from moderation.store import Filters, Order, Profile
from moderation.web import answers, body, cursors, wire
from moderation.web.comments import operation
from moderation.web.desk import Call, number_of, query_of
from moderation.web.headers import NOT_KEPT

LAST: Final = 10  # comments shown with an author
_JSON: Final = "application/json"


async def get(call: Call) -> web.Response:
    """Counts by status, rate of rejection, first seen, standing, notes, and the last comments."""
    query_of(call.request)
    ref = _ref(call)
    return await _answer(call, await call.desk.store.authors.get(call.site, ref))


async def comments(call: Call) -> web.Response:
    """The author's comments, newest first."""
    query = query_of(call.request, "limit", "cursor")
    ref, store = _ref(call), call.desk.store
    name = f"{call.site}\nauthor\n{ref}"
    cursor = query.get("cursor")
    before = cursors.open_(store.secret, name, cursor) if cursor is not None else None
    limit = number_of(query, "limit", 50, 1, 100)
    found, place = await store.authors.comments(call.site, ref, limit, before)
    answer = {
        "items": [answers.card_answer(comment) for comment in found],
        "next": None if place is None else cursors.seal(store.secret, name, place),
    }
    return web.Response(body=to_json(answer), content_type=_JSON)


async def standing(call: Call) -> web.Response:
    """Sets or takes back a standing; a ban can reject what waits, as one batch."""
    asked = await body.asked(call, wire.StandingBody)
    ref, op, store = _ref(call), operation(call), call.desk.store
    given = Standing(asked.standing) if asked.standing else None
    until = wire.ms(asked.until)
    if until is not None and until <= time.time() * 1000:
        sentence = "This time is over: send a later one, or null as `standing` to end the suspension now."
        raise Invalid(f"/until: {sentence}", extra={"errors": [{"pointer": "/until", "detail": sentence}]})
    profile = await store.authors.set_standing(call.site, ref, call.key.name, given, until, op)
    batch_id = None
    if asked.reject_pending:
        decision = Decision(Status.REJECTED, By.MODERATOR, name=call.key.name, reason=asked.reason)
        batch_id = await _reject_waiting(call, ref, decision, op)
        profile = await store.authors.get(call.site, ref)
    return await _answer(call, profile, batch_id)


async def _reject_waiting(call: Call, ref: str, decision: Decision, op: str) -> str | None:
    """Rejects what of the author's waits for a decision, up to a batch; returns the batch's id."""
    store = call.desk.store
    ids: list[str] = []
    for queue in ("pending", "escalated"):
        found, _ = await store.queues.ids(
            call.site, queue, Order.OLDEST, Filters(author=ref), limit=wire.MAX_ROWS - len(ids)
        )
        ids += found
    batch = await store.batches.begin(call.site, op, call.key.name, ids)
    decisions = [(one, decision, False) for one in batch.ids]
    await store.comments.decide_many(call.site, decisions, op, batch.id)
    return batch.id


async def note(call: Call) -> web.Response:
    """Adds a note on the author."""
    asked = await body.asked(call, wire.NoteBody)
    ref, op = _ref(call), operation(call)
    return await _answer(
        call, await call.desk.store.authors.note(call.site, ref, call.key.name, asked.text, op)
    )


async def erase(call: Call) -> web.Response:
    """Erases the author and every comment; safe to repeat."""
    await call.desk.store.authors.erase(call.site, _ref(call), call.key.name)
    return web.Response(status=204)


async def export(call: Call) -> web.StreamResponse:
    """Everything kept on the author, as NDJSON: the profile first, then every comment."""
    ref, store = _ref(call), call.desk.store
    profile = await store.authors.get(call.site, ref)
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", **NOT_KEPT})
    await response.prepare(call.request)
    shown = {"kind": "author", **answers.profile_answer(profile, await _standing(call, profile), ())}
    await response.write(to_json(shown) + b"\n")
    async for comment in store.authors.everything(call.site, ref):
        author = comment.draft.author
        kept = {"email_hash": author.email_hash, "ip_hash": author.ip_hash}
        line = {"kind": "comment", **answers.card_answer(comment), **kept}
        await response.write(to_json(line) + b"\n")
    await response.write_eof()
    return response


def _ref(call: Call) -> str:
    given = call.request.match_info["author"]
    if not is_comment_id(given):  # authors' ids have the same form
        raise NotFound("There is no such author.")
    return author_ref(given)


async def _standing(call: Call, profile: Profile) -> Standing:
    policy = await call.desk.store.sites.policy(call.site)
    return profile.record.standing(int(time.time() * 1000), policy.hold_first_comments)


async def _answer(call: Call, profile: Profile, batch_id: str | None = None) -> web.Response:
    last: Sequence[Comment]
    last, _ = await call.desk.store.authors.comments(call.site, profile.ref, LAST)
    found = answers.profile_answer(profile, await _standing(call, profile), last, batch_id)
    return web.Response(body=to_json(found), content_type=_JSON)
