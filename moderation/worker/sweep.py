"""Sweeping: one worker at a time takes away what sites no longer want to keep."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from typing import Final

from moderation.errors import ModerationError
from moderation.store import Store

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 60.0  # how often a worker asks whether it is its turn


async def sweep_forever(store: Store, worker: str, stopping: asyncio.Event) -> None:
    """Takes turns at sweeping until it is time to stop; a store that does not answer only costs a turn."""
    while not stopping.is_set():
        try:
            if await store.retention.take_turn(worker):
                gone = await store.retention.sweep()
                if gone:
                    log.info("bodies of %d decided comments were removed", gone)
        except (
            Exception
        ) as failure:  # whatever it is, comments must still be scored and the next turn tries again
            known = isinstance(failure, ModerationError)
            log.log(
                logging.WARNING if known else logging.ERROR,
                "the sweep was put off: %s",
                type(failure).__name__,
            )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS * random.uniform(0.8, 1.2)):  # jitter, no secret
                await stopping.wait()
