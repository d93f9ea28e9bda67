"""Queues: true counts, and pages that stay put while comments come and go.

A page goes on from a place in the index, not from a number of rows: every comment has a place of its own
(see ``keys.RANK_STEP``), so nothing is shown twice or left out because others came or went.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from moderation.domain.comment import Comment
from moderation.store.client import Link
from moderation.store.keys import QUEUES
from moderation.store.records import FIELDS, comment_from

SCAN: Final = 500  # ids looked at together when a filter is on
MAX_SCANNED: Final = (
    5_000  # ids looked at for one filtered page; a sparse filter gives a short page and a cursor
)


class Order(StrEnum):
    """In which order a queue is listed."""

    OLDEST = "oldest"
    NEWEST = "newest"
    SPAM = "spam"  # most likely spam first
    HAM = "ham"  # least likely spam first

    @property
    def axis(self) -> str:
        """Which of the two indexes holds this order."""
        return "spam" if self in {Order.SPAM, Order.HAM} else "time"

    @property
    def descending(self) -> bool:
        """Whether the index is read from its end."""
        return self in {Order.NEWEST, Order.SPAM}


@dataclass(frozen=True, slots=True)
class Filters:
    """What a listing is narrowed to: an article's id, an author's id, a reason's code."""

    article: str | None = None
    author: str | None = None
    reason: str | None = None

    def admit(self, comment: Comment) -> bool:
        """Whether the comment is wanted."""
        return (
            (self.article is None or comment.draft.article.id == self.article)
            and (self.author is None or comment.draft.author.id == self.author)
            and (self.reason is None or any(reason.code == self.reason for reason in comment.reasons))
        )

    @property
    def empty(self) -> bool:
        """Whether every comment is wanted."""
        return self.article is None and self.author is None and self.reason is None


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many comments a queue holds, and when the oldest was received (ms), both at the server's ``now``."""

    count: int
    oldest_at: int | None
    now: int


@dataclass(frozen=True, slots=True)
class Page:
    """Comments in order, the place to go on from (None at the end), and each comment's own place in the index."""

    items: tuple[Comment, ...]
    next: int | None
    places: tuple[int, ...] = ()


class Queues:
    """The queues of all sites."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def counts(self, site: str) -> dict[str, QueueState]:
        """Each queue's size, counted, and its oldest comment."""
        indexes = [self._link.keys.queue(site, queue, "time") for queue in QUEUES]
        commands: list[tuple[str | int, ...]] = [("TIME",)]
        for index in indexes:
            commands += [("ZCARD", index), ("ZRANGE", index, 0, 0)]
        time, *found = await self._link.call_all(commands)
        now = int(time[0]) * 1000 + int(time[1]) // 1000
        oldest = [ids[0].decode() if ids else "" for ids in found[1::2]]
        received = await self._link.call_all(
            [("HGET", self._link.keys.comment(site, comment_id), "at") for comment_id in oldest]
        )
        return {
            queue: QueueState(size, int(at) if at and size else None, now)
            for queue, size, at in zip(QUEUES, found[::2], received, strict=True)
        }

    async def page(
        self,
        site: str,
        queue: str,
        order: Order,
        limit: int,
        after: int | None,
        filters: Filters,
        most: int = MAX_SCANNED,
    ) -> Page:
        """Up to ``limit`` comments from the place ``after`` on (exclusive); about ``most`` are looked at for a filter."""
        kept: list[tuple[int, Comment]] = []
        scanned, step = 0, limit if filters.empty else min(SCAN, most)
        while True:
            places = await self._places(site, queue, order, after, step)
            comments = await self._read(site, [comment_id for comment_id, _ in places])
            for (_, place), comment in zip(places, comments, strict=True):
                after = place
                if comment is not None and filters.admit(comment):
                    kept.append((place, comment))
                    if len(kept) == limit:
                        break
            scanned += len(places)
            ended = len(places) < step and len(kept) < limit
            if ended or len(kept) >= limit or scanned >= most:
                rest = not ended and await self._has_more(site, queue, order, after)
                return Page(
                    tuple(comment for _, comment in kept),
                    after if rest else None,
                    tuple(place for place, _ in kept),
                )

    async def _has_more(self, site: str, queue: str, order: Order, after: int | None) -> bool:
        return bool(await self._places(site, queue, order, after, 1))

    async def _places(
        self, site: str, queue: str, order: Order, after: int | None, limit: int
    ) -> list[tuple[str, int]]:
        index = self._link.keys.queue(site, queue, order.axis)
        if order.descending:
            span: tuple[str, ...] = ("+inf" if after is None else f"({after}", "-inf", "BYSCORE", "REV")
        else:
            span = ("-inf" if after is None else f"({after}", "+inf", "BYSCORE")
        found = await self._link.call("ZRANGE", index, *span, "LIMIT", 0, limit, "WITHSCORES")
        return [
            (name.decode(), int(float(place))) for name, place in zip(found[::2], found[1::2], strict=True)
        ]

    async def _read(self, site: str, ids: list[str]) -> list[Comment | None]:
        keys = self._link.keys
        rows = await self._link.call_all([("HMGET", keys.comment(site, one), *FIELDS) for one in ids])
        return [_comment(site, comment_id, row) for comment_id, row in zip(ids, rows, strict=True)]


_NAMES: Final = tuple(name.encode() for name in FIELDS)


def _comment(site: str, comment_id: str, row: list[Any]) -> Comment | None:
    if row[0] is None:  # erased between the index and the hash
        return None
    found = {name: value for name, value in zip(_NAMES, row, strict=True) if value is not None}
    return comment_from(site, comment_id, found)
