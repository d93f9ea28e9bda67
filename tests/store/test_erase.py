"""An author is erased while workers work: nothing of what was written, or said on it, is left in any key or on the disk."""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from moderation.domain.author import Standing
from moderation.domain.comment import Article, Author, Draft, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.policy import Policy, decide
from moderation.errors import ModerationError
from moderation.metrics import Metrics
from moderation.store import Judged, Order, Store
from moderation.store.client import Link
from moderation.store.embedded import EmbeddedServer
from moderation.worker.judge import Judge
from moderation.worker.loop import Worker, contexts_of
from tests.conftest import SECRET
from tests.support.invariants import problems
from tests.support.races import pause
from tests.worker.test_worker import Always, Scripted, until

SITE = "gazette"
CANARY = "kanarienvogel"
COMMENTS = 1_000
OTHERS = 200  # comments of another author, between them
RACES = 1_000
REF = f"id:{CANARY}-id"
BIRD = Author(id=f"{CANARY}-id", name=f"Bo {CANARY}", url=f"https://{CANARY}.example", ip_hash="1" * 32)


@asynccontextmanager
async def own_server(folder: Path) -> AsyncIterator[Store]:
    """A store on an embedded server of its own, whose files may be read."""
    server = EmbeddedServer(folder, binary=None, appendfsync="everysec")
    link = Link(f"unix://{await server.start()}")
    await link.start()
    try:
        yield await Store.settle(link, secret=SECRET, partitions=None, queue_limit=100_000)
    finally:
        await link.close()
        await server.stop()


def bird(number: int) -> Draft:
    """One of the author's comments; some cannot be scored, the others are spam, ham or between."""
    word = "boom" if number % 50 == 0 else ("0.01", "0.5", "0.99")[number % 3]
    return Draft(
        f"b{number}",
        f"{word} {CANARY} {number}",
        BIRD,
        Article(id=f"a{number % 5}", url=f"https://news.example/{CANARY}", title=f"On the {CANARY}"),
        parent_id=f"b{number - 1}" if number % 4 == 0 else None,
        metadata={"section": CANARY},
    )


async def found(store: Store) -> list[str]:
    """Keys in whose name or content, as the server keeps it, the canary is."""
    names = await store.link.call("KEYS", "*")
    kinds = await store.link.call_all([("TYPE", name) for name in names])
    how: dict[bytes, tuple[str | int, ...]] = {
        b"hash": ("HGETALL",), b"zset": ("ZRANGE", 0, -1), b"stream": ("XRANGE", "-", "+"), b"set": ("SMEMBERS",),
        b"string": ("GET",), b"list": ("LRANGE", 0, -1),
    }  # fmt: skip
    reads = [(how[kind][0], name, *how[kind][1:]) for name, kind in zip(names, kinds, strict=True)]
    contents = await store.link.call_all(reads)
    canary = CANARY.encode()
    return [
        name.decode()
        for name, content in zip(names, contents, strict=True)
        if canary in name or canary in b"\n".join(_flat(content))
    ]


def _flat(content: Any) -> list[bytes]:
    if isinstance(content, list):
        return [one for part in content for one in _flat(part)]
    return [content] if isinstance(content, bytes) else []


async def rewritten(store: Store, folder: Path) -> bytes:
    """The append-only file's bytes after a rewrite."""
    await store.link.call("BGREWRITEAOF")

    async def done() -> bool:
        info = (await store.link.call("INFO", "persistence")).decode()
        return (
            "aof_rewrite_in_progress:0" in info
            and "aof_rewrite_scheduled:0" in info
            and "aof_last_bgrewrite_status:ok" in info
        )

    await until(done)
    files = sorted(one for one in (folder / "appendonlydir").iterdir() if one.suffix != ".manifest")
    return b"".join(await asyncio.to_thread(lambda: [one.read_bytes() for one in files]))


async def handle(store: Store, ids: list[str]) -> None:
    """What moderators and readers do with an author's comments, the canary in every word."""
    reject = Decision(Status.REJECTED, By.MODERATOR, "ann", RejectReason.SPAM, note=f"no {CANARY}")
    approve = Decision(Status.APPROVED, By.MODERATOR, "ann", note=f"yes {CANARY}")
    comments, chance = store.comments, random.Random(1)
    batch = await store.batches.begin(SITE, "batch", "ann", ids[:100])
    await comments.decide_many(SITE, [(one, reject, True) for one in batch.ids], "batch", batch.id)
    await comments.undo_many(SITE, batch.ids[:30], "bob", "undo", batch.id)
    for number, one in enumerate(ids[100:]):
        op = f"op{number}"
        try:
            match number % 9:
                case 0:
                    await comments.edit(SITE, one, f"0.5 edited {CANARY} {number}", op)
                case 1:
                    await comments.escalate(SITE, one, "ann", f"a threat, {CANARY}", op)
                case 2:
                    await comments.note(SITE, one, "ann", f"a note on {CANARY}", op)
                case 3:
                    await comments.tag(SITE, one, "ann", [CANARY, "z"], op)
                    await comments.tag(SITE, one, "ann", ["z"], op + "b")
                case 4:
                    for reader in ("r1", "r2"):
                        await comments.report(SITE, one, reader, "abuse", 1)
                case 5:
                    await comments.decide(SITE, one, chance.choice([reject, approve]), True, op)
                case 6:
                    await comments.assign(SITE, one, "ann", "bob", op)
                case 7:
                    await comments.escalate(SITE, one, "ann", f"a threat, {CANARY}", op)
                    await comments.decide(SITE, one, reject, True, op + "b")
                case 8:
                    pass  # as the worker left it
        except ModerationError:
            pass  # it waits for its score
    for queue in ("pending", "reported", "approved"):
        await store.claims.claim(
            SITE, queue, "bob", limit=20, lease_seconds=60, order=Order.OLDEST, labels=(), op=queue
        )
    await store.authors.note(SITE, REF, "ann", f"a word on {CANARY}", "note")
    await store.authors.set_standing(SITE, REF, "ann", Standing.SUSPENDED, None, "standing")
    mine = store.private.reporter(SITE, REF.removeprefix("id:"))
    for number in range(10):
        await comments.report(SITE, f"o{number}", mine, "abuse", 1)


async def test_an_author_of_a_thousand_comments_is_erased_while_workers_run(tmp_path: Path) -> None:
    async with own_server(tmp_path / "data") as store:
        await store.sites.add(SITE)
        metrics = Metrics()
        judges = [
            Judge(Always(Scripted()), functools.partial(contexts_of, store), metrics.worker) for _ in range(2)
        ]
        workers = [
            Worker(store.inboxes(f"w{number}")[store.link.keys.partition(SITE)], judge, metrics.worker, batch_size=16,
                   lease_seconds=10)
            for number, judge in enumerate(judges)
        ]  # fmt: skip
        drafts = [bird(number) for number in range(COMMENTS)]
        for number in range(OTHERS):
            drafts.insert(number * 5, Draft(f"o{number}", f"0.01 another text {number}", Author(id="u2")))
        early, late = drafts[:900], drafts[900:]
        await store.comments.accept_many(SITE, early)
        tasks = [asyncio.create_task(worker.run()) for worker in workers]

        async def judged() -> bool:
            return await store.waiting() == 0

        await until(judged)
        await handle(store, [one.id for one in early if one.author == BIRD])
        await store.comments.accept_many(SITE, late)  # they are before the workers when the erasure comes
        assert len(await found(store)) > COMMENTS
        assert any(one.comment_id.startswith("b") for one in await store.dead_letters.list(SITE))
        assert CANARY.encode() in await rewritten(store, tmp_path / "data"), "the scan sees what is there"
        assert await store.authors.erase(SITE, REF, "ann") == COMMENTS
        for worker in workers:
            worker.stop()
        await asyncio.gather(*tasks)
        for judge in judges:
            judge.close()
        assert await found(store) == []
        assert CANARY.encode() not in await rewritten(store, tmp_path / "data")
        assert await problems(store, SITE) == []
        others = await store.comments.many(SITE, [f"o{number}" for number in range(OTHERS)])
        assert all(others), "nobody else's comment went along"


async def test_what_is_erased_while_it_is_scored_does_not_come_back(store: Store) -> None:
    """The erasure falls before, between and after the worker's look around and its verdict; in half of the races the id is posted anew."""
    inbox = store.inboxes("w")[store.link.keys.partition(SITE)]
    await inbox.open()
    chance = random.Random(7)
    fell: set[str] = set()
    scored: dict[str, asyncio.Event] = {}
    erased: dict[str, asyncio.Event] = {}
    for start in range(0, RACES, 50):
        ids = [f"c{number}" for number in range(start, start + 50)]
        await store.comments.accept_many(SITE, [Draft(one, f"0.1 old {one}", BIRD) for one in ids])
        held = await inbox.read(100)
        assert len(held) == 50

        # Of ten races one goes to each by arrangement, the others to whom chance lets win.
        scored.update((one, asyncio.Event()) for one in ids)
        erased.update((one, asyncio.Event()) for one in ids)

        async def score(entry: Any) -> None:
            name = entry.draft.id
            if int(name[1:]) % 10 == 1:
                await erased[name].wait()
            await pause(chance)
            scores = {"spam": 0.01}
            [context] = await contexts_of(store, [entry])
            await pause(chance)
            verdict = decide(Policy(), scores)
            judged = Judged(entry, scores, (), verdict, "v", fingerprints=context.fingerprints)
            fell.add("erased first" if await inbox.commit([judged]) == 0 else "scored first")
            scored[name].set()

        async def erase(comment_id: str) -> None:
            if int(comment_id[1:]) % 10 == 0:
                await scored[comment_id].wait()
            await pause(chance)
            assert await store.comments.erase(SITE, comment_id)
            erased[comment_id].set()
            if chance.random() < 0.5:
                await store.comments.accept(SITE, Draft(comment_id, "0.9 new", Author(id="u2")))

        await asyncio.gather(*(score(entry) for entry in held), *(erase(one) for one in ids))
        left = [one for one in await store.comments.many(SITE, ids) if one is not None]
        assert all((one.status, one.scores) == (Status.QUEUED, {}) for one in left), (
            "an old verdict on a new text"
        )
        assert await found(store) == []
        assert await problems(store, SITE) == []
        await asyncio.gather(*(store.comments.erase(SITE, one) for one in ids))
    assert fell == {"erased first", "scored first"}
    await inbox.close()
