"""Retention: what a site no longer wants to keep is taken away, a little at a time, by whichever worker's turn it is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

from moderation.domain.policy import Policy
from moderation.store.client import Link
from moderation.store.keys import META, SWEEPER
from moderation.store.pipe import Refused
from moderation.store.sites import Sites

log = logging.getLogger(__name__)

DAY_MS: Final = 86_400_000
STEP: Final = 500  # comments looked at together
TURN_SECONDS: Final = 600  # between two turns, of whichever worker; a turn is safe beside another


class Retention:
    """Sweeps all sites. ``clock`` gives milliseconds since the epoch."""

    def __init__(
        self, link: Link, sites: Sites, clock: Callable[[], int] = lambda: int(time.time() * 1000)
    ) -> None:
        self._link = link
        self._sites = sites
        self._clock = clock

    async def take_turn(self, worker: str) -> bool:
        """Whether this worker is the one that sweeps now."""
        taken = await self._link.call("SET", SWEEPER, worker, "NX", "EX", TURN_SECONDS)
        return taken is not None

    async def sweep(self) -> int:
        """Takes away what is over on every site; returns how many bodies of comments went. Safe to repeat, and beside others."""
        slugs = await self._sites.list()
        gone = 0
        for slug, policy in (await self._sites.policies(slugs)).items():
            gone += await self._sweep_site(slug, policy)
        await self._rewrite(slugs)
        return gone

    async def _rewrite(self, slugs: list[str]) -> None:
        """Has the append-only file written anew if comments were erased since the last time, so that they leave the disk too."""
        counts = await self._link.call_all([("HGET", self._link.keys.site(slug), "erased") for slug in slugs])
        erased = sum(int(count or 0) for count in counts)
        before = await self._link.call("HGET", META, "rewritten")
        if erased == int(before or 0):
            return
        try:
            await self._link.call("BGREWRITEAOF")
        except (
            Refused
        ) as refused:  # one is under way (the next turn tries again), or the operator does not allow it
            log.info("the append-only file was not rewritten: %s", refused.kind)
            return
        await self._link.call("HSET", META, "rewritten", erased)

    async def _sweep_site(self, site: str, policy: Policy) -> int:
        keys, now, gone = self._link.keys, self._clock(), 0
        for days, stream in (
            (policy.keep_events_days, keys.events(site)),
            (policy.keep_audit_days, keys.audit(site)),
        ):
            if days is not None:
                await self._link.call("XTRIM", stream, "MINID", now - days * DAY_MS)
        if policy.keep_decided_days is not None:
            for queue in ("approved", "rejected"):
                gone += await self._expire(site, queue, now - policy.keep_decided_days * DAY_MS)
        return gone

    async def _expire(self, site: str, queue: str, before: int) -> int:
        """Bodies decided before a moment; they came before it too, so the index by time is read from its oldest end."""
        keys, place, gone = self._link.keys, "-inf", 0
        index = keys.queue(site, queue, "time")
        while True:
            found = await self._link.call(
                "ZRANGE", index, place, "+inf", "BYSCORE", "LIMIT", 0, STEP, "WITHSCORES"
            )
            ids = [one.decode() for one in found[::2]]
            if not ids:
                return gone
            came = await self._link.call_all([("HGET", keys.comment(site, one), "at") for one in ids])
            due = [one for one, at in zip(ids, came, strict=True) if at is not None and int(at) < before]
            part = keys.partition(site)
            calls = [
                (
                    [keys.comment(site, one), keys.site(site), keys.inbox(part), keys.dead(part)],
                    [site, one, before],
                )
                for one in due
            ]
            for answer in await self._link.run_all("expire", calls):
                if isinstance(answer, Exception):
                    raise answer
                gone += answer
            if len(due) < len(ids):
                return gone
            place = f"({int(float(found[-1]))}"
