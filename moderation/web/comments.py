"""Comments over HTTP: post one or many, read, edit, erase, report."""

from __future__ import annotations

import json
import re
import secrets
import time
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web
from pydantic import ValidationError
from pydantic_core import from_json, to_json

from moderation.domain.comment import Comment, Draft, Status
from moderation.domain.ids import MAX_ID, uuid7
from moderation.errors import BadRequest, ModerationError, TooLarge
from moderation.store import Accepted, Bell, Role
from moderation.web import answers, body, wire
from moderation.web.desk import REQUEST_ID, Call, number_of, query_of
from moderation.web.problems import problem

MAX_WAIT: Final = 10  # seconds of `Prefer: wait`
_JSON: Final = {"Content-Type": "application/json"}
_WAIT: Final = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,4})\"?(?:$|[,;\s])", re.IGNORECASE)


def answer(comment: Comment, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A comment as an answer to its site."""
    return web.Response(
        status=status,
        body=to_json(answers.comment_answer(comment)),
        headers={"Content-Type": "application/json", **headers} if headers else _JSON,
    )


def card(comment: Comment) -> web.Response:
    """A comment as an answer to a moderator."""
    return web.Response(body=to_json(answers.card_answer(comment)), headers=_JSON)


def rows(items: list[dict[str, Any]], **more: Any) -> web.Response:
    """A result for each row, and what else is to be said."""
    return web.Response(status=207, body=to_json({**more, "items": items}), content_type="application/json")


def row(
    comment_id: str | None, found: Comment | ModerationError, status: int, request_id: str
) -> dict[str, Any]:
    """What became of one row."""
    if isinstance(found, ModerationError):
        return {"id": comment_id, "status_code": found.status, "problem": problem(found, request_id)}
    return {"id": comment_id, "status_code": status, "comment": answers.comment_answer(found)}


async def post(call: Call) -> web.Response:
    """Stores a comment; 202 once Redis holds it, or its verdict if the caller waits for it."""
    settings, request = call.desk.settings, call.request
    body.require_type(request)
    data = await body.read(request, settings.max_body_bytes, settings.body_timeout)
    draft = _draft(call, body.parse(wire.CommentBody, data))
    wait = _wished_wait(request)
    if wait:
        async with call.desk.store.feed.watch(call.site, draft.id) as bell:
            accepted = await call.desk.store.comments.accept(call.site, draft)
            return await _verdict(call, accepted, bell, wait)
    accepted = await call.desk.store.comments.accept(call.site, draft)
    return _stored(call, accepted) if accepted.new else answer(accepted.comment)


def _draft(call: Call, posted: wire.CommentBody) -> Draft:
    comment_id = posted.id or uuid7(time.time_ns() // 1_000_000, secrets.randbits(74))
    return wire.draft_of(posted, comment_id, call.desk.store.private)


def _stored(call: Call, accepted: Accepted) -> web.Response:
    comment = accepted.comment
    location = f"/v1/sites/{call.site}/comments/{quote(comment.id, safe='')}"
    return answer(comment, 202, {"Location": location})


def _wished_wait(request: web.Request) -> int:
    header = request.headers.get("Prefer")
    found = _WAIT.search(header) if header else None
    return min(int(found[1]), MAX_WAIT) if found else 0


async def _verdict(call: Call, accepted: Accepted, bell: Bell, wait: int) -> web.Response:
    comments, comment_id = call.desk.store.comments, accepted.comment.id
    comment, until = accepted.comment, time.monotonic() + wait
    while comment.status == Status.QUEUED and (left := until - time.monotonic()) > 0:
        await bell.wait(min(left, 1.0))  # a lost ring costs a second at most
        comment = await comments.get(call.site, comment_id)
    if comment.status == Status.QUEUED:
        return _stored(call, accepted)
    return answer(comment, 200, {"Preference-Applied": f"wait={wait}"})


async def post_batch(call: Call) -> web.Response:
    """Stores up to 1,000 comments; a result for each, in order."""
    settings = call.desk.settings
    kind = body.require_type(call.request, body.JSON_TYPES | body.LINES_TYPES)
    data = await body.read(call.request, settings.max_batch_bytes, settings.body_timeout)
    texts = _lines(data) if kind in body.LINES_TYPES else _elements(data)
    if len(texts) > wire.MAX_ROWS:
        raise TooLarge(f"Send at most {wire.MAX_ROWS} comments at once; these are {len(texts)}.")
    parsed = [_parsed(call, text) for text in texts]
    drafts = [one for one in parsed if isinstance(one, Draft)]
    stored = iter(await call.desk.store.comments.accept_many(call.site, drafts))
    request_id = call.request[REQUEST_ID]
    return rows([_row(one, next(stored) if isinstance(one, Draft) else None, request_id) for one in parsed])


def _lines(data: bytes) -> list[bytes]:
    return [line for line in data.splitlines() if line.strip()]


def _elements(data: bytes) -> list[bytes]:
    try:
        # The standard parser lets a lone surrogate or a NaN pass to its row, where it is refused alone.
        found = json.loads(data)
    except (ValueError, RecursionError) as failure:
        raise BadRequest(f"The body is not valid JSON in UTF-8 ({type(failure).__name__}).") from None
    if not isinstance(found, list):
        raise BadRequest("Send a JSON array of comments, or NDJSON with the type application/x-ndjson.")
    if len(found) > wire.MAX_ROWS:
        raise TooLarge(f"Send at most {wire.MAX_ROWS} comments at once; these are {len(found)}.")
    # Back to bytes: each row is validated from its own JSON, strictly and apart from the others.
    return [json.dumps(one).encode() for one in found]


def _parsed(call: Call, data: bytes) -> Draft | tuple[str | None, ModerationError]:
    try:
        return _draft(call, wire.CommentBody.model_validate_json(data))
    except ValidationError as failure:
        return _named(data), body.refusal(wire.CommentBody, failure)


def _named(data: bytes) -> str | None:
    """The id of a row that is not valid, if it has one that can be told."""
    try:
        found = from_json(data)
    except ValueError:
        return None
    comment_id = found.get("id") if isinstance(found, dict) else None
    return comment_id if isinstance(comment_id, str) and len(comment_id) <= MAX_ID else None


def _row(
    one: Draft | tuple[str | None, ModerationError],
    stored: Accepted | ModerationError | None,
    request_id: str,
) -> dict[str, Any]:
    if isinstance(one, tuple):
        return row(one[0], one[1], 0, request_id)
    if isinstance(stored, Accepted):
        return row(one.id, stored.comment, 202 if stored.new else 200, request_id)
    assert stored is not None
    return row(one.id, stored, 0, request_id)


async def get(call: Call) -> web.Response:
    """The comment with scores, reasons, decision and history."""
    comment = await call.desk.store.comments.get(call.site, call.comment_id)
    return answer(comment) if call.key.role is Role.SITE else card(comment)


async def thread(call: Call) -> web.Response:
    """What stands around a comment: parent, siblings, replies, the author's others, and what reads the same."""
    query = query_of(call.request, "limit")
    limit = number_of(query, "limit", 20, 1, 100)
    comments = call.desk.store.comments
    comment = await comments.get(call.site, call.comment_id)
    around = await comments.thread(call.site, comment, limit)
    like = await call.desk.store.activity.like(call.site, comment.id, limit)
    alike = [one for one in await comments.many(call.site, like) if one is not None]
    found = {
        "comment": answers.card_answer(comment),
        "parent": None if around.parent is None else answers.card_answer(around.parent),
        "siblings": [answers.card_answer(one) for one in around.siblings],
        "replies": [answers.card_answer(one) for one in around.replies],
        "by_author": [answers.card_answer(one) for one in around.by_author],
        "look_alikes": [answers.card_answer(one) for one in alike],
    }
    return web.Response(body=to_json(found), headers=_JSON)


async def patch(call: Call) -> web.Response:
    """A new text, a new revision, scored and judged again."""
    settings = call.desk.settings
    body.require_type(call.request)
    data = await body.read(call.request, settings.max_body_bytes, settings.body_timeout)
    edit = body.parse(wire.EditBody, data)
    op = operation(call)
    return answer(await call.desk.store.comments.edit(call.site, call.comment_id, edit.text, op))


async def delete(call: Call) -> web.Response:
    """Erases the comment everywhere; safe to repeat."""
    await call.desk.store.comments.erase(call.site, call.comment_id, call.key.name)
    return web.Response(status=204)


async def report(call: Call) -> web.Response:
    """Counts a reader's flag; one per reporter counts."""
    settings, store = call.desk.settings, call.desk.store
    body.require_type(call.request)
    data = await body.read(call.request, settings.max_body_bytes, settings.body_timeout)
    flag = body.parse(wire.ReportBody, data)
    threshold = (await store.sites.policy(call.site)).report_threshold
    reporter = store.private.reporter(call.site, flag.reporter)
    return answer(await store.comments.report(call.site, call.comment_id, reporter, flag.reason, threshold))


def operation(call: Call) -> str:
    """The operation's id: of the caller's `Idempotency-Key`, so that a repeat is one operation, else a new one."""
    given = call.request.headers.get("Idempotency-Key")
    if given is None:
        return secrets.token_hex(12)
    if not given.isascii() or len(given) > 255:  # as elsewhere in the field
        raise BadRequest("Send an Idempotency-Key of at most 255 ASCII characters.")
    return f"{call.key.id}:{call.request.method}:{call.request.path}:{given}"
