"""Moderators' decisions over HTTP: approve, reject, undo, many at once."""

from __future__ import annotations

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel

from moderation.domain.decision import Action, By, Decision
from moderation.web import body, wire
from moderation.web.comments import answer, operation, row, rows
from moderation.web.desk import REQUEST_ID, Call

B = TypeVar("B", bound=BaseModel)


async def approve(call: Call) -> web.Response:
    """Approves a comment; 409 if a colleague's decision stands."""
    asked = await _asked(call, wire.ApproveBody, empty_is_object=True)
    decision = Decision(Action.APPROVE.status, By.MODERATOR, name=call.key.name, note=asked.note)
    return await _decide(call, decision, override=asked.override)


async def reject(call: Call) -> web.Response:
    """Rejects a comment for a reason; 409 if a colleague's decision stands."""
    asked = await _asked(call, wire.RejectBody)
    decision = Decision(
        Action.REJECT.status, By.MODERATOR, name=call.key.name, reason=asked.reason, note=asked.note
    )
    return await _decide(call, decision, override=asked.override)


async def undo(call: Call) -> web.Response:
    """The comment as it stood before its last decision by a moderator."""
    await _asked(call, wire.UndoBody, empty_is_object=True)
    op = operation(call)
    return answer(await call.desk.store.comments.undo(call.site, call.comment_id, call.key.name, op))


async def many(call: Call) -> web.Response:
    """Many decisions at once; a result for each, in order."""
    asked = await _asked(call, wire.DecisionsBody)
    decisions = [(one.id, _decision(one, call.key.name), one.override) for one in asked.decisions]
    found = await call.desk.store.comments.decide_many(call.site, decisions, operation(call))
    request_id = call.request[REQUEST_ID]
    return rows(
        [row(one.id, result, 200, request_id) for one, result in zip(asked.decisions, found, strict=True)]
    )


def _decision(one: wire.DecisionRow, name: str) -> Decision:
    return Decision(Action(one.action).status, By.MODERATOR, name=name, reason=one.reason, note=one.note)


async def _decide(call: Call, decision: Decision, *, override: bool) -> web.Response:
    comments = call.desk.store.comments
    return answer(await comments.decide(call.site, call.comment_id, decision, override, operation(call)))


async def _asked(call: Call, model: type[B], *, empty_is_object: bool = False) -> B:
    settings = call.desk.settings
    data = await body.read(call.request, settings.max_body_bytes, settings.body_timeout)
    if data or not empty_is_object:
        body.require_type(call.request)
    return body.parse(model, data, empty_is_object=empty_is_object)
