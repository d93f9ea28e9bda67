"""What answers look like: the types for the OpenAPI document, and the dicts that are written without a second validation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

from pydantic import BaseModel, Field

from moderation.domain.comment import Comment, Reason, RejectReason, Status
from moderation.domain.policy import Policy
from moderation.domain.replay import Cost, Judged, Proposal, Summary
from moderation.domain.shares import Share
from moderation.domain.statistics import HOUR_MS, Hour, Moderator, Report
from moderation.store import Event, QueueState
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

    items: list[CommentAnswer]
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


def rfc3339(ms: int) -> str:
    """Milliseconds since the epoch as RFC 3339 UTC."""
    return f"{_second(ms // 1000)}.{ms % 1000:03d}Z"


@lru_cache(maxsize=1024)  # comments of a moment share their second
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def comment_answer(comment: Comment) -> dict[str, Any]:
    """A comment as it is answered."""
    draft = comment.draft
    author, article = draft.author, draft.article
    return {
        "id": draft.id,
        "site": comment.site,
        "text": draft.text,
        "author": {"id": author.id, "name": author.name, "url": author.url, "user_agent": author.user_agent},
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
