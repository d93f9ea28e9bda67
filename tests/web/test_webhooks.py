"""Webhooks over HTTP: made, shown, changed, tried, their deliveries and replays; what is refused and how."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook as Reference

from moderation.metrics import Metrics
from moderation.settings import Settings
from moderation.web import routes
from moderation.webhooks.dispatcher import Dispatcher
from moderation.webhooks.egress import Egress, Gate
from moderation.webhooks.kinds import Signed
from tests.support.receiver import Receiver
from tests.web.conftest import SITE, Desk

URL = "https://cms.example/hooks"
LOCAL = ("127.0.0.0/8",)


@pytest.fixture
async def local(desk: Desk, aiohttp_server: Any, aiohttp_client: Any) -> Desk:
    """The same service, whose operator allows this machine and HTTP."""
    settings = Settings(webhook_allow_networks=LOCAL, webhook_allow_http=True)
    server = await aiohttp_server(
        routes.build(desk.store, settings, Metrics(), lambda: True), auto_decompress=False
    )
    return Desk(desk.store, await aiohttp_client(server), desk.keys)


async def made(desk: Desk, **fields: Any) -> dict[str, Any]:
    status, found = await desk.call("POST", "/webhooks", {"url": URL, **fields}, "admin")
    assert status == 201, found
    return dict(found)


async def deliver(desk: Desk, webhook_id: str) -> int:
    """One round of a dispatcher."""
    hooks = desk.store.webhooks
    async with Egress(Gate(LOCAL, http=True)) as egress:
        kinds = {"webhook": Signed(hooks.secrets_of)}
        return await Dispatcher(desk.store, kinds, egress, Metrics().webhooks).step(SITE, webhook_id)


async def test_a_webhook_from_its_birth_to_its_end(desk: Desk) -> None:
    hook = await made(desk, events=["comment.*"], description="the CMS", include=["comment"])
    assert hook["secret"].startswith("whsec_")
    assert (hook["enabled"], hook["open"], hook["delivered_at"]) == (True, 0, None)
    plain = {name: value for name, value in hook.items() if name not in {"secret", "old_secret_until"}}
    assert await desk.call("GET", f"/webhooks/{hook['id']}", role="admin") == (200, plain)
    assert await desk.call("GET", "/webhooks", role="admin") == (200, {"items": [plain], "next": None})
    status, changed = await desk.call(
        "PATCH", f"/webhooks/{hook['id']}", {"enabled": False, "events": ["*"]}, "admin"
    )
    assert (status, changed["enabled"], changed["disabled_reason"]) == (200, False, "admin")
    assert (changed["events"], changed["url"]) == (["*"], URL)
    status, again = await desk.call("PATCH", f"/webhooks/{hook['id']}", {"enabled": True}, "admin")
    assert (status, again["disabled_reason"], again["disabled_at"]) == (200, None, None)
    status, rotated = await desk.call("POST", f"/webhooks/{hook['id']}/rotate", None, "admin")
    assert status == 200
    assert rotated["secret"] not in {hook["secret"], None}
    assert rotated["old_secret_until"] is not None
    assert (await desk.call("DELETE", f"/webhooks/{hook['id']}", role="admin"))[0] == 204
    assert (await desk.call("GET", f"/webhooks/{hook['id']}", role="admin"))[0] == 404
    _, audit = await desk.call("GET", "/audit", role="moderator")
    acts = [item for item in audit["items"] if item["kind"] == "webhook"]
    assert [item["act"] for item in acts] == [
        *("webhook_added", "webhook_changed", "webhook_changed", "webhook_secret_rotated", "webhook_removed")
    ]
    assert {item["by"] for item in acts} == {"admin"}
    for secret in (hook["secret"], rotated["secret"], "/hooks"):
        assert secret not in json.dumps(acts)


async def test_an_answer_with_a_secret_is_not_kept_by_anybody(desk: Desk) -> None:
    body = json.dumps({"url": URL}).encode()
    _, _, headers = await desk.raw(
        "POST", f"/v1/sites/{SITE}/webhooks", body, "admin", **{"Content-Type": "application/json"}
    )
    assert headers["Cache-Control"] == "no-store"


async def test_the_test_button_says_what_the_receiver_says(local: Desk) -> None:
    long = "é" * 5_000
    async with Receiver(lambda _: web.Response(status=201, text=long)) as receiver:
        hook = await made(local, url=receiver.url, events=["comment.approved"])
        status, found = await local.call("POST", f"/webhooks/{hook['id']}/test", None, "admin")
        assert (status, found["delivered"], found["status"], found["error"]) == (200, True, 201, None)
        assert found["answer"] == "é" * 512
        receiver.answer = lambda _: web.Response(status=302, headers={"Location": "http://169.254.169.254/"})
        _, found = await local.call("POST", f"/webhooks/{hook['id']}/test", None, "admin")
        assert (found["delivered"], found["status"]) == (False, 302)
        first, second = receiver.came
        body = Reference(hook["secret"]).verify(first.body, first.headers)
        assert body["type"] == "webhook.test"
        assert body["data"] == {"site": SITE, "webhook_id": hook["id"]}
        assert first.headers["webhook-id"] != second.headers["webhook-id"]
        assert "authorization" not in first.headers
    _, found = await local.call("POST", f"/webhooks/{hook['id']}/test", None, "admin")
    assert (found["delivered"], found["status"], found["answer"]) == (False, None, "")
    assert found["error"] == "No connection could be made."
    _, listed = await local.call("GET", f"/webhooks/{hook['id']}/deliveries", role="admin")
    assert listed == {"items": [], "next": None}, "a test is no delivery"


async def test_deliveries_are_listed_and_replayed(local: Desk) -> None:
    async with Receiver(lambda _: web.Response(status=500)) as receiver:
        hook = await made(local, url=receiver.url)
        for name in ("c1", "c2", "c3"):
            await local.post(name, "0.5")
        path = f"/webhooks/{hook['id']}/deliveries"
        assert await deliver(local, hook["id"]) == 3
        seen: list[dict[str, Any]] = []
        cursor = ""
        while True:
            status, page = await local.call("GET", f"{path}?state=open&limit=2{cursor}", role="admin")
            assert status == 200
            seen += page["items"]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        _, events = await local.call("GET", "/events")
        assert [row["id"] for row in seen] == [event["id"] for event in reversed(events["items"])]
        assert {(row["attempts"], row["status"], row["state"]) for row in seen} == {(1, 500, "open")}
        assert all(row["next_attempt_at"] for row in seen)
        assert [row["message_id"] for row in reversed(seen)] == receiver.ids[:3] or len(
            {row["message_id"] for row in seen} & set(receiver.ids)
        ) == 3
        receiver.answer = lambda _: web.Response(status=200)
        status, found = await local.call("POST", f"{path}/{seen[0]['id']}/replay", None, "admin")
        assert (status, found) == (202, {"replayed": 1, "stopped_at": None})
        assert await deliver(local, hook["id"]) == 1
        _, page = await local.call("GET", f"{path}?state=delivered", role="admin")
        assert [row["id"] for row in page["items"]] == [seen[0]["id"]]
        span = {"since": "2020-01-01T00:00:00Z", "until": "2199-01-01T00:00:00Z"}
        status, found = await local.call("POST", f"/webhooks/{hook['id']}/replay", span, "admin")
        assert (status, found) == (202, {"replayed": 3, "stopped_at": None})
        assert await deliver(local, hook["id"]) == 3
        assert (await local.call("POST", f"{path}/17-3/replay", None, "admin"))[0] == 404
        _, found = await local.call("GET", f"/webhooks/{hook['id']}", role="admin")
        assert found["delivered_at"] is not None
        assert (found["open"], found["dead"], found["failing_since"]) == (0, 0, None)


async def test_a_webhook_that_is_gone_is_told_in_the_log(local: Desk) -> None:
    async with Receiver(lambda _: web.Response(status=410)) as receiver:
        hook = await made(local, url=receiver.url)
        await local.post("c1", "0.5")
        await deliver(local, hook["id"])
    _, found = await local.call("GET", f"/webhooks/{hook['id']}", role="admin")
    assert (found["enabled"], found["disabled_reason"], found["dead"]) == (False, "gone", 1)
    _, events = await local.call("GET", "/events")
    last = events["items"][-1]
    assert (last["type"], last["sequence"]) == ("webhook.disabled", 0)
    assert last["data"] == {"site": SITE, "webhook_id": hook["id"], "reason": "gone"}
    assert (await local.call("GET", "/statistics", role="moderator"))[0] == 200


async def test_a_site_does_not_see_another_sites_webhook(desk: Desk) -> None:
    theirs = await desk.store.webhooks.add("other", "somebody", URL, ["*"])
    for method, path, body in [
        ("GET", "", None),
        ("PATCH", "", {"enabled": False}),
        ("DELETE", "", None),
        ("POST", "/rotate", None),
        ("POST", "/test", None),
        ("GET", "/deliveries", None),
        ("POST", "/deliveries/1-1/replay", None),
        ("POST", "/replay", {"since": "2020-01-01T00:00:00Z", "until": "2021-01-01T00:00:00Z"}),
    ]:
        answers = []
        for webhook_id in (theirs.id, "wh_0"):
            status, found = await desk.call(method, f"/webhooks/{webhook_id}{path}", body, "admin")
            found.pop("request_id")
            answers.append((status, found))
        assert answers[0] == answers[1]
        assert answers[0][0] == 404, (method, path)
    assert (await desk.store.webhooks.get("other", theirs.id)).off is None


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/url"),
        ({"url": 7}, "/url"),
        ({"url": ""}, "/url"),
        ({"url": "http://cms.example/"}, "/url"),
        ({"url": "ftp://cms.example/"}, "/url"),
        ({"url": "https://127.0.0.1/"}, "/url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "/url"),
        ({"url": "https://2130706433/"}, "/url"),
        ({"url": "https://localhost/"}, "/url"),
        ({"url": "https://user:secret@cms.example/"}, "/url"),
        ({"url": "https://cms.example:6379/"}, "/url"),
        ({"url": "https://cms.example/#x"}, "/url"),
        ({"url": "https://cms.example/" + "a" * 2_048}, "/url"),
        ({"url": "https://cms.example/\u0000"}, "/url"),
        ({"url": URL, "events": []}, "/events"),
        ({"url": URL, "events": "*"}, "/events"),
        ({"url": URL, "events": ["Comment"]}, "/events/0"),
        ({"url": URL, "events": ["*"] * 51}, "/events"),
        ({"url": URL, "include": ["text"]}, "/include/0"),
        ({"url": URL, "enabled": "yes"}, "/enabled"),
        ({"url": URL, "description": "x" * 201}, "/description"),
        ({"url": URL, "secret": "whsec_mine"}, "/secret"),
    ],
)  # fmt: skip
async def test_a_bad_webhook_is_refused_by_field(desk: Desk, body: dict[str, Any], pointer: str) -> None:
    status, found = await desk.call("POST", "/webhooks", body, "admin")
    assert status == 422, found
    assert found["errors"][0]["pointer"] == pointer
    assert "secret@" not in json.dumps(found)
    assert (await desk.call("GET", "/webhooks", role="admin"))[1]["items"] == []


@pytest.mark.parametrize(
    "change", [{"url": "https://10.0.0.1/"}, {"url": "nonsense"}, {"events": []}, {"id": "wh_1"}, []]
)
async def test_a_bad_change_changes_nothing(desk: Desk, change: Any) -> None:
    hook = await made(desk)
    status, _ = await desk.call("PATCH", f"/webhooks/{hook['id']}", change, "admin")
    assert status == 422
    _, stands = await desk.call("GET", f"/webhooks/{hook['id']}", role="admin")
    assert (stands["url"], stands["events"]) == (URL, ["*"])


@pytest.mark.parametrize(
    "span",
    [
        {},
        {"since": "2026-01-01T00:00:00Z"},
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"since": "2026-01-01T00:00:00", "until": "2026-01-02T00:00:00Z"},
        {"since": "yesterday", "until": "2026-01-02T00:00:00Z"},
    ],
)
async def test_a_bad_span_is_refused(desk: Desk, span: Any) -> None:
    hook = await made(desk)
    assert (await desk.call("POST", f"/webhooks/{hook['id']}/replay", span, "admin"))[0] == 422


async def test_bad_queries_of_deliveries(desk: Desk) -> None:
    hook, other = await made(desk), await made(desk)
    path = f"/webhooks/{hook['id']}/deliveries"
    for query in ("state=lost", "limit=0", "limit=501", "cursor=xx", "what=1"):
        status, _ = await desk.call("GET", f"{path}?{query}", role="admin")
        assert status == 400, query
    for odd in ("%ff", "%00", "%ED%A0%80", "a" * 3000, "*", "é"):
        assert (await desk.call("GET", f"/webhooks/{odd}", role="admin"))[0] == 404, odd
        assert (await desk.call("POST", f"{path}/{odd}/replay", None, "admin"))[0] == 404, odd
    assert other["id"] != hook["id"]


async def test_networks_of_the_settings() -> None:
    assert Settings(webhook_allow_networks="10.1.0.0/16, fd00::/8").webhook_allow_networks == (
        "10.1.0.0/16",
        "fd00::/8",
    )
    with pytest.raises(ValueError, match="Give networks as"):
        Settings(webhook_allow_networks="10.1.0.1/16")
