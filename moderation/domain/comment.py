"""The comment and its words: what a site posts, what we keep, which states it can be in.

Pure: no clock, no Redis, no HTTP. Times are integer milliseconds since the epoch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


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

    @property
    def handle(self) -> str | None:
        """The same as people and paths write it: the site's id as it is. ``author_ref`` leads back."""
        ref = self.ref
        return ref.removeprefix("id:") if ref else None


def author_ref(given: str) -> str:
    """The name of an author's record from what stands in a path or filter: the site's own id, or ``email:…``, ``ip:…``.

    The latter two are how an author without an id is named in answers: a kind and a keyed hash.
    """
    kind, _, value = given.partition(":")
    hashed = kind in {"email", "ip"} and len(value) == HASH_DIGITS and set(value) <= _HEX
    return given if hashed else "id:" + given


HASH_DIGITS: Final = 32  # of a keyed hash of an e-mail or address
_HEX: Final = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Article:
    """What was commented on."""

    id: str | None = None
    url: str | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A comment as a site posts it, validated, before it is stored.

    ``via``: the other product's protocol by which it came (``akismet``); None for our own.
    """

    id: str
    text: str
    author: Author = field(default_factory=Author)
    article: Article = field(default_factory=Article)
    parent_id: str | None = None
    created_at: int | None = None
    lang: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    via: str | None = None


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
class Handling:
    """What moderators keep beside a comment for each other; the site never sees it.

    ``queue`` is the one in which it stands on top of its status (``reported``, ``escalated`` or None), ``escalation`` why and by
    whom, ``assigned`` whose it is. ``holder`` has it in hand until ``held_until`` (ms).
    """

    queue: str | None = None
    escalation: dict[str, Any] | None = None
    assigned: str | None = None
    notes: tuple[dict[str, Any], ...] = ()
    tags: tuple[str, ...] = ()
    holder: str | None = None
    held_until: int | None = None


_UNTOUCHED: Final = Handling()


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
    handling: Handling = _UNTOUCHED

    @property
    def id(self) -> str:
        """The comment's id, unique in its site."""
        return self.draft.id
