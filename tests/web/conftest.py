"""The real application on the real store with a real worker, for each test."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from moderation.metrics import Metrics
from moderation.scoring import Scoring
from moderation.settings import Settings
from moderation.store import Role, Store
from moderation.web import routes
from moderation.worker.judge import Judge
from moderation.worker.loop import Worker, contexts_of
from tests.worker.test_worker import Always, Scripted

SITE = "gazette"


@dataclass
class Desk:
    """A running service and one key of each role."""

    store: Store
    client: TestClient[web.Request, web.Application]
    keys: dict[str, str]

    async def raw(
        self, method: str, path: str | URL, data: Any = None, role: str | None = "site", **headers: str
    ) -> tuple[int, Any, dict[str, str]]:
        """A call with a body as it is: status, JSON or text, headers."""
        if role is not None:
            headers.setdefault("Authorization", f"Bearer {self.keys[role]}")
        async with self.client.request(method, path, data=data, headers=headers) as answer:
            text = await answer.text()
            is_json = answer.content_type in {"application/json", "application/problem+json"}
            return answer.status, json.loads(text) if is_json else text, dict(answer.headers)

    async def call(
        self, method: str, path: str, body: Any = None, role: str | None = "site", **headers: str
    ) -> tuple[int, Any]:
        """A call on the site with a JSON body: status and JSON."""
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        status, found, _ = await self.raw(method, f"/v1/sites/{SITE}{path}", data, role, **headers)
        return status, found

    async def post(self, comment_id: str, text: str, **more: Any) -> dict[str, Any]:
        """Posts a comment and waits for its verdict."""
        status, found = await self.call(
            "POST", "/comments", {"id": comment_id, "text": text, **more}, Prefer="wait=10"
        )
        assert status == 200, found
        return dict(found)


@pytest.fixture
def settings() -> Settings:
    """The settings of the service; a module may have others."""
    return Settings(body_timeout=0.5)


@pytest.fixture
async def desk(
    store: Store,
    settings: Settings,
    aiohttp_server: Callable[..., Awaitable[TestServer]],
    aiohttp_client: Callable[..., Awaitable[TestClient[web.Request, web.Application]]],
) -> AsyncIterator[Desk]:
    """A site with a key for each role, another site, and a worker whose model reads the score from the text."""
    metrics = Metrics()
    await store.feed.start()
    judge = Judge(Always(Scripted()), functools.partial(contexts_of, store), metrics.worker)
    worker = Worker(store.inboxes("w")[0], judge, metrics.worker, batch_size=100, lease_seconds=10)
    task = asyncio.create_task(worker.run())
    scoring = Scoring(Always(Scripted()))
    scoring.start()
    server = await aiohttp_server(
        routes.build(store, settings, metrics, lambda: True, scoring),
        auto_decompress=False,
        keepalive_timeout=2,
    )
    await store.sites.add("other")
    keys = {role.value: (await store.keyring.add(SITE, role, role.value)).key for role in Role}
    keys["bob"] = (await store.keyring.add(SITE, Role.MODERATOR, "bob")).key
    keys["stranger"] = (await store.keyring.add("other", Role.ADMIN, "stranger")).key
    yield Desk(store, await aiohttp_client(server), keys)
    worker.stop()
    await task
    judge.close()
    await scoring.close()
    await store.feed.close()
