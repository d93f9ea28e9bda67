"""Trains the classifier: a logistic regression on the hashed features, calibrated on rows that it did not see."""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression

from model import artifact, card, evaluate
from model.data import SOURCES, Row, load
from model.features import BUCKETS, SIGNALS, matrix

FOLDS: Final = 4
PREVALENCE: Final = 0.05  # share of spam to calibrate for: a few per cent, as on news sites
C: Final = 30.0  # inverse strength of the penalty
CHUNK: Final = 2_000  # documents hashed together


def say(text: str) -> None:
    """Progress, for the one who waits."""
    print(text, file=sys.stderr, flush=True)


def featurise(rows: Sequence[Row]) -> csr_matrix:
    """The rows' features, hashed in chunks."""
    parts = []
    for start in range(0, len(rows), CHUNK):
        parts.append(matrix([row.document for row in rows[start : start + CHUNK]]))
        if start // CHUNK % 10 == 0:
            say(f"  features: {start} of {len(rows)}")
    found: csr_matrix = vstack(parts, format="csr")
    return found


def weights_of(rows: Sequence[Row]) -> NDArray[np.float64]:
    """A row's weight: sources count by the root of their size, and both classes the same in all."""
    sizes = Counter(row.source for row in rows)
    weights = np.array([1 / np.sqrt(sizes[row.source]) for row in rows])
    spam = np.array([row.spam for row in rows])
    for side in (spam, ~spam):
        weights[side] *= len(rows) / 2 / max(weights[side].sum(), 1e-9)
    return weights


def fit(features: csr_matrix, rows: Sequence[Row], seed: int) -> artifact.Head:
    """A linear head, not calibrated yet."""
    model = LogisticRegression(C=C, max_iter=300, random_state=seed, solver="lbfgs", tol=1e-3)
    model.fit(features, [row.spam for row in rows], sample_weight=weights_of(rows))
    return artifact.Head(model.coef_[0].astype(np.float32), float(model.intercept_[0]), 1.0, 0.0)


def margins(features: csr_matrix, head: artifact.Head) -> NDArray[np.float64]:
    """X . weights + intercept for each row."""
    found: NDArray[np.float64] = features @ head.weights.astype(np.float64) + head.intercept
    return found


def calibrate(found: NDArray[np.float64], rows: Sequence[Row], seed: int) -> tuple[float, float]:
    """Slope and shift of Platt's sigmoid at the natural prevalence, the ham being weighted towards news."""
    spam = np.array([row.spam for row in rows])
    news = np.array([row.news for row in rows])
    weight = np.where(spam, PREVALENCE / max(1, spam.sum()), 0.0)
    weight[news] = 0.8 * (1 - PREVALENCE) / max(1, news.sum())
    other = ~spam & ~news
    weight[other] = (0.2 if news.any() else 1.0) * (1 - PREVALENCE) / max(1, other.sum())
    platt = LogisticRegression(C=1e6, random_state=seed)
    platt.fit(found[:, None], spam, sample_weight=weight * len(rows))
    return float(platt.coef_[0, 0]), float(platt.intercept_[0])


def crossed(features: csr_matrix, rows: Sequence[Row], seed: int) -> NDArray[np.float64]:
    """Each row's margin from a model that did not see its fold."""
    fold = np.random.default_rng(seed).integers(0, FOLDS, len(rows))
    found = np.zeros(len(rows))
    for number in range(FOLDS):
        say(f"  fold {number + 1} of {FOLDS}")
        inside = np.flatnonzero(fold != number)
        head = fit(features[inside], [rows[index] for index in inside.tolist()], seed)
        outside = np.flatnonzero(fold == number)
        found[outside] = margins(features[outside], head)
    return found


def train(data: Path, out: Path, seed: int) -> dict[str, Any]:
    """Trains on a folder of labelled comments, writes model and card, returns the manifest."""
    rows = load(data, held_out=False)
    if len({row.spam for row in rows}) < 2:
        raise artifact.ArtifactError(
            f"{data} has no sources with both spam and ham; see model/data.py for their names."
        )
    say(f"{len(rows)} rows of {len({row.source for row in rows})} sources")
    features = featurise(rows)
    head = fit(features, rows, seed)
    slope, shift = calibrate(crossed(features, rows, seed), rows, seed)
    heads = {
        "spam": replace(
            head, weights=head.weights.astype(np.float16).astype(np.float32), slope=slope, shift=shift
        )
    }
    assert heads["spam"].weights.size == BUCKETS + len(SIGNALS)
    counts = Counter(row.source for row in rows)
    about: dict[str, Any] = {
        "created": dt.datetime.now(dt.UTC).date().isoformat(),
        "seed": seed,
        "prevalence": PREVALENCE,
        "sources": [
            {"name": name, "licence": SOURCES[name], "rows": counts[name]} for name in SOURCES if counts[name]
        ],
    }
    artifact.save(out, heads, about)
    say("evaluating on held-out rows")
    about["figures"] = evaluate.figures(out, load(data, held_out=True))
    manifest = artifact.save(out, heads, about)
    (out / "CARD.md").write_text(card.text(manifest), "utf-8")
    return manifest
