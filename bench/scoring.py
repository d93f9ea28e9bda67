"""What a score costs: text in, probabilities of all attributes out, on one core, beside scikit-learn in the same run.

`python -m bench.scoring` times the shipped model in batches of 128, with reasons, and alone, in turns with scikit-learn's hashed
character n-grams and a linear model, and with our own hashing and look-up without all the rest (the floor). Texts are
genuine comments and spam of 300 to 500 characters: with `--data DIR` real ones (model/data.py says what a folder holds), else
lines of model/phrases put together. CPU time, medians of rounds.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.linear_model import SGDClassifier

from bench.processes import machine
from model import artifact
from model.classifier import Classifier, Document
from model.data import read, sources
from model.features import view_of
from model.phrases import phrases
from model.scoring import Weights

CORE: Final = max(os.sched_getaffinity(0))
LENGTH: Final = (300, 500)  # characters: 400 in the mean
COUNT: Final = 1_024
SPAM: Final = 0.1  # share of the texts
BATCH: Final = 128
ALONE: Final = 200  # texts that are scored one by one


def texts(data: Path | None) -> list[str]:
    """Texts of the wanted length, spam and genuine ones mixed."""
    chance = random.Random(1)
    found: dict[bool, list[str]] = {True: [], False: []}
    if data is None:
        lines = {
            spam: [one.text for one in phrases(1) if one.lang == "en" and (one.kind == "spam") == spam]
            for spam in found
        }
        for spam, some in lines.items():
            while len(found[spam]) < COUNT:
                text = ""
                while len(text) < LENGTH[0]:
                    text += chance.choice(some) + " "
                found[spam].append(text[: LENGTH[1]])
    else:
        for source in sources(data):
            for row, _ in read(data, source):
                if (
                    row.spam is not None
                    and LENGTH[0] <= len(row.document.text) <= LENGTH[1]
                    and (row.spam or row.news)
                ):
                    found[row.spam].append(row.document.text)
    bad = round(COUNT * SPAM)
    mixed = chance.sample(found[True], bad) + chance.sample(found[False], COUNT - bad)
    chance.shuffle(mixed)
    return mixed


def microseconds(work: Callable[[Sequence[str]], object], some: Sequence[str], batch: int) -> float:
    """CPU time a text of one pass."""
    began = time.process_time()
    for start in range(0, len(some), batch):
        work(some[start : start + batch])
    return (time.process_time() - began) / len(some) * 1e6


def main() -> int:
    """Prints a table; the exit status says whether the bars are met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, help="folder of comments (default: the phrases of the repository)"
    )
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    os.sched_setaffinity(0, {CORE})
    some = texts(args.data)
    classifier, weights = Classifier.load(), Weights(artifact.load().heads)
    vectorizer = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), n_features=1 << 20)
    linear = SGDClassifier(loss="log_loss").fit(vectorizer.transform(some[:256]), np.arange(256) % 2)

    def score(reasons: bool) -> Callable[[Sequence[str]], object]:
        return lambda batch: classifier.score([Document(text) for text in batch], reasons=reasons)

    # name, work, batch, texts, bar in µs
    measured: tuple[tuple[str, Callable[[Sequence[str]], object], int, int, float | None], ...] = (
        ("floor: hashing and look-up alone, batch of 128", lambda batch: weights.read([view_of(text) for text in batch]), BATCH, COUNT, None),
        ("ours, batch of 128", score(reasons=False), BATCH, COUNT, 25),
        ("ours, batch of 128, with reasons", score(reasons=True), BATCH, COUNT, 60),
        ("ours, one alone", score(reasons=False), 1, ALONE, 150),
        ("scikit-learn (char_wb 3-5 hashed, linear), batch of 128", lambda batch: linear.predict_proba(vectorizer.transform(batch)), BATCH, 256, None),
        ("scikit-learn, one alone", lambda batch: linear.predict_proba(vectorizer.transform(batch)), 1, 50, None),
    )  # fmt: skip
    times: list[list[float]] = [[] for _ in measured]
    for number in range(args.rounds + 1):
        for found, (_, work, batch, count, _) in zip(times, measured, strict=True):
            one = microseconds(work, some[:count], batch)
            if number:  # the first round warms up
                found.append(one)
    print(
        f"scoring: {machine()}; core {CORE}, {np.mean([len(text) for text in some]):.0f} characters, model {classifier.version}"
    )
    print(f"{'µs a comment':<58}{'median':>8}{'least':>8}{'most':>8}{'bar':>6}")
    met = True
    for found, (name, _, _, _, bar) in zip(times, measured, strict=True):
        middle = statistics.median(found)
        met &= bar is None or middle <= bar
        print(f"{name:<58}{middle:>8.1f}{min(found):>8.1f}{max(found):>8.1f}{f'{bar:g}' if bar else '':>6}")
    floor, ours, theirs = (statistics.median(times[place]) for place in (0, 1, 4))
    print(
        f"ours takes {ours / floor:.1f} times the floor; scikit-learn takes {theirs / ours:.1f} times as long as ours"
    )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
