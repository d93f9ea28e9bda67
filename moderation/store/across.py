"""One queue over many sites: a merge of the sites' own pages, so that it is as stable as each of them.

Each site keeps a place of its own in the cursor. What is shown, and in which order within a site, is decided by
the site's index alone; the merge only chooses from which site the next comment comes. So a clock that went back
or an import can disturb the order between sites, but never repeat or leave out a comment.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from moderation.domain.comment import Comment
from moderation.domain.policy import Mode
from moderation.store.claims import Claims
from moderation.store.client import Link
from moderation.store.keys import RANK_STEP
from moderation.store.queues import SCAN, Filters, Order, Page, Queues, QueueState
from moderation.store.sites import Sites

FIRST: Final = 2  # comments fetched from each site at least: most pages take few from any one of many sites
MAX_SCANNED: Final = 10_000  # comments looked at for one filtered page over all sites, shared out among them
TOGETHER: Final = 16  # sites asked at the same time in a process: the pipe has a bound, and intake shares it

PAGE: Final = 100  # comments looked at together for a claim
MOST_PAGES: Final = 50  # looked at for one claim: 5,000 comments that colleagues hold are passed over

Fetch = Callable[[str, int, int | None], Awaitable[Page]]  # site, limit, after -> the site's own page


@dataclass(frozen=True, slots=True)
class Shown:
    """Comments of several sites in order, and each site's place to go on from.

    ``places`` holds the sites from which something was shown or looked at; ``more`` is whether there is more to show.
    """

    items: tuple[Comment, ...]
    places: Mapping[str, int]
    more: bool


@dataclass(frozen=True, slots=True)
class SiteState:
    """A site as a moderator sees it in the list of sites."""

    site: str
    mode: Mode
    pending: int


class Across:
    """Questions about many sites at once."""

    def __init__(self, link: Link, queues: Queues, sites: Sites, claims: Claims) -> None:
        self._link = link
        self._claims = claims
        self._queues = queues
        self._sites = sites
        self._turn = asyncio.Semaphore(TOGETHER)

    async def states(self, sites: Sequence[str]) -> list[SiteState]:
        """Each site's mode and the size of its queue ``pending``, counted."""
        policies = await self._sites.policies(list(sites))
        indexes = [self._link.keys.queue(site, "pending", "time") for site in sites]
        sizes = await self._link.call_all([("ZCARD", index) for index in indexes])
        return [SiteState(site, policies[site].mode, size) for site, size in zip(sites, sizes, strict=True)]

    async def counts(self, sites: Sequence[str]) -> list[dict[str, QueueState]]:
        """Each site's queues, in the order of the sites."""

        async def one(site: str) -> dict[str, QueueState]:
            async with self._turn:
                return await self._queues.counts(site)

        return await asyncio.gather(*(one(site) for site in sites))

    async def page(
        self,
        sites: Sequence[str],
        queue: str,
        order: Order,
        limit: int,
        after: Mapping[str, int],
        filters: Filters,
    ) -> Shown:
        """Up to ``limit`` comments of all the sites, each site from its place in ``after`` on (exclusive).

        Fewer, with ``more``, if a filter admits so little that the bound of MAX_SCANNED ends the search.
        """

        async def fetch(site: str, wanted: int, place: int | None) -> Page:
            async with self._turn:
                return await self._queues.page(site, queue, order, wanted, place, filters, most)

        share = max(1, len(sites))
        most = min(SCAN, max(1, MAX_SCANNED // share))
        most_fetches = 2 * share + 2 * limit if filters.empty else 2 * MAX_SCANNED // most
        return await merge(sites, order, limit, after, fetch, max(FIRST, -(-limit // share)), most_fetches)

    async def claim(
        self,
        sites: Sequence[str],
        queue: str,
        order: Order,
        name: str,
        *,
        limit: int,
        lease_seconds: int,
        filters: Filters,
    ) -> list[Comment]:
        """Leases up to ``limit`` comments that nobody holds, in the order of the merged queue, whichever site they are of."""
        taken: list[Comment] = []
        after: Mapping[str, int] = {}
        for _ in range(MOST_PAGES):
            shown = await self.page(sites, queue, order, PAGE, after, filters)
            free = [one for one in shown.items if one.handling.holder is None]
            wanted = free[: limit - len(taken)]
            by_site: dict[str, list[str]] = {}
            for comment in wanted:
                by_site.setdefault(comment.site, []).append(comment.id)
            for site, ids in by_site.items():
                taken += await self._claims.take(site, queue, name, ids, lease_seconds)
            if len(taken) >= limit or not shown.more:
                break
            if len(wanted) == len(
                free
            ):  # all that was free here was asked for: go on; else look here once more
                after = {**after, **shown.places}
        place = {(one.site, one.id): number for number, one in enumerate(taken)}
        return sorted(taken, key=lambda one: _claimed_rank(one, order, place[one.site, one.id]))


def _claimed_rank(comment: Comment, order: Order, place: int) -> tuple[float, int, int]:
    sign = -1 if order.descending else 1
    score = comment.scores.get("spam", 0.5) if order.axis == "spam" else 0.0
    return (sign * score, sign * comment.received_at, place)


@dataclass(slots=True)
class _Source:
    """One site's part of the merge: what was fetched and not shown yet, and where to go on."""

    site: str
    place: int | None  # of the last comment that was shown; or up to which nothing was admitted
    step: int
    waiting: list[tuple[int, Comment]] = field(default_factory=list)  # the next one last
    rest: int | None = None  # where the fetch after this one begins; None if there is nothing more
    fresh: bool = True  # nothing was fetched yet

    @property
    def dry(self) -> bool:
        """Whether the next comment has to be fetched first."""
        return not self.waiting and (self.fresh or self.rest is not None)

    def take(self, page: Page) -> None:
        """Adds what was fetched."""
        self.fresh, self.rest = False, page.next
        self.waiting = list(zip(page.places, page.items, strict=True))[::-1]
        if not self.waiting and page.next is not None:
            self.place = page.next
        self.step *= 2

    @property
    def stop(self) -> int | None:
        """The place to go on from. What waits is fetched again then: another may have come in before it."""
        return self.place if self.waiting or self.rest is None else self.rest


async def merge(
    sites: Sequence[str],
    order: Order,
    limit: int,
    after: Mapping[str, int],
    fetch: Fetch,
    first: int,
    most_fetches: int,
) -> Shown:
    """Merges the sites' pages; pure but for ``fetch``.

    From each site ``first`` comments are fetched, then twice as many each time; no fetch begins after ``most_fetches``
    but the first of each site.
    """
    sources = [_Source(site, after.get(site), first) for site in sites]
    fetches = await _fill(sources, limit, fetch)
    # A site whose next comment is not known could have the next of all: it is asked until it has one or has none.
    while (dry := [one for one in sources if one.dry]) and fetches < most_fetches:
        fetches += await _fill(dry, limit, fetch)
    heads = [] if dry else [(_rank(one, order), one) for one in sources if one.waiting]
    heapq.heapify(heads)
    shown: list[Comment] = []
    while heads and len(shown) < limit:
        source = heads[0][1]
        source.place, comment = source.waiting.pop()
        shown.append(comment)
        while source.dry and len(shown) < limit and fetches < most_fetches:
            fetches += await _fill([source], limit - len(shown), fetch)
        if source.waiting:
            heapq.heapreplace(heads, (_rank(source, order), source))
        elif source.dry:
            break
        else:
            heapq.heappop(heads)
    places = {one.site: stop for one in sources if (stop := one.stop) is not None}
    return Shown(tuple(shown), places, any(one.waiting or one.dry for one in sources))


async def _fill(sources: Sequence[_Source], limit: int, fetch: Fetch) -> int:
    pages = await asyncio.gather(
        *(fetch(one.site, min(limit, one.step), one.place if one.fresh else one.rest) for one in sources)
    )
    for source, page in zip(sources, pages, strict=True):
        source.take(page)
    return len(sources)


def _rank(source: _Source, order: Order) -> tuple[int, int, str]:
    """Where a site's next comment stands among those of the others: smaller comes first. Ties go by the slug."""
    place, comment = source.waiting[-1]
    sign = -1 if order.descending else 1
    # The score is that of the index: the comment's own may have changed since it was placed.
    score = place // RANK_STEP if order.axis == "spam" else 0
    return (sign * score, sign * comment.received_at, source.site)
