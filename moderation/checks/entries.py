"""The entries of a word list: plain words and phrases, ``*`` at their ends, and ``/regular expressions/`` of RE2.

RE2 takes time in proportion to the text, whatever the expression; what it cannot do (look around, back-references) is
refused when the list is saved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import re2

from model.normalise import fold
from moderation.checks.reading import Reading, is_unspaced, line_of

MAX_EXPRESSIONS: Final = 200  # in a list: they are tried together, but not for nothing
MAX_SIZE: Final = (
    1_500  # instructions of an expression: a long text costs it some tens of milliseconds at worst
)
MAX_SIZES: Final = 10_000  # of a list's expressions together
MIN_OPEN: Final = 2  # letters beside a `*`
_HANGUL: Final = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff]")
_BREAKS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_STANDS_IN: Final = re.compile(r"[a-z][@$!|€£+]|[@$!|€£+][a-z]")
_LATIN: Final = re.compile(r"[a-z]")


@dataclass(frozen=True, slots=True)
class Entries:
    """A list made ready: what is looked for in a line, the entry of each, and the expressions.

    ``patterns[i]`` belongs to the entry ``entries[owners[i]]``.
    """

    patterns: list[str]
    owners: list[int]
    expressions: list[str]


def is_expression(entry: str) -> bool:
    """Whether an entry is a regular expression."""
    return len(entry) > 2 and entry[0] == entry[-1] == "/"


def prepare(entries: Sequence[str]) -> Entries:
    """Makes a list ready; entries with a fault are left out."""
    found: dict[str, int] = {}
    plain: list[int] = []
    expressions: list[str] = []
    for index, entry in enumerate(entries):
        if is_expression(entry):
            expressions.append(entry[1:-1])
        else:
            plain.append(index)
    for index, line in zip(plain, _lines([entries[index] for index in plain]), strict=True):
        if line == entries[index] and len(line) > 1 and line.isascii():  # most are plain words
            found.setdefault(f" {line} ", index)
            continue
        for pattern in _patterns(entries[index], line):
            found.setdefault(pattern, index)
    usable = [one for one in expressions if _fault_of_expression(one) is None][:MAX_EXPRESSIONS]
    return Entries(list(found), list(found.values()), usable)


def faults(entries: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The entries that cannot be used: index, and a sentence that says why and what to do."""
    expressions, size = 0, 0
    plain: list[int] = []
    for index, entry in enumerate(entries):
        if not is_expression(entry):
            plain.append(index)
            continue
        expressions += 1
        why = _fault_of_expression(entry[1:-1])
        if why is None:
            size += compiled(entry[1:-1]).programsize
        if why is None and (expressions > MAX_EXPRESSIONS or size > MAX_SIZES):
            why = f"Give at most {MAX_EXPRESSIONS} regular expressions, and shorter ones; write plain entries for the rest."
        if why is not None:
            yield index, why
            if expressions > MAX_EXPRESSIONS:
                break
    for index, line in zip(plain, _lines([entries[index] for index in plain]), strict=True):
        if line != entries[index] and (why := _fault(entries[index], line)) is not None:
            yield index, why


def compiled(expression: str, memory: int = 8 << 20) -> re2._Regexp:
    """An expression on RE2, blind to case; raises ``re2.error``."""
    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    options.max_mem = memory
    return re2.compile(expression, options)


def _fault_of_expression(expression: str) -> str | None:
    if "\\Q" in expression or "\\C" in expression:
        return "Write the expression without `\\Q` and `\\C`."
    try:
        pattern = compiled(expression)
    except re2.error as fault:
        said = fault.args[0] if fault.args else ""
        said = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return f"The regular expression is not one of RE2 ({said}); it has no look-around and no back-references."
    if pattern.programsize > MAX_SIZE:
        return "The regular expression grows too large; use smaller repeats and classes."
    if pattern.search("") is not None:
        return "The regular expression matches the empty text, hence every comment; require a letter."
    return None


def _lines(entries: Sequence[str]) -> list[str]:
    """The line of each entry without the spaces around it; folded all at once, for a list has up to 50,000."""
    if not entries:
        return []
    folded = fold("\n".join([_BREAKS.sub(" ", entry) for entry in entries])).text
    return [row if row.isascii() and row.isalnum() else _line(row) for row in folded.split("\n")]


def _line(row: str) -> str:
    if _STANDS_IN.search(row):  # "a$$" is no "a"
        others = Reading(row).others
        return (others[0].text if others else line_of(row)).strip()
    return line_of(row).strip()


def _patterns(entry: str, line: str) -> Iterator[str]:
    if _fault(entry, line) is not None:
        return
    before = "" if entry[0] == "*" or is_unspaced(line[0]) else " "
    # Korean particles stand behind a word without a space.
    behind = "" if entry[-1] == "*" or is_unspaced(line[-1]) or _HANGUL.match(line[-1]) else " "
    yield before + line + behind
    if not line.isascii():
        mixed = " ".join([_mixed(word) for word in line.split(" ")])
        if mixed != line:
            yield before + mixed + behind


def _mixed(word: str) -> str:
    """A Cyrillic or Greek word as a mixture with Latin letters would be folded; itself if that could be a Latin word."""
    if word.isascii() or _LATIN.search(word):
        return word
    folded = fold("a" + word).text[1:]
    return word if folded.isascii() or len(folded) != len(word) else folded


def _fault(entry: str, line: str) -> str | None:
    if not line:
        return "It has no letter or digit to look for; remove it, or write signs as a `/regular expression/`."
    core = entry.strip("*")
    if len(entry) - len(core) > (entry[0] == "*") + (entry[-1] == "*"):
        return "Write one `*` at the start, at the end, or at both; it stands for any letters."
    if len(core) < len(entry) and len(line) < MIN_OPEN and not is_unspaced(line[0]):
        return f"With a `*`, write at least {MIN_OPEN} letters."
    if len(line) == 1 and len(core.strip()) > 1 and not is_unspaced(line):
        return f"Only “{line}” is left of it once signs are put aside, and that is found everywhere; remove it, or write it as a `/regular expression/`."
    return None
