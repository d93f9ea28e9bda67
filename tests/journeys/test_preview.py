"""A policy on trial, as editors ask for it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from moderation.checks import again
from moderation.domain.replay import Row
from moderation.store import recent
from moderation.web import preview
from tests.web.conftest import SITE, Desk

DAY_MS = 86_400_000


async def _preview(desk: Desk, role: str = "moderator", **body: Any) -> dict[str, Any]:
    status, found = await desk.call("POST", "/policy/preview", body, role)
    assert status == 200, found
    return dict(found)


async def _policy(desk: Desk, **policy: Any) -> None:
    assert (await desk.call("PUT", "/policy", policy, "admin"))[0] == 200


async def _fill(desk: Desk, texts: list[str]) -> list[str]:
    """Comments that were all judged by the machine; returns their ids."""
    ids = []
    for start in range(0, len(texts), 500):
        rows = [
            {"id": f"b{start + place}", "text": text} for place, text in enumerate(texts[start : start + 500])
        ]
        status, found = await desk.call("POST", "/comments/batch", rows)
        assert status == 207, found
        ids += [row["id"] for row in rows]
    async with asyncio.timeout(30):
        while await desk.store.waiting():
            await asyncio.sleep(0.01)
    return ids


async def _decide(desk: Desk, good: list[str], bad: list[str]) -> None:
    rows = [{"id": one, "action": "approve"} for one in good]
    rows += [{"id": one, "action": "reject", "reason": "spam"} for one in bad]
    for start in range(0, len(rows), 1000):
        status, found = await desk.call(
            "POST", "/decisions", {"decisions": rows[start : start + 1000]}, "moderator"
        )
        assert status == 207
        assert {row["status_code"] for row in found["items"]} == {200}


async def _age(desk: Desk, ids: list[str], days: int) -> None:
    """Makes the comments come evenly over the last days, the first the oldest."""
    now = (await desk.store.queues.counts(SITE))["pending"].now
    keys = desk.store.link.keys
    await desk.store.link.call_all(
        [
            ("HSET", keys.comment(SITE, one), "at", now - int(DAY_MS * days * (1 - place / len(ids))))
            for place, one in enumerate(ids)
        ]
    )


async def _a_fortnight_in_shadow_mode(desk: Desk) -> None:
    """200 good comments, of which 20 look a little like spam, and 60 of spam, of which 10 look rather good."""
    await _policy(desk, mode="shadow")
    texts = ["0.03 good"] * 180 + ["0.4 good"] * 20 + ["0.3 bad"] * 10 + ["0.995 bad"] * 50
    ids = await _fill(desk, texts)
    await _decide(desk, ids[:200], ids[200:])
    await _age(desk, [one for place in range(20) for one in ids[place::20]], 14)


async def test_an_editor_sees_what_a_stricter_policy_would_have_done(desk: Desk) -> None:
    await desk.post("c1", "0.02 fine")
    await desk.post("c2", "0.08 fine")
    await desk.post("c3", "0.99 pills")
    await _decide(desk, ["c2"], [])
    found = await _preview(desk, policy={"approve_below": 0.05})
    assert found["comments"] == 3
    assert found["human_decisions"] == 1
    assert found["in_force"]["approved"]["comments"] == 2
    assert found["changed"]["approved"]["comments"] == 1
    assert found["changed"]["held"] == {
        "comments": 1, "approved_by_moderators": 1, "rejected_by_moderators": 0,
    }  # fmt: skip
    assert found["moves"] == [
        {
            "before": "approved",
            "after": "pending",
            "comments": 1,
            "approved_by_moderators": 1,
            "rejected_by_moderators": 0,
        }
    ]
    assert (await desk.call("GET", "/policy", role="moderator"))[1]["approve_below"] == 0.1, "nothing changed"


async def test_an_editor_sees_whom_a_new_word_would_hit(desk: Desk) -> None:
    await desk.post("c1", "0.02 My uncle runs the casino in our town")
    await desk.post("c2", "0.02 Play at our casino")
    await _decide(desk, ["c1"], ["c2"])
    found = await _preview(desk, policy={"banned_words": ["casino"]})
    assert found["changed"]["rejected"] == {
        "comments": 2, "approved_by_moderators": 1, "rejected_by_moderators": 1,
    }  # fmt: skip
    assert found["changed"]["against_moderators"] == 1
    assert found["in_force"]["against_moderators"] == 1, "the spam that was approved by itself"


async def test_newcomers_of_the_past_are_held_while_the_rule_is_on(desk: Desk) -> None:
    await _policy(desk, hold_first_comments=1)
    await desk.post("c1", "0.02 hello", author={"id": "u1"})
    await _decide(desk, ["c1"], [])
    await desk.post("c2", "0.02 hello again", author={"id": "u1"})
    found = await _preview(desk, policy={"hold_first_comments": 0})
    assert found["in_force"]["held"]["comments"] == 1
    assert found["changed"]["held"]["comments"] == 0
    assert any("hold_first_comments" in note for note in found["notes"])


async def test_an_undone_decision_does_not_count_and_the_last_one_does(desk: Desk) -> None:
    for name in ("c1", "c2"):
        await desk.post(name, "0.5 " + name)
        await _decide(desk, [name], [])
    await desk.call("POST", "/comments/c1/undo", {}, "moderator")
    await desk.call("POST", "/comments/c2/reject", {"reason": "spam", "override": True}, "bob")
    found = await _preview(desk)
    assert found["in_force"]["held"] == {
        "comments": 2, "approved_by_moderators": 0, "rejected_by_moderators": 1,
    }  # fmt: skip
    assert found["changed"] is None
    assert any("1 of 2 comments (50%)" in note for note in found["notes"])


async def test_after_shadow_mode_an_editor_sees_machine_and_desk_side_by_side(desk: Desk) -> None:
    await _a_fortnight_in_shadow_mode(desk)
    found = await _preview(desk, policy={"mode": "auto"})
    assert found["in_force"]["held"]["comments"] == 260
    shadow = found["shadow"]
    assert shadow["approved"] == {"comments": 180, "approved_by_moderators": 180, "rejected_by_moderators": 0}
    assert shadow["held"] == {"comments": 30, "approved_by_moderators": 20, "rejected_by_moderators": 10}
    assert shadow["rejected"] == {"comments": 50, "approved_by_moderators": 0, "rejected_by_moderators": 50}
    assert {name: found["changed"][name] for name in shadow} == shadow, (
        "what was recorded is what is replayed"
    )
    assert found["changed"]["cards_per_day"] == pytest.approx(30 / 14, abs=0.1)
    assert found["notes"] == []


async def test_thresholds_for_holding_few_good_comments(desk: Desk) -> None:
    await _a_fortnight_in_shadow_mode(desk)
    found = (await _preview(desk, target={"held_good_share": 0.1}))["target"]
    assert found["met"], found["sentence"]
    assert found["approve_below"] < 0.3, "none of the spam that looks good is published"
    assert found["reject_above"] > 0.4
    assert found["cost"]["held_good_share"]["share"] == 0.1
    assert found["cost"]["against_moderators"] == 0
    found = (await _preview(desk, target={"held_good_share": 0.02}))["target"]
    assert found["met"], found["sentence"]
    assert found["cost"]["held_good_share"]["share"] <= 0.02
    assert found["cost"]["spam_published_share"]["count"] == 10, "that is the price"


async def test_thresholds_for_a_desk_that_can_read_so_many_cards_a_day(desk: Desk) -> None:
    await _a_fortnight_in_shadow_mode(desk)
    found = (await _preview(desk, target={"cards_per_day": 2.5}))["target"]
    assert found["met"], found["sentence"]
    assert found["cost"]["cards_per_day"] <= 2.5
    assert found["cost"]["against_moderators"] == 0
    assert "comments a day" in found["sentence"]


async def test_the_proposed_thresholds_cost_what_was_promised(desk: Desk) -> None:
    await _a_fortnight_in_shadow_mode(desk)
    found = (await _preview(desk, target={"wrong_approvals_share": 0.03}))["target"]
    assert found["met"], found["sentence"]
    policy = {name: found[name] for name in ("approve_below", "reject_above")}
    assert (await _preview(desk, policy=policy))["changed"] == found["cost"]


async def test_a_young_site_is_told_how_much_is_missing(desk: Desk) -> None:
    await desk.post("c1", "0.5 one")
    await _decide(desk, ["c1"], [])
    for target in ({"held_good_share": 0.02}, {"cards_per_day": 60}, {"wrong_approvals_share": 0.01}):
        found = (await _preview(desk, target=target))["target"]
        assert (found["met"], found["approve_below"], found["reject_above"], found["cost"]) == (
            False,
            None,
            None,
            None,
        )
        assert "Too little is known" in found["sentence"]
        assert "there are 1 and 0" in found["sentence"]


async def test_a_site_without_a_comment_is_no_fault(desk: Desk) -> None:
    found = await _preview(desk, policy={"approve_below": 0.05}, target={"cards_per_day": 60})
    assert (found["comments"], found["reaches_back_to"], found["sampled"]) == (0, None, False)
    assert found["in_force"]["held_good_share"]["share"] is None


async def test_sliders_have_their_table_and_histogram(desk: Desk) -> None:
    await _a_fortnight_in_shadow_mode(desk)
    found = await _preview(desk, policy={"approve_below": 0.155, "reject_above": 0.905})
    table, thresholds = found["table"], found["table"]["thresholds"]
    approve, reject = thresholds.index(0.155), thresholds.index(0.905)
    assert thresholds == sorted(thresholds)
    for columns in (table["approved"], table["rejected"]):
        assert {len(column) for column in columns.values()} == {len(thresholds)}
    for name in ("comments", "approved_by_moderators", "rejected_by_moderators"):
        held = table["total"][name] - table["approved"][name][approve] - table["rejected"][name][reject]
        assert held == found["changed"]["held"][name]
    bars = found["histogram"]
    assert (bars["approved_by_moderators"][1], bars["approved_by_moderators"][20]) == (180, 20)
    assert (bars["rejected_by_moderators"][49], sum(bars["undecided"])) == (50, 0)


async def test_comments_of_before_the_window_are_left_out(desk: Desk) -> None:
    await _a_fortnight_in_shadow_mode(desk)
    found = await _preview(desk, days=7)
    assert 120 <= found["comments"] <= 140
    assert found["in_force"]["cards_per_day"] == pytest.approx(260 / 14, rel=0.1)


async def test_a_large_site_is_read_from_its_newest_comments(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview, "MAX_COMMENTS", 40)
    monkeypatch.setattr(recent, "PAGE", 10)
    await _fill(desk, ["0.01 old"] * 30 + ["0.5 new"] * 40)
    found = await _preview(desk)
    assert (found["comments"], found["sampled"]) == (40, True)
    assert found["in_force"]["held"]["comments"] == 40
    assert any("latest" in note for note in found["notes"])


async def test_the_desk_goes_on_while_a_preview_is_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[int] = set()
    judged = again.rows

    def watched(*arguments: Any) -> list[Row]:
        threads.add(threading.get_ident())
        return judged(*arguments)

    monkeypatch.setattr(again, "rows", watched)
    await _fill(desk, ["0.5 " + "Have you seen the casino of our town? " * 20] * 1500)
    counting = asyncio.create_task(_preview(desk, policy={"suspect_words": ["casino"], "max_links": 1}))
    answered = 0
    while not counting.done():
        assert (await desk.call("GET", "/queues", role="moderator"))[0] == 200
        answered += 1
    assert (await counting)["comments"] == 1500
    assert answered >= 5
    assert threads
    assert threading.get_ident() not in threads, "texts are judged beside the event loop"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"days": 0}, "/days"),
        ({"days": 91}, "/days"),
        ({"days": "7"}, "/days"),
        ({"target": {}}, "/target"),
        ({"target": {"cards_per_day": 1, "held_good_share": 0.1}}, "/target"),
        ({"target": {"cards_per_day": -1}}, "/target/cards_per_day"),
        ({"target": {"held_good_share": 0}}, "/target/held_good_share"),
        ({"target": {"held_good_share": 2}}, "/target/held_good_share"),
        ({"target": {"wrong": 2}}, "/target/wrong"),
        ({"policy": {"mode": "x"}}, "/policy/mode"),
        ({"policy": {"approve_below": 0.9, "reject_above": 0.1}}, "/policy"),
        ({"polcy": {}}, "/polcy"),
    ],
)
async def test_a_slip_is_named_with_its_field(desk: Desk, body: dict[str, Any], pointer: str) -> None:
    status, problem = await desk.call("POST", "/policy/preview", body, "moderator")
    assert status == 422, problem
    assert pointer in {error["pointer"] for error in problem["errors"]}
    assert all(error["detail"].endswith(".") for error in problem["errors"])


async def test_policies_are_tried_by_moderators_and_admins(desk: Desk) -> None:
    assert (await desk.call("POST", "/policy/preview", {}, "site"))[0] == 403
    await _preview(desk, "admin")
    status, _, _ = await desk.raw("POST", f"/v1/sites/{SITE}/policy/preview", b"{}", "stranger")
    assert status == 404


async def test_a_text_is_tried_on_a_policy_that_is_not_saved(desk: Desk) -> None:
    policy = {"suspect_words": ["casino"], "banned_words": ["swindl*"], "hold_first_comments": 3}
    asked = {"text": "😀 The casino is a swindle.", "policy": policy}
    status, found = await desk.call("POST", "/policy/test", asked, "moderator")
    assert status == 200, found
    said = {one["code"]: one for one in found["findings"]}
    assert said["suspect_word"]["effect"] == "hold"
    assert said["suspect_word"]["spans"] == [[6, 12]], "in characters, of which the first is one"
    assert said["banned_word"]["effect"] == "reject"
    assert "newcomer" not in said, "a text alone has no author"
    status, found = await desk.call("POST", "/policy/test", {"text": "The casino."}, "moderator")
    assert (status, found) == (200, {"findings": []}), "the policy in force knows no such word"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({}, "/text"), ({"text": ""}, "/text"), ({"text": "x", "policy": {"banned_words": ["/(/"]}}, "/policy/banned_words/0")],
)  # fmt: skip
async def test_a_test_that_cannot_be_read_says_where(desk: Desk, body: dict[str, Any], pointer: str) -> None:
    status, found = await desk.call("POST", "/policy/test", body, "moderator")
    assert status == 422
    assert found["errors"][0]["pointer"] == pointer
