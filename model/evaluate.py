"""Judges a model on rows that it never saw: by source, language, disguise and threshold; and the method by two benchmarks.

Shares are 0..1 and come with Wilson's interval at 95 %, areas under the curve with Hanley and McNeil's.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import matthews_corrcoef, roc_auc_score

from model.classifier import Classifier
from model.data import NO_MEASURE, Row, read, sources
from model.features import Document
from model.obfuscate import WAYS

THRESHOLDS: Final = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)
FALSE_POSITIVES: Final = (0.01, 0.001)  # shares of good news comments at which recall is told
BINS: Final = 15
CHUNK: Final = 256
DISGUISED: Final = 600  # spam comments that are disguised in each way
LENGTHS: Final = (0, 20, 60, 200, 1_000_000)  # characters between which texts are judged apart
TIMED: Final = 2_000  # comments that are timed
TIMED_LENGTH: Final = (300, 500)  # characters: 400 in the mean
FIRST: Final = 0.7  # of each video's comments are trained on, in time
FOLDS: Final = 5

NEUTRAL: Final = Path(__file__).parent.parent / "tests" / "model" / "neutral_sentences.txt"

Figures = dict[str, Any]


def of_method(folder: Path) -> Figures:
    """How good the method is, trained on collections of a folder alone that others have published figures for."""
    names = sources(folder)
    return {
        name: method([row for row, _ in read(folder, source)])
        for name, source, method in (("youtube", "yt_uci", youtube), ("sms", "sms_uci", sms))
        if source in names
    }


def neutral_sentences() -> list[str]:
    """The neutral sentences that are kept for judging: none of them is trained on; none where there is no checkout."""
    return NEUTRAL.read_text("utf-8").splitlines() if NEUTRAL.exists() else []


class Judged:
    """Held-out rows with the scores of a model."""

    def __init__(self, classifier: Classifier, rows: Sequence[Row]) -> None:
        self.classifier = classifier
        self.rows = rows
        self.scores = scored(classifier, [row.document for row in rows])
        self.source = np.array([row.source for row in rows], dtype=np.str_)
        self.lang = np.array([row.document.lang or "?" for row in rows], dtype=np.str_)
        self.news = np.array([row.news for row in rows], dtype=bool)
        self.labelled = np.array([row.spam is not None for row in rows], dtype=bool)
        self.labelled &= ~np.isin(self.source, list(NO_MEASURE))
        self.spam = np.array([bool(row.spam) for row in rows], dtype=bool)
        self.toxic = np.array([bool(row.toxic) for row in rows], dtype=bool)
        self.toxic_labelled = np.array([row.toxic is not None for row in rows], dtype=bool)

    @property
    def good(self) -> NDArray[np.bool_]:
        """The good comments against which recall is measured: English news, else news, else all that is good."""
        for found in (self.news & (self.lang == "en"), self.news, self.labelled & ~self.spam):
            if found.any():
                return found
        return np.zeros(len(self.rows), dtype=bool)

    def sources(self, where: NDArray[np.bool_]) -> list[str]:
        """The sources among some rows."""
        return sorted(set(self.source[where].tolist()))


def scored(classifier: Classifier, documents: Sequence[Document]) -> dict[str, NDArray[np.float64]]:
    """The probabilities of each document, by attribute."""
    found: list[list[float]] = []
    for start in range(0, len(documents), CHUNK):
        verdicts = classifier.score(documents[start : start + CHUNK], reasons=False)
        found += [list(verdict.scores.values()) for verdict in verdicts]
    columns = np.array(found).reshape(len(documents), len(classifier.attributes)).T
    return dict(zip(classifier.attributes, columns, strict=True))


def figures(judged: Judged, neutral: Iterable[str] = ()) -> Figures:
    """All figures of scored rows, as JSON values; ``neutral``: sentences that are not toxic."""
    found = {"rows": len(judged.rows), "model": judged.classifier.version, "spam": _spam(judged)}
    if "toxicity" in judged.classifier.attributes:
        found["toxicity"] = _toxicity(judged, list(neutral))
    found["speed"] = speed(judged.classifier, judged.rows)
    return found


def _spam(judged: Judged) -> Figures:
    spam, good, score = judged.spam & judged.labelled, judged.good, judged.scores["spam"]
    limits = [
        float(np.quantile(score[good], 1 - share, method="higher")) if good.any() else 1.0
        for share in FALSE_POSITIVES
    ]
    by_source = {name: _of_source(judged, name, limits) for name in judged.sources(judged.spam)}
    strong = [one for name, one in by_source.items() if name not in NO_MEASURE]
    news = judged.news & judged.labelled
    return {
        "rows": int(judged.labelled.sum()),
        "spam": int(spam.sum()),
        "auc": area(spam[judged.labelled], score[judged.labelled]),
        "mean_recall": {
            named(share): _mean([one["recall"][named(share)]["share"] for one in strong])
            for share in FALSE_POSITIVES
        },
        "by_source": by_source,
        "good_at_half": {
            name: share_of(score[judged.source == name] >= 0.5) for name in judged.sources(news)
        },
        "good_at_half_by_language": _by_language(judged, judged.labelled & ~judged.spam, score),
        "calibration_error": {
            "as_they_are": calibration_error(score[judged.labelled], judged.spam[judged.labelled]),
            "at_5_percent": _error_at(score, good & ~spam, spam, 0.05),
        },
        "by_length": by_length(judged),
        "by_disguise": disguises(judged, limits[0]),
        "thresholds": thresholds(score, good, spam),
    }


def _of_source(judged: Judged, name: str, limits: Sequence[float]) -> Figures:
    mine = judged.source == name
    score = judged.scores["spam"]
    return {
        "rows": int(mine.sum()),
        "auc": area(judged.spam[mine], score[mine]),
        "recall": {
            named(share): share_of(score[mine & judged.spam] > limit)
            for share, limit in zip(FALSE_POSITIVES, limits, strict=True)
        },
        "good_at_half": share_of(score[mine & ~judged.spam] >= 0.5),
    }


def _toxicity(judged: Judged, neutral: Sequence[str]) -> Figures:
    score = judged.scores["toxicity"]
    where = judged.toxic_labelled
    good, bad = where & ~judged.toxic, where & judged.toxic
    found = {
        "rows": int(where.sum()),
        "by_source": {
            name: {
                "rows": int((mine := where & (judged.source == name)).sum()),
                "auc": area(judged.toxic[mine], score[mine]),
                "good_at_half": share_of(score[mine & ~judged.toxic] >= 0.5),
                "toxic_at_half": share_of(score[mine & judged.toxic] >= 0.5),
            }
            for name in judged.sources(where)
        },
        "good_at_half_by_language": _by_language(judged, good, score),
        "calibration_error": {
            "as_they_are": calibration_error(score[where], judged.toxic[where]),
            "at_10_percent": _error_at(score, good, bad, 0.10),
        },
        "thresholds": thresholds(score, good, bad),
    }
    if neutral:
        sentences = scored(judged.classifier, [Document(text) for text in neutral])["toxicity"]
        found["neutral_at_half"] = share_of(sentences >= 0.5)
    return found


def _by_language(judged: Judged, good: NDArray[np.bool_], score: NDArray[np.float64]) -> Figures:
    """Of good comments, the share in each language that scores 0.5 or more."""
    return {
        lang: share_of(score[good & (judged.lang == lang)] >= 0.5)
        for lang in sorted(set(judged.lang[good].tolist()))
    }


def thresholds(
    score: NDArray[np.float64], good: NDArray[np.bool_], bad: NDArray[np.bool_]
) -> list[dict[str, float | None]]:
    """What each threshold costs and brings: the shares of good and of bad comments at or above it."""
    return [
        {
            "threshold": threshold,
            "good_at_or_above": _share(score[good] >= threshold),
            "bad_at_or_above": _share(score[bad] >= threshold),
        }
        for threshold in THRESHOLDS
    ]


def by_length(judged: Judged) -> list[Figures]:
    """Shares of good and of spam that score 0.5 or more, for texts of each length."""
    length = np.array([len(row.document.text) for row in judged.rows], dtype=np.int64)
    score, found = judged.scores["spam"] >= 0.5, []
    for low, high in itertools.pairwise(LENGTHS):
        here = (length >= low) & (length < high) & judged.labelled
        found.append({
            "from": low, "below": high, "good_at_half": share_of(score[here & ~judged.spam]),
            "spam_at_half": share_of(score[here & judged.spam]),
        })  # fmt: skip
    return found


def disguises(judged: Judged, limit: float) -> dict[str, Figures]:
    """By way of disguise: recall of spam, the same relative to it undisguised, and good comments that score 0.5 or more."""
    chance = random.Random(1)  # chance without need of secrecy
    spam, good = (
        [row.document for row, mine in zip(judged.rows, where, strict=True) if mine]
        for where in (judged.spam & judged.labelled, judged.good)
    )
    spam, good = (chance.sample(some, min(DISGUISED, len(some))) for some in (spam, good))
    if not spam or not good:
        return {}
    ways = {"as it is": lambda text, _: text, **WAYS}
    found: dict[str, Figures] = {}
    for name, way in ways.items():
        hits, held = (
            scored(judged.classifier, [replace(one, text=way(one.text, chance)) for one in some])["spam"]
            for some in (spam, good)
        )
        recall = share_of(hits > limit)
        clean = found.get("as it is", {"recall": recall})["recall"]["share"]
        found[name] = {
            "recall": recall,
            "relative": round(recall["share"] / clean, 4) if clean else None,
            "good_at_half": share_of(held >= 0.5),
        }
    return found


def speed(classifier: Classifier, rows: Sequence[Row]) -> dict[str, float] | None:
    """Microseconds a comment of 300 to 500 characters, in batches of 128, the best of five runs; None if there are none."""
    low, high = TIMED_LENGTH
    documents = [row.document for row in rows if low <= len(row.document.text) <= high][:TIMED]
    if not documents:
        return None
    best: dict[str, float] = {}
    for name, batch, reasons in (
        ("batch", 128, False),
        ("batch_with_reasons", 128, True),
        ("alone", 1, False),
    ):
        mine = documents if batch > 1 else documents[:200]
        times = []
        for _ in range(5):
            began = time.perf_counter()
            for start in range(0, len(mine), batch):
                classifier.score(mine[start : start + batch], reasons=reasons)
            times.append((time.perf_counter() - began) / len(mine) * 1e6)
        best[name] = round(min(times), 1)
    return best


def calibration_error(
    score: NDArray[np.float64], bad: NDArray[np.bool_], weights: NDArray[np.float64] | None = None
) -> float | None:
    """Expected calibration error over 15 equal bins."""
    if not score.size:
        return None
    weights = np.ones(score.size) if weights is None else weights
    place = np.minimum((score * BINS).astype(int), BINS - 1)
    gaps = np.bincount(place, weights * (score - bad), minlength=BINS)
    return round(float(np.abs(gaps).sum() / weights.sum()), 5)


def _error_at(
    score: NDArray[np.float64], good: NDArray[np.bool_], bad: NDArray[np.bool_], prevalence: float
) -> float | None:
    """The calibration error with so many bad comments among good ones."""
    if not bad.any() or not good.any():
        return None
    use = bad | good
    weights = np.where(bad, prevalence / bad.sum(), (1 - prevalence) / good.sum())[use]
    return calibration_error(score[use], bad[use], weights)


def most_wrong(judged: Judged, head: str, count: int) -> tuple[list[int], list[int]]:
    """The rows with the highest scores among the good, and with the lowest among the bad."""
    where = judged.labelled if head == "spam" else judged.toxic_labelled
    bad = judged.spam if head == "spam" else judged.toxic
    score = judged.scores[head]
    order = np.argsort(score, kind="stable")
    good_first = [index for index in order[::-1].tolist() if where[index] and not bad[index]]
    return good_first[:count], [index for index in order.tolist() if where[index] and bad[index]][:count]


# The method on two collections that others have published figures for


def youtube(rows: Sequence[Row], seed: int = 1) -> Figures | None:
    """YouTube Spam Collection: each video trained on its first 70 % in time; Matthews' coefficient on the rest."""
    found = {}
    for video in sorted({row.sub for row in rows}):
        mine = sorted((row for row in rows if row.sub == video), key=lambda row: row.date)
        border = round(len(mine) * FIRST)
        coefficient = _coefficient(mine[:border], mine[border:], seed)
        if coefficient is not None:
            found[video] = coefficient
    return {"by_video": found, "mean": _mean(list(found.values()))} if found else None


def sms(rows: Sequence[Row], seed: int = 1) -> Figures | None:
    """SMS Spam Collection: Matthews' coefficient in five folds drawn at random."""
    order = np.random.default_rng(seed).permutation(len(rows))
    found = []
    for number in range(FOLDS):
        inside = [rows[index] for index in order[np.arange(len(rows)) % FOLDS != number].tolist()]
        outside = [rows[index] for index in order[np.arange(len(rows)) % FOLDS == number].tolist()]
        coefficient = _coefficient(inside, outside, seed)
        if coefficient is not None:
            found.append(coefficient)
    return {"by_fold": found, "mean": _mean(found)} if found else None


def _coefficient(inside: Sequence[Row], outside: Sequence[Row], seed: int) -> float | None:
    from model.train import classifier_of  # which reads this module for the figures of what it made

    if len({row.spam for row in inside}) < 2 or not outside:
        return None
    found = scored(classifier_of(inside, seed), [row.document for row in outside])["spam"]
    return round(float(matthews_corrcoef([bool(row.spam) for row in outside], found >= 0.5)), 4)


# Figures with their uncertainty


def named(share: float) -> str:
    """A share of false positives as a key."""
    return f"{share:.1%}" if share < 0.01 else f"{share:.0%}"


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known) / len(known), 5) if known else None


def _share(hits: NDArray[np.bool_]) -> float | None:
    return round(float(hits.mean()), 5) if hits.size else None


def share_of(hits: NDArray[np.bool_]) -> Figures:
    """A share, of how many, and Wilson's interval."""
    count = int(hits.size)
    if not count:
        return {"share": None, "of": 0, "low": None, "high": None}
    share, z = float(hits.mean()), 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * float(np.sqrt(share * (1 - share) / count + z * z / (4 * count * count)))
    return {
        "share": round(share, 5), "of": count, "low": round(max(0.0, middle - half), 5), "high": round(min(1.0, middle + half), 5),
    }  # fmt: skip


def area(bad: NDArray[np.bool_], score: NDArray[np.float64]) -> Figures | None:
    """ROC-AUC with Hanley and McNeil's interval; None unless both classes are there."""
    ones, zeros = int(bad.sum()), int((~bad).sum())
    if not ones or not zeros:
        return None
    auc = float(roc_auc_score(bad, score))
    q1, q2 = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    spread = auc * (1 - auc) + (ones - 1) * (q1 - auc * auc) + (zeros - 1) * (q2 - auc * auc)
    half = 1.96 * float(np.sqrt(max(0.0, spread) / (ones * zeros)))
    return {
        "auc": round(auc, 5),
        "low": round(max(0.0, auc - half), 5),
        "high": round(min(1.0, auc + half), 5),
    }
