"""Judges a model on rows that it never saw: by source, on news, by calibration, by threshold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from model.classifier import Classifier
from model.data import Row

THRESHOLDS: Final = (0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.98, 0.99)
BINS: Final = 15
CHUNK: Final = 256


def scores(classifier: Classifier, rows: Sequence[Row]) -> NDArray[np.float64]:
    """The probability of spam of each row."""
    found: list[float] = []
    for start in range(0, len(rows), CHUNK):
        documents = [row.document for row in rows[start : start + CHUNK]]
        found += [verdict.scores["spam"] for verdict in classifier.score(documents, reasons=False)]
    return np.array(found)


def figures(folder: Path | None, rows: Sequence[Row]) -> dict[str, Any]:
    """All figures of a model on held-out rows, as JSON values; shares are 0..1."""
    found = scores(Classifier.load(folder), rows)
    spam = np.array([row.spam for row in rows])
    news = np.array([row.news for row in rows])
    ham = news if news.any() else ~spam
    limits = {
        name: float(np.quantile(found[ham], 1 - share)) for name, share in (("1 %", 0.01), ("0.1 %", 0.001))
    }
    return {
        "rows": len(rows),
        "auc": _auc(spam, found),
        "recall_at_fpr_on_news": {name: _share(found[spam] > limit) for name, limit in limits.items()},
        "news_scored_at_least_0.5": _share(found[news] >= 0.5),
        "calibration_error": calibration_error(found, spam, news),
        "by_source": {source: _of_source(source, rows, found, limits["1 %"]) for source in _sources(rows)},
        "thresholds": [
            {
                "threshold": threshold,
                "good_news_at_or_above": _share(found[ham] >= threshold),
                "spam_at_or_above": _share(found[spam] >= threshold),
            }
            for threshold in THRESHOLDS
        ],
    }


def _sources(rows: Sequence[Row]) -> list[str]:
    return sorted({row.source for row in rows})


def _auc(spam: NDArray[np.bool_], found: NDArray[np.float64]) -> float | None:
    return round(float(roc_auc_score(spam, found)), 5) if 0 < spam.sum() < spam.size else None


def _share(hits: NDArray[np.bool_]) -> float | None:
    return round(float(hits.mean()), 5) if hits.size else None


def _of_source(source: str, rows: Sequence[Row], found: NDArray[np.float64], limit: float) -> dict[str, Any]:
    mine = np.array([row.source == source for row in rows])
    spam = np.array([row.spam for row in rows])
    return {
        "rows": int(mine.sum()),
        "auc": _auc(spam[mine], found[mine]),
        "recall_at_1_percent_of_news": _share(found[mine & spam] > limit),
        "ham_scored_at_least_0.5": _share(found[mine & ~spam] >= 0.5),
    }


def calibration_error(
    found: NDArray[np.float64], spam: NDArray[np.bool_], news: NDArray[np.bool_], prevalence: float = 0.05
) -> float:
    """Expected calibration error (15 equal bins), news as ham, spam weighted to its natural prevalence."""
    ham = news if news.any() else ~spam
    use = spam | ham
    weight = np.where(spam, prevalence / max(1, spam.sum()), (1 - prevalence) / max(1, ham.sum()))[use]
    place = np.minimum((found[use] * BINS).astype(int), BINS - 1)
    error = 0.0
    for number in range(BINS):
        mine = place == number
        total = weight[mine].sum()
        if total > 0:
            gap = (weight[mine] * found[use][mine]).sum() - (weight[mine] * spam[use][mine]).sum()
            error += abs(float(gap))
    return round(error, 5)


def plot(folder: Path | None, rows: Sequence[Row], out: Path) -> None:
    """Calibration, histogram and ROC as one picture."""
    from matplotlib.figure import Figure  # a tool of developers
    from sklearn.metrics import roc_curve

    found = scores(Classifier.load(folder), rows)
    spam = np.array([row.spam for row in rows])
    figure = Figure(figsize=(12, 4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    for source in _sources(rows):
        mine = np.array([row.source == source for row in rows])
        if 0 < spam[mine].sum() < mine.sum():
            left.plot(*roc_curve(spam[mine], found[mine])[:2], label=source)
    left.set(xscale="log", xlim=(1e-3, 1), xlabel="false positives", ylabel="recall", title="ROC by source")
    left.legend(fontsize=7)
    middle.hist([found[~spam], found[spam]], bins=30, log=True, label=["ham", "spam"])
    middle.set(xlabel="score", title="scores")
    middle.legend()
    edges = np.linspace(0, 1, 11)
    place = np.digitize(found, edges[1:-1])
    seen = [number for number in range(10) if (place == number).any()]
    right.plot([0, 1], [0, 1], ":")
    right.plot([found[place == n].mean() for n in seen], [spam[place == n].mean() for n in seen], "o-")
    right.set(xlabel="score", ylabel="share of spam", title="calibration on held-out rows as they are")
    figure.savefig(out)
