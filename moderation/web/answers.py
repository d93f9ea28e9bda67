"""What answers look like: the types for the OpenAPI document, and the dicts that are written without a second validation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from moderation.domain.author import Standing
from moderation.domain.comment import Comment, Reason, RejectReason, Status
from moderation.domain.policy import Mode, Policy
from moderation.domain.times import rfc3339
from moderation.store import (
    EVERY_SITE,
    Act,
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
    sequence: int = Field(description="Counts the changes of its comment.")
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
            "ref": author.handle,
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
        "before": act.before,
        "after": act.after,
        "batch_id": act.batch,
    }


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
    return {
        "id": event.id,
        "type": event.type,
        "timestamp": rfc3339(event.at),
        "sequence": event.sequence,
        "data": {"site": event.site, "comment_id": event.comment_id, **event.data},
    }


def policy_answer(policy: Policy) -> dict[str, Any]:
    """A policy as it is answered."""
    return {name: getattr(policy, name) for name in PolicyBody.model_fields}


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
