"""The worker: whatever dies or breaks, each comment is judged once or ends before a human."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from model.classifier import Classifier, Document, Verdict
from moderation.checks import Check
from moderation.domain.comment import Draft, Status
from moderation.domain.policy import Mode, Policy
from moderation.metrics import Metrics
from moderation.store import Store
from moderation.worker.judge import Judge
from moderation.worker.loop import Worker, contexts_of
from tests.support.invariants import problems

SITE = "gazette"


class Scripted:
    """A model whose answer is in the text: ``0.3`` scores 0.3, ``boom`` raises, ``nan`` is no number."""

    version = "scripted"
    attributes = ("spam",)

    def __init__(self) -> None:
        self.batches: list[int] = []

    def score(self, documents: Sequence[Document], *, reasons: bool = True) -> list[Verdict]:
        del reasons
        self.batches.append(len(documents))
        if any(document.text.startswith("boom") for document in documents):
            raise RuntimeError("a text that no model survives")
        return [Verdict({"spam": float(document.text.split()[0])}, ()) for document in documents]


class Always:
    """A scorer whose model stays."""

    def __init__(self, model: Any) -> None:
        self.current = model


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Waits for a condition; a test never sleeps for a fixed time."""
    async with asyncio.timeout(20):
        while not await condition():
            await asyncio.sleep(0.01)


def worker(
    store: Store, model: object | None, name: str = "w1", *, lease_seconds: float = 10, batch_size: int = 50
) -> Worker:
    metrics = Metrics().worker
    judge = Judge(Always(model), functools.partial(contexts_of, store), metrics)
    inbox = store.inboxes(name)[0]
    return Worker(inbox, judge, metrics, batch_size=batch_size, lease_seconds=lease_seconds)


async def work(store: Store, model: object | None, wanted: int, **options: object) -> None:
    """Runs a worker until so many comments stand in a queue."""
    one = worker(store, model, **options)  # type: ignore[arg-type]
    task = asyncio.create_task(one.run())

    async def done() -> bool:
        counts = await store.queues.counts(SITE)
        return sum(counts[name].count for name in ("pending", "approved", "rejected")) >= wanted

    await until(done)
    one.stop()
    await task


async def post(store: Store, *texts: str) -> None:
    for number, text in enumerate(texts):
        await store.comments.accept(SITE, Draft(f"c{number}", text))


async def statuses(store: Store, number: int) -> list[Status]:
    return [(await store.comments.get(SITE, f"c{index}")).status for index in range(number)]


async def test_a_batch_is_scored_as_one(store: Store) -> None:
    await post(store, "0.01", "0.5", "0.99")
    model = Scripted()
    await work(store, model, 3)
    assert model.batches == [3]
    assert await statuses(store, 3) == [Status.APPROVED, Status.PENDING, Status.REJECTED]
    assert await store.inboxes("x")[0].waiting() == 0
    assert await problems(store, SITE) == []


async def test_the_policy_of_the_moment_counts(store: Store) -> None:
    await store.sites.set_policy(SITE, Policy(mode=Mode.PRE), "ed")
    await post(store, "0.01", "0.99")
    await work(store, Scripted(), 2)
    assert await statuses(store, 2) == [Status.PENDING, Status.PENDING]


@pytest.mark.parametrize("bad", ["boom", "nan", "1.5"])
async def test_one_bad_comment_spoils_no_other(store: Store, bad: str) -> None:
    await post(store, "0.01", bad, "0.99")
    await work(store, Scripted(), 3)
    assert await statuses(store, 3) == [Status.APPROVED, Status.PENDING, Status.REJECTED]
    failed = await store.comments.get(SITE, "c1")
    assert [reason.code for reason in failed.reasons] == ["scoring_failed"]
    letters = await store.dead_letters.list(SITE)
    assert [(letter.comment_id, letter.attempts) for letter in letters] == [("c1", 3)]


async def test_a_dead_letter_can_be_tried_again(store: Store) -> None:
    await post(store, "nan")
    await work(store, Scripted(), 1)
    await store.dead_letters.retry(SITE, "c0")
    assert (await store.comments.get(SITE, "c0")).status == Status.QUEUED

    class Mended(Scripted):
        def score(self, documents: Sequence[Document], *, reasons: bool = True) -> list[Verdict]:
            del reasons
            return [Verdict({"spam": 0.01}, ()) for _ in documents]

    await work(store, Mended(), 1)
    assert (await store.comments.get(SITE, "c0")).status == Status.APPROVED
    assert await store.dead_letters.list(SITE) == []
    assert await problems(store, SITE) == []


async def test_each_attribute_is_kept_and_only_spam_decides(store: Store) -> None:
    class Both(Scripted):
        def score(self, documents: Sequence[Document], *, reasons: bool = True) -> list[Verdict]:
            found = super().score(documents, reasons=reasons)
            return [Verdict(one.scores | {"toxicity": 0.999}, one.reasons) for one in found]

    await post(store, "0.01", "0.5", "0.99")
    await work(store, Both(), 3)
    comments = [await store.comments.get(SITE, f"c{number}") for number in range(3)]
    assert [one.scores for one in comments] == [
        {"spam": spam, "toxicity": 0.999} for spam in (0.01, 0.5, 0.99)
    ]
    assert await statuses(store, 3) == [Status.APPROVED, Status.PENDING, Status.REJECTED]


async def test_without_a_model_everything_goes_to_a_human(store: Store) -> None:
    await post(store, "0.01", "0.99")
    await work(store, None, 2)
    assert await statuses(store, 2) == [Status.PENDING, Status.PENDING]


async def test_a_living_worker_takes_over_from_a_dead_one(store: Store) -> None:
    await post(store, "0.01", "0.5")
    dead = store.inboxes("dead")[0]
    await dead.open()
    assert len(await dead.read(10)) == 2
    await dead.close()
    await work(store, Scripted(), 2, lease_seconds=0.05)
    assert await statuses(store, 2) == [Status.APPROVED, Status.PENDING]


async def test_an_entry_that_kills_its_workers_goes_to_a_human(store: Store) -> None:
    await post(store, "0.01")
    inbox = store.inboxes("victim")[0]
    await inbox.open()
    await inbox.read(10)
    ((entry, deliveries),) = await inbox.abandoned(0, 10)
    while deliveries < 3:  # two more workers took it over and died
        await inbox.take_over(entry, 0, deliveries)
        ((entry, deliveries),) = await inbox.abandoned(0, 10)
    await inbox.close()
    model = Scripted()
    await work(store, model, 1, lease_seconds=0.05)
    assert model.batches == [], "it is not tried a fourth time"
    comment = await store.comments.get(SITE, "c0")
    assert (comment.status, comment.reasons[0].code) == (Status.PENDING, "scoring_failed")
    assert len(await store.dead_letters.list(SITE)) == 1


async def test_a_broken_check_holds_the_comment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a defect")

    monkeypatch.setattr("moderation.checks.run.__defaults__", ((Check("broken", broken),),))
    await post(store, "0.01")
    await work(store, Scripted(), 1)
    comment = await store.comments.get(SITE, "c0")
    assert (comment.status, comment.reasons[0].code) == (Status.PENDING, "check_failed")


async def test_the_shipped_model_judges(store: Store) -> None:
    await post(
        store, "earn $5000 weekly from home whatsapp +1 555 010 9999 http://cash.example", "I agree with you."
    )
    await work(store, Classifier.load(), 2)
    spam, ham = [await store.comments.get(SITE, name) for name in ("c0", "c1")]
    assert spam.scores["spam"] > ham.scores["spam"]
    assert spam.reasons
    for reason in spam.reasons:
        assert all(0 <= start < end <= len(spam.draft.text) for start, end in reason.spans)
