"""Links: more of them than the site allows."""

from __future__ import annotations

import re

from moderation.checks.context import Context
from moderation.domain.comment import Draft, Reason
from moderation.domain.policy import Finding

# A scheme or www., then anything up to space or closing marks; linear, nothing to backtrack into.
LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"')\]]{2,2000}", re.IGNORECASE)


def too_many(draft: Draft, context: Context) -> Finding | None:
    """Holds a comment with more links than the policy's ``max_links``."""
    limit = context.policy.max_links
    if limit is None:
        return None
    spans = tuple(match.span() for match in LINK.finditer(draft.text))
    if len(spans) <= limit:
        return None
    noun = "link" if len(spans) == 1 else "links"
    return Finding(
        Reason("too_many_links", f"It has {len(spans)} {noun}; the site allows {limit}.", 0.9, spans[:20])
    )
