"""Folds a text to the form in which words are compared, and undoes what is done to hide words from a filter.

``fold`` is the form in which every text is read: compatibility forms (fullwidth, mathematical, circled letters) become
plain, case and accents go, what cannot be seen goes, HTML's character references are read, and look-alike letters
(UTS #39) become Latin where a word mixes scripts; genuine Cyrillic, Greek, Arabic or CJK stays what it is.
``undo`` is one view more, for texts that need it: leet (v1agra), letters kept apart (f r e e, f.r.e.e) and letters
repeated (freeee). Both know where each character came from.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from model.confusables import FROM, TO
from model.units import CONTROLS

# Zero-width characters, joiners, bidi controls, soft hyphen, tatweel, variation selectors, tags: seen by no reader.
_UNSEEN: Final = frozenset(
    [0x00AD, 0x034F, 0x061C, 0x0640, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, 0x3164, 0xFEFF, 0xFFA0]
    + [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFE00, 0xFE10)]
    + [
        *range(0x80, 0x85),
        *range(0x86, 0xA0),
        *range(0x180B, 0x1810),
        *range(0xFFF0, 0xFFFC),
        *range(0x1BCA0, 0x1BCA4),
    ]
    + [*range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000)]
)
# Combining marks that sit on Latin, Greek and Cyrillic letters; those of other scripts carry vowels and stay.
_MARKS: Final = frozenset(
    [*range(0x0300, 0x0370), *range(0x0483, 0x048A), *range(0x1AB0, 0x1B00), *range(0x1DC0, 0x1E00)]
    + [*range(0x20D0, 0x2100), *range(0xFE20, 0xFE30)]
)
# Letters in boxes and circles that have no compatibility form, and the letters that make up flags.
_BOXED: Final = {
    first + step: chr(ord("a") + step)
    for first in (0x1F110, 0x1F130, 0x1F150, 0x1F170, 0x1F1E6)
    for step in range(26)
}
_ALIKE: Final = {ord(char.lower()): plain for char, plain in zip(FROM, TO, strict=True)}
_REFERENCE: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_WORD: Final = re.compile(r"[^\W\d_]+")
_ASCII_LETTER: Final = re.compile(r"[a-z]")
_FOREIGN: Final = re.compile(r"[^\x00-\u024f\u1e00-\u1eff\u2000-\u2bff\U0001f000-\U0001ffff]")


class _Table(dict[int, str]):
    """What each code point folds to, filled as characters are met; at most as many entries as Unicode has.

    ``uneven`` are those that fold to none or to several characters.
    """

    def __init__(self) -> None:
        super().__init__()
        self.uneven: set[str] = set()

    def __missing__(self, code: int) -> str:
        folded = _fold_code(code)
        if len(folded) != 1:
            self.uneven.add(chr(code))
        self[code] = folded
        return folded


def _fold_code(code: int) -> str:
    if code in _UNSEEN or code in _MARKS:
        return ""
    if code in _BOXED:
        return _BOXED[code]
    plain = unicodedata.normalize("NFKC", chr(code)).casefold().lower()  # Cherokee is folded to capitals
    if len(plain) <= 3 and ord(plain[0]) < 0x2000:  # Latin, Greek, Cyrillic with an accent: the letter alone
        bare = "".join(char for char in unicodedata.normalize("NFKD", plain) if ord(char) not in _MARKS)
        plain = bare or plain
    if len(plain) == 1 and (
        ord(plain) < 0x0370 or 0x1D00 <= ord(plain) < 0x1E00 or 0xA720 <= ord(plain) < 0xA800
    ):
        return _ALIKE.get(ord(plain), plain)  # a Latin letter in disguise is Latin in any word
    return plain


_TABLE: Final = _Table()


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in another form; ``offsets[i]`` is the index in the original of character ``i`` (one more at the end)."""

    text: str
    offsets: Sequence[int]

    def of(self, original: Folded) -> Folded:
        """The same with offsets into what the original was made from."""
        if isinstance(original.offsets, range):
            return self
        return Folded(self.text, [original.offsets[offset] for offset in self.offsets])


def fold_text(text: str) -> str:
    """The folded text alone: linear in its length, whatever combining marks it carries."""
    if "&" in text:
        text = _REFERENCE.sub(lambda match: html.unescape(match[0]), text)
    return text.lower() if text.isascii() else _translated(text)


@lru_cache(maxsize=1_000)  # a batch: the model, its reasons and who else reads a text fold it once
def _translated(text: str) -> str:
    # Where few characters are beyond ASCII, it is quicker to look these up alone.
    if len(text.encode("utf-8", "surrogatepass")) - len(text) >= len(text) // _FEW:
        folded = text.translate(_TABLE)
        return _latin(folded) if _FOREIGN.search(folded) else folded
    folded, changes = _BEYOND.subn(_look_up, text)
    folded = folded.lower()
    return _latin(folded) if changes and _FOREIGN.search("".join(_BEYOND.findall(folded))) else folded


def _look_up(match: re.Match[str]) -> str:
    return match[0].translate(_TABLE)


_FEW: Final = 8  # one in so many, counted in bytes
_PLAIN: Final = "‘’“”„–—•«»¿¡€£°"  # frequent in English, and folded they are what they were
_BEYOND: Final = re.compile(rf"[^\x00-\x7f{_PLAIN}]+")


def forget() -> None:
    """Lets the texts go that were folded last."""
    _translated.cache_clear()


def fold(text: str) -> Folded:
    """The folded text with its offsets."""
    offsets: Sequence[int] = range(len(text) + 1)
    if "&" in text:
        read = _read_references(text)
        text, offsets = read.text, read.offsets
    if text.isascii():
        return Folded(text.lower(), offsets)
    whole = _translated(text)
    if _TABLE.uneven.isdisjoint(text):
        return Folded(whole, offsets)
    pieces = [_TABLE[ord(char)] for char in text]
    places = [offsets[index] for index, piece in enumerate(pieces) for _ in piece]
    return Folded(whole, [*places, offsets[-1]])


_LINK_BEGINS: Final = re.compile(r"://|www\.")
_HOST: Final = re.compile(r"[^\s/?#<>\"')\]]{1,80}[/?#]?")
_TAIL: Final = re.compile(r"[^\s<>\"')\]]*")
# Characters behind a link's host that are kept: what follows names one page and says nothing of its kind.
KEPT_OF_A_PATH: Final = 12


def has_link(text: str) -> bool:
    """Whether ``shorten`` may find something to do."""
    return "://" in text or "www." in text


def shorten(folded: Folded) -> Folded:
    """The folded text with each link cut behind its host and the first characters of its path."""
    cuts = list(_tails(folded.text)) if has_link(folded.text) else []
    if not cuts:
        return folded
    return _slices(folded, list(_between(cuts, len(folded.text))))


def shorten_text(text: str) -> str:
    """``shorten`` of a folded text without offsets."""
    if not has_link(text):
        return text
    return "".join([text[first:last] for first, last in _between(list(_tails(text)), len(text))])


def _tails(text: str) -> Iterator[tuple[int, int]]:
    done = 0
    while (begin := _LINK_BEGINS.search(text, done)) is not None:
        host = _HOST.match(text, begin.end())
        done = host.end() if host else begin.end()
        end = _end_of(text, done)
        if end - done > KEPT_OF_A_PATH:
            yield done + KEPT_OF_A_PATH, end
        done = end


def _end_of(text: str, start: int) -> int:
    found = _TAIL.match(text, start)
    return found.end() if found else start


def _between(cuts: list[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    done = 0
    for first, last in cuts:
        if first > done:
            yield done, first
        done = max(done, last)
    yield done, size


def _read_references(text: str) -> Folded:
    def read(match: re.Match[str]) -> Folded:
        char = html.unescape(match[0])
        return Folded(char, [match.start()] * len(char))

    return _replaced(_REFERENCE, read, text)


def _replaced(pattern: re.Pattern[str], read: Callable[[re.Match[str]], Folded], text: str) -> Folded:
    """A text with what a pattern finds read otherwise; the offsets that ``read`` gives are into the whole text."""
    parts: list[str] = []
    offsets: list[int] = []
    done = 0
    for match in pattern.finditer(text):
        other = read(match)
        parts += (text[done : match.start()], other.text)
        offsets += (*range(done, match.start()), *other.offsets)
        done = match.end()
    return Folded("".join((*parts, text[done:])), [*offsets, *range(done, len(text) + 1)])


def _latin(folded: str) -> str:
    """Look-alikes to Latin where they stand in for it; one character for one, so that offsets hold."""
    if not _ASCII_LETTER.search(folded):
        return folded
    return _WORD.sub(_one_script, folded)


def _one_script(match: re.Match[str]) -> str:
    word = match[0]
    if word.isascii():
        return word
    # A word of look-alikes alone, such as "сахар"'s first four letters, may be genuine: only a mixed word is not.
    return word.translate(_ALIKE) if _ASCII_LETTER.search(word) else word


# -- what hides words though every letter is plain -------------------------------------------------------------------

_LEET: Final = str.maketrans("0134578@$!|€£+", "oieastbasiielt")
_TOKEN: Final = re.compile(r"\S+")
_LEET_WORD: Final = re.compile(r"[a-z0-9@$!|€£+]+")
# Each branch looks back: a pattern that begins with a rare character is searched for quickly.
_LEET_INSIDE: Final = re.compile(
    r"[0134578@$!|€£+](?:(?<=[a-z].)[0134578@$!|€£+]{0,2}[a-z]"
    r"|(?<=[0134578$€£])(?:(?<![a-z0-9].)[a-z]{3}|(?<=[a-z]{3}.)(?![a-z0-9])))"
)
_ADDRESS: Final = re.compile(r"://|www\.|@[\w-]+\.[a-z]|\.(?:com|net|org)\b|[?&=/]\S*[?&=/]")
_APART: Final = re.compile(
    r"(?<![^\W_])(?:[^\W_](?: {1,3}|[.\-_*·•~,/\\|+'’:;()\[\]{}<>\n]{1,2} ?)){3,}[^\W_](?![^\W_])"
)
_GAP: Final = re.compile(r"[\W_]+")
_TRIPLE: Final = re.compile(r"(?!www\.)([^\W\d_])\1{2,}")
_DOUBLE: Final = re.compile(r"(?!www\.)([^\W\d_])\1+")
MANY: Final = 3  # words with repeated letters before doubled letters are taken for the same trick


_CONTROLS: Final = frozenset(map(chr, CONTROLS))
# What follows is shown from right to left, up to the end or the mark that ends it.
BACKWARDS: Final = "\u202e"
_WRITTEN_BACKWARDS: Final = re.compile("\u202e([^\u202c\u202e]*)\u202c?")


def turn(text: str) -> Folded:
    """The folded text as it is shown, with what is written backwards turned: there the offsets fall."""

    def read(match: re.Match[str]) -> Folded:
        return Folded(match[1][::-1], range(match.end(1) - 1, match.start(1) - 1, -1))

    turned = _replaced(_WRITTEN_BACKWARDS, read, text)
    return fold(turned.text).of(turned)


def undo(folded: Folded, *, apart: bool = True) -> Folded:
    """The folded text without control characters, with letters kept apart joined, repeated letters once, and leet read; the same if it has none.

    ``apart``: whether there may be letters kept apart; to look for them takes longest.
    """
    seen = all_alike(shown(folded))
    return _leet(_once(_join(seen) if apart else seen))


def all_alike(folded: Folded) -> Folded:
    """Words of look-alikes alone read as Latin; ``fold`` leaves them, for one may be a genuine word of another script."""
    if folded.text.isascii():
        return folded
    foreign = len(_FOREIGN.findall(folded.text))
    if not 0 < foreign < len(_ASCII_LETTER.findall(folded.text)):
        return folded  # the other script is the text's own
    return Folded(_WORD.sub(_as_latin, folded.text), folded.offsets)


def _as_latin(match: re.Match[str]) -> str:
    word = match[0].translate(_ALIKE)
    return word if word.isascii() else match[0]


def shown(folded: Folded) -> Folded:
    """Without control characters, which no browser shows."""
    if _CONTROLS.isdisjoint(folded.text):
        return folded
    return _kept(folded, [index for index, char in enumerate(folded.text) if char not in _CONTROLS])


def _join(folded: Folded) -> Folded:
    if not _APART.search(folded.text):
        return folded
    keep: list[int] = []
    done = 0
    for match in _APART.finditer(folded.text):
        keep += range(done, match.start())
        keep += _letters(folded.text, *match.span())
        done = match.end()
    keep += range(done, len(folded.text))
    return _kept(folded, keep)


def _letters(text: str, start: int, end: int) -> list[int]:
    """The letters of a run, and one space where it has a blank that is not its usual gap: there a word ends."""
    gaps = [match.span() for match in _GAP.finditer(text, start, end)]
    usual = Counter(text[slice(*gap)] for gap in gaps).most_common(1)[0][0]
    inside = {index for gap in gaps for index in range(*gap)}
    for gap in gaps:
        found = text[slice(*gap)]
        if found != usual and " " in found:
            inside.remove(gap[0] + found.index(" "))
    return [index for index in range(start, end) if index not in inside]


def _once(folded: Folded) -> Folded:
    found = list(_TRIPLE.finditer(folded.text))
    if not found:
        return folded
    if len(found) >= MANY:
        found = list(_DOUBLE.finditer(folded.text))
    kept, done = [], 0
    for match in found:
        kept.append((done, match.start() + 1))
        done = match.end()
    return _slices(folded, [*kept, (done, len(folded.text))])


def _slices(folded: Folded, kept: Sequence[tuple[int, int]]) -> Folded:
    offsets = [offset for first, last in kept for offset in folded.offsets[first:last]]
    return Folded("".join([folded.text[first:last] for first, last in kept]), [*offsets, folded.offsets[-1]])


def _kept(folded: Folded, keep: list[int]) -> Folded:
    return Folded(
        "".join([folded.text[index] for index in keep]),
        [*(folded.offsets[index] for index in keep), folded.offsets[-1]],
    )


def _leet(folded: Folded) -> Folded:
    if not _LEET_INSIDE.search(folded.text):
        return folded
    words = [word if word.isalpha() else _TOKEN.sub(_read_leet, word) for word in folded.text.split(" ")]
    return Folded(" ".join(words), folded.offsets)


def _read_leet(match: re.Match[str]) -> str:
    token = match[0]
    if token.isalpha() or _ADDRESS.search(token):
        return token
    return _LEET_WORD.sub(
        lambda word: word[0].translate(_LEET) if _ASCII_LETTER.search(word[0]) else word[0], token
    )
