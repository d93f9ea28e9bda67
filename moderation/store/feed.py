"""Wakes those who wait for a change: one subscriber per process, fanned out in memory.

The bell only says that something happened; whoever is woken reads the store. A lost ring costs a waiter its patience,
never a change: on a lost connection everybody is woken.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Final

from moderation.store.client import Link, blocking_fault
from moderation.store.keys import BELL

log = logging.getLogger(__name__)

PAUSE: Final = 0.5  # seconds between attempts to subscribe again


class Bell:
    """One waiter's bell. Rings between ``watch`` and its end are not lost."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wakes the waiter."""
        self._rung.set()

    async def wait(self, seconds: float) -> bool:
        """Waits for the next ring; False if none came in time."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


class Feed:
    """The process's one subscriber, and who waits for which site or comment."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._bells: dict[tuple[str, str | None], set[Bell]] = {}
        self._task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def watch(self, site: str, comment_id: str | None = None) -> AsyncIterator[Bell]:
        """A bell for a site, or for one comment of it. Watch first, then read, then wait."""
        bell, place = Bell(), (site, comment_id)
        self._bells.setdefault(place, set()).add(bell)
        try:
            yield bell
        finally:
            waiting = self._bells[place]
            waiting.discard(bell)
            if not waiting:
                del self._bells[place]

    async def start(self) -> None:
        """Begins to listen."""
        ready = asyncio.Event()
        self._task = asyncio.create_task(self._listen(ready), name="feed")
        with contextlib.suppress(
            TimeoutError
        ):  # without a bell waiters still see changes, at the end of their patience
            async with asyncio.timeout(2):
                await ready.wait()

    async def close(self) -> None:
        """Stops listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def wake_all(self) -> None:
        """Wakes everybody: after a lost connection, or at the end of the process."""
        for bells in self._bells.values():
            for bell in bells:
                bell.ring()

    async def _listen(self, ready: asyncio.Event) -> None:
        while True:
            try:
                await self._subscribe(ready)
            except Exception as failure:
                if not blocking_fault(failure):
                    raise
                log.warning("the bell's connection was lost: %s", type(failure).__name__)
            self.wake_all()
            await asyncio.sleep(PAUSE)

    async def _subscribe(self, ready: asyncio.Event) -> None:
        client = self._link.blocking()
        try:
            async with client.pubsub(ignore_subscribe_messages=True) as pubsub:
                await pubsub.subscribe(BELL)
                ready.set()
                self.wake_all()
                while True:
                    message = await pubsub.get_message(timeout=2.0)
                    if message is not None:
                        self._rang(message["data"])
        finally:
            await client.aclose()

    def _rang(self, data: bytes) -> None:
        site, *ids = data.decode().split("\n")
        for place in ((site, None), *((site, one) for one in ids)):
            for bell in self._bells.get(place, ()):
                bell.ring()
