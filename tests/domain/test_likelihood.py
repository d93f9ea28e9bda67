"""Likelihood of rejection: from few decisions nothing, from many what they say, and never less for a higher score."""

from __future__ import annotations

import random

import pytest

from moderation.domain.likelihood import ENOUGH, at, shares
from moderation.domain.shares import Share


def bins(*pairs: tuple[int, int]) -> list[Share]:
    return [Share(*pair) for pair in pairs]


def test_too_few_decisions_say_nothing() -> None:
    half = ENOUGH // 2
    assert shares(bins((0, half), (half, half - 1))) == ()
    assert len(shares(bins((0, half), (half, half)))) == 2
    assert shares([]) == ()


def test_many_decisions_are_what_they_say() -> None:
    low, high = shares(bins((1_000, 10_000), (9_000, 10_000)))
    assert low == pytest.approx(0.1, abs=0.001)
    assert high == pytest.approx(0.9, abs=0.001)


def test_a_range_without_decisions_leans_on_the_whole() -> None:
    assert shares(bins((0, 0), (100, 200), (0, 0))) == pytest.approx((0.5, 0.5, 0.5))


def test_a_range_that_falls_is_pooled_with_its_neighbours() -> None:
    assert shares(bins((900, 1_000), (100, 1_000))) == pytest.approx((0.5, 0.5))


@pytest.mark.parametrize("seed", range(50))
def test_a_higher_score_is_never_less_likely_rejected(seed: int) -> None:
    chance = random.Random(seed)
    found = shares(
        [Share(chance.randint(0, of), of) for of in (chance.choice((0, 3, 500)) for _ in range(10))]
    )
    if not found:
        return
    values = [at(found, score / 1000) for score in range(1001)]
    assert values == sorted(values)
    assert 0 <= values[0] <= values[-1] <= 1


def test_between_the_middles_lies_a_straight_line() -> None:
    known = (0.2, 0.6)
    found = [at(known, score) for score in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert found == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.6])
    assert at((0.3,), 0.9) == 0.3
