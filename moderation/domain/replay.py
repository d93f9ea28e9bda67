"""Replay: comments of the past under another policy, beside what moderators said of them; and thresholds for a target.

Pure: rows in, figures out. Only what a moderator decided is known to be good or bad, so every share names what it is of;
where too little is known there is a sentence and no figure.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from moderation.domain.comment import Comment, Status
from moderation.domain.decision import By
from moderation.domain.policy import Effect, Mode, Policy
from moderation.domain.shares import Share

DAY_MS: Final = 86_400_000
BINS: Final = 50  # of the histogram of scores
# Every hundredth, and finer where most comments and most spam lie.
THRESHOLDS: Final = tuple(
    number / 1000 for number in sorted({*range(0, 1001, 10), *range(1, 10), *range(991, 1000)})
)

# What has to be known before a threshold is named. To see that a share is at most s, 3/s cases are needed: if it were
# larger, that many would show one with 95 % probability (the rule of three).
LEAST_GOOD: Final = 100
LEAST_BAD: Final = 30
LEAST_DAYS: Final = 7.0  # comments have a rhythm of weeks
# A target must not be met by rejecting what is likelier good, or by publishing what is likelier spam.
MIDDLE: Final = 0.5
KNOWN_WELL: Final = 0.9  # below this share of comments with a moderator's decision the answer warns

_FINAL: Final = (Status.APPROVED, Status.REJECTED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a policy makes of a comment: its status, and the strongest thing that a rule asks for."""

    status: Status
    rule: Effect | None


@dataclass(frozen=True, slots=True)
class Row:
    """A comment of the past. ``human``: the standing decision of a moderator, approved or rejected, None if there is none;
    ``would_be``: what shadow mode recorded; ``changed`` equals ``in_force`` where nothing was changed.
    """

    at: int
    spam: float | None
    human: Status | None
    would_be: Status | None
    in_force: Verdict
    changed: Verdict


def human_of(comment: Comment) -> Status | None:
    """What the moderator's decision that stands says; None if none stands."""
    decision = comment.decision
    if decision is None or decision["kind"] != By.MODERATOR or comment.status not in _FINAL:
        return None
    return comment.status


def would_be_of(comment: Comment) -> Status | None:
    """What shadow mode recorded of the text as it stands; None if nothing."""
    for line in reversed(comment.history):
        if line["what"] in {"edited", "requeued"}:
            return None
        if "would_be" in line:
            return Status(line["would_be"])
    return None


# --- how many, and what it costs -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """How many comments, and how many of them moderators approved (``good``) or rejected (``bad``)."""

    comments: int = 0
    good: int = 0
    bad: int = 0

    @property
    def known(self) -> int:
        """On how many a moderator's decision stands."""
        return self.good + self.bad

    def __add__(self, other: Judged) -> Judged:
        return Judged(self.comments + other.comments, self.good + other.good, self.bad + other.bad)

    def __sub__(self, other: Judged) -> Judged:
        return Judged(self.comments - other.comments, self.good - other.good, self.bad - other.bad)


@dataclass(frozen=True, slots=True)
class Cost:
    """What becomes of the comments. ``days`` is the time that they span; None if it is too short to divide by."""

    approved: Judged
    held: Judged
    rejected: Judged
    days: float | None

    @property
    def total(self) -> Judged:
        """All of them."""
        return self.approved + self.held + self.rejected

    @property
    def against(self) -> int:
        """Decisions against a moderator's."""
        return self.approved.bad + self.rejected.good

    @property
    def cards_per_day(self) -> float | None:
        """Comments a day that wait for a moderator."""
        return None if self.days is None else self.held.comments / self.days

    @property
    def held_good(self) -> Share:
        """Of the good, those that have to wait."""
        return Share(self.held.good, self.total.good)

    @property
    def good_rejected(self) -> Share:
        """Of the good, those that are lost."""
        return Share(self.rejected.good, self.total.good)

    @property
    def bad_published(self) -> Share:
        """Of the bad, those that readers see."""
        return Share(self.approved.bad, self.total.bad)

    @property
    def wrong_approvals(self) -> Share:
        """Of what is published by itself, the bad."""
        return Share(self.approved.bad, self.approved.known)


@dataclass(frozen=True, slots=True)
class Table:
    """For each of ``thresholds``: what would be approved if it were ``approve_below``, rejected if it were ``reject_above``.

    The two are independent as long as ``approve_below < reject_above``: what is neither is held.
    """

    thresholds: tuple[float, ...]
    total: Judged
    approved: tuple[Judged, ...]
    rejected: tuple[Judged, ...]

    def cost(self, approve: int, reject: int, days: float | None) -> Cost:
        """The cost of two thresholds by their places, ``approve < reject``."""
        approved, rejected = self.approved[approve], self.rejected[reject]
        return Cost(approved, self.total - approved - rejected, rejected, days)


@dataclass(frozen=True, slots=True)
class Move:
    """Comments that the changed policy treats otherwise."""

    before: Status
    after: Status
    judged: Judged


@dataclass(frozen=True, slots=True)
class Histogram:
    """Scores in ``BINS`` equal bins, by what moderators said; ``unscored`` have none."""

    approved: tuple[int, ...]
    rejected: tuple[int, ...]
    undecided: tuple[int, ...]
    unscored: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What a replay shows. ``shadow`` maps what the machine would have done to what moderators said of those comments."""

    oldest_at: int | None
    in_force: Cost
    changed: Cost
    moves: tuple[Move, ...]
    histogram: Histogram
    table: Table
    shadow: dict[Status, Judged]

    @property
    def total(self) -> Judged:
        """All comments that were replayed."""
        return self.table.total


def summary(rows: Sequence[Row], now: int, days: int, changed: Policy) -> Summary:
    """The figures over comments of at most ``days`` before ``now`` (ms); ``changed``: the policy of ``Row.changed``."""
    oldest = min((row.at for row in rows), default=None)
    span = None if oldest is None else min(float(days), (now - oldest) / DAY_MS)
    if span is not None and span < 1:
        span = None  # a rate a day out of a few hours would be made up
    moved: dict[tuple[Status, Status], list[Row]] = {}
    shadow: dict[Status, list[Row]] = {}
    for row in rows:
        if row.in_force.status != row.changed.status:
            moved.setdefault((row.in_force.status, row.changed.status), []).append(row)
        if row.would_be is not None:
            shadow.setdefault(row.would_be, []).append(row)
    return Summary(
        oldest_at=oldest,
        in_force=_cost([(row, row.in_force.status) for row in rows], span),
        changed=_cost([(row, row.changed.status) for row in rows], span),
        moves=tuple(Move(before, after, _judged(some)) for (before, after), some in sorted(moved.items())),
        histogram=_histogram(rows),
        table=table(rows, changed),
        shadow={status: _judged(some) for status, some in shadow.items()},
    )


def _judged(rows: Iterable[Row]) -> Judged:
    said = Counter(row.human for row in rows)
    return Judged(said.total(), said[Status.APPROVED], said[Status.REJECTED])


def _cost(rows: Sequence[tuple[Row, Status]], days: float | None) -> Cost:
    approved, held, rejected = (
        _judged(row for row, status in rows if status == wanted)
        for wanted in (Status.APPROVED, Status.PENDING, Status.REJECTED)
    )
    return Cost(approved, held, rejected, days)


def _histogram(rows: Sequence[Row]) -> Histogram:
    counts: Counter[tuple[Status | None, int]] = Counter()
    unscored = 0
    for row in rows:
        if row.spam is None:
            unscored += 1
        else:
            counts[row.human, min(BINS - 1, int(row.spam * BINS))] += 1
    approved, rejected, undecided = (
        tuple(counts[said, number] for number in range(BINS))
        for said in (Status.APPROVED, Status.REJECTED, None)
    )
    return Histogram(approved, rejected, undecided, unscored)


def table(rows: Sequence[Row], changed: Policy) -> Table:
    """What each threshold, the policy's own among them, would do in mode ``auto`` with the rules of the changed policy."""
    thresholds = tuple(sorted({*THRESHOLDS, changed.approve_below, changed.reject_above}))
    refused = _judged(row for row in rows if row.changed.rule is Effect.REJECT)
    scored = [row for row in rows if row.changed.rule is not Effect.REJECT and row.spam is not None]
    free = _Scores([row for row in scored if row.changed.rule is None])
    all_ = _Scores(scored)
    return Table(
        thresholds,
        _judged(rows),
        tuple(free.up_to(threshold) for threshold in thresholds),
        tuple(refused + all_.from_(threshold) for threshold in thresholds),
    )


class _Scores:
    """Sorted scores of all, good and bad comments, to count on either side of a threshold."""

    def __init__(self, rows: Sequence[Row]) -> None:
        pairs = [(row.spam, row.human) for row in rows if row.spam is not None]
        self._lists = (
            sorted(spam for spam, _ in pairs),
            sorted(spam for spam, human in pairs if human is Status.APPROVED),
            sorted(spam for spam, human in pairs if human is Status.REJECTED),
        )

    def up_to(self, threshold: float) -> Judged:
        return Judged(*(bisect_right(scores, threshold) for scores in self._lists))

    def from_(self, threshold: float) -> Judged:
        return Judged(*(len(scores) - bisect_left(scores, threshold) for scores in self._lists))


# --- thresholds for a target -----------------------------------------------------------------------


class Goal(StrEnum):
    """What an editor can ask for, in the newsroom's terms."""

    HELD_GOOD_SHARE = "held_good_share"  # of good comments, at most this share waits
    CARDS_PER_DAY = "cards_per_day"  # at most so many comments a day wait
    WRONG_APPROVALS_SHARE = (
        "wrong_approvals_share"  # of what is published by itself, at most this share is bad
    )


@dataclass(frozen=True, slots=True)
class Target:
    """A goal and its bound."""

    goal: Goal
    bound: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """Thresholds for a target and their cost; or None, and a sentence that says why there are none."""

    sentence: str
    approve_below: float | None = None
    reject_above: float | None = None
    cost: Cost | None = None

    @property
    def met(self) -> bool:
        """Whether there are thresholds that meet the target."""
        return self.cost is not None


def propose(found: Summary, target: Target, policy: Policy) -> Proposal:
    """The thresholds of mode ``auto`` that meet the target with the fewest decisions against moderators' own.

    Both kinds of error weigh the same, ``approve_below`` is at most ``MIDDLE`` and ``reject_above`` at least; among equals,
    those with the fewest comments held. ``policy``: the one of ``Row.changed``. For ``wrong_approvals_share``, ``reject_above`` stays as the policy has it,
    and ``approve_below`` is the highest that meets the target.
    """
    lacking = _lacking(found, target)
    if lacking is not None:
        return Proposal(lacking)
    if target.goal is Goal.WRONG_APPROVALS_SHARE:
        return _widest_approval(found, target, policy)
    return _fewest_errors(found, target)


def _needed(target: Target) -> int:
    return max(LEAST_GOOD, math.ceil(3 / target.bound - 1e-9))


def _lacking(found: Summary, target: Target) -> str | None:
    """The sentence that says what is missing; None if enough is known."""
    good, bad, days = found.total.good, found.total.bad, found.changed.days or 0.0
    least = LEAST_GOOD if target.goal is Goal.CARDS_PER_DAY else _needed(target)
    if good < least or bad < LEAST_BAD:
        return (
            f"Too little is known for this target: it takes {least:,} comments that a moderator approved and {LEAST_BAD} "
            f"that one rejected, and in this time there are {good:,} and {bad:,}. Let moderators decide more comments "
            "(mode `shadow` gives them all), or ask for more days."
        )
    if target.goal is Goal.CARDS_PER_DAY and days < LEAST_DAYS:
        return (
            f"Too little is known for this target: a figure a day takes the comments of {LEAST_DAYS:g} days, "
            f"and those that were read span {days:.1f}."
        )
    return None


def _fewest_errors(found: Summary, target: Target) -> Proposal:
    best: tuple[int, int, int, int] | None = None
    least = math.inf
    thresholds = found.table.thresholds
    uppers = range(bisect_left(thresholds, MIDDLE), len(thresholds))
    lowers = range(bisect_right(thresholds, MIDDLE))
    for reject in uppers:
        for approve in lowers[:reject]:
            cost = found.table.cost(approve, reject, found.changed.days)
            reached = _reached(cost, target.goal)
            least = min(least, reached)
            if reached <= target.bound:
                rank = (cost.against, cost.held.comments, approve, reject)
                best = rank if best is None else min(best, rank)
    if best is None:
        what = (
            f"{least:.1%} of the comments that moderators approved would be held"
            if target.goal is Goal.HELD_GOOD_SHARE
            else f"{least:.1f} comments a day would be held"
        )
        return Proposal(
            f"No thresholds meet this target: even the closest ones leave more, {what}, because rules of the site hold them "
            "or they have no score. Change the rules, or allow more."
        )
    return _proposal(found, best[2], best[3], target)


def _widest_approval(found: Summary, target: Target, policy: Policy) -> Proposal:
    reject = found.table.thresholds.index(policy.reject_above)
    for approve in range(reject - 1, -1, -1):
        share = found.table.cost(approve, reject, None).wrong_approvals
        if share.of >= _needed(target) and share.count <= target.bound * share.of:
            return _proposal(found, approve, reject, target)
    return Proposal(
        f"No threshold meets this target: wherever at least {_needed(target):,} comments with a moderator's decision would be "
        "approved, more of them were rejected by moderators. Allow a larger share, or let rules hold what is wrongly approved."
    )


def _reached(cost: Cost, goal: Goal) -> float:
    if goal is Goal.HELD_GOOD_SHARE:
        return cost.held.good / cost.total.good
    assert cost.cards_per_day is not None, "asked only where the days suffice"
    return cost.cards_per_day


def _proposal(found: Summary, approve: int, reject: int, target: Target) -> Proposal:
    cost = found.table.cost(approve, reject, found.changed.days)
    approve_below, reject_above = found.table.thresholds[approve], found.table.thresholds[reject]
    shares = {
        Goal.HELD_GOOD_SHARE: (cost.held_good, "the comments that moderators approved would be held"),
        Goal.WRONG_APPROVALS_SHARE: (cost.wrong_approvals, "the approvals would be wrong"),
    }
    if target.goal in shares:
        share, what = shares[target.goal]
        high = share.bounds[1] if share.bounds else 1.0
        reached = (
            f"{share.share or 0:.1%} of {what} ({share.count:,} of {share.of:,}; it may be up to {high:.1%})"
        )
    else:
        reached = f"{cost.cards_per_day:.1f} comments a day would be held"
    return Proposal(
        f"In mode `auto`, with approve_below {approve_below:g} and reject_above {reject_above:g}, {reached}.",
        approve_below,
        reject_above,
        cost,
    )


# --- what an editor has to know beside the figures --------------------------------------------------


def notes(
    found: Summary, policy: Policy, *, sampled: bool, bare: int, unknowable: Sequence[str]
) -> tuple[str, ...]:
    """Sentences on what the figures cannot say.

    ``bare``: comments that were left out because their text is not kept; ``unknowable``: changed settings whose effect depends
    on the moment in which a comment came.
    """
    total = found.total
    said: list[str] = []
    if total.known < total.comments * KNOWN_WELL:
        said.append(
            f"A moderator's decision stands on {total.known:,} of {total.comments:,} comments ({total.known / total.comments:.0%}), "
            "mostly on those that the policy of their time held: shares of approved and rejected comments speak of these "
            "alone. In mode `shadow` moderators decide all, and the shares speak of all."
        )
    if sampled:
        said.append("There are more comments in this time than are read at once: only the latest were.")
    if found.changed.days is None and total.comments:
        said.append("The comments span less than a day, so there is no figure a day.")
    if policy.mode is not Mode.AUTO:
        said.append(
            f"The policy's mode is `{policy.mode.value}`: the counts follow it, but the table and the thresholds are those of mode `auto`."
        )
    if unknowable:
        said.append(
            f"What depends on the moment in which a comment came is taken from its record, so the change of {', '.join(unknowable)} "
            "shows only where the rule was switched off."
        )
    if bare:
        said.append(f"{bare:,} comments were left out because their text is no longer kept.")
    return tuple(said)
