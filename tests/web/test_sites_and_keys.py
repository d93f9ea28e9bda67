"""Sites, keys and the queue over several sites, call by call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from moderation.store import Role
from tests.web.conftest import SITE, Desk


async def call(desk: Desk, key: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """A call under /v1 with a key: status and JSON."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    status, found, _ = await desk.raw(method, f"/v1{path}", data, None, **headers)
    return status, found


async def key_of(desk: Desk, role: Role, sites: str | Sequence[str], name: str = "ann") -> str:
    """A key made at the command line."""
    return (await desk.store.keyring.add(sites, role, name)).key


async def post(desk: Desk, site: str, comment_id: str, text: str, **more: Any) -> None:
    """Posts a comment on any site and waits for its verdict."""
    key = await key_of(desk, Role.SITE, site)
    body = json.dumps({"id": comment_id, "text": text, **more}).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Prefer": "wait=10"}
    status, found, _ = await desk.raw("POST", f"/v1/sites/{site}/comments", body, None, **headers)
    assert status == 200, found


async def test_who_am_i(desk: Desk) -> None:
    status, me = await call(desk, desk.keys["site"], "GET", "/me")
    assert (status, me["name"], me["role"], me["sites"]) == (200, "site", "site", [SITE])
    several = await key_of(desk, Role.READER, ("other", SITE))
    assert (await call(desk, several, "GET", "/me"))[1]["sites"] == ["other", SITE]
    everywhere = await key_of(desk, Role.MODERATOR, "*")
    assert (await call(desk, everywhere, "GET", "/me"))[1]["sites"] == ["*"]


async def test_the_sites_that_a_key_reaches(desk: Desk) -> None:
    await desk.post("c1", "0.5")
    await desk.call("PUT", "/policy", {"mode": "pre"}, "admin")
    own = {"site": SITE, "mode": "pre", "pending": 1}
    assert (await call(desk, desk.keys["moderator"], "GET", "/sites"))[1] == {"items": [own], "next": None}
    everywhere = await key_of(desk, Role.READER, "*")
    _, found = await call(desk, everywhere, "GET", "/sites")
    assert found["items"] == [own, {"site": "other", "mode": "auto", "pending": 0}]


async def test_many_sites_come_in_pages(desk: Desk) -> None:
    for number in range(5):
        await desk.store.sites.add(f"s{number}")
    key, seen, cursor = await key_of(desk, Role.ADMIN, "*"), [], ""
    while True:
        status, page = await call(desk, key, "GET", f"/sites?limit=3{cursor}")
        assert status == 200
        seen += [one["site"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [SITE, "other", "s0", "s1", "s2", "s3", "s4"]
    assert (await call(desk, key, "GET", "/sites?cursor=forged"))[0] == 400


async def test_a_new_site_comes_with_its_keys(desk: Desk) -> None:
    key = await key_of(desk, Role.ADMIN, "*")
    data = b'{"site":"courier"}'
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    status, made, sent = await desk.raw("POST", "/v1/sites", data, None, **headers)
    assert status == 201
    assert sent["Cache-Control"] == "no-store"
    assert made.keys() == {"site", "site_key", "moderator_key", "akismet_key"}
    assert (await call(desk, made["moderator_key"], "GET", "/sites/courier/queues"))[0] == 200
    assert (await call(desk, key, "POST", "/sites", {"site": "courier"}))[0] == 409
    for bad in (
        {"site": "No Slug"},
        {"site": ""},
        {"site": "a" * 65},
        {"site": "a\n"},
        {},
        {"site": "x", "y": 1},
    ):
        status, problem = await call(desk, key, "POST", "/sites", bad)
        assert status == 422
        assert problem["errors"][0]["detail"].endswith(".")
    assert (await call(desk, desk.keys["admin"], "POST", "/sites", {"site": "x"}))[0] == 403
    assert not await desk.store.sites.exists("x")


async def test_an_admin_makes_and_ends_keys(desk: Desk) -> None:
    admin = desk.keys["admin"]
    status, made = await call(
        desk, admin, "POST", f"/sites/{SITE}/keys", {"role": "moderator", "name": "zoë"}
    )
    assert status == 201
    assert made.keys() == {"id", "key", "site", "role", "name"}
    assert (await call(desk, made["key"], "GET", "/me"))[1]["name"] == "zoë"
    status, listed = await call(desk, admin, "GET", f"/sites/{SITE}/keys")
    assert status == 200
    mine = next(one for one in listed["items"] if one["id"] == made["id"])
    assert (mine["site"], mine["sites"], mine["reaches_more"]) == (SITE, [SITE], False)
    assert made["key"] not in json.dumps(listed)
    assert (await call(desk, admin, "DELETE", f"/sites/{SITE}/keys/{made['id']}"))[0] == 204
    assert (await call(desk, made["key"], "GET", "/me"))[0] == 401, "at once in the same process"
    assert (await call(desk, admin, "DELETE", f"/sites/{SITE}/keys/{made['id']}"))[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        {"role": "moderator", "name": "model"}, {"role": "moderator", "name": "Rule"}, {"role": "moderator", "name": ""},
        {"role": "moderator", "name": " ann"}, {"role": "moderator", "name": "a\nb"}, {"role": "moderator", "name": "a" * 101},
        {"role": "king", "name": "ann"}, {"role": "akismet", "name": "ann"}, {"name": "ann"}, {"role": "moderator"},
        {"role": "site", "name": "cms", "sites": ["*"]}, {"role": "moderator", "name": "ann", "sites": ["*", SITE]},
        {"role": "moderator", "name": "ann", "key": "mine"}, {"role": "moderator", "name": "ann", "sites": "other"},
    ],
)  # fmt: skip
async def test_a_key_that_cannot_be_is_refused_with_a_sentence(desk: Desk, body: dict[str, Any]) -> None:
    before = len(await desk.store.keyring.list())
    key = await key_of(desk, Role.ADMIN, "*")
    status, problem = await call(desk, key, "POST", f"/sites/{SITE}/keys", body)
    assert status == 422
    assert problem["detail"].endswith(".")
    assert len(await desk.store.keyring.list()) == before + 1


async def test_no_admin_reaches_beyond_their_sites(desk: Desk) -> None:
    admin, keys = desk.keys["admin"], f"/sites/{SITE}/keys"
    answers = []
    for sites in (["*"], ["other"], ["nowhere"]):
        body = {"role": "moderator", "name": "ann", "sites": sites}
        status, problem = await call(desk, admin, "POST", keys, body)
        problem.pop("request_id")
        answers.append((status, problem))
    assert [status for status, _ in answers] == [403] * 3
    assert answers[1] == answers[2], "nothing tells whether there is the other site"
    several = await desk.store.keyring.add((SITE, "other"), Role.MODERATOR, "sam")
    everywhere = await desk.store.keyring.add("*", Role.MODERATOR, "eve")
    _, listed = await call(desk, admin, "GET", keys)
    assert "other" not in json.dumps(listed)
    beyond = {one["id"] for one in listed["items"] if one["reaches_more"]}
    assert beyond == {several.id, everywhere.id}
    for key_id in beyond:
        assert (await call(desk, admin, "DELETE", f"{keys}/{key_id}"))[0] == 403
    both = await key_of(desk, Role.ADMIN, ("other", SITE))
    body = {"role": "moderator", "name": "ann", "sites": ["other"]}
    status, made = await call(desk, both, "POST", keys, body)
    assert (status, made["site"], made["sites"]) == (201, SITE, [SITE, "other"])
    assert (await call(desk, both, "DELETE", f"{keys}/{several.id}"))[0] == 204
    assert (await call(desk, both, "DELETE", f"{keys}/{everywhere.id}"))[0] == 403
    desk_admin = await key_of(desk, Role.ADMIN, "*")
    body = {"role": "moderator", "name": "ann", "sites": ["nowhere"]}
    assert (await call(desk, desk_admin, "POST", keys, body))[0] == 403
    body = {"role": "moderator", "name": "ann", "sites": ["*"]}
    status, made = await call(desk, desk_admin, "POST", keys, body)
    assert (status, made["site"]) == (201, "*")
    assert "sites" not in made
    assert (await call(desk, desk_admin, "DELETE", f"{keys}/{everywhere.id}"))[0] == 204


async def test_the_keys_of_a_site_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    there = len(await desk.store.keyring.list(SITE))
    monkeypatch.setattr("moderation.store.keyring.MAX_KEYS", there + 1)
    path, body = f"/sites/{SITE}/keys", {"role": "reader", "name": "ann"}
    statuses = [(await call(desk, desk.keys["admin"], "POST", path, body))[0] for _ in range(2)]
    assert statuses == [201, 409]


async def test_a_key_for_all_sites_reaches_those_that_come_later(desk: Desk) -> None:
    key = await key_of(desk, Role.MODERATOR, "*")
    assert (await call(desk, key, "GET", "/sites/later/queues"))[0] == 404
    await desk.store.sites.add("later")
    assert (await call(desk, key, "GET", "/sites/later/queues"))[0] == 200
    for odd in ("%2A", "*", "UPPER", "%00", "a" * 65, "%7Bp0%7D"):
        status, problem = await call(desk, key, "GET", f"/sites/{odd}/queues")
        assert (status, problem["type"]) == (404, "/docs#problem-not-found")


async def test_the_queue_of_all_sites(desk: Desk) -> None:
    for number in range(6):
        await post(desk, (SITE, "other")[number % 2], f"c{number}", f"0.{number + 2}")
    key, cursor, seen = await key_of(desk, Role.READER, (SITE, "other")), "", []
    while True:
        status, page = await call(desk, key, "GET", f"/queues/pending?order=spam&limit=4{cursor}")
        assert status == 200
        seen += [(one["site"], one["id"]) for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [((SITE, "other")[number % 2], f"c{number}") for number in range(5, -1, -1)]
    _, only = await call(desk, key, "GET", "/queues/pending?sites=other")
    assert {one["site"] for one in only["items"]} == {"other"}
    _, counts = await call(desk, key, "GET", "/queues")
    assert counts["queues"]["pending"]["count"] == 6
    assert [(one["site"], one["queues"]["pending"]["count"]) for one in counts["sites"]] == [
        (SITE, 3),
        ("other", 3),
    ]
    ages = [one["queues"]["pending"]["oldest_seconds"] for one in counts["sites"]]
    assert counts["queues"]["pending"]["oldest_seconds"] == max(ages)
    assert counts["queues"]["reported"] == {"count": 0, "oldest_seconds": None}
    _, own = await call(desk, desk.keys["moderator"], "GET", "/queues/pending")
    assert {one["site"] for one in own["items"]} == {SITE}, "a key sees its own sites alone"


async def test_filters_hold_over_all_sites(desk: Desk) -> None:
    await post(desk, SITE, "c1", "0.5", article={"id": "a1"})
    await post(desk, "other", "c2", "0.5", article={"id": "a1"}, author={"id": "u1"})
    await post(desk, "other", "c3", "0.5", article={"id": "a2"})
    key = await key_of(desk, Role.MODERATOR, "*")
    for query, ids in (
        ("article=a1", ["c1", "c2"]),
        ("author=u1", ["c2"]),
        ("article=a2&sites=other", ["c3"]),
    ):
        _, page = await call(desk, key, "GET", f"/queues/pending?{query}")
        assert [one["id"] for one in page["items"]] == ids


async def test_bad_questions_over_all_sites(desk: Desk) -> None:
    for number in range(3):
        await post(desk, SITE, f"c{number}", "0.5")
    key, mine = await key_of(desk, Role.MODERATOR, "*"), desk.keys["moderator"]
    for query in ("order=best", "limit=0", "limit=101", "cursor=forged", "colour=red", "sites=a&sites=b"):
        status, problem = await call(desk, key, "GET", f"/queues/pending?{query}")
        assert status == 400, query
        assert problem["detail"].endswith(".")
    _, page = await call(desk, key, "GET", "/queues/pending?limit=1")
    for path in ("/queues/pending?order=spam", "/queues/rejected?limit=1", f"/sites/{SITE}/queues/pending?limit=1",
                 f"/queues/pending?sites={SITE}"):  # fmt: skip
        joint = "&" if "?" in path else "?"
        assert (await call(desk, key, "GET", f"{path}{joint}cursor={page['next']}"))[0] == 400, path
    answers = []
    for sites in ("other", "nowhere", "", f"{SITE},other", "%00"):
        status, problem = await call(desk, mine, "GET", f"/queues?sites={sites}")
        problem.pop("request_id")
        answers.append((status, problem))
    assert answers == [answers[0]] * 5
    assert answers[0][0] == 404
    assert (await call(desk, key, "GET", "/queues/nothing"))[0] == 404


async def test_a_cursor_of_a_site_called_like_our_own_words_is_no_cursor_here(desk: Desk) -> None:
    for slug in ("across", "sites"):
        await desk.store.sites.add(slug)
        await post(desk, slug, "c1", "0.5")
        await post(desk, slug, "c2", "0.5")
        key = await key_of(desk, Role.MODERATOR, slug)
        _, page = await call(desk, key, "GET", f"/sites/{slug}/queues/pending?limit=1")
        for path in ("/queues/pending?limit=1", "/sites?limit=1"):
            assert (await call(desk, key, "GET", f"{path}&cursor={page['next']}"))[0] == 400


async def test_more_sites_than_can_be_listed_together(desk: Desk) -> None:
    for number in range(199):
        await desk.store.sites.add(f"s{number:03}")
    key = await key_of(desk, Role.MODERATOR, "*")
    for path in ("/queues", "/queues/pending"):
        status, problem = await call(desk, key, "GET", path)
        assert status == 400
        assert "sites=" in problem["detail"]
        assert (await call(desk, key, "GET", f"{path}?sites={SITE},other"))[0] == 200


async def test_a_cursor_of_two_hundred_sites_fits_into_a_request(desk: Desk) -> None:
    sites = [SITE, "other"]
    for number in range(198):
        sites.append(f"s{number:03}")
        await desk.store.sites.add(sites[-1])
    for site in sites:  # two of each, the second ones later
        await post(desk, site, "c1", "0.5")
    for site in sites:
        await post(desk, site, "c2", "0.5")
    key, cursor, seen = await key_of(desk, Role.MODERATOR, "*"), "", []
    while True:
        status, page = await call(desk, key, "GET", f"/queues/pending?limit=100{cursor}")
        assert status == 200
        seen += [(one["site"], one["id"]) for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
        assert len(cursor) < 4_000
    assert seen == [(site, name) for name in ("c1", "c2") for site in sites]


async def test_a_stream_tells_nothing_more_when_its_key_is_revoked(desk: Desk) -> None:
    made = await desk.store.keyring.add(SITE, Role.MODERATOR, "ann")
    headers = {"Authorization": f"Bearer {made.key}", "Accept": "text/event-stream"}
    await desk.post("c1", "0.5")
    async with desk.client.get(f"/v1/sites/{SITE}/events", headers=headers) as stream:
        await asyncio.wait_for(stream.content.readuntil(b"\n\n"), 5)
        await desk.store.keyring.revoke(made.id)
        await desk.post("c2", "0.5")
        assert await asyncio.wait_for(stream.content.read(), 5) == b"", "the stream has ended"


async def test_a_long_poll_tells_nothing_more_when_its_key_is_revoked(desk: Desk) -> None:
    made = await desk.store.keyring.add(SITE, Role.MODERATOR, "ann")
    waiting = asyncio.create_task(call(desk, made.key, "GET", f"/sites/{SITE}/events?wait=20"))
    async with asyncio.timeout(5):
        while (SITE, None) not in desk.store.feed._bells:
            await asyncio.sleep(0.01)
    await desk.store.keyring.revoke(made.id)
    await desk.post("c1", "0.5")
    assert (await waiting)[0] == 401
