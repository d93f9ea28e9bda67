"""Readers' flags: when they put a published comment before a moderator, and whose flags count."""

from __future__ import annotations

from tests.journeys.asking import counts, listed, policy, posted, told, want
from tests.web.conftest import Desk


async def flag(desk: Desk, comment_id: str, *readers: str) -> None:
    for one in readers:
        await want(
            desk, "POST", f"/comments/{comment_id}/report", {"reporter": one, "reason": "abusive"}, "site"
        )


async def test_enough_distinct_readers_put_a_published_comment_before_a_moderator(desk: Desk) -> None:
    await policy(desk, report_threshold=3)
    await posted(desk, ["c1"], 0.01)
    await flag(desk, "c1", "r1", "r1", "r2", "r2")
    assert await counts(desk) == {"approved": 1}
    await flag(desk, "c1", "r3")
    assert await counts(desk) == {"approved": 1, "reported": 1}, "it stays published until somebody decides"
    card = await want(desk, "GET", "/comments/c1")
    assert (card["status"], card["queue"], card["reports"]) == ("approved", "reported", 3)
    assert [row[1] for row in await told(desk)] == ["comment.approved", *["comment.reported"] * 3]


async def test_flags_that_a_moderator_answered_do_not_come_back(desk: Desk) -> None:
    await policy(desk, report_threshold=2)
    await posted(desk, ["c1"], 0.01)
    await flag(desk, "c1", "r1", "r2")
    assert await listed(desk, "reported") == ["c1"]
    await want(desk, "POST", "/comments/c1/approve", {})
    assert await listed(desk, "reported") == []
    await flag(desk, "c1", "r1", "r2", "r3")
    assert await listed(desk, "reported") == [], "one new flag is one flag"
    await flag(desk, "c1", "r4")
    assert await listed(desk, "reported") == ["c1"]


async def test_undo_brings_a_reported_comment_back_before_a_moderator(desk: Desk) -> None:
    await posted(desk, ["c1"], 0.01)
    await flag(desk, "c1", "r1")
    await want(desk, "POST", "/comments/c1/reject", {"reason": "abusive"})
    assert await counts(desk) == {"rejected": 1}
    card = await want(desk, "POST", "/comments/c1/undo", {})
    assert (card["status"], card["queue"], card["decision"]["by"]) == ("approved", "reported", "model")
    assert await counts(desk) == {"approved": 1, "reported": 1}


async def test_a_reader_who_was_wrong_three_times_counts_less_and_one_who_was_right_more(desk: Desk) -> None:
    await policy(desk, report_threshold=2)
    history = [f"h{number}" for number in range(6)]
    await posted(desk, history, 0.01)
    for one in history[:3]:
        await flag(desk, one, "wrong")
        await want(desk, "POST", f"/comments/{one}/approve", {})
    for one in history[3:]:
        await flag(desk, one, "right")
        await want(desk, "POST", f"/comments/{one}/reject", {"reason": "abusive"})
    await posted(desk, ["c1", "c2", "c3"], 0.01)
    await flag(desk, "c1", "anybody", "wrong")
    assert await listed(desk, "reported") == [], "1 + 0.4 is less than 2"
    await flag(desk, "c1", "right")
    assert await listed(desk, "reported") == ["c1"], "1 + 0.4 + 1.6"
    await flag(desk, "c2", "anybody", "another")
    assert await listed(desk, "reported") == ["c1", "c2"]
    await want(desk, "POST", "/comments/h0/undo", {})  # one of the three verdicts is taken back
    await flag(desk, "c3", "anybody", "wrong")
    assert "c3" in await listed(desk, "reported"), "two verdicts say nothing yet"


async def test_flags_on_what_waits_or_is_rejected_are_counted_and_move_nothing(desk: Desk) -> None:
    await posted(desk, ["p1"], 0.5)
    await posted(desk, ["s1"], 0.99)
    await flag(desk, "p1", "r1")
    await flag(desk, "s1", "r1")
    assert await counts(desk) == {"pending": 1, "rejected": 1}
    assert [(await want(desk, "GET", f"/comments/{one}"))["reports"] for one in ("p1", "s1")] == [1, 1]


async def test_the_readers_name_is_kept_nowhere(desk: Desk) -> None:
    await posted(desk, ["c1"], 0.01)
    await flag(desk, "c1", "canary-reader")
    for key in await desk.store.link.call("KEYS", "*"):
        assert b"canary-reader" not in key
        assert b"canary-reader" not in await desk.store.link.call("DUMP", key)
