"""What a check may know beside the comment. Pure data, gathered by the worker for a whole batch."""

from __future__ import annotations

from dataclasses import dataclass, field

from moderation.domain.activity import Activity
from moderation.domain.author import Record, Standing
from moderation.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Context:
    """The site's policy, the time (milliseconds), the author's record, what went before, and whether a moderator refused this comment.

    ``fingerprints`` are those of the text under which ``activity`` was found.
    """

    policy: Policy
    now: int = 0
    author: Record = field(default_factory=Record)
    activity: Activity = field(default_factory=Activity)
    human_rejected: bool = False
    fingerprints: tuple[str, ...] = ()

    @property
    def standing(self) -> Standing:
        """The author's standing now."""
        return self.author.standing(self.now, self.policy.hold_first_comments)
