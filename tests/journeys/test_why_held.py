"""Why was this held, published, refused? As a moderator reads it on the card."""

from __future__ import annotations

from tests.journeys.asking import judged, policy, posted, want
from tests.web.conftest import Desk


async def test_a_moderator_reads_why_a_comment_was_held_the_strongest_finding_first(desk: Desk) -> None:
    await policy(desk, suspect_words=["casino"], max_links=0, hold_first_comments=1)
    text = "0.05 The c.a.s.i.n.o is back, see https://news.example/casino"
    await desk.post("c1", text, author={"id": "u1"})
    card = await want(desk, "GET", "/comments/c1")
    weights = [one["weight"] for one in card["reasons"]]
    assert [one["code"] for one in card["reasons"]] == ["suspect_word", "too_many_links", "newcomer"]
    assert weights == sorted(weights, reverse=True)
    assert all(one["text"].endswith(".") and "_" not in one["text"] for one in card["reasons"]), (
        "sentences for people"
    )
    begin, end = card["reasons"][0]["spans"][0]
    assert text[begin:end] == "c.a.s.i.n.o", "the mark falls on the word as it was written"
    begin, end = card["reasons"][1]["spans"][0]
    assert text[begin:end] == "https://news.example/casino"
    assert card["decision"]["because"] == card["reasons"][0]["text"]
    assert (card["decision"]["by"], card["decision"]["kind"], card["queue"]) == ("rule", "rule", "pending")


async def test_a_moderator_reads_which_line_of_the_policy_decided(desk: Desk) -> None:
    await policy(desk, approve_below=0.2, reject_above=0.9)
    for comment_id, spam, status, line in (
        ("low", 0.05, "approved", "approve_below 0.2"),
        ("middle", 0.5, "pending", "between approve_below 0.2 and reject_above 0.9"),
        ("high", 0.95, "rejected", "reject_above 0.9"),
    ):
        await posted(desk, [comment_id], spam)
        decision = (await want(desk, "GET", f"/comments/{comment_id}"))["decision"]
        assert decision["status"] == status
        assert line in decision["because"]
        assert decision["score"] == spam
        assert decision["model_version"] == "scripted"


async def test_a_banned_word_says_so_and_wins_over_the_score(desk: Desk) -> None:
    await policy(desk, banned_words=["casino"])
    await desk.post("c1", "0.01 a ｃａｓｉｎｏ in town")
    card = await want(desk, "GET", "/comments/c1")
    assert (card["status"], card["decision"]["reason"]) == ("rejected", "banned_word")
    assert "casino" in card["decision"]["because"]
    assert card["reasons"][0]["spans"] == [[7, 13]]


async def test_a_comment_that_no_model_could_score_waits_for_a_human_who_reads_so(desk: Desk) -> None:
    await desk.post("c1", "boom")
    card = await want(desk, "GET", "/comments/c1")
    assert (card["status"], [one["code"] for one in card["reasons"]]) == ("pending", ["scoring_failed"])
    assert card["scores"] == {}


async def test_the_history_keeps_what_stood_before(desk: Desk) -> None:
    await posted(desk, ["c1"])
    await want(desk, "POST", "/comments/c1/approve", {"note": "fair"})
    await want(desk, "PATCH", "/comments/c1", {"text": "0.6 another text"}, "site")
    card = await judged(desk, "c1")
    assert [one["what"] for one in card["history"]] == ["received", "decided", "decided", "edited", "decided"]
    assert [one.get("by") for one in card["history"]][1:3] == ["rule", "moderator"]
    assert all(one["at"].endswith("Z") for one in card["history"])
