"""The whole API on one page: method, path, handler, who may call it. The OpenAPI document is made from this table."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Generic, TypeVar

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
    across,
    answers,
    audit,
    authors,
    comments,
    console,
    decisions,
    docs_page,
    events,
    examples,
    keys,
    notes,
    openapi,
    preview,
    problems,
    queues,
    sessions,
    sites,
    statistics,
    system,
    webhooks,
    wire,
)
from moderation.web.attempts import Attempts
from moderation.web.auth import guarded, guarded_desk
from moderation.web.desk import (
    BY_SESSION,
    DESK,
    NOTHING_HERE,
    REQUEST_ID,
    Desk,
    DeskHandler,
    Handler,
    OpenHandler,
    Scoring,
)
from moderation.web.dialects import akismet, coral, perspective
from moderation.web.headers import NOT_KEPT

log = logging.getLogger(__name__)

SITE: Final = frozenset({Role.SITE})
MODERATOR: Final = frozenset({Role.MODERATOR})
BOTH: Final = SITE | MODERATOR
ADMIN: Final = frozenset({Role.ADMIN})
ANYBODY: Final = frozenset(Role)

H = TypeVar("H", Handler, DeskHandler, OpenHandler)


@dataclass(frozen=True, slots=True)
class Query:
    """A query parameter."""

    name: str
    description: str
    schema: dict[str, object] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Route(Generic[H]):
    """One call. ``answers`` maps a status to the model of its body (None: no body), ``shows`` to an example of it.
    ``asks`` is an example of a query.

    An admin may make every call, and a reader every GET of a moderator: neither has to be named in ``roles``.
    """

    method: str
    path: str
    handler: H
    roles: frozenset[Role]
    summary: str
    answers: dict[int, type[BaseModel] | None]
    body: type[BaseModel] | None = None
    body_required: bool = True
    query: tuple[Query, ...] = ()
    faults: tuple[int, ...] = ()
    example: dict[str, object] | list[object] | None = None
    lines: bool = False  # it answers NDJSON
    shows: dict[int, dict[str, object]] = field(default_factory=dict)
    asks: str = ""

    @property
    def allowed(self) -> frozenset[Role]:
        """Every role that may make the call."""
        reading = {Role.READER} if self.method == "GET" and Role.MODERATOR in self.roles else set()
        return self.roles | {Role.ADMIN} | reading


ON_SITE: Final = "/v1/sites/{site}"
ON_COMMENT: Final = ON_SITE + "/comments/{id}"
ON_AUTHOR: Final = ON_SITE + "/authors/{author}"
INTAKE: Final = (400, 408, 413, 415, 422, 503, 507)
WRITE: Final = (400, 404, 408, 413, 415, 422, 503)
ON_ONE: Final = (*WRITE, 410)  # a comment whose body is gone
_COMMENT: Final[dict[str, object]] = {
    "id": "c-1842",
    "text": "I disagree with the mayor.",
    "author": {"id": "u-77"},
    "article": {"id": "a-9"},
}
_NUMBER: Final[dict[str, object]] = {"type": "integer", "minimum": 0}
_TIME: Final[dict[str, object]] = {"type": "string", "format": "date-time"}
_SCORE: Final[dict[str, object]] = {"type": "number", "minimum": 0, "maximum": 1}
_LIMIT_20: Final = Query(
    "limit", "How many of each, up to 100.", {**_NUMBER, "minimum": 1, "maximum": 100, "default": 20}
)
_FILTERS: Final = (
    Query("article", "Only of this article."),
    Query("author", "Only by this author: an id, or an author's `ref`."),
    Query("reason", "Only with this reason's code."),
    Query("received_after", "Only received then or later.", _TIME),
    Query("received_before", "Only received before.", _TIME),
    Query("score_min", "Only with a spam score of at least this.", _SCORE),
    Query("score_max", "Only with a spam score of at most this.", _SCORE),
    Query("q", "Only with all of these words in text, author's name or title."),
    Query("tag", "Only with this tag."),
    Query("assigned", "Only assigned to this moderator."),
)
_PAGE: Final = (
    Query("order", "Which comes first.", {"enum": ["oldest", "newest", "spam", "ham"], "default": "oldest"}),
    Query("limit", "How many, up to 100.", {**_NUMBER, "minimum": 1, "maximum": 100, "default": 50}),
    Query("cursor", "The last page's `next`."),
    *_FILTERS,
)
_SITES: Final = Query("sites", "Slugs with commas between them: only of these sites, 200 at most.")
ON_HOOK: Final = ON_SITE + "/webhooks/{webhook}"
_HOOK: Final[dict[str, object]] = {
    "id": "wh_5f2c8e1d90ab34cd", "site": "gazette", "url": "https://cms.example/hooks/moderation", "events": ["comment.*"],
    "description": "the CMS", "enabled": True, "include": [], "created_at": "2026-11-25T10:00:00.000Z", "disabled_reason": None,
    "disabled_at": None, "failing_since": None, "delivered_at": "2026-11-25T10:05:00.120Z", "open": 0, "dead": 0,
}  # fmt: skip
_DELIVERY: Final[dict[str, object]] = {
    "id": "1764064800000-0", "message_id": "evt_3f9c2a71b0de", "type": "comment.approved", "state": "dead", "attempts": 10,
    "created_at": "2026-11-25T10:00:00.000Z", "next_attempt_at": None, "attempted_at": "2026-11-28T13:35:00.000Z", "status": 503,
    "error": None, "milliseconds": 41,
}  # fmt: skip
_CORAL: Final[dict[str, object]] = {
    "signing_secrets": 1, "graphql_url": "https://coral.example.org/api/graphql", "hold": False,
}  # fmt: skip
_NEW_HOOK: Final[dict[str, object]] = {**_HOOK, "secret": "whsec_…", "old_secret_until": None}

ROUTES: Final[tuple[Route[Handler], ...]] = (
    Route("POST", ON_SITE + "/comments", comments.post, SITE,
          "Post a comment. 202 once it is stored; with `Prefer: wait=N` 200 with its verdict, if it comes in N seconds. "
          "The same id and text again answers 200 and the stored comment, the same id with another text 409.",
          {202: answers.CommentAnswer, 200: answers.CommentAnswer}, wire.CommentBody, faults=(*INTAKE, 409, 410), example=_COMMENT,
          shows={202: examples.QUEUED, 200: examples.JUDGED}),
    Route("POST", ON_SITE + "/comments/batch", comments.post_batch, SITE,
          "Post up to 1,000 comments, as a JSON array or as NDJSON; a result for each, in order.",
          {207: answers.RowsAnswer}, wire.CommentBody, faults=INTAKE, example=[_COMMENT],
          shows={207: examples.POSTED}),
    Route("GET", ON_COMMENT, comments.get, BOTH, "A comment with scores, reasons, decision and history.",
          {200: answers.CardAnswer}, faults=(404, 410, 503),
          shows={200: examples.CARD}),
    Route("PATCH", ON_COMMENT, comments.patch, SITE, "Edit a comment: a new text, scored and judged again.",
          {200: answers.CommentAnswer}, wire.EditBody, faults=(*ON_ONE, 507), example={"text": "I disagree with the council."},
          shows={200: examples.EDITED}),
    Route("DELETE", ON_COMMENT, comments.delete, SITE, "Erase a comment everywhere; safe to repeat.",
          {204: None}, faults=(404, 503)),
    Route("POST", ON_COMMENT + "/report", comments.report, SITE, "Count a reader's flag; one per reporter counts.",
          {200: answers.CommentAnswer}, wire.ReportBody, faults=ON_ONE, example={"reporter": "u-3", "reason": "abusive"},
          shows={200: examples.REPORTED}),
    Route("POST", ON_COMMENT + "/approve", decisions.approve, MODERATOR, "Approve a comment.",
          {200: answers.CardAnswer}, wire.ApproveBody, body_required=False, faults=(*ON_ONE, 409),
          example={"note": "An opinion, fairly put."},
          shows={200: examples.APPROVED}),
    Route("POST", ON_COMMENT + "/reject", decisions.reject, MODERATOR, "Reject a comment for a reason.",
          {200: answers.CardAnswer}, wire.RejectBody, faults=(*ON_ONE, 409), example={"reason": "spam"},
          shows={200: examples.REJECTED}),
    Route("POST", ON_COMMENT + "/undo", decisions.undo, MODERATOR,
          "The comment as it stood before its last decision by a moderator; the site is told again.",
          {200: answers.CardAnswer}, wire.UndoBody, body_required=False, faults=(*ON_ONE, 409), example={},
          shows={200: examples.UNDONE}),
    Route("GET", ON_COMMENT + "/thread", comments.thread, MODERATOR,
          "What stands around a comment, in one call: parent, siblings, replies, the author's others, and what reads the same.",
          {200: answers.ThreadAnswer}, faults=(400, 404, 410, 503), query=(_LIMIT_20,),
          shows={200: examples.THREAD}, asks="limit=5"),
    Route("POST", ON_COMMENT + "/escalate", notes.escalate, MODERATOR,
          "Put a comment into the queue `escalated` with a reason. One that waits for a decision leaves `pending`; a decision takes "
          "it out. Escalated already, for another reason: 409.", {200: answers.CardAnswer}, wire.EscalateBody,
          faults=(*ON_ONE, 409), example={"reason": "A lawyer should read this."},
          shows={200: examples.ESCALATED}),
    Route("POST", ON_COMMENT + "/deescalate", notes.give_back, MODERATOR, "Take a comment out of `escalated`, back to where it was.",
          {200: answers.CardAnswer}, wire.UndoBody, body_required=False, faults=(*ON_ONE, 409), example={},
          shows={200: examples.CARD}),
    Route("POST", ON_COMMENT + "/assign", notes.assign, MODERATOR,
          "Give a comment to a moderator by the name on the key (null: to nobody). Claims of others pass it over.",
          {200: answers.CardAnswer}, wire.AssignBody, faults=ON_ONE, example={"moderator": "ann"},
          shows={200: examples.ASSIGNED}),
    Route("POST", ON_COMMENT + "/notes", notes.note, MODERATOR, "Add a note for colleagues; the site never sees it.",
          {200: answers.CardAnswer}, wire.NoteBody, faults=ON_ONE, example={"text": "Called the author; she stands by it."},
          shows={200: examples.NOTED}),
    Route("PUT", ON_COMMENT + "/tags", notes.tag, MODERATOR, "Replace a comment's tags.",
          {200: answers.CardAnswer}, wire.TagsBody, faults=ON_ONE, example={"tags": ["election", "to-quote"]},
          shows={200: examples.TAGGED}),
    Route("POST", ON_SITE + "/decisions", decisions.many, MODERATOR,
          "Up to 1,000 decisions at once, by list or by filter; a result for each, in order, and a `batch_id` that undoes all of "
          "them. With `dry_run` only the count of what the filter admits.",
          {207: answers.BulkAnswer, 200: answers.DryRunAnswer}, wire.DecisionsBody, faults=(*INTAKE[:-1], 409),
          example={"decisions": [{"id": "c-1842", "action": "reject", "reason": "spam"}]},
          shows={207: examples.BULK, 200: examples.DRY_RUN}),
    Route("GET", ON_SITE + "/batches/{batch}", decisions.batch, MODERATOR, "What a batch of decisions decided.",
          {200: answers.BatchAnswer}, faults=(404, 503),
          shows={200: examples.BATCH}),
    Route("POST", ON_SITE + "/batches/{batch}/undo", decisions.undo_batch, MODERATOR,
          "Take a batch back as a whole; a comment that was decided again since keeps its later decision (409 in its row).",
          {207: answers.RowsAnswer}, wire.UndoBody, body_required=False, faults=WRITE, example={},
          shows={207: examples.BATCH_UNDONE}),
    Route("GET", ON_SITE + "/queues", queues.counts, MODERATOR, "Every queue's size, counted, and its oldest comment's age.",
          {200: answers.QueuesAnswer}, faults=(400, 503),
          shows={200: examples.QUEUES}),
    Route("GET", ON_SITE + "/queues/{queue}", queues.listing, MODERATOR,
          "A page of a queue: `pending`, `reported`, `escalated`, `approved` or `rejected`. A filter that has no index of its own (score "
          "beside an order by time, `q`, `tag`, `assigned`) is looked for in 5,000 comments at a time: a page may then be short and "
          "still have a `next`.",
          {200: answers.PageAnswer}, faults=(400, 404, 503), query=_PAGE,
          shows={200: examples.PAGE}, asks="order=spam&limit=20&reason=suspect_word&score_min=0.2"),
    Route("GET", ON_SITE + "/queues/{queue}/reasons", queues.reasons, MODERATOR,
          "How many comments of a queue have each reason's code: what to free together when a rule was bad.",
          {200: answers.ReasonsAnswer}, faults=(400, 404, 503),
          shows={200: examples.REASONS}),
    Route("POST", ON_SITE + "/queues/{queue}/claim", queues.claim, MODERATOR,
          "Lease comments that no colleague holds; the lease ends by itself, or with a decision. What you hold already is not handed "
          "out again: see `/claims`.",
          {200: answers.ClaimAnswer}, wire.ClaimBody, body_required=False, faults=(*WRITE, 409), example={"limit": 20, "lease_seconds": 300},
          shows={200: examples.CLAIMED}),
    Route("GET", ON_SITE + "/claims", queues.leases, MODERATOR, "Who holds what, the lease that ends first in front.",
          {200: answers.LeasesAnswer}, faults=(400, 503),
          shows={200: examples.LEASES}),
    Route("POST", ON_SITE + "/claims/renew", queues.renew, MODERATOR,
          "Lengthen leases, yours by id or all of them; the answer names those that still stand.",
          {200: answers.LeasesAnswer}, wire.RenewBody, body_required=False, faults=WRITE, example={"lease_seconds": 300},
          shows={200: examples.LEASES}),
    Route("POST", ON_SITE + "/claims/release", queues.release, MODERATOR,
          "End leases, yours by id or all of them; an admin may end anybody's by id.",
          {200: answers.ReleasedAnswer}, wire.ReleaseBody, body_required=False, faults=WRITE, example={"ids": ["c-1842"]},
          shows={200: examples.RELEASED}),
    Route("GET", ON_AUTHOR, authors.get, MODERATOR,
          "An author: comments by status, rate of rejection, first seen, standing, notes, last comments. An author without an id is known "
          "by the hash of the e-mail, else of the address: `ref` in a comment's `author`.",
          {200: answers.AuthorProfileAnswer}, faults=(400, 404, 503),
          shows={200: examples.AUTHOR}),
    Route("GET", ON_AUTHOR + "/comments", authors.comments, MODERATOR, "An author's comments in every status, newest first.",
          {200: answers.PageAnswer}, faults=(400, 404, 503), query=(
              Query("limit", "How many, up to 100.", {**_NUMBER, "minimum": 1, "maximum": 100, "default": 50}),
              Query("cursor", "The last page's `next`.")),
          shows={200: examples.PAGE}, asks="limit=20"),
    Route("PUT", ON_AUTHOR + "/standing", authors.standing, MODERATOR,
          "Trust, suspend or ban an author, or (null) take that back. A ban can reject what waits for a decision, as one batch of "
          "up to 1,000; `counts` says whether more of it waits.",
          {200: answers.AuthorProfileAnswer}, wire.StandingBody, faults=(*WRITE, 409),
          example={"standing": "banned", "reject_pending": True, "reason": "spam"},
          shows={200: examples.BANNED}),
    Route("POST", ON_AUTHOR + "/notes", authors.note, MODERATOR, "Add a note on an author for colleagues.",
          {200: answers.AuthorProfileAnswer}, wire.NoteBody, faults=WRITE, example={"text": "Writes under her own name."},
          shows={200: examples.AUTHOR_NOTED}),
    Route("GET", ON_AUTHOR + "/export", authors.export, ADMIN,
          "Everything kept on an author, as NDJSON: the profile, then every comment (GDPR, article 15).",
          {200: answers.AuthorLineAnswer}, faults=(404, 503), lines=True,
          shows={200: examples.EXPORTED}),
    Route("DELETE", ON_AUTHOR, authors.erase, SITE,
          "Erase an author and every comment, whatever state it is in; safe to repeat (GDPR, article 17).",
          {204: None}, faults=(404, 503)),
    Route("GET", ON_SITE + "/audit", audit.page, MODERATOR,
          "Who did what to whom and when, with before and after, oldest first. With `Accept: application/x-ndjson` all of it, from "
          "`after` on.",
          {200: answers.AuditAnswer}, faults=(400, 503), query=(
              Query("after", "An act's id or the last `next`; from the beginning if it is left out."),
              Query("limit", "How many, up to 500.", {**_NUMBER, "minimum": 1, "maximum": 500, "default": 100})),
          shows={200: examples.AUDIT}, asks="after=1764065251089-0&limit=100"),
    Route("GET", ON_SITE + "/events", events.page, BOTH,
          "What happened, in order, after a place; `next` is always the place to go on from. With `Accept: "
          "text/event-stream` the same as a stream of server-sent events, which goes on from `Last-Event-ID`.",
          {200: answers.EventsAnswer}, faults=(400, 503), query=(
              Query("after", "An event's id or the last `next`; from the beginning if it is left out."),
              Query("wait", "Seconds to wait for something to happen, up to 30.", {**_NUMBER, "maximum": 30, "default": 0}),
              Query("limit", "How many, up to 500.", {**_NUMBER, "minimum": 1, "maximum": 500, "default": 100})),
          shows={200: examples.EVENTS}, asks="after=1764064800411-0&wait=0"),
    Route("GET", ON_SITE + "/policy", sites.get_policy, MODERATOR, "The site's policy.",
          {200: wire.PolicyBody}, faults=(503,),
          shows={200: examples.POLICY}),
    Route("PUT", ON_SITE + "/policy", sites.put_policy, ADMIN,
          "Replace the site's policy; comments judged from now on follow it.",
          {200: wire.PolicyBody}, wire.PolicyBody, faults=WRITE, example={"mode": "auto", "banned_words": ["casino"]},
          shows={200: examples.NEW_POLICY}),
    Route("POST", ON_SITE + "/policy/preview", preview.preview, MODERATOR,
          "What a policy would have done with the comments of the last days, beside the one in force and beside what moderators "
          "decided; with a `target` the thresholds that meet it and what they cost. Changes nothing.",
          {200: answers.PreviewAnswer}, wire.PreviewBody, body_required=False, faults=WRITE,
          example={"policy": {"mode": "auto", "approve_below": 0.2, "reject_above": 0.95}, "days": 30,
                   "target": {"held_good_share": 0.02}},
          shows={200: examples.PREVIEW}),
    Route("POST", ON_SITE + "/policy/test", preview.test, MODERATOR,
          "What the rules of a policy find in a text alone: what needs an author or a past is left out. Changes nothing.",
          {200: answers.PolicyTestAnswer}, wire.PolicyTestBody, faults=WRITE,
          example={"text": "The casino will ruin the square.", "policy": {"suspect_words": ["casino"]}},
          shows={200: examples.POLICY_TEST}),
    Route("GET", ON_SITE + "/statistics", statistics.report, MODERATOR,
          "What was done, counted from the event log: per hour, per moderator, and for the site: who decided, how far moderators "
          "and model agree, how long comments wait, and a calibration table (of ten ranges of the score: how many were rejected).",
          {200: answers.StatisticsAnswer}, faults=(400, 503), query=(
              Query("hours", "The hour of now and so many less one before it, up to 720.",
                    {**_NUMBER, "minimum": 1, "maximum": 720, "default": 24}),),
          shows={200: examples.STATISTICS}, asks="hours=1"),
    Route("GET", ON_SITE + "/coral", coral.get_site, ADMIN, "Which Coral is the site's own, without its secrets.",
          {200: answers.CoralAnswer}, faults=(404, 503), shows={200: _CORAL}),
    Route("PUT", ON_SITE + "/coral", coral.put_site, ADMIN,
          "Say which Coral is the site's own: signing secrets of its external phase and webhooks, and the way back for decisions.",
          {200: answers.CoralAnswer}, wire.CoralBody, faults=(*WRITE, 409),
          example={"signing_secrets": ["a secret as Coral shows it"], "graphql_url": "https://coral.example.org/api/graphql",
                   "token": "an-access-token-of-Coral", "hold": False}, shows={200: _CORAL}),
    Route("DELETE", ON_SITE + "/coral", coral.delete_site, ADMIN, "Speak with no Coral any more; safe to repeat.",
          {204: None}, faults=(503,)),
    Route("GET", ON_SITE + "/keys", keys.listing, ADMIN, "The keys that reach the site, the oldest first; never a key itself.",
          {200: answers.KeysAnswer}, faults=(400, 503),
          shows={200: examples.KEYS}),
    Route("POST", ON_SITE + "/keys", keys.add, ADMIN,
          "Make a key for the site, and for further sites of one's own; it is shown once. Keys of one name on one site "
          "are one person: that is how a key is replaced by a new one.",
          {201: answers.NewKeyAnswer}, wire.KeyBody, faults=(*WRITE, 409), example={"role": "moderator", "name": "ann"},
          shows={201: examples.NEW_KEY}),
    Route("DELETE", ON_SITE + "/keys/{key_id}", keys.revoke, ADMIN,
          "End a key that reaches no site beyond one's own; every process refuses it within 5 seconds.",
          {204: None}, faults=(400, 404, 503)),
    Route("GET", ON_SITE + "/webhooks", webhooks.listing, ADMIN, "The site's webhooks, the oldest first; never a secret.",
          {200: answers.WebhooksAnswer}, faults=(400, 503), shows={200: {"items": [_HOOK], "next": None}}),
    Route("POST", ON_SITE + "/webhooks", webhooks.add, ADMIN,
          "Make a webhook, which is told of what happens from now on (Standard Webhooks); its secret is shown once.",
          {201: answers.NewWebhookAnswer}, wire.WebhookBody, faults=(*WRITE, 409, 507),
          example={"url": "https://cms.example/hooks/moderation", "events": ["comment.*"], "description": "the CMS"}, shows={201: _NEW_HOOK}),
    Route("GET", ON_HOOK, webhooks.get, ADMIN, "A webhook and how it does.", {200: answers.WebhookAnswer}, faults=(400, 404, 503),
          shows={200: _HOOK}),
    Route("PATCH", ON_HOOK, webhooks.patch, ADMIN, "Change a webhook, disable it, or enable it again.",
          {200: answers.WebhookAnswer}, wire.WebhookPatchBody, faults=(*WRITE, 409, 507), example={"enabled": True}, shows={200: _HOOK}),
    Route("DELETE", ON_HOOK, webhooks.remove, ADMIN, "Remove a webhook with its deliveries.",
          {204: None}, faults=(400, 404, 503)),
    Route("POST", ON_HOOK + "/rotate", webhooks.rotate, ADMIN,
          "Give a webhook a new secret, shown once; the old one signs too for 24 hours.",
          {200: answers.NewWebhookAnswer}, faults=(400, 404, 409, 503, 507), shows={200: _NEW_HOOK}),
    Route("POST", ON_HOOK + "/test", webhooks.test, ADMIN, "Post a `webhook.test` now and say what the receiver answered.",
          {200: answers.WebhookTestAnswer}, faults=(400, 404, 503),
          shows={200: {"delivered": True, "status": 204, "error": None, "milliseconds": 38, "answer": ""}}),
    Route("GET", ON_HOOK + "/deliveries", webhooks.deliveries, ADMIN,
          "Deliveries and how they stand, the newest first. Those that are `dead` are no longer attempted. Ended ones are kept "
          "for 7 days.", {200: answers.DeliveriesAnswer}, faults=(400, 404, 503), query=(
              Query("state", "Only those in this state.", {"enum": ["open", "delivered", "dead"]}),
              Query("limit", "How many, up to 500.", {**_NUMBER, "minimum": 1, "maximum": 500, "default": 100}),
              Query("cursor", "The last page's `next`.")), shows={200: {"items": [_DELIVERY], "next": None}}, asks="state=dead&limit=20"),
    Route("POST", ON_HOOK + "/deliveries/{delivery}/replay", webhooks.replay, ADMIN,
          "Deliver one event again, from the first attempt on, under the same id.", {202: answers.ReplayAnswer},
          faults=(400, 404, 409, 503, 507), shows={202: {"replayed": 1, "stopped_at": None}}),
    Route("POST", ON_HOOK + "/replay", webhooks.replay_span, ADMIN,
          "Deliver all events of a span again that the webhook wants, also those of before it was made.",
          {202: answers.ReplayAnswer}, wire.ReplayBody, faults=(*WRITE, 507),
          example={"since": "2026-11-25T10:00:00Z", "until": "2026-11-25T12:00:00Z"}, shows={202: {"replayed": 120, "stopped_at": None}}),
)  # fmt: skip

ACROSS: Final[tuple[Route[DeskHandler], ...]] = (  # calls that name no site: what they reach is the key's
    Route("GET", "/v1/me", keys.me, ANYBODY, "Who am I: name, role and sites of the key that is sent.",
          {200: answers.MeAnswer}, faults=(400, 503),
          shows={200: examples.ME}),
    Route("GET", "/v1/sites", sites.listing, MODERATOR, "The sites that the key reaches, with mode and number of pending comments.",
          {200: answers.SitesAnswer}, faults=(400, 503), query=(
              Query("limit", "How many, up to 200.", {**_NUMBER, "minimum": 1, "maximum": 200, "default": 200}),
              Query("cursor", "The last page's `next`.")),
          shows={200: examples.SITES}, asks="limit=200"),
    Route("POST", "/v1/sites", sites.add, ADMIN,
          "Make a site; its keys are shown once. Only with an admin's key for all sites (`*`).",
          {201: answers.NewSiteAnswer}, wire.SiteBody, faults=(*WRITE, 409), example={"site": "gazette"},
          shows={201: examples.NEW_SITE}),
    Route("GET", "/v1/queues", across.counts, MODERATOR, "The queues of all the key's sites: the totals, and each site's, counted.",
          {200: answers.AllQueuesAnswer}, faults=(400, 503), query=(_SITES,),
          shows={200: examples.ALL_QUEUES}, asks="sites=gazette"),
    Route("GET", "/v1/queues/{queue}", across.listing, MODERATOR,
          "A page of one queue over all the key's sites. `oldest` and `newest` go by the time of receipt, `spam` and `ham` by "
          "score, then time. With more than 200 sites name some in `sites`.",
          {200: answers.PageAnswer}, faults=(400, 404, 503), query=(*_PAGE, _SITES),
          shows={200: examples.PAGE}, asks="order=spam&limit=20&sites=gazette"),
    Route("POST", "/v1/queues/{queue}/claim", across.claim, MODERATOR,
          "Lease comments that no colleague holds, of all the key's sites, in the order of the merged queue.",
          {200: answers.ClaimAnswer}, wire.ClaimBody, body_required=False, faults=(*WRITE, 409), query=(_SITES,),
          example={"limit": 20, "order": "spam"}, shows={200: examples.CLAIMED}, asks="sites=gazette"),
)  # fmt: skip

SESSION: Final[tuple[Route[OpenHandler], ...]] = (  # signing in and out: their handlers are their own door
    Route("POST", "/console/session", sessions.sign_in, MODERATOR | {Role.READER},
          "Sign in with a key: sets the cookie `__Host-session`, with which every call without `Authorization` acts as the key. The "
          "browser says that the console's own page asks (`Sec-Fetch-Site: same-origin`, or an `Origin` that is the `Host`).",
          {200: answers.SessionAnswer}, wire.SignInBody, faults=(400, 408, 413, 415, 422, 503), example={"key": "mod_moderator_…"},
          shows={200: examples.SESSION}),
    Route("GET", "/console/session", sessions.who, MODERATOR, "Who is signed in.",
          {200: answers.SessionAnswer}, faults=(400, 503), shows={200: examples.SESSION}),
    Route("DELETE", "/console/session", sessions.sign_out, MODERATOR | {Role.READER}, "Sign out, at once and in every process.",
          {204: None}, faults=(400, 503), query=(
              Query("everywhere", "End all sessions of the key.", {"type": "boolean", "default": False}),)),
)  # fmt: skip

OPEN: Final[tuple[tuple[str, OpenHandler, str], ...]] = (
    ("/healthz", system.healthz, "Alive."),
    ("/readyz", system.readyz, "Able to serve: Redis answers and the model is loaded."),
    ("/metrics", system.metrics, "Prometheus text."),
    ("/openapi.json", openapi.serve, "This document."),
    ("/docs", docs_page.serve, "The documentation as a page, offline."),
    ("/docs/style.css", docs_page.style, "The style of that page."),
    ("/console/", console.page, "The page on which moderators work."),
)

_PROCESS: Final = secrets.token_hex(4) + "-"  # a request's id: the process, then a running number
_NUMBERS: Final = itertools.count(1)
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


# Other products' calls, which their clients make as they always did: (method, path, handler, what it does).
DIALECTS: Final[tuple[tuple[str, str, OpenHandler, str], ...]] = (
    ("POST", "/v1alpha1/comments:analyze", perspective.spoken(perspective.analyze), "Perspective: score a text."),
    ("POST", "/v1alpha1/comments:suggestscore", perspective.spoken(perspective.suggest),
     "Perspective: a suggested score is the site's decision."),
    ("GET", "/$discovery/rest", perspective.spoken(perspective.discover), "Perspective: the discovery document."),
    *akismet.CALLS,
)  # fmt: skip


def build(
    store: Store,
    settings: Settings,
    metrics: Metrics,
    model_loaded: Callable[[], bool],
    scoring: Scoring | None = None,
) -> web.Application:
    """The application: every route behind its door, every fault as a problem document."""
    attempts = Attempts(settings.auth_failures_per_minute)
    desk = Desk(store, settings, metrics, model_loaded, attempts=attempts)
    if scoring is not None:
        desk = dataclasses.replace(desk, scoring=scoring)
    app = web.Application(middlewares=[_outermost(desk)], client_max_size=settings.max_batch_bytes)
    app[DESK] = desk
    for route in ROUTES:
        app.router.add_route(route.method, _any_id(route.path), guarded(route.handler, route.allowed, desk))
    for one in ACROSS:
        app.router.add_route(one.method, one.path, guarded_desk(one.handler, one.allowed, desk))
    for call in SESSION:
        app.router.add_route(call.method, call.path, _opened(call.handler, desk))
    for method, place, answered in coral.OPEN:
        app.router.add_route(method, place, _opened(answered, desk))
    for path, handler, _ in OPEN:
        app.router.add_get(path, _opened(handler, desk))
    console.files()  # read now: nothing is read from the disk once it serves
    app.router.add_get(console.HOME.rstrip("/"), _opened(console.home, desk))
    app.router.add_get(console.HOME + "static/{path:.+}", _opened(console.static, desk))
    for method, path, handler, _ in DIALECTS:
        add = app.router.add_get if method == "GET" else app.router.add_post  # the former answers HEAD too
        add(path, _opened(handler, desk))
    app.on_shutdown.append(_end_waiting)
    return app


def _any_id(path: str) -> str:
    """The path as the router takes it: a part may hold braces, which an id may and aiohttp's own pattern leaves out."""
    return re.sub(r"\{(\w+)\}", r"{\1:[^/]+}", path)


async def _end_waiting(app: web.Application) -> None:
    app[DESK].stopping.set()
    app[DESK].store.feed.wake_all()
    for chore in app[DESK].chores:
        chore.cancel()
    await asyncio.gather(*app[DESK].chores, return_exceptions=True)


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
            if BY_SESSION in request:  # a browser keeps what it is sent, unless it is told not to
                response.headers.update(NOT_KEPT)
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
