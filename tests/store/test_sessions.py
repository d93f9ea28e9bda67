"""Sessions between processes, and when answers are cut."""

from __future__ import annotations

from pathlib import Path

from moderation.store import Role, Store
from moderation.store.client import Link
from moderation.store.keys import sessions_key
from tests.conftest import SECRET
from tests.support.proxy import CuttingProxy


async def test_an_end_holds_in_every_process_at_once(store: Store, server_socket: Path) -> None:
    link = Link(f"unix://{server_socket}")
    await link.start()
    other = await Store.settle(link, secret=SECRET, partitions=None, queue_limit=100)
    made = await store.keyring.add("gazette", Role.MODERATOR, "ann")
    key = await store.keyring.find(made.key)
    assert key is not None
    one, two, three = [await store.sessions.begin(key) or "" for _ in range(3)]
    assert [await other.sessions.find(token) for token in (one, two, three)] == [key] * 3
    await store.sessions.end(one, key)
    assert [await other.sessions.find(token) for token in (one, two, three)] == [None, key, key]
    await store.sessions.end(two, key, everywhere=True)
    assert await other.sessions.find(three) is None
    four = await store.sessions.begin(key) or ""
    await store.keyring.revoke(made.id)
    assert await other.sessions.find(four) is None
    await link.close()


async def test_a_cut_answer_has_one_effect(cut_store: tuple[Store, CuttingProxy]) -> None:
    store, proxy = cut_store
    made = await store.keyring.add("gazette", Role.MODERATOR, "ann")
    key = await store.keyring.find(made.key)
    assert key is not None
    proxy.cut()
    token = await store.sessions.begin(key)
    assert token is not None
    assert await store.link.call("ZCARD", sessions_key(made.id)) == 1
    proxy.cut()
    assert await store.sessions.find(token) == key
    proxy.cut()
    await store.sessions.end(token, key)
    assert await store.sessions.find(token) is None
    assert not await store.link.call("EXISTS", sessions_key(made.id))


async def test_the_word_of_a_session_is_its_own(store: Store) -> None:
    words = {store.sessions.csrf(token) for token in ("a", "b", "")}
    assert len(words) == 3
    assert store.private.session("a") != store.sessions.csrf("a")
