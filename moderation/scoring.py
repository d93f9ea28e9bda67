"""Scores texts for callers of the API on the spot: what arrives together is scored together, in one thread.

The worker scores comments; this is for who wants a score and no comment. Bounded: beyond it the caller comes again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol, TypeVar

from model.classifier import Classifier, Document
from moderation.errors import Busy

log = logging.getLogger(__name__)

MOST_WAITING: Final = 2_000  # texts that wait for their score in a process
TOGETHER: Final = 128  # texts scored in one go: some milliseconds
SCORE_SECONDS: Final = 2.0  # a batch takes milliseconds; beyond this the model hangs

Scores = dict[str, float]
Waiting = tuple[Document, asyncio.Future[Scores]]  # a text, and where its scores will be


R = TypeVar("R")


class ScoringThread:
    """The one thread in which a model scores; a model that hangs loses it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def run(self, seconds: float, work: Callable[[], R]) -> R:
        """What the work returns; raises TimeoutError if it takes longer."""
        running = asyncio.get_running_loop().run_in_executor(self._pool, work)
        try:
            async with asyncio.timeout(seconds):
                return await running
        except TimeoutError:
            # A thread cannot be killed; it is left behind and a fresh one takes over.
            self.close()
            self._pool = ThreadPoolExecutor(1, thread_name_prefix=self._name)
            raise

    def close(self) -> None:
        """Lets the thread go."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def are_probabilities(scores: Mapping[str, float]) -> bool:
    """Whether every score can be one."""
    return all(math.isfinite(score) and 0.0 <= score <= 1.0 for score in scores.values())


class Source(Protocol):
    """Where the model comes from."""

    @property
    def current(self) -> Classifier | None:
        """The model in use; None if there is none."""


class Scoring:
    """Scores on request. ``start`` before use, ``close`` after."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._waiting: list[Waiting] = []
        self._some = asyncio.Event()
        self._thread = ScoringThread("score-on-request")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to score."""
        self._task = asyncio.create_task(self._work(), name="score-on-request")

    async def close(self) -> None:
        """Ends; who still waits is told to come again."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
        self._refuse(self._waiting)
        self._thread.close()

    @property
    def attributes(self) -> frozenset[str]:
        """What the model scores, e.g. ``spam``; nothing without a model."""
        model = self._source.current
        return frozenset(model.attributes) if model is not None else frozenset()

    async def score(self, texts: Sequence[str], lang: str = "") -> list[Scores]:
        """A probability for each attribute and text, in order. Raises Busy if too many wait or there is no model."""
        if self._task is None or self._source.current is None:
            raise Busy("There is no model to score with here; come again shortly.")
        if len(self._waiting) + len(texts) > MOST_WAITING:
            raise Busy("Too many texts wait for a score; come again shortly.")
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[Scores]] = [loop.create_future() for _ in texts]
        self._waiting += [
            (Document(text=text, lang=lang), future) for text, future in zip(texts, futures, strict=True)
        ]
        self._some.set()
        return list(await asyncio.gather(*futures))

    async def _work(self) -> None:
        while True:
            await self._some.wait()
            batch, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
            if not self._waiting:
                self._some.clear()
            try:
                await self._scored([one for one in batch if not one[1].done()])  # but of callers that left
            finally:  # however it ended, nobody is left waiting
                self._refuse(batch)

    async def _scored(self, batch: Sequence[Waiting]) -> None:
        """Scores a batch; one that breaks is tried text by text, so that a bad text spoils no other."""
        try:
            await self._score(batch)
            return
        except TimeoutError:  # one by one it would hang as often as there are texts
            log.error("the model did not score %d texts in time", len(batch))
            return
        except Exception as failure:  # a model that fails must not end the scoring of what comes after
            log.warning("a batch of %d texts could not be scored: %s", len(batch), type(failure).__name__)
        for one in batch if len(batch) > 1 else ():
            try:
                await self._score([one])
            except TimeoutError:
                log.error("the model did not score a text in time")
                return
            except Exception as failure:
                log.error("a text could not be scored on request: %s", type(failure).__name__)

    async def _score(self, batch: Sequence[Waiting]) -> None:
        model = self._source.current
        if model is None or not batch:
            return
        documents = [document for document, _ in batch]
        found = await self._thread.run(SCORE_SECONDS, lambda: _scores(model, documents))
        for (_, future), scores in zip(batch, found, strict=True):
            if not future.done():  # a caller that left
                future.set_result(scores)

    @staticmethod
    def _refuse(batch: Sequence[Waiting]) -> None:
        for _, future in batch:
            if not future.done():
                future.set_exception(Busy("No text can be scored now; come again shortly."))


def _scores(model: Classifier, documents: Sequence[Document]) -> list[Scores]:
    found = [verdict.scores for verdict in model.score(documents, reasons=False)]
    if not all(map(are_probabilities, found)):
        raise ValueError("a score is no probability")
    return found
