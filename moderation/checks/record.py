"""Record: an author of whose latest comments many were rejected."""

from __future__ import annotations

from typing import Final

from moderation.checks.context import Context
from moderation.domain.comment import Draft, Reason
from moderation.domain.policy import Finding

ENOUGH: Final = 3  # decided comments below which a share says nothing


def often_rejected(draft: Draft, context: Context) -> Finding | None:
    """Holds when at least ``hold_rejected_share`` of the comments decided in the last ``record_days`` were rejected."""
    limit = context.policy.hold_rejected_share
    rejected = context.author.recent_rejected
    decided = rejected + context.author.recent_approved
    if limit is None or decided < ENOUGH or rejected < limit * decided:
        return None
    days = context.policy.record_days
    window = "the last day" if days == 1 else f"the last {days} days"
    text = f"{rejected} of the author's {decided} comments decided in {window} were rejected."
    return Finding(Reason("record", text, 0.7))
