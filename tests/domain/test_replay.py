"""Replay: the figures are what a count by hand gives, and a target is met or refused with a sentence."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from moderation.domain.comment import Comment, Draft, Reason, Status
from moderation.domain.policy import Effect, Finding, Mode, Policy, decide
from moderation.domain.replay import (
    DAY_MS,
    LEAST_BAD,
    LEAST_GOOD,
    Goal,
    Judged,
    Row,
    Summary,
    Target,
    Verdict,
    human_of,
    notes,
    propose,
    summary,
    would_be_of,
)

A, P, R = Status.APPROVED, Status.PENDING, Status.REJECTED
NOW = 100 * DAY_MS
AUTO = Policy()


def _findings(rule: Effect | None) -> list[Finding]:
    return [] if rule is None else [Finding(Reason("code", "A rule found it.", 1.0), rule)]


def _verdict(policy: Policy, spam: float | None, rule: Effect | None) -> Verdict:
    scores = {} if spam is None else {"spam": spam}
    return Verdict(decide(policy, scores, _findings(rule)).status, rule)


def _row(
    spam: float | None,
    human: Status | None,
    rule: Effect | None = None,
    policy: Policy = AUTO,
    *,
    in_force: Policy | None = None,
    days_ago: float = 10,
    would_be: Status | None = None,
) -> Row:
    return Row(
        at=NOW - int(days_ago * DAY_MS),
        spam=spam,
        human=human,
        would_be=would_be,
        in_force=_verdict(in_force or policy, spam, rule),
        changed=_verdict(policy, spam, rule),
    )


def _chance_rows(seed: int, number: int, policy: Policy = AUTO) -> list[Row]:
    """Comments of which spam scores mostly high; scores lie on thresholds as often as between them."""
    chance = random.Random(seed)
    rows = []
    for _ in range(number):
        bad = chance.random() < 0.3
        spam = chance.betavariate(6, 1.5) if bad else chance.betavariate(1.2, 8)
        digits = chance.choice([1, 2, 3, 6])
        rows.append(
            _row(
                None if chance.random() < 0.02 else round(spam, digits),
                chance.choice([R if bad else A] * 8 + [None, A, R]),
                chance.choice([None] * 18 + [Effect.HOLD, Effect.REJECT]),
                policy,
                in_force=Policy(mode=chance.choice(list(Mode)), approve_below=0.3, reject_above=0.6),
                days_ago=chance.uniform(0, 20),
                would_be=chance.choice([None, A, P, R]),
            )
        )
    return rows


def _by_hand(rows: list[Row], statuses: list[Status], wanted: Status) -> Judged:
    mine = [row for row, status in zip(rows, statuses, strict=True) if status == wanted]
    return Judged(len(mine), sum(row.human == A for row in mine), sum(row.human == R for row in mine))


@pytest.mark.parametrize("seed", range(4))
def test_the_table_says_of_any_two_thresholds_what_the_policy_would_do(seed: int) -> None:
    rows = _chance_rows(seed, 300)
    table = summary(rows, NOW, 30, Policy(approve_below=0.123, reject_above=0.987)).table
    assert {0.123, 0.987} <= set(table.thresholds), "the policy's own thresholds have their place"
    chance = random.Random(seed)
    places = range(len(table.thresholds))
    for _ in range(60):
        approve, reject = sorted(chance.sample(places, 2))
        policy = Policy(approve_below=table.thresholds[approve], reject_above=table.thresholds[reject])
        statuses = [_verdict(policy, row.spam, row.changed.rule).status for row in rows]
        cost = table.cost(approve, reject, 20.0)
        assert (cost.approved, cost.held, cost.rejected) == tuple(
            _by_hand(rows, statuses, status) for status in (A, P, R)
        )


@pytest.mark.parametrize("seed", range(4))
def test_both_policies_are_counted_side_by_side(seed: int) -> None:
    rows = _chance_rows(seed, 300)
    found = summary(rows, NOW, 30, AUTO)
    for cost, statuses in (
        (found.in_force, [row.in_force.status for row in rows]),
        (found.changed, [row.changed.status for row in rows]),
    ):
        assert (cost.approved, cost.held, cost.rejected) == tuple(
            _by_hand(rows, statuses, status) for status in (A, P, R)
        )
        against = sum(
            (status, row.human) in {(A, R), (R, A)} for row, status in zip(rows, statuses, strict=True)
        )
        assert cost.against == against
        assert cost.total == found.total
    moved = sum(row.in_force.status != row.changed.status for row in rows)
    assert sum(move.judged.comments for move in found.moves) == moved > 0
    assert sum(found.shadow.values(), Judged()).comments == sum(row.would_be is not None for row in rows)


@pytest.mark.parametrize("seed", range(3))
def test_the_histogram_holds_every_comment_once(seed: int) -> None:
    rows = _chance_rows(seed, 300) + [_row(1.0, A), _row(0.0, None)]
    found = summary(rows, NOW, 30, AUTO).histogram
    assert found.unscored == sum(row.spam is None for row in rows) > 0
    for bars, human in ((found.approved, A), (found.rejected, R), (found.undecided, None)):
        assert len(bars) == 50
        assert sum(bars) == sum(row.human == human and row.spam is not None for row in rows)
    assert found.approved[49] >= 1


def test_what_could_not_be_scored_is_held_at_any_threshold() -> None:
    table = summary([_row(None, A)], NOW, 30, AUTO).table
    for approve, reject in itertools.combinations(range(0, len(table.thresholds), 9), 2):
        assert table.cost(approve, reject, None).held == Judged(1, 1, 0)


def test_cards_a_day_are_counted_over_the_time_that_the_comments_span() -> None:
    rows = [_row(0.5, None, days_ago=number / 2) for number in range(1, 21)]
    assert summary(rows, NOW, 30, AUTO).changed.cards_per_day == 2.0
    assert summary(rows, NOW, 5, AUTO).changed.cards_per_day == 4.0
    assert summary(rows[:1], NOW, 30, AUTO).changed.cards_per_day is None, "half a day is no day"
    assert summary([], NOW, 30, AUTO).changed.cards_per_day is None


# --- targets ---------------------------------------------------------------------------------------


def _found(seed: int = 1, number: int = 1500) -> Summary:
    return summary(_chance_rows(seed, number), NOW, 30, AUTO)


def _all_costs(found: Summary) -> list[tuple[int, int, Any]]:
    """Of all thresholds with approve_below <= 0.5 <= reject_above."""
    thresholds = found.table.thresholds
    return [
        (approve, reject, found.table.cost(approve, reject, found.changed.days))
        for approve, reject in itertools.combinations(range(len(thresholds)), 2)
        if thresholds[approve] <= 0.5 <= thresholds[reject]
    ]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bound", [0.1, 0.15, 0.3])
def test_held_good_share_is_met_with_the_fewest_errors(seed: int, bound: float) -> None:
    found = _found(seed)
    proposal = propose(found, Target(Goal.HELD_GOOD_SHARE, bound), AUTO)
    assert proposal.met, proposal.sentence
    assert proposal.cost is not None
    assert (proposal.cost.held_good.share or 0) <= bound
    meeting = [cost for _, _, cost in _all_costs(found) if cost.held.good <= bound * cost.total.good]
    assert proposal.cost.against == min(cost.against for cost in meeting)
    fewest = [cost for cost in meeting if cost.against == proposal.cost.against]
    assert proposal.cost.held.comments == min(cost.held.comments for cost in fewest)


@pytest.mark.parametrize("bound", [10.0, 20.0, 60.0])
def test_cards_per_day_is_met_with_the_fewest_errors(bound: float) -> None:
    found = _found()
    proposal = propose(found, Target(Goal.CARDS_PER_DAY, bound), AUTO)
    assert proposal.cost is not None, proposal.sentence
    assert (proposal.cost.cards_per_day or 0) <= bound
    meeting = [cost for _, _, cost in _all_costs(found) if (cost.cards_per_day or 0) <= bound]
    assert proposal.cost.against == min(cost.against for cost in meeting)


def test_wrong_approvals_keep_the_upper_threshold_and_approve_as_much_as_they_may() -> None:
    found, policy = _found(), Policy(reject_above=0.987)
    found = summary(_chance_rows(1, 1500), NOW, 30, policy)
    proposal = propose(found, Target(Goal.WRONG_APPROVALS_SHARE, 0.2), policy)
    assert proposal.cost is not None, proposal.sentence
    assert proposal.approve_below is not None
    assert proposal.reject_above == 0.987
    assert (proposal.cost.wrong_approvals.share or 0) <= 0.2
    reject = found.table.thresholds.index(0.987)
    wider = [
        found.table.cost(place, reject, None).wrong_approvals.share
        for place in range(found.table.thresholds.index(proposal.approve_below) + 1, reject)
    ]
    assert wider
    assert all(share is not None and share > 0.2 for share in wider)


def test_what_is_proposed_is_what_the_policy_would_do() -> None:
    rows = _chance_rows(2, 1500)
    proposal = propose(summary(rows, NOW, 30, AUTO), Target(Goal.HELD_GOOD_SHARE, 0.15), AUTO)
    assert proposal.cost is not None
    assert proposal.approve_below is not None
    assert proposal.reject_above is not None
    policy = Policy(approve_below=proposal.approve_below, reject_above=proposal.reject_above)
    statuses = [_verdict(policy, row.spam, row.changed.rule).status for row in rows]
    assert proposal.cost.held == _by_hand(rows, statuses, P)
    assert f"{proposal.cost.held.good} of {proposal.cost.total.good}" in proposal.sentence.replace(",", "")


@pytest.mark.parametrize(
    ("good", "bad", "target", "needs"),
    [
        (LEAST_GOOD - 1, 500, Target(Goal.HELD_GOOD_SHARE, 0.5), "100 comments that a moderator approved"),
        (149, 500, Target(Goal.HELD_GOOD_SHARE, 0.02), "150 comments that a moderator approved"),
        (2999, 500, Target(Goal.WRONG_APPROVALS_SHARE, 0.001), "3,000 comments that a moderator approved"),
        (500, LEAST_BAD - 1, Target(Goal.CARDS_PER_DAY, 60), "30 that one rejected"),
        (0, 0, Target(Goal.CARDS_PER_DAY, 60), "there are 0 and 0"),
    ],
)
def test_too_little_is_said_with_what_is_needed(good: int, bad: int, target: Target, needs: str) -> None:
    rows = [_row(0.05, A)] * good + [_row(0.99, R)] * bad
    proposal = propose(summary(rows, NOW, 30, AUTO), target, AUTO)
    assert not proposal.met
    assert (proposal.approve_below, proposal.reject_above) == (None, None)
    assert needs in proposal.sentence
    enough = [_row(0.05, A)] * 3000 + [_row(0.99, R)] * LEAST_BAD
    assert propose(summary(enough, NOW, 30, AUTO), target, AUTO).met


def test_a_figure_a_day_takes_a_week() -> None:
    rows = [_row(0.05, A, days_ago=6.9)] * 200 + [_row(0.99, R, days_ago=3)] * 50
    proposal = propose(summary(rows, NOW, 30, AUTO), Target(Goal.CARDS_PER_DAY, 60), AUTO)
    assert not proposal.met
    assert "span 6.9" in proposal.sentence


@pytest.mark.parametrize("target", [Target(Goal.HELD_GOOD_SHARE, 0.02), Target(Goal.CARDS_PER_DAY, 1)])
def test_what_rules_hold_no_threshold_lets_go(target: Target) -> None:
    rows = [_row(0.05, A)] * 180 + [_row(0.05, A, Effect.HOLD)] * 20 + [_row(0.99, R)] * 40
    proposal = propose(summary(rows, NOW, 30, AUTO), target, AUTO)
    assert not proposal.met
    assert "10.0%" in proposal.sentence or "2.0 comments a day" in proposal.sentence


def test_a_target_is_not_met_by_rejecting_everything() -> None:
    rows = [_row(0.3, A)] * 150 + [_row(0.3, R)] * 300
    proposal = propose(summary(rows, NOW, 30, AUTO), Target(Goal.CARDS_PER_DAY, 0), AUTO)
    assert proposal.cost is not None
    assert proposal.cost.rejected.comments == 0, "though that would make fewer errors"


def test_where_spam_looks_like_the_rest_no_share_of_approvals_is_promised() -> None:
    rows = [_row(0.2, A)] * 400 + [_row(0.2, R)] * 100
    proposal = propose(summary(rows, NOW, 30, AUTO), Target(Goal.WRONG_APPROVALS_SHARE, 0.1), AUTO)
    assert not proposal.met
    assert proposal.sentence.startswith("No threshold meets")


# --- what is said beside, and what is read of a comment ---------------------------------------------


def test_notes_say_what_the_figures_cannot() -> None:
    rows = [_row(0.5, A, days_ago=0.1)] + [_row(0.01, None, days_ago=0.2)] * 9
    shadow = Policy(mode=Mode.SHADOW)
    said = notes(summary(rows, NOW, 30, shadow), shadow, sampled=True, bare=3, unknowable=("max_by_author",))
    assert len(said) == 6
    for words in (
        "1 of 10 comments (10%)",
        "the latest",
        "less than a day",
        "`shadow`",
        "max_by_author",
        "3 comments",
    ):
        assert any(words in sentence for sentence in said), words
    known = summary([_row(0.5, A)] * 10, NOW, 30, AUTO)
    assert notes(known, AUTO, sampled=False, bare=0, unknowable=()) == ()
    assert notes(summary([], NOW, 30, AUTO), AUTO, sampled=False, bare=0, unknowable=()) == ()


def _comment(status: Status, decision: dict[str, Any] | None, *history: dict[str, Any]) -> Comment:
    return Comment("gazette", Draft("c", "text"), 1, status, 0, 1, decision=decision, history=history)


def test_only_the_moderators_decision_that_stands_counts() -> None:
    assert human_of(_comment(R, {"kind": "moderator"})) is R
    assert human_of(_comment(A, {"kind": "model"})) is None
    assert human_of(_comment(P, {"kind": "rule"})) is None
    assert human_of(_comment(P, None)) is None


def test_shadow_is_read_of_the_text_that_stands() -> None:
    machine = {"what": "decided", "would_be": "rejected"}
    person = {"what": "decided", "kind": "moderator"}
    received, edited = {"what": "received"}, {"what": "edited"}
    assert would_be_of(_comment(A, person, received, machine, person)) is R
    assert would_be_of(_comment(A, person, received, machine, edited, person)) is None
    assert would_be_of(_comment(A, person, received, person)) is None
