"""A site whose webhook points at a real receiver of this machine, under a clock that a test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from moderation.domain.comment import Draft, Status
from moderation.domain.decision import By, Decision
from moderation.metrics import Metrics
from moderation.store import Store, Webhook
from moderation.web.answers import comment_answer
from moderation.webhooks.dispatcher import Dispatcher
from moderation.webhooks.egress import Egress, Gate
from moderation.webhooks.kinds import Signed
from tests.support.receiver import Receiver

SITE = "gazette"
START = 1_800_000_000_000


@dataclass
class Clock:
    """Milliseconds that stand still until a test moves them."""

    now: int = START

    def __call__(self) -> int:
        return self.now

    def pass_(self, *, ms: int = 0, s: int = 0, minutes: int = 0, hours: float = 0, days: int = 0) -> None:
        """Lets time go by."""
        self.now += ms + 1000 * (s + 60 * minutes + round(3600 * (hours + 24 * days)))


@dataclass
class Post:
    """Store, dispatcher, receiver and clock of a test."""

    store: Store
    dispatcher: Dispatcher
    receiver: Receiver
    clock: Clock
    metrics: Metrics
    numbers: list[int] = field(default_factory=lambda: [0])

    async def add(self, *events: str, include: tuple[str, ...] = ()) -> Webhook:
        """A webhook at the receiver."""
        return await self.store.webhooks.add(
            SITE, "ann", self.receiver.url, events or ("*",), include=include
        )

    async def happen(self, times: int = 1) -> list[str]:
        """Things that happen on the site: ids of comments that were approved before anybody scored them."""
        ids = []
        for _ in range(times):
            self.numbers[0] += 1
            ids.append(f"c{self.numbers[0]}")
            await self.store.comments.accept(SITE, Draft(id=ids[-1], text=f"text {ids[-1]}"))
            decision = Decision(Status.APPROVED, By.MODERATOR, name="ann")
            await self.store.comments.decide(SITE, ids[-1], decision, False, f"op-{ids[-1]}")
        return ids

    async def step(self, webhook: Webhook) -> int:
        """One round of the courier."""
        return await self.dispatcher.step(SITE, webhook.id)


@pytest.fixture
async def post(store: Store) -> AsyncIterator[Post]:
    """A dispatcher whose jitter is none, and its receiver."""
    clock, metrics = Clock(), Metrics()
    store.webhooks.clock = clock
    gate = Gate(["127.0.0.0/8"], http=True)

    async def cards(site: str, comment_id: str) -> dict[str, object] | None:
        found = (await store.comments.many(site, [comment_id]))[0]
        return None if found is None else comment_answer(found)

    async with Receiver() as receiver, Egress(gate, total_seconds=1.0) as egress:
        kinds = {"webhook": Signed(store.webhooks.secrets_of, cards)}
        dispatcher = Dispatcher(
            store,
            kinds,
            egress,
            metrics.webhooks,
            chance=lambda: 0.5,
            roster_seconds=0.02,
            patience_seconds=0.05,
        )
        yield Post(store, dispatcher, receiver, clock, metrics)
