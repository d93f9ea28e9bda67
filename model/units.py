"""What each UTF-16 unit of a folded text is: one lookup serves signals, scripts and reasons."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

LETTER: Final = 1  # a-z
DIGIT: Final = 2
LEET: Final = 4  # stands in for a letter
WORD: Final = 8  # a letter or digit of any script
LATIN, CYRILLIC, OTHER = 16, 32, 64  # letters, by script
# A pattern of signals may begin here, or a control character hides something; the highest flag.
SIGN: Final = 128
CONTROLS: Final = (*range(1, 9), *range(14, 32), 127)  # shown by no browser

_LATIN: Final = (*range(0x61, 0x7B), *range(0xC0, 0x250), *range(0x1E00, 0x1F00))
_CYRILLIC: Final = range(0x0400, 0x0530)
_OTHER: Final = (
    *range(0x0370, 0x0400),
    *range(0x0530, 0x1E00),
    *range(0x3040, 0xD800),
    *range(0xF900, 0xFE00),
)


def _kinds() -> NDArray[np.uint8]:
    table = np.zeros(1 << 16, dtype=np.uint8)
    places = (
        (LETTER, range(0x61, 0x7B)),
        (DIGIT, range(0x30, 0x3A)),
        (LEET, map(ord, "0134578@$!|+€£")),
        (
            WORD,
            (unit for unit in range(0x30, 1 << 16) if not 0xD800 <= unit < 0xE000 and chr(unit).isalnum()),
        ),
        (LATIN, _LATIN),
        (CYRILLIC, _CYRILLIC),
        (OTHER, _OTHER),
        (SIGN, (*map(ord, "<[+@$€£₹₽"), *CONTROLS)),
    )
    for flag, units in places:
        table[list(units)] |= flag
    return table


KINDS: Final = _kinds()


def kinds_of(units: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The flags of each unit."""
    return KINDS.take(units, mode="clip")  # no unit is out of range; "clip" only spares a check
