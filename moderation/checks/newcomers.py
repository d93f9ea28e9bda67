"""Newcomers: an author's first comments are held until enough of them were approved."""

from __future__ import annotations

from moderation.checks.context import Context
from moderation.domain.comment import Draft, Reason
from moderation.domain.policy import Finding


def first_comments(draft: Draft, context: Context) -> Finding | None:
    """Holds until the author has ``hold_first_comments`` approved ones; an author without any identity stays new."""
    wanted = context.policy.hold_first_comments
    if context.author.approved >= wanted:
        return None
    known = "has no approved comment yet" if not context.author.approved else "is still new"
    text = f"The author {known}; the site holds comments until {wanted} of them are approved."
    return Finding(Reason("newcomer", text, 0.5))
