"""Statistics of a site, counted from its event log: each event adds to the tally of its hour, tallies add up, sums are read.

Pure. A tally is a bag of counters, so hours can be merged in any order and grouping; nothing but the events is needed,
because an event carries what it changes (whose decision it takes back, how long the comment waited, its score).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from moderation.domain.comment import Status
from moderation.domain.decision import By
from moderation.domain.shares import Share

Key = tuple[str | int, ...]
Tally = Counter[Key]

HOUR_MS: Final = 3_600_000
BINS: Final = 10  # of the calibration table
SPAM_FROM: Final = 0.5  # from this score on the model says "spam"; it lies between two bins
_STEP: Final = math.log(1.05)  # waiting times are kept in steps of 5 %: a median is right to 2.5 %

_DECIDED: Final = frozenset({"comment.approved", "comment.rejected", "comment.pending"})
_FINAL: Final = (Status.APPROVED.value, Status.REJECTED.value)
_SIMPLE: Final = {"comment.reported": "reports", "comment.edited": "edits", "comment.undone": "undone"}


class Happening(Protocol):
    """An event of the log, as far as it is counted."""

    @property
    def type(self) -> str:
        """``comment.approved``, …"""

    @property
    def sequence(self) -> int:
        """The how-manieth change of its comment, from 1."""

    @property
    def at(self) -> int:
        """When (ms)."""

    @property
    def data(self) -> dict[str, Any]:
        """``status``, ``previous_status``, and what the kind of event brings."""


# --- events to tallies -----------------------------------------------------------------------------


def hour_of(at: int) -> int:
    """The hour in which a moment lies, counted since the epoch."""
    return at // HOUR_MS


def count(events: Iterable[Happening], hours: dict[int, Tally]) -> None:
    """Adds events to the tallies of their hours."""
    for event in events:
        _count(event, hours.setdefault(hour_of(event.at), Counter()))


def merged(tallies: Iterable[Tally]) -> Tally:
    """The sum of tallies."""
    total: Tally = Counter()
    for tally in tallies:
        total.update(tally)
    return total


def _count(event: Happening, tally: Tally) -> None:
    data = event.data
    before, after = data.get("previous_status"), data.get("status")
    if before is None or after is None:  # it happened to no comment
        return
    if event.type in _SIMPLE:
        tally[_SIMPLE[event.type],] += 1
    if event.type == "comment.undone":
        _undone(data, before, after, tally)
    elif event.type == "comment.scored":  # a human was quicker than the model: now the pair is known
        _stand(data, after, 1, tally)
    elif event.type in _DECIDED:
        if before == Status.QUEUED and (event.sequence == 1 or data.get("first")):
            tally["arrivals",] += 1
        tally["decided", data["kind"], after] += 1
        if data["kind"] == By.MODERATOR:
            _moderated(data, before, after, tally)


def _moderated(data: Mapping[str, Any], before: str, after: str, tally: Tally) -> None:
    name, over = data["by"], data.get("over")
    tally["moderator", name, after] += 1
    score, verdict, waited = data.get("score"), data.get("verdict"), data.get("waited")
    if score is not None:
        tally["moderator", name, "scored"] += 1
        tally["moderator", name, "as_scored"] += (score >= SPAM_FROM) == (after == Status.REJECTED)
    if verdict in _FINAL:
        tally["moderator", name, "verdicts"] += 1
        tally["moderator", name, "as_verdict"] += verdict == after
    if over is not None:
        if over != name:
            tally["moderator", over, "overturned"] += 1
        _stand(data, before, -1, tally)
    elif waited is not None and before in {Status.QUEUED, Status.PENDING}:
        tally["moderator", name, "waited", _step_of(waited)] += 1
    _stand(data, after, 1, tally)


def _undone(data: Mapping[str, Any], before: str, after: str, tally: Tally) -> None:
    whose = data.get("undid")
    if whose is None:  # told by an older version, which did not say
        return
    tally["moderator", whose, "taken_back" if whose == data["by"] else "overturned"] += 1
    _stand(data, before, -1, tally)
    if data.get("restored") is not None:
        _stand(data, after, 1, tally)


def _stand(data: Mapping[str, Any], status: str, change: int, tally: Tally) -> None:
    """A moderator's decision on a scored comment comes to stand, or stands no more."""
    score = data.get("score")
    if score is not None and status in _FINAL:
        tally["score", min(BINS - 1, int(score * BINS)), status] += change


def _step_of(waited: int) -> int:
    return int(math.log(max(1, waited)) / _STEP)


# --- tallies to what is read -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour: ``hour`` since the epoch, how much of what; ``by_moderator``: decisions by name."""

    hour: int
    arrivals: int
    approved: int
    rejected: int
    held: int
    by_model: int
    by_rule: int
    by_moderator: dict[str, int]
    undone: int
    reports: int
    edits: int


@dataclass(frozen=True, slots=True)
class Moderator:
    """One moderator's work. Times are milliseconds; None where nothing was counted."""

    name: str
    approved: int
    rejected: int
    hours_worked: int
    as_scored: Share
    as_verdict: Share
    overturned: int
    taken_back: int
    median_wait: float | None

    @property
    def decisions(self) -> int:
        """All decisions, also those that stand no more."""
        return self.approved + self.rejected


@dataclass(frozen=True, slots=True)
class Bin:
    """Of the comments of a range of scores on which a moderator's decision stands: how many are rejected."""

    least: float
    below: float
    rejected: Share


@dataclass(frozen=True, slots=True)
class Report:
    """A site's statistics over some hours."""

    total: Hour
    hours: tuple[Hour, ...]
    moderators: tuple[Moderator, ...]
    calibration: tuple[Bin, ...]
    as_scored: Share
    as_verdict: Share
    median_wait: float | None


def report(hours: Mapping[int, Tally], first: int, last: int) -> Report:
    """The statistics of the hours from ``first`` to ``last``, both included; hours without events are zeros."""
    wanted = {hour: hours.get(hour, _NOTHING) for hour in range(first, last + 1)}
    total = merged(wanted.values())
    moderators = tuple(_moderator(name, total, wanted) for name in sorted(_names(total)))
    calibration = tuple(_bin(number, total) for number in range(BINS))
    return Report(
        _hour(first, total),
        tuple(_hour(hour, tally) for hour, tally in wanted.items()),
        moderators,
        calibration,
        _agreement(calibration),
        Share(
            sum(one.as_verdict.count for one in moderators),
            sum(one.as_verdict.of for one in moderators),
        ),
        _median(_waits(total, None)),
    )


_NOTHING: Final[Tally] = Counter()


def _names(tally: Tally) -> set[str]:
    return {str(key[1]) for key in tally if key[0] == "moderator"}


def _hour(hour: int, tally: Tally) -> Hour:
    decided: Counter[tuple[str, str]] = Counter()
    people: Counter[str] = Counter()
    for key, number in tally.items():
        if key[0] == "decided":
            decided[str(key[1]), str(key[2])] += number
        elif key[0] == "moderator" and key[2] in _FINAL:
            people[str(key[1])] += number
    return Hour(
        hour=hour,
        arrivals=tally["arrivals",],
        approved=sum(number for (_, status), number in decided.items() if status == Status.APPROVED),
        rejected=sum(number for (_, status), number in decided.items() if status == Status.REJECTED),
        held=sum(number for (_, status), number in decided.items() if status == Status.PENDING),
        by_model=sum(decided[By.MODEL.value, status] for status in _FINAL),
        by_rule=sum(decided[By.RULE.value, status] for status in _FINAL),
        by_moderator=dict(sorted(people.items())),
        undone=tally["undone",],
        reports=tally["reports",],
        edits=tally["edits",],
    )


def _moderator(name: str, total: Tally, hours: Mapping[int, Tally]) -> Moderator:
    def of(what: str) -> int:
        return total["moderator", name, what]

    return Moderator(
        name=name,
        approved=of(Status.APPROVED.value),
        rejected=of(Status.REJECTED.value),
        hours_worked=sum(
            any(tally["moderator", name, status] for status in _FINAL) for tally in hours.values()
        ),
        as_scored=Share(of("as_scored"), of("scored")),
        as_verdict=Share(of("as_verdict"), of("verdicts")),
        overturned=of("overturned"),
        taken_back=of("taken_back"),
        median_wait=_median(_waits(total, name)),
    )


def _bin(number: int, total: Tally) -> Bin:
    # A decision of before these hours that was taken back in them would count below nothing.
    approved, rejected = (max(0, total["score", number, status]) for status in _FINAL)
    return Bin(number / BINS, (number + 1) / BINS, Share(rejected, approved + rejected))


def _agreement(calibration: Iterable[Bin]) -> Share:
    agreed = known = 0
    for one in calibration:
        known += one.rejected.of
        says_spam = one.least >= SPAM_FROM
        agreed += one.rejected.count if says_spam else one.rejected.of - one.rejected.count
    return Share(agreed, known)


def _waits(total: Tally, name: str | None) -> Counter[int]:
    waits: Counter[int] = Counter()
    for key, number in total.items():
        if len(key) == 4 and key[2] == "waited" and name in {None, key[1]}:
            waits[int(key[3])] += number
    return waits


def _median(steps: Mapping[int, int]) -> float | None:
    """The median of waiting times in steps, as the geometric middle of its step (ms)."""
    left = sum(steps.values()) / 2
    for step in sorted(steps):
        left -= steps[step]
        if left <= 0:
            return math.exp((step + 0.5) * _STEP)
    return None
