"""What the desk's figures cost: a preview over 20,000 comments, and statistics over a log, each beside only reading the same.

`python -m bench.figures` fills an embedded server in a temporary folder (no model: chance scores), asks through HTTP, and
meanwhile calls another request again and again and watches the event loop: nobody may wait long because an editor asks for
figures. Everything shares one core. Medians of rounds; the first statistics are counted once, as a process does it once.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp import web

from bench.processes import machine
from moderation.domain.comment import Draft, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.policy import Mode, Policy, decide
from moderation.metrics import Metrics
from moderation.settings import Settings
from moderation.store import Judged, Role, Store
from moderation.store.client import Link
from moderation.store.embedded import EmbeddedServer
from moderation.store.recent import newest
from moderation.web import routes

CORE: Final = max(os.sched_getaffinity(0))
SITE: Final = "gazette"
WORDS: Final = "I think the council should have asked the people who live there before it sold the old market hall ".split()
LENGTH: Final = 70  # words of a comment: about 400 characters
STEP: Final = 500
TICK: Final = 0.002  # how often the loop is looked at, and the pause between two other requests


async def fill(store: Store, number: int) -> None:
    """So many comments judged in shadow mode, nine in ten decided by a moderator."""
    chance = random.Random(1)
    await store.sites.add(SITE)
    policy = await store.sites.set_policy(SITE, Policy(mode=Mode.SHADOW), "bench")
    inbox = store.inboxes("bench")[0]
    await inbox.open()
    for start in range(0, number, STEP):
        names = [f"c{start + place}" for place in range(STEP)]
        await store.comments.accept_many(
            SITE, [Draft(name, " ".join(chance.choices(WORDS, k=LENGTH))) for name in names]
        )
        judged = []
        for entry in await inbox.read(STEP):
            scores = {"spam": round(chance.betavariate(0.4, 2), 6)}
            judged.append(Judged(entry, scores, (), decide(policy, scores), "bench"))
        await inbox.commit(judged)
        decided = [
            (
                name,
                Decision(Status.REJECTED, By.MODERATOR, "ann", RejectReason.SPAM)
                if chance.random() < 0.2
                else Decision(Status.APPROVED, By.MODERATOR, "bob"),
                False,
            )
            for name in names
            if chance.random() < 0.9
        ]
        await store.comments.decide_many(SITE, decided, f"bench-{start}")
    await inbox.close()


class Bystander:
    """Another request, again and again, and how late the event loop is."""

    def __init__(self, call: Callable[[], Awaitable[Any]]) -> None:
        self._call = call
        self.latencies: list[float] = []
        self.gaps: list[float] = []

    async def beside(self, work: Awaitable[Any]) -> float:
        """Runs until the work is done; returns the work's seconds."""
        tasks = [asyncio.create_task(self._ask()), asyncio.create_task(self._watch())]
        began = time.perf_counter()
        await work
        seconds = time.perf_counter() - began
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return seconds

    async def _ask(self) -> None:
        while True:
            began = time.perf_counter()
            await self._call()
            self.latencies.append(time.perf_counter() - began)
            await asyncio.sleep(TICK)

    async def _watch(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(TICK)
            self.gaps.append(time.perf_counter() - began - TICK)

    def line(self) -> str:
        """Median and 99th percentile of the other request, and the loop's longest gap."""
        ordered = sorted(self.latencies)
        return (
            f"another request {1000 * statistics.median(ordered):6.1f} ms, p99 {1000 * ordered[int(len(ordered) * 0.99)]:6.1f} ms; "
            f"the loop late by at most {1000 * max(self.gaps):5.1f} ms"
        )


async def main(comments: int, rounds: int) -> None:
    """Fills, asks, prints."""
    with tempfile.TemporaryDirectory(prefix="moderation-bench-") as folder:
        server = EmbeddedServer(Path(folder), binary=None, appendfsync="everysec")
        link = Link(f"unix://{await server.start()}")
        await link.start()
        store = await Store.settle(
            link, secret=b"a secret for the bench, thirty-two", partitions=None, queue_limit=10**6
        )
        try:
            await fill(store, comments)
            await measure(store, comments, rounds)
        finally:
            await link.close()
            await server.stop()


async def measure(store: Store, comments: int, rounds: int) -> None:
    """Prints ours beside the floor."""
    runner = web.AppRunner(routes.build(store, Settings(), Metrics(), lambda: True), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    key = (await store.keyring.add(SITE, Role.MODERATOR, "ann")).key
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession(
        f"http://{host}:{port}", headers={"Authorization": f"Bearer {key}"}
    ) as session:

        async def ask(method: str, path: str, body: Any = None) -> Any:
            async with session.request(method, f"/v1/sites/{SITE}{path}", json=body) as answer:
                assert answer.status == 200, await answer.text()
                return await answer.json()

        def counts() -> Awaitable[Any]:
            return ask("GET", "/queues")

        body = {
            "policy": {"suspect_words": ["casino", "market stall"], "max_links": 2},
            "target": {"held_good_share": 0.02},
        }
        print(f"{machine()}, one core, {comments:,} comments of about 400 characters")
        idle = Bystander(counts)
        await idle.beside(asyncio.sleep(2))
        print(f"idle                                        {idle.line()}")
        events = await read_log(store)
        first = Bystander(counts)
        seconds = await first.beside(ask("GET", "/statistics?hours=720"))
        print(f"statistics, the first of {events:,} events {seconds:6.2f} s   {first.line()}")
        works: dict[str, Callable[[], Awaitable[Any]]] = {
            "  floor: the log read, not counted      ": lambda: read_log(store),
            "statistics, a later one                 ": lambda: ask("GET", "/statistics?hours=720"),
            "preview, two policies and a target      ": lambda: ask("POST", "/policy/preview", body),
            "  floor: the comments read, not judged  ": lambda: read_comments(store),
        }
        for name, work in works.items():
            beside = Bystander(counts)
            times = [await beside.beside(work()) for _ in range(rounds)]
            print(f"{name} {statistics.median(times):6.2f} s   {beside.line()}")
    await runner.cleanup()


async def read_log(store: Store) -> int:
    """The floor of the statistics: every event of the log, parsed."""
    after, read = None, 0
    while page := await store.events.page(SITE, after, STEP):
        after, read = page[-1].id, read + len(page)
    return read


async def read_comments(store: Store) -> int:
    """The floor of a preview: every comment, parsed."""
    return sum([len(page) async for page in newest(store.queues, SITE, 0)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=int, default=20_000, help="how many, in steps of 500")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.sched_setaffinity(0, {CORE})  # the server, started later, is on it too
    asyncio.run(main(options.comments, options.rounds))
