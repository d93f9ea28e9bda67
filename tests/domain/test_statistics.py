"""Events in, tallies out: they add up in any order and grouping, and say what a careful reader of the log would say."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from moderation.domain.shares import Share
from moderation.domain.statistics import HOUR_MS, Report, Tally, count, merged, report


@dataclass
class Happened:
    type: str
    data: dict[str, Any]
    sequence: int = 1
    at: int = 0


@dataclass
class Desk:
    """Makes the events of decisions, as the scripts tell them."""

    events: list[Happened] = field(default_factory=list)

    def machine(self, status: str, kind: str = "model", at: int = 0, **data: Any) -> None:
        self._tell(f"comment.{status}", "queued", status, at, by=kind, kind=kind, **data)

    def person(self, name: str, status: str, at: int = 0, before: str = "pending", **data: Any) -> None:
        self._tell(f"comment.{status}", before, status, at, by=name, kind="moderator", **data)

    def undo(self, name: str, before: str, after: str, at: int = 0, **data: Any) -> None:
        self._tell("comment.undone", before, after, at, by=name, kind="moderator", **data)

    def _tell(self, type: str, before: str, after: str, at: int, **data: Any) -> None:
        sequence = 1 if before == "queued" else 2
        self.events.append(Happened(type, {**data, "previous_status": before, "status": after}, sequence, at))

    def report(self, hours: int = 1) -> Report:
        found: dict[int, Tally] = {}
        count(self.events, found)
        return report(found, 0, hours - 1)


def test_who_decided_is_told_apart_from_who_only_held() -> None:
    desk = Desk()
    desk.machine("approved")
    desk.machine("rejected", "rule")
    desk.machine("pending", "rule")
    desk.person("ann", "rejected", waited=1000)
    total = desk.report().total
    assert (total.arrivals, total.by_model, total.by_rule, total.held) == (3, 1, 1, 1)
    assert (total.by_moderator, total.approved, total.rejected) == ({"ann": 1}, 1, 2)


def test_a_moderator_worked_in_the_hours_with_a_decision() -> None:
    desk = Desk()
    for at in (0, 10, HOUR_MS * 3):
        desk.person("ann", "approved", at)
    found = desk.report(4)
    assert (found.moderators[0].decisions, found.moderators[0].hours_worked) == (3, 2)
    assert [one.by_moderator.get("ann", 0) for one in found.hours] == [2, 0, 0, 1]


@pytest.mark.parametrize(
    ("score", "status", "agrees"),
    [
        (0.5, "rejected", 1),
        (0.49, "approved", 1),
        (0.49, "rejected", 0),
        (0.5, "approved", 0),
        (1.0, "rejected", 1),
        (0.0, "approved", 1),
    ],
)
def test_agreement_with_the_score(score: float, status: str, agrees: int) -> None:
    desk = Desk()
    desk.person("ann", status, score=score)
    found = desk.report()
    assert found.as_scored == found.moderators[0].as_scored == Share(agrees, 1)


def test_agreement_with_the_machine_leaves_out_what_it_held() -> None:
    desk = Desk()
    for verdict in ("approved", "rejected", "pending", None):
        desk.person("ann", "rejected", verdict=verdict)
    assert desk.report().as_verdict == Share(1, 2)


def test_an_overruled_decision_counts_for_its_maker_and_stands_no_more() -> None:
    desk = Desk()
    desk.person("ann", "approved", score=0.9, waited=5000)
    desk.person("bob", "rejected", score=0.9, before="approved", over="ann", waited=90_000)
    found = desk.report()
    ann, bob = found.moderators
    assert (ann.overturned, ann.taken_back, bob.overturned) == (1, 0, 0)
    assert found.calibration[9].rejected == Share(1, 1)
    assert bob.median_wait is None, "a second look is no card that waited"


def test_to_take_back_ones_own_is_not_to_be_overturned() -> None:
    desk = Desk()
    desk.person("ann", "approved", score=0.2)
    desk.undo("ann", "approved", "pending", undid="ann", score=0.2)
    found = desk.report()
    assert (found.moderators[0].taken_back, found.moderators[0].overturned, found.total.undone) == (1, 0, 1)
    assert found.calibration[2].rejected == Share(0, 0)


def test_an_undo_brings_the_decision_before_it_back() -> None:
    desk = Desk()
    desk.person("ann", "approved", score=0.2)
    desk.person("bob", "rejected", score=0.2, before="approved", over="ann")
    desk.undo("ann", "rejected", "approved", undid="bob", restored="ann", score=0.2)
    found = desk.report()
    assert found.calibration[2].rejected == Share(0, 1)
    assert {one.name: one.overturned for one in found.moderators} == {"ann": 1, "bob": 1}


def test_a_score_that_came_after_the_decision_counts() -> None:
    desk = Desk()
    desk.person("ann", "rejected", before="queued")
    desk.events.append(
        Happened("comment.scored", {"score": 0.71, "previous_status": "rejected", "status": "rejected"})
    )
    assert desk.report().calibration[7].rejected == Share(1, 1)


def test_a_taken_back_decision_of_before_the_window_is_not_less_than_nothing() -> None:
    desk = Desk()
    desk.undo("ann", "approved", "pending", undid="bob", score=0.2)
    found = desk.report()
    assert found.calibration[2].rejected == Share(0, 0)
    assert found.moderators[0].decisions == 0


def test_arrivals_are_counted_once() -> None:
    judged = {"previous_status": "queued", "status": "approved", "kind": "model", "by": "model"}
    events = [
        Happened("comment.approved", judged, 1),
        Happened("comment.approved", judged, 3),  # judged again after an edit
        Happened("comment.approved", {**judged, "first": True}, 2),  # reported or edited while it waited
        Happened("comment.erased", {"previous_status": "queued", "status": "erased", "by": "site"}, 1),
    ]
    found: dict[int, Tally] = {}
    count(events, found)
    assert report(found, 0, 0).total.arrivals == 2


@pytest.mark.parametrize("seed", range(5))
def test_the_median_is_right_to_three_percent(seed: int) -> None:
    chance, desk = random.Random(seed), Desk()
    waits = sorted(int(math.exp(chance.uniform(0, 20))) for _ in range(301))
    for waited in waits:
        desk.person("ann", "approved", waited=waited)
    found = desk.report().median_wait
    assert found is not None
    assert found == pytest.approx(waits[150], rel=0.03)


def test_an_event_of_an_older_version_or_of_a_newer_kind_spoils_nothing() -> None:
    desk = Desk()
    desk.person("ann", "approved")  # without score, waited and the rest
    desk.undo("ann", "approved", "pending")
    desk.events.append(Happened("comment.escalated", {"previous_status": "pending", "status": "pending"}))
    found = desk.report()
    assert (found.moderators[0].decisions, found.total.undone, found.as_scored.of) == (1, 1, 0)


@pytest.mark.parametrize("seed", range(5))
def test_tallies_add_up_in_any_order_and_grouping(seed: int) -> None:
    chance, desk = random.Random(seed), Desk()
    for _ in range(300):
        at, name = chance.randrange(6) * HOUR_MS, chance.choice(["ann", "bob"])
        match chance.randrange(3):
            case 0:
                desk.machine(chance.choice(["approved", "rejected", "pending"]), at=at)
            case 1:
                desk.person(
                    name,
                    chance.choice(["approved", "rejected"]),
                    at,
                    score=chance.random(),
                    waited=chance.randrange(10**7),
                )
            case 2:
                desk.undo(name, "approved", "pending", at, undid="bob", score=chance.random())
    whole: dict[int, Tally] = {}
    count(desk.events, whole)
    parts: list[dict[int, Tally]] = [{} for _ in range(4)]
    chance.shuffle(desk.events)
    for event in desk.events:
        count([event], chance.choice(parts))
    hours = {hour: merged(part.get(hour, Counter()) for part in chance.sample(parts, 4)) for hour in range(6)}
    assert report(hours, 0, 5) == report(whole, 0, 5)
    left = merged([merged([whole[0], whole[1]]), whole[2]])
    assert left == merged([whole[0], merged([whole[1], whole[2]])])


def test_what_happened_to_no_comment_counts_nothing() -> None:
    hours: dict[int, Tally] = {}
    count([Happened("webhook.disabled", {"webhook_id": "wh_1", "reason": "gone"}, sequence=0)], hours)
    assert report(hours, 0, 0) == report({}, 0, 0)


def test_hours_without_events_are_zeros() -> None:
    found = report({}, 10, 12)
    assert [one.hour for one in found.hours] == [10, 11, 12]
    assert (found.total.arrivals, found.moderators, found.median_wait, found.as_scored.share) == (
        0,
        (),
        None,
        None,
    )


@pytest.mark.parametrize(
    ("share", "low", "high"),
    [
        # Wilson's interval as published: 0 of 10 reaches to 0.278, 5 of 10 from 0.237 to 0.763.
        (Share(0, 10), 0.0, 0.2775),
        (Share(5, 10), 0.2366, 0.7634),
        (Share(10, 10), 0.7225, 1.0),
    ],
)
def test_bounds_of_a_share(share: Share, low: float, high: float) -> None:
    assert share.bounds == pytest.approx((low, high), abs=1e-4)
    assert Share(0, 0).bounds is None
