"""Queues: true counts, and pages that stay put while comments come and go.

A page goes on from a place in an index, not from a number of rows: every comment has a place of its own
(see ``keys.RANK_STEP``), so nothing is shown twice or left out because others came or went. Article, author and reason
have indexes of their own, so their listings cost the same at a thousand comments as at a million; of two or three of them the
smallest is read, and the others are asked which of its comments they hold. What has no index is looked for comment by comment,
within a bound, in steps short enough that neither the event loop nor the server is held.
"""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic_core import from_json

from moderation.domain.comment import Comment
from moderation.store.client import Link
from moderation.store.comments import Comments
from moderation.store.keys import QUEUES, RANK_STEP, WORKING

SCAN: Final = 500  # ids looked at together when a filter has no index
FIRST: Final = (
    100  # ids looked at first, then twice as many each time: where much is admitted, that is enough
)
MAX_SCANNED: Final = 5_000  # looked at for one page; a sparse filter gives a short page and a cursor
MAX_COUNTED: Final = 100_000  # looked at to count what a filter admits; beyond it the count says "at least"


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
    """What a listing is narrowed to.

    ``article``: its id; ``author``: a reference as ``Author.ref`` gives it; ``reason``: a finding's code. ``received_after`` and
    ``received_before`` are milliseconds (from, inclusive, and up to, exclusive), scores lie within ``score_min`` and
    ``score_max``. ``text``: words that all occur in text, author's name or title. ``tag`` and ``assigned`` as moderators gave them.
    """

    article: str | None = None
    author: str | None = None
    reason: str | None = None
    received_after: int | None = None
    received_before: int | None = None
    score_min: float | None = None
    score_max: float | None = None
    text: str | None = None
    tag: str | None = None
    assigned: str | None = None

    @property
    def empty(self) -> bool:
        """Whether every comment is wanted."""
        return self == _NONE

    @property
    def labels(self) -> list[str]:
        """What of it has indexes."""
        named = (("article", self.article), ("author", self.author), ("reason", self.reason))
        return [f"{name}:{value}" for name, value in named if value is not None]


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


@dataclass(frozen=True, slots=True)
class Span:
    """A part of an index: its key, whether it is read from the end, its bounds (inclusive), and what remains to be asked.

    A comment must be in each of the indexes ``also`` and pass the ``tests``, for which its hash is read.
    """

    key: str
    descending: bool
    low: int | None
    high: int | None
    also: tuple[str, ...]
    tests: Filters | None

    @property
    def whole(self) -> bool:
        """Whether every comment of it is wanted."""
        return not self.also and self.tests is None


class Queues:
    """The queues of all sites."""

    def __init__(self, link: Link, comments: Comments) -> None:
        self._link = link
        self._comments = comments

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

    async def reasons(self, site: str, queue: str) -> dict[str, int]:
        """How many comments of a queue have each reason's code, counted; the most frequent first."""
        keys = self._link.keys
        codes = sorted(
            code.decode() for code in await self._link.call("SMEMBERS", f"{keys.site(site)}:codes")
        )
        sizes = await self._link.call_all(
            [("ZCARD", keys.labelled(site, queue, "time", f"reason:{code}")) for code in codes]
        )
        found = {code: size for code, size in zip(codes, sizes, strict=True) if size}
        return dict(sorted(found.items(), key=lambda pair: -pair[1]))

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
        span = await self._span(site, queue, order, filters)
        kept: list[tuple[int, Comment]] = []
        scanned, step = 0, limit if span.whole else min(FIRST, SCAN, most)
        while True:
            places = await self._places(span, after, step)
            admitted = await self._admitted(site, places, span)
            comments = await self._comments.many(site, [one for one, _ in admitted][: limit - len(kept)])
            for (_, place), comment in zip(admitted, comments, strict=False):
                after = place
                if comment is not None:  # else erased between the index and the hash
                    kept.append((place, comment))
            if len(kept) < limit and places:
                after = places[-1][1]
            scanned += len(places)
            ended = len(places) < step and len(kept) < limit
            if ended or len(kept) >= limit or scanned >= most:
                rest = not ended and bool(await self._places(span, after, 1))
                return Page(
                    tuple(comment for _, comment in kept),
                    after if rest else None,
                    tuple(place for place, _ in kept),
                )
            if not span.whole:
                step = min(2 * step, SCAN, most)

    async def ids(
        self, site: str, queue: str, order: Order, filters: Filters, *, limit: int
    ) -> tuple[list[str], bool]:
        """The first ids that the filters admit, up to ``limit``, and whether that is all of them."""
        found: list[str] = []
        async for admitted in self._walk(site, queue, order, filters):
            found += admitted
            if len(found) > limit:
                return found[:limit], False
        return found, True

    async def count(self, site: str, queue: str, filters: Filters) -> tuple[int, bool]:
        """How many comments the filters admit, and whether all were looked at (else it is "at least so many")."""
        span = await self._span(site, queue, Order.OLDEST, filters)
        if span.whole:
            low = "-inf" if span.low is None else span.low
            high = "+inf" if span.high is None else span.high
            return int(await self._link.call("ZCOUNT", span.key, low, high)), True
        found = looked = 0
        async for admitted in self._walk(site, queue, Order.OLDEST, filters):
            found += len(admitted)
            looked += SCAN
            if looked >= MAX_COUNTED:
                return found, False
        return found, True

    async def _walk(self, site: str, queue: str, order: Order, filters: Filters) -> AsyncIterator[list[str]]:
        span, after = await self._span(site, queue, order, filters), None
        while places := await self._places(span, after, SCAN):
            after = places[-1][1]
            yield [one for one, _ in await self._admitted(site, places, span)]

    async def _span(self, site: str, queue: str, order: Order, filters: Filters) -> Span:
        """Which part of which index holds what is asked for, and what is left to be looked at comment by comment."""
        keys = self._link.keys
        key, tests = keys.queue(site, queue, order.axis), filters
        labels = filters.labels
        also = [keys.labelled(site, queue, "time", label) for label in labels]
        for label in labels:
            tests = _without(tests, label.partition(":")[0])
        if labels and (order.axis == "time" or queue in WORKING):
            # The smallest index is read: the fewest comments to look at.
            sizes = await self._link.call_all([("ZCARD", name) for name in also]) if len(also) > 1 else [0]
            place = sizes.index(min(sizes))
            key = keys.labelled(site, queue, order.axis, labels[place])
            del also[place]
            if queue not in WORKING:  # an article's or author's index knows no status
                also.append(keys.queue(site, queue, "time"))
        low: int | None = None
        high: int | None = None
        if order.axis == "spam":
            if filters.score_min is not None:
                low = round(filters.score_min * 1e6) * RANK_STEP
            if filters.score_max is not None:
                high = (round(filters.score_max * 1e6) + 1) * RANK_STEP - 1
        else:
            low, high = await self._times(site, key, filters)
            tests = _without(_without(tests, "received_after"), "received_before")
        return Span(key, order.descending, low, high, tuple(also), None if tests == _NONE else tests)

    async def _times(self, site: str, key: str, filters: Filters) -> tuple[int | None, int | None]:
        low: int | None = None
        high: int | None = None
        if filters.received_after is not None:
            place = await self._place_of_time(site, key, filters.received_after)
            low = place if place >= 0 else 2**53
        if filters.received_before is not None:
            place = await self._place_of_time(site, key, filters.received_before)
            high = place - 1 if place >= 0 else None
        return low, high

    async def _place_of_time(self, site: str, key: str, moment: int) -> int:
        place: int = await self._link.run("place_of_time", [self._link.keys.site(site), key], [moment])
        return place

    async def _places(self, span: Span, after: int | None, limit: int) -> list[tuple[str, int]]:
        low = "-inf" if span.low is None else str(span.low)
        high = "+inf" if span.high is None else str(span.high)
        if span.descending:
            bounds: tuple[str, ...] = (high if after is None else f"({after}", low, "BYSCORE", "REV")
        else:
            bounds = (low if after is None else f"({after}", high, "BYSCORE")
        found = await self._link.call("ZRANGE", span.key, *bounds, "LIMIT", 0, limit, "WITHSCORES")
        return [
            (name.decode(), int(float(place))) for name, place in zip(found[::2], found[1::2], strict=True)
        ]

    async def _admitted(
        self, site: str, places: Sequence[tuple[str, int]], span: Span
    ) -> list[tuple[str, int]]:
        for index in span.also:
            if places:
                held = await self._link.call("ZMSCORE", index, *(one for one, _ in places))
                places = [place for place, score in zip(places, held, strict=True) if score is not None]
        tests = span.tests
        if tests is None or not places:
            return list(places)
        fields = [name for name, wanted in _PROBES if any(getattr(tests, one) is not None for one in wanted)]
        rows = await self._link.call_all(
            [("HMGET", self._link.keys.comment(site, one), *fields) for one, _ in places]
        )
        words = _folded(tests.text).split() if tests.text is not None else []
        return [
            place
            for place, row in zip(places, rows, strict=True)
            if _admits(tests, words, dict(zip(fields, row, strict=True)))
        ]


_NONE: Final = Filters()
# Which field of a comment's hash is needed for which test.
_PROBES: Final = (
    ("t", ("text",)),
    ("d", ("text",)),
    ("sp", ("score_min", "score_max")),
    ("at", ("received_after", "received_before")),
    ("tg", ("tag",)),
    ("as", ("assigned",)),
)


def _without(filters: Filters, name: str) -> Filters:
    rest = {one: getattr(filters, one) for one in Filters.__dataclass_fields__ if one != name}
    return Filters(**rest)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _admits(tests: Filters, words: Sequence[str], found: dict[str, bytes | None]) -> bool:
    """Whether a comment's fields (those that the tests need) pass every test."""
    if tests.assigned is not None and found["as"] != tests.assigned.encode():
        return False
    if tests.tag is not None and tests.tag not in (from_json(found["tg"]) if found["tg"] else ()):
        return False
    return _within(tests, found) and (tests.text is None or _holds(words, found))


def _within(tests: Filters, found: dict[str, bytes | None]) -> bool:
    if tests.score_min is not None or tests.score_max is not None:
        if not found["sp"]:
            return False
        score = float(found["sp"])
        if not (tests.score_min or 0.0) <= score <= (1.0 if tests.score_max is None else tests.score_max):
            return False
    if tests.received_after is not None and int(found["at"] or 0) < tests.received_after:
        return False
    return tests.received_before is None or int(found["at"] or 0) < tests.received_before


def _holds(words: Sequence[str], found: dict[str, bytes | None]) -> bool:
    if not found["t"]:
        return False
    document: dict[str, Any] = from_json(found["d"]) if found["d"] else {}
    beside = (document.get("author", {}).get("name"), document.get("article", {}).get("title"))
    text = _folded(" ".join((found["t"].decode(), *(one or "" for one in beside))))
    return all(word in text for word in words)
