"""What moderators tell each other: notes, tags, escalation, assignment. The site sees none of it."""

from __future__ import annotations

import json

from tests.journeys.asking import counts, listed, posted, refused, told, want
from tests.web.conftest import Desk

CANARY = "a canary that only colleagues may read"


async def test_a_note_is_read_by_colleagues_and_by_nobody_else(desk: Desk) -> None:
    await posted(desk, ["c1"], author={"id": "u1"})
    for _ in range(2):
        key = {"Idempotency-Key": "once"}
        card = await want(desk, "POST", "/comments/c1/notes", {"text": CANARY}, **key)
    assert [(one["by"], one["text"]) for one in card["notes"]] == [("moderator", CANARY)]
    await want(desk, "POST", "/comments/c1/notes", {"text": "Second."}, "bob")
    await want(desk, "POST", "/authors/u1/notes", {"text": CANARY})
    assert [one["by"] for one in (await want(desk, "GET", "/comments/c1", None, "bob"))["notes"]] == [
        "moderator",
        "bob",
    ]
    for path, who in (
        ("/comments/c1", "site"),
        ("/events", "site"),
        ("/events", "moderator"),
        ("/audit", "admin"),
    ):
        found = await want(desk, "GET", path, None, who)
        assert "canary" not in json.dumps(found)
        assert path != "/comments/c1" or not {"notes", "tags", "assigned", "escalation", "claim"} & set(found)
    assert "comment.noted" in [row[1] for row in await told(desk)]


async def test_the_site_sees_neither_note_nor_tag_in_any_answer_of_its_own(desk: Desk) -> None:
    await desk.post("c1", "0.01 fine")
    await want(desk, "POST", "/comments/c1/notes", {"text": CANARY})
    await want(desk, "PUT", "/comments/c1/tags", {"tags": ["canary"]})
    await want(desk, "POST", "/comments/c1/escalate", {"reason": CANARY})
    answers = [
        await want(desk, "POST", "/comments", {"id": "c1", "text": "0.01 fine"}, "site"),
        await want(desk, "POST", "/comments/c1/report", {"reporter": "r", "reason": "x"}, "site"),
        await want(desk, "PATCH", "/comments/c1", {"text": "0.02 fine"}, "site"),
        await want(desk, "POST", "/comments/batch", [{"id": "c1", "text": "0.02 fine"}], "site"),
        await want(desk, "GET", "/events", None, "site"),
    ]
    assert "canary" not in json.dumps(answers)


async def test_tags_are_replaced_whole_and_found_by(desk: Desk) -> None:
    await posted(desk, ["c1", "c2"])
    card = await want(desk, "PUT", "/comments/c1/tags", {"tags": ["to-quote", "élection", "to-quote"]})
    assert card["tags"] == ["to-quote", "élection"]
    assert await listed(desk, "pending", "?tag=élection") == ["c1"]
    assert (await want(desk, "PUT", "/comments/c1/tags", {"tags": []}))["tags"] == []
    assert await listed(desk, "pending", "?tag=élection") == []


async def test_an_escalated_comment_waits_in_a_queue_of_its_own_with_its_reason(desk: Desk) -> None:
    await posted(desk, ["c1", "c2"])
    card = await want(desk, "POST", "/comments/c1/escalate", {"reason": "A lawyer should read this."})
    assert (card["queue"], card["escalation"]["by"]) == ("escalated", "moderator")
    assert card["escalation"]["reason"] == "A lawyer should read this."
    assert (await listed(desk, "pending"), await listed(desk, "escalated")) == (["c2"], ["c1"])
    assert (await want(desk, "POST", "/queues/pending/claim", {}))["items"][0]["id"] == "c2"
    assert (await want(desk, "POST", "/queues/escalated/claim", {}, "bob"))["items"][0]["id"] == "c1"
    back = await want(desk, "POST", "/comments/c1/deescalate", {}, "bob")
    assert (back["queue"], back["escalation"]) == ("pending", None)
    assert await listed(desk, "pending") == ["c1", "c2"]
    assert [row[1] for row in await told(desk, "c1")] == [
        "comment.pending",
        "comment.escalated",
        "comment.returned",
    ]


async def test_a_second_reason_is_not_lost_without_a_word(desk: Desk) -> None:
    await posted(desk, ["c1"])
    for _ in range(2):
        await want(desk, "POST", "/comments/c1/escalate", {"reason": "libel?"})
    status, sentence = await refused(
        desk, "POST", "/comments/c1/escalate", {"reason": "names a minor"}, "bob"
    )
    assert (status, "add a note" in sentence) == (409, True)
    assert (await want(desk, "GET", "/comments/c1"))["escalation"]["reason"] == "libel?"
    assert len(await told(desk, "c1")) == 2


async def test_a_decision_takes_it_out_of_escalated_and_undo_puts_it_back(desk: Desk) -> None:
    await posted(desk, ["c1"])
    await want(desk, "POST", "/comments/c1/escalate", {"reason": "libel?"})
    await want(desk, "POST", "/comments/c1/approve", {}, "admin")
    assert await counts(desk) == {"approved": 1}
    card = await want(desk, "POST", "/comments/c1/undo", {}, "admin")
    assert (card["queue"], card["escalation"]["reason"]) == ("escalated", "libel?")
    assert await counts(desk) == {"escalated": 1}


async def test_a_published_comment_is_escalated_without_leaving_the_page_and_goes_back_to_reported(
    desk: Desk,
) -> None:
    await posted(desk, ["c1"], 0.01)
    await want(desk, "POST", "/comments/c1/report", {"reporter": "r1", "reason": "abusive"}, "site")
    await want(desk, "POST", "/comments/c1/escalate", {"reason": "libel?"})
    assert await counts(desk) == {"approved": 1, "escalated": 1}
    await want(desk, "POST", "/comments/c1/deescalate", {})
    assert await counts(desk) == {"approved": 1, "reported": 1}


async def test_an_assigned_comment_is_found_by_its_moderator(desk: Desk) -> None:
    await posted(desk, ["c1", "c2"])
    card = await want(desk, "POST", "/comments/c2/assign", {"moderator": "bob"})
    assert card["assigned"] == "bob"
    assert await listed(desk, "pending", "?assigned=bob") == ["c2"]
    assert (await want(desk, "POST", "/comments/c2/assign", {"moderator": None}))["assigned"] is None
    assert await listed(desk, "pending", "?assigned=bob") == []
