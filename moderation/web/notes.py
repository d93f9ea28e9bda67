"""What moderators say to each other about a comment: escalation, assignment, notes, tags."""

from __future__ import annotations

from aiohttp import web

from moderation.errors import Invalid
from moderation.store import Role
from moderation.web import body, wire
from moderation.web.comments import card, operation
from moderation.web.desk import Call


async def escalate(call: Call) -> web.Response:
    """Puts the comment into the queue `escalated`, with a reason."""
    asked = await body.asked(call, wire.EscalateBody)
    comments, op = call.desk.store.comments, operation(call)
    return card(await comments.escalate(call.site, call.comment_id, call.key.name, asked.reason, op))


async def give_back(call: Call) -> web.Response:
    """Takes the comment out of `escalated`, back to where it was."""
    await body.asked(call, wire.UndoBody, empty_is_object=True)
    comments, op = call.desk.store.comments, operation(call)
    return card(await comments.escalate(call.site, call.comment_id, call.key.name, None, op))


async def assign(call: Call) -> web.Response:
    """Gives the comment to a moderator, or to nobody."""
    asked = await body.asked(call, wire.AssignBody)
    if asked.moderator is not None:
        await _require_colleague(call, asked.moderator)
    comments, op = call.desk.store.comments, operation(call)
    return card(await comments.assign(call.site, call.comment_id, call.key.name, asked.moderator, op))


async def _require_colleague(call: Call, name: str) -> None:
    """A comment that is assigned to a name that nobody has would come to nobody's claim."""
    deciding = {Role.MODERATOR, Role.ADMIN}
    if not any(
        one.name == name and one.role in deciding for one in await call.desk.store.keyring.list(call.site)
    ):
        sentence = "No moderator of this site has this name: write it as on the moderator's key."
        raise Invalid(
            f"/moderator: {sentence}", extra={"errors": [{"pointer": "/moderator", "detail": sentence}]}
        )


async def note(call: Call) -> web.Response:
    """Adds a note."""
    asked = await body.asked(call, wire.NoteBody)
    comments, op = call.desk.store.comments, operation(call)
    return card(await comments.note(call.site, call.comment_id, call.key.name, asked.text, op))


async def tag(call: Call) -> web.Response:
    """Replaces the tags."""
    asked = await body.asked(call, wire.TagsBody)
    comments, op = call.desk.store.comments, operation(call)
    return card(await comments.tag(call.site, call.comment_id, call.key.name, asked.tags, op))
