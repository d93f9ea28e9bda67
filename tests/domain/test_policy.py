"""The policy's table: mode, score and findings in, one decision out."""

from __future__ import annotations

import pytest

from moderation.domain.comment import Reason, RejectReason, Status
from moderation.domain.decision import By
from moderation.domain.policy import Effect, Finding, Mode, Policy, decide

HOLD = Finding(Reason("too_many_links", "It has 9 links.", 0.9))
BAN = Finding(Reason("banned_word", "It contains “x”.", 1.0), Effect.REJECT, RejectReason.BANNED_WORD)
A, P, R = Status.APPROVED, Status.PENDING, Status.REJECTED


@pytest.mark.parametrize(
    ("mode", "spam", "findings", "status"),
    [
        (Mode.AUTO, 0.0, (), A),
        (Mode.AUTO, 0.1, (), A),  # at the threshold: approve_below is inclusive
        (Mode.AUTO, 0.11, (), P),
        (Mode.AUTO, 0.97, (), P),
        (Mode.AUTO, 0.98, (), R),  # at the threshold: reject_above is inclusive
        (Mode.AUTO, 0.0, (HOLD,), P),
        (Mode.AUTO, 1.0, (HOLD,), R),
        (Mode.AUTO, 0.0, (HOLD, BAN), R),
        (Mode.AUTO, None, (), P),
        (Mode.POST, 0.5, (), A),
        (Mode.POST, 0.98, (), R),
        (Mode.POST, 0.5, (HOLD,), P),
        (Mode.POST, None, (), P),
        (Mode.PRE, 0.0, (), P),
        (Mode.PRE, 1.0, (BAN,), P),
        (Mode.SHADOW, 0.0, (), P),
        (Mode.SHADOW, 1.0, (), P),
    ],
)
def test_decide(mode: Mode, spam: float | None, findings: tuple[Finding, ...], status: Status) -> None:
    scores = {} if spam is None else {"spam": spam}
    assert decide(Policy(mode=mode), scores, findings).status == status


def test_shadow_records_what_auto_would_have_done() -> None:
    policy = Policy(mode=Mode.SHADOW)
    assert [decide(policy, {"spam": spam}).would_be for spam in (0.0, 0.5, 1.0)] == [A, P, R]


def test_a_decision_says_who_and_why() -> None:
    by_score = decide(Policy(), {"spam": 0.99}, model_version="v7")
    assert (by_score.by, by_score.reason, by_score.score, by_score.model_version) == (
        By.MODEL, RejectReason.SPAM, 0.99, "v7",
    )  # fmt: skip
    assert "reject_above" in (by_score.because or "")
    by_rule = decide(Policy(), {"spam": 0.0}, (BAN,))
    assert (by_rule.by, by_rule.reason, by_rule.because) == (
        By.RULE,
        RejectReason.BANNED_WORD,
        BAN.reason.text,
    )


@pytest.mark.parametrize(
    ("mode", "spam", "findings", "status"),
    [
        (Mode.AUTO, 0.5, (), A),  # a trusted author passes below reject_above
        (Mode.AUTO, 0.97, (), A),
        (Mode.AUTO, 0.98, (), P),  # the account may be in other hands
        (Mode.AUTO, 0.5, (HOLD,), P),
        (Mode.AUTO, 1.0, (HOLD,), P),
        (Mode.AUTO, 0.0, (BAN,), R),
        (Mode.AUTO, 1.0, (BAN,), R),
        (Mode.AUTO, None, (), P),
        (Mode.POST, 0.5, (), A),
        (Mode.POST, 0.98, (), P),
        (Mode.PRE, 0.0, (), P),
        (Mode.SHADOW, 0.0, (), P),
    ],
)
def test_a_trusted_author(
    mode: Mode, spam: float | None, findings: tuple[Finding, ...], status: Status
) -> None:
    scores = {} if spam is None else {"spam": spam}
    assert decide(Policy(mode=mode), scores, findings, trusted=True).status == status


def test_shadow_records_what_auto_would_have_done_for_a_trusted_author() -> None:
    policy = Policy(mode=Mode.SHADOW)
    assert [decide(policy, {"spam": spam}, trusted=True).would_be for spam in (0.5, 1.0)] == [A, P]


def test_the_sentence_says_that_trust_decided() -> None:
    approved, held = (decide(Policy(), {"spam": spam}, trusted=True) for spam in (0.5, 1.0))
    for decision in (approved, held):
        assert (decision.because or "").startswith("The author is trusted")
        assert "reject_above" in (decision.because or "")
        assert decision.by is By.RULE
    assert decide(Policy(), {"spam": 0.5}).status is P
