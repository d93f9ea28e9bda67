"""Statistics, as editors and moderators ask for them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.web.conftest import SITE, Desk


async def _statistics(desk: Desk, query: str = "") -> dict[str, Any]:
    status, found = await desk.call("GET", "/statistics" + query, role="moderator")
    assert status == 200, found
    return dict(found)


async def _decide(desk: Desk, comment_id: str, action: str, who: str = "moderator", **body: Any) -> None:
    if action == "reject":
        body = {"reason": "spam", **body}
    status, found = await desk.call("POST", f"/comments/{comment_id}/{action}", body, who)
    assert status == 200, found


async def test_an_editor_sees_who_decides_on_the_site(desk: Desk) -> None:
    await desk.post("c1", "0.02 fine")
    await desk.post("c2", "0.99 pills")
    await desk.post("c3", "0.6 perhaps")
    await _decide(desk, "c3", "reject")
    found = await _statistics(desk)
    total = found["total"]
    assert (total["arrivals"], total["approved"], total["rejected"], total["held"]) == (3, 1, 2, 1)
    assert found["decided"]["model"]["count"] == 2
    assert found["decided"]["moderators"]["share"] == pytest.approx(1 / 3, abs=1e-6)
    assert len(found["per_hour"]) == 24
    assert sum(hour["arrivals"] for hour in found["per_hour"][-2:]) == 3


async def test_an_editor_sees_how_long_comments_wait_and_how_many_do(desk: Desk) -> None:
    await desk.post("c1", "0.5 one")
    await desk.post("c2", "0.5 two")
    await _decide(desk, "c1", "approve")
    found = await _statistics(desk, "?hours=1")
    assert found["queues"]["pending"]["count"] == 1
    assert found["queues"]["pending"]["oldest_seconds"] >= 0
    assert 0 < found["median_seconds_to_decision"] < 60
    assert found["queues"].keys() == {"pending", "reported"}


async def test_a_moderator_sees_how_often_colleagues_decided_otherwise(desk: Desk) -> None:
    for name in ("c1", "c2", "c3"):
        await desk.post(name, "0.8 " + name)
        await _decide(desk, name, "approve", "bob")
    await _decide(desk, "c1", "reject", override=True)  # overridden by a colleague
    assert (await desk.call("POST", "/comments/c2/undo", {}, "moderator"))[0] == 200  # undone by a colleague
    assert (await desk.call("POST", "/comments/c3/undo", {}, "bob"))[0] == 200  # taken back
    found = await _statistics(desk)
    bob = next(one for one in found["moderators"] if one["name"] == "bob")
    assert (bob["decisions"], bob["overturned"], bob["taken_back"]) == (3, 2, 1)
    assert (bob["hours_worked"], bob["agreement_with_score"]["count"]) in {(1, 0), (2, 0)}
    assert bob["agreement_with_score"]["of"] == 3
    assert found["total"]["undone"] == 2


async def test_an_editor_sees_whether_the_score_means_what_it_says(desk: Desk) -> None:
    for number in range(4):
        await desk.post(f"c{number}", f"0.75 {number}")
        await _decide(desk, f"c{number}", "reject" if number < 3 else "approve")
    await desk.post("undone", "0.75 undone")
    await _decide(desk, "undone", "approve")
    await desk.call("POST", "/comments/undone/undo", {}, "moderator")
    found = await _statistics(desk)
    bins = found["calibration"]
    assert len(bins) == 10
    assert (bins[7]["least"], bins[7]["rejected"]["count"], bins[7]["rejected"]["of"]) == (0.7, 3, 4)
    assert (found["agreement_with_score"]["count"], found["agreement_with_score"]["of"]) == (3, 4)
    assert found["agreement_with_score"]["low"] < 0.75 < found["agreement_with_score"]["high"]


async def test_in_shadow_mode_the_machine_is_compared_with_the_desk(desk: Desk) -> None:
    assert (await desk.call("PUT", "/policy", {"mode": "shadow"}, "admin"))[0] == 200
    await desk.post("c1", "0.02 fine")
    await desk.post("c2", "0.99 pills")
    await desk.post("c3", "0.5 perhaps")  # the machine would have held it: neither right nor wrong
    await _decide(desk, "c1", "approve")
    await _decide(desk, "c2", "approve")
    await _decide(desk, "c3", "approve")
    found = (await _statistics(desk))["agreement_with_machine"]
    assert (found["count"], found["of"]) == (1, 2)


async def test_reports_and_edits_are_counted_and_an_edit_is_no_second_arrival(desk: Desk) -> None:
    await desk.post("c1", "0.02 fine")
    await desk.call("POST", "/comments/c1/report", {"reporter": "r1", "reason": "abuse"})
    await desk.call("PATCH", "/comments/c1", {"text": "0.03 finer"})
    async with asyncio.timeout(10):
        while (await desk.call("GET", "/comments/c1"))[1]["status"] == "queued":
            await asyncio.sleep(0.01)
    total = (await _statistics(desk))["total"]
    assert (total["arrivals"], total["reports"], total["edits"], total["by_model"]) == (1, 1, 1, 2)


async def test_a_site_without_a_comment_has_statistics_too(desk: Desk) -> None:
    found = await _statistics(desk, "?hours=720")
    assert found["total"]["arrivals"] == 0
    assert found["median_seconds_to_decision"] is None
    assert found["log_begins_at"] is None
    assert len(found["per_hour"]) == 720
    assert found["decided"]["model"] == {"count": 0, "of": 0, "share": None, "low": None, "high": None}


@pytest.mark.parametrize(
    "query", ["?hours=0", "?hours=721", "?hours=-1", "?hours=x", "?days=1", "?hours=1&hours=2"]
)
async def test_a_bad_window_is_refused_with_a_sentence(desk: Desk, query: str) -> None:
    status, problem = await desk.call("GET", "/statistics" + query, role="moderator")
    assert status == 400
    assert problem["detail"].endswith(".")


async def test_the_site_that_posts_comments_does_not_see_its_moderators_work(desk: Desk) -> None:
    assert (await desk.call("GET", "/statistics", role="site"))[0] == 403
    assert (await desk.call("GET", "/statistics", role="admin"))[0] == 200
    status, _, _ = await desk.raw("GET", f"/v1/sites/{SITE}/statistics", None, "stranger")
    assert status == 404
