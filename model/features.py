"""Texts -> hashed n-grams of a whole batch at once, in NumPy.

A text is read as UTF-16 units, so that every script's letters count the same. Each run of two, four and six units (across
words, with a space before and behind the text) is one integer, multiplied and shifted into a bucket (Knuth's multiplicative
hashing, TAOCP 6.4). A unit that repeats more than twice is read twice. No n-gram reaches from one text into the next, and
sums over n-grams are scaled by the root of their number, so that long and short comments compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from model.normalise import fold_text, shorten_text
from model.units import CYRILLIC, DIGIT, OTHER, SIGN, WORD, kinds_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BITS: Final = 20
BUCKETS: Final = 1 << BITS
NGRAMS: Final = (2, 4, 6)  # units; measured, three and five beside them bring nothing
MAX_UNITS: Final = 1 << 16  # of one text that are read
GAP: Final = 8  # zero units behind a text: no n-gram and no read of six units crosses them

_TWO, _FOUR, _SIX, _MIX = (
    np.uint64(factor)
    for factor in (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB)
)
_W: Final = ord("w")  # stands three times before hosts
_PAIR: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.uint64(32)
_SHIFT: Final = np.uint64(64 - BITS)
SCALES: Final = 1 / np.sqrt(len(NGRAMS) * np.maximum(1, np.arange(MAX_UNITS + 3)))
_BEFORE, _BEHIND = b" \0", b" \0" + bytes(2 * GAP)


@dataclass(slots=True)  # not frozen: it would take three times as long to make
class Document:
    """What is judged; only the text is required."""

    text: str
    author_name: str = ""
    author_url: str = ""
    article_title: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """Hashed n-grams of some texts.

    Text i is ``units[starts[i] : starts[i] + lengths[i]]``, the spaces around it included; ``edges`` are where each text begins and
    ends, in turn. ``kinds`` are the units' flags of units.py, ``signs`` the places of units with the flag SIGN, ``foreign`` whether there
    are letters that are not Latin. ``buckets`` hold one bucket for each size of NGRAMS and each unit that an n-gram begins with.
    ``squeezed``: the texts in which a letter stood more than twice in a row, once for each that was dropped.
    """

    units: NDArray[np.uint16]
    kinds: NDArray[np.uint8]
    signs: NDArray[np.int64]
    foreign: bool
    squeezed: NDArray[np.int64]
    edges: NDArray[np.int64]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    buckets: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]

    @property
    def scales(self) -> NDArray[np.float64]:
        """1 / root of the number of n-grams of each text."""
        found: NDArray[np.float64] = SCALES.take(self.lengths)
        return found

    def count(self, where: NDArray[np.bool_]) -> NDArray[np.int32]:
        """How many of each text's units a mask over all units has."""
        found: NDArray[np.int32] = np.add.reduceat(where.view(np.uint8), self.edges, dtype=np.int32)[::2]
        return found

    def owners(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which text each place among the units lies in."""
        return self.starts.searchsorted(places, side="right") - 1


def view_of(text: str) -> str:
    """The form of a text in which it is hashed."""
    return shorten_text(fold_text(text))


def extract(views: Sequence[str]) -> Batch:
    """The hashed n-grams of folded texts; the same text has the same n-grams in any batch."""
    encoded = [text[:MAX_UNITS].encode("utf-16-le", "surrogatepass")[: 2 * MAX_UNITS] for text in views]
    blob = _BEFORE + (_BEHIND + _BEFORE).join(encoded) + _BEHIND
    units = np.frombuffer(blob, dtype="<u2")
    # In Python: for one text NumPy's calls cost more than their work.
    ends = [end - GAP for end in accumulate(len(one) // 2 + 2 + GAP for one in encoded)]
    starts = [0, *(end + GAP for end in ends)][:-1]
    dropped = repeats(units)
    squeezed = dropped
    if dropped.size:
        repeated = units[dropped]
        letters = dropped[(kinds_of(repeated) & (WORD | DIGIT) == WORD) & (repeated != _W)]
        bounds = np.array(ends)
        squeezed = bounds.searchsorted(letters)
        kept = np.ones(units.size, dtype=bool)
        kept[dropped] = False
        units = units[kept]
        before = dropped.searchsorted(bounds).tolist()
        starts = [start - gone for start, gone in zip(starts, [0, *before], strict=False)]
        ends = [end - gone for end, gone in zip(ends, before, strict=True)]
    edges = np.array([edge for both in zip(starts, ends, strict=True) for edge in both], dtype=np.int64)
    # Four units from every unit on, as one integer: a view of the same memory with steps of one unit.
    wide = np.ndarray(shape=(units.size - GAP + 2,), dtype="<u8", buffer=units, strides=(2,))
    here = wide[:-2]
    two = (here & _PAIR) * _TWO
    four = here * _FOUR
    six = here * _SIX
    six ^= six >> _HALF
    six += wide[2:]
    six *= _MIX
    for values in (two, four, six):
        values >>= _SHIFT
    buckets = (two.view(np.int64), four.view(np.int64), six.view(np.int64))
    kinds = kinds_of(units)
    signs = (kinds >= SIGN).nonzero()[0]
    foreign = bool((kinds & (CYRILLIC | OTHER)).any())
    return Batch(units, kinds, signs, foreign, squeezed, edges, edges[::2], edges[1::2] - edges[::2], buckets)


def repeats(units: NDArray[np.uint16]) -> NDArray[np.int64]:
    """The places of units that are the third or later of a run; the zeros between texts are none."""
    same = units[1:] == units[:-1]
    same[:-1] &= same[1:]
    found: NDArray[np.int64] = (same[:-1] & (units[2:] != 0)).nonzero()[0] + 2
    return found


def bucket_of(four: str) -> int:
    """The bucket of one n-gram of four units."""
    return int(extract([four]).buckets[1][1])


def matrix(views: Sequence[str]) -> csr_matrix:
    """The n-grams of folded texts as a sparse matrix, n x BUCKETS, float32, for training; scoring needs no matrix."""
    from scipy.sparse import csr_matrix  # training only: not loaded by the service

    batch = extract(views)
    count = len(views)
    total = int(batch.lengths.sum())
    rows = np.repeat(np.arange(count), batch.lengths)
    first = np.cumsum(batch.lengths) - batch.lengths
    places = np.arange(total) + np.repeat(batch.starts - first, batch.lengths)
    values = np.tile(batch.scales[rows].astype(np.float32), len(NGRAMS))
    columns = np.concatenate([buckets[places] for buckets in batch.buckets])
    found = csr_matrix((values, (np.tile(rows, len(NGRAMS)), columns)), shape=(count, BUCKETS))
    found.sum_duplicates()
    return found
