"""What one queue over many sites costs: a page of 50 of 200 sites, beside a page of 50 of one site in the same run.

`python -m bench.across` fills 200 sites of an embedded server with pending comments and one more with as many as all of
them, then reads first pages and later pages of both in turns, in each order, store and answer included, on one core.
Milliseconds of wall-clock time; the bars are a p99 of 100 ms, which a moderator does not feel, and no comment twice.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from pydantic_core import to_json

from bench.processes import machine
from moderation.domain.comment import Comment, Draft
from moderation.domain.policy import Mode, Policy, decide
from moderation.store import Filters, Judged, Order, Store
from moderation.store.client import Link
from moderation.store.embedded import EmbeddedServer
from moderation.web import answers

CORE: Final = max(os.sched_getaffinity(0))
LIMIT: Final = 50
BAR_MS: Final = 100.0


async def fill(store: Store, site: str, count: int, chance: random.Random) -> None:
    """A site with pending comments of random scores."""
    await store.sites.add(site)
    inbox = store.inboxes("bench")[0]
    await inbox.open()
    drafts = [Draft(f"c{n}", "I disagree with the mayor, and here is why. " * 9) for n in range(count)]
    for start in range(0, count, 500):
        await store.comments.accept_many(site, drafts[start : start + 500])
        while await inbox.waiting():
            judged = []
            for entry in await inbox.read(500):
                scores = {"spam": chance.random()}
                decision = decide(Policy(mode=Mode.PRE), scores, model_version="v")
                judged.append(Judged(entry, scores, (), decision, "v"))
            await inbox.commit(judged)
    await inbox.close()


def answered(comments: tuple[Comment, ...]) -> bytes:
    """What the handler would send."""
    return to_json([answers.comment_answer(comment) for comment in comments])


async def timed(read: Callable[[], Awaitable[tuple[Comment, ...]]]) -> tuple[float, tuple[Comment, ...]]:
    """Milliseconds of one page."""
    began = time.perf_counter()
    comments = await read()
    answered(comments)
    return (time.perf_counter() - began) * 1000, comments


def p99(times: list[float]) -> float:
    """The 99th percentile by rank."""
    return sorted(times)[max(0, -(-len(times) * 99 // 100) - 1)]


async def one_order(store: Store, sites: list[str], order: Order, pages: int) -> bool:
    """Reads pages of one site and of all in turns and prints a row; whether the bars are met."""
    one: list[float] = []
    many: list[float] = []
    seen: list[tuple[str, str]] = []
    place: int | None = None
    places: dict[str, int] = {}

    async def of_one() -> tuple[Comment, ...]:
        nonlocal place
        found = await store.queues.page("one", "pending", order, LIMIT, place, Filters())
        place = found.next
        return found.items

    async def of_all() -> tuple[Comment, ...]:
        nonlocal places
        found = await store.across.page(sites, "pending", order, LIMIT, places, Filters())
        places = dict(found.places)
        return found.items

    for _ in range(pages):
        one.append((await timed(of_one))[0])
        spent, comments = await timed(of_all)
        many.append(spent)
        seen += [(comment.site, comment.id) for comment in comments]
    once = len(seen) == len(set(seen)) == pages * LIMIT
    print(
        f"{order:>7} {statistics.median(one):>8.1f} {p99(one):>8.1f} {statistics.median(many):>8.1f} "
        f"{p99(many):>8.1f} {statistics.median(many) / statistics.median(one):>9.1f}"
        + ("" if once else "  comments twice or missing"),
        flush=True,
    )
    return once and p99(many) <= BAR_MS


async def measure(store: Store, sites: list[str], pages: int) -> bool:
    """Prints the table; whether the bars are met."""
    print(f"{'order':>7} {'one p50':>8} {'one p99':>8} {'all p50':>8} {'all p99':>8} {'ratio p50':>9}")
    fine = [await one_order(store, sites, order, pages) for order in Order]

    async def in_vain() -> tuple[Comment, ...]:
        nothing = Filters(text="nothing")
        return (await store.across.page(sites, "pending", Order.SPAM, LIMIT, {}, nothing)).items

    vain = [(await timed(in_vain))[0] for _ in range(10)]
    print(
        f"words that no comment has, looked for over all sites: p50 {statistics.median(vain):.0f} ms (no bar)"
    )
    return all(fine)


async def bench(count: int, per_site: int, pages: int) -> bool:
    """The whole run."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder), binary=None, appendfsync="everysec")
        link = Link(f"unix://{await server.start()}")
        os.sched_setaffinity(0, {CORE})  # after the server's start: it keeps the other cores
        await link.start()
        try:
            store = await Store.settle(
                link, secret=b"a secret of the bench, thirty-two!", partitions=None, queue_limit=10**6
            )
            chance, sites = random.Random(1), [f"s{number:03}" for number in range(count)]
            for site in sites:
                await fill(store, site, per_site, chance)
            await fill(store, "one", count * per_site, chance)
            gc.collect()
            return await measure(store, sites, pages)
        finally:
            await link.close()
            await server.stop()


def main() -> int:
    """Prints a table; the exit status says whether the bars are met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--per-site", type=int, default=50)
    parser.add_argument("--pages", type=int, default=100)
    args = parser.parse_args()
    print(
        f"across: {machine()}; {args.sites} sites of {args.per_site} pending comments, and one of "
        f"{args.sites * args.per_site}; pages of {LIMIT}, milliseconds"
    )
    fine = asyncio.run(bench(args.sites, args.per_site, args.pages))
    print(
        f"bars: p99 over all sites at most {BAR_MS:.0f} ms, no comment twice or missing: {'met' if fine else 'MISSED'}"
    )
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
