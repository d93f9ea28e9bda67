"""A comment's text as the checks read it: folded once, its words in one line, and further readings that undo disguises.

A line is the words with one space between them, before and behind: ``" buy v agra now "``. What is looked for has its own
spaces, so that a word is found as a whole and never inside another, however the text is punctuated. Chinese, Japanese,
Thai, Lao, Khmer and Burmese have no spaces between words: there a line parts only what punctuation parts.
"""

from __future__ import annotations

import bisect
import itertools
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import ahocorasick_rs

from model import normalise
from model.normalise import BACKWARDS, Folded, all_alike, fold, has_link, shown, turn


def _ranges(codes: Sequence[int]) -> str:
    found: list[list[int]] = []
    for code in codes:
        if found and code == found[-1][1] + 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in found)


# Vowel signs and the like: part of a word, though not letters. Beyond 0x1CFF the BMP has them in 0xA000-0xAC00 alone.
_MARKS: Final = _ranges(
    [
        code
        for code in (*range(0x0483, 0x1D00), *range(0xA000, 0xAC00))
        if unicodedata.category(chr(code))[0] == "M"
    ]
)
UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_STAND_INS: Final = "@$!|€£+"
_ASCII_WORDS: Final = re.compile(r"[a-z0-9]+")
_WORDS: Final = re.compile(rf"[{UNSPACED}]+|(?:(?![{UNSPACED}])[^\W_]|[{_MARKS}])+")
_WORDS_AND_SIGNS: Final = re.compile(rf"[{UNSPACED}]+|(?:(?![{UNSPACED}])[^\W_]|[{_STAND_INS}{_MARKS}])+")
_UNSPACED: Final = re.compile(rf"[{UNSPACED}]")
_PART_OF_WORD: Final = re.compile(rf"[{UNSPACED}{_MARKS}]")
_BEYOND: Final = re.compile(r"[^\x00-\x7f]")
# An ASCII text with a blank for whatever is neither letter nor digit.
SPACED: Final = "".join([chr(code) if chr(code).isalnum() else " " for code in range(128)])


def words_of(folded: str) -> Iterator[re.Match[str]]:
    """The words of a folded text, in order."""
    return (_ASCII_WORDS if folded.isascii() else _WORDS).finditer(folded)


def line_of(folded: str) -> str:
    """The words of a folded text in one line; a single space if it has none."""
    if not folded.isascii():
        for sign in set(_BEYOND.findall(folded)):  # quotes and dashes, mostly
            if not sign.isalnum() and not _PART_OF_WORD.match(sign):
                folded = folded.replace(sign, " ")
    words = folded.translate(SPACED).split() if folded.isascii() else _WORDS.findall(folded)
    return f" {' '.join(words)} " if words else " "


def is_unspaced(char: str) -> bool:
    """Whether the script of a letter puts no spaces between words."""
    return _UNSPACED.match(char) is not None


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a reading and the index in the folded text of each of its characters."""

    text: str
    places: Sequence[int]


@dataclass(frozen=True)
class Line:
    """One reading of a text: words in a line, and where they come from."""

    text: str
    folded: Folded
    parts: Callable[[], Sequence[Word]]
    backwards: bool = False

    @cached_property
    def _places(self) -> list[int]:
        # Of each character of the line the index in the folded text; a space has that of what precedes it.
        found = [0]
        for word in self.parts():
            found += word.places
            found.append(word.places[-1])
        return found

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The range in the original text of a range of the line."""
        places = self._places[start:end]
        offsets = self.folded.offsets
        begins = [offsets[place] for place in places]
        ends = [self._end(place) for place in places]
        return min(begins), max(ends)

    def _end(self, place: int) -> int:
        # What is not seen behind a character belongs to it; a reference such as &amp; does too. Of what is written
        # backwards the next character lies before it, or far away: there it ends with itself.
        start, following = self.folded.offsets[place], self.folded.offsets[place + 1]
        return following if start < following and not self.backwards else start + 1


class Reading:
    """A text read: ``folded``, ``line``, and ``others``, the readings that undo disguises (none for most texts)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._backwards = BACKWARDS in text
        self.folded: Final = turn(text) if self._backwards else fold(text)

    @cached_property
    def line(self) -> Line:
        """The words as they stand."""
        return Line(line_of(self.folded.text), self.folded, self._plain_words, self._backwards)

    def _plain_words(self) -> list[Word]:
        return _words(self.folded.text)

    @cached_property
    def others(self) -> tuple[Line, ...]:
        """Further readings, each whole: a phrase may have one disguised word and one plain one."""
        seen = self.folded
        if _MAY_BE_ALIKE.search(seen.text):
            seen = all_alike(shown(seen))
        if _APART.search(self.line.text):
            return self._with_joined(seen)
        odd = [
            (start, end, _undone((Word(seen.text[start:end], range(start, end)),)))
            for start, end in _odd_words(seen.text)
        ]
        if odd:
            count = min(_MOST, max(len(choices) for _, _, choices in odd))
            return tuple(
                self._edited(
                    [(start, end, choices[number % len(choices)]) for start, end, choices in odd], seen
                )
                for number in range(count)
            )
        if seen.text == self.folded.text:
            return ()
        return (Line(line_of(seen.text), seen, lambda: _words(seen.text), self._backwards),)

    def _edited(self, edits: Sequence[tuple[int, int, Word]], seen: Folded) -> Line:
        """The text with some words read otherwise."""
        pieces: list[str] = []
        done = 0
        for start, end, word in edits:
            pieces += (seen.text[done:start], word.text)
            done = end
        text = "".join([*pieces, seen.text[done:]])

        def parts() -> list[Word]:
            places: list[int] = []
            before = 0
            for start, end, word in edits:
                places += (*range(before, start), *word.places)
                before = end
            places += range(before, len(seen.text))
            return [Word(match[0], places[match.start() : match.end()]) for match in words_of(text)]

        return Line(line_of(text), seen, parts, self._backwards)

    def _with_joined(self, seen: Folded) -> tuple[Line, ...]:
        """Readings in which letters kept apart are joined; rare, so that it may take long."""
        words = [Word(match[0], range(*match.span())) for match in _WORDS_AND_SIGNS.finditer(seen.text)]
        links = _links_in(seen.text)
        choices = [
            choice if _within(choice[0].places[0], links) else _undone(choice)
            for choice in _joined(words, seen.text)
        ]
        count = min(_MOST, max(map(len, choices), default=0))
        return tuple(
            self._line([choice[number % len(choice)] for choice in choices], seen) for number in range(count)
        )

    def _line(self, words: Sequence[Word], seen: Folded) -> Line:
        return Line(f" {' '.join([word.text for word in words])} ", seen, lambda: words, self._backwards)


def _words(folded: str) -> list[Word]:
    return [Word(match[0], range(*match.span())) for match in words_of(folded)]


@lru_cache(maxsize=1_000)  # a batch of the worker's, whose texts are read before any of them is checked
def read(text: str) -> Reading:
    """The reading of a text; all that looks at one comment shares it until ``forget``."""
    return Reading(text)


def forget() -> None:
    """Lets the texts of a batch go: no comment's text stays in memory when its work is done."""
    read.cache_clear()
    normalise.forget()


# -- what hides words though every letter is plain --------------------------------------------------------------------

_MOST: Final = 6  # readings of a text
_APART: Final = re.compile(r" [^ ] [^ ] [^ ] ")
_STANDS_IN: Final = re.compile(r"[0-9@$|€£+](?:(?<=[a-z].)|(?=[a-z]))|!(?=[a-z])")
# Only an automaton finds repeated letters in no time; other scripts' letters are not repeated to hide a word.
_REPEATED: Final = ahocorasick_rs.AhoCorasick(
    [
        char * 3
        for char in "abcdefghijklmnopqrstuvwxyzабвгдежзиклмнопрстуфхцчшщъыьэюяієґαβγδεζηθικλμνξοπρστυφχψω"
    ]
)
# Letters of another script, which may stand in for Latin ones, and control characters.
_MAY_BE_ALIKE: Final = re.compile(r"[\x01-\x08\x0e-\x1f\x7f\u0370-\u1dff\u2c00-\u2dff\ua000-\uabff]")
_REACH: Final = 64  # characters of an odd word that are read, to each side
_LINKS: Final = re.compile(r"(?:://|www\.)\S*")
# A one may stand for i or l: both are tried.
_READ_AS: Final = tuple(str.maketrans("013456789@$!|€£+", f"o{one}easgtbgasi{one}elt") for one in "il")
_LETTER: Final = re.compile(r"[a-z]")
_SIGN: Final = re.compile(rf"[0-9{re.escape(_STAND_INS)}]")
_DIGIT: Final = re.compile(r"[0-9]")
_TRIPLE: Final = re.compile(r"([^\W\d_])\1{2,}")
_DOUBLE: Final = re.compile(r"([^\W\d_])\1+")
_MANY: Final = 3  # letters of a word that are doubled before doubling is taken for a trick


def _joined(words: Sequence[Word], text: str) -> list[tuple[Word, ...]]:
    """Letters kept apart, three and more in a row, as one word; also without a first or last one, which may be a word itself."""
    found: list[tuple[Word, ...]] = []
    run: list[Word] = []
    for word in (*words, None):
        if word is not None and len(word.text) == 1:
            run.append(word)
            continue
        for group in _groups(run, text):
            if len(group) < 3:
                found += [(one,) for one in group]
            else:
                whole = _together(group)
                found.append((whole, _together(group[1:]), _together(group[:-1])))
        run = []
        if word is not None:
            found.append((word,))
    return found


def _groups(run: Sequence[Word], text: str) -> Iterator[Sequence[Word]]:
    """A run parted at the blanks that are not its usual gap: there a word ends."""
    if len(run) < 3:
        yield run
        return
    gaps = [text[one.places[-1] + 1 : other.places[0]] for one, other in itertools.pairwise(run)]
    usual = Counter(gaps).most_common(1)[0][0]
    start = 0
    for index, gap in enumerate(gaps, 1):
        if (gap != usual and any(char.isspace() for char in gap)) or len(gap) > 3:
            yield run[start:index]
            start = index
    yield run[start:]


def _together(group: Sequence[Word]) -> Word:
    return Word("".join([word.text for word in group]), [place for word in group for place in word.places])


def _odd_words(text: str) -> list[tuple[int, int]]:
    """The words that have digits or signs beside letters, or a letter three times; none in links, which have them all."""
    marks = [match.start() for match in _STANDS_IN.finditer(text)]
    marks += [start for _, start, _ in _REPEATED.find_matches_as_indexes(text)]
    if not marks:
        return []
    links = _links_in(text)
    found: list[tuple[int, int]] = []
    for mark in sorted(marks):
        if (found and mark < found[-1][1]) or _within(mark, links):
            continue
        start, end = mark, mark + 1
        while (
            start and mark - start < _REACH and (text[start - 1].isalnum() or text[start - 1] in _STAND_INS)
        ):
            start -= 1
        while end < len(text) and end - mark < _REACH and (text[end].isalnum() or text[end] in _STAND_INS):
            end += 1
        found.append((start, end))
    return found


def _links_in(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _LINKS.finditer(text)] if has_link(text) else []


def _within(place: int, ranges: Sequence[tuple[int, int]]) -> bool:
    # Ranges in order that do not meet; a text may have thousands.
    after = bisect.bisect_right(ranges, (place, sys.maxsize))
    return after > 0 and place < ranges[after - 1][1]


def _undone(choice: tuple[Word, ...]) -> tuple[Word, ...]:
    """Each way in which a word may be read, best first."""
    return tuple(once for word in choice for plain in _without_signs(word) for once in _once(plain))


def _without_signs(word: Word) -> tuple[Word, ...]:
    """Digits and signs read as the letters for which they stand in."""
    if not _SIGN.search(word.text):
        return (word,)
    start, end = 0, len(word.text)
    while start < end and word.text[start] in "+|":
        start += 1
    while end > start and word.text[end - 1] in "!|+@€£":  # "great!" is a word and its mark
        end -= 1
    text, places = word.text[start:end], word.places[start:end]
    letters, signs, numerals = (len(one.findall(text)) for one in (_LETTER, _SIGN, _DIGIT))
    if not letters or not signs or numerals > letters:  # "A55" is a road
        bare = "".join([char if char not in _STAND_INS else " " for char in word.text]).split()
        return (Word(text, places),) if len(bare) == 1 and bare[0] == text else (word,)
    read = [text.translate(table) for table in _READ_AS]
    return tuple(Word(one, places) for one in dict.fromkeys(read))


def _once(word: Word) -> Iterator[Word]:
    """Letters that are repeated three times and more, once and twice; all once where many are doubled."""
    tripled = list(_TRIPLE.finditer(word.text))
    if tripled:
        yield _kept(word, tripled, 1)
        yield _kept(word, tripled, 2)
    elif len(doubled := list(_DOUBLE.finditer(word.text))) >= _MANY:
        yield _kept(word, doubled, 1)
    else:
        yield word


def _kept(word: Word, runs: Sequence[re.Match[str]], times: int) -> Word:
    gone: set[int] = set()
    for match in runs:
        # The first letters of a run that begins the word, else the last: so a span reaches from end to end.
        first = match.start() + times if match.start() == 0 else match.start() + times - 1
        gone.update(range(first, first + match.end() - match.start() - times))
    kept = [index for index in range(len(word.text)) if index not in gone]
    return Word("".join([word.text[index] for index in kept]), [word.places[index] for index in kept])
