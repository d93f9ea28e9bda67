"""What a check may know beside the comment. Pure data, gathered by the worker for a whole batch."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Context:
    """The site's policy, the author's approved comments so far, and whether a moderator refused this comment before."""

    policy: Policy
    author_approved: int = 0
    human_rejected: bool = False
