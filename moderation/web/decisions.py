"""Moderators' decisions over HTTP: approve, reject, undo; many at once, by list or by filter, undone as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web
from pydantic_core import to_json

from moderation.domain.comment import Comment
from moderation.domain.decision import Action, By, Decision
from moderation.domain.times import rfc3339
from moderation.errors import Conflict, ModerationError
from moderation.store import Batch, Order
from moderation.web import body, wire
from moderation.web.comments import card, operation, row, rows
from moderation.web.desk import REQUEST_ID, Call

Result = Comment | ModerationError
_JSON: Final = "application/json"


async def approve(call: Call) -> web.Response:
    """Approves a comment; 409 if a colleague's decision stands."""
    asked = await body.asked(call, wire.ApproveBody, empty_is_object=True)
    decision = Decision(Action.APPROVE.status, By.MODERATOR, name=call.key.name, note=asked.note)
    return await _decide(call, decision, asked)


async def reject(call: Call) -> web.Response:
    """Rejects a comment for a reason; 409 if a colleague's decision stands."""
    asked = await body.asked(call, wire.RejectBody)
    decision = Decision(
        Action.REJECT.status, By.MODERATOR, name=call.key.name, reason=asked.reason, note=asked.note
    )
    return await _decide(call, decision, asked)


async def _decide(call: Call, decision: Decision, asked: wire.ApproveBody | wire.RejectBody) -> web.Response:
    found = await call.desk.store.comments.decide(
        call.site, call.comment_id, decision, asked.override, operation(call), asked.revision
    )
    return card(found)


async def undo(call: Call) -> web.Response:
    """The comment as it stood before its last decision by a moderator."""
    await body.asked(call, wire.UndoBody, empty_is_object=True)
    op = operation(call)
    return card(await call.desk.store.comments.undo(call.site, call.comment_id, call.key.name, op))


async def many(call: Call) -> web.Response:
    """Many decisions at once; a result for each, in order, and the batch that undoes all of them."""
    asked = await body.asked(call, wire.DecisionsBody)
    if asked.filter is None:
        decisions = [(one.id, _decision(one, call.key.name), one.override) for one in asked.decisions or ()]
        batch = await _begun(call, [one for one, _, _ in decisions])
        if batch.ids != tuple(one for one, _, _ in decisions):
            raise Conflict("This Idempotency-Key stood for other comments: send a new one.")
        return await _decided(call, batch, decisions, more=False)
    filters, queue = asked.filter.filters(), asked.filter.queue
    queues = call.desk.store.queues
    if asked.dry_run:
        count, complete = await queues.count(call.site, queue, filters)
        return web.Response(body=to_json({"count": count, "complete": complete}), content_type=_JSON)
    assert asked.action is not None
    ids, ended = await queues.ids(call.site, queue, Order.OLDEST, filters, limit=wire.MAX_ROWS)
    decision = Decision(
        Action(asked.action).status,
        By.MODERATOR,
        name=call.key.name,
        reason=asked.reason,
        note=asked.note,
    )
    # The same Idempotency-Key again means the comments of the first time, whatever the filter admits now.
    batch = await _begun(call, ids)
    decisions = [(one, decision, asked.override) for one in batch.ids]
    return await _decided(call, batch, decisions, more=not ended)


def _decision(one: wire.DecisionRow, name: str) -> Decision:
    return Decision(Action(one.action).status, By.MODERATOR, name=name, reason=one.reason, note=one.note)


async def _begun(call: Call, ids: Sequence[str]) -> Batch:
    """The batch, noted before anything is decided: whatever dies between, it can be repeated and undone."""
    return await call.desk.store.batches.begin(call.site, operation(call), call.key.name, ids)


async def _decided(
    call: Call, batch: Batch, decisions: Sequence[tuple[str, Decision, bool]], *, more: bool
) -> web.Response:
    found = await call.desk.store.comments.decide_many(call.site, decisions, batch.op, batch.id)
    return _results(call, [one for one, _, _ in decisions], found, batch_id=batch.id, more=more)


async def batch(call: Call) -> web.Response:
    """What a batch decided."""
    found = await call.desk.store.batches.get(call.site, call.request.match_info["batch"])
    answer = {"batch_id": found.id, "by": found.by, "at": rfc3339(found.at), "ids": found.ids}
    return web.Response(body=to_json(answer), content_type=_JSON)


async def undo_batch(call: Call) -> web.Response:
    """Takes a batch back, comment by comment; one that was decided again since keeps its later decision."""
    await body.asked(call, wire.UndoBody, empty_is_object=True)
    store = call.desk.store
    found = await store.batches.get(call.site, call.request.match_info["batch"])
    # One operation whoever asks and how often: taking the same batch back twice is taking it back once.
    op = f"undo:{found.id}"
    await store.batches.end(call.site, found.id)
    results = await store.comments.undo_many(call.site, found.ids, call.key.name, op, found.id)
    return _results(call, found.ids, results)


def _results(call: Call, ids: Sequence[str], results: Sequence[Result], **more: Any) -> web.Response:
    request_id = call.request[REQUEST_ID]
    items = [row(one, result, 200, request_id) for one, result in zip(ids, results, strict=True)]
    return rows(items, **more)
