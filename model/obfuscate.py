"""Twelve ways in which spammers hide words: to train against them, and to measure how many are seen through.

Each way takes a text and a random generator and gives a text that a reader still reads. Addresses are left alone: spam
that nobody can follow is no spam.
"""

from __future__ import annotations

import html
import random
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Final

from model.confusables import FROM, TO

Way = Callable[[str, random.Random], str]

_SPLIT: Final = re.compile(r"(\s+)")
_ADDRESS: Final = re.compile(r"://|www\.|@|\.(?:com|net|org|ru|info)\b", re.IGNORECASE)
_LEET: Final = {
    "a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7", "l": "1|", "b": "8",
}  # fmt: skip
_ZERO_WIDTH: Final = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_MARKS: Final = "\u0300\u0301\u0302\u0308\u0323\u0331\u0335\u0336"
_BIDI: Final = ("\u202a", "\u202b", "\u2066", "\u2067", "\u200e", "\u200f")
_POP: Final = {"\u202a": "\u202c", "\u202b": "\u202c", "\u2066": "\u2069", "\u2067": "\u2069"}
_MATHEMATICAL: Final = (
    0x1D400,
    0x1D434,
    0x1D468,
    0x1D4D0,
    0x1D56C,
    0x1D5A0,
    0x1D5D4,
    0x1D608,
    0x1D63C,
    0x1D670,
)
_HOLES: Final = {0x1D455: "ℎ"}  # the one letter of these alphabets that has its place elsewhere
_BOXES: Final = (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)
_MIN_WORD: Final = 3


def _look_alikes() -> dict[str, str]:
    found: defaultdict[str, str] = defaultdict(str)
    for char, plain in zip(FROM, TO, strict=True):
        if plain.isalpha() and ("\u0370" <= char < "\u0590" or char < "\u0250"):  # what fonts draw alike
            found[plain] += char
    return dict(found)


_ALIKE: Final = _look_alikes()


def _words(text: str, change: Callable[[str], str]) -> str:
    """Changes each word that is no address."""
    parts = _SPLIT.split(text)
    return "".join(
        part if not part or part.isspace() or _ADDRESS.search(part) else change(part) for part in parts
    )


def _letters(text: str, change: Callable[[str], str], chance: random.Random, share: float) -> str:
    """Changes so many of the letters of words."""
    return _words(
        text,
        lambda word: "".join(
            change(char) if char.isalpha() and chance.random() < share else char for char in word
        ),
    )


def zero_width(text: str, chance: random.Random) -> str:
    """Invisible characters inside words."""
    return _letters(text, lambda char: char + chance.choice(_ZERO_WIDTH), chance, 0.4)


def combining(text: str, chance: random.Random) -> str:
    """Combining marks on letters."""
    return _letters(text, lambda char: char + chance.choice(_MARKS) * chance.randint(1, 3), chance, 0.5)


def confusables(text: str, chance: random.Random) -> str:
    """Letters of other scripts that look the same, in the middle of words."""
    return _letters(text, lambda char: chance.choice(_ALIKE.get(char.lower(), char)), chance, 0.5)


def fullwidth(text: str, chance: random.Random) -> str:
    """Fullwidth forms."""
    return _words(
        text, lambda word: "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in word)
    )


def mathematical(text: str, chance: random.Random) -> str:
    """Mathematical letters."""
    first = chance.choice(_MATHEMATICAL)

    def change(char: str) -> str:
        if "A" <= char <= "Z":
            return chr(first + ord(char) - ord("A"))
        if "a" <= char <= "z":
            code = first + 26 + ord(char) - ord("a")
            return _HOLES.get(code, chr(code))
        return char

    return _words(text, lambda word: "".join(map(change, word)))


def leet(text: str, chance: random.Random) -> str:
    """Digits and signs for letters, none at the end of a word."""

    def change(word: str) -> str:
        inner = [
            chance.choice(_LEET[char.lower()]) if char.lower() in _LEET and chance.random() < 0.6 else char
            for char in word[:-1]
        ]
        return "".join(inner) + word[-1:] if len(word) > _MIN_WORD else word

    return _words(text, change)


def spaced(text: str, chance: random.Random) -> str:
    """Letters kept apart by a blank, words by more than one."""
    return _apart(text, " ")


def dotted(text: str, chance: random.Random) -> str:
    """Letters kept apart by a dot, a dash or a star."""
    return _apart(text, chance.choice(".-*_"))


def _apart(text: str, between: str) -> str:
    parts = [part for part in _SPLIT.split(text) if part and not part.isspace()]
    changed = [part if _ADDRESS.search(part) or not part.isalpha() else between.join(part) for part in parts]
    return ("   " if between == " " else " ").join(changed)


def entities(text: str, chance: random.Random) -> str:
    """HTML's character references."""

    def change(char: str) -> str:
        return chance.choice((f"&#{ord(char)};", f"&#x{ord(char):x};"))

    return _letters(html.escape(text, quote=False), change, chance, 0.4) if "&" not in text else text


def repeated(text: str, chance: random.Random) -> str:
    """Letters written many times."""

    def change(word: str) -> str:
        if len(word) < _MIN_WORD or not word.isalpha():
            return word
        places = set(chance.sample(range(len(word)), k=min(len(word), chance.randint(1, 2))))
        return "".join(
            char * chance.randint(3, 5) if index in places else char for index, char in enumerate(word)
        )

    return _words(text, change)


def bidi(text: str, chance: random.Random) -> str:
    """Controls of the direction of writing around and in words."""

    def change(word: str) -> str:
        control = chance.choice(_BIDI)
        place = chance.randint(0, len(word))
        return word[:place] + control + word[place:] + _POP.get(control, "")

    return _words(text, change)


def boxed(text: str, chance: random.Random) -> str:
    """Emoji of letters, and letters in boxes and circles."""
    first = chance.choice(_BOXES)
    return _words(
        text,
        lambda word: "".join(
            chr(first + ord(char.lower()) - ord("a")) if char.isascii() and char.isalpha() else char
            for char in word
        ),
    )


WAYS: Final[dict[str, Way]] = {
    "zero-width": zero_width,
    "combining": combining,
    "confusables": confusables,
    "fullwidth": fullwidth,
    "mathematical": mathematical,
    "leet": leet,
    "spaced": spaced,
    "dotted": dotted,
    "entities": entities,
    "repeated": repeated,
    "bidi": bidi,
    "boxed": boxed,
}
