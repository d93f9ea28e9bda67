"""The checks once more: texts are judged anew, the moment is taken from the record."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.checks import again
from moderation.domain.comment import Comment, Draft, Reason, Status
from moderation.domain.policy import Effect, Mode, Policy

A, P, R = Status.APPROVED, Status.PENDING, Status.REJECTED


def _comment(text: str, *codes: str, spam: float | None = 0.01, **more: Any) -> Comment:
    return Comment(
        "gazette", Draft("c", text), 1, A, 0, 1,
        scores={} if spam is None else {"spam": spam},
        reasons=tuple(Reason(code, "A sentence.", 0.5) for code in codes), **more,
    )  # fmt: skip


def test_a_new_word_finds_the_comments_of_the_past() -> None:
    comment = _comment("Visit our casino tonight")
    assert again.verdict(comment, Policy()).status is A
    assert again.verdict(comment, Policy(banned_words=("casino",))).status is R
    found = again.verdict(comment, Policy(suspect_words=("casino",)))
    assert (found.status, found.rule) == (P, Effect.HOLD)


def test_a_word_taken_off_the_list_frees_what_it_held() -> None:
    comment = _comment("Visit our casino tonight", "suspect_word")  # recorded, and judged anew all the same
    assert again.verdict(comment, Policy()).status is A


def test_a_newcomer_of_then_is_held_while_the_rule_is_on() -> None:
    new, known = _comment("Hello", "newcomer"), _comment("Hello")
    on, off = Policy(hold_first_comments=2), Policy()
    assert [again.verdict(one, on).status for one in (new, known)] == [P, A], "not every author is new"
    assert [again.verdict(one, off).status for one in (new, known)] == [A, A]


def test_an_edit_of_what_a_moderator_refused_stays_held() -> None:
    assert again.verdict(_comment("Hello", "rejected_before"), Policy()).status is P


def test_a_banned_author_stays_banned() -> None:
    found = again.verdict(_comment("Hello", "author_banned"), Policy())
    assert (found.status, found.rule) == (R, Effect.REJECT)


def test_what_the_model_felt_is_no_rule() -> None:
    assert again.verdict(_comment("Hello", "many_links", "shouting"), Policy()).rule is None


def test_what_could_not_be_scored_is_held() -> None:
    comment = _comment("Hello", "scoring_failed", spam=None)
    assert again.verdict(comment, Policy()).status is P
    assert again.verdict(comment, Policy(mode=Mode.POST)).status is P


@pytest.mark.parametrize("mode", list(Mode))
def test_the_mode_is_followed(mode: Mode) -> None:
    wanted = {Mode.PRE: P, Mode.SHADOW: P, Mode.AUTO: P, Mode.POST: A}[mode]
    assert again.verdict(_comment("Hello", spam=0.5), Policy(mode=mode)).status is wanted


def test_rows_hold_both_policies_and_leave_out_what_has_no_text() -> None:
    comments = [_comment("casino"), _comment("", "suspect_word")]
    (row,) = again.rows(comments, Policy(), Policy(banned_words=("casino",)))
    assert (row.in_force.status, row.changed.status, row.spam, row.human) == (A, R, 0.01, None)


def test_a_change_of_the_moments_rules_is_named() -> None:
    assert again.unknowable(Policy(), Policy(hold_first_comments=3, banned_words=("x",))) == (
        "hold_first_comments",
    )
    assert again.unknowable(Policy(), Policy(approve_below=0.0)) == ()
