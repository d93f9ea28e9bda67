"""What is kept, what is handed out, and what is gone: erasure, a copy of everything, and retention."""

from __future__ import annotations

import json
import time
from typing import Any

from moderation.store.retention import DAY_MS, Retention
from tests.journeys.asking import counts, listed, policy, posted, told, want
from tests.support.invariants import problems
from tests.web.conftest import SITE, Desk

CANARY = "kanarienvogel"


async def left(desk: Desk, canary: str = CANARY) -> list[str]:
    """Keys in which the canary is still found."""
    found = []
    for key in await desk.store.link.call("KEYS", "*"):
        kind = (await desk.store.link.call("TYPE", key)).decode()
        read: dict[str, tuple[Any, ...]] = {
            "hash": ("HGETALL", key), "zset": ("ZRANGE", key, 0, -1), "stream": ("XRANGE", key, "-", "+"),
            "set": ("SMEMBERS", key), "string": ("GET", key),
        }  # fmt: skip
        if canary.encode() in key or canary in str(await desk.store.link.call(*read[kind])):
            found.append(key.decode())
    return found


async def test_an_erased_comment_is_gone_wherever_it_was(desk: Desk) -> None:
    for comment_id, spam in (("a1", 0.01), ("p1", 0.5), ("s1", 0.99), ("x1", 0.5)):
        await desk.post(comment_id, f"{spam} {CANARY} {comment_id}", article={"id": "a"}, author={"id": "u1"})
    await want(desk, "POST", "/comments/a1/report", {"reporter": "r", "reason": "x"}, "site")
    await want(desk, "POST", "/comments/x1/escalate", {"reason": CANARY})
    await want(desk, "POST", "/comments/p1/notes", {"text": CANARY})
    await want(desk, "POST", "/comments/s1/approve", {"override": True, "note": CANARY})
    assert await left(desk)
    for one in ("a1", "p1", "s1", "x1"):
        for _ in range(2):
            assert (await desk.call("DELETE", f"/comments/{one}"))[0] == 204
        assert (await desk.call("GET", f"/comments/{one}"))[0] == 404
        assert (await desk.call("POST", f"/comments/{one}/approve", {}, "moderator"))[0] == 404
    assert await left(desk) == []
    assert await counts(desk) == {}
    assert [row[1] for row in await told(desk) if row[2] == "erased"] == ["comment.erased"] * 4
    assert (await desk.call("GET", "/authors/u1", None, "moderator"))[0] == 404, "nothing is left to know"
    assert await problems(desk.store, SITE) == []


async def test_an_author_is_erased_with_every_comment_and_every_word_on_them(desk: Desk) -> None:
    bo = {"id": CANARY, "name": "Bo " + CANARY, "email": f"{CANARY}@example.org"}
    await posted(desk, ["a1"], 0.01, author=bo)
    await posted(desk, ["p1"], 0.5, author=bo)
    await posted(desk, ["other"], 0.5, author={"id": "u2"})
    await want(desk, "POST", f"/authors/{CANARY}/notes", {"text": CANARY})
    await want(desk, "PUT", f"/authors/{CANARY}/standing", {"standing": "suspended"})
    assert await left(desk)
    for _ in range(2):
        assert (await desk.call("DELETE", f"/authors/{CANARY}"))[0] == 204
    assert await left(desk) == []
    assert (await desk.call("GET", f"/authors/{CANARY}", None, "moderator"))[0] == 404
    assert await listed(desk, "pending") == ["other"]
    await posted(desk, ["again"], 0.01, author=bo)
    assert (await want(desk, "GET", "/comments/again"))["status"] == "approved", (
        "the suspension went with the rest"
    )


async def test_an_author_gets_a_copy_of_everything(desk: Desk) -> None:
    bo = {"id": "u1", "name": "Bo", "email": "bo@example.org", "ip": "203.0.113.9"}
    await posted(desk, ["a1", "a2"], 0.01, author=bo)
    await posted(desk, ["s1"], 0.99, author=bo)
    await want(desk, "POST", "/authors/u1/notes", {"text": "Kind."})
    await want(desk, "POST", "/comments/a1/notes", {"text": "Fine."})
    status, text, headers = await desk.raw("GET", f"/v1/sites/{SITE}/authors/u1/export", None, "admin")
    assert (status, headers["Content-Type"]) == (200, "application/x-ndjson")
    profile, *comments = [json.loads(line) for line in text.splitlines()]
    assert (profile["kind"], profile["ref"], profile["notes"][0]["text"]) == ("author", "u1", "Kind.")
    assert [(one["kind"], one["id"], one["status"]) for one in comments] == [
        ("comment", "s1", "rejected"), ("comment", "a2", "approved"), ("comment", "a1", "approved"),
    ]  # fmt: skip
    assert comments[2]["notes"][0]["text"] == "Fine."
    assert all(len(one["email_hash"]) == len(one["ip_hash"]) == 32 for one in comments)
    assert "bo@example.org" not in text
    assert "203.0.113.9" not in text
    assert (await desk.call("GET", "/authors/nobody/export", None, "admin"))[0] == 404


async def years_pass(desk: Desk) -> None:
    """The sweeper's turn, two years from now."""
    later = int(time.time() * 1000) + 730 * DAY_MS
    await Retention(desk.store.link, desk.store.sites, lambda: later).sweep()


async def test_a_comment_whose_time_is_over_answers_that_it_is_and_what_it_was(desk: Desk) -> None:
    await policy(desk, keep_decided_days=365)
    await desk.post("a1", f"0.01 {CANARY}", author={"id": "u1"})
    await desk.post("p1", "0.5 waits", author={"id": "u1"})
    decided = (await want(desk, "GET", "/comments/a1"))["decision"]["at"]
    await years_pass(desk)
    assert await left(desk) == []
    calls: tuple[tuple[str, str, Any, str], ...] = (
        ("GET", "", None, "site"), ("GET", "", None, "moderator"), ("GET", "/thread", None, "moderator"),
        ("PATCH", "", {"text": "0.5 new"}, "site"), ("POST", "/approve", {}, "moderator"),
        ("POST", "/reject", {"reason": "spam"}, "moderator"), ("POST", "/undo", {}, "moderator"),
        ("POST", "/report", {"reporter": "r", "reason": "x"}, "site"), ("POST", "/escalate", {"reason": "x"}, "moderator"),
        ("POST", "/notes", {"text": "x"}, "moderator"), ("PUT", "/tags", {"tags": ["x"]}, "moderator"),
        ("POST", "/assign", {"moderator": "bob"}, "moderator"),
    )  # fmt: skip
    for method, path, body, who in calls:
        status, problem = await desk.call(method, f"/comments/a1{path}", body, who)
        assert (status, problem["type"]) == (410, "/docs#problem-expired"), (method, path)
        assert (problem["comment_status"], problem["decided_at"]) == ("approved", decided)
    status, problem = await desk.call("POST", "/comments", {"id": "a1", "text": f"0.01 {CANARY}"})
    assert status == 410, "nobody can say any more whether it is the same text"
    rows = {"decisions": [{"id": "a1", "action": "approve"}, {"id": "p1", "action": "approve"}]}
    found = await want(desk, "POST", "/decisions", rows)
    assert [one["status_code"] for one in found["items"]] == [410, 200]
    assert await listed(desk, "approved") == ["p1"]
    author = await want(desk, "GET", "/authors/u1")
    assert author["counts"]["approved"] == 2, "the record stays"
    assert [one["id"] for one in author["comments"]] == ["p1"]
    assert (await desk.call("DELETE", "/comments/a1"))[0] == 204
    assert (await desk.call("GET", "/comments/a1"))[0] == 404
    assert await problems(desk.store, SITE) == []


async def test_what_waits_for_a_moderator_is_kept_however_old(desk: Desk) -> None:
    await policy(desk, keep_decided_days=1)
    await posted(desk, ["p1"])
    await posted(desk, ["r1"], 0.01)
    await want(desk, "POST", "/comments/r1/report", {"reporter": "r", "reason": "x"}, "site")
    await years_pass(desk)
    assert await counts(desk) == {"pending": 1, "approved": 1, "reported": 1}


async def test_events_and_audit_are_kept_as_long_as_the_site_wants(desk: Desk) -> None:
    await policy(desk, keep_events_days=30, keep_audit_days=30)
    await posted(desk, ["c1"])
    await want(desk, "POST", "/comments/c1/approve", {})
    assert len(await told(desk)) == 2
    await years_pass(desk)
    assert await told(desk) == []
    assert (await want(desk, "GET", "/audit"))["items"] == []
    assert (await want(desk, "GET", "/comments/c1"))["status"] == "approved"
