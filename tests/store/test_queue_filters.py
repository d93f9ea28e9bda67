"""Filters of a queue, alone and together, in each order: what is listed, counted and claimed is what a look at every comment finds."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import combinations

import pytest

from moderation.domain.comment import Article, Author, Comment, Draft, Reason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.policy import Mode, Policy, decide
from moderation.store import Filters, Judged, Order, Store
from moderation.store import queues as module

SITE = "gazette"
COUNT = 90
GIVEN = {"article": "a1", "author": "id:u1", "reason": "links"}
SETS = [chosen for size in range(4) for chosen in combinations(GIVEN, size)]

HAS: dict[str, Callable[[Comment], bool]] = {
    "article": lambda one: one.draft.article.id == "a1",
    "author": lambda one: one.draft.author.id == "u1",
    "reason": lambda one: "links" in [reason.code for reason in one.reasons],
}


@pytest.fixture
async def filled(store: Store) -> list[Comment]:
    """Comments with few labels, so that many share all of them; half are approved."""
    chance, inbox = random.Random(5), store.inboxes("w")[0]
    await inbox.open()
    drafts = [
        Draft(
            f"c{number}",
            "A line about rain" if number % 5 else "A line about snow",
            Author(id=chance.choice(["u1", "u1", "u2"])),
            Article(id=chance.choice(["a1", "a1", "a2"])),
        )
        for number in range(COUNT)
    ]
    await store.comments.accept_many(SITE, drafts)
    judged = []
    for entry in await inbox.read(COUNT):
        scores = {"spam": chance.randrange(8) / 8}
        codes = chance.sample(["links", "words", "pace"], chance.randrange(3))
        reasons = tuple(Reason(code, "A sentence.", 1.0) for code in codes)
        judged.append(Judged(entry, scores, reasons, decide(Policy(mode=Mode.PRE), scores), "v"))
    await inbox.commit(judged)
    await inbox.close()
    for number in range(0, COUNT, 2):
        decision = Decision(Status.APPROVED, By.MODERATOR, "ann")
        await store.comments.decide(SITE, f"c{number}", decision, False, f"op{number}")
    found = await store.comments.many(SITE, [draft.id for draft in drafts])
    return [one for one in found if one is not None]


def expected(comments: list[Comment], queue: str, order: Order, chosen: tuple[str, ...]) -> list[str]:
    """What a look at every comment finds."""
    admitted = [one for one in comments if one.status == queue and all(HAS[name](one) for name in chosen)]
    admitted.sort(
        key=lambda one: (one.scores["spam"] if order.axis == "spam" else 0, one.sequence),
        reverse=order.descending,
    )
    return [one.id for one in admitted]


def filters(chosen: tuple[str, ...], text: str | None = None) -> Filters:
    given = {name: GIVEN[name] for name in chosen}
    return Filters(given.get("article"), given.get("author"), given.get("reason"), text=text)


@pytest.mark.parametrize("queue", ["pending", "approved"])
@pytest.mark.parametrize("order", list(Order))
async def test_pages_under_filters(
    store: Store, filled: list[Comment], monkeypatch: pytest.MonkeyPatch, queue: str, order: Order
) -> None:
    monkeypatch.setattr(module, "SCAN", 7)  # so that a page takes several steps
    for chosen in SETS:
        wanted = expected(filled, queue, order, chosen)
        assert wanted, chosen
        seen: list[str] = []
        after: int | None = None
        while True:
            page = await store.queues.page(SITE, queue, order, 3, after, filters(chosen))
            seen += [one.id for one in page.items]
            assert len(page.items) == 3 or page.next is None
            if (after := page.next) is None:
                break
        assert seen == wanted, chosen
        assert await store.queues.ids(SITE, queue, order, filters(chosen), limit=COUNT) == (wanted, True)
        assert await store.queues.count(SITE, queue, filters(chosen)) == (len(wanted), True)


async def test_labels_and_words_together(store: Store, filled: list[Comment]) -> None:
    for chosen in SETS:
        wanted = [
            one
            for one in expected(filled, "pending", Order.OLDEST, chosen)
            if int(one.removeprefix("c")) % 5 == 0
        ]
        page = await store.queues.page(SITE, "pending", Order.OLDEST, 50, None, filters(chosen, text="snow"))
        assert [one.id for one in page.items] == wanted, chosen
        assert page.next is None


@pytest.mark.parametrize("order", list(Order))
async def test_claims_under_filters(store: Store, filled: list[Comment], order: Order) -> None:
    claims = store.claims
    for chosen in SETS:
        wanted = expected(filled, "pending", order, chosen)
        labels = filters(chosen).labels

        async def claim(
            name: str, limit: int, labels: list[str] = labels, about: object = chosen
        ) -> list[str]:
            op = f"{name} {about}"
            found = await claims.claim(
                SITE, "pending", name, limit=limit, lease_seconds=60, order=order, labels=labels, op=op
            )
            return [one.id for one in found]

        assert await claim("ann", 2) == wanted[:2], chosen
        await store.comments.assign(SITE, wanted[2], "ann", "cid", f"assign {chosen}")
        assert await claim("bob", 3) == wanted[3:6], chosen  # neither ann's nor what is cid's
        assert await claim("cid", COUNT) == [wanted[2], *wanted[6:]], chosen
        assert await claim("dan", COUNT) == [], chosen
        await store.comments.assign(SITE, wanted[2], "ann", None, f"nobody's {chosen}")
        for name in ("ann", "bob", "cid"):
            await claims.release(SITE, name, [])
