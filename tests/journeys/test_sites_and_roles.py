"""What people of a publisher with several sites want, from the first key to the last, through HTTP alone."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from moderation.metrics import Metrics
from moderation.settings import Settings
from moderation.store import Role, Store
from moderation.web import routes
from tests.store.test_scripts import score


class House:
    """A publisher's service; ``owner`` is the one key that was made at the command line."""

    def __init__(self, store: Store, client: TestClient[web.Request, web.Application], owner: str) -> None:
        self.store, self._client, self.owner = store, client, owner

    async def ask(self, key: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON of a call with a key."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        async with self._client.request(method, f"/v1{path}", data=data, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def want(self, key: str, method: str, path: str, body: Any = None) -> Any:
        """The same, and it has to be let through."""
        status, found = await self.ask(key, method, path, body)
        assert status < 300, found
        return found

    async def open(self, *sites: str) -> dict[str, str]:
        """Makes sites; the posting key of each."""
        made = [await self.want(self.owner, "POST", "/sites", {"site": site}) for site in sites]
        return {one["site"]: one["site_key"] for one in made}

    async def hire(self, name: str, role: str, site: str, *more: str) -> dict[str, Any]:
        """A key for a person."""
        body = {"role": role, "name": name, "sites": list(more)}
        return dict(await self.want(self.owner, "POST", f"/sites/{site}/keys", body))

    async def hold(self, posting: str, site: str, comment_id: str, spam: float) -> None:
        """A comment that a moderator must decide."""
        text = f"A remark, {comment_id}"
        await self.want(posting, "POST", f"/sites/{site}/comments", {"id": comment_id, "text": text})
        await score(self.store, spam, site)


@pytest.fixture
async def house(
    store: Store,
    aiohttp_server: Callable[..., Awaitable[TestServer]],
    aiohttp_client: Callable[..., Awaitable[TestClient[web.Request, web.Application]]],
) -> House:
    """A service with an owner's key for all sites."""
    server = await aiohttp_server(routes.build(store, Settings(), Metrics(), lambda: True))
    owner = await store.keyring.add("*", Role.ADMIN, "owner")
    return House(store, await aiohttp_client(server), owner.key)


async def test_an_owner_sets_up_a_new_site_with_its_people(house: House) -> None:
    posting = await house.open("courier")
    ann = await house.hire("ann", "moderator", "courier")
    await house.hold(posting["courier"], "courier", "c1", 0.5)
    await house.want(ann["key"], "POST", "/sites/courier/comments/c1/approve")
    comment = await house.want(posting["courier"], "GET", "/sites/courier/comments/c1")
    assert (comment["status"], comment["decision"]["by"]) == ("approved", "ann")
    people = (await house.want(house.owner, "GET", "/sites/courier/keys"))["items"]
    assert {one["name"] for one in people} == {"site", "moderator", "akismet", "ann", "owner"}


async def test_a_moderator_of_three_sites_works_one_queue_with_the_worst_first(house: House) -> None:
    sites = ("courier", "herald", "tribune")
    posting = await house.open(*sites, "private")
    ann = (await house.hire("ann", "moderator", *sites))["key"]
    for number, (site, spam) in enumerate(
        [
            ("courier", 0.3),
            ("herald", 0.9),
            ("tribune", 0.6),
            ("courier", 0.7),
            ("herald", 0.2),
            ("private", 0.95),
        ]
    ):
        await house.hold(posting[site], site, f"c{number}", spam)
    totals = await house.want(ann, "GET", "/queues")
    assert totals["queues"]["pending"]["count"] == 5
    decided, cursor = [], ""
    while True:
        page = await house.want(ann, "GET", f"/queues/pending?order=spam&limit=2{cursor}")
        for one in page["items"]:  # decided as they are read: the next page must neither skip nor repeat
            await house.want(
                ann, "POST", f"/sites/{one['site']}/comments/{one['id']}/reject", {"reason": "spam"}
            )
            decided.append(one["scores"]["spam"])
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert decided == [0.9, 0.7, 0.6, 0.3, 0.2]
    assert (await house.want(ann, "GET", "/queues"))["queues"]["pending"]["count"] == 0
    assert (await house.ask(ann, "GET", "/sites/private/queues"))[0] == 404


async def test_a_trainee_looks_on_and_decides_nothing(house: House) -> None:
    posting = await house.open("courier")
    tim = (await house.hire("tim", "reader", "courier"))["key"]
    await house.hold(posting["courier"], "courier", "c1", 0.5)
    for path in ("/queues", "/queues/pending", "/comments/c1", "/policy", "/events"):
        await house.want(tim, "GET", f"/sites/courier{path}")
    for path, body in (
        ("/comments/c1/approve", {}),
        ("/comments/c1/reject", {"reason": "spam"}),
        ("/comments/c1/undo", {}),
        ("/decisions", {"decisions": [{"id": "c1", "action": "approve"}]}),
    ):
        assert (await house.ask(tim, "POST", f"/sites/courier{path}", body))[0] == 403
    assert (await house.ask(tim, "PUT", "/sites/courier/policy", {}))[0] == 403
    assert (await house.ask(tim, "GET", "/sites/courier/keys"))[0] == 403
    assert (await house.want(posting["courier"], "GET", "/sites/courier/comments/c1"))["status"] == "pending"


async def test_a_moderator_changes_a_key_and_stays_the_same_person(house: House) -> None:
    posting = await house.open("courier")
    old = await house.hire("ann", "moderator", "courier")
    await house.hold(posting["courier"], "courier", "c1", 0.5)
    await house.want(old["key"], "POST", "/sites/courier/comments/c1/approve")
    new = await house.hire("ann", "moderator", "courier")
    await house.want(house.owner, "DELETE", f"/sites/courier/keys/{old['id']}")
    assert (await house.ask(old["key"], "GET", "/me"))[0] == 401
    # Her own decision is no colleague's: she needs no override. Somebody else does.
    bob = await house.hire("bob", "moderator", "courier")
    reject = ("POST", "/sites/courier/comments/c1/reject", {"reason": "spam"})
    assert (await house.ask(bob["key"], *reject))[0] == 409
    await house.want(new["key"], *reject)


async def test_an_editor_of_one_site_runs_it_and_no_other(house: House) -> None:
    await house.open("courier", "herald")
    editor = (await house.hire("eve", "admin", "courier"))["key"]
    theirs = await house.hire("hal", "moderator", "herald")
    shared = await house.hire("ann", "moderator", "courier", "herald")
    await house.want(editor, "PUT", "/sites/courier/policy", {"mode": "pre"})
    await house.want(editor, "POST", "/sites/courier/keys", {"role": "moderator", "name": "cy"})
    assert (await house.ask(editor, "POST", "/sites", {"site": "mine"}))[0] == 403
    assert (await house.ask(editor, "POST", "/sites/herald/keys", {"role": "admin", "name": "eve"}))[0] == 404
    assert (await house.ask(editor, "DELETE", f"/sites/herald/keys/{theirs['id']}"))[0] == 404
    assert (await house.ask(editor, "DELETE", f"/sites/courier/keys/{theirs['id']}"))[0] == 404
    assert (await house.ask(editor, "DELETE", f"/sites/courier/keys/{shared['id']}"))[0] == 403
    assert [one["site"] for one in (await house.want(editor, "GET", "/sites"))["items"]] == ["courier"]


async def test_a_desk_chief_sees_a_site_that_opens_later(house: House) -> None:
    await house.open("courier")
    chief = (await house.want(house.owner, "POST", "/sites/courier/keys",
                              {"role": "moderator", "name": "chief", "sites": ["*"]}))["key"]  # fmt: skip
    posting = await house.open("herald")
    await house.hold(posting["herald"], "herald", "h1", 0.5)
    page = await house.want(chief, "GET", "/queues/pending")
    assert [(one["site"], one["id"]) for one in page["items"]] == [("herald", "h1")]


async def test_an_editor_sees_who_let_whom_in(house: House) -> None:
    await house.open("courier", "herald")
    editor = (await house.hire("eve", "admin", "courier"))["key"]
    ann = await house.hire("ann", "moderator", "herald", "courier")
    await house.want(house.owner, "DELETE", f"/sites/herald/keys/{ann['id']}")
    acts = (await house.want(editor, "GET", "/sites/courier/audit"))["items"]
    told = [(one["by"], one["act"], {**one["before"], **one["after"]}.get("name")) for one in acts]
    assert told == [
        ("owner", "opened", None), ("owner", "key_made", "eve"), ("owner", "key_made", "ann"), ("owner", "key_revoked", "ann"),
    ]  # fmt: skip
    assert "herald" not in json.dumps(acts)
    assert ann["key"] not in json.dumps(acts)
