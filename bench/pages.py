"""Queue pages stay flat: a listing of 50 at a million pending comments beside the same listing at a thousand, in one run.

`python -m bench.pages` fills four sites of an embedded server, puts itself and the server on one core, and asks in turns, first pages
and deep ones, each order with each filter of the contract; then claims, decisions, counts, reasons and threads. Both sizes always
answer a full page, so that the same work is compared. It also says where the bytes of a pending comment go, what a filter
without an index costs, and how long such a search holds the event loop. The bar is a ratio of 1.5 between the p99 at the
greatest size and at the smallest. Wall-clock time, medians of rounds; results go to bench/results.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import aiohttp
import uvloop
from aiohttp import web

from bench.filling import ARTICLES, LENGTH, REASONS, fill
from bench.processes import ROOT, machine
from moderation.domain.comment import Comment, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.metrics import Metrics
from moderation.settings import Settings
from moderation.store import Filters, Order, Role, Store
from moderation.store.client import Link
from moderation.store.embedded import EmbeddedServer
from moderation.web import routes

CORES: Final = sorted(os.sched_getaffinity(0))
CORE: Final = CORES[-1]
SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
LIMIT: Final = 50
LEAST: Final = (
    LIMIT + 10
)  # comments that a label must have to be asked for: every page is full, at every size
CLAIMED: Final = 20
IN_FRONT: Final = (
    900  # leases before the first free comment; a moderator may hold 1,000, and the least site has 1,000
)
BAR: Final = 1.5
HOLD_MS: Final = 50.0  # the longest that a search may hold the event loop
FIRST_PAGES: Final = 0.3  # share of the listings that begin at the front
KINDS: Final = ("article", "author", "reason")

Work = Callable[[], Awaitable[Any]]


@dataclass
class Filled:
    """A site, and what is asked of it."""

    name: str
    size: int
    labels: dict[str, list[str]]  # by kind, those with LEAST comments or more
    talked: list[Comment]  # comments by such an author under such an article, parents of others
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    number: int = 0  # of the operations so far
    cursors: dict[str, str | None] = field(default_factory=dict)

    def operation(self) -> str:
        """A new operation's id."""
        self.number += 1
        return f"{self.name}-{time.time_ns()}-{self.number}"


@dataclass(frozen=True)
class Row:
    """A question: `prepare` (not timed) gives what is timed and, if need be, what puts things back."""

    name: str
    prepare: Callable[[Filled], Awaitable[tuple[Work, Work | None]]]
    barred: bool = True
    leases: int = 0  # held by others before the first free comment
    group: str = "page"


def filters_for(site: Filled, kinds: Sequence[str]) -> Filters:
    """One of the site's labels of each kind."""
    chosen = {kind: site.chance.choice(site.labels[kind]) for kind in kinds}
    if "author" in chosen:
        chosen["author"] = f"id:{chosen['author']}"
    return Filters(**chosen)  # type: ignore[arg-type]


class Questions:
    """All that is asked, on one store."""

    def __init__(self, store: Store, session: aiohttp.ClientSession, keys: dict[str, str]) -> None:
        self._store = store
        self._session = session
        self._keys = keys

    def rows(self) -> list[Row]:
        """The table's rows."""
        found: list[Row] = []
        for kinds in ((), *((kind,) for kind in KINDS)):
            for order in Order:
                name = " and ".join(kinds) or "all"
                found.append(Row(f"page, {name}, {order}", self._page(order, kinds)))
        for size in (2, 3):
            for kinds in combinations(KINDS, size):
                for order in (Order.OLDEST, Order.SPAM):
                    name = f"page, {' and '.join(kinds)}, {order}"
                    found.append(Row(name, self._page(order, kinds), barred=False, group="two filters"))
        found += [
            *(Row(f"HTTP page, all, {order}", self._over_http(order, None), group="HTTP") for order in Order),
            Row("HTTP page, author, oldest", self._over_http(Order.OLDEST, "author"), group="HTTP"),
            Row("counts", self._counts, group="others"),
            Row("reasons", self._reasons, group="others"),
            Row("thread", self._thread, group="others"),
            Row("decide", self._decide, group="others"),
            Row(f"claim {CLAIMED}", self._claim(list(Order)), group="others"),
            Row(
                f"claim {CLAIMED}, {IN_FRONT} leases in front",
                self._claim([Order.OLDEST]),
                leases=IN_FRONT,
                group="others",
            ),
        ]
        return found

    def _page(self, order: Order, kinds: Sequence[str]) -> Callable[[Filled], Awaitable[tuple[Work, None]]]:
        link, queues = self._store.link, self._store.queues

        async def prepare(site: Filled) -> tuple[Work, None]:
            filters = filters_for(site, kinds)
            key = link.keys.queue(site.name, "pending", order.axis)
            if filters.labels:
                key = link.keys.labelled(site.name, "pending", order.axis, filters.labels[0])
            after: int | None = None
            if site.chance.random() >= FIRST_PAGES:
                rank = site.chance.randrange(await link.call("ZCARD", key) - LIMIT)
                end = ("REV",) if order.descending else ()
                found = await link.call("ZRANGE", key, rank, rank, *end, "WITHSCORES")
                after = int(float(found[1]))

            async def work() -> None:
                page = await queues.page(site.name, "pending", order, LIMIT, after, filters)
                assert len(kinds) > 1 or len(page.items) == LIMIT

            return work, None

        return prepare

    def _over_http(self, order: Order, kind: str | None) -> Callable[[Filled], Awaitable[tuple[Work, None]]]:
        async def prepare(site: Filled) -> tuple[Work, None]:
            listing = f"{order}-{kind}"
            path = f"/v1/sites/{site.name}/queues/pending?order={order}&limit={LIMIT}"
            if kind:
                path += f"&{kind}={site.labels[kind][0]}"
            cursor = site.cursors.get(listing)
            if cursor:
                path += f"&cursor={cursor}"

            async def work() -> None:
                headers = {"Authorization": f"Bearer {self._keys[site.name]}"}
                async with self._session.get(path, headers=headers) as answer:
                    found = await answer.read()
                    assert answer.status == 200, found
                    site.cursors[listing] = json.loads(found)["next"]

            if kind:  # the least site has one page of it
                site.cursors[listing] = None
            return work, None

        return prepare

    async def _counts(self, site: Filled) -> tuple[Work, None]:
        return lambda: self._store.queues.counts(site.name), None

    async def _reasons(self, site: Filled) -> tuple[Work, None]:
        return lambda: self._store.queues.reasons(site.name, "pending"), None

    async def _thread(self, site: Filled) -> tuple[Work, None]:
        comment = site.chance.choice(site.talked)
        return lambda: self._store.comments.thread(site.name, comment, 20), None

    async def _decide(self, site: Filled) -> tuple[Work, Work]:
        comments, chosen = self._store.comments, f"c-{site.chance.randrange(site.size):09d}"
        decision = Decision(Status.REJECTED, By.MODERATOR, "ann", RejectReason.SPAM)

        async def work() -> None:
            await comments.decide(site.name, chosen, decision, False, site.operation())

        async def back() -> None:
            await comments.undo(site.name, chosen, "ann", site.operation())

        return work, back

    def _claim(self, orders: Sequence[Order]) -> Callable[[Filled], Awaitable[tuple[Work, Work]]]:
        claims = self._store.claims

        async def prepare(site: Filled) -> tuple[Work, Work]:
            order = site.chance.choice(orders)

            async def work() -> None:
                found = await claim(self._store, site, "ann", CLAIMED, order)
                assert len(found) == CLAIMED

            return work, lambda: claims.release(site.name, "ann", [])

        return prepare


async def claim(
    store: Store, site: Filled, name: str, limit: int, order: Order, labels: Sequence[str] = ()
) -> list[Comment]:
    """A claim on the site's pending comments."""
    return await store.claims.claim(
        site.name,
        "pending",
        name,
        limit=limit,
        lease_seconds=3600,
        order=order,
        labels=labels,
        op=site.operation(),
    )


def p99(times: Sequence[float]) -> float:
    """The 99th percentile by rank."""
    return sorted(times)[max(0, -(-len(times) * 99 // 100) - 1)]


async def one_round(store: Store, row: Row, sites: Sequence[Filled], asks: int) -> list[list[float]]:
    """Milliseconds of each ask, by site; the sites are asked in turns."""
    times: list[list[float]] = [[] for _ in sites]
    for site in sites if row.leases else ():
        await claim(store, site, "bob", row.leases // 2, Order.OLDEST)
        await claim(store, site, "bob", row.leases - row.leases // 2, Order.OLDEST)
    for _ in range(asks):
        for site, found in zip(sites, times, strict=True):
            work, back = await row.prepare(site)
            began = time.perf_counter()
            await work()
            found.append((time.perf_counter() - began) * 1000)
            if back is not None:
                await back()
    for site in sites if row.leases else ():
        await store.claims.release(site.name, "bob", [])
    return times


async def measure(
    store: Store, sites: Sequence[Filled], rows: Sequence[Row], rounds: int, asks: int
) -> list[dict[str, Any]]:
    """Prints the table as it comes; p50 and p99 (ms) by size, medians of rounds."""
    print(f"{'milliseconds':<42}" + "".join(f"{f'{site.size:,}':>16}" for site in sites) + f"{'ratio':>9}")
    print(f"{'':<42}" + "".join(f"{'p50':>8}{'p99':>8}" for _ in sites) + f"{'of p99':>9}")
    results = []
    for row in rows:
        await one_round(store, row, sites, max(5, asks // 10))  # warms up
        found = [await one_round(store, row, sites, asks) for _ in range(rounds)]
        middle = [
            statistics.median([statistics.median(one[place]) for one in found]) for place in range(len(sites))
        ]
        high = [statistics.median([p99(one[place]) for one in found]) for place in range(len(sites))]
        ratio = high[-1] / high[0]
        met = ratio <= BAR if row.barred else None
        cells = "".join(f"{a:>8.2f}{b:>8.2f}" for a, b in zip(middle, high, strict=True))
        said = "" if met is None else "" if met else "  MISSED"
        print(f"{row.name:<42}{cells}{ratio:>9.2f}{said}", flush=True)
        results.append(
            {"name": row.name, "group": row.group, "p50": middle, "p99": high, "ratio": ratio, "met": met}
        )
    return results


async def looked_over(store: Store, name: str, size: int) -> Filled:
    """What can be asked of a site: the labels with enough comments, and comments with much around them."""
    link = store.link
    given = {
        "article": [f"a-{number}" for number in range(ARTICLES)],
        "author": [f"u-{number}" for number in range(2_000)],
        "reason": list(REASONS),
    }
    labels = {}
    for kind, values in given.items():
        prefix = "id:" if kind == "author" else ""
        keys = [link.keys.labelled(name, "pending", "time", f"{kind}:{prefix}{value}") for value in values]
        sizes = await link.call_all([("ZCARD", key) for key in keys])
        labels[kind] = [value for value, count in zip(values, sizes, strict=True) if count >= LEAST]
    authored = await link.call("ZRANGE", link.keys.authored(name, f"id:{labels['author'][0]}"), 0, 500)
    comments = await store.comments.many(name, [one.decode() for one in authored])
    talked = [
        one
        for one in comments
        if one is not None and one.draft.article.id in labels["article"] and one.draft.parent_id is None
    ]
    return Filled(name, size, labels, talked)


async def bytes_by_kind(store: Store, site: str, count: int) -> dict[str, tuple[int, float]]:
    """Where the bytes of a site are: by kind of key, how many keys and bytes a comment."""
    link = store.link
    prefix = link.keys.site(site)
    kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    cursor = b"0"
    while True:
        cursor, keys = await link.call(
            "SCAN", cursor, "MATCH", prefix.replace("{", "\\{") + ":*", "COUNT", 2_000
        )
        sizes = await link.call_all([("MEMORY", "USAGE", key, "SAMPLES", 0) for key in keys])
        for key, size in zip(keys, sizes, strict=True):
            words = key.decode().removeprefix(prefix + ":").split(":")
            kind = _kind(words)
            kinds[kind][0] += 1
            kinds[kind][1] += size or 0
        if cursor == b"0":
            break
    ordered = sorted(kinds.items(), key=lambda one: -one[1][1])
    return {kind: (number, size / count) for kind, (number, size) in ordered}


def _kind(words: Sequence[str]) -> str:
    match words[0]:
        case "q":
            return f"queue by {words[2]}"
        case "i":
            return f"{words[3]}s by {words[2]}"
        case short:
            names = {
                "c": "comment's hash",
                "a": "author's record",
                "ac": "author's comments",
                "tc": "article's thread",
                "rc": "replies",
                "ev": "event log",
                "audit": "audit",
            }
            return names.get(short, "the rest")


async def used(link: Link) -> int:
    """Bytes that the server uses."""
    info = (await link.call("INFO", "memory")).decode()
    return int(info.partition("used_memory:")[2].split()[0])


@dataclass
class Search:
    """What a search without an index did: ms, comments found, the longest hold of the event loop (ms)."""

    name: str
    spent: float
    found: str
    held: float


async def watched(name: str, rounds: int, work: Callable[[], Awaitable[str]]) -> Search:
    """Times a search (median of rounds) and watches the event loop beside it."""
    times, holds, said = [], [], ""
    for _ in range(rounds):
        gaps = [0.0]

        async def watch(gaps: list[float]) -> None:
            while True:
                before = time.perf_counter()
                await asyncio.sleep(
                    0
                )  # ready again in the next turn: a gap is what the turn's other callbacks took
                gaps.append((time.perf_counter() - before) * 1000)

        watcher = asyncio.create_task(watch(gaps))
        began = time.perf_counter()
        said = await work()
        times.append((time.perf_counter() - began) * 1000)
        watcher.cancel()
        await asyncio.wait([watcher])
        holds.append(max(gaps))
    found = Search(name, statistics.median(times), said, statistics.median(holds))
    print(f"{found.name:<64}{found.spent:>9.1f}{found.held:>9.1f}  {found.found}", flush=True)
    return found


async def searches(store: Store, site: Filled, rounds: int) -> list[Search]:
    """Filters without an index on the greatest site, with a rare match; prints a table."""
    queues, comments = store.queues, store.comments
    rare = [f"c-{site.chance.randrange(site.size):09d}" for _ in range(5)]
    for one in rare:
        await comments.tag(site.name, one, "ann", ["rare"], site.operation())
        await comments.assign(site.name, one, "ann", "ann", site.operation())
    author, article, code = site.labels["author"][0], site.labels["article"][0], list(REASONS)[-1]
    asked = {
        "words that nothing has (q)": Filters(text="xylophone"),
        "a rare tag": Filters(tag="rare"),
        "assigned, rarely": Filters(assigned="ann"),
        "score above 0.9995, in order of time": Filters(score_min=0.9995),
        "the rarest reason, article and author": Filters(article=article, author=f"id:{author}", reason=code),
        "words that nothing has, of the most frequent author": Filters(
            text="xylophone", author=f"id:{author}"
        ),
    }
    print(f"\n{'without an index, at ' + f'{site.size:,}':<64}{'ms':>9}{'held ms':>9}  found")
    done = []
    for name, filters in asked.items():

        async def page(filters: Filters = filters) -> str:
            found = await queues.page(site.name, "pending", Order.OLDEST, LIMIT, None, filters)
            return f"{len(found.items)} on the page, {'more to look at' if found.next else 'all'}"

        async def count(filters: Filters = filters) -> str:
            found, whole = await queues.count(site.name, "pending", filters)
            return f"{'' if whole else 'at least '}{found}"

        done.append(await watched(f"page: {name}", rounds, page))
        done.append(await watched(f"count: {name}", rounds, count))

    async def every(filters: Filters) -> str:
        found, whole = await queues.ids(site.name, "pending", Order.OLDEST, filters, limit=1_000)
        return f"{len(found)} ids, {'all' if whole else 'and more'}"

    common = Filters(text="council")
    done.append(await watched("ids for a batch: a word that most have", rounds, lambda: every(common)))
    most = Filters(reason=next(iter(REASONS)))
    done.append(await watched("ids for a batch: the most frequent reason", rounds, lambda: every(most)))
    return done


async def many_leases(store: Store, site: Filled, rounds: int) -> list[Search]:
    """Claims in the worst case: ten thousand leases in front, and labels that share nothing."""
    for number in range(10):
        await claim(store, site, f"m{number}", 1_000, Order.OLDEST)

    async def behind() -> str:
        found = await claim(store, site, "ann", CLAIMED, Order.OLDEST)
        await store.claims.release(site.name, "ann", [])
        return f"{len(found)} claimed"

    async def in_vain() -> str:
        labels = [f"article:{site.labels['article'][0]}", "reason:newcomer", "author:id:nobody"]
        return f"{len(await claim(store, site, 'ann', CLAIMED, Order.OLDEST, labels))} claimed"

    async def rarely() -> str:
        author = f"author:id:{site.labels['author'][0]}"
        labels = [f"article:{site.labels['article'][0]}", author, "reason:banned_domain"]
        found = await claim(store, site, "ann", CLAIMED, Order.OLDEST, labels)
        await store.claims.release(site.name, "ann", [])
        return f"{len(found)} claimed"

    done = [
        await watched("claim 20 behind 10,000 leases", rounds, behind),
        await watched("claim 20 of two frequent labels and one that nothing has", rounds, in_vain),
        await watched("claim 20 of two frequent labels and the rarest reason", rounds, rarely),
    ]
    for number in range(10):
        await store.claims.release(site.name, f"m{number}", [])
    return done


def pin(pid: int, cores: set[int]) -> None:
    """Puts a process with all its threads on these cores."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(int(task.name), cores)


@contextlib.asynccontextmanager
async def served(store: Store) -> AsyncIterator[aiohttp.ClientSession]:
    """The product's HTTP on this store and a client of it."""
    runner = web.AppRunner(routes.build(store, Settings(), Metrics(), lambda: True), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession(f"http://{host}:{port}") as session:
        yield session
    await runner.cleanup()


async def bench(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The whole run."""
    server = EmbeddedServer(folder, binary=None, appendfsync="everysec")
    link = Link(f"unix://{await server.start()}")
    await link.start()
    try:
        store = await Store.settle(
            link, secret=b"a secret of the bench, thirty-two!", partitions=None, queue_limit=10**6
        )
        memory = await filled(store, args.sizes)
        sites = [await looked_over(store, f"s{size}", size) for size in args.sizes]
        keys = {one.name: (await store.keyring.add(one.name, Role.MODERATOR, "ann")).key for one in sites}
        pid = int((await link.call("INFO", "server")).decode().partition("process_id:")[2].split()[0])
        pin(pid, {CORE})
        pin(os.getpid(), {CORE})
        gc.collect()  # as `serve` does it
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        async with served(store) as session:
            rows = Questions(store, session, keys).rows()
            chosen = [row for row in rows if args.only in row.name]
            results = await measure(store, sites, chosen, args.rounds, args.asks)
        pin(pid, set(CORES[:-1] or CORES))  # so that a gap in the loop is the loop's own
        found: list[Search] = []
        if not args.only:
            found = await searches(store, sites[-1], 3) + await many_leases(store, sites[-1], 3)
            parts = await bytes_by_kind(store, sites[-1].name, sites[-1].size)
            memory |= {"parts": parts}
            print(f"\nbytes a comment at {sites[-1].size:,} ({LENGTH} characters of text)")
            for kind, (number, size) in parts.items():
                print(f"{kind:<24}{number:>12,} keys{size:>9.0f}")
            if memory["whole"]:
                print(f"{'all of it, used_memory':<41}{memory['whole']:>9.0f}")
        return {
            "sizes": list(args.sizes),
            "results": results,
            "memory": memory,
            "searches": [vars(one) for one in found],
        }
    finally:
        await link.close()
        await server.stop()


async def filled(store: Store, sizes: Sequence[int]) -> dict[str, Any]:
    """Fills the sites that are not there yet; the bytes that the last one took, per comment."""
    link = store.link
    whole: float | None = None
    here = set(await store.sites.list())
    if all(f"s{size}" in here for size in sizes):
        return {"whole": None}
    await link.call("CONFIG", "SET", "appendonly", "no")  # switched on again below, so written once
    for size in sizes:
        before, began = await used(link), time.perf_counter()
        await fill(store, f"s{size}", size)
        whole = (await used(link) - before) / size
        print(
            f"filled {size:,} in {time.perf_counter() - began:.0f} s, {whole:.0f} bytes a comment", flush=True
        )
    await link.call("CONFIG", "SET", "appendonly", "yes")
    while "aof_rewrite_in_progress:1" in (info := (await link.call("INFO", "persistence")).decode()) or (
        "aof_rewrite_scheduled:1" in info
    ):
        await asyncio.sleep(0.2)
    return {"whole": whole}


def renewed(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Earlier results with some rows measured again; says which, and of which commit."""
    again = {one["name"]: one for one in new["results"]} if old["sizes"] == new["sizes"] else {}
    if not again:
        return old
    said = f"{', '.join(again)}: measured again, {new['rounds']} rounds of {new['asks']}, {new['machine']}"
    rows = [again.get(one["name"], one) for one in old["results"]]
    return {**old, "results": rows, "renewed": [*old.get("renewed", []), said]}


def report(about: dict[str, Any]) -> str:
    """The results as Markdown."""
    sizes = about["sizes"]
    head = "| milliseconds | " + " | ".join(f"{size:,}: p50 | p99" for size in sizes) + " | ratio of p99 | |"
    lines = [head, "|---|" + "--:|--:|" * len(sizes) + "--:|---|"]
    for one in about["results"]:
        cells = " | ".join(f"{a:.2f} | {b:.2f}" for a, b in zip(one["p50"], one["p99"], strict=True))
        met = {None: "no bar", True: "met", False: "missed"}[one["met"]]
        lines.append(f"| {one['name']} | {cells} | {one['ratio']:.2f} | {met} |")
    rows = [
        f"| {one['name']} | {one['spent']:.1f} | {one['held']:.1f} | {one['found']} |"
        for one in about["searches"]
    ]
    memory = about["memory"]
    parts = [
        f"| {kind} | {number:,} | {size:.0f} |" for kind, (number, size) in memory.get("parts", {}).items()
    ]
    if memory["whole"]:
        parts.append(f"| all of it (`used_memory`) | | {memory['whole']:.0f} |")
    notes = "".join(f"- {said}.\n" for said in about.get("renewed", []))
    table, searched, kept = "\n".join(lines), "\n".join(rows), "\n".join(parts)
    return f"""# Queue pages at a thousand and at a million

Made by `{about["command"]}`; do not edit. {about["date"]}: {about["machine"]}.

{table}

![p99 over size](pages.png)

- One embedded server holds all sites; server and bench share core {CORE}. Asked in turns, medians of {about["rounds"]} rounds of {about["asks"]}.
- A page has {LIMIT} comments; {FIRST_PAGES:.0%} begin at the front, the others at a place drawn evenly. A label is drawn from those
  with {LEAST} comments or more at that size, so every page is full. With two filters or three a page may be short: no bar.
- Wall-clock time: a p99 holds what else the machine did, which falls on all sizes alike; the median is steadier.
- HTTP: client and service in one process; each request goes on from the one before (by author: the first page).
{notes}
## Searches without an index, at {sizes[-1]:,}

The server on another core; medians of 3. “Held” is the longest turn of the event loop meanwhile.

| | ms | held ms | found |
|---|--:|--:|---|
{searched}

## Bytes of a pending comment, at {sizes[-1]:,}

Texts of {LENGTH} characters, ids of 11. `MEMORY USAGE` of every key; the rest of `used_memory` is the table of keys.

| | keys | bytes a comment |
|---|--:|--:|
{kept}
"""


def plot(about: dict[str, Any], path: Path) -> None:
    """The p99 of each listing over the size."""
    from matplotlib.figure import Figure  # a tool of developers

    figure = Figure(figsize=(10, 5.5), layout="constrained")
    axes = figure.subplots()
    styles = {"page": "-", "HTTP": "--", "others": ":"}
    for one in about["results"]:
        if one["group"] in styles:
            axes.plot(about["sizes"], one["p99"], styles[one["group"]], marker=".", label=one["name"], lw=1)
    axes.set(xscale="log", yscale="log", xlabel="pending comments", ylabel="p99, milliseconds")
    axes.set_title(f"listings of {LIMIT}; {about['machine']}", fontsize=8)
    figure.legend(loc="outside right upper", fontsize=6)
    figure.savefig(path, dpi=110)


def main() -> int:
    """Prints tables and writes results; the exit status says whether the bars are met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="from 1,000 on, least first")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--asks", type=int, default=200, help="of each question in a round, at each size")
    parser.add_argument(
        "--only", default="", help="rows whose name holds this; they replace those in the results"
    )
    parser.add_argument("--folder", type=Path, help="keeps the filled server there, and uses what is there")
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "results")
    args = parser.parse_args()
    about_machine = machine()  # now: the tree may change while this runs
    print(f"pages: {about_machine}; core {CORE}, pages of {LIMIT}")
    with tempfile.TemporaryDirectory(prefix="moderation-bench-") as folder:
        found = uvloop.run(bench(args, args.folder or Path(folder)))
    missed = [one["name"] for one in found["results"] if one["met"] is False]
    slow = [one["name"] for one in found["searches"] if one["held"] > HOLD_MS]
    about = {
        "date": time.strftime("%Y-%m-%d"),
        "command": f"python -m bench.pages --rounds {args.rounds} --asks {args.asks}",
        "machine": about_machine,
        "rounds": args.rounds,
        "asks": args.asks,
        **found,
    }
    args.out.mkdir(parents=True, exist_ok=True)
    if args.only and (args.out / "pages.json").exists():
        about = renewed(json.loads((args.out / "pages.json").read_text("utf-8")), about)
    if not args.only or "renewed" in about:
        (args.out / "pages.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")
        (args.out / "pages.md").write_text(report(about), "utf-8")
        plot(about, args.out / "pages.png")
    print(
        f"p99 at the greatest size at most {BAR} times that at the least: {'MISSED: ' + ', '.join(missed) if missed else 'met'}"
    )
    print(
        f"no turn of the event loop above {HOLD_MS:.0f} ms: {'MISSED: ' + ', '.join(slow) if slow else 'met'}"
    )
    return 1 if missed or slow else 0


if __name__ == "__main__":
    sys.exit(main())
