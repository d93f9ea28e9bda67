"""The audit: who did what to whom and when, before and after."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journeys.asking import posted, refused, want
from tests.web.conftest import SITE, Desk


async def acts(desk: Desk, query: str = "") -> list[dict[str, Any]]:
    return list((await want(desk, "GET", f"/audit{query}"))["items"])


async def test_an_editor_sees_who_decided_what_before_and_after(desk: Desk) -> None:
    await posted(desk, ["c1"])
    await want(desk, "POST", "/comments/c1/reject", {"reason": "spam", "note": "canary"})
    await want(desk, "POST", "/comments/c1/approve", {"override": True}, "bob")
    await want(desk, "POST", "/comments/c1/undo", {}, "bob")
    found = await acts(desk)
    assert [(one["by"], one["act"], one["subject"]) for one in found] == [
        ("moderator", "rejected", "c1"), ("bob", "approved", "c1"), ("bob", "undone", "c1"),
    ]  # fmt: skip
    assert [(one["before"]["status"], one["after"]["status"]) for one in found] == [
        ("pending", "rejected"), ("rejected", "approved"), ("approved", "rejected"),
    ]  # fmt: skip
    assert found[0]["after"] == {"status": "rejected", "by": "moderator", "reason": "spam", "score": 0.5}
    assert found[0]["before"]["by"] == "rule"
    assert "canary" not in json.dumps(found)


async def test_an_editor_sees_every_kind_of_act(desk: Desk) -> None:
    await posted(desk, ["c1"], author={"id": "u1"})
    until = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    await want(desk, "POST", "/comments/c1/notes", {"text": "canary"})
    await want(desk, "PUT", "/comments/c1/tags", {"tags": ["x"]})
    await want(desk, "POST", "/comments/c1/assign", {"moderator": "bob"})
    await want(desk, "POST", "/comments/c1/escalate", {"reason": "canary"})
    await want(desk, "POST", "/comments/c1/deescalate", {})
    await want(desk, "PUT", "/authors/u1/standing", {"standing": "suspended", "until": until.isoformat()})
    await want(desk, "POST", "/authors/u1/notes", {"text": "canary"})
    await want(desk, "PUT", "/policy", {"mode": "pre"}, "admin")
    key = await want(desk, "POST", "/keys", {"role": "moderator", "name": "cleo"}, "admin")
    assert (await desk.call("DELETE", f"/keys/{key['id']}", None, "admin"))[0] == 204
    found = await acts(desk)
    assert [(one["act"], one["kind"]) for one in found[:7]] == [
        ("noted", "comment"), ("tagged", "comment"), ("assigned", "comment"), ("escalated", "comment"),
        ("returned", "comment"), ("standing", "author"), ("noted", "author"),
    ]  # fmt: skip
    assert [(one["kind"], one["by"]) for one in found[7:]] == [
        ("site", "admin"),
        ("key", "admin"),
        ("key", "admin"),
    ]
    made, revoked = found[8:]
    assert (made["act"], made["subject"], made["before"]) == ("key_made", key["id"], {})
    assert (revoked["act"], revoked["subject"], revoked["after"]) == ("key_revoked", key["id"], {})
    assert made["after"] == revoked["before"] == {"role": "moderator", "name": "cleo"}
    assert key["key"] not in json.dumps(found)
    by_act = {one["act"]: one for one in found}
    assert (by_act["tagged"]["before"], by_act["tagged"]["after"]) == ({"tags": []}, {"tags": ["x"]})
    assert (by_act["assigned"]["before"], by_act["assigned"]["after"]) == (
        {"assigned": None},
        {"assigned": "bob"},
    )
    assert by_act["standing"]["before"] == {"standing": None}
    assert by_act["standing"]["after"]["standing"] == "suspended"
    assert datetime.fromisoformat(by_act["standing"]["after"]["until"]) == until
    assert by_act["standing"]["subject"] == "u1"
    assert by_act["escalated"]["after"]["queue"] == "escalated"
    assert "canary" not in json.dumps(found)


async def test_what_a_batch_did_bears_its_name(desk: Desk) -> None:
    await posted(desk, ["c1", "c2"])
    body = {"filter": {}, "action": "approve"}
    batch = (await want(desk, "POST", "/decisions", body))["batch_id"]
    await want(desk, "POST", f"/batches/{batch}/undo")
    await want(desk, "POST", "/comments/c1/approve", {})
    assert [(one["act"], one["batch_id"]) for one in await acts(desk)] == [
        ("approved", batch), ("approved", batch), ("undone", batch), ("undone", batch), ("approved", None),
    ]  # fmt: skip


async def test_an_editor_goes_on_from_where_the_last_page_ended(desk: Desk) -> None:
    await posted(desk, ["c1"])
    for number in range(7):
        await want(desk, "PUT", "/comments/c1/tags", {"tags": [str(number)]})
    seen: list[dict[str, Any]] = []
    place = ""
    while True:
        page = await want(desk, "GET", f"/audit?limit=3{place}")
        if not page["items"]:
            break
        seen += page["items"]
        place = f"&after={page['next']}"
    assert [one["after"]["tags"] for one in seen] == [[str(number)] for number in range(7)]
    assert page["next"] == seen[-1]["id"], "the place to ask from tomorrow"
    for query in ("?after=x", "?limit=0", "?limit=501", "?before=1"):
        assert (await refused(desk, "GET", f"/audit{query}"))[0] == 400


async def lines(desk: Desk, path: str, who: str) -> list[dict[str, Any]]:
    status, text, headers = await desk.raw(
        "GET", f"/v1/sites/{SITE}{path}", None, who, Accept="application/x-ndjson"
    )
    assert (status, headers["Content-Type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in text.splitlines()]


async def test_an_auditor_takes_all_of_it_as_lines(desk: Desk) -> None:
    await posted(desk, ["c1"])
    for number in range(5):
        await want(desk, "PUT", "/comments/c1/tags", {"tags": [str(number)]})
    paged = await acts(desk)
    assert await lines(desk, "/audit", "reader") == paged
    assert await lines(desk, f"/audit?after={paged[2]['id']}", "reader") == paged[3:]
    for query in ("?limit=3", "?after=x"):
        status, problem, _ = await desk.raw(
            "GET", f"/v1/sites/{SITE}/audit{query}", None, "reader", Accept="application/x-ndjson"
        )
        assert (status, problem["detail"][-1]) == (400, ".")


async def test_an_author_who_was_erased_has_no_name_in_the_audit(desk: Desk) -> None:
    await posted(desk, ["c1"], author={"id": "canary-author"})
    await want(desk, "PUT", "/authors/canary-author/standing", {"standing": "banned"})
    assert [one["subject"] for one in await acts(desk)] == ["canary-author"]
    await want(desk, "DELETE", "/authors/canary-author", None, "site")
    found = await acts(desk)
    assert [(one["act"], one["kind"], one["subject"]) for one in found] == [
        ("standing", "author", None), ("erased", "comment", "c1"), ("erased", "author", None),
    ]  # fmt: skip
    assert "canary" not in json.dumps(found)
