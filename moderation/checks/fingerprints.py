"""Fingerprints of a text: short hashes under which the same or nearly the same text is found again.

The first is of the letters and digits alone, so that spacing, punctuation, case and look-alike letters do not matter. The others
are bands of a MinHash over the text's words: two texts share one of them with the chance 1 - (1 - J^6)^3, where J is the share of
words that they have in common. Of texts of which one word in twenty was changed nine in ten are found; of 130 million
pairs of different comments on the news 13 shared one, half of them by quoting the same (measured when this was made).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate, chain
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from model.normalise import has_link
from moderation.checks.reading import SPACED, UNSPACED, read

SHORT: Final = 12  # folded letters and digits below which a text means too little to be repeated
NEAR: Final = 40  # from which on nearly the same text is looked for
WORDS: Final = 6  # different ones, below which a text shares them with others by chance
LETTERS: Final = 3  # of a word that counts
ROWS: Final = 6
BANDS: Final = 3
TOGETHER: Final = 20_000  # words of several texts at once: a bound on memory

_LINK: Final = re.compile(r"(?:https?://|://|www\.)\S*")
_RUNS: Final = re.compile(r"[^\W_]+")
_LONG_WORDS: Final = re.compile(rf"(?<!\w)[^\W\d_]{{{LETTERS},}}(?!\w)")
_UNSPACED: Final = re.compile(rf"[{UNSPACED}]{{2,}}")

# One odd multiplier and one addend for each row, made by a rule: they must never change, or nothing is found again.
_MASK: Final = (1 << 64) - 1
_MULTIPLIERS: Final = np.array(
    [
        (0x9E3779B97F4A7C15 * (2 * row + 1) ^ 0xD1B54A32D192ED03 << row) & _MASK | 1
        for row in range(ROWS * BANDS)
    ],
    dtype=np.uint64,
)[:, None]
_ADDENDS: Final = np.array(
    [0xBF58476D1CE4E5B9 * (row + 1) & _MASK for row in range(ROWS * BANDS)], dtype=np.uint64
)[:, None]
_HIGH: Final = np.uint64(32)


def fingerprints(text: str) -> tuple[str, ...]:
    """One to four hashes of 16 hex digits, of which texts that are nearly the same share at least one; none for a short text."""
    return fingerprints_of([text])[0]


def fingerprints_of(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """The fingerprints of each text; many together cost less than each alone."""
    found: list[tuple[str, ...]] = []
    near: list[tuple[int, list[int]]] = []  # which text, and the hashes of its words
    size = 0
    for place, text in enumerate(texts):
        exact, words = _hashes(text)
        found.append(exact)
        if words:
            near.append((place, words))
            size += len(words)
        if size >= TOGETHER:
            _add_bands(found, near)
            near, size = [], 0
    _add_bands(found, near)
    return found


def _add_bands(found: list[tuple[str, ...]], near: Sequence[tuple[int, list[int]]]) -> None:
    if near:
        for (place, _), bands in zip(near, _bands([words for _, words in near]), strict=True):
            found[place] += bands


def _hashes(text: str) -> tuple[tuple[str, ...], list[int]]:
    """The hash of the letters and digits, and those of the words; none of a text that is too short for them."""
    folded = read(text).folded.text
    plain = folded.isascii()
    runs = folded.translate(SPACED).split() if plain else _RUNS.findall(folded)
    letters = "".join(runs)
    if len(letters) < SHORT:
        return (), []
    exact = (blake2b(letters.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest(),)
    if len(letters) < NEAR:
        return exact, []
    if plain and not has_link(folded):  # most of English: the runs are its words
        words = {word for word in runs if len(word) >= LETTERS and word.isalpha()}
    else:
        words = _words(folded)
    if len(words) < WORDS:
        return exact, []
    return exact, [crc32(word.encode("utf-8", "surrogatepass")) for word in words]


def _words(folded: str) -> set[str]:
    """The words that count: no links and numbers, which such texts change, and no short words, which every text has."""
    if has_link(folded):
        folded = _LINK.sub(" ", folded)
    words = set(_LONG_WORDS.findall(folded))
    if not folded.isascii() and _UNSPACED.search(folded):
        for run in _UNSPACED.findall(folded):  # two letters each where there are no words
            words.update(run[index : index + 2] for index in range(len(run) - 1))
        words = {word for word in words if len(word) < LETTERS or not _UNSPACED.search(word)}
    return words


def _bands(texts: Sequence[Sequence[int]]) -> list[tuple[str, ...]]:
    hashes = np.fromiter(chain.from_iterable(texts), dtype=np.uint64)
    starts = np.fromiter(accumulate(map(len, texts[:-1]), initial=0), dtype=np.intp)
    rows: NDArray[np.uint64] = (hashes * _MULTIPLIERS + _ADDENDS) >> _HIGH
    least = np.minimum.reduceat(rows, starts, axis=1).T.astype("<u4").tobytes()
    size = 4 * ROWS
    return [
        tuple(
            blake2b(
                bytes([band]) + least[at + band * size : at + (band + 1) * size], digest_size=8
            ).hexdigest()
            for band in range(BANDS)
        )
        for at in range(0, len(least), size * BANDS)
    ]
