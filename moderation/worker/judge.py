"""Judges a batch: one matrix for the model, then checks and policy for each comment. No Redis here.

Whatever fails, the comment ends before a human: a batch that breaks is tried one by one, and what breaks again and again
becomes a dead letter.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from model.classifier import Classifier, Document, Verdict
from moderation import checks
from moderation.checks import Context
from moderation.domain.author import Standing
from moderation.domain.comment import Draft, Reason
from moderation.domain.policy import Finding, decide
from moderation.metrics import WorkerMetrics
from moderation.scoring import ScoringThread, are_probabilities
from moderation.store import Entry, Judged

log = logging.getLogger(__name__)

MAX_ATTEMPTS: Final = 3  # deliveries and tries after which an entry counts as one that cannot be scored
SCORE_SECONDS: Final = 5.0  # a batch takes milliseconds; beyond this the model hangs


class Contexts(Protocol):
    """Gathers what the checks may know, for a whole batch."""

    async def __call__(self, entries: Sequence[Entry]) -> list[Context]:
        """One context for each entry, in order."""


class Scorer(Protocol):
    """Where the model comes from; another may take its place between two batches."""

    @property
    def current(self) -> Classifier | None:
        """The model in use; None if there is none."""


class CannotScore(Exception):
    """The model gave no usable score."""


class Judge:
    """Turns entries into judged ones."""

    def __init__(self, scorer: Scorer, contexts: Contexts, metrics: WorkerMetrics) -> None:
        self._scorer = scorer
        self.contexts = contexts
        self._metrics = metrics
        self._thread = ScoringThread("score")

    def close(self) -> None:
        """Lets the scoring thread go."""
        self._thread.close()

    async def judge(self, entries: Sequence[Entry]) -> list[Judged]:
        """Scores and decides a batch, all of it with one model; each entry comes back judged, whatever happened."""
        model = self._scorer.current
        scoring = asyncio.create_task(self._scored(model, entries))
        try:
            contexts = await self.contexts(entries)
        except BaseException:
            scoring.cancel()
            raise
        verdicts = await scoring
        try:
            return [
                self._decided(entry, verdict, context, _version(model))
                for entry, verdict, context in zip(entries, verdicts, contexts, strict=True)
            ]
        finally:
            checks.forget()

    async def _scored(self, model: Classifier | None, entries: Sequence[Entry]) -> list[Verdict | Exception]:
        if model is None:
            return [CannotScore("no model is loaded")] * len(entries)
        try:
            return list(await self._verdicts(model, entries))
        except Exception as failure:  # one comment spoils the batch: find out which
            log.warning("a batch of %d could not be scored: %s", len(entries), type(failure).__name__)
        return [await self._alone(model, entry) for entry in entries]

    async def _alone(self, model: Classifier, entry: Entry) -> Verdict | Exception:
        last: Exception = CannotScore("never tried")
        for _ in range(MAX_ATTEMPTS - 1):  # the batch was the first try
            try:
                return (await self._verdicts(model, [entry]))[0]
            except Exception as failure:
                last = failure
        return last

    async def _verdicts(self, model: Classifier, entries: Sequence[Entry]) -> list[Verdict]:
        documents = [_document(entry.draft) for entry in entries]
        began = time.perf_counter()
        try:
            verdicts = await self._thread.run(SCORE_SECONDS, lambda: model.score(documents))
        except TimeoutError:
            raise CannotScore("the model did not answer in time") from None
        self._metrics.scored(len(entries), time.perf_counter() - began)
        if not all(are_probabilities(verdict.scores) for verdict in verdicts):
            raise CannotScore("a score is no probability")
        return verdicts

    def _decided(self, entry: Entry, verdict: Verdict | Exception, context: Context, version: str) -> Judged:
        if isinstance(verdict, Exception):
            return self.failed(entry, context, verdict, MAX_ATTEMPTS, version)
        outcome = checks.run(entry.draft, context)
        for name, failure in outcome.broken:
            self._metrics.check_failed(name)
            log.error("the check %s failed: %s", name, type(failure).__name__)
        scores = {name: round(score, 6) for name, score in verdict.scores.items()}
        reasons = tuple(Reason(one.code, one.text, one.weight, one.spans) for one in verdict.reasons)
        decision = decide(
            context.policy,
            scores,
            outcome.findings,
            model_version=version,
            trusted=context.standing is Standing.TRUSTED,
            via=entry.draft.via,
        )
        return Judged(
            entry,
            scores,
            _strongest_first(outcome.findings, reasons),
            decision,
            version,
            fingerprints=context.fingerprints,
            report_threshold=context.policy.report_threshold,
        )

    def failed(
        self, entry: Entry, context: Context, failure: Exception, attempts: int, version: str | None = None
    ) -> Judged:
        """An entry that cannot be scored: before a human, with the reason, and on the list of dead letters.

        ``version``: the model that failed; None: the one in use.
        """
        version = version or _version(self._scorer.current)
        self._metrics.dead_letter()
        log.error("a comment could not be scored after %d tries: %s", attempts, type(failure).__name__)
        reason = Reason(
            "scoring_failed", "The comment could not be scored; a moderator has to judge it alone.", 1.0
        )
        decision = decide(context.policy, {}, (Finding(reason),), model_version=version)
        letter: dict[str, Any] = {
            "error": type(failure).__name__,
            "attempts": attempts,
            "at": int(time.time() * 1000),
        }
        because = replace(decision, because=reason.text)
        return Judged(entry, {}, (reason,), because, version, letter)


def _version(model: Classifier | None) -> str:
    return model.version if model else "none"


def _document(draft: Draft) -> Document:
    return Document(
        text=draft.text,
        author_name=draft.author.name or "",
        author_url=draft.author.url or "",
        article_title=draft.article.title or "",
        lang=draft.lang or "",
    )


def _strongest_first(findings: Sequence[Finding], reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    # What a rule of the site found comes before what the model felt.
    return (*(finding.reason for finding in findings), *reasons)
