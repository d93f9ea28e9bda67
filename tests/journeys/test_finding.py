"""Finding what one looks for: every filter, every order, and freeing a bad rule's victims together."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote

import pytest

from tests.journeys.asking import counts, listed, policy, posted, told, want
from tests.web.conftest import Desk


async def five(desk: Desk) -> dict[str, str]:
    """Five comments that differ in everything; when each was received."""
    rows = (
        ("c1", "0.20 Rain again over the harbour", "a1", "u1", "Ann Rain"),
        ("c2", "0.80 Win at the casino", "a1", "u2", "Bo"),
        ("c3", "0.50 The casino, the HARBOUR", "a2", "u1", "Ann Rain"),
        ("c4", "0.40 Straße und Hafen", "a2", "u3", "Çelik"),
        ("c5", "0.90 harbour harbour", "a3", "u2", "Bo"),
    )
    await policy(desk, suspect_words=["casino"])
    for comment_id, text, article, author, name in rows:
        title = "The storm" if article == "a3" else None
        await desk.post(
            comment_id, text, article={"id": article, "title": title}, author={"id": author, "name": name}
        )
    await want(desk, "PUT", "/comments/c4/tags", {"tags": ["to-quote"]})
    await want(desk, "POST", "/comments/c5/assign", {"moderator": "bob"})
    page = await want(desk, "GET", "/queues/pending")
    return {one["id"]: one["received_at"] for one in page["items"]}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("article=a1", "c1 c2"), ("author=u1", "c1 c3"), ("reason=suspect_word", "c2 c3"), ("score_min=0.5", "c2 c3 c5"),
        ("score_max=0.4", "c1 c4"), ("score_min=0.4&score_max=0.5", "c3 c4"), ("q=harbour", "c1 c3 c5"),
        ("q=harbour casino", "c3"), ("q=strasse", "c4"), ("q=ann", "c1 c3"), ("q=STORM", "c5"), ("tag=to-quote", "c4"),
        ("assigned=bob", "c5"), ("author=u1&reason=suspect_word", "c3"), ("article=a1&author=u2&score_min=0.7", "c2"),
        ("q=nothing", ""), ("author=u9", ""), ("tag=TO-QUOTE", ""),
    ],
)  # fmt: skip
async def test_a_moderator_narrows_the_queue_in_every_order(desk: Desk, query: str, ids: str) -> None:
    await five(desk)
    score = {"c1": 0.2, "c2": 0.8, "c3": 0.5, "c4": 0.4, "c5": 0.9}
    wanted, query = ids.split(), quote(query, safe="=&")
    assert await listed(desk, "pending", f"?{query}") == wanted
    assert await listed(desk, "pending", f"?{query}&order=newest") == wanted[::-1]
    assert await listed(desk, "pending", f"?{query}&order=spam") == sorted(
        wanted, key=lambda one: -score[one]
    )
    assert await listed(desk, "pending", f"?{query}&order=ham") == sorted(wanted, key=lambda one: score[one])
    dry = await want(desk, "POST", "/decisions", {"filter": as_body(query), "dry_run": True})
    assert dry == {"count": len(wanted), "complete": True}


def as_body(query: str) -> dict[str, object]:
    """The filter of a listing as a bulk decision takes it."""
    return {name: float(value) if name.startswith("score") else value for name, value in parse_qsl(query)}


async def test_a_moderator_asks_for_what_came_in_some_time(desk: Desk) -> None:
    at = await five(desk)
    for order in ("oldest", "spam"):
        found = await listed(
            desk, "pending", f"?received_after={at['c2']}&received_before={at['c4']}&order={order}"
        )
        inside = {one for one, when in at.items() if at["c2"] <= when < at["c4"]}
        assert set(found) == inside >= {"c2"}
    assert await listed(desk, "pending", "?received_after=2100-01-01T00:00:00Z") == []
    assert await listed(desk, "pending", "?received_before=2020-01-01T00:00:00Z") == []


async def test_pages_of_a_filter_neither_repeat_nor_skip(desk: Desk) -> None:
    ids = [f"c{number:02}" for number in range(12)]
    await posted(desk, ids, author={"id": "u1"}, article={"id": "a1"})
    for query in ("author=u1", "q=remark", "author=u1&article=a1&q=remark"):
        seen, cursor = [], ""
        while True:
            page = await want(desk, "GET", f"/queues/pending?{query}&limit=5{cursor}")
            seen += [one["id"] for one in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        assert seen == ids


async def test_decided_comments_are_found_the_same_way(desk: Desk) -> None:
    await five(desk)
    for one in ("c1", "c3"):
        await want(desk, "POST", f"/comments/{one}/approve", {})
    assert await listed(desk, "approved", "?author=u1&order=spam") == ["c3", "c1"]
    assert await listed(desk, "approved", "?reason=suspect_word") == ["c3"]
    assert await listed(desk, "pending", "?reason=suspect_word") == ["c2"]


async def test_a_bad_rules_victims_are_freed_together(desk: Desk) -> None:
    await policy(desk, suspect_words=["weather"])
    victims = [f"v{number}" for number in range(4)]
    for one in victims:
        await desk.post(one, f"0.02 fine weather, {one}", author={"id": one})
    await posted(desk, ["c1", "c2"], 0.5)
    assert (await want(desk, "GET", "/queues/pending/reasons"))["reasons"] == {"suspect_word": 4}
    filter_ = {"queue": "pending", "reason": "suspect_word"}
    dry = await want(desk, "POST", "/decisions", {"filter": filter_, "action": "approve", "dry_run": True})
    assert dry == {"count": 4, "complete": True}
    assert (await counts(desk)) == {"pending": 6}, "a dry run changes nothing"
    freed = await want(
        desk, "POST", "/decisions", {"filter": filter_, "action": "approve", "note": "bad rule"}
    )
    assert ([one["id"] for one in freed["items"]], freed["more"]) == (victims, False)
    assert await counts(desk) == {"pending": 2, "approved": 4}
    assert (await want(desk, "GET", "/queues/pending/reasons"))["reasons"] == {}
    assert [row for row in await told(desk) if row[1] == "comment.approved"] == [
        (one, "comment.approved", "approved") for one in victims
    ]
