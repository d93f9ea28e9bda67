"""A dispatcher as a process of its own that a test kills, under a clock that runs faster: hours of schedule pass in moments.

``python -m tests.support.dispatching REDIS_URL SPEED BEGAN_MS``
"""

from __future__ import annotations

import asyncio
import sys
import time

from moderation.metrics import Metrics
from moderation.store import Store
from moderation.store.client import Link
from moderation.web.answers import comment_answer
from moderation.webhooks.dispatcher import Dispatcher
from moderation.webhooks.egress import Egress, Gate
from moderation.webhooks.kinds import Signed

REQUEST_SECONDS = 0.4
LEASE_SECONDS = 1.0  # by the wall


def fast_clock(speed: int, began_ms: int) -> int:
    """The time in ms that passes ``speed`` times as fast since it began."""
    return began_ms + int((time.time() * 1000 - began_ms) * speed)


async def main(url: str, speed: int, began_ms: int) -> None:
    """Dispatches until it is killed."""
    link = Link(url)
    await link.start()
    store = await Store.settle(link, secret=None, partitions=None, queue_limit=1000)
    store.webhooks.clock = lambda: fast_clock(speed, began_ms)
    await store.feed.start()

    async def card(site: str, comment_id: str) -> dict[str, object] | None:
        (found,) = await store.comments.many(site, [comment_id])
        return None if found is None else comment_answer(found)

    async with Egress(Gate(["127.0.0.0/8"], http=True), total_seconds=REQUEST_SECONDS) as egress:
        kinds = {"webhook": Signed(store.webhooks.secrets_of, card)}
        dispatcher = Dispatcher(
            *(store, kinds, egress, Metrics().webhooks),
            lease_ms=int(LEASE_SECONDS * 1000 * speed),
            roster_seconds=0.1,
            patience_seconds=0.1,
        )
        print("ready", flush=True)
        await dispatcher.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
