"""An edit is judged anew; and what stands around a comment."""

from __future__ import annotations

from tests.journeys.asking import counts, judged, listed, policy, posted, told, want
from tests.web.conftest import Desk


async def test_an_approved_comment_edited_into_spam_leaves_the_page(desk: Desk) -> None:
    await posted(desk, ["c1"], 0.01)
    await want(desk, "PATCH", "/comments/c1", {"text": "0.99 pills"}, "site")
    card = await judged(desk, "c1")
    assert (card["status"], card["revision"], card["text"]) == ("rejected", 2, "0.99 pills")
    assert await told(desk, "c1") == [
        ("c1", "comment.approved", "approved"),
        ("c1", "comment.edited", "queued"),
        ("c1", "comment.rejected", "rejected"),
    ]
    assert await counts(desk) == {"rejected": 1}


async def test_a_moderators_approval_is_not_a_pass_for_another_text(desk: Desk) -> None:
    await posted(desk, ["c1"])
    await want(desk, "POST", "/comments/c1/approve", {})
    await want(desk, "PATCH", "/comments/c1", {"text": "0.99 pills"}, "site")
    card = await judged(desk, "c1")
    assert (card["status"], card["decision"]["by"]) == ("rejected", "model")


async def test_what_a_moderator_rejected_comes_back_to_a_human_however_good_it_looks(desk: Desk) -> None:
    await posted(desk, ["c1"])
    await want(desk, "POST", "/comments/c1/reject", {"reason": "abusive"})
    for number in (1, 2):
        await want(desk, "PATCH", "/comments/c1", {"text": f"0.01 lovely {number}"}, "site")
        card = await judged(desk, "c1")
        assert (card["status"], card["reasons"][0]["code"]) == ("pending", "rejected_before")
        assert "moderator" in card["reasons"][0]["text"]


async def test_an_edit_takes_a_comment_out_of_reported_and_unanswered_flags_go_with_it(desk: Desk) -> None:
    await posted(desk, ["c1"], 0.01)
    await want(desk, "POST", "/comments/c1/report", {"reporter": "r1", "reason": "abusive"}, "site")
    assert await listed(desk, "reported") == ["c1"]
    await want(desk, "PATCH", "/comments/c1", {"text": "0.02 milder"}, "site")
    card = await judged(desk, "c1")
    assert (card["status"], card["queue"]) == ("approved", "reported"), "nobody has answered the flag yet"
    await want(desk, "POST", "/comments/c1/approve", {})
    await want(desk, "PATCH", "/comments/c1", {"text": "0.03 milder still"}, "site")
    assert (await judged(desk, "c1"))["queue"] is None, "it was answered"


async def test_the_same_text_again_is_no_edit(desk: Desk) -> None:
    first = await desk.post("c1", "0.01 fine")
    again = await want(desk, "PATCH", "/comments/c1", {"text": "0.01 fine"}, "site")
    assert again == first
    assert len(await told(desk)) == 1


async def test_a_moderator_reads_the_thread_around_a_comment_in_one_call(desk: Desk) -> None:
    await policy(desk)
    article, bo = {"id": "a1"}, {"id": "bo"}
    await desk.post("parent", "0.01 What of the harbour?", article=article, author={"id": "ann"})
    for number in range(4):
        author = bo if number == 2 else {"id": f"u{number}"}
        await desk.post(
            f"reply{number}", f"0.5 reply {number}", article=article, parent_id="parent", author=author
        )
    await desk.post("below", "0.5 an answer", article=article, parent_id="reply2")
    await desk.post("elsewhere", "0.99 by the same", article={"id": "a2"}, author=bo)
    around = await want(desk, "GET", "/comments/reply2/thread")
    ids = {name: [one["id"] for one in around[name]] for name in ("siblings", "replies", "by_author")}
    assert (around["comment"]["id"], around["parent"]["id"]) == ("reply2", "parent")
    assert ids == {
        "siblings": ["reply0", "reply1", "reply3"],
        "replies": ["below"],
        "by_author": ["elsewhere"],
    }
    assert around["by_author"][0]["status"] == "rejected", "in whatever state it is"
    top = await want(desk, "GET", "/comments/parent/thread")
    assert (top["parent"], [one["id"] for one in top["replies"]]) == (
        None,
        [f"reply{number}" for number in range(4)],
    )


async def test_a_long_thread_shows_the_nearest_and_as_many_as_were_asked_for(desk: Desk) -> None:
    ids = [f"c{number}" for number in range(9)]
    await posted(desk, ids, article={"id": "a1"}, author={"id": "u1"})
    for comment_id, limit, wanted in (
        ("c4", 4, "c2 c3 c5 c6"), ("c4", 1, "c3"), ("c0", 3, "c1 c2 c3"), ("c8", 3, "c5 c6 c7"), ("c7", 4, "c4 c5 c6 c8"),
    ):  # fmt: skip
        around = await want(desk, "GET", f"/comments/{comment_id}/thread?limit={limit}")
        assert [one["id"] for one in around["siblings"]] == wanted.split()
        assert len(around["by_author"]) == limit


async def test_a_moderator_sees_what_reads_the_same_beside_a_comment(desk: Desk) -> None:
    campaign = "0.5 earn four thousand a week from home without any work, ask my cousin how she did it"
    for number in range(3):
        await desk.post(f"s{number}", f"{campaign}!{'!' * number}", author={"id": f"u{number}"})
    await desk.post("other", "0.5 the mayor promised a bridge and we still have a ferry with holes in it")
    around = await want(desk, "GET", "/comments/s1/thread")
    assert [one["id"] for one in around["look_alikes"]] == ["s2", "s0"]
    assert (await want(desk, "GET", "/comments/other/thread"))["look_alikes"] == []
    await desk.call("DELETE", "/comments/s0")
    assert [one["id"] for one in (await want(desk, "GET", "/comments/s1/thread"))["look_alikes"]] == ["s2"]


async def test_a_thread_does_not_break_where_something_is_missing(desk: Desk) -> None:
    await posted(desk, ["alone"])
    await posted(desk, ["orphan"], parent_id="never-posted")
    for one in ("alone", "orphan"):
        around = await want(desk, "GET", f"/comments/{one}/thread")
        assert (around["parent"], around["siblings"], around["replies"], around["by_author"]) == (
            None,
            [],
            [],
            [],
        )
    assert (await desk.call("GET", "/comments/none/thread", None, "moderator"))[0] == 404


async def test_a_decision_on_a_text_that_was_edited_since_does_not_stand(desk: Desk) -> None:
    await desk.post("c1", "0.5 A fair point.")
    status, found = await desk.call("PATCH", "/comments/c1", {"text": "0.5 Buy pills."})
    assert (status, found["revision"]) == (200, 2)
    for path, body in (
        ("approve", {"revision": 1}),
        ("reject", {"revision": 1, "reason": "spam", "override": True}),
    ):
        status, found = await desk.call("POST", f"/comments/c1/{path}", body, "moderator")
        assert status == 409
        assert found["type"] == "/docs#problem-text-changed"
    status, found = await desk.call("POST", "/comments/c1/approve", {"revision": 2}, "moderator")
    assert (status, found["status"]) == (200, "approved")
    status, found = await desk.call("POST", "/comments/c1/approve", {"revision": 0}, "moderator")
    assert (status, found["errors"][0]["pointer"]) == (422, "/revision")
