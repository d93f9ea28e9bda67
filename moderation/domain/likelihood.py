"""How likely a site's moderators reject what scores so, from what they decided before. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from moderation.domain.shares import Share

ENOUGH: Final = 200  # decisions on which a share of rejections rests
PRIOR: Final = 10.0  # decisions of the site's own share that each tenth begins with, so that few say little


def shares(bins: Sequence[Share]) -> tuple[float, ...]:
    """The share of rejected comments for each range of scores, from rejected of decided ones; it never falls.

    Empty if fewer than ENOUGH are decided.
    """
    decided = sum(one.of for one in bins)
    if decided < ENOUGH:
        return ()
    whole = sum(one.count for one in bins) / decided
    weights = [one.of + PRIOR for one in bins]
    return _rising(
        [(one.count + PRIOR * whole) / weight for one, weight in zip(bins, weights, strict=True)], weights
    )


def _rising(values: Sequence[float], weights: Sequence[float]) -> tuple[float, ...]:
    """The nearest values that never fall (pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []  # sum, weight, how many ranges
    for value, weight in zip(values, weights, strict=True):
        pools.append((value * weight, weight, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            (total, heavy, many), (more, weight_more, times) = pools.pop(), pools.pop()
            pools.append((total + more, heavy + weight_more, many + times))
    return tuple(total / weight for total, weight, times in pools for _ in range(times))


def at(known: Sequence[float], score: float) -> float:
    """The share at a score 0..1: a straight line between the middles of the ranges, level beyond the outermost."""
    place = score * len(known) - 0.5
    low = max(0, min(len(known) - 1, int(place)))
    high = min(len(known) - 1, low + 1)
    part = max(0.0, min(1.0, place - low))
    return known[low] + (known[high] - known[low]) * part
