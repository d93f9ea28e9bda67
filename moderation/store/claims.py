"""Claims: leases on comments, so that two moderators never have the same one in hand. A lease ends by itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from moderation.domain.comment import Comment
from moderation.errors import Conflict
from moderation.store.client import Link, Word
from moderation.store.comments import Comments
from moderation.store.keys import WORKING
from moderation.store.queues import Order

MOST_HELD: Final = (
    1_000  # by one moderator: what is held by somebody who went home comes back within one lease
)


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a comment until when (ms)."""

    comment_id: str
    holder: str
    until: int


class Claims:
    """The leases of all sites."""

    def __init__(self, link: Link, comments: Comments) -> None:
        self._link = link
        self._comments = comments

    async def claim(
        self,
        site: str,
        queue: str,
        name: str,
        *,
        limit: int,
        lease_seconds: int,
        order: Order,
        labels: Sequence[str],
        op: str,
    ) -> list[Comment]:
        """Leases up to ``limit`` comments that nobody holds and that are not assigned to another.

        ``labels`` narrow it as ``Filters.labels``. Raises Conflict if the moderator would hold more than MOST_HELD.
        """
        ids = await self.hand_out(
            site, queue, name, limit=limit, lease_seconds=lease_seconds, order=order, labels=labels, op=op
        )
        found = await self._comments.many(site, ids)
        return [comment for comment in found if comment is not None]

    async def hand_out(
        self,
        site: str,
        queue: str,
        name: str,
        *,
        limit: int,
        lease_seconds: int,
        order: Order,
        labels: Sequence[str],
        op: str,
    ) -> list[str]:
        """The same, but only the ids, in order."""
        keys = self._link.keys
        prefix = len(keys.site(site))
        names = [keys.labelled(site, queue, order.axis, label) for label in labels]
        if (
            not names or queue not in WORKING
        ):  # an article's or author's index of decided comments knows no status
            names.append(keys.queue(site, queue, order.axis))
        indexes = [name[prefix:] for name in names]
        args: list[Word] = [
            *(name, op, limit, lease_seconds * 1000, MOST_HELD),
            *(indexes[0], "1" if order.descending else "", *indexes[1:]),
        ]
        until, *ids = await self._link.run("claim", [keys.site(site)], args)
        if until == b"holds":
            raise Conflict(
                f"You hold {ids[0]} comments and may hold {MOST_HELD}: decide or release some before you claim more."
            )
        return [one.decode() for one in ids]

    async def take(
        self, site: str, queue: str, name: str, ids: Sequence[str], lease_seconds: int
    ) -> list[Comment]:
        """Leases just these comments, as far as they are still free and in the queue."""
        keys = self._link.keys
        index = keys.queue(site, queue, "time")[len(keys.site(site)) :]
        args: list[Word] = [name, lease_seconds * 1000, MOST_HELD, index, *ids]
        _, *taken = await self._link.run("take", [keys.site(site)], args)
        found = await self._comments.many(site, [one.decode() for one in taken])
        return [comment for comment in found if comment is not None]

    async def renew(self, site: str, name: str, ids: Sequence[str], lease_seconds: int) -> list[Lease]:
        """Lengthens leases (all of the moderator's if no ids are given); those that ended are not among the answer."""
        args: list[Word] = [name, "renew", lease_seconds * 1000, "", *ids]
        until, *kept = await self._link.run("lease", [self._link.keys.site(site)], args)
        return [Lease(one.decode(), name, int(until)) for one in kept]

    async def release(
        self, site: str, name: str, ids: Sequence[str], *, of_anybody: bool = False
    ) -> list[str]:
        """Ends leases (all of the moderator's if no ids are given); returns the ids that were held."""
        args: list[Word] = [name, "release", 0, "1" if of_anybody else "", *ids]
        _, *freed = await self._link.run("lease", [self._link.keys.site(site)], args)
        return [one.decode() for one in freed]

    async def list(self, site: str, limit: int = 1_000) -> list[Lease]:
        """Who holds what now, the lease that ends first in front."""
        key = self._link.keys.site(site)
        now = int(time.time() * 1000)
        found = await self._link.call(
            "ZRANGE", f"{key}:leases", f"({now}", "+inf", "BYSCORE", "LIMIT", 0, limit, "WITHSCORES"
        )
        ids, ends = [one.decode() for one in found[::2]], found[1::2]
        if not ids:
            return []
        holders = await self._link.call("HMGET", f"{key}:holders", *ids)
        return [
            Lease(one, holder.decode(), int(float(until)))
            for one, until, holder in zip(ids, ends, holders, strict=True)
            if holder is not None
        ]
