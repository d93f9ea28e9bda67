"""Fifty moderators at once on ten thousand comments: no comment twice, none forgotten, and the leases of the dead come back."""

from __future__ import annotations

import asyncio
import random
from itertools import count

from bench.filling import fill
from moderation.domain.comment import RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.store import Order, Role, Store
from tests.support.invariants import problems
from tests.web.conftest import Desk, desk, settings  # noqa: F401  # the fixtures of the run through HTTP

SITE = "courier"
OTHER = "elsewhere"
RUNS = 20
MODERATORS = 50
COMMENTS = 10_000
AT_ONCE = 100  # as many as HTTP lets a moderator claim
REJECT = Decision(Status.REJECTED, By.MODERATOR, "ann", RejectReason.SPAM)
_OPS = count()


class Desks:
    """Who was handed what in one run, and what has left the queue."""

    def __init__(self, store: Store, pool: set[str], seed: int) -> None:
        self.store = store
        self.pool = pool
        self.owner: dict[str, str] = {}
        self.gone: set[str] = set()
        self.lapsed = 0
        self._seed = seed

    async def claim(self, name: str, seconds: int, limit: int) -> list[str]:
        """Claims, and sees that nobody else has what comes."""
        ids = await self.store.claims.hand_out(
            SITE,
            "pending",
            name,
            limit=limit,
            lease_seconds=seconds,
            order=Order.SPAM,
            labels=(),
            op=f"op{next(_OPS)}",
        )
        assert len(set(ids)) == len(ids)
        twice = [(one, self.owner[one], name) for one in ids if one in self.owner]
        assert not twice, "in two hands"
        assert not self.gone.intersection(ids), "decided or erased, and handed out"
        return ids

    async def moderate(self, number: int) -> None:
        """One moderator's day: claims until it is enough; decides, erases, gives back and renews; some never come back."""
        name, chance = f"m{number}", random.Random(self._seed * 1000 + number)
        mine: set[str] = set()
        enough = chance.randrange(150, 230)  # together nearly all there is
        while len(mine) < enough:
            if chance.random() < 0.1:  # dies with these in hand: their lease is over
                lost = await self.claim(name, 0, 30)
                self.lapsed += len(lost)
            ids = await self.claim(name, 600, chance.randrange(AT_ONCE // 2, AT_ONCE + 1))
            if not ids:
                return
            self.owner.update(dict.fromkeys(ids, name))
            mine.update(ids)
            await self._part(chance.choice(ids), name, mine, chance.randrange(4))
            kept = await self.store.claims.renew(
                SITE, name, sorted(mine) if chance.random() < 0.9 else [], 600
            )
            assert {lease.comment_id for lease in kept} == mine, (
                "a renewal keeps all that is held, and nothing else"
            )

    async def _part(self, comment_id: str, name: str, mine: set[str], how: int) -> None:
        mine.remove(comment_id)
        if how < 2:
            self.gone.add(comment_id)
            del self.owner[comment_id]
            if how == 0:
                await self.store.comments.decide(SITE, comment_id, REJECT, False, f"op{next(_OPS)}")
            else:
                await self.store.comments.erase(SITE, comment_id)
        else:  # noted first: once it is free anybody may have it
            del self.owner[comment_id]
            assert await self.store.claims.release(SITE, name, [comment_id]) == [comment_id]

    async def run(self) -> None:
        """All of them at once; then one who takes what was given back last."""
        await asyncio.gather(*(self.moderate(number) for number in range(MODERATORS)))
        while ids := await self.claim("last", 600, AT_ONCE):
            self.owner.update(dict.fromkeys(ids, "last"))
        assert self.owner.keys() | self.gone == self.pool, "none forgotten"
        held = await self.store.claims.list(SITE, 2 * COMMENTS)
        assert {lease.comment_id: lease.holder for lease in held} == self.owner
        assert len(set(self.owner.values())) >= MODERATORS // 2, "they were at it together"

    async def go_home(self) -> None:
        """Everything is free again for the next run."""
        held = sorted(self.owner)
        for start in range(0, len(held), 1000):
            part = held[start : start + 1000]
            assert await self.store.claims.release(SITE, "ann", part, of_anybody=True) == part
        assert await self.store.claims.list(SITE) == []


async def test_fifty_moderators_claim_ten_thousand_comments_twenty_times(store: Store) -> None:
    await fill(store, SITE, COMMENTS)
    pool = {
        one.decode()
        for one in await store.link.call("ZRANGE", store.link.keys.queue(SITE, "pending", "time"), 0, -1)
    }
    assert len(pool) == COMMENTS
    lapsed = 0
    for seed in range(RUNS):
        desks = Desks(store, pool, seed)
        await desks.run()
        lapsed += desks.lapsed
        if seed == RUNS - 1:
            assert await problems(store, SITE) == []
        await desks.go_home()
        # What was decided comes back by an undo; what was erased is gone for good: at most two in a hundred a run.
        pool = pool - desks.gone
        back = [one for one in sorted(desks.gone) if await _back(store, one)]
        pool.update(back)
    assert lapsed > 1_000, "leases have ended, and came back"
    assert len(pool) > 0.85 * COMMENTS
    assert await problems(store, SITE) == []


async def _back(store: Store, comment_id: str) -> bool:
    rows = await store.comments.many(SITE, [comment_id])
    if rows[0] is None:
        return False
    await store.comments.undo(SITE, comment_id, "ann", f"op{next(_OPS)}")
    return True


async def test_the_same_through_http(desk: Desk) -> None:  # noqa: F811  # the fixture
    await fill(desk.store, OTHER, COMMENTS)
    desk.keys |= {
        f"m{number}": (await desk.store.keyring.add(OTHER, Role.MODERATOR, f"m{number}")).key
        for number in range(MODERATORS)
    }

    async def moderate(name: str) -> list[str]:
        mine: list[str] = []
        while True:
            body = f'{{"limit": {AT_ONCE}, "lease_seconds": 600}}'.encode()
            path = "/v1/sites/elsewhere/queues/pending/claim"
            status, found, _ = await desk.raw(
                "POST", path, body, name, **{"Content-Type": "application/json"}
            )
            assert status == 200, found
            if not found["items"]:
                return mine
            mine += [one["id"] for one in found["items"]]

    handed = await asyncio.gather(*(moderate(f"m{number}") for number in range(MODERATORS)))
    flat = [one for ids in handed for one in ids]
    assert len(flat) == len(set(flat)) == COMMENTS, "none twice, none forgotten"
    assert sum(map(bool, handed)) == MODERATORS, "each had a part"
