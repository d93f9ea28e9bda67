"""Names of sites, comments and people: their patterns, and ids that sort by time. Pure: time and chance are handed in."""

from __future__ import annotations

import re
from typing import Final

SITE_PATTERN: Final = r"^[a-z0-9-]{1,64}$"
_SITE = re.compile(SITE_PATTERN.removeprefix("^").removesuffix("$"))
MAX_ID: Final = 128  # characters of a comment's id, as the contract promises
MAX_NAME: Final = 100  # characters of the name on a key
NO_HUMANS: Final = frozenset({"model", "rule"})  # whose decisions these are, no moderator can be called


def is_site(slug: str) -> bool:
    """Whether the text can name a site."""
    return _SITE.fullmatch(slug) is not None


def is_comment_id(text: str) -> bool:
    """Whether the text can be a comment's id: 1 to 128 printable characters."""
    return 0 < len(text) <= MAX_ID and text.isprintable()


def fault_of_name(name: str) -> str | None:
    """What is wrong with the name of a key's holder, as a sentence; None if nothing is."""
    if not name.strip() or not name.isprintable() or len(name) > MAX_NAME:
        return f"A name has 1 to {MAX_NAME} printable characters."
    if name != name.strip():
        return "Leave out the space around the name."
    if name.casefold() in NO_HUMANS:
        return "`model` and `rule` stand for decisions by no human; choose another name."
    return None


def uuid7(now_ms: int, chance: int) -> str:
    """A UUIDv7 (RFC 9562, section 5.7) from milliseconds since the epoch and 74 random bits."""
    rand_a = (chance >> 62) & 0xFFF
    rand_b = chance & ((1 << 62) - 1)
    value = (now_ms & ((1 << 48) - 1)) << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
