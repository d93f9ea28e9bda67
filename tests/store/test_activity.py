"""The memory of repeats and of pace: what went before a comment, by whom, within which time, and what takes it out again."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.domain.comment import Article, Author, Draft
from moderation.domain.policy import Policy
from moderation.store import Entry, Observed, Sighting, Store
from tests.support.invariants import problems, snapshots

SITE = "gazette"
HOUR, MINUTE = 3_600_000, 60_000
NOW = 1_900_000_000_000
POLICY = Policy(
    max_same_by_author=1, max_same_on_site=1, repeat_hours=2, max_by_author=1, max_by_address=1, max_by_article=1,
    pace_minutes=10,
)  # fmt: skip


async def posted(store: Store, comment_id: str, author: str | None = None, **more: Any) -> Entry:
    """A comment as a worker reads it."""
    draft = Draft(comment_id, f"text {comment_id}", Author(id=author, **more), Article(id="a1"))
    await store.comments.accept(SITE, draft)
    return await waiting(store, comment_id)


async def waiting(store: Store, comment_id: str) -> Entry:
    """The comment's entry as it waits now."""
    found = await store.comments.get(SITE, comment_id)
    entry = (await store.link.call("HGET", store.link.keys.comment(SITE, comment_id), "x")).decode()
    return Entry(entry, SITE, found.draft, found.revision, found.draft.author.ref or "", False)


async def see(
    store: Store, entry: Entry, prints: tuple[str, ...] = ("p1",), *, after: int = 0, policy: Policy = POLICY
) -> Observed:
    """What went before, ``after`` milliseconds from the beginning."""
    [seen] = await store.activity.observe([Sighting(entry, policy, prints)], NOW + after)
    return seen


def repeats(seen: Observed) -> tuple[int, int]:
    return seen.activity.same_by_author, seen.activity.same_on_site


def pace(seen: Observed) -> tuple[int, int, int]:
    return seen.activity.by_author, seen.activity.by_address, seen.activity.by_article


async def test_repeats_are_the_authors_own_or_of_others(store: Store) -> None:
    one, two, three = [await posted(store, f"c{n}", who) for n, who in enumerate(["u1", "u1", "u2"])]
    nobody = [await posted(store, f"n{n}") for n in range(2)]
    assert repeats(await see(store, one)) == (0, 0)
    assert repeats(await see(store, two)) == (1, 0)
    assert repeats(await see(store, three)) == (0, 2)
    assert repeats(await see(store, nobody[0])) == (0, 3)
    assert repeats(await see(store, nobody[1])) == (0, 4), "without a name nobody is the same author"
    assert await problems(store, SITE) == []


async def test_the_most_alike_fingerprint_counts_not_the_sum(store: Store) -> None:
    one, two, three = [await posted(store, f"c{n}", "u1") for n in range(3)]
    await see(store, one, ("p1", "p2"))
    await see(store, two, ("p2", "p3"))
    assert repeats(await see(store, three, ("p1", "p2", "p3"))) == (2, 0)


async def test_a_comment_that_is_delivered_again_does_not_count_itself(store: Store) -> None:
    one, two = [await posted(store, f"c{n}", "u1", ip_hash="1" * 32) for n in range(2)]
    for _ in range(3):
        seen = await see(store, one)
        assert (repeats(seen), pace(seen)) == ((0, 0), (0, 0, 0))
    for _ in range(3):
        seen = await see(store, two)
        assert (repeats(seen), pace(seen)) == ((1, 0), (1, 1, 1))
    both = await store.activity.observe([Sighting(one, POLICY, ("p1",)), Sighting(two, POLICY, ("p1",))], NOW)
    assert [repeats(seen) for seen in both] == [(1, 0), (1, 0)]


async def test_pace_is_by_author_address_and_article_within_the_window(store: Store) -> None:
    first = await posted(store, "c0", "u1", ip_hash="1" * 32)
    same_address = await posted(store, "c1", "u2", ip_hash="1" * 32)
    same_article = await posted(store, "c2")
    late = await posted(store, "c3", "u1", ip_hash="1" * 32)
    assert pace(await see(store, first)) == (0, 0, 0)
    assert pace(await see(store, same_address, after=9 * MINUTE)) == (0, 1, 1)
    assert pace(await see(store, same_article, after=9 * MINUTE)) == (0, 0, 2), "no name, no address"
    assert pace(await see(store, late, after=11 * MINUTE)) == (0, 1, 2), "the first is eleven minutes old"


async def test_later_repeats_are_forgotten_after_the_window(store: Store) -> None:
    entries = [await posted(store, f"c{n}", "u1") for n in range(4)]
    await see(store, entries[0])
    await see(store, entries[1])
    assert repeats(await see(store, entries[2], after=HOUR)) == (2, 0)
    assert repeats(await see(store, entries[3], after=2 * HOUR + MINUTE)) == (2, 0), "the second is over"


async def test_each_key_has_a_life(store: Store) -> None:
    for number in range(2):
        await see(store, await posted(store, f"c{number}", "u1", ip_hash="1" * 32))
    found = (await snapshots(store, [SITE]))[SITE]
    lives = {name: life for name, life in found.lives.items() if name.startswith((":rp:", ":rl:", ":pa:"))}
    assert sorted(lives) == [
        ":pa:address:" + "1" * 32,
        ":pa:article:a1",
        ":pa:author:id:u1",
        ":rl:p1",
        ":rp:p1",
    ]
    for name, life in lives.items():
        assert 0 < life <= (10 * MINUTE if name.startswith(":pa:") else 2 * HOUR), name


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("how", ["erase", "edit"])
async def test_what_is_erased_or_edited_is_no_repeat_any_more(store: Store, how: str, first: bool) -> None:
    """Before its score has come, too: the first of a text and a later one are kept in different places."""
    entries = [await posted(store, f"c{n}", "u1", ip_hash="1" * 32) for n in range(4)]
    for entry in entries[:3]:
        await see(store, entry)
    gone = "c0" if first else "c1"
    if how == "erase":
        await store.comments.erase(SITE, gone)
    else:
        await store.comments.edit(SITE, gone, "something else", "op")
    seen = await see(store, entries[3])
    assert repeats(seen) == (2, 0)
    assert pace(seen) == ((2, 2, 2) if how == "erase" else (3, 3, 3)), (
        "an edited comment has come all the same"
    )
    assert await problems(store, SITE) == []


async def test_a_worker_that_comes_late_leaves_no_trace(store: Store) -> None:
    """Erased, erased and posted anew, or edited while the worker had it in hand."""
    old = [await posted(store, f"c{n}", "u1", ip_hash="1" * 32) for n in range(3)]
    await store.comments.erase(SITE, "c0")
    await store.comments.erase(SITE, "c1")
    await posted(store, "c1", "u2")
    await store.comments.edit(SITE, "c2", "something else", "op")
    for entry in old:
        assert repeats(await see(store, entry)) == (0, 0)
    found = (await snapshots(store, [SITE]))[SITE]
    assert not [name for name in found.values if name.startswith((":rp:", ":rl:", ":pa:"))]
    assert repeats(await see(store, await waiting(store, "c2"))) == (0, 0)
    assert await problems(store, SITE) == []


async def test_a_site_that_asks_for_neither_keeps_neither(store: Store) -> None:
    entry = await posted(store, "c0", "u1")
    await see(store, entry, (), policy=Policy(max_by_author=None, max_by_address=None, max_by_article=None))
    found = (await snapshots(store, [SITE]))[SITE]
    assert not [name for name in found.values if name.startswith((":rp:", ":rl:", ":pa:"))]
