"""An author as a site's moderators know one: the record of what was decided, and the standing. Pure: no clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    """How far a site trusts an author."""

    NEW = "new"
    KNOWN = "known"
    TRUSTED = "trusted"
    BANNED = "banned"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Record:
    """What became of an author's comments, and what a moderator said of the author.

    ``approved``, ``rejected`` and ``pending`` count all comments; ``recent_approved`` and ``recent_rejected`` those
    that were decided in the policy's last ``record_days``. ``given`` is a standing set by a moderator (trusted, banned or
    suspended), ``until`` the end of a suspension in milliseconds since the epoch; without one it has no end.
    """

    approved: int = 0
    rejected: int = 0
    pending: int = 0
    recent_approved: int = 0
    recent_rejected: int = 0
    given: Standing | None = None
    until: int | None = None

    def standing(self, now_ms: int, newcomer_below: int = 1) -> Standing:
        """The standing at a time: what a moderator gave while it lasts, else known from so many approved comments on."""
        if self.given in {Standing.TRUSTED, Standing.BANNED}:
            return self.given
        if self.given is Standing.SUSPENDED and (self.until is None or now_ms < self.until):
            return Standing.SUSPENDED
        return Standing.KNOWN if self.approved >= max(1, newcomer_below) else Standing.NEW
