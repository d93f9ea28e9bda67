"""One queue over many sites: in order, nothing twice and nothing left out, whatever comes and goes meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping

import pytest

from moderation.domain.comment import Article, Comment, Draft, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.policy import Mode, Policy, decide
from moderation.store import Filters, Judged, Order, Store
from moderation.store.across import Shown
from tests.support.invariants import problems

SITES = ("courier", "gazette", "herald")
APPROVE = Decision(Status.APPROVED, By.MODERATOR, name="ann")
REJECT = Decision(Status.REJECTED, By.MODERATOR, name="ann", reason=RejectReason.SPAM)


@pytest.fixture
async def sites(store: Store) -> tuple[str, ...]:
    """Three sites."""
    for site in SITES:
        if not await store.sites.exists(site):
            await store.sites.add(site)
    return SITES


async def hold(store: Store, *comments: tuple[str, str, float, str]) -> None:
    """Puts comments (site, id, score, article) into their sites' queue ``pending``."""
    for site, comment_id, score, article in comments:
        await store.comments.accept(
            site, Draft(comment_id, f"{score}", article=Article(id=article, title=article))
        )
    inbox = store.inboxes("tester")[0]
    await inbox.open()
    while await inbox.waiting():
        judged = []
        for entry in await inbox.read(500):
            scores = {"spam": float(entry.draft.text)}
            judged.append(
                Judged(entry, scores, (), decide(Policy(mode=Mode.PRE), scores, model_version="v"), "v")
            )
        await inbox.commit(judged)
    await inbox.close()


def place(order: Order, comment: Comment) -> tuple[float, float]:
    """Where a comment belongs in an order over all sites: smaller comes first."""
    sign = -1 if order.descending else 1
    score = round(comment.scores["spam"] * 1e6) if order.axis == "spam" else 0
    return sign * score, sign * comment.received_at


async def page(
    store: Store, order: Order, limit: int, after: Mapping[str, int], filters: Filters | None = None
) -> Shown:
    return await store.across.page(SITES, "pending", order, limit, after, filters or Filters())


async def whole(
    store: Store, order: Order, limit: int, filters: Filters | None = None
) -> tuple[list[Comment], int]:
    """All pages to the end, and how many they were."""
    found: list[Comment] = []
    shown, pages = await page(store, order, limit, {}, filters), 1
    found += shown.items
    while shown.more:
        shown, pages = await page(store, order, limit, shown.places, filters), pages + 1
        found += shown.items
        assert pages < 1_000, "the pages must come to an end"
    return found, pages


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("limit", [1, 3, 7, 100])
async def test_all_sites_in_one_order(store: Store, sites: tuple[str, ...], order: Order, limit: int) -> None:
    chance = random.Random(limit)
    # Most of one site, few of another: the merge has to go on with one when the others are far away or at their end.
    chosen = [
        (chance.choices(sites, (8, 2, 1))[0], f"c{n}", chance.randrange(10) / 10, "a") for n in range(60)
    ]
    await hold(store, *chosen)
    found, pages = await whole(store, order, limit)
    assert {(one.site, one.id) for one in found} == {(site, name) for site, name, _, _ in chosen}
    assert len(found) == 60
    assert [place(order, one) for one in found] == sorted(place(order, one) for one in found)
    assert pages == -(-60 // limit), "every page but the last is full"


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("seed", range(3))
async def test_nothing_twice_and_nothing_left_out_while_comments_come_and_go(
    store: Store, sites: tuple[str, ...], order: Order, seed: int
) -> None:
    chance = random.Random(seed)
    chosen = [(chance.choice(sites), f"c{n}", chance.randrange(20) / 20, "a") for n in range(60)]
    await hold(store, *chosen)
    stays = {(site, name) for site, name, _, _ in chosen[::2]}
    goes = [(site, name) for site, name, _, _ in chosen[1::2]]
    chance.shuffle(goes)
    seen: list[Comment] = []
    after: Mapping[str, int] = {}
    for step in range(100):
        shown = await page(store, order, 4, after)
        seen += shown.items
        after = shown.places
        if not shown.more:
            break
        for _ in range(2):  # decided, and perhaps back again with its old place
            site, name = goes.pop()
            await store.comments.decide(site, name, REJECT, override=True, op=f"{step}{name}")
            if chance.random() < 0.5:
                await store.comments.undo(site, name, "ann", op=f"u{step}{name}")
        await hold(store, (chance.choice(sites), f"new{step}", chance.random(), "a"))
        if not goes:
            break
    else:
        pytest.fail("the pages must come to an end")
    names = [(one.site, one.id) for one in seen]
    while shown.more:
        shown = await page(store, order, 4, shown.places)
        names += [(one.site, one.id) for one in shown.items]
        seen += shown.items
    assert len(names) == len(set(names)), "nothing twice"
    assert stays <= set(names), "nothing left out"
    steady = [place(order, one) for one in seen if (one.site, one.id) in stays]
    assert steady == sorted(steady)


@pytest.mark.parametrize("order", [Order.OLDEST, Order.SPAM])
async def test_a_sparse_filter_gives_short_pages_and_finds_all(
    store: Store, sites: tuple[str, ...], order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.store.across.MAX_SCANNED", 12)  # four comments of each site at a time
    chance = random.Random(1)
    chosen = [
        (chance.choice(sites), f"c{n}", chance.random(), "wanted" if n % 17 == 0 else "other")
        for n in range(120)
    ]
    await hold(store, *chosen)
    found, pages = await whole(store, order, 50, Filters(text="wanted"))
    assert sorted((one.site, one.id) for one in found) == sorted(
        (site, name) for site, name, _, article in chosen if article == "wanted"
    )
    assert [place(order, one) for one in found] == sorted(place(order, one) for one in found)
    assert pages > 1, "the bound ended a search"


async def test_a_search_goes_on_until_every_site_has_shown_what_it_has(
    store: Store, sites: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.store.across.MAX_SCANNED", 30)  # ten of each site, and ten of each again
    chosen = [(site, f"c{n:02}", 0.5, "wanted" if n == 15 else "other") for n in range(30) for site in sites]
    await hold(store, *chosen)
    first = await page(store, Order.OLDEST, 1, {}, Filters(text="wanted"))
    assert [(one.site, one.id) for one in first.items] == [("courier", "c15")]


async def test_a_comment_that_comes_back_before_the_next_one_is_shown(
    store: Store, sites: tuple[str, ...]
) -> None:
    await hold(store, ("gazette", "late", 0.5, "a"))
    await hold(store, ("gazette", "g", 0.5, "a"), ("courier", "c", 0.5, "a"))
    await store.comments.decide("gazette", "late", APPROVE, override=False, op="1")
    first = await page(store, Order.NEWEST, 1, {})
    assert [one.id for one in first.items] == ["c"]
    assert "gazette" not in first.places, "nothing of it was shown"
    await store.comments.undo("gazette", "late", "ann", op="2")
    rest = await page(store, Order.NEWEST, 5, first.places)
    assert [one.id for one in rest.items] == ["g", "late"]


async def test_many_sites_leave_room_in_the_pipe(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [f"s{number:02}" for number in range(40)]
    for site in many:
        await store.sites.add(site)
    await hold(store, *((site, f"c{n}", 0.5, "other") for site in many for n in range(10)))
    monkeypatch.setattr("moderation.store.pipe.MAX_IN_FLIGHT", 200)
    pages = [
        store.across.page(many, "pending", Order.OLDEST, 50, {}, filters)
        for filters in (Filters(), Filters(text="wanted"), Filters(text="other"))
    ]
    assert [len(one.items) for one in await asyncio.gather(*pages)] == [50, 0, 50]
    assert len(await store.across.counts(many)) == 40


async def test_no_site_and_an_empty_one(store: Store, sites: tuple[str, ...]) -> None:
    nothing = await store.across.page((), "pending", Order.SPAM, 5, {}, Filters())
    assert (nothing.items, nothing.more) == ((), False)
    empty = await page(store, Order.SPAM, 5, {})
    assert (empty.items, empty.more) == ((), False)
    await hold(store, ("herald", "c", 0.5, "a"))
    assert [one.id for one in (await page(store, Order.SPAM, 5, empty.places)).items] == ["c"]


async def test_counts_and_states(store: Store, sites: tuple[str, ...]) -> None:
    await hold(store, ("herald", "c1", 0.5, "a"), ("herald", "c2", 0.5, "a"), ("gazette", "c1", 0.5, "a"))
    await store.sites.set_policy("herald", Policy(mode=Mode.POST), "ed")
    counts = await store.across.counts(SITES)
    assert [one["pending"].count for one in counts] == [0, 1, 2]
    states = await store.across.states(SITES)
    assert [(one.site, one.mode, one.pending) for one in states] == [
        ("courier", Mode.AUTO, 0), ("gazette", Mode.AUTO, 1), ("herald", Mode.POST, 2),
    ]  # fmt: skip


async def test_claims_over_all_sites_go_by_the_merged_order_and_never_meet(
    store: Store, sites: tuple[str, ...]
) -> None:
    chance = random.Random(3)
    scores = chance.sample(range(1000), 90)
    chosen = [(chance.choice(sites), f"c{n}", score / 1000, "a") for n, score in enumerate(scores)]
    await hold(store, *chosen)
    riskiest = sorted(chosen, key=lambda one: -one[2])

    async def claim(name: str, limit: int) -> list[tuple[str, str]]:
        found = await store.across.claim(
            sites, "pending", Order.SPAM, name, limit=limit, lease_seconds=60, filters=Filters()
        )
        assert all(one.handling.holder == name for one in found)
        return [(one.site, one.id) for one in found]

    assert await claim("ann", 10) == [one[:2] for one in riskiest[:10]]
    many = await asyncio.gather(*(claim(f"m{n}", 10) for n in range(10)))
    taken = [one for group in many for one in group]
    assert len(taken) == len(set(taken))
    assert set(taken) <= {one[:2] for one in riskiest[10:]}
    rest = await claim("bob", 90)
    assert {*taken, *rest, *(one[:2] for one in riskiest[:10])} == {one[:2] for one in chosen}
    for site in sites:
        assert await problems(store, site) == []
