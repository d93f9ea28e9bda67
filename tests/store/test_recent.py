"""Reading a site's comments newest first over all queues, while moderators go on."""

from __future__ import annotations

import asyncio
import random

import pytest

from moderation.domain.comment import Comment, Draft, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.store import Store, recent
from moderation.store.recent import newest
from tests.worker.test_worker import Scripted, work

SITE = "gazette"
DECISIONS = (
    Decision(Status.APPROVED, By.MODERATOR, "ann"),
    Decision(Status.REJECTED, By.MODERATOR, "ann", RejectReason.SPAM),
)


@pytest.fixture
async def filled(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """60 comments over all queues, read three at a time."""
    monkeypatch.setattr(recent, "PAGE", 3)
    for number in range(60):
        await store.comments.accept(SITE, Draft(f"c{number}", f"{[0.01, 0.5, 0.99][number % 3]} text"))
    await work(store, Scripted(), 60)
    return store


async def _all(store: Store, since: int = 0) -> list[Comment]:
    return [comment async for page in newest(store.queues, SITE, since) for comment in page]


async def test_every_comment_comes_once_the_newest_first(filled: Store) -> None:
    assert [one.id for one in await _all(filled)] == [f"c{number}" for number in range(59, -1, -1)]


async def test_comments_of_before_are_left_out(filled: Store) -> None:
    for number in range(40):
        await filled.link.call("HSET", filled.link.keys.comment(SITE, f"c{number}"), "at", 1000 + number)
    assert [one.id for one in await _all(filled, 1030)] == [f"c{number}" for number in range(59, 29, -1)]
    assert await _all(filled, 2**50) == []


async def test_a_comment_that_moves_meanwhile_comes_once_at_most(filled: Store) -> None:
    chance, seen = random.Random(3), []
    async for page in newest(filled.queues, SITE, 0):
        seen += [one.id for one in page]
        for number in chance.sample(range(60), 10):
            op = f"{len(seen)}-{number}"
            await filled.comments.decide(SITE, f"c{number}", chance.choice(DECISIONS), True, op)
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen, key=lambda one: -int(one[1:]))


async def test_a_site_without_comments(store: Store) -> None:
    async with asyncio.timeout(5):
        assert await _all(store) == []
