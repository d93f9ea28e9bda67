"""People: what is known of an author, and what a moderator can do about one."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

from tests.journeys.asking import counts, listed, policy, posted, refused, told, want
from tests.web.conftest import Desk

BO = {"id": "u1", "name": "Bo"}


def soon(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def test_a_moderator_sees_how_an_author_has_fared(desk: Desk) -> None:
    await posted(desk, ["a1", "a2", "a3"], 0.01, author=BO)
    await posted(desk, ["s1"], 0.99, author=BO)
    await posted(desk, ["p1"], 0.5, author=BO)
    await posted(desk, ["x1"], 0.5, author={"id": "u2"})
    author = await want(desk, "GET", "/authors/u1")
    assert author["counts"] == {"queued": 0, "pending": 1, "approved": 3, "rejected": 1}
    assert author["rejection_rate"] == 0.25
    assert (author["standing"], author["given_by"], author["notes"]) == ("known", None, [])
    assert [one["id"] for one in author["comments"]] == ["p1", "s1", "a3", "a2", "a1"]
    first = await want(desk, "GET", "/comments/a1")
    assert author["first_seen"] == first["received_at"]
    await want(desk, "POST", "/comments/p1/reject", {"reason": "abusive"})
    assert (await want(desk, "GET", "/authors/u1"))["rejection_rate"] == 0.4
    await want(desk, "POST", "/comments/p1/undo", {})
    again = await want(desk, "GET", "/authors/u1")
    del again["comments"], author["comments"]  # the history of one of them is longer now
    assert again == author, "undo gives the record back"


async def test_a_moderator_pages_through_all_that_an_author_wrote(desk: Desk) -> None:
    ids = [f"c{number}" for number in range(7)]
    await posted(desk, ids, author=BO)
    seen, cursor = [], ""
    while True:
        page = await want(desk, "GET", f"/authors/u1/comments?limit=3{cursor}")
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == ids[::-1]
    assert (await refused(desk, "GET", f"/authors/u2/comments?limit=3{cursor}"))[0] == 400


async def test_a_ban_rejects_what_waits_and_is_taken_back_with_its_batch(desk: Desk) -> None:
    await posted(desk, ["c1", "c2", "c3"], author=BO)
    await posted(desk, ["a1"], 0.01, author=BO)
    await posted(desk, ["other"], author={"id": "u2"})
    await want(desk, "POST", "/comments/c3/escalate", {"reason": "odd"})
    before = await counts(desk)
    ban = {"standing": "banned", "reject_pending": True, "reason": "harassment"}
    author = await want(desk, "PUT", "/authors/u1/standing", ban)
    assert (author["standing"], author["given_by"]) == ("banned", "moderator")
    assert author["counts"] == {"queued": 0, "pending": 0, "approved": 1, "rejected": 3}
    assert await listed(desk, "pending") == ["other"]
    assert (await want(desk, "GET", "/comments/c1"))["decision"]["reason"] == "harassment"
    assert [row[1] for row in await told(desk) if row[2] == "rejected"] == ["comment.rejected"] * 3
    await posted(desk, ["c4"], 0.01, author=BO)
    late = await want(desk, "GET", "/comments/c4")
    assert (late["status"], late["reasons"][0]["code"]) == ("rejected", "author_banned")

    undone = await want(desk, "POST", f"/batches/{author['batch_id']}/undo", {})
    assert [one["status_code"] for one in undone["items"]] == [200] * 3
    await want(desk, "DELETE", "/comments/c4", None, "site")
    assert await counts(desk) == before
    assert (await want(desk, "GET", "/authors/u1"))["standing"] == "banned", (
        "the standing is taken back by itself"
    )
    author = await want(desk, "PUT", "/authors/u1/standing", {"standing": None})
    assert (author["standing"], author["given_by"]) == ("known", None)
    await posted(desk, ["c5"], 0.01, author=BO)
    assert (await want(desk, "GET", "/comments/c5"))["status"] == "approved"


async def test_the_same_ban_sent_twice_is_one_batch(desk: Desk) -> None:
    await posted(desk, ["c1"], author=BO)
    ban = {"standing": "banned", "reject_pending": True}
    key = {"Idempotency-Key": "ban 1"}
    first = await want(desk, "PUT", "/authors/u1/standing", ban, **key)
    again = await want(desk, "PUT", "/authors/u1/standing", ban, **key)
    assert first == again
    assert len(await told(desk, "c1")) == 2


async def test_a_suspension_ends_by_itself(desk: Desk) -> None:
    until = soon(3.0)
    author = await want(desk, "PUT", "/authors/u1/standing", {"standing": "suspended", "until": until})
    assert author["standing"] == "suspended"
    assert datetime.fromisoformat(author["until"]) - datetime.fromisoformat(until) < timedelta(milliseconds=1)
    await posted(desk, ["c0"], 0.01, author=BO)
    assert (await want(desk, "GET", "/comments/c0"))["reasons"][0]["code"] == "author_suspended"
    async with asyncio.timeout(20):
        for number in itertools.count(1):
            await posted(desk, [f"c{number}"], 0.01, author=BO)
            if (await want(desk, "GET", f"/comments/c{number}"))["status"] == "approved":
                break
            await asyncio.sleep(0.1)
    author = await want(desk, "GET", "/authors/u1")
    assert (author["standing"], author["until"]) == ("known", None)


async def test_a_suspension_that_is_over_or_a_ban_with_an_end_is_refused(desk: Desk) -> None:
    status, sentence = await refused(
        desk, "PUT", "/authors/u1/standing", {"standing": "suspended", "until": soon(-60)}
    )
    assert (status, "/until" in sentence) == (422, True)
    status, _ = await refused(desk, "PUT", "/authors/u1/standing", {"standing": "banned", "until": soon(60)})
    assert status == 422
    assert (await desk.call("GET", "/authors/u1", None, "moderator"))[0] == 404, "nothing was set"


async def test_a_trusted_author_passes_but_not_with_clear_spam(desk: Desk) -> None:
    await policy(desk, hold_first_comments=3)
    await posted(desk, ["before"], 0.5, author=BO)
    await want(desk, "PUT", "/authors/u1/standing", {"standing": "trusted"})
    await posted(desk, ["after"], 0.5, author=BO)
    await posted(desk, ["spam"], 0.99, author=BO)
    found = {one: await want(desk, "GET", f"/comments/{one}") for one in ("before", "after", "spam")}
    assert {one: card["status"] for one, card in found.items()} == {
        "before": "pending",
        "after": "approved",
        "spam": "pending",
    }
    assert "trusted" in found["after"]["decision"]["because"]
    assert "other hands" in found["spam"]["decision"]["because"]


async def test_an_author_without_an_id_is_known_by_a_hash_of_the_address(desk: Desk) -> None:
    mail = {"email": "Canary@Example.org", "ip": "203.0.113.7"}
    await posted(desk, ["m1"], author={"name": "Bo", **mail})
    await posted(desk, ["m2"], author={"name": "Bobby", "email": "canary@example.org "})
    await posted(desk, ["i1"], author={"ip": "203.0.113.7"})
    refs = {one: (await want(desk, "GET", f"/comments/{one}"))["author"]["ref"] for one in ("m1", "m2", "i1")}
    assert refs["m1"] == refs["m2"]
    assert (refs["m1"][:6], refs["i1"][:3]) == ("email:", "ip:")
    assert not {"canary", "203.0.113.7"} & set(refs.values())
    assert await listed(desk, "pending", f"?author={refs['m1']}") == ["m1", "m2"]
    author = await want(desk, "PUT", f"/authors/{refs['i1']}/standing", {"standing": "banned"})
    assert (author["ref"], author["counts"]["pending"]) == (refs["i1"], 1)
    await posted(desk, ["i2"], 0.01, author={"ip": "203.0.113.7"})
    assert (await want(desk, "GET", "/comments/i2"))["status"] == "rejected"


async def test_colleagues_read_the_notes_on_an_author(desk: Desk) -> None:
    await posted(desk, ["c1"], author=BO)
    for _ in range(2):
        author = await want(
            desk,
            "POST",
            "/authors/u1/notes",
            {"text": "Writes under her own name."},
            **{"Idempotency-Key": "n"},
        )
    assert [(one["by"], one["text"]) for one in author["notes"]] == [
        ("moderator", "Writes under her own name.")
    ]
    assert (await desk.call("POST", "/authors/nobody/notes", {"text": "x"}, "moderator"))[0] == 404
