"""Decisions: what puts a comment in its status, by whom and why. Pure: the time is handed in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from moderation.domain.comment import RejectReason, Status


class By(StrEnum):
    """Which kind of judge decided."""

    MODEL = "model"
    RULE = "rule"
    MODERATOR = "moderator"


class Action(StrEnum):
    """What a moderator can do to a comment."""

    APPROVE = "approve"
    REJECT = "reject"

    @property
    def status(self) -> Status:
        """The status that the action leads to."""
        return Status.APPROVED if self is Action.APPROVE else Status.REJECTED


@dataclass(frozen=True, slots=True)
class Decision:
    """What put a comment in its status.

    ``name`` is the moderator's name for ``By.MODERATOR`` and None else. ``because`` names the line of the policy that
    decided, in a sentence. ``would_be`` is what mode ``auto`` would have done, recorded in shadow mode.
    """

    status: Status
    by: By
    name: str | None = None
    reason: RejectReason | None = None
    note: str | None = None
    because: str | None = None
    score: float | None = None
    model_version: str | None = None
    would_be: Status | None = None

    def document(self, at: int | None = None) -> dict[str, Any]:
        """The decision as it is stored and answered; empty members are left out, ``at`` is set by the store if None."""
        members = {
            "status": self.status.value,
            "by": self.name if self.by is By.MODERATOR else self.by.value,
            "kind": self.by.value,
            "at": at,
            "reason": self.reason.value if self.reason else None,
            "note": self.note,
            "because": self.because,
            "score": self.score,
            "model_version": self.model_version,
            "would_be": self.would_be.value if self.would_be else None,
        }
        return {name: value for name, value in members.items() if value is not None}
