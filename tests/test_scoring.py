"""Scores on request: together, bounded, and never a caller left waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from model.classifier import Document, Verdict
from moderation import scoring
from moderation.errors import Busy
from moderation.scoring import Scoring
from tests.worker.test_worker import Always, Scripted


class Gated(Scripted):
    """A model that scores once it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.entered, self.gate = threading.Event(), threading.Event()

    def score(self, documents: Sequence[Document], *, reasons: bool = True) -> list[Verdict]:
        self.entered.set()
        assert self.gate.wait(20)
        return super().score(documents, reasons=reasons)


@pytest.fixture
async def started() -> AsyncIterator[Any]:
    """Starts a scoring for a model; all are closed at the end."""
    made: list[Scoring] = []

    def start(model: object | None) -> Scoring:
        made.append(Scoring(Always(model)))
        made[-1].start()
        return made[-1]

    yield start
    for one in made:
        await one.close()


async def held(started: Any) -> tuple[Scoring, Gated, asyncio.Task[Any]]:
    """A scoring whose model has a text in hand and is not done."""
    model = Gated()
    one = started(model)
    first = asyncio.create_task(one.score(["0.1"]))
    assert await asyncio.to_thread(model.entered.wait, 20)
    return one, model, first


async def test_what_arrives_together_is_scored_together_and_each_gets_its_own(started: Any) -> None:
    one, model, first = await held(started)
    others = [asyncio.create_task(one.score([f"0.{number}", "0.5"])) for number in range(10, 50)]
    await asyncio.sleep(0)
    model.gate.set()
    assert await first == [{"spam": 0.1}]
    assert await asyncio.gather(*others) == [
        [{"spam": float(f"0.{number}")}, {"spam": 0.5}] for number in range(10, 50)
    ]
    assert model.batches == [1, 80]


async def test_a_batch_is_bounded(started: Any) -> None:
    one, model, first = await held(started)
    other = asyncio.create_task(one.score(["0.2"] * 300))
    await asyncio.sleep(0)
    model.gate.set()
    assert len(await other) == 300
    assert model.batches == [1, 128, 128, 44]
    await first


async def test_beyond_the_bound_a_caller_is_told_to_come_again(
    started: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "MOST_WAITING", 3)
    one, model, first = await held(started)
    waiting = asyncio.create_task(one.score(["0.2"] * 3))
    await asyncio.sleep(0)
    with pytest.raises(Busy) as refused:
        await one.score(["0.3"])
    assert refused.value.headers["Retry-After"]
    model.gate.set()
    assert len(await waiting) == 3
    assert await one.score(["0.3"]) == [{"spam": 0.3}], "there is room again"
    await first


@pytest.mark.parametrize("bad", ["boom", "nan", "1.5"])
async def test_a_text_that_breaks_the_model_spoils_no_other(started: Any, bad: str) -> None:
    one, model, first = await held(started)
    broken, good = asyncio.create_task(one.score([bad])), asyncio.create_task(one.score(["0.7"]))
    await asyncio.sleep(0)
    model.gate.set()
    with pytest.raises(Busy):
        await broken
    assert await good == [{"spam": 0.7}]
    await first


async def test_a_model_that_hangs_holds_nobody_and_the_next_is_scored(
    started: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "SCORE_SECONDS", 0.05)
    one, model, first = await held(started)
    try:
        with pytest.raises(Busy):
            await first
        model.gate.set()
        assert await one.score(["0.4"]) == [{"spam": 0.4}]
    finally:
        model.gate.set()  # the thread left behind ends


async def test_who_left_costs_nothing(started: Any) -> None:
    one, model, first = await held(started)
    gone = asyncio.create_task(one.score(["boom"]))
    stays = asyncio.create_task(one.score(["0.6"]))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    model.gate.set()
    assert await stays == [{"spam": 0.6}]
    assert model.batches == [1, 1]
    await first


async def test_the_end_leaves_nobody_waiting(started: Any) -> None:
    one, model, first = await held(started)
    waiting = asyncio.create_task(one.score(["0.2"]))
    await asyncio.sleep(0)
    await one.close()
    model.gate.set()
    for task in (first, waiting):
        with pytest.raises(Busy):
            await asyncio.wait_for(task, 20)
    with pytest.raises(Busy):
        await one.score(["0.3"])


async def test_without_a_model_there_is_no_score(started: Any) -> None:
    one = started(None)
    assert one.attributes == frozenset()
    with pytest.raises(Busy):
        await one.score(["0.3"])


async def test_a_model_taken_up_later_is_used(started: Any) -> None:
    source = Always(None)
    one = Scoring(source)
    one.start()
    source.current = Scripted()
    assert one.attributes == {"spam"}
    assert await one.score(["0.3"]) == [{"spam": 0.3}]
    await one.close()
