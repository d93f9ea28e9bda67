"""Edits of refused comments: a moderator's no is not overturned by a machine."""

from __future__ import annotations

from moderation.checks.context import Context
from moderation.domain.comment import Draft, Reason
from moderation.domain.policy import Finding


def refused_before(draft: Draft, context: Context) -> Finding | None:
    """Holds an edited comment of which a moderator rejected an earlier revision."""
    if not context.human_rejected:
        return None
    return Finding(Reason("rejected_before", "A moderator rejected an earlier version of this comment.", 0.8))
