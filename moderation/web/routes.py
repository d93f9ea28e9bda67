"""The whole API on one page: method, path, handler, who may call it. The OpenAPI document is made from this table."""

from __future__ import annotations

import itertools
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final

from aiohttp import web
from pydantic import BaseModel

from moderation.errors import (
    BadRequest,
    MethodNotAllowed,
    ModerationError,
    NotFound,
    TooLarge,
)
from moderation.logs import request_id as current_request
from moderation.metrics import Metrics
from moderation.settings import Settings
from moderation.store import Role, Store
from moderation.web import (
    answers,
    comments,
    decisions,
    docs_page,
    events,
    openapi,
    preview,
    problems,
    queues,
    sites,
    statistics,
    system,
    wire,
)
from moderation.web.auth import guarded
from moderation.web.desk import DESK, NOTHING_HERE, REQUEST_ID, Desk, Handler, OpenHandler

log = logging.getLogger(__name__)

SITE: Final = frozenset({Role.SITE})
MODERATOR: Final = frozenset({Role.MODERATOR})
BOTH: Final = SITE | MODERATOR
ADMIN: Final = frozenset({Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter."""

    name: str
    description: str
    schema: dict[str, object] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Route:
    """One call on a site. ``answers`` maps a status to the model of its body (None: no body)."""

    method: str
    path: str
    handler: Handler
    roles: frozenset[Role]
    summary: str
    answers: dict[int, type[BaseModel] | None]
    body: type[BaseModel] | None = None
    body_required: bool = True
    query: tuple[Query, ...] = ()
    faults: tuple[int, ...] = ()
    example: dict[str, object] | list[object] | None = None


ON_SITE: Final = "/v1/sites/{site}"
ON_COMMENT: Final = ON_SITE + "/comments/{id}"
INTAKE: Final = (400, 408, 413, 415, 422, 503, 507)
WRITE: Final = (400, 404, 408, 413, 415, 422, 503)
_COMMENT: Final[dict[str, object]] = {
    "id": "c-1842",
    "text": "I disagree with the mayor.",
    "author": {"id": "u-77"},
    "article": {"id": "a-9"},
}
_NUMBER: Final[dict[str, object]] = {"type": "integer", "minimum": 0}

ROUTES: Final = (
    Route("POST", ON_SITE + "/comments", comments.post, SITE,
          "Post a comment. 202 once it is stored; with `Prefer: wait=N` 200 with its verdict, if it comes in N seconds. "
          "The same id and text again answers 200 and the stored comment, the same id with another text 409.",
          {202: answers.CommentAnswer, 200: answers.CommentAnswer}, wire.CommentBody, faults=(*INTAKE, 409), example=_COMMENT),
    Route("POST", ON_SITE + "/comments/batch", comments.post_batch, SITE,
          "Post up to 1,000 comments, as a JSON array or as NDJSON; a result for each, in order.",
          {207: answers.RowsAnswer}, wire.CommentBody, faults=INTAKE, example=[_COMMENT]),
    Route("GET", ON_COMMENT, comments.get, BOTH, "A comment with scores, reasons, decision and history.",
          {200: answers.CommentAnswer}, faults=(404, 503)),
    Route("PATCH", ON_COMMENT, comments.patch, SITE, "Edit a comment: a new text, scored and judged again.",
          {200: answers.CommentAnswer}, wire.EditBody, faults=(*WRITE, 507), example={"text": "I disagree with the council."}),
    Route("DELETE", ON_COMMENT, comments.delete, SITE, "Erase a comment everywhere; safe to repeat.",
          {204: None}, faults=(404, 503)),
    Route("POST", ON_COMMENT + "/report", comments.report, SITE, "Count a reader's flag; one per reporter counts.",
          {200: answers.CommentAnswer}, wire.ReportBody, faults=WRITE, example={"reporter": "u-3", "reason": "abusive"}),
    Route("POST", ON_COMMENT + "/approve", decisions.approve, MODERATOR, "Approve a comment.",
          {200: answers.CommentAnswer}, wire.ApproveBody, body_required=False, faults=(*WRITE, 409), example={}),
    Route("POST", ON_COMMENT + "/reject", decisions.reject, MODERATOR, "Reject a comment for a reason.",
          {200: answers.CommentAnswer}, wire.RejectBody, faults=(*WRITE, 409), example={"reason": "spam"}),
    Route("POST", ON_COMMENT + "/undo", decisions.undo, MODERATOR,
          "The comment as it stood before its last decision by a moderator; the site is told again.",
          {200: answers.CommentAnswer}, wire.UndoBody, body_required=False, faults=(*WRITE, 409), example={}),
    Route("POST", ON_SITE + "/decisions", decisions.many, MODERATOR,
          "Up to 1,000 decisions at once; a result for each, in order.",
          {207: answers.RowsAnswer}, wire.DecisionsBody, faults=INTAKE[:-1],
          example={"decisions": [{"id": "c-1842", "action": "reject", "reason": "spam"}]}),
    Route("GET", ON_SITE + "/queues", queues.counts, MODERATOR, "Every queue's size, counted, and its oldest comment's age.",
          {200: answers.QueuesAnswer}, faults=(400, 503)),
    Route("GET", ON_SITE + "/queues/{queue}", queues.listing, MODERATOR,
          "A page of a queue: `pending`, `reported`, `approved` or `rejected`.",
          {200: answers.PageAnswer}, faults=(400, 404, 503), query=(
              Query("order", "Which comes first.", {"enum": ["oldest", "newest", "spam", "ham"], "default": "oldest"}),
              Query("limit", "How many, up to 100.", {**_NUMBER, "minimum": 1, "maximum": 100, "default": 50}),
              Query("cursor", "The last page's `next`."), Query("article", "Only of this article."),
              Query("author", "Only by this author."), Query("reason", "Only with this reason's code."))),
    Route("GET", ON_SITE + "/events", events.page, BOTH,
          "What happened, in order, after a place; `next` is always the place to go on from. With `Accept: "
          "text/event-stream` the same as a stream of server-sent events, which goes on from `Last-Event-ID`.",
          {200: answers.EventsAnswer}, faults=(400, 503), query=(
              Query("after", "An event's id or the last `next`; from the beginning if it is left out."),
              Query("wait", "Seconds to wait for something to happen, up to 30.", {**_NUMBER, "maximum": 30, "default": 0}),
              Query("limit", "How many, up to 500.", {**_NUMBER, "minimum": 1, "maximum": 500, "default": 100}))),
    Route("GET", ON_SITE + "/policy", sites.get_policy, MODERATOR, "The site's policy.",
          {200: wire.PolicyBody}, faults=(503,)),
    Route("PUT", ON_SITE + "/policy", sites.put_policy, ADMIN,
          "Replace the site's policy; comments judged from now on follow it.",
          {200: wire.PolicyBody}, wire.PolicyBody, faults=WRITE, example={"mode": "auto", "banned_words": ["casino"]}),
    Route("POST", ON_SITE + "/policy/preview", preview.preview, MODERATOR,
          "What a policy would have done with the comments of the last days, beside the one in force and beside what moderators "
          "decided; with a `target` the thresholds that meet it and what they cost. Changes nothing.",
          {200: answers.PreviewAnswer}, wire.PreviewBody, body_required=False, faults=WRITE,
          example={"policy": {"mode": "auto", "approve_below": 0.2, "reject_above": 0.95}, "days": 30,
                   "target": {"held_good_share": 0.02}}),
    Route("GET", ON_SITE + "/statistics", statistics.report, MODERATOR,
          "What was done, counted from the event log: per hour, per moderator, and for the site: who decided, how far moderators "
          "and model agree, how long comments wait, and a calibration table (of ten ranges of the score: how many were rejected).",
          {200: answers.StatisticsAnswer}, faults=(400, 503), query=(
              Query("hours", "The hour of now and so many less one before it, up to 720.",
                    {**_NUMBER, "minimum": 1, "maximum": 720, "default": 24}),)),
)  # fmt: skip

OPEN: Final[tuple[tuple[str, OpenHandler, str], ...]] = (
    ("/healthz", system.healthz, "Alive."),
    ("/readyz", system.readyz, "Able to serve: Redis answers and the model is loaded."),
    ("/metrics", system.metrics, "Prometheus text."),
    ("/openapi.json", openapi.serve, "This document."),
    ("/docs", docs_page.serve, "The documentation as a page, offline."),
)

_PROCESS: Final = secrets.token_hex(4) + "-"  # a request's id: the process, then a running number
_NUMBERS: Final = itertools.count(1)
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def build(
    store: Store, settings: Settings, metrics: Metrics, model_loaded: Callable[[], bool]
) -> web.Application:
    """The application: every route behind its door, every fault as a problem document."""
    desk = Desk(store, settings, metrics, model_loaded)
    app = web.Application(middlewares=[_outermost(desk)], client_max_size=settings.max_batch_bytes)
    app[DESK] = desk
    for route in ROUTES:
        app.router.add_route(route.method, route.path, guarded(route.handler, route.roles, desk))
    for path, handler, _ in OPEN:
        app.router.add_get(path, _opened(handler, desk))
    app.on_shutdown.append(_end_waiting)
    return app


async def _end_waiting(app: web.Application) -> None:
    app[DESK].stopping.set()
    app[DESK].store.feed.wake_all()


def _opened(handler: OpenHandler, desk: Desk) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def enter(request: web.Request) -> web.StreamResponse:
        return await handler(request, desk)

    return enter


def _outermost(desk: Desk) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Request id, faults as problems, metrics, and the log of what failed: once around everything."""
    log_all = desk.settings.access_log == "all"
    count = desk.metrics.requests.answered

    @web.middleware
    async def around(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        began = time.perf_counter()
        request_id = _request_id(request)
        request[REQUEST_ID] = request_id
        token = current_request.set(request_id)
        try:
            response = await _answered(request, handler, request_id)
            seconds = time.perf_counter() - began
            route = _route_name(request)
            count(route, request.method, response.status, seconds)
            if log_all or response.status >= 400:
                _log(route, request.method, response.status, seconds)
        finally:
            current_request.reset(token)
        if not response.prepared:
            response.headers["X-Request-ID"] = request_id
        return response

    return around


async def _answered(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]], request_id: str
) -> web.StreamResponse:
    try:
        return await handler(request)
    except ModerationError as error:
        return problems.response(error, request_id)
    except web.HTTPException as error:
        return problems.response(_from_aiohttp(error), request_id)
    except Exception as error:
        # The trace names places in the code; the message could quote what was sent, so it stays out.
        log.error("a request failed: %s", type(error).__name__, exc_info=_without_message(error))
        return problems.response(
            ModerationError("The fault is in the log under this request id."), request_id
        )


def _without_message(error: Exception) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    return (RuntimeError, RuntimeError(type(error).__name__), error.__traceback__)


def _from_aiohttp(error: web.HTTPException) -> ModerationError:
    if error.status == MethodNotAllowed.status:
        allowed = error.headers.get("Allow", "")
        return MethodNotAllowed(f"This path takes {allowed}.", headers={"Allow": allowed})
    if error.status == TooLarge.status:
        return TooLarge("Send less.", headers={"Connection": "close"})
    if error.status == NotFound.status:
        return NotFound(NOTHING_HERE)
    return BadRequest("The request cannot be read.")


def _request_id(request: web.Request) -> str:
    given = request.headers.get("X-Request-ID")
    if given is not None and _SANE_ID.fullmatch(given):
        return given
    return f"{_PROCESS}{next(_NUMBERS):x}"


def _route_name(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def _log(route: str, method: str, status: int, seconds: float) -> None:
    level = logging.WARNING if status >= 500 else logging.INFO
    log.log(level, "%s %s %d", method, route, status, extra={"seconds": round(seconds, 6)})
