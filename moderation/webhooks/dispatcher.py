"""Delivers: each webhook has a courier that reads the log, leases what is due and sends it, whatever the others do.

Any number of dispatchers may run. One that dies loses nothing: its place in the log moved together with the deliveries
made, and what it had in hand is due again when the lease ends. So every event is delivered at least once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Coroutine, Mapping
from typing import Final

from moderation.domain.webhook import next_attempt
from moderation.errors import ModerationError
from moderation.metrics import WebhookMetrics
from moderation.store import Attempt, Leased, Store
from moderation.webhooks.egress import Answer, Egress
from moderation.webhooks.kinds import FAULT_BYTES, Kind

log = logging.getLogger(__name__)

LEASE_MS: Final = 30_000  # twice the longest request: a lease does not end while its holder lives
ROSTER_SECONDS: Final = 1.0  # how soon a new webhook has its courier
PATIENCE_SECONDS: Final = 5.0  # how long a lost ring of the bell can hold up an event
TOGETHER: Final = 8  # requests under way to one webhook
IN_ALL: Final = 512  # and to all, shared out in equal parts of one at least: sockets are few
STOP_SECONDS: Final = 3.0  # what is under way may take so long to end; then its lease speaks for it
PAUSE_SECONDS: Final = (0.1, 5.0)  # first and longest pause while the store does not answer
_GONE: Final = 410
_WISHES: Final = frozenset({429, 503})  # whose `Retry-After` is heeded


class Dispatcher:
    """All couriers of a process. ``kinds``: by name; ``chance`` is from 0 to 1, for the jitter.

    ``stopping``: an event of the process that stops it too, so that what is under way ends beside everything else.
    """

    def __init__(
        self,
        store: Store,
        kinds: Mapping[str, Kind],
        egress: Egress,
        metrics: WebhookMetrics,
        *,
        lease_ms: int = LEASE_MS,
        roster_seconds: float = ROSTER_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        chance: Callable[[], float] = random.random,
        stopping: asyncio.Event | None = None,
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._egress = egress
        self._metrics = metrics
        self._lease_ms = lease_ms
        self._roster_seconds = roster_seconds
        self._patience = patience_seconds
        self._chance = chance
        self._stopping = stopping or asyncio.Event()
        self._couriers: dict[tuple[str, str], asyncio.Task[None]] = {}

    def stop(self) -> None:
        """Takes nothing more; what is under way may end."""
        self._stopping.set()
        self._store.feed.wake_all()

    async def run(self) -> None:
        """Delivers until ``stop``. Errors of the store are waited out."""
        pause, longest = PAUSE_SECONDS
        while not self._stopping.is_set():
            wait = self._roster_seconds
            try:
                places = await self._store.webhooks.roster()
                pause = PAUSE_SECONDS[0]
                self._man(places)
            except ModerationError as failure:
                self._store_failed(failure)
                wait, pause = pause, min(longest, pause * 2)
            await self._wait(wait * random.uniform(0.8, 1.2))  # jitter, no secret
        if self._couriers:
            await asyncio.wait(self._couriers.values())

    def _man(self, places: list[tuple[str, str]]) -> None:
        """Sees that every webhook has a courier; those that ended, for whatever reason, have a new one."""
        for place in [place for place, task in self._couriers.items() if task.done()]:
            task = self._couriers.pop(place)
            if not task.cancelled() and (failure := task.exception()) is not None:
                log.error("a webhook's courier failed and begins anew: %s", type(failure).__name__)
        for site, webhook_id in places:
            if (site, webhook_id) not in self._couriers:
                courier = asyncio.create_task(self._carry(site, webhook_id), name="courier")
                self._couriers[site, webhook_id] = courier

    async def _carry(self, site: str, webhook_id: str) -> None:
        """One webhook's courier, until the webhook is gone or disabled, or it is time to stop."""
        under_way: set[asyncio.Task[None]] = set()
        pause, longest = PAUSE_SECONDS
        try:
            async with self._store.feed.watch(site) as bell:
                while not self._stopping.is_set():
                    try:
                        wait = await self._turn(site, webhook_id, under_way)
                        pause = PAUSE_SECONDS[0]
                    except ModerationError as failure:
                        self._store_failed(failure)
                        wait, pause = pause, min(longest, pause * 2)
                    if wait is None:
                        break
                    if wait:
                        await self._rest(bell.wait(wait), under_way)
        finally:
            await self._end(under_way)

    async def _turn(self, site: str, webhook_id: str, under_way: set[asyncio.Task[None]]) -> float | None:
        """Reads on and sends what is due, as far as hands are free. Returns the seconds to rest; None: it is over."""
        found = await self._store.webhooks.read(site, webhook_id)
        if found is None:
            return None
        read, due = found
        hands = self._hands()
        free = max(0, hands - len(under_way))
        now = self._store.webhooks.clock()
        if free and due is not None and due <= now:
            taken = await self._store.webhooks.take(site, webhook_id, free, self._lease_ms)
            for leased in taken:
                task = asyncio.create_task(self._attempt(leased), name="delivery")
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            if taken:
                return 0.0 if len(under_way) < hands else self._patience
        if read and free:
            return 0.0
        if not free or due is None:
            return self._patience
        return min(self._patience, max(0.01, (due - now) / 1000))

    def _hands(self) -> int:
        """How many requests to one webhook may be under way."""
        return max(1, min(TOGETHER, IN_ALL // max(1, len(self._couriers))))

    async def _rest(self, ring: Coroutine[object, object, bool], under_way: set[asyncio.Task[None]]) -> None:
        """Waits for the bell, for a free hand, or for the time to be over."""
        bell = asyncio.ensure_future(ring)
        try:
            await asyncio.wait({bell, *under_way}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            bell.cancel()

    async def _end(self, under_way: set[asyncio.Task[None]]) -> None:
        if not under_way:
            return
        _, late = await asyncio.wait(under_way, timeout=STOP_SECONDS)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def step(self, site: str, webhook_id: str) -> int:
        """One round for one webhook: reads on, sends what is due now, and waits for the answers. Returns how many were sent."""
        sent = 0
        while (found := await self._store.webhooks.read(site, webhook_id)) is not None:
            taken = await self._store.webhooks.take(site, webhook_id, TOGETHER, self._lease_ms)
            await asyncio.gather(*(self._attempt(leased) for leased in taken))
            sent += len(taken)
            if not taken and not found[0]:
                break
        return sent

    async def _attempt(self, leased: Leased) -> None:
        """Sends one delivery and notes how it ended; a fault of ours leaves it to its lease."""
        try:
            answer = await self._send(leased)
            attempt = self._judge(leased, answer)
            end = "dead" if attempt.result == "failed" and attempt.next_at is None else attempt.result
            self._metrics.attempted(leased.webhook.kind, end, answer.seconds)
            if await self._store.webhooks.settle(leased, attempt):
                self._metrics.disabled()
                log.warning("a webhook of the site %s was disabled", leased.webhook.site)
        except ModerationError as failure:
            self._store_failed(failure)
        except Exception as failure:  # one delivery that cannot be made must not stop those after it
            log.error("a delivery failed on our side: %s", type(failure).__name__)

    async def _send(self, leased: Leased) -> Answer:
        kind = self._kinds.get(leased.webhook.kind)
        if kind is None:
            return Answer(None, 0.0, "This release does not know this kind of delivery.")
        request = await kind.request(leased, self._store.webhooks.clock())
        if request is None:
            return Answer(204, 0.0)
        keep = FAULT_BYTES if request.fault else 0
        answer = await self._egress.post(request.url, request.headers, request.body, keep=keep)
        if request.fault and answer.status is not None and 200 <= answer.status < 300:
            fault = request.fault(answer.body)
            if fault is not None:
                return Answer(None, answer.seconds, fault)
        return answer

    def _judge(self, leased: Leased, answer: Answer) -> Attempt:
        """2xx alone is success; 410 ends it all."""
        status, took = answer.status, round(answer.seconds * 1000)
        if status is not None and 200 <= status < 300:
            return Attempt("delivered", None, status, None, took)
        if status == _GONE:
            return Attempt("gone", None, status, None, took)
        wish = answer.retry_after_ms if status in _WISHES else None
        now = self._store.webhooks.clock()
        again = next_attempt(leased.delivery.attempts + 1, now, self._chance(), wish)
        return Attempt("failed", again, status, answer.error, took)

    def _store_failed(self, failure: ModerationError) -> None:
        self._metrics.store_failed()
        log.warning("the store does not answer the dispatcher: %s", type(failure).__name__)

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
