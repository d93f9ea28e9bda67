"""The shared connection: each answer to its question, whatever dies in between."""

from __future__ import annotations

import asyncio
import random
import time
from pathlib import Path

import pytest

from moderation.errors import StoreFull, StoreUnavailable
from moderation.store import Store
from moderation.store.client import Link
from moderation.store.embedded import EmbeddedServer
from tests.support.proxy import CuttingProxy


async def test_cancelled_waiters_never_shift_answers(store: Store) -> None:
    link, chance = store.link, random.Random(3)
    for number in range(200):
        await link.call("SET", f"k{number}", f"v{number}")

    async def ask(number: int) -> None:
        assert await link.call("GET", f"k{number}") == f"v{number}".encode()

    for _ in range(25):
        tasks = [asyncio.create_task(ask(chance.randrange(200))) for _ in range(200)]
        await asyncio.sleep(0)
        for task in chance.sample(tasks, 80):
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            assert result is None or isinstance(result, asyncio.CancelledError)


async def test_scripts_come_back_after_a_flush(store: Store) -> None:
    await store.link.call("SCRIPT", "FLUSH")
    from moderation.domain.comment import Draft

    assert (await store.comments.accept("gazette", Draft("c1", "x"))).new


async def test_a_killed_connection_heals(store: Store) -> None:
    for _ in range(3):
        await store.link.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no")
        assert await store.link.call("PING") == b"PONG"


async def test_cut_twice_is_said_and_nothing_doubles(cut_store: tuple[Store, CuttingProxy]) -> None:
    from moderation.domain.comment import Draft

    store, proxy = cut_store
    proxy.cut(2)
    with pytest.raises(StoreUnavailable):
        await store.comments.accept("gazette", Draft("c1", "x"))
    assert not (await store.comments.accept("gazette", Draft("c1", "x"))).new
    assert await store.inboxes("x")[0].waiting() == 1


async def test_a_dead_or_hung_server_is_said_within_two_seconds_and_heals(tmp_path: Path) -> None:
    import os
    import signal

    server = EmbeddedServer(tmp_path, binary=None)
    path = await server.start()
    link = Link(f"unix://{path}")
    await link.start()
    assert server._process is not None
    pid = server._process.pid
    os.kill(pid, signal.SIGSTOP)
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(StoreUnavailable) as caught:
            await link.call("PING")
        assert time.monotonic() - began < 2.5
        assert int(caught.value.headers["Retry-After"]) >= 1
    os.kill(pid, signal.SIGCONT)
    async with asyncio.timeout(5):
        while True:
            try:
                assert await link.call("PING") == b"PONG"
                break
            except StoreUnavailable:
                await asyncio.sleep(0.05)
    await server.stop()
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await link.call("PING")
    assert time.monotonic() - began < 2.5
    await server.start()
    async with asyncio.timeout(5):
        while True:
            try:
                assert await link.call("PING") == b"PONG"
                break
            except StoreUnavailable:
                await asyncio.sleep(0.05)
    await link.close()
    await server.stop()


async def test_full_memory_refuses_comments_and_lets_decisions_pass(store: Store) -> None:
    from moderation.domain.comment import Draft, Status
    from moderation.domain.decision import By, Decision

    await store.comments.accept("gazette", Draft("c1", "x"))
    used = await store.link.call("INFO", "memory")
    size = next(int(line.split(b":")[1]) for line in used.splitlines() if line.startswith(b"used_memory:"))
    await store.link.call("CONFIG", "SET", "maxmemory", size // 2)
    try:
        with pytest.raises(StoreFull):
            await store.comments.accept("gazette", Draft("c2", "y"))
        done = await store.comments.decide(
            "gazette", "c1", Decision(Status.APPROVED, By.MODERATOR, "ann"), False, "op"
        )
        assert done.status == Status.APPROVED
    finally:
        await store.link.call("CONFIG", "SET", "maxmemory", 0)
