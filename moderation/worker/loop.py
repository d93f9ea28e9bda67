"""The worker's loop over one partition: read ahead, judge, commit; take over what a dead worker left behind."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, TypeVar

from moderation.checks import Context, words
from moderation.checks.fingerprints import fingerprints_of
from moderation.domain.policy import Policy
from moderation.errors import ModerationError, NotFound
from moderation.metrics import WorkerMetrics
from moderation.store import Entry, Inbox, Judged, Sighting, Store
from moderation.store.client import blocking_fault
from moderation.store.pipe import Refused
from moderation.worker.judge import MAX_ATTEMPTS, CannotScore, Judge

log = logging.getLogger(__name__)

T = TypeVar("T")

RECLAIM_SECONDS: Final = 2.0  # how often abandoned entries are looked for; with the lease it bounds recovery
BACKOFF_SECONDS: Final = (0.1, 5.0)  # first and longest pause while the store does not answer
ABANDONED_AT_ONCE: Final = 500


async def contexts_of(store: Store, entries: Sequence[Entry]) -> list[Context]:
    """Policies, authors' records and what went before, for a batch of one partition, in two round trips."""
    # Before anything is waited for: beside the scoring thread it would take three times as long, and so would the scoring.
    prints = _prints(entries)
    policies = await _policies(store, {entry.site for entry in entries})
    await _make_ready(policies.values())
    now = int(time.time() * 1000)
    sightings = [
        Sighting(entry, policies[entry.site], one if _wants_repeats(policies[entry.site]) else ())
        for entry, one in zip(entries, prints, strict=True)
    ]
    return [
        Context(
            policy=one.policy,
            now=now,
            author=seen.record,
            activity=seen.activity,
            human_rejected=one.entry.human_rejected,
            fingerprints=one.fingerprints,
        )
        for one, seen in zip(sightings, await store.activity.observe(sightings), strict=True)
    ]


def _prints(entries: Sequence[Entry]) -> list[tuple[str, ...]]:
    """The fingerprints of the texts; none of what cannot be read so."""
    try:
        return fingerprints_of([entry.draft.text for entry in entries])
    except Exception as failure:
        log.error("the fingerprints of a batch failed: %s", type(failure).__name__)
        return [()] * len(entries)


def _wants_repeats(policy: Policy) -> bool:
    return policy.max_same_by_author is not None or policy.max_same_on_site is not None


async def _make_ready(policies: Iterable[Policy]) -> None:
    """Makes new word lists ready in a thread: 50,000 entries take some 0.1 s, too long for the event loop."""
    for policy in policies:
        if not words.are_ready(policy):
            with contextlib.suppress(
                Exception
            ):  # the check breaks in its turn, is counted, and holds the comment
                await asyncio.to_thread(words.make_ready, policy)


async def _policies(store: Store, sites: set[str]) -> dict[str, Policy]:
    try:
        return await store.sites.policies(sorted(sites))
    except NotFound:  # a site removed by hand: its comments are judged by the default policy
        return {site: Policy() for site in sites}


class Worker:
    """Works through one partition's inbox until it is told to stop."""

    def __init__(
        self, inbox: Inbox, judge: Judge, metrics: WorkerMetrics, *, batch_size: int, lease_seconds: float
    ) -> None:
        self._inbox = inbox
        self._judge = judge
        self._metrics = metrics
        self._batch_size = batch_size
        self._lease_ms = int(lease_seconds * 1000)
        self._stopping = asyncio.Event()
        self._ahead: asyncio.Queue[list[Entry] | None] = asyncio.Queue(maxsize=1)  # one batch is read ahead
        self._held: set[str] = set()  # entries in these hands: bounded by two batches and what was taken over

    def stop(self) -> None:
        """Reads nothing more; what is held is finished."""
        self._stopping.set()

    async def run(self, *, alone: bool = False) -> None:
        """Works until ``stop``. ``alone``: no other worker can live, so what the dead held is taken over at once."""
        await self._persist(self._inbox.open)
        if alone:
            await self._persist(lambda: self._reclaim(0))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read(), name="worker-read")
            reclaiming = tasks.create_task(self._reclaim_forever(), name="worker-reclaim")
            while (batch := await self._ahead.get()) is not None:
                await self._work(batch)
            reclaiming.cancel()
        await self._inbox.close()

    async def _read(self) -> None:
        """Reads the next batch while the last is being judged; None marks the end."""
        try:
            while not self._stopping.is_set():
                batch = await self._persist(lambda: self._inbox.read(self._batch_size))
                if batch:
                    self._held.update(entry.id for entry in batch)
                    await self._ahead.put(batch)
        finally:
            await self._ahead.put(None)

    async def _work(self, batch: Sequence[Entry]) -> None:
        """Judges and commits a batch; entries that could not be committed stay in the stream and are taken over later."""
        try:
            judged = await self._persist(lambda: self._judge.judge(batch))
            if judged:
                await self._commit(judged)
        finally:
            self._held.difference_update(entry.id for entry in batch)

    async def _commit(self, judged: Sequence[Judged]) -> None:
        try:
            await self._persist(lambda: self._inbox.commit(judged))
        except Exception as failure:
            self._metrics.commit_failed()
            log.exception("a commit of %d was refused", len(judged))
            if len(judged) > 1:  # one of them is at fault: the others must not wait for it
                for one in judged:
                    await self._commit([one])
            elif not isinstance(failure, Refused):
                raise

    async def _reclaim_forever(self) -> None:
        while not self._stopping.is_set():
            # Jitter, so that many workers do not look at one moment; chance without need of secrecy.
            await asyncio.sleep(RECLAIM_SECONDS * random.uniform(0.8, 1.2))
            await self._persist(lambda: self._reclaim(self._lease_ms))
            await self._persist(self._inbox.forget_idle)

    async def _reclaim(self, idle_ms: int) -> None:
        """Takes abandoned entries over, one at a time: if one of them kills workers, it kills alone."""
        for entry_id, deliveries in await self._inbox.abandoned(idle_ms, ABANDONED_AT_ONCE):
            if entry_id in self._held:
                continue
            entry = await self._inbox.take_over(entry_id, idle_ms, deliveries)
            if entry is not None:
                self._metrics.recovered()
                self._held.add(entry.id)
                await (self._bury(entry) if deliveries >= MAX_ATTEMPTS else self._work([entry]))

    async def _bury(self, entry: Entry) -> None:
        """Gives an entry that was handed out too often to a human without trying it again."""
        try:
            contexts = await self._judge.contexts([entry])
            killed = CannotScore("its workers died or hung")
            await self._commit([self._judge.failed(entry, contexts[0], killed, entry.deliveries - 1)])
        finally:
            self._held.discard(entry.id)

    async def _persist(self, step: Callable[[], Awaitable[T]]) -> T | None:
        """Repeats a step while the store does not answer; None if it is time to stop before it does."""
        pause, longest = BACKOFF_SECONDS
        while True:
            try:
                return await step()
            except Exception as failure:
                if not (isinstance(failure, ModerationError) or blocking_fault(failure)):
                    raise
                self._metrics.store_failed()
                log.warning("the store does not answer the worker: %s", type(failure).__name__)
            if self._stopping.is_set():
                return None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause * random.uniform(0.5, 1.0)):  # jitter, no secret
                    await self._stopping.wait()
            pause = min(longest, pause * 2)
