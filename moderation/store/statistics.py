"""Hourly tallies of a site, folded from its event log: the whole window once, later only what is new.

Each process folds for itself. Memory is bounded: hours beyond the longest window go, and so do the sites that nobody
asked for lately once there are too many counters.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Final

from moderation.domain.statistics import HOUR_MS, Tally, count, hour_of
from moderation.store.events import Events

MAX_HOURS: Final = 24 * 30  # the longest window
PAGE: Final = 500  # events read and counted together: a few milliseconds of the loop
MAX_COUNTERS: Final = 200_000  # about 200 bytes each, over all sites of a process
_LAST: Final = 2**64 - 1  # the last place of a millisecond


@dataclass(slots=True)
class _Folded:
    """What is counted of a site: all events from the hour ``since`` on, up to the place ``cursor``."""

    since: int
    cursor: str
    hours: dict[int, Tally] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # two requests must not count one event twice

    @property
    def open_hour(self) -> int:
        """From this hour on tallies may still grow: the log is in order."""
        return hour_of(int(self.cursor.partition("-")[0]))

    @property
    def counters(self) -> int:
        """How much memory it takes, in counters."""
        return sum(len(tally) for tally in self.hours.values())


class Statistics:
    """The tallies of all sites."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._sites: OrderedDict[str, _Folded] = OrderedDict()  # the last asked for at the end

    async def hours(self, site: str, first: int, last: int) -> dict[int, Tally]:
        """The tallies of the hours ``first`` to ``last`` (now) since the epoch; hours without events are left out.

        They stay as they are: another thread may read them.
        """
        folded = self._sites.get(site)
        if folded is None:
            folded = self._sites[site] = _Folded(first, _before(first))
        self._sites.move_to_end(site)
        async with folded.lock:
            if first < folded.since:
                await self._fold_earlier(site, folded, first)
            await self._fold_new(site, folded)
            _prune(folded, last + 1 - MAX_HOURS)
            found = {
                hour: Counter(tally) if hour >= folded.open_hour else tally
                for hour, tally in folded.hours.items()
                if first <= hour <= last
            }
        self._forget_idle()
        return found

    async def begins_at(self, site: str) -> int | None:
        """When the oldest event that is still kept happened (ms); None if there is none."""
        oldest = await self._events.page(site, None, 1)
        return oldest[0].at if oldest else None

    async def _fold_new(self, site: str, folded: _Folded) -> None:
        while events := await self._events.page(site, folded.cursor, PAGE):
            count(events, folded.hours)  # no await until the cursor has moved: both or neither
            folded.cursor = events[-1].id
            if len(events) < PAGE:
                return

    async def _fold_earlier(self, site: str, folded: _Folded, first: int) -> None:
        earlier: dict[int, Tally] = {}
        cursor, end = _before(first), folded.since * HOUR_MS
        while events := await self._events.page(site, cursor, PAGE):
            count([event for event in events if event.at < end], earlier)
            cursor = events[-1].id
            if events[-1].at >= end:
                break
        folded.hours.update(earlier)  # whole hours before those that are known: none is in both
        folded.since = first

    def _forget_idle(self) -> None:
        total = sum(folded.counters for folded in self._sites.values())
        while total > MAX_COUNTERS and len(self._sites) > 1:
            _, folded = self._sites.popitem(last=False)
            total -= folded.counters


def _before(hour: int) -> str:
    """The last place in a log before an hour begins."""
    return f"{hour * HOUR_MS - 1}-{_LAST}"


def _prune(folded: _Folded, first: int) -> None:
    for hour in [hour for hour in folded.hours if hour < first]:
        del folded.hours[hour]
    folded.since = max(folded.since, first)
