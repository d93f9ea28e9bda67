"""Claims: colleagues who work at once never have the same comment in hand, and none is forgotten."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any

from moderation.store import Role
from tests.journeys.asking import posted, refused, want
from tests.web.conftest import SITE, Desk

IDS = [f"c{number:02}" for number in range(12)]


async def claim(desk: Desk, who: str = "moderator", queue: str = "pending", **body: Any) -> list[str]:
    """The ids that a moderator is handed."""
    found = await want(desk, "POST", f"/queues/{queue}/claim", body, who)
    assert all(one["claim"]["until"] == found["until"] for one in found["items"])
    return [one["id"] for one in found["items"]]


async def holders(desk: Desk) -> dict[str, str]:
    """Who holds what, as everybody can see."""
    return {one["comment_id"]: one["by"] for one in (await want(desk, "GET", "/claims"))["items"]}


async def lapse(desk: Desk, *ids: str) -> None:
    """Lets the time of leases go by."""
    for one in ids:
        await desk.store.link.call("ZADD", f"{desk.store.link.keys.site(SITE)}:leases", "XX", 1, one)


async def test_moderators_who_claim_at_once_never_get_the_same_comment(desk: Desk) -> None:
    await posted(desk, IDS)
    for number in range(6):
        desk.keys[f"m{number}"] = (await desk.store.keyring.add(SITE, Role.MODERATOR, f"m{number}")).key
    handed = await asyncio.gather(*(claim(desk, f"m{number}", limit=3) for number in range(6)))
    flat = [one for ids in handed for one in ids]
    assert sorted(flat) == IDS, "none twice, none forgotten"
    assert sorted(map(len, handed)) == [0, 0, 3, 3, 3, 3]
    assert await holders(desk) == {one: f"m{number}" for number, ids in enumerate(handed) for one in ids}


async def test_a_claim_follows_order_and_filter(desk: Desk) -> None:
    for comment_id, spam, article in (
        ("c1", 0.2, "a1"),
        ("c2", 0.8, "a1"),
        ("c3", 0.5, "a2"),
        ("c4", 0.9, "a2"),
    ):
        await posted(desk, [comment_id], spam, article={"id": article})
    assert await claim(desk, order="spam", limit=1) == ["c4"]
    assert await claim(desk, "bob", order="spam", limit=1) == ["c2"]
    assert await claim(desk, "bob", article="a1") == ["c1"]
    assert await claim(desk, "bob", article="a1") == []
    assert await claim(desk, order="newest") == ["c3"]


async def test_a_lease_is_renewed_and_what_has_ended_is_not_among_the_answer(desk: Desk) -> None:
    await posted(desk, IDS[:3])
    first = await want(desk, "POST", "/queues/pending/claim", {"limit": 3, "lease_seconds": 60})
    await lapse(desk, "c01")
    renewed = await want(desk, "POST", "/claims/renew", {"lease_seconds": 3600})
    assert sorted(one["comment_id"] for one in renewed["items"]) == ["c00", "c02"]
    later = datetime.fromisoformat(renewed["items"][0]["until"]) - datetime.fromisoformat(first["until"])
    assert later.total_seconds() > 3000
    assert (await want(desk, "POST", "/claims/renew", {"ids": ["c00"]}, "bob"))["items"] == [], "not bob's"
    card = await want(desk, "GET", "/comments/c00")
    assert card["claim"] == {"by": "moderator", "until": renewed["items"][0]["until"]}


async def test_a_lease_ends_with_time_release_or_decision(desk: Desk) -> None:
    await posted(desk, IDS[:4])
    assert await claim(desk) == IDS[:4]
    assert await claim(desk, "bob") == []
    await lapse(desk, "c00")
    assert await claim(desk, "bob") == ["c00"]
    assert (await want(desk, "POST", "/claims/release", {"ids": ["c00", "c01"]}))["ids"] == ["c01"], (
        "c00 is bob's"
    )
    assert await claim(desk, "bob") == ["c01"]
    await want(desk, "POST", "/comments/c02/approve", {})
    assert await holders(desk) == {"c00": "bob", "c01": "bob", "c03": "moderator"}
    await want(desk, "POST", "/comments/c02/undo", {})
    assert await claim(desk, "bob") == ["c02"], "what comes back is free"
    assert (await want(desk, "POST", "/claims/release", None))["ids"] == ["c03"], "all of one's own"
    assert (await want(desk, "POST", "/claims/release", None))["ids"] == []


async def test_what_is_held_already_is_not_handed_out_again_but_a_repeat_is(desk: Desk) -> None:
    await posted(desk, IDS[:4])
    key = {"Idempotency-Key": "first"}
    body = {"limit": 2}
    first = await want(desk, "POST", "/queues/pending/claim", body, **key)
    again = await want(desk, "POST", "/queues/pending/claim", body, **key)
    assert [one["id"] for one in first["items"]] == [one["id"] for one in again["items"]] == ["c00", "c01"]
    assert await claim(desk, limit=2) == ["c02", "c03"]


async def test_an_assigned_comment_comes_to_nobody_elses_claim(desk: Desk) -> None:
    await posted(desk, IDS[:2])
    await want(desk, "POST", "/comments/c00/assign", {"moderator": "bob"})
    assert await claim(desk) == ["c01"]
    assert await claim(desk, "bob") == ["c00"]
    await want(desk, "POST", "/comments/c00/assign", {"moderator": "moderator"})
    assert await holders(desk) == {"c01": "moderator"}, "who holds it loses it with the assignment"
    assert await claim(desk, "bob") == []
    await want(desk, "POST", "/comments/c00/assign", {"moderator": None})
    assert await claim(desk, "bob") == ["c00"]


async def test_a_comment_is_assigned_only_to_somebody_who_can_decide(desk: Desk) -> None:
    await posted(desk, IDS[:1])
    for name in ("Bob", "nobody", "reader", "site"):
        status, sentence = await refused(desk, "POST", "/comments/c00/assign", {"moderator": name})
        assert (status, "moderator" in sentence) == (422, True)
    assert (await want(desk, "GET", "/comments/c00"))["assigned"] is None


async def test_an_admin_frees_what_somebody_took_home(desk: Desk) -> None:
    await posted(desk, IDS[:2])
    assert await claim(desk, "bob") == IDS[:2]
    assert (await want(desk, "POST", "/claims/release", {"ids": ["c00"]}))["ids"] == []
    assert (await want(desk, "POST", "/claims/release", {"ids": ["c00"]}, "admin"))["ids"] == ["c00"]
    assert (await want(desk, "POST", "/claims/release", None, "admin"))["ids"] == [], "by id alone"
    assert await holders(desk) == {"c01": "bob"}


async def test_who_holds_too_much_is_told_so(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr("moderation.store.claims.MOST_HELD", 3)
    await posted(desk, IDS[:5])
    assert await claim(desk, limit=2) == IDS[:2]
    status, sentence = await refused(desk, "POST", "/queues/pending/claim", {"limit": 2})
    assert (status, "You hold 2" in sentence) == (409, True)


async def test_a_comment_that_is_erased_or_edited_is_in_nobodys_hand(desk: Desk) -> None:
    await posted(desk, IDS[:2])
    await claim(desk)
    await want(desk, "DELETE", "/comments/c00", None, "site")
    await want(desk, "PATCH", "/comments/c01", {"text": "0.6 another text"}, "site")
    assert await holders(desk) == {}


async def test_a_claim_by_ids_takes_what_is_free_and_renews_what_one_holds(desk: Desk) -> None:
    await posted(desk, IDS[:4])
    assert await claim(desk, "bob", ids=[IDS[1]]) == [IDS[1]]
    assert await claim(desk, ids=IDS[:3]) == [IDS[0], IDS[2]], "bob has the other in hand"
    assert await claim(desk, ids=[IDS[0], "nobody-knows"], lease_seconds=3_000) == [IDS[0]], "renewed"
    assert await holders(desk) == {IDS[0]: "moderator", IDS[1]: "bob", IDS[2]: "moderator"}
    await want(desk, "POST", f"/comments/{IDS[3]}/approve", {}, "bob")
    assert await claim(desk, ids=[IDS[3]]) == [], "it does not wait any more"
    assert await claim(desk, queue="approved", ids=[IDS[3]]) == [IDS[3]]


async def test_ids_over_all_sites_name_nothing(desk: Desk) -> None:
    body = json.dumps({"ids": ["c00"]}).encode()
    headers = {"Content-Type": "application/json"}
    status, found, _ = await desk.raw("POST", "/v1/queues/pending/claim", body, "moderator", **headers)
    assert status == 400
    assert "/v1/sites/{site}" in found["detail"]
