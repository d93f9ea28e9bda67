"""Form: too short, too long, in capitals, or nothing in it that a reader could see."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from moderation.checks.context import Context
from moderation.checks.reading import read
from moderation.domain.comment import Draft, Reason
from moderation.domain.policy import Finding

ENOUGH_LETTERS: Final = 20  # with two cases; below, "USA!" would be all capitals
_ASCII_SEEN: Final = re.compile(r"[0-9A-Za-z]")  # nearly every comment has one near its beginning
_BLANK: Final = frozenset(
    "\u2800\u3164\u115f\u1160\uffa0"
)  # of which Unicode does not say that they are blank


def too_short(draft: Draft, context: Context) -> Finding | None:
    """Holds a comment of fewer characters than ``min_length``; spaces around it do not count."""
    limit = context.policy.min_length
    length = len(draft.text.strip())
    if limit is None or length >= limit:
        return None
    return Finding(Reason("too_short", f"It has {_characters(length)}; the site wants {limit} or more.", 0.4))


def too_long(draft: Draft, context: Context) -> Finding | None:
    """Holds a comment of more characters than ``max_length``; spaces around it do not count."""
    limit = context.policy.max_length
    length = len(draft.text.strip())
    if limit is None or length <= limit:
        return None
    return Finding(Reason("too_long", f"It has {_characters(length)}; the site allows {limit}.", 0.4))


def capitals(draft: Draft, context: Context) -> Finding | None:
    """Holds a comment with a greater share of capitals among its letters than ``max_capitals``."""
    limit = context.policy.max_capitals
    if limit is None:
        return None
    upper = sum(map(str.isupper, draft.text))
    cased = upper + sum(map(str.islower, draft.text))
    if cased < ENOUGH_LETTERS or upper <= limit * cased:
        return None
    text = f"{upper / cased:.0%} of its letters are capitals; the site allows {limit:.0%}."
    return Finding(Reason("capitals", text, 0.4))


def empty(draft: Draft, context: Context) -> Finding | None:
    """Holds a comment in which nothing can be seen: blanks, invisible characters, accents on nothing."""
    if not context.policy.hold_empty or _is_plain(draft.text):
        return None
    if any(map(_is_seen, read(draft.text).folded.text)):
        return None
    return Finding(Reason("empty", "It has nothing in it that a reader could see.", 0.9))


def _is_plain(text: str) -> bool:
    # A reference such as &#8203; has letters and shows nothing.
    return "&" not in text and _ASCII_SEEN.search(text) is not None


def _is_seen(char: str) -> bool:
    return char.isalnum() or (unicodedata.category(char)[0] in "LNPS" and char not in _BLANK)


def _characters(number: int) -> str:
    return "1 character" if number == 1 else f"{number} characters"
