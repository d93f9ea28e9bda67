"""Dispatchers die and the receiver does everything wrong: each event arrives at least once, signed, and can be put in order.

1,000 events; ``MODERATION_LONG=1`` takes 10,000.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from moderation.domain.comment import Draft, Status
from moderation.domain.decision import By, Decision
from moderation.store import Store
from moderation.store.client import Link
from moderation.store.embedded import EmbeddedServer
from moderation.webhooks import signing
from tests.support.dispatching import fast_clock
from tests.support.receiver import Receiver
from tests.support.service import Api, Service, command, free_port
from tests.support.texts import held_back

EVENTS = 10_000 if os.environ.get("MODERATION_LONG") else 1_000
KILLS = 10
SPEED = 2_000  # 5 minutes are 0.15 s, and 24 hours 43 s
BEGAN_MS = int(time.time() * 1000)  # where the fast clock of all processes stands with the wall's
SITE = "gazette"


class Bad:
    """A receiver that fails, hangs, drips, redirects and dies by turns, and takes what it must in between.

    Only what it answered with 204 to its end counts as taken.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.met: defaultdict[str, int] = defaultdict(int)
        self.chance = random.Random(5)
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = [line.split(": ", 1) for line in head.split("\r\n")[1:] if line]
                headers = {name.lower(): value for name, value in lines}
                body = await reader.readexactly(int(headers["content-length"]))
                if not await self._answer(reader, writer, headers, body):
                    break
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    async def _answer(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        headers: dict[str, str],
        body: bytes,
    ) -> bool:
        how = self.chance.choices(
            ("take", "fail", "hang", "drip", "redirect", "die", "slow down"), (70, 10, 1, 1, 8, 8, 2)
        )[0]
        self.met[how] += 1
        if how == "take":
            self.taken.append((headers, body))
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
            return True
        if how in {"hang", "drip"}:
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1_000 if how == "drip" else b"":
                writer.write(bytes([byte]))
                await writer.drain()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.02):
                        if not await reader.read(1):
                            return False
            await reader.read()
            return False
        answers = {
            "fail": b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n",
            "redirect": f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{self.port}/x\r\nContent-Length: 0\r\n\r\n".encode(),
            "slow down": b"HTTP/1.1 429 Slow\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n",
        }
        if how not in answers:
            return False  # it died after it had read everything
        writer.write(answers[how])
        await writer.drain()
        return True


class Dispatching:
    """The process of a dispatcher."""

    def __init__(self, url: str) -> None:
        self._words = (sys.executable, "-m", "tests.support.dispatching", url, str(SPEED), str(BEGAN_MS))
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Starts it and waits until it is at work."""
        root = Path(__file__).parent.parent.parent
        self._process = await asyncio.create_subprocess_exec(
            *self._words, cwd=root, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        assert await asyncio.wait_for(self._process.stdout.readline(), 30) == b"ready\n"

    async def kill(self) -> None:
        """SIGKILL."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
        await asyncio.wait_for(self._process.wait(), 30)


@contextlib.asynccontextmanager
async def served(tmp_path: Path) -> AsyncIterator[tuple[Store, str]]:
    """A store on a server of its own, and the server's URL."""
    server = EmbeddedServer(tmp_path / "data", binary=None, appendfsync="everysec")
    url = f"unix://{await server.start()}"
    link = Link(url)
    await link.start()
    try:
        store = await Store.settle(link, secret=None, partitions=None, queue_limit=100_000)
        await store.sites.add(SITE)
        yield store, url
    finally:
        await link.close()
        await server.stop()


async def happen(store: Store, number: int) -> None:
    """Half as many comments as events, each approved and then rejected."""
    for start in range(0, number // 2, 100):
        ids = [f"c{n}" for n in range(start, start + 100)]
        await store.comments.accept_many(SITE, [Draft(id=one, text=f"text of {one}") for one in ids])
        for status in (Status.APPROVED, Status.REJECTED):
            decision = Decision(status, By.MODERATOR, name="ann")
            await asyncio.gather(
                *(store.comments.decide(SITE, one, decision, False, f"{status}-{one}") for one in ids)
            )
        await asyncio.sleep(0.02)  # the pace of the load, so that the kills fall into the middle of it


@pytest.mark.timeout(900 if EVENTS > 1_000 else 180)
async def test_every_event_arrives_signed_while_dispatchers_are_killed(tmp_path: Path) -> None:
    bad, chance = Bad(), random.Random(11)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(bad.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async with (
        served(tmp_path) as (store, url),
        await asyncio.start_server(connected, "127.0.0.1", 0) as server,
    ):
        bad.port = server.sockets[0].getsockname()[1]
        store.webhooks.clock = lambda: fast_clock(SPEED, BEGAN_MS)
        hook = await store.webhooks.add(
            SITE, "ann", f"http://127.0.0.1:{bad.port}/", ["comment.*"], include=["comment"]
        )
        secret = signing.secret_text(store.webhooks.secrets_of(hook)[0])
        first, second = Dispatching(url), Dispatching(url)
        await asyncio.gather(first.start(), second.start())
        happening = asyncio.create_task(happen(store, EVENTS))
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.05, 0.4))
            victim = chance.choice((first, second))
            await victim.kill()
            await victim.start()
        await happening
        events = await _events(store)
        assert len(events) == EVENTS
        wanted = {f"evt_{SITE}_{event['id']}" for event in events}
        async with asyncio.timeout(600 if EVENTS > 1_000 else 120):
            while True:
                stands = await store.webhooks.get(SITE, hook.id)
                assert stands.off is None, "a success in between is not nothing but failure"
                taken = {headers["webhook-id"] for headers, _ in bad.taken}
                if taken >= wanted and not stands.open:
                    break
                assert not stands.dead, "ten attempts were enough"
                await asyncio.sleep(0.1)
        await asyncio.gather(first.kill(), second.kill())
        rows = await _states(store, hook.id)
    await asyncio.gather(*tasks, return_exceptions=True)
    assert taken == wanted, "each of them, and nothing else"
    assert rows == {"delivered": EVENTS}
    assert all(bad.met[how] for how in ("take", "fail", "hang", "drip", "redirect", "die", "slow down"))
    told: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for headers, body in bad.taken:
        signing.verify(secret, headers, body, int(headers["webhook-timestamp"]))
        data = json.loads(body)["data"]
        told[data["comment_id"]][data["sequence"]] = json.loads(body)["type"]
    assert len(told) == EVENTS // 2
    for changes in told.values():
        assert [changes[n] for n in sorted(changes)] == ["comment.approved", "comment.rejected"]


async def _events(store: Store) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while page := await store.events.page(SITE, found[-1]["id"] if found else None, 1000):
        found += [event.document() for event in page]
    return [event for event in found if event["type"].startswith("comment.")]


async def _states(store: Store, webhook_id: str) -> dict[str, int]:
    """How many deliveries are in which state."""
    counts: defaultdict[str, int] = defaultdict(int)
    place: int | None = None
    while True:
        rows, place = await store.webhooks.deliveries(SITE, webhook_id, None, place, 500)
        for row in rows:
            counts[row.state] += 1
        if place is None:
            return dict(counts)


@pytest.mark.timeout(120)
async def test_the_service_as_its_operator_runs_it_delivers(tmp_path: Path) -> None:
    """`moderation serve`, made over HTTP, killed with a comment's verdict just told: it goes on where it was."""
    data = ("--data-dir", str(tmp_path / "data"))
    status, out, err = await command("site", "add", SITE, *data)
    assert status == 0, err
    keys = json.loads(out)
    status, out, err = await command("key", "add", "--site", SITE, "--role", "admin", "--name", "boss", *data)
    assert status == 0, err
    keys["admin_key"] = out.split()[-1] if "{" not in out else json.loads(out)["key"]
    options = ("--webhook-allow-networks", "127.0.0.0/8", "--webhook-allow-http")
    service = Service("serve", *data, "--port", str(free_port()), *options)
    await service.start()
    async with Receiver() as receiver, aiohttp.ClientSession() as session:
        api = Api(session, service.url, keys)
        status, hook = await api.call("POST", "/webhooks", {"url": receiver.url}, role="admin")
        assert status == 201, hook
        for number, text in enumerate(held_back(20)):
            await api.call("POST", "/comments", {"id": f"c{number}", "text": text})
            if number == 10:
                await service.kill()
                await service.start()
        async with asyncio.timeout(60):
            while len({json.loads(came.body)["data"]["comment_id"] for came in receiver.came}) < 20:
                await asyncio.sleep(0.05)
        for came in receiver.came:
            signing.verify(hook["secret"], came.headers, came.body, int(came.headers["webhook-timestamp"]))
    assert await service.stop() == 0
