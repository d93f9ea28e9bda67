"""The contract, call by call."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest
from openapi_spec_validator import validate
from yarl import URL

from moderation.web.routes import ACROSS, OPEN, ROUTES, SESSION, Route
from tests.web.conftest import SITE, Desk


async def test_posted_is_stored_and_then_judged(desk: Desk) -> None:
    status, found, headers = await desk.raw(
        "POST",
        f"/v1/sites/{SITE}/comments",
        b'{"id":"a/b c","text":"0.5"}',
        **{"Content-Type": "application/json"},
    )
    assert status == 202
    assert found["status"] == "queued"
    status, found, _ = await desk.raw("GET", headers["Location"])
    assert (status, found["id"]) == (200, "a/b c")


async def test_prefer_wait_answers_with_the_verdict(desk: Desk) -> None:
    body = json.dumps({"text": "0.99 pills"}).encode()
    status, found, headers = await desk.raw(
        "POST", f"/v1/sites/{SITE}/comments", body, Prefer="wait=5", **{"Content-Type": "application/json"}
    )
    assert (status, found["status"], headers["Preference-Applied"]) == (200, "rejected", "wait=5")
    assert found["decision"]["by"] == "model"
    assert found["scores"] == {"spam": 0.99}


async def test_the_same_again_and_another_text(desk: Desk) -> None:
    first = await desk.post("c1", "0.5 hello")
    status, again = await desk.call("POST", "/comments", {"id": "c1", "text": "0.5 hello"})
    assert (status, again) == (200, first)
    status, problem = await desk.call("POST", "/comments", {"id": "c1", "text": "0.5 other"})
    assert (status, problem["type"]) == (409, "/docs#problem-comment-conflict")


@pytest.mark.parametrize("lines", [False, True])
async def test_a_batch_in_which_one_row_is_bad(desk: Desk, lines: bool) -> None:
    rows = [
        '{"id":"c1","text":"0.5"}', '{"id":"c2"}', '{"id":"c3","text":"\\ud800"}', '{"id":"c4","text":"0.6","x":1}',
        '{"id":"c1","text":"0.7"}', '{"id":"c5","text":"0.5","metadata":{"n":1.5}}', "7", '{"text":"0.1"}',
    ]  # fmt: skip
    body = "\n".join(rows) if lines else f"[{','.join(rows)}]"
    kind = "application/x-ndjson" if lines else "application/json"
    status, found, _ = await desk.raw(
        "POST", f"/v1/sites/{SITE}/comments/batch", body.encode(), **{"Content-Type": kind}
    )
    assert status == 207
    assert [row["status_code"] for row in found["items"]][1:] == [
        422,
        found["items"][2]["status_code"],
        422,
        409,
        202,
        422,
        202,
    ]
    assert found["items"][0]["status_code"] == 202
    assert found["items"][2]["status_code"] in {400, 422}
    assert found["items"][3]["problem"]["errors"][0]["pointer"] == "/x"
    assert found["items"][1]["id"] == "c2"


async def test_a_batch_is_bounded(desk: Desk) -> None:
    status, _ = await desk.call("POST", "/comments/batch", [{"text": "0.5"}] * 1001)
    assert status == 413


async def test_edit_and_erase(desk: Desk) -> None:
    await desk.post("c1", "0.01 fine")
    status, edited = await desk.call("PATCH", "/comments/c1", {"text": "0.99 pills"})
    assert (status, edited["revision"], edited["status"]) == (200, 2, "queued")
    async with asyncio.timeout(5):
        while (await desk.call("GET", "/comments/c1"))[1]["status"] == "queued":
            await asyncio.sleep(0.01)
    assert (await desk.call("GET", "/comments/c1"))[1]["status"] == "rejected"
    status, problem = await desk.call("PATCH", "/comments/c1", {"text": "x", "author": {}})
    assert (status, problem["errors"][0]["pointer"]) == (422, "/author")
    assert [(await desk.call("DELETE", "/comments/c1"))[0] for _ in range(2)] == [204, 204]
    assert (await desk.call("GET", "/comments/c1"))[0] == 404


async def test_private_values_never_come_back(desk: Desk) -> None:
    author = {"id": "u1", "email": "canary@example.org", "ip": "203.0.113.9", "name": "Bo"}
    answers = [await desk.post("c1", "0.5", author=author)]
    answers.append((await desk.call("GET", "/queues/pending", role="moderator"))[1])
    answers.append((await desk.call("GET", "/events"))[1])
    assert "canary" not in json.dumps(answers)
    assert "203.0.113.9" not in json.dumps(answers)
    for key in await desk.store.link.call("KEYS", "*"):
        dump = await desk.store.link.call("DUMP", key)
        assert b"canary@" not in dump
        assert b"203.0.113.9" not in dump


async def test_decisions_conflict_override_undo(desk: Desk) -> None:
    await desk.post("c1", "0.5")
    status, found = await desk.call(
        "POST", "/comments/c1/reject", {"reason": "spam", "note": "n"}, "moderator"
    )
    assert (status, found["status"], found["decision"]["note"]) == (200, "rejected", "n")
    status, problem = await desk.call("POST", "/comments/c1/approve", None, "bob")
    assert (status, problem["decision"]["by"]) == (409, "moderator")
    status, found = await desk.call("POST", "/comments/c1/approve", {"override": True}, "bob")
    assert (status, found["decision"]["by"]) == (200, "bob")
    status, found = await desk.call("POST", "/comments/c1/undo", None, "bob")
    assert (status, found["status"]) == (200, "rejected")
    status, found = await desk.call("POST", "/comments/c1/undo", {}, "moderator")
    assert (status, found["status"]) == (200, "pending")
    status, problem = await desk.call("POST", "/comments/c1/undo", {}, "moderator")
    assert (status, problem["type"]) == (409, "/docs#problem-nothing-to-undo")


async def test_an_idempotency_key_makes_a_repeat_one_operation(desk: Desk) -> None:
    await desk.post("c1", "0.5")
    for action in ("reject", "approve"):
        body = {"reason": "spam"} if action == "reject" else {}
        await desk.call("POST", f"/comments/c1/{action}", body, "moderator")
    key = {"Idempotency-Key": "k1"}
    answers = [await desk.call("POST", "/comments/c1/undo", {}, "moderator", **key) for _ in range(2)]
    assert [found["status"] for _, found in answers] == ["rejected", "rejected"]


async def test_many_decisions(desk: Desk) -> None:
    await desk.post("c1", "0.5")
    await desk.post("c2", "0.5")
    rows = [
        {"id": "c1", "action": "approve"}, {"id": "c2", "action": "reject", "reason": "spam"},
        {"id": "none", "action": "approve"},
    ]  # fmt: skip
    status, found = await desk.call("POST", "/decisions", {"decisions": rows}, "moderator")
    assert (status, [row["status_code"] for row in found["items"]]) == (207, [200, 200, 404])
    bad = {"decisions": [{"id": "c1", "action": "reject"}]}
    status, problem = await desk.call("POST", "/decisions", bad, "moderator")
    assert (status, problem["errors"][0]["pointer"]) == (422, "/decisions/0")


async def test_queue_pages_stay_put(desk: Desk) -> None:
    for number in range(25):
        await desk.call("POST", "/comments", {"id": f"c{number:02}", "text": f"{0.3 + number % 5 / 10} n"})
    async with asyncio.timeout(5):
        while (await desk.call("GET", "/queues", None, "moderator"))[1]["queues"]["pending"]["count"] < 25:
            await asyncio.sleep(0.01)
    for order in ("oldest", "newest", "spam", "ham"):
        seen: list[str] = []
        path = f"/queues/pending?order={order}&limit=7"
        cursor = ""
        while True:
            status, page = await desk.call("GET", path + cursor, None, "moderator")
            assert status == 200
            seen += [item["id"] for item in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
            if len(seen) == 7:  # a comment that was shown goes away: nothing is skipped
                await desk.call("POST", f"/comments/{seen[3]}/approve", None, "moderator")
        assert len(seen) == len(set(seen))
        if order == "spam":
            scores = [
                float((await desk.call("GET", f"/comments/{one}"))[1]["scores"]["spam"]) for one in seen
            ]
            assert scores == sorted(scores, reverse=True)


async def test_filters(desk: Desk) -> None:
    await desk.post("c1", "0.5", article={"id": "a1"}, author={"id": "u1"})
    await desk.post("c2", "0.5", article={"id": "a2"}, author={"id": "u1"})
    for query, ids in (("article=a2", ["c2"]), ("author=u1", ["c1", "c2"]), ("reason=nothing", [])):
        _, page = await desk.call("GET", f"/queues/pending?{query}", None, "moderator")
        assert [item["id"] for item in page["items"]] == ids


@pytest.mark.parametrize(
    "query",
    ["cursor=forged", "cursor=AAAA", "cursor=%00", "order=best", "limit=0", "limit=101", "limit=x", "colour=red",
     "limit=1&limit=2", "cursor=" + "A" * 3000],
)  # fmt: skip
async def test_bad_queries_are_refused_with_a_sentence(desk: Desk, query: str) -> None:
    status, problem = await desk.call("GET", f"/queues/pending?{query}", None, "moderator")
    assert status == 400
    assert problem["detail"].endswith(".")


async def test_a_cursor_of_another_listing_is_refused(desk: Desk) -> None:
    for number in range(3):
        await desk.post(f"c{number}", "0.5")
    _, page = await desk.call("GET", "/queues/pending?limit=1", None, "moderator")
    status, _ = await desk.call(
        "GET", f"/queues/pending?limit=1&order=spam&cursor={page['next']}", None, "moderator"
    )
    assert status == 400


async def test_events_by_cursor_and_long_poll(desk: Desk) -> None:
    _, page = await desk.call("GET", "/events")
    assert page == {"items": [], "next": None}
    waiting = asyncio.create_task(desk.call("GET", "/events?wait=10"))
    await desk.post("c1", "0.5")
    _, page = await waiting
    assert [event["type"] for event in page["items"]] == ["comment.pending"]
    assert page["items"][0]["data"]["comment_id"] == "c1"
    waiting = asyncio.create_task(
        desk.call("GET", f"/events?wait=10&after={page['next']}", None, "moderator")
    )
    await desk.call("POST", "/comments/c1/approve", None, "moderator")
    _, later = await waiting
    assert [event["type"] for event in later["items"]] == ["comment.approved"]
    for after in ("x", "1", "1-", "9" * 30 + "-1", "-1-1"):
        assert (await desk.call("GET", f"/events?after={after}"))[0] == 400


async def test_events_as_a_stream(desk: Desk) -> None:
    await desk.post("c1", "0.5")
    headers = {"Authorization": f"Bearer {desk.keys['site']}", "Accept": "text/event-stream"}
    async with desk.client.get(f"/v1/sites/{SITE}/events", headers=headers) as stream:
        assert stream.content_type == "text/event-stream"
        first = await asyncio.wait_for(stream.content.readuntil(b"\n\n"), 5)
        await desk.call("POST", "/comments/c1/approve", None, "moderator")
        second = await asyncio.wait_for(stream.content.readuntil(b"\n\n"), 5)
    assert b"event: comment.pending" in first
    assert b"event: comment.approved" in second
    last = first.split(b"\n")[0].removeprefix(b"id: ").decode()
    async with desk.client.get(
        f"/v1/sites/{SITE}/events", headers={**headers, "Last-Event-ID": last}
    ) as stream:
        assert await asyncio.wait_for(stream.content.readuntil(b"\n\n"), 5) == second


async def test_policy(desk: Desk) -> None:
    status, policy = await desk.call("GET", "/policy", None, "moderator")
    assert (status, policy["mode"]) == (200, "auto")
    assert (await desk.call("PUT", "/policy", {"mode": "pre"}, "moderator"))[0] == 403
    wanted = {"mode": "post", "banned_words": ["casino"], "max_links": 1}
    assert (await desk.call("PUT", "/policy", wanted, "admin"))[0] == 200
    assert (await desk.post("c1", "0.5 hello"))["status"] == "approved"
    assert (await desk.post("c2", "0.5 the ＣＡＳＩＮＯ here"))["reasons"][0]["spans"] == [[8, 14]]
    assert (await desk.post("c3", "0.5 http://a.example http://b.example"))["status"] == "pending"
    bad = {"approve_below": 0.9, "reject_above": 0.1}
    status, problem = await desk.call("PUT", "/policy", bad, "admin")
    assert status == 422
    assert "approve_below" in problem["detail"]


async def test_reports(desk: Desk) -> None:
    await desk.post("c1", "0.01")
    for _ in range(2):
        status, found = await desk.call(
            "POST", "/comments/c1/report", {"reporter": "r1", "reason": "abusive"}
        )
        assert (status, found["reports"]) == (200, 1)
    _, page = await desk.call("GET", "/queues/reported", None, "moderator")
    assert [item["id"] for item in page["items"]] == ["c1"]


async def test_a_revoked_key_is_refused_within_five_seconds(desk: Desk) -> None:
    assert (await desk.call("GET", "/queues", None, "bob"))[0] == 200
    bob = next(info for info in await desk.store.keyring.list(SITE) if info.name == "bob")
    await desk.store.link.call("HDEL", "{m}:keys", bob.id)  # as another process would
    async with asyncio.timeout(5):
        while (await desk.call("GET", "/queues", None, "bob"))[0] != 401:
            await asyncio.sleep(0.1)


async def test_another_site_looks_like_none(desk: Desk) -> None:
    answers = []
    for site in ("other", "nowhere", "UPPER", "%00", "a" * 80):
        status, problem, _ = await desk.raw("GET", f"/v1/sites/{site}/queues", None, "moderator")
        problem.pop("request_id")
        answers.append((status, problem))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 404


async def test_openapi_is_valid_and_whole(desk: Desk) -> None:
    status, document, _ = await desk.raw("GET", "/openapi.json", None, None)
    assert status == 200
    assert document["openapi"].startswith("3.1")
    validate(document)
    described = {
        (method.upper(), path) for path, operations in document["paths"].items() for method in operations
    }
    routes: list[Route[Any]] = [*ROUTES, *ACROSS, *SESSION]
    table = {(route.method, route.path) for route in routes}
    assert described == table | {("GET", path) for path, _, _ in OPEN}


async def test_docs_page_is_whole_and_offline(desk: Desk) -> None:
    status, page, headers = await desk.raw("GET", "/docs", None, None)
    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "<script" not in page
    assert "http://" not in page.replace("http://news.example", "")
    for route in ROUTES:
        assert f"{route.method} {route.path}" in page
    for slug in ("comment-conflict", "decision-conflict", "invalid", "store-unavailable", "unauthorized"):
        assert f'id="problem-{slug}"' in page


async def test_health_and_metrics(desk: Desk) -> None:
    await desk.post("c1", "0.5 canary")
    for path in ("/healthz", "/readyz", "/metrics"):
        assert (await desk.raw("GET", path, None, None))[0] == 200
    _, text, _ = await desk.raw("GET", "/metrics", None, None)
    assert (
        'moderation_http_requests_total{method="POST",route="/v1/sites/{site}/comments",status="200"} 1.0'
        in text
    )
    assert "moderation_scored_total 1.0" in text
    assert "moderation_waiting_comments 0.0" in text
    assert "canary" not in text


@pytest.mark.parametrize(
    "comment_id", ["a/b", "{a}", "{", "a%b", "a%2Fb", "a?b", "a#b", "a;b=c", "</script>", "😀 é"]
)
async def test_every_id_that_is_taken_is_reached(desk: Desk, comment_id: str) -> None:
    await desk.post(comment_id, "0.5 text", author={"id": comment_id})
    part = quote(comment_id, safe="")
    for method, path in (
        ("GET", f"/comments/{part}"),
        ("POST", f"/comments/{part}/approve"),
        ("GET", f"/authors/{part}"),
    ):
        url = URL(f"/v1/sites/{SITE}{path}", encoded=True)
        status, found, _ = await desk.raw(method, url, None, "moderator")
        assert status == 200, (method, path, found)
