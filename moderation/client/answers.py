"""What the service answers, as types. Fields that a newer service adds are in ``raw``; none of them breaks an older client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from moderation.client.faults import Problem, problem

T = TypeVar("T")


def moment(text: str | None) -> datetime | None:
    """A time of the service, with its zone."""
    return None if text is None else datetime.fromisoformat(text)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for holding or rejecting: ``text`` is a sentence for an editor, ``spans`` half-open ranges."""

    code: str
    text: str
    weight: float
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What put a comment in its status. ``by`` is ``model``, ``rule`` or a moderator's name; ``kind`` which of the three."""

    by: str
    kind: str
    status: str
    at: datetime | None
    reason: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment. ``status`` is ``queued``, ``pending``, ``approved`` or ``rejected``; ``scores`` are probabilities 0..1."""

    id: str
    site: str
    text: str
    status: str
    revision: int
    scores: dict[str, float]
    reasons: tuple[Reason, ...]
    decision: Decision | None
    reports: int
    received_at: datetime | None
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def is_decided(self) -> bool:
        """Whether it may be published, or must not be."""
        return self.status in {"approved", "rejected"}

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Comment:
        """From the service's JSON."""
        found = raw.get("decision")
        decision = None
        if found is not None:
            decision = Decision(
                by=found["by"],
                kind=found["kind"],
                status=found["status"],
                at=moment(found.get("at")),
                reason=found.get("reason"),
                note=found.get("note"),
            )
        return cls(
            id=raw["id"],
            site=raw["site"],
            text=raw["text"],
            status=raw["status"],
            revision=raw["revision"],
            scores=dict(raw.get("scores") or {}),
            reasons=tuple(
                Reason(one["code"], one["text"], one["weight"], tuple(map(_span, one.get("spans") or ())))
                for one in raw.get("reasons") or ()
            ),
            decision=decision,
            reports=raw.get("reports", 0),
            received_at=moment(raw.get("received_at")),
            raw=raw,
        )


def _span(pair: list[int]) -> tuple[int, int]:
    return pair[0], pair[1]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. ``id`` is its place in the log; ``sequence`` counts the changes of its comment."""

    id: str
    type: str
    timestamp: datetime | None
    sequence: int | None
    comment_id: str | None
    data: dict[str, Any]
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Event:
        """From the service's JSON."""
        data = dict(raw.get("data") or {})
        return cls(
            id=raw["id"],
            type=raw["type"],
            timestamp=moment(raw.get("timestamp")),
            sequence=raw.get("sequence"),
            comment_id=data.get("comment_id"),
            data=data,
            raw=raw,
        )


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue's size, and how long its oldest comment waits (seconds)."""

    count: int
    oldest_seconds: float | None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list, and the cursor of the next one; None after the last."""

    items: tuple[T, ...]
    next: str | None

    @classmethod
    def of(cls, raw: Mapping[str, Any], make: Callable[[Mapping[str, Any]], T]) -> Page[T]:
        """From the service's JSON."""
        return cls(tuple(make(one) for one in raw["items"]), raw.get("next"))


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one row of a batch: the comment, or the problem that it alone had."""

    id: str | None
    comment: Comment | None
    problem: Problem | None

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Row:
        """From the service's JSON."""
        comment, fault = raw.get("comment"), raw.get("problem")
        return cls(
            id=raw.get("id"),
            comment=None if comment is None else Comment.of(comment),
            problem=None if fault is None else problem(raw["status_code"], fault),
        )
