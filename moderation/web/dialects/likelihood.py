"""What each site's moderators reject at which score, looked up once a minute a site."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import Final

from moderation.domain import likelihood
from moderation.domain.statistics import hour_of, report
from moderation.store import Store
from moderation.store.statistics import MAX_HOURS

SECONDS: Final = 60.0  # how long the figures are believed
MAX_SITES: Final = 1_000  # in memory; those asked for longest ago go first


class Likelihood:
    """The figures of all sites, in one process."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[float, tuple[float, ...]]] = (
            OrderedDict()
        )  # site -> until (s), shares
        self._counting = asyncio.Lock()  # the first of many requests counts, the others take what it found

    async def shares(self, store: Store, site: str) -> tuple[float, ...]:
        """The share of rejections for each tenth of the spam score in 30 days; empty if too few are decided."""
        known = self._known.get(site)
        if known is None or known[0] <= time.monotonic():
            async with self._counting:
                known = self._known.get(site)
                if known is None or known[0] <= time.monotonic():
                    known = (time.monotonic() + SECONDS, await _counted(store, site))
                    self._known[site] = known
        self._known.move_to_end(site)
        while len(self._known) > MAX_SITES:
            self._known.popitem(last=False)
        return known[1]


async def _counted(store: Store, site: str) -> tuple[float, ...]:
    last = hour_of((await store.queues.counts(site))["pending"].now)
    first = last - MAX_HOURS + 1
    hours = await store.statistics.hours(site, first, last)
    found = await asyncio.to_thread(report, hours, first, last)
    return likelihood.shares([one.rejected for one in found.calibration])
