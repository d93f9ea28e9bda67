"""Banned and suspect words: whole words and phrases in any script, through the normalisation that undoes disguises."""

from __future__ import annotations

import re
from functools import lru_cache

from model.normalise import fold
from moderation.checks.context import Context
from moderation.domain.comment import Draft, Reason, RejectReason
from moderation.domain.policy import Effect, Finding

MAX_SPANS = 20  # enough to show; a text of one banned word a thousand times needs no thousand marks


def banned(draft: Draft, context: Context) -> Finding | None:
    """Rejects a comment with a banned word."""
    return _found(draft.text, context.policy.banned_words, "banned_word", "banned", Effect.REJECT)


def suspect(draft: Draft, context: Context) -> Finding | None:
    """Holds a comment with a suspect word."""
    return _found(draft.text, context.policy.suspect_words, "suspect_word", "suspect", Effect.HOLD)


def _found(text: str, entries: tuple[str, ...], code: str, kind: str, effect: Effect) -> Finding | None:
    if not entries:
        return None
    folded = fold(text)
    matches = [match.span() for match in _pattern(entries).finditer(folded.text)][:MAX_SPANS]
    if not matches:
        return None
    spans = tuple((folded.offsets[start], folded.offsets[end - 1] + 1) for start, end in matches)
    words = ", ".join(f"“{word}”" for word in dict.fromkeys(text[start:end] for start, end in spans[:3]))
    reason = Reason(code, f"It contains {words}, on the site's list of {kind} words.", 1.0, spans)
    return Finding(reason, effect, RejectReason.BANNED_WORD)


@lru_cache(maxsize=256)  # as many lists as sites that are busy at a time
def _pattern(entries: tuple[str, ...]) -> re.Pattern[str]:
    # Literals only, longest first, between non-word characters: no entry can make the search backtrack.
    words = sorted({fold(entry).text.strip() for entry in entries} - {""}, key=len, reverse=True)
    alternatives = "|".join(r"\s+".join(re.escape(part) for part in word.split()) for word in words)
    return re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")
