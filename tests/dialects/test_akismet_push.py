"""A moderator's verdict on its way back to the site: posted to the callback as the WordPress plugin expects it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from moderation.metrics import Metrics
from moderation.settings import Settings
from moderation.store.akismet import KIND, WEBHOOK_EVENTS
from moderation.webhooks.akismet import Pushes
from moderation.webhooks.dispatcher import Dispatcher
from moderation.webhooks.egress import Egress, Gate
from tests.dialects.test_akismet import DOUBTFUL, SPAM, ask, check
from tests.web.conftest import SITE, Desk, desk

__all__ = ["desk"]


@pytest.fixture
def settings() -> Settings:
    return Settings(verdict_seconds=10, auth_failures_per_minute=0)


@pytest.fixture
async def key(desk: Desk) -> str:
    return await desk.store.keyring.add_akismet(SITE)


@dataclass
class WordPress:
    """A site with the plugin's address for verdicts; ``step`` delivers what is due."""

    url: str
    step: Callable[[], Awaitable[int]]
    came: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    found: bool = True

    async def receive(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/json"
        body = await request.json()
        self.came.append(body)
        word = (
            {"status": "success"}
            if self.found
            else {"status": "error", "message": "Could not find matching comment."}
        )
        return web.json_response(
            {"comments": {one["guid"]: word for one in body["comments"]}}, status=self.status
        )


@pytest.fixture
async def wordpress(
    desk: Desk, aiohttp_server: Callable[..., Awaitable[TestServer]]
) -> AsyncIterator[WordPress]:
    app = web.Application()
    async with Egress(Gate(["127.0.0.0/8"], http=True), total_seconds=2) as egress:
        pushes = Pushes(desk.store.akismet, desk.store.comments)
        dispatcher = Dispatcher(desk.store, {KIND: pushes}, egress, Metrics().webhooks)
        site = WordPress("", lambda: dispatcher.step(SITE, KIND))
        app.router.add_post("/wp-json/akismet/v1/webhook", site.receive)
        server = await aiohttp_server(app)
        site.url = f"http://127.0.0.1:{server.port}/wp-json/akismet/v1/webhook"
        yield site


async def held(desk: Desk, key: str, site: WordPress, content: str = DOUBTFUL, **fields: str) -> str:
    answer = await check(
        desk, key, content, callback=site.url, comment_post_ID="12", comment_parent="3", **fields
    )
    return answer.guid


async def decided(desk: Desk, guid: str, act: str, body: Any = None) -> None:
    status, found = await desk.call("POST", f"/comments/{guid}/{act}", body or {}, role="moderator")
    assert status == 200, found


async def test_a_verdict_is_told_as_the_plugin_reads_it(desk: Desk, key: str, wordpress: WordPress) -> None:
    guid = await held(desk, key.upper(), wordpress)
    await wordpress.step()
    assert wordpress.came == [], "nobody has decided"
    await decided(desk, guid, "approve")
    await wordpress.step()
    await decided(desk, guid, "reject", {"reason": "spam"})
    await wordpress.step()
    told = {"guid": guid, "comment_post_ID": 12, "comment_parent": 3}
    assert wordpress.came == [
        {"key": key.upper(), "endpoint": "comment-check", "comments": [{**told, "result": "false"}]},
        {"key": key.upper(), "endpoint": "comment-check", "comments": [{**told, "result": "true"}]},
    ]


async def test_what_is_undone_is_told_and_what_waits_again_has_no_word(
    desk: Desk, key: str, wordpress: WordPress
) -> None:
    guid = await held(desk, key, wordpress)
    await decided(desk, guid, "approve")
    await decided(desk, guid, "reject", {"reason": "spam"})
    await decided(desk, guid, "undo")
    await wordpress.step()
    assert {one["comments"][0]["result"] for one in wordpress.came} == {"false"}, "what stands now is told"
    before = len(wordpress.came)
    await decided(desk, guid, "undo")
    await wordpress.step()
    assert len(wordpress.came) == before


async def test_the_machines_verdict_and_the_sites_own_are_not_told(
    desk: Desk, key: str, wordpress: WordPress
) -> None:
    guid = await held(desk, key, wordpress, SPAM)
    await ask(desk, "submit-ham", {"api_key": key, "guid": guid})
    other = (await check(desk, key, DOUBTFUL)).guid  # nobody asked to be told
    await decided(desk, other, "approve")
    erased = await held(desk, key, wordpress, "0.4 gone")
    await decided(desk, erased, "approve")
    await desk.store.comments.erase(SITE, erased)
    assert await wordpress.step() > 0
    assert wordpress.came == []


@pytest.mark.parametrize("fault", ["not found", "down"])
async def test_a_site_that_cannot_take_it_is_told_again(
    desk: Desk, key: str, wordpress: WordPress, fault: str
) -> None:
    wordpress.found, wordpress.status = fault != "not found", 503 if fault == "down" else 200
    guid = await held(desk, key, wordpress)
    await decided(desk, guid, "approve")
    await wordpress.step()
    assert len(wordpress.came) == 1
    wordpress.found, wordpress.status = True, 200
    clock = desk.store.webhooks.clock
    desk.store.webhooks.clock = lambda: clock() + 60_000
    await wordpress.step()
    await wordpress.step()
    assert len(wordpress.came) == 2
    assert wordpress.came[0] == wordpress.came[1]


async def test_a_site_that_was_gone_is_told_once_it_asks_again(
    desk: Desk, key: str, wordpress: WordPress
) -> None:
    wordpress.status = 410
    await decided(desk, await held(desk, key, wordpress), "approve")
    await wordpress.step()
    wordpress.status = 200
    desk.store.akismet.forget()  # as when some minutes are over
    await asyncio.gather(*(held(desk, key, wordpress, f"0.5 {number}") for number in range(5)))
    await decided(desk, await held(desk, key, wordpress, "0.4 again"), "approve")
    await wordpress.step()
    assert [one["comments"][0]["result"] for one in wordpress.came] == ["false", "false"]


async def test_the_api_of_webhooks_does_not_show_it(desk: Desk, key: str, wordpress: WordPress) -> None:
    await held(desk, key, wordpress)
    status, found = await desk.call("GET", "/webhooks", role="admin")
    assert (status, found["items"]) == (200, [])
    assert json.dumps(found).find(KIND) == -1
    assert WEBHOOK_EVENTS
