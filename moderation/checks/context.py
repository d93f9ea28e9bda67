"""What a check may know beside the comment. Pure data, gathered by the worker for a whole batch."""

from __future__ import annotations

from dataclasses import dataclass, field

from moderation.domain.author import Record, Standing
from moderation.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class Activity:
    """Earlier comments of the site, this one not counted.

    ``same_by_author`` and ``same_on_site`` (by other authors) have the same or nearly the same text and lie within the
    policy's ``repeat_hours``; ``by_author``, ``by_address`` and ``by_article`` lie within its ``pace_minutes``.
    """

    same_by_author: int = 0
    same_on_site: int = 0
    by_author: int = 0
    by_address: int = 0
    by_article: int = 0


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
