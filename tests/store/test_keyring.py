"""Keys: for one site, several, or all; the kept form of older keys; the end of a key."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace

import pytest
from pydantic_core import from_json, to_json

from moderation.errors import Forbidden, Invalid, NotFound
from moderation.store import Key, Role, Store
from moderation.store.keys import KEYS


async def record(store: Store, key_id: str) -> dict[str, object]:
    """A key as it is kept."""
    found: dict[str, object] = from_json(await store.link.call("HGET", KEYS, key_id))
    return found


async def test_one_site_is_kept_as_before(store: Store) -> None:
    made = await store.keyring.add("gazette", Role.MODERATOR, "ann")
    assert (await record(store, made.id)).keys() == {"site", "role", "name", "mac", "created_at"}
    assert await store.keyring.find(made.key) == Key(made.id, ("gazette",), Role.MODERATOR, "ann")


async def test_several_sites(store: Store) -> None:
    made = await store.keyring.add(("gazette", "courier", "gazette"), Role.READER, "ann")
    found = await store.keyring.find(made.key)
    assert found is not None
    assert found.sites == ("gazette", "courier")
    assert [found.reaches(site) for site in ("gazette", "courier", "herald", "*")] == [
        True,
        True,
        False,
        False,
    ]
    kept = await record(store, made.id)
    assert kept["site"] == "gazette", "a version that knows one site a key stays inside it"


async def test_all_sites_now_and_later(store: Store) -> None:
    made = await store.keyring.add("*", Role.ADMIN, "ann")
    found = await store.keyring.find(made.key)
    assert found is not None
    assert found.everywhere
    assert await store.sites.reached_by(found) == ("gazette",)
    await store.sites.add("courier")
    assert await store.sites.reached_by(found) == ("courier", "gazette")


@pytest.mark.parametrize(
    ("sites", "role"),
    [
        ((), Role.MODERATOR),
        (("*", "gazette"), Role.MODERATOR),
        (("*",), Role.SITE),
        (("gazette", "courier"), Role.SITE),
        (tuple(f"s{n}" for n in range(201)), Role.MODERATOR),
    ],
)
async def test_sites_that_do_not_go_together(store: Store, sites: tuple[str, ...], role: Role) -> None:
    with pytest.raises(Invalid):
        await store.keyring.add(sites, role, "ann")
    assert await store.keyring.list() == []


async def test_the_list_of_a_site_holds_every_key_that_reaches_it(store: Store) -> None:
    made = [
        await store.keyring.add(sites, Role.MODERATOR, "ann")
        for sites in ("gazette", ("courier", "gazette"), "*", "courier")
    ]
    assert {info.id for info in await store.keyring.list("gazette")} == {one.id for one in made[:3]}
    assert {info.id for info in await store.keyring.list("*")} == {made[2].id}
    assert len(await store.keyring.list()) == 4


async def test_a_role_of_a_later_version_is_no_key_here(store: Store) -> None:
    made = await store.keyring.add("gazette", Role.MODERATOR, "ann")
    await store.link.call("HSET", KEYS, made.id, to_json({**await record(store, made.id), "role": "sage"}))
    assert await store.keyring.find(made.key) is None


async def test_a_revoked_key_is_refused_at_once_in_the_same_process(store: Store) -> None:
    made = await store.keyring.add("gazette", Role.MODERATOR, "ann")
    assert await store.keyring.find(made.key) is not None
    await store.keyring.revoke(made.id)
    assert await store.keyring.find(made.key) is None


async def test_a_look_up_under_way_does_not_bring_a_revoked_key_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await store.keyring.add("gazette", Role.MODERATOR, "ann")
    look_up, looked, go_on = store.keyring._look_up, asyncio.Event(), asyncio.Event()

    async def slow(token: str) -> Key | None:
        found = await look_up(token)
        looked.set()
        await go_on.wait()
        return found

    monkeypatch.setattr(store.keyring, "_look_up", slow)
    under_way = asyncio.create_task(store.keyring.find(made.key))
    await looked.wait()
    await store.keyring.revoke(made.id)
    go_on.set()
    await under_way
    assert await store.keyring.find(made.key) is None


async def test_a_key_revoked_elsewhere_is_believed_for_the_cache_time_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    clock = SimpleNamespace(monotonic=lambda: now, time=time.time)
    monkeypatch.setattr("moderation.store.keyring.time", clock)
    made = await store.keyring.add("gazette", Role.MODERATOR, "ann")
    assert await store.keyring.find(made.key) is not None
    await store.link.call("HDEL", KEYS, made.id)  # as another process would
    now += 1.9
    assert await store.keyring.find(made.key) is not None
    now += 0.2
    assert await store.keyring.find(made.key) is None


async def test_an_admin_ends_keys_within_reach(store: Store) -> None:
    admin = Key("a", ("gazette", "courier"), Role.ADMIN, "ann")
    within = await store.keyring.add(("courier", "gazette"), Role.MODERATOR, "bob")
    beyond = await store.keyring.add(("gazette", "herald"), Role.MODERATOR, "bob")
    everywhere = await store.keyring.add("*", Role.MODERATOR, "bob")
    elsewhere = await store.keyring.add("herald", Role.MODERATOR, "bob")
    await store.keyring.revoke_on("gazette", admin, within.id)
    for one in (beyond, everywhere):
        with pytest.raises(Forbidden):
            await store.keyring.revoke_on("gazette", admin, one.id)
    for key_id in (elsewhere.id, within.id, "none"):
        with pytest.raises(NotFound):
            await store.keyring.revoke_on("gazette", admin, key_id)
    await store.keyring.revoke_on("gazette", Key("b", ("*",), Role.ADMIN, "cy"), everywhere.id)
    assert {info.id for info in await store.keyring.list()} == {beyond.id, elsewhere.id}
