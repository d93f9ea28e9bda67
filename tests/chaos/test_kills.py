"""Processes die; nothing that was accepted is lost, and nothing counts twice."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from moderation.store.embedded import EmbeddedServer
from tests.support.service import Api, Service, command, free_port
from tests.support.texts import held_back

COMMENTS = 2_000
KILLS = 8
LEASE = "1.5"  # short, so that the test does not wait for the dead longer than it must


@pytest.mark.timeout(240)
async def test_workers_killed_at_random(tmp_path: Path) -> None:
    """2,000 comments while workers die: each is scored once in its effects, none is lost."""
    server = EmbeddedServer(tmp_path / "data", binary=None, appendfsync="everysec")
    url = f"unix://{await server.start()}"
    status, out, err = await command("site", "add", "gazette", "--redis-url", url)
    assert status == 0, err
    options = ("--redis-url", url, "--lease-seconds", LEASE, "--batch-size", "32")
    api_process = Service("api", "--redis-url", url, "--port", str(free_port()))
    workers = [Service("worker", *options) for _ in range(2)]
    await asyncio.gather(api_process.start(), *(worker.start() for worker in workers))
    try:
        async with aiohttp.ClientSession() as session:
            api = Api(session, api_process.url, json.loads(out))
            async with asyncio.TaskGroup() as tasks:
                posting = tasks.create_task(_post_all(api))
                tasks.create_task(_kill(workers, posting))
            counts = await api.scored(COMMENTS, 90)
            assert counts["pending"] + counts["approved"] + counts["rejected"] == COMMENTS
            events = await api.events()
    finally:
        await asyncio.gather(api_process.stop(), *(worker.stop() for worker in workers))
        await server.stop()
    told = Counter(event["data"]["comment_id"] for event in events)
    assert len(told) == COMMENTS
    assert set(told.values()) == {1}, "one event for each comment"
    kinds = Counter(event["type"].removeprefix("comment.") for event in events)
    assert kinds == Counter(
        {name: counts[name] for name in ("pending", "approved", "rejected") if counts[name]}
    )


async def _post_all(api: Api) -> None:
    texts = held_back(200)
    for start in range(0, COMMENTS, 50):
        rows = [
            {"id": f"c{n}", "text": texts[n % 200], "author": {"id": f"u{n % 7}"}}
            for n in range(start, start + 50)
        ]
        status, answer = await api.call("POST", "/comments/batch", rows)
        assert status == 207, answer
        assert {row["status_code"] for row in answer["items"]} == {202}
        await asyncio.sleep(0.05)  # the pace of the load, so that the kills fall into the middle of it


async def _kill(workers: list[Service], posting: asyncio.Task[None]) -> None:
    chance = random.Random(7)  # noqa: S311  # the dice of a test
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.05, 0.4))
        victim = chance.choice(workers)
        await victim.kill()
        await victim.start()
    await posting


@pytest.mark.timeout(180)
async def test_everything_is_there_after_term_and_kill(tmp_path: Path) -> None:
    """200 comments never trained on, through HTTP: scored, decided, told in order, and all of it survives both ends."""
    data = ("--data-dir", str(tmp_path / "data"), "--port", str(free_port()))
    status, out, err = await command("site", "add", "gazette", "--data-dir", str(tmp_path / "data"))
    assert status == 0, err
    keys = json.loads(out)
    service = Service("serve", *data)
    await service.start()
    async with aiohttp.ClientSession() as session:
        api = Api(session, service.url, keys)
        for number, text in enumerate(held_back(200)):
            status, answer = await api.call("POST", "/comments", {"id": f"c{number}", "text": text})
            assert status == 202, answer
        counts = await api.scored(200)
        _, page = await api.moderate("GET", "/queues/pending?limit=10&order=spam")
        for position, item in enumerate(page["items"]):
            path = f"/comments/{item['id']}/" + ("approve" if position % 2 else "reject")
            status, answer = await api.moderate("POST", path, {} if position % 2 else {"reason": "spam"})
            assert status == 200, answer
        before = (await api.counts(), await api.events(), await _all(api))
        decided = [event for event in before[1] if event["data"]["previous_status"] == "pending"]
        assert [event["data"]["comment_id"] for event in decided] == [item["id"] for item in page["items"]]
        assert sum(counts[name] for name in ("pending", "approved", "rejected")) == 200
        assert await service.stop() == 0
        await service.start()
        assert (await api.counts(), await api.events(), await _all(api)) == before
        await service.kill()
        await service.start()
        assert (await api.counts(), await api.events(), await _all(api)) == before
    assert await service.stop() == 0


async def _all(api: Api) -> list[object]:
    return [await api.call("GET", f"/comments/c{number}") for number in range(200)]
