"""Banned and suspect words: whole words and phrases in any script, through the readings that undo disguises.

A list is made ready once (`ready`: some 0.1 s for 50,000 entries) and then costs a comment the same however long it is: one
walk over its words with an Aho-Corasick automaton.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

import ahocorasick_rs
import re2

from moderation.checks.context import Context
from moderation.checks.entries import compiled, prepare
from moderation.checks.reading import Line, Reading, is_unspaced, read
from moderation.checks.ready import Ready
from moderation.domain.comment import Draft, Reason, RejectReason
from moderation.domain.policy import Effect, Finding, Policy

MAX_SPANS: Final = 20  # enough to show; a text of one banned word a thousand times needs no thousand marks
MAX_MORE: Final = 40  # characters of a word beside what an entry with `*` found
MAX_ENTRIES: Final = 1_000_000  # of all lists that are kept ready; each takes some 400 bytes


def banned(draft: Draft, context: Context) -> Finding | None:
    """Rejects a comment with a banned word."""
    return _found(draft.text, context.policy.banned_words, "banned_word", "banned", Effect.REJECT)


def suspect(draft: Draft, context: Context) -> Finding | None:
    """Holds a comment with a suspect word."""
    return _found(draft.text, context.policy.suspect_words, "suspect_word", "suspect", Effect.HOLD)


def are_ready(policy: Policy) -> bool:
    """Whether the checks need not make a policy's lists ready first."""
    return all(not entries or _READY.has(entries) for entries in (policy.banned_words, policy.suspect_words))


def make_ready(policy: Policy) -> None:
    """Makes a policy's lists ready ahead, for instance in a thread; the checks then find them so."""
    for entries in (policy.banned_words, policy.suspect_words):
        if entries:
            ready(entries)


class WordList:
    """A list of entries, ready to be looked for."""

    def __init__(self, entries: tuple[str, ...]) -> None:
        self.entries: Final = entries
        made = prepare(entries)
        self._owners: Final = made.owners
        # The contiguous automaton: as quick as the largest one, in a tenth of its memory.
        self._automaton: Final = (
            ahocorasick_rs.AhoCorasick(
                made.patterns,
                store_patterns=False,
                implementation=ahocorasick_rs.Implementation.ContiguousNFA,
            )
            if made.patterns
            else None
        )
        # One expression of all: they are tried at once, and none can take more time than the text is long.
        self._expression: Final[re2._Regexp | None] = (
            compiled("|".join(f"(?:{one})" for one in made.expressions), 64 << 20)
            if made.expressions
            else None
        )

    def search(self, reading: Reading) -> Iterator[tuple[tuple[int, int], str | None]]:
        """The ranges of the original text that match, and the entry of each; None for an expression."""
        if self._automaton is not None:
            yield from self._in_line(reading.line)
            for line in reading.others:
                yield from self._in_line(line)
        if self._expression is not None:
            for match in islice(self._expression.finditer(reading.text), MAX_SPANS):
                if match.start() < match.end():
                    yield match.span(), None
            if reading.folded.text != reading.text:
                offsets = reading.folded.offsets
                for match in islice(self._expression.finditer(reading.folded.text), MAX_SPANS):
                    if match.start() < match.end():
                        places = offsets[match.start() : match.end()]
                        yield (min(places), max(places) + 1), None

    def _in_line(self, line: Line) -> Iterator[tuple[tuple[int, int], str | None]]:
        assert self._automaton is not None
        text = line.text
        seen: set[tuple[int, int]] = set()
        for pattern, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            # To the ends of the words: for an entry with `*` the whole word is shown, unless it is endless.
            begin, stop = start + (text[start] == " "), end - (text[end - 1] == " ")
            first, last = begin - MAX_MORE, stop + MAX_MORE
            while begin > first and text[begin - 1] != " " and not is_unspaced(text[begin]):
                begin -= 1
            while stop < last and text[stop] != " " and not is_unspaced(text[stop - 1]):
                stop += 1
            if (begin, stop) not in seen:
                seen.add((begin, stop))
                yield line.span(begin, stop), self.entries[self._owners[pattern]]


_READY: Final = Ready(WordList, MAX_ENTRIES)


def ready(entries: tuple[str, ...]) -> WordList:
    """The list made ready, or kept from an earlier comment."""
    return _READY.of(entries)


def _found(text: str, entries: tuple[str, ...], code: str, kind: str, effect: Effect) -> Finding | None:
    if not entries:
        return None
    matches = dict(islice(_distinct(ready(entries).search(read(text))), MAX_SPANS))
    if not matches:
        return None
    spans = tuple(sorted(matches))
    words = ", ".join(dict.fromkeys(_named(text[start:end], matches[start, end]) for start, end in spans[:3]))
    reason = Reason(code, f"It contains {words}, on the site's list of {kind} words.", 1.0, spans)
    return Finding(reason, effect, RejectReason.BANNED_WORD)


def _distinct(
    matches: Iterator[tuple[tuple[int, int], str | None]],
) -> Iterator[tuple[tuple[int, int], str | None]]:
    seen: set[tuple[int, int]] = set()
    for span, entry in matches:
        if span not in seen:
            seen.add(span)
            yield span, entry


def _named(found: str, entry: str | None) -> str:
    """What was found, and the entry if an editor could not see it in that."""
    if entry is None or entry.strip("*").casefold() in found.casefold():
        return f"“{found}”"
    return f"“{found}” (read as “{entry}”)"
