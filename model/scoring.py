"""Hashed texts and weights -> the parts of a score, and the parts -> probabilities.

A part is a number: the sum over the whole text (``text``), over its strongest place (``peak``), the text's length, each hand-made
signal. A head adds to a weighted sum of parts some hinges, max(0, part - knot): a generalised additive model (Hastie & Tibshirani
1986), so that what each part adds is exact. Sums over n-grams are of whole
numbers, so that a text scores the same in any batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.features import BUCKETS, NGRAMS, SCALES, Batch, extract
from model.signals import SIGNALS

STEP: Final = 4  # units between the places that are tried
TEXT_PARTS: Final = ("text", "peak")  # each head has its own
PARTS: Final = (*TEXT_PARTS, "length", *SIGNALS)
_PEAK, _LENGTH = PARTS.index("peak"), PARTS.index("length")
MAX_WEIGHT: Final = (1 << 13) - 1  # of a step: three of them, made positive, fit into 16 bits
MAX_ODDS: Final = 30.0  # log-odds beyond which a probability is 0 or 1 for any purpose
MAX_HEADS: Final = 2  # that fit into one look into memory
_BIAS: Final = MAX_WEIGHT + 1  # makes packed weights positive, so that no head borrows from the other


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt's sigmoid: p = 1 / (1 + exp(-(slope * odds + shift)))."""

    slope: float
    shift: float


@dataclass(frozen=True, slots=True)
class Hinge:
    """Adds weight * max(0, part - knot)."""

    part: str
    knot: float
    weight: float


@dataclass(frozen=True)
class Head:
    """One attribute.

    ``weights``: int16, BUCKETS, in steps of ``step``. ``peak``: units of a text over which its strongest place is sought.
    ``parts``: float64, len(PARTS). ``calibrations``: one for each of GROUPS.
    """

    weights: NDArray[np.int16]
    step: float
    peak: int
    parts: NDArray[np.float64]
    hinges: tuple[Hinge, ...]
    intercept: float
    calibrations: tuple[Calibration, ...]

    @cached_property
    def peaked(self) -> bool:
        """Whether the peak counts."""
        return bool(self.parts[_PEAK]) or any(hinge.part == PARTS[_PEAK] for hinge in self.hinges)

    def odds(self, parts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of n x len(PARTS) parts, before calibration."""
        found: NDArray[np.float64] = _Additive((self,)).odds(parts[None])[0]
        return found

    def slopes(self, parts: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the log-odds gain by a unit of each part on the way from 0 to where a text's parts lie; both are len(PARTS).

        Slopes times parts add up to what the parts bring beyond a text whose parts are all 0: exactly.
        """
        found = self.parts.copy()
        for hinge in self.hinges:
            place = PARTS.index(hinge.part)
            part = float(parts[place])
            if abs(part) < _NOTHING:
                found[place] += hinge.weight * (hinge.knot < 0)
            else:
                found[place] += hinge.weight * (max(0.0, part - hinge.knot) - max(0.0, -hinge.knot)) / part
        return found


_NOTHING: Final = 1e-9  # of a part


class _Additive:
    """The additive models of some heads as arrays, so that all are evaluated at once."""

    def __init__(self, heads: Sequence[Head]) -> None:
        self._parts = np.stack([head.parts for head in heads])[:, :, None]
        self._intercepts = np.array([[head.intercept] for head in heads])
        hinges = [(place, hinge) for place, head in enumerate(heads) for hinge in head.hinges]
        self._heads = np.array([place for place, _ in hinges], dtype=np.intp)
        self._places = np.array([PARTS.index(hinge.part) for _, hinge in hinges], dtype=np.intp)
        self._knots = np.array([[hinge.knot] for _, hinge in hinges])
        self._weights = np.zeros((len(heads), len(hinges)))
        self._weights[self._heads, np.arange(len(hinges))] = [hinge.weight for _, hinge in hinges]

    def odds(self, parts: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds, heads x n, of heads x n x len(PARTS) parts."""
        found: NDArray[np.float64] = (parts @ self._parts)[:, :, 0] + self._intercepts
        if self._heads.size:
            found += self._weights @ np.maximum(0, parts[self._heads, :, self._places] - self._knots)
        return found


def _in_large_pages(count: int) -> NDArray[np.uint32]:
    """An array that begins where a large page of memory does: NumPy asks for such pages, and lookups then miss less often."""
    spare = _LARGE_PAGE // 4
    raw = np.empty(count + spare, dtype=np.uint32)
    first = -raw.ctypes.data % _LARGE_PAGE // 4
    return raw[first : first + count]


_LARGE_PAGE: Final = 2 << 20  # bytes


class Weights:
    """The weights of up to two heads, packed: one look into memory serves both."""

    def __init__(self, heads: Mapping[str, Head]) -> None:
        self.names = tuple(heads)
        self.heads = tuple(heads.values())
        packed = _in_large_pages(BUCKETS)
        packed[:] = _BIAS * 0x10001
        for place, head in enumerate(self.heads):
            packed += (head.weights.astype(np.int64) << 16 * place).astype(np.uint32)
        self._packed = packed
        self.odds = _Additive(self.heads).odds
        self.steps = np.array([[head.step] for head in self.heads])
        self.slopes = np.array([[one.slope for one in head.calibrations] for head in self.heads])
        self.shifts = np.array([[one.shift for one in head.calibrations] for head in self.heads])

    def read(self, views: Sequence[str]) -> View:
        """Looks up the weights of folded texts."""
        return self.look_up(extract(views))

    def look_up(self, batch: Batch) -> View:
        """Looks up the weights of hashed texts."""
        two, four, six = batch.buckets
        # Buckets are below BUCKETS; "clip" only spares a check.
        packed = self._packed.take(two, mode="clip")
        packed += self._packed.take(four, mode="clip")
        packed += self._packed.take(six, mode="clip")
        lanes = packed.view(np.uint16)
        lanes -= np.uint16(_BIAS * len(NGRAMS))  # wraps: what remains is signed
        signed = packed.view(np.int16).reshape(-1, MAX_HEADS)
        # Running sums may wrap; what is used are differences within a text, and these fit.
        sums = np.zeros((len(self.heads), packed.size + 1), dtype=np.int32)
        for place, running in enumerate(sums):
            signed[:, place].cumsum(dtype=np.int32, out=running[1:])
        return View(self, batch, sums)

    def probabilities(self, odds: NDArray[np.float64], groups: NDArray[np.int8]) -> NDArray[np.float64]:
        """Calibrated probabilities of log-odds (heads x n)."""
        calibrated = odds * self.slopes.take(groups, axis=1) + self.shifts.take(groups, axis=1)
        found: NDArray[np.float64] = 1 / (
            1 + np.exp(np.minimum(np.maximum(-calibrated, -MAX_ODDS), MAX_ODDS))
        )
        return found


@dataclass(frozen=True, slots=True)
class View:
    """The weights found in some texts. ``sums[h][k]`` adds up head h's n-grams that begin before unit k of the batch."""

    weights: Weights
    batch: Batch
    sums: NDArray[np.int32]

    def parts(self, signals: NDArray[np.float64]) -> NDArray[np.float64]:
        """The parts of each text for each head, heads x n x len(PARTS); ``signals``: n x len(SIGNALS)."""
        batch, weights = self.batch, self.weights
        found = np.zeros((len(weights.heads), batch.starts.size, len(PARTS)))
        at = self.sums.take(batch.edges, axis=1)
        found[:, :, 0] = (at[:, 1::2] - at[:, ::2]) * (weights.steps * batch.scales)
        found[:, :, _LENGTH] = np.log(batch.lengths)
        found[:, :, _LENGTH + 1 :] = signals
        for parts, head, sums in zip(found, weights.heads, self.sums, strict=True):
            if head.peaked:
                scales = SCALES.take(np.minimum(batch.lengths, head.peak))
                parts[:, _PEAK] = _peaks(batch, sums, head.peak) * (scales * head.step)
        return found

    def shares(
        self, index: int, head: int, slopes: NDArray[np.float64], edges: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """What n-grams that begin between the edges, n x 2 units of a text, add to the log-odds; slopes: len(TEXT_PARTS)."""
        start, length = int(self.batch.starts[index]), int(self.batch.lengths[index])
        sums = self.sums[head][start : start + length + 1]
        found: NDArray[np.float64] = _between(sums, edges, 0, length) * (slopes[0] * self.batch.scales[index])
        if slopes[_PEAK]:
            size = self.weights.heads[head].peak
            before = np.arange(0, length, STEP)
            behind = np.minimum(before + size, length)
            peak = int(np.argmax(sums[behind] - sums[before]))
            found += _between(sums, edges, int(before[peak]), int(behind[peak])) * (
                slopes[_PEAK] * SCALES[min(size, length)]
            )
        found *= self.weights.heads[head].step
        return found


def _between(sums: NDArray[np.int32], edges: NDArray[np.int64], low: int, high: int) -> NDArray[np.int32]:
    """The sums between edges, as far as they lie between low and high."""
    at = sums[np.minimum(np.maximum(edges, low), high)]
    found: NDArray[np.int32] = at[:, 1] - at[:, 0]
    return found


def _peaks(batch: Batch, sums: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    """The highest sum over ``size`` units of each text, from every STEP units on; behind its end a text has nothing."""
    if batch.starts.size == 1:  # the same for one text, in half of the time
        before = np.arange(batch.edges[0], batch.edges[1], STEP)
        within = sums[np.minimum(before + size, batch.edges[1])] - sums[before]
        return np.array([within.max()])
    counts = (batch.lengths + (STEP - 1)) // STEP
    first = counts.cumsum() - counts
    owner = np.repeat(np.arange(counts.size), counts)
    before = (batch.starts - first * STEP)[owner] + np.arange(0, owner.size * STEP, STEP)
    behind = np.minimum(before + size, batch.edges[1::2][owner])
    found: NDArray[np.int32] = np.maximum.reduceat(sums[behind] - sums[before], first)
    return found
