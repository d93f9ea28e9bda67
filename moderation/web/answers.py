"""What answers look like: the types for the OpenAPI document, and the dicts that are written without a second validation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from moderation.domain.author import Standing
from moderation.domain.comment import Comment, Reason, RejectReason, Status
from moderation.domain.policy import Effect, Mode, Policy
from moderation.domain.replay import Cost, Judged, Proposal, Summary
from moderation.domain.shares import Share
from moderation.domain.statistics import HOUR_MS, Hour, Moderator, Report
from moderation.domain.times import rfc3339
from moderation.store import (
    EVERY_SITE,
    Act,
    Delivery,
    Event,
    FirstKeys,
    Key,
    KeyInfo,
    Lease,
    NewKey,
    Profile,
    QueueState,
    Role,
    SiteState,
    Webhook,
)
from moderation.store.keys import QUEUES
from moderation.web.wire import PolicyBody


class ReasonAnswer(BaseModel):
    """One thing that speaks for holding or rejecting."""

    code: str
    text: str = Field(description="One plain sentence for an editor.")
    weight: float
    spans: list[tuple[int, int]] | None = Field(None, description="Character ranges in `text`, half open.")


class DecisionAnswer(BaseModel):
    """What put the comment in its status."""

    by: str = Field(description="`model`, `rule`, or a moderator's name.")
    kind: Literal["model", "rule", "moderator"]
    status: Status
    at: str
    reason: RejectReason | None = None
    note: str | None = None
    because: str | None = None
    score: float | None = None
    model_version: str | None = None
    would_be: Status | None = Field(None, description="In shadow mode: what `auto` would have done.")


class AuthorAnswer(BaseModel):
    """Who wrote, as far as it comes back."""

    ref: str | None = Field(
        None, description="What stands in `/authors/{author}`: the id, else a kind and a keyed hash."
    )
    id: str | None = None
    name: str | None = None
    url: str | None = None
    user_agent: str | None = None


class ArticleAnswer(BaseModel):
    """What was commented on."""

    id: str | None = None
    url: str | None = None
    title: str | None = None


class CommentAnswer(BaseModel):
    """A comment with all that was found and decided."""

    id: str
    site: str
    text: str
    author: AuthorAnswer
    article: ArticleAnswer
    parent_id: str | None
    created_at: str | None
    lang: str | None
    metadata: dict[str, Any]
    revision: int
    status: Status
    received_at: str
    scores: dict[str, float]
    reasons: list[ReasonAnswer]
    decision: DecisionAnswer | None
    history: list[dict[str, Any]]
    reports: int


class EscalationAnswer(BaseModel):
    """Why a comment was escalated."""

    by: str
    at: str
    reason: str


class NoteAnswer(BaseModel):
    """A moderator's note."""

    by: str
    at: str
    text: str


class LeaseAnswer(BaseModel):
    """Who holds a comment, until when."""

    by: str
    until: str


class CardAnswer(CommentAnswer):
    """A comment as moderators see it, with what they keep beside it for each other."""

    queue: str | None = Field(
        description="Where it wants something done: `pending`, `reported`, `escalated`."
    )
    escalation: EscalationAnswer | None
    assigned: str | None
    notes: list[NoteAnswer]
    tags: list[str]
    claim: LeaseAnswer | None = Field(description="Who has it in hand now.")


class ProblemAnswer(BaseModel):
    """RFC 9457: what went wrong and what to mend."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[dict[str, str]] | None = Field(
        None, description="For a bad body: `pointer` and `detail` of each."
    )
    decision: DecisionAnswer | None = Field(
        None, description="For a decision's conflict: the one that stands."
    )
    comment_status: Status | None = Field(
        None, description="For a decision's conflict or an expired comment: its status."
    )
    decided_at: str | None = Field(None, description="For an expired comment: when it was decided.")


class RowAnswer(BaseModel):
    """What became of one row."""

    id: str | None
    status_code: int
    comment: CommentAnswer | None = None
    problem: ProblemAnswer | None = None


class RowsAnswer(BaseModel):
    """What became of each row, in order."""

    items: list[RowAnswer]


class PageAnswer(BaseModel):
    """Comments in order, and the cursor to go on from."""

    items: list[CardAnswer]
    next: str | None


class ReasonsAnswer(BaseModel):
    """How many comments of a queue have each reason's code, the most frequent first."""

    reasons: dict[str, int]


class ClaimAnswer(BaseModel):
    """The comments that were leased, and when the lease ends."""

    items: list[CardAnswer]
    until: str | None


class HeldAnswer(BaseModel):
    """A lease."""

    comment_id: str
    by: str
    until: str


class LeasesAnswer(BaseModel):
    """Leases."""

    items: list[HeldAnswer]


class ReleasedAnswer(BaseModel):
    """The comments that are free again."""

    ids: list[str]


class ThreadAnswer(BaseModel):
    """What stands around a comment."""

    comment: CardAnswer
    parent: CardAnswer | None
    siblings: list[CardAnswer] = Field(
        description="Answers to the same parent, else neighbours on the article."
    )
    replies: list[CardAnswer]
    by_author: list[CardAnswer] = Field(description="The author's others, newest first.")
    look_alikes: list[CardAnswer] = Field(
        description="With the same or nearly the same text, by whomever, as long as the policy's `repeat_hours` remember it."
    )


class DryRunAnswer(BaseModel):
    """What a filter admits."""

    count: int
    complete: bool = Field(description="False: so many at least; there were more than could be looked at.")


class BulkAnswer(BaseModel):
    """What became of each row, in order, and the batch by which all of it can be undone."""

    batch_id: str
    items: list[RowAnswer]
    more: bool = Field(description="Whether the filter admits more than the 1,000 that were decided.")


class BatchAnswer(BaseModel):
    """A batch of decisions."""

    batch_id: str
    by: str
    at: str
    ids: list[str]


class AuthorProfileAnswer(BaseModel):
    """An author as moderators know one."""

    ref: str
    standing: Literal["new", "known", "trusted", "banned", "suspended"]
    until: str | None = Field(description="The end of a suspension.")
    given_by: str | None = Field(description="The moderator who gave the standing.")
    given_at: str | None
    counts: dict[str, int] = Field(description="Comments by status.")
    rejection_rate: float | None = Field(description="Rejected among decided ones; null if none is decided.")
    first_seen: str | None
    notes: list[NoteAnswer]
    comments: list[CardAnswer] = Field(description="The last ones, newest first.")
    batch_id: str | None = Field(None, description="After a ban that rejected what waited: undoes that.")


class AuthorLineAnswer(AuthorProfileAnswer):
    """The first line of an author's export; a `CommentLineAnswer` for each comment follows."""

    kind: Literal["author"]


class CommentLineAnswer(CardAnswer):
    """A comment in an author's export, with the keyed hashes that are kept."""

    kind: Literal["comment"]
    email_hash: str | None
    ip_hash: str | None


class ActAnswer(BaseModel):
    """One act of a person."""

    id: str
    at: str
    by: str
    act: str
    kind: str = Field(description="What `subject` is: `comment`, `author`, `site` or `key`.")
    subject: str | None = Field(description="Null for an author who was erased.")
    before: dict[str, Any]
    after: dict[str, Any]
    batch_id: str | None


class AuditAnswer(BaseModel):
    """Acts in order, and the place to go on from."""

    items: list[ActAnswer]
    next: str | None


class QueueAnswer(BaseModel):
    """A queue's size and the age of its oldest comment."""

    count: int
    oldest_seconds: float | None


class QueuesAnswer(BaseModel):
    """All queues."""

    queues: dict[str, QueueAnswer]


class EventAnswer(BaseModel):
    """Something that happened."""

    id: str = Field(description="Its place in the log; `after` takes it.")
    type: str
    timestamp: str
    sequence: int = Field(description="Counts the changes of its comment; 0 if it is about no comment.")
    data: dict[str, Any]


class EventsAnswer(BaseModel):
    """Events in order, and the place to go on from."""

    items: list[EventAnswer]
    next: str | None


def comment_answer(comment: Comment) -> dict[str, Any]:
    """A comment as it is answered."""
    draft = comment.draft
    author, article = draft.author, draft.article
    return {
        "id": draft.id,
        "site": comment.site,
        "text": draft.text,
        "author": {
            "ref": author.id or author.handle,
            "id": author.id,
            "name": author.name,
            "url": author.url,
            "user_agent": author.user_agent,
        },
        "article": {"id": article.id, "url": article.url, "title": article.title},
        "parent_id": draft.parent_id,
        "created_at": None if draft.created_at is None else rfc3339(draft.created_at),
        "lang": draft.lang,
        "metadata": draft.metadata,
        "revision": comment.revision,
        "status": comment.status.value,
        "received_at": rfc3339(comment.received_at),
        "scores": comment.scores,
        "reasons": [reason_answer(reason) for reason in comment.reasons],
        "decision": decision_answer(comment.decision),
        "history": [{**one, "at": rfc3339(one["at"])} for one in comment.history],
        "reports": comment.reports,
    }


def card_answer(comment: Comment) -> dict[str, Any]:
    """A comment as moderators see it."""
    handling, status = comment.handling, comment.status.value
    queue = handling.queue or (status if status == "pending" else None)
    lease = handling.held_until
    return {
        **comment_answer(comment),
        "queue": queue,
        "escalation": _said(handling.escalation),
        "assigned": handling.assigned,
        "notes": [_said(note) for note in handling.notes],
        "tags": list(handling.tags),
        "claim": None if lease is None else {"by": handling.holder, "until": rfc3339(lease)},
    }


def _said(said: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if said is None else {**said, "at": rfc3339(said["at"])}


def claim_answer(found: Sequence[Comment]) -> dict[str, Any]:
    """Comments that were leased, and when the first lease ends."""
    ends = [one.handling.held_until for one in found if one.handling.held_until is not None]
    return {
        "items": [card_answer(comment) for comment in found],
        "until": rfc3339(min(ends)) if ends else None,
    }


def lease_answer(lease: Lease) -> dict[str, Any]:
    """A lease as it is answered."""
    return {"comment_id": lease.comment_id, "by": lease.holder, "until": rfc3339(lease.until)}


def profile_answer(
    profile: Profile, standing: Standing, comments: Sequence[Comment], batch_id: str | None = None
) -> dict[str, Any]:
    """An author as moderators see one."""
    approved, rejected = profile.counts["approved"], profile.counts["rejected"]
    suspended = standing is Standing.SUSPENDED and profile.record.until is not None
    return {
        "ref": profile.ref.removeprefix("id:"),
        "standing": standing.value,
        "until": rfc3339(profile.record.until or 0) if suspended else None,
        "given_by": profile.given_by,
        "given_at": None if profile.given_at is None else rfc3339(profile.given_at),
        "counts": profile.counts,
        "rejection_rate": round(rejected / (approved + rejected), 4) if approved + rejected else None,
        "first_seen": None if profile.first_seen is None else rfc3339(profile.first_seen),
        "notes": [_said(note) for note in profile.notes],
        "comments": [card_answer(comment) for comment in comments],
        "batch_id": batch_id,
    }


def act_answer(act: Act) -> dict[str, Any]:
    """An act of a person as it is answered."""
    subject = act.subject.removeprefix("id:") if act.subject and act.kind == "author" else act.subject
    return {
        "id": act.id,
        "at": rfc3339(act.at),
        "by": act.by,
        "act": act.act,
        "kind": act.kind,
        "subject": subject,
        "before": _state_answer(act.before),
        "after": _state_answer(act.after),
        "batch_id": act.batch,
    }


def _state_answer(state: dict[str, Any]) -> dict[str, Any]:
    """A state in the audit; what was not there is null, a suspension's end is a time."""
    answer = {name: None if value == "" else value for name, value in state.items()}
    if (until := answer.get("until")) is not None:
        answer["until"] = rfc3339(int(until))
    return answer


def reason_answer(reason: Reason) -> dict[str, Any]:
    """A reason as it is answered; ``spans`` only where there are any."""
    answer: dict[str, Any] = {"code": reason.code, "text": reason.text, "weight": reason.weight}
    if reason.spans:
        answer["spans"] = reason.spans
    return answer


def decision_answer(decision: dict[str, Any] | None) -> dict[str, Any] | None:
    """A decision as it is answered."""
    if decision is None:
        return None
    return {"reason": None, "note": None, **decision, "at": rfc3339(decision["at"])}


def queue_answer(state: QueueState) -> dict[str, Any]:
    """A queue's size and the age of its oldest comment, in seconds."""
    age = None if state.oldest_at is None else max(0, state.now - state.oldest_at) / 1000
    return {"count": state.count, "oldest_seconds": age}


def event_answer(event: Event) -> dict[str, Any]:
    """An event as it is answered."""
    return event.document()


def policy_answer(policy: Policy) -> dict[str, Any]:
    """A policy as it is answered."""
    return {name: getattr(policy, name) for name in PolicyBody.model_fields}


# --- webhooks ----------------------------------------------------------------------------------------


class WebhookAnswer(BaseModel):
    """A webhook, without its secret."""

    id: str
    site: str
    url: str
    events: list[str]
    description: str
    enabled: bool
    include: list[str]
    created_at: str
    disabled_reason: Literal["admin", "gone", "failing"] | None = Field(
        description="Why it is disabled: by an admin, because it answered 410, or after 5 days of nothing but failure."
    )
    disabled_at: str | None
    failing_since: str | None = Field(description="The first failure after the last success.")
    delivered_at: str | None = Field(description="The last success.")
    open: int = Field(description="Deliveries that wait for an attempt.")
    dead: int = Field(description="Deliveries that nobody attempts any more; replay them.")


class NewWebhookAnswer(WebhookAnswer):
    """A webhook with its new secret, shown once."""

    secret: str
    old_secret_until: str | None = Field(description="After a rotation: so long the old secret signs too.")


class WebhooksAnswer(BaseModel):
    """A site's webhooks, the oldest first; there is no further page."""

    items: list[WebhookAnswer]
    next: None


class DeliveryAnswer(BaseModel):
    """How the telling of one event stands."""

    id: str = Field(description="The event's place in the log.")
    message_id: str = Field(description="What stands in the header `webhook-id`.")
    type: str
    state: Literal["open", "delivered", "dead"]
    attempts: int
    created_at: str
    next_attempt_at: str | None
    attempted_at: str | None
    status: int | None = Field(description="Of the last answer, if one came.")
    error: str | None = Field(description="Why no answer came, as a sentence.")
    milliseconds: int | None = Field(description="How long the last attempt took.")


class DeliveriesAnswer(BaseModel):
    """Deliveries, the newest first, and the cursor to go on from."""

    items: list[DeliveryAnswer]
    next: str | None


class WebhookTestAnswer(BaseModel):
    """What a receiver said to a test."""

    delivered: bool
    status: int | None
    error: str | None
    milliseconds: int
    answer: str = Field(description="The first 1,024 bytes of the answer.")


class ReplayAnswer(BaseModel):
    """How many deliveries a replay made due."""

    replayed: int
    stopped_at: str | None = Field(
        description="Too many deliveries are open: replay the rest from here once they are gone. Null: all were made due."
    )


def webhook_answer(webhook: Webhook) -> dict[str, Any]:
    """A webhook as it is answered."""
    return {
        "id": webhook.id,
        "site": webhook.site,
        "url": webhook.url,
        "events": webhook.events,
        "description": webhook.description,
        "enabled": webhook.off is None,
        "include": webhook.include,
        "created_at": rfc3339(webhook.created_at),
        "disabled_reason": webhook.off,
        "disabled_at": _moment(webhook.off_at),
        "failing_since": _moment(webhook.failing_since),
        "delivered_at": _moment(webhook.delivered_at),
        "open": webhook.open,
        "dead": webhook.dead,
    }


def new_webhook_answer(webhook: Webhook, secret: str) -> dict[str, Any]:
    """A webhook with its new secret."""
    until = webhook.salts[1][1] if len(webhook.salts) > 1 else None
    return {**webhook_answer(webhook), "secret": secret, "old_secret_until": _moment(until)}


def delivery_answer(delivery: Delivery, message_id: str) -> dict[str, Any]:
    """A delivery as it is answered."""
    return {
        "id": delivery.id,
        "message_id": message_id,
        "type": delivery.type,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "created_at": rfc3339(delivery.made_at),
        "next_attempt_at": _moment(delivery.next_at),
        "attempted_at": _moment(delivery.attempted_at),
        "status": delivery.status,
        "error": delivery.error,
        "milliseconds": delivery.milliseconds,
    }


def replay_answer(count: int, stopped: int | None) -> dict[str, Any]:
    """What a replay did."""
    return {"replayed": count, "stopped_at": _moment(stopped)}


def _moment(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)


# --- sites, keys, and queues over several sites -----------------------------------------------------

SHOWN_ONCE: Final = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
}  # an answer that holds a key


class SiteAnswer(BaseModel):
    """A site that the key reaches."""

    site: str
    mode: Mode
    pending: int = Field(description="Comments that wait for a decision, counted.")


class SitesAnswer(BaseModel):
    """Sites by their slugs, and the cursor to go on from."""

    items: list[SiteAnswer]
    next: str | None


class NewSiteAnswer(BaseModel):
    """A site just made, with its keys, shown once."""

    site: str
    site_key: str
    moderator_key: str
    akismet_key: str


class MeAnswer(BaseModel):
    """Who the key belongs to."""

    id: str = Field(description="The key's id.")
    name: str
    role: Role
    sites: list[str] = Field(description="The slugs it reaches; `*` for all sites.")


class SessionAnswer(BaseModel):
    """Who is signed in."""

    name: str
    role: Role
    sites: list[str] = Field(description="The slugs it reaches; `*` for all sites.")
    csrf: str = Field(description="To be sent as `X-CSRF-Token` with every call of this session but GET.")


class KeyAnswer(BaseModel):
    """A key that reaches the site; never the key itself."""

    id: str
    site: str
    sites: list[str] = Field(description="Of its sites those that the caller reaches too.")
    reaches_more: bool = Field(
        description="Whether it reaches sites beyond the caller's, and is not theirs to end."
    )
    role: str
    name: str
    created_at: str


class KeysAnswer(BaseModel):
    """The keys that reach a site, the oldest first; there is no further page."""

    items: list[KeyAnswer]
    next: None


class NewKeyAnswer(BaseModel):
    """A key just made, shown once."""

    id: str
    key: str
    site: str
    sites: list[str] | None = Field(None, description="All of its sites, if there are several.")
    role: Role
    name: str


class SiteQueuesAnswer(BaseModel):
    """One site's queues."""

    site: str
    queues: dict[str, QueueAnswer]


class AllQueuesAnswer(BaseModel):
    """The queues of all sites together, and of each."""

    queues: dict[str, QueueAnswer]
    sites: list[SiteQueuesAnswer]


def site_answer(state: SiteState) -> dict[str, Any]:
    """A site in the list of sites."""
    return {"site": state.site, "mode": state.mode.value, "pending": state.pending}


def new_site_answer(site: str, keys: FirstKeys) -> dict[str, Any]:
    """A site just made; the command line prints the same."""
    return {"site": site, **dataclasses.asdict(keys)}


def me_answer(key: Key) -> dict[str, Any]:
    """Who calls."""
    return {"id": key.id, "name": key.name, "role": key.role.value, "sites": key.sites}


def session_answer(key: Key, csrf: str) -> dict[str, Any]:
    """Who is signed in."""
    return {"name": key.name, "role": key.role.value, "sites": key.sites, "csrf": csrf}


def key_answer(info: KeyInfo, site: str, reader: Key) -> dict[str, Any]:
    """A key of a site as its admin sees it: of other sites, which are none of theirs, no name comes through."""
    seen = [one for one in info.sites if reader.reaches(one)] or [site]
    return {
        "id": info.id,
        "site": site,
        "sites": seen,
        "reaches_more": len(seen) < len(info.sites) or (EVERY_SITE in info.sites and not reader.everywhere),
        "role": info.role,
        "name": info.name,
        "created_at": rfc3339(info.created_at),
    }


def new_key_answer(made: NewKey) -> dict[str, Any]:
    """A key just made; the command line prints the same. ``sites`` only where there are several."""
    several = {"sites": made.sites} if len(made.sites) > 1 else {}
    return {
        "id": made.id,
        "key": made.key,
        "site": made.sites[0],
        **several,
        "role": made.role,
        "name": made.name,
    }


def all_queues_answer(sites: Sequence[str], states: Sequence[Mapping[str, QueueState]]) -> dict[str, Any]:
    """Each site's queues and the totals; a total's age is that of the oldest comment of all."""
    each = [{name: queue_answer(state) for name, state in queues.items()} for queues in states]
    totals = {}
    for name in QUEUES:
        ages = [age for queues in each if (age := queues[name]["oldest_seconds"]) is not None]
        totals[name] = {
            "count": sum(queues[name]["count"] for queues in each),
            "oldest_seconds": max(ages, default=None),
        }
    named = [{"site": site, "queues": queues} for site, queues in zip(sites, each, strict=True)]
    return {"queues": totals, "sites": named}


# --- statistics ------------------------------------------------------------------------------------


class ShareAnswer(BaseModel):
    """``count`` of ``of``, and between which bounds the truth lies 19 times in 20."""

    count: int
    of: int
    share: float | None = Field(description="0..1; null if there is nothing to count.")
    low: float | None
    high: float | None


class HourAnswer(BaseModel):
    """What happened in some time, counted."""

    arrivals: int = Field(description="Comments that were judged for the first time, by whomever.")
    approved: int
    rejected: int
    held: int = Field(description="Comments that were put before a moderator.")
    by_model: int = Field(description="Approvals and rejections by the model alone.")
    by_rule: int = Field(description="The same by a rule of the site.")
    by_moderator: dict[str, int] = Field(description="The same by each moderator.")
    undone: int
    reports: int
    edits: int


class OneHourAnswer(HourAnswer):
    """One hour."""

    hour: str = Field(description="When it began.")


class ModeratorAnswer(BaseModel):
    """One moderator's work."""

    name: str
    decisions: int
    approved: int
    rejected: int
    hours_worked: int = Field(description="Hours of the clock with at least one decision.")
    decisions_per_hour: float | None = Field(description="Per hour worked.")
    agreement_with_score: ShareAnswer = Field(
        description="Decisions as the score has them: rejected from 0.5 on, approved below."
    )
    agreement_with_machine: ShareAnswer = Field(
        description="Decisions as model and rules had, or in shadow mode would have, decided; what they held is not counted."
    )
    overturned: int = Field(description="Decisions that a colleague undid or decided otherwise.")
    taken_back: int = Field(description="Decisions that the moderator undid.")
    median_seconds_to_decision: float | None = Field(
        description="From arrival to the first decision; right to 2.5 %."
    )


class BinAnswer(BaseModel):
    """A range of scores: of the comments on which a moderator's decision stands, how many are rejected."""

    least: float
    below: float
    rejected: ShareAnswer


class DecidedAnswer(BaseModel):
    """Who decided: of all approvals and rejections."""

    model: ShareAnswer
    rule: ShareAnswer
    moderators: ShareAnswer


class StatisticsAnswer(BaseModel):
    """A site's statistics, counted from its event log."""

    site: str
    begins_at: str = Field(description="When the first hour began; the last one is the hour of now.")
    ends_at: str
    log_begins_at: str | None = Field(
        description="The oldest event that is kept: of what was before, nothing is known."
    )
    total: HourAnswer
    decided: DecidedAnswer
    agreement_with_score: ShareAnswer = Field(
        description="Moderators' decisions that stand, against the score: rejected from 0.5 on, approved below."
    )
    agreement_with_machine: ShareAnswer
    median_seconds_to_decision: float | None
    queues: dict[str, QueueAnswer] = Field(description="`pending` and `reported` as they are now.")
    calibration: list[BinAnswer]
    moderators: list[ModeratorAnswer]
    per_hour: list[OneHourAnswer]


def share_answer(share: Share) -> dict[str, Any]:
    """A share as it is answered."""
    low, high = share.bounds or (None, None)
    rounded = [None if one is None else round(one, 6) for one in (share.share, low, high)]
    return {"count": share.count, "of": share.of, **dict(zip(("share", "low", "high"), rounded, strict=True))}


def statistics_answer(
    site: str, found: Report, now: int, log_begins_at: int | None, queues: dict[str, QueueState]
) -> dict[str, Any]:
    """A report as it is answered; ``now`` and ``log_begins_at`` are milliseconds."""
    total = found.total
    people = sum(total.by_moderator.values())
    decided = total.by_model + total.by_rule + people
    return {
        "site": site,
        "begins_at": rfc3339(found.hours[0].hour * HOUR_MS),
        "ends_at": rfc3339(now),
        "log_begins_at": None if log_begins_at is None else rfc3339(log_begins_at),
        "total": _hour_answer(total),
        "decided": {
            "model": share_answer(Share(total.by_model, decided)),
            "rule": share_answer(Share(total.by_rule, decided)),
            "moderators": share_answer(Share(people, decided)),
        },
        "agreement_with_score": share_answer(found.as_scored),
        "agreement_with_machine": share_answer(found.as_verdict),
        "median_seconds_to_decision": _seconds(found.median_wait),
        "queues": {name: queue_answer(queues[name]) for name in ("pending", "reported")},
        "calibration": [
            {"least": one.least, "below": one.below, "rejected": share_answer(one.rejected)}
            for one in found.calibration
        ],
        "moderators": [_moderator_answer(one) for one in found.moderators],
        "per_hour": [{"hour": rfc3339(one.hour * HOUR_MS), **_hour_answer(one)} for one in found.hours],
    }


def _hour_answer(hour: Hour) -> dict[str, Any]:
    return {name: getattr(hour, name) for name in HourAnswer.model_fields}


def _moderator_answer(one: Moderator) -> dict[str, Any]:
    return {
        "name": one.name,
        "decisions": one.decisions,
        "approved": one.approved,
        "rejected": one.rejected,
        "hours_worked": one.hours_worked,
        "decisions_per_hour": round(one.decisions / one.hours_worked, 2) if one.hours_worked else None,
        "agreement_with_score": share_answer(one.as_scored),
        "agreement_with_machine": share_answer(one.as_verdict),
        "overturned": one.overturned,
        "taken_back": one.taken_back,
        "median_seconds_to_decision": _seconds(one.median_wait),
    }


def _seconds(ms: float | None) -> float | None:
    return None if ms is None else round(ms / 1000, 3)


# --- preview ---------------------------------------------------------------------------------------


class JudgedAnswer(BaseModel):
    """How many comments, and on how many of them a moderator's decision stands."""

    comments: int
    approved_by_moderators: int
    rejected_by_moderators: int


class CostAnswer(BaseModel):
    """What becomes of the comments under a policy."""

    approved: JudgedAnswer
    held: JudgedAnswer
    rejected: JudgedAnswer
    against_moderators: int = Field(
        description="Approved though a moderator rejected, or rejected though one approved."
    )
    cards_per_day: float | None = Field(
        description="Comments held, a day; null if they span less than a day."
    )
    held_good_share: ShareAnswer = Field(
        description="Of the comments that moderators approved, those that are held."
    )
    good_rejected_share: ShareAnswer = Field(
        description="Of the comments that moderators approved, those that are rejected."
    )
    spam_published_share: ShareAnswer = Field(
        description="Of the comments that moderators rejected, for whatever reason, those that are approved."
    )
    wrong_approvals_share: ShareAnswer = Field(
        description="Of the approved comments with a moderator's decision, those that one rejected."
    )


class MoveAnswer(JudgedAnswer):
    """Comments that the changed policy treats otherwise."""

    before: Status = Field(description="Under the policy in force; `pending` is held.")
    after: Status = Field(description="Under the changed policy.")


class HistogramAnswer(BaseModel):
    """Spam scores in equal bins from 0 to 1, by what moderators said."""

    bins: int
    approved_by_moderators: list[int]
    rejected_by_moderators: list[int]
    undecided: list[int]
    unscored: int = Field(description="Comments without a score; a moderator has to decide them.")


class ColumnsAnswer(BaseModel):
    """One number for each threshold."""

    comments: list[int]
    approved_by_moderators: list[int]
    rejected_by_moderators: list[int]


class TableAnswer(BaseModel):
    """What each threshold costs in mode `auto`.

    With `approve_below` = `thresholds[i]` and `reject_above` = `thresholds[j]`, i < j: `approved` at i, `rejected` at j, and
    held is `total` less both.
    """

    thresholds: list[float]
    total: JudgedAnswer
    approved: ColumnsAnswer
    rejected: ColumnsAnswer


class ProposalAnswer(BaseModel):
    """Thresholds that meet the target, or why there are none."""

    met: bool
    sentence: str
    approve_below: float | None
    reject_above: float | None
    cost: CostAnswer | None


class ShadowAnswer(BaseModel):
    """What the machine would have done in shadow mode, beside what moderators said of those comments."""

    approved: JudgedAnswer
    held: JudgedAnswer
    rejected: JudgedAnswer


class FindingAnswer(ReasonAnswer):
    """What a rule finds, and what it asks for."""

    effect: Effect = Field(description="`hold` puts the comment before a moderator, `reject` refuses it.")


class PolicyTestAnswer(BaseModel):
    """What the rules find in a text, the strongest first."""

    findings: list[FindingAnswer]


class PreviewAnswer(BaseModel):
    """What a policy would have done with the comments of the last days, beside the one in force."""

    days: int
    reaches_back_to: str | None = Field(description="When the oldest comment came that was looked at.")
    sampled: bool = Field(description="There are more comments in this time than were looked at: the latest.")
    comments: int
    human_decisions: int = Field(description="On so many of them a moderator's decision stands.")
    in_force: CostAnswer
    changed: CostAnswer | None = Field(description="Null if no policy was sent.")
    moves: list[MoveAnswer]
    histogram: HistogramAnswer
    table: TableAnswer
    shadow: ShadowAnswer
    target: ProposalAnswer | None
    notes: list[str] = Field(description="What the figures cannot say, in sentences.")


def preview_answer(
    days: int,
    found: Summary,
    *,
    changed: bool,
    sampled: bool,
    proposal: Proposal | None,
    notes: Sequence[str],
) -> dict[str, Any]:
    """A replay as it is answered; ``changed``: a policy was sent."""
    table, bars = found.table, found.histogram
    return {
        "days": days,
        "reaches_back_to": None if found.oldest_at is None else rfc3339(found.oldest_at),
        "sampled": sampled,
        "comments": found.total.comments,
        "human_decisions": found.total.known,
        "in_force": _cost_answer(found.in_force),
        "changed": _cost_answer(found.changed) if changed else None,
        "moves": [
            {"before": move.before, "after": move.after, **_judged_answer(move.judged)}
            for move in found.moves
        ],
        "histogram": {
            "bins": len(bars.approved),
            "approved_by_moderators": bars.approved,
            "rejected_by_moderators": bars.rejected,
            "undecided": bars.undecided,
            "unscored": bars.unscored,
        },
        "table": {
            "thresholds": table.thresholds,
            "total": _judged_answer(table.total),
            "approved": _columns_answer(table.approved),
            "rejected": _columns_answer(table.rejected),
        },
        "shadow": {
            name: _judged_answer(found.shadow.get(status, Judged()))
            for name, status in (
                ("approved", Status.APPROVED),
                ("held", Status.PENDING),
                ("rejected", Status.REJECTED),
            )
        },
        "target": None if proposal is None else _proposal_answer(proposal),
        "notes": notes,
    }


def _judged_answer(judged: Judged) -> dict[str, int]:
    return {
        "comments": judged.comments,
        "approved_by_moderators": judged.good,
        "rejected_by_moderators": judged.bad,
    }


def _columns_answer(column: Sequence[Judged]) -> dict[str, list[int]]:
    return {
        "comments": [one.comments for one in column],
        "approved_by_moderators": [one.good for one in column],
        "rejected_by_moderators": [one.bad for one in column],
    }


def _cost_answer(cost: Cost) -> dict[str, Any]:
    cards = cost.cards_per_day
    return {
        "approved": _judged_answer(cost.approved),
        "held": _judged_answer(cost.held),
        "rejected": _judged_answer(cost.rejected),
        "against_moderators": cost.against,
        "cards_per_day": None if cards is None else round(cards, 2),
        "held_good_share": share_answer(cost.held_good),
        "good_rejected_share": share_answer(cost.good_rejected),
        "spam_published_share": share_answer(cost.bad_published),
        "wrong_approvals_share": share_answer(cost.wrong_approvals),
    }


def _proposal_answer(proposal: Proposal) -> dict[str, Any]:
    return {
        "met": proposal.met,
        "sentence": proposal.sentence,
        "approve_below": proposal.approve_below,
        "reject_above": proposal.reject_above,
        "cost": None if proposal.cost is None else _cost_answer(proposal.cost),
    }


# --- Coral -----------------------------------------------------------------------------------------


class CoralAnswer(BaseModel):
    """Which Coral is the site's own."""

    signing_secrets: int = Field(description="How many are known.")
    graphql_url: str | None
    hold: bool
