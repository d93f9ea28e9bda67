"""The comment and its words: what a site posts, what we keep, which states it can be in.

Pure: no clock, no Redis, no HTTP. Times are integer milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Where a comment stands; every comment has exactly one."""

    QUEUED = "queued"
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


class RejectReason(StrEnum):
    """Why a comment was rejected, in the contract's words."""

    SPAM = "spam"
    ADVERTISING = "advertising"
    ABUSIVE = "abusive"
    HARASSMENT = "harassment"
    HATE_SPEECH = "hate_speech"
    ILLEGAL = "illegal"
    MISINFORMATION = "misinformation"
    OFF_TOPIC = "off_topic"
    BANNED_WORD = "banned_word"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote. ``email_hash`` and ``ip_hash`` are keyed hashes: the clear values are never kept."""

    id: str | None = None
    name: str | None = None
    url: str | None = None
    user_agent: str | None = None
    email_hash: str | None = None
    ip_hash: str | None = None

    @property
    def ref(self) -> str | None:
        """The one name under which the author's record is kept: the site's id, else e-mail, else address."""
        if self.id:
            return "id:" + self.id
        if self.email_hash:
            return "email:" + self.email_hash
        return "ip:" + self.ip_hash if self.ip_hash else None


@dataclass(frozen=True, slots=True)
class Article:
    """What was commented on."""

    id: str | None = None
    url: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A comment as a site posts it, validated, before it is stored."""

    id: str
    text: str
    author: Author = field(default_factory=Author)
    article: Article = field(default_factory=Article)
    parent_id: str | None = None
    created_at: int | None = None
    lang: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for holding or rejecting a comment.

    ``text`` is one plain sentence for an editor; ``spans`` are half-open character ranges in the comment's text.
    """

    code: str
    text: str
    weight: float
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment as it is kept, with all that was found and decided.

    ``scores`` map an attribute to a probability 0..1. ``decision`` is None until something put the comment in its
    status. ``history`` lists what happened, oldest first. ``reports`` counts distinct reporters.
    """

    site: str
    draft: Draft
    revision: int
    status: Status
    received_at: int
    sequence: int
    scores: dict[str, float] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    decision: dict[str, Any] | None = None
    history: tuple[dict[str, Any], ...] = ()
    reports: int = 0
    model_version: str | None = None

    @property
    def id(self) -> str:
        """The comment's id, unique in its site."""
        return self.draft.id
