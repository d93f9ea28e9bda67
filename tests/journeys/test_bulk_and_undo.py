"""Many at once, and taken back as a whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.journeys.asking import counts, listed, posted, refused, told, want
from tests.support.invariants import problems
from tests.web.conftest import SITE, Desk

IDS = ["c1", "c2", "c3"]


def rejecting(*ids: str, **more: Any) -> dict[str, Any]:
    return {"decisions": [{"id": one, "action": "reject", "reason": "spam", **more} for one in ids]}


def statuses(found: dict[str, Any]) -> list[int]:
    return [one["status_code"] for one in found["items"]]


async def test_many_are_decided_by_their_ids_and_the_site_is_told_of_each(desk: Desk) -> None:
    await posted(desk, IDS)
    found = await want(desk, "POST", "/decisions", rejecting(*IDS))
    assert (statuses(found), [one["comment"]["status"] for one in found["items"]]) == (
        [200] * 3,
        ["rejected"] * 3,
    )
    batch = await want(desk, "GET", f"/batches/{found['batch_id']}")
    assert (batch["ids"], batch["by"]) == (IDS, "moderator")
    assert (await told(desk))[3:] == [(one, "comment.rejected", "rejected") for one in IDS]
    undone = await want(desk, "POST", f"/batches/{found['batch_id']}/undo", None, "bob")
    assert statuses(undone) == [200] * 3
    assert (await told(desk))[6:] == [(one, "comment.undone", "pending") for one in IDS]
    assert await listed(desk, "pending") == IDS
    assert await problems(desk.store, SITE) == []


async def test_undoing_a_batch_gives_every_place_back(desk: Desk) -> None:
    await posted(desk, ["p1"])
    await posted(desk, ["r1", "r2"], 0.01)
    await want(desk, "POST", "/comments/r1/report", {"reporter": "r", "reason": "abusive"}, "site")
    await want(desk, "POST", "/comments/r2/approve", {}, "moderator")
    await want(desk, "POST", "/comments/p1/escalate", {"reason": "odd"})
    before, cards = (
        await counts(desk),
        [await want(desk, "GET", f"/comments/{one}") for one in ("p1", "r1", "r2")],
    )
    found = await want(desk, "POST", "/decisions", rejecting("p1", "r1", "r2"))
    assert await counts(desk) == {"rejected": 3}
    await want(desk, "POST", f"/batches/{found['batch_id']}/undo")
    assert await counts(desk) == before == {"escalated": 1, "reported": 1, "approved": 2}
    for card in cards:
        again = await want(desk, "GET", f"/comments/{card['id']}")
        del again["history"], card["history"]
        assert again == card


async def test_a_comment_decided_again_since_keeps_its_later_decision(desk: Desk) -> None:
    await posted(desk, IDS)
    found = await want(desk, "POST", "/decisions", rejecting(*IDS))
    await want(desk, "POST", "/comments/c2/approve", {"override": True}, "bob")
    undone = await want(desk, "POST", f"/batches/{found['batch_id']}/undo")
    assert statuses(undone) == [200, 409, 200]
    assert undone["items"][1]["problem"]["type"] == "/docs#problem-nothing-to-undo"
    assert (await want(desk, "GET", "/comments/c2"))["decision"]["by"] == "bob"
    again = await want(desk, "POST", f"/batches/{found['batch_id']}/undo")
    assert statuses(again) == [200, 409, 200], "to undo twice is to undo once"
    assert len(await told(desk, "c1")) == 3


async def test_a_colleagues_decision_stands_in_a_batch_too(desk: Desk) -> None:
    await posted(desk, IDS)
    await want(desk, "POST", "/comments/c2/approve", {}, "bob")
    found = await want(desk, "POST", "/decisions", rejecting("c1", "c2", "nowhere"))
    assert statuses(found) == [200, 409, 404]
    standing = found["items"][1]["problem"]["decision"]
    assert (standing["by"], standing["at"][-1]) == ("bob", "Z")
    assert statuses(await want(desk, "POST", f"/batches/{found['batch_id']}/undo")) == [200, 409, 404]
    assert (await want(desk, "GET", "/comments/c2"))["status"] == "approved"


@pytest.mark.parametrize("by_filter", [False, True])
async def test_a_repeat_with_the_same_key_changes_nothing_and_answers_the_same(
    desk: Desk, by_filter: bool
) -> None:
    await posted(desk, IDS)
    body = {"filter": {}, "action": "reject", "reason": "spam"} if by_filter else rejecting(*IDS)
    key = {"Idempotency-Key": "once"}
    first = await want(desk, "POST", "/decisions", body, **key)
    await posted(desk, ["late"])
    assert await want(desk, "POST", "/decisions", body, **key) == first
    assert await listed(desk, "pending") == ["late"], "what came since is not meant"
    assert len(await told(desk, "c1")) == 2
    await want(desk, "POST", f"/batches/{first['batch_id']}/undo")
    status, problem = await desk.call("POST", "/decisions", body, "moderator", **key)
    assert (status, problem["type"]) == (409, "/docs#problem-conflict"), "a late repeat must not decide again"
    assert sorted(await listed(desk, "pending")) == [*IDS, "late"]


async def test_a_key_that_stood_for_other_comments_is_refused(desk: Desk) -> None:
    await posted(desk, IDS)
    key = {"Idempotency-Key": "once"}
    await want(desk, "POST", "/decisions", rejecting("c1"), **key)
    status, problem = await desk.call("POST", "/decisions", rejecting("c2"), "moderator", **key)
    assert (status, "Idempotency-Key" in problem["detail"]) == (409, True)
    assert await listed(desk, "pending") == ["c2", "c3"]
    bobs = await want(desk, "POST", "/decisions", rejecting("c2"), "bob", **key)
    assert statuses(bobs) == [200], "each key's holder has keys of their own"


async def test_more_than_a_thousand_are_decided_in_turns(desk: Desk) -> None:
    lines = "\n".join(json.dumps({"id": f"c{number:04}", "text": f"0.5 {number}"}) for number in range(1_000))
    for prefix in ("a", "b"):
        body = lines.replace('"c0', f'"{prefix}0').encode()
        status, _, _ = await desk.raw(
            "POST", f"/v1/sites/{SITE}/comments/batch", body, **{"Content-Type": "application/x-ndjson"}
        )
        assert status == 207
    await posted(desk, ["last"])
    deciding = {"filter": {"score_min": 0.4}, "action": "approve"}
    dry = await want(desk, "POST", "/decisions", {"filter": {"score_min": 0.4}, "dry_run": True})
    assert dry == {"count": 2001, "complete": True}
    batches = []
    for left in (1001, 1, 0):
        found = await want(desk, "POST", "/decisions", deciding)
        batches.append(found["batch_id"])
        assert found["more"] is (left > 0)
        assert (await counts(desk)).get("pending", 0) == left
    for batch in batches:
        assert set(statuses(await want(desk, "POST", f"/batches/{batch}/undo"))) == {200}
    assert await counts(desk) == {"pending": 2001}
    status, sentence = await refused(desk, "POST", "/decisions", rejecting(*map(str, range(1001))))
    assert (status, "at most 1000" in sentence) == (422, True)


async def test_a_batch_that_is_not_there_or_of_another_site_answers_404(desk: Desk) -> None:
    for batch in ("5f0c6a0e9b1d4c7e8a2b3c4d", "x", "%00", "%ff", "a" * 500):
        assert (await desk.call("GET", f"/batches/{batch}", None, "moderator"))[0] == 404
        assert (await desk.call("POST", f"/batches/{batch}/undo", None, "moderator"))[0] == 404
