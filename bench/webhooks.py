"""Webhooks: how many deliveries a second, and what bad receivers cost a good one.

`python -m bench.webhooks` does in one run, everything on core 0: bare aiohttp posts (the floor), the same number of deliveries
through store, leases and door out, and the delay from an event to its arrival alone and beside five receivers that hang
and five that fail. The bar: the bad ones add at most a second to the slowest of the good one's deliveries.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from bench.processes import machine
from moderation.domain.comment import Draft, Status
from moderation.domain.decision import By, Decision
from moderation.metrics import Metrics
from moderation.store import Store
from moderation.store.client import Link
from moderation.store.embedded import EmbeddedServer
from moderation.webhooks.dispatcher import Dispatcher
from moderation.webhooks.egress import Egress, Gate
from moderation.webhooks.kinds import Signed

SITE = "bench"
BAD = 5  # of each
CONNECTIONS = 8  # as many as the dispatcher has under way to one webhook


class Receivers:
    """A good receiver that notes the delay of what comes, one that fails, one that hangs."""

    def __init__(self) -> None:
        self.delays: list[float] = []
        self.wanted = 0
        self.done = asyncio.Event()

    def expect(self, number: int) -> None:
        """From now on so many deliveries are waited for."""
        self.delays, self.wanted = [], number
        self.done.clear()

    async def good(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read())
        at = int(body["data"]["event_id"].partition("-")[0])
        self.delays.append(time.time() * 1000 - at)
        if len(self.delays) >= self.wanted:
            self.done.set()
        return web.Response(status=204)

    async def fails(self, request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=500)

    async def hangs(self, request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response(status=204)


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[tuple[Receivers, str]]:
    """The receivers and where they listen."""
    found, app = Receivers(), web.Application()
    for name in ("good", "fails", "hangs"):
        app.router.add_post(f"/{name}", getattr(found, name))
    async with TestServer(app, host="127.0.0.1") as server:
        yield found, str(server.make_url("/"))


async def happen(store: Store, first: int, number: int, per_second: float | None) -> None:
    """Comments that a moderator approves: an event each; at a pace, or as quickly as can be."""
    began = time.monotonic()
    decision = Decision(Status.APPROVED, By.MODERATOR, name="ann")
    for n in range(first, first + number):
        await store.comments.accept(SITE, Draft(id=f"c{n}", text="a comment"))
        await store.comments.decide(SITE, f"c{n}", decision, False, f"op{n}")
        if per_second is not None:
            await asyncio.sleep(max(0, began + (n - first + 1) / per_second - time.monotonic()))


async def floor(egress_gate: Gate, url: str, receivers: Receivers, number: int) -> float:
    """Bare posts a second: the door out without a store behind it."""
    receivers.expect(number)
    body = json.dumps({"type": "comment.approved", "data": {"event_id": "0-0", "comment_id": "c1"}}).encode()
    left = iter(range(number))
    async with Egress(egress_gate) as egress:

        async def one() -> None:
            for _ in left:
                await egress.post(url + "good", {"Content-Type": "application/json"}, body)

        began = time.monotonic()
        await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return number / (time.monotonic() - began)


async def delays(store: Store, receivers: Receivers, first: int, number: int, pace: float) -> Sequence[float]:
    """Milliseconds from event to arrival, at a pace."""
    receivers.expect(number)
    await happen(store, first, number, pace)
    await asyncio.wait_for(receivers.done.wait(), 60)
    return sorted(receivers.delays)


def shown(name: str, found: Sequence[float]) -> None:
    """A line of the table."""
    p99 = found[int(len(found) * 0.99) - 1]
    print(f"{name:>28} {statistics.median(found):8.1f} {p99:8.1f} {found[-1]:8.1f}")


async def measured(args: argparse.Namespace, folder: str) -> bool:
    """Prints everything; returns whether the bar is met."""
    server = EmbeddedServer(Path(folder), binary=None, appendfsync="everysec")
    link = Link(f"unix://{await server.start()}")
    await link.start()
    store = await Store.settle(link, secret=None, partitions=None, queue_limit=10_000_000)
    await store.sites.add(SITE)
    await store.feed.start()
    gate = Gate(["127.0.0.0/8"], http=True)
    async with receiving() as (receivers, url), Egress(gate) as egress:
        bare = await floor(gate, url, receivers, args.deliveries)
        await store.webhooks.add(SITE, "ann", url + "good", ["*"])
        await happen(store, 0, args.deliveries, None)
        dispatcher = Dispatcher(
            store, {"webhook": Signed(store.webhooks.secrets_of)}, egress, Metrics().webhooks
        )
        receivers.expect(args.deliveries)
        began = time.monotonic()
        running = asyncio.create_task(dispatcher.run())
        await asyncio.wait_for(receivers.done.wait(), 120)
        ours = args.deliveries / (time.monotonic() - began)
        print(
            f"deliveries a second: {ours:.0f}; bare posts (floor): {bare:.0f}; the ratio is {ours / bare:.2f}"
        )
        print(f"{'ms from event to arrival':>28} {'median':>8} {'p99':>8} {'slowest':>8}")
        number = int(args.pace * args.seconds)
        alone = await delays(store, receivers, 1_000_000, number, args.pace)
        shown("alone", alone)
        for _ in range(BAD):
            for name in ("fails", "hangs"):
                await store.webhooks.add(SITE, "ann", url + name, ["*"])
        await asyncio.sleep(2)  # they have their couriers now
        beside = await delays(store, receivers, 2_000_000, number, args.pace)
        shown(f"beside {2 * BAD} bad receivers", beside)
        dispatcher.stop()
        await running
    await store.feed.close()
    await link.close()
    await server.stop()
    added = (beside[-1] - alone[-1]) / 1000
    print(f"the bad ones add {added:.3f} s to the slowest; the bar is {args.bar} s")
    return bool(added <= args.bar)


def main() -> int:
    """The exit status says whether the bar is met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--deliveries", type=int, default=5_000)
    parser.add_argument("--pace", type=float, default=50, help="events a second")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--bar", type=float, default=1.0, help="seconds")
    args = parser.parse_args()
    os.sched_setaffinity(0, {0})
    print(f"webhooks: {machine()}; all on core 0")
    with tempfile.TemporaryDirectory() as folder:
        return 0 if asyncio.run(measured(args, folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
