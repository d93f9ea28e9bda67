"""Folds a text to the form in which words are compared, and knows where each folded character came from.

Compatibility forms (fullwidth, mathematical letters, ligatures) become plain, case is folded, what cannot be seen goes,
and look-alike letters become Latin only inside words that mix scripts: genuine Cyrillic or Greek stays what it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# Zero-width characters, joiners, bidi controls, soft hyphen, variation selectors, tags: seen by no reader.
_UNSEEN: Final = frozenset(
    [0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0]
    + [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10)]
    + [*range(0xE0000, 0xE0080), *range(0xE0100, 0xE01F0)]
)

# Cyrillic and Greek letters that look like a Latin one (from UTS #39's table, lower case after folding).
_ALIKE: Final = str.maketrans(
    "авеѕікмнорстухһјԁԛԝѵӏгёαβεηικμνορτυχγ",
    "abesikmhopctyxhjdqwvlreaβehikmvoptyxy".replace("β", "b"),
)
_MIXED_WORD: Final = re.compile(r"[^\W\d_]+")
_LATIN: Final = re.compile(r"[a-z]")
_ALIKE_SCRIPT: Final = re.compile(r"[\u0370-\u03ff\u0400-\u052f]")


class _Table(dict[int, str]):
    """What each code point folds to, filled as characters are met; at most as many entries as Unicode has."""

    def __missing__(self, code: int) -> str:
        folded = "" if code in _UNSEEN else unicodedata.normalize("NFKC", chr(code)).casefold()
        self[code] = folded
        return folded


_TABLE: Final = _Table()


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; ``offsets[i]`` is the index in the original of folded character ``i`` (one more at the end)."""

    text: str
    offsets: Sequence[int]


def fold_text(text: str) -> str:
    """The folded text alone: linear in its length, whatever combining marks it carries."""
    if text.isascii():
        return text.lower()
    return _plain(text.translate(_TABLE))


def fold(text: str) -> Folded:
    """The folded text with its offsets."""
    if text.isascii():
        return Folded(text.lower(), range(len(text) + 1))
    pieces = [_TABLE[ord(char)] for char in text]
    offsets = [index for index, piece in enumerate(pieces) for _ in piece]
    return Folded(_plain("".join(pieces)), [*offsets, len(text)])


def _plain(folded: str) -> str:
    """Look-alikes to Latin in words of mixed script; one character for one, so that offsets hold."""
    if not (_ALIKE_SCRIPT.search(folded) and _LATIN.search(folded)):
        return folded
    return _MIXED_WORD.sub(_one_script, folded)


def _one_script(match: re.Match[str]) -> str:
    word = match[0]
    return word.translate(_ALIKE) if _LATIN.search(word) and _ALIKE_SCRIPT.search(word) else word
