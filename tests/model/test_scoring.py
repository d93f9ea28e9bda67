"""From weights to probabilities: what a naive loop finds, for one head or two, in any batch, order and process."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from model.classifier import CHUNK, Classifier, Document
from model.features import MAX_UNITS, NGRAMS, extract
from model.normalise import fold, shorten, undo
from model.scoring import MAX_WEIGHT, PARTS, STEP, TEXT_PARTS, Head, Hinge, Weights
from model.signals import GROUPS, SIGNALS, Cues, groups, signals
from tests.model.samples import HAM, SPAM, random_head, random_texts

TEXTS: Final = [
    "", "a", "ab cd", HAM, SPAM, "soooo goooood", "дом у моря", "😀😀 x", HAM * 5, " ".join([SPAM, HAM] * 8), "日本語です", *random_texts(40, 2),
]  # fmt: skip


def some_signals(count: int) -> NDArray[np.float64]:
    return np.random.default_rng(3).uniform(0, 2, (count, len(SIGNALS)))


def naive_parts(view: str, head: Head, signalled: NDArray[np.float64]) -> list[float]:
    """The parts of one text, by loops."""
    batch = extract([view])
    start, length = int(batch.starts[0]), int(batch.lengths[0])
    grams = [
        sum(int(head.weights[buckets[place]]) for buckets in batch.buckets)
        for place in range(start, start + length)
    ]
    best = max(sum(grams[place : place + head.peak]) for place in range(0, length, STEP))
    text, peak = (
        total * head.step / (len(NGRAMS) * size) ** 0.5
        for total, size in ((sum(grams), length), (best, min(head.peak, length)))
    )
    return [text, peak, float(np.log(length)), *signalled.tolist()]


def naive_odds(parts: list[float], head: Head) -> float:
    """The log-odds of the parts of one text, by loops."""
    weights: list[float] = head.parts.tolist()
    found = head.intercept + sum(part * weight for part, weight in zip(parts, weights, strict=True))
    for hinge in head.hinges:
        found += hinge.weight * max(0.0, parts[PARTS.index(hinge.part)] - hinge.knot)
    return found


def test_parts_and_odds_equal_a_naive_loop() -> None:
    heads = {"spam": random_head(1), "toxicity": random_head(2)}
    signalled = some_signals(len(TEXTS))
    weights = Weights(heads)
    found = weights.read(TEXTS).parts(signalled)
    for head, parts, odds in zip(heads.values(), found, weights.odds(found), strict=True):
        expected = [naive_parts(text, head, signalled[index]) for index, text in enumerate(TEXTS)]
        assert np.allclose(parts, expected, rtol=1e-12, atol=1e-12)
        assert np.allclose(odds, [naive_odds(one, head) for one in expected], rtol=1e-12)
        assert np.allclose(head.odds(parts), odds, rtol=1e-12)


@pytest.mark.parametrize("extreme", [(1, 1), (1, -1), (-1, 1), (-1, -1)])
def test_two_heads_in_one_look_are_each_what_it_is_alone(extreme: tuple[int, int]) -> None:
    """Also where every weight is as large as it may be: no head borrows from the other."""
    first, second = random_head(1), random_head(2)
    for head, side in zip((first, second), extreme, strict=True):
        head.weights[::2] = side * MAX_WEIGHT
    signalled = some_signals(len(TEXTS))
    together = Weights({"spam": first, "toxicity": second}).read(TEXTS).parts(signalled)
    for head, parts in zip((first, second), together, strict=True):
        (alone,) = Weights({"spam": head}).read(TEXTS).parts(signalled)
        assert (alone == parts).all()


@pytest.mark.parametrize("text", ["ab" * (MAX_UNITS // 2), "😀" * MAX_UNITS], ids=["letters", "pairs"])
@pytest.mark.parametrize("side", [1, -1])
def test_running_sums_may_wrap(text: str, side: int) -> None:
    """Of 32 bits, over a batch of long texts; what they are for, differences within a text, is right."""
    head = random_head(1)
    head.weights[:] = side * MAX_WEIGHT
    (parts,) = Weights({"spam": head}).read([text] * 4).parts(some_signals(4))
    length = int(extract([text]).lengths[0])
    total = side * MAX_WEIGHT * len(NGRAMS) * length * head.step / (len(NGRAMS) * length) ** 0.5
    assert np.allclose(parts[:, 0], total, rtol=1e-12)
    assert len(set(map(tuple, parts[:, : len(TEXT_PARTS)].tolist()))) == 1


def test_peaks_are_not_sought_where_no_head_counts_them() -> None:
    signalled = some_signals(len(TEXTS))
    plain, sharp = random_head(1, peaks=False), random_head(2)
    assert (plain.peaked, sharp.peaked) == (False, True)
    bent_only = dataclasses.replace(plain, hinges=(Hinge("peak", 0.0, 1.0),))
    assert bent_only.peaked
    (parts,) = Weights({"spam": plain}).read(TEXTS).parts(signalled)
    assert not parts[:, 1 : len(TEXT_PARTS)].any()
    expected = [
        naive_odds(naive_parts(text, plain, signalled[index]), plain) for index, text in enumerate(TEXTS)
    ]
    assert np.allclose(plain.odds(parts), expected, rtol=1e-12)
    beside, _ = Weights({"spam": plain, "toxicity": sharp}).read(TEXTS).parts(signalled)
    assert (plain.odds(beside) == plain.odds(parts)).all()


def test_slopes_times_parts_are_what_the_parts_bring() -> None:
    head = random_head(5, hinges=12)
    chance = np.random.default_rng(6)
    nothing = float(head.odds(np.zeros((1, len(PARTS))))[0])
    for scale in (1e-12, 0.1, 1.0, 10.0):
        for _ in range(20):
            parts = scale * chance.normal(size=len(PARTS))
            brought = float(head.odds(parts[None])[0]) - nothing
            assert np.isclose(head.slopes(parts) @ parts, brought, atol=1e-9)


def test_probabilities_are_calibrated_by_group() -> None:
    heads = {"spam": random_head(1), "toxicity": random_head(2)}
    odds = np.array([[-1e9, -3.0, 0.0, 2.0, 1e9, 0.5], [1e9, 1.0, 0.0, -1.0, -1e9, 4.0]])
    group = np.array([0, 3, 1, 1, 2, 2])
    found = Weights(heads).probabilities(odds, group)
    for row, head, values in zip(found.tolist(), heads.values(), odds.tolist(), strict=True):
        for probability, value, place in zip(row, values, group.tolist(), strict=True):
            one = head.calibrations[place]
            expected = 1 / (1 + np.exp(-min(30.0, max(-30.0, one.slope * value + one.shift))))
            assert probability == pytest.approx(expected, rel=1e-12)
    assert len(GROUPS) == group.max() + 1


def scores(classifier: Classifier, documents: list[Document]) -> NDArray[np.float64]:
    return np.array([list(verdict.scores.values()) for verdict in classifier.score(documents, reasons=False)])


DOCUMENTS: Final = [
    Document(SPAM, author_name="Best Cheap Loans Online", author_url="http://x.example"),
    Document(HAM, article_title="The cycle lane and the mayor"),
    Document("V1agra f r e e   p i l l s"),
    Document("a" * 70_000),
    *map(Document, TEXTS),
]


def test_the_same_text_scores_the_same_in_any_batch_and_order(shipped: Classifier) -> None:
    alone = np.concatenate([scores(shipped, [document]) for document in DOCUMENTS])
    together = scores(shipped, DOCUMENTS * 3)
    assert len(together) > CHUNK, "more than one chunk"
    assert np.abs(together - np.tile(alone, (3, 1))).max() <= 1e-9
    assert np.abs(scores(shipped, DOCUMENTS[::-1]) - alone[::-1]).max() <= 1e-9
    for document, verdict in zip(DOCUMENTS, shipped.score(DOCUMENTS), strict=True):
        (one,) = shipped.score([document])
        assert [(why.code, why.spans) for why in verdict.reasons] == [
            (why.code, why.spans) for why in one.reasons
        ]


def test_the_same_text_scores_the_same_in_another_process(shipped: Classifier) -> None:
    documents = [document for document in DOCUMENTS if document.text.isprintable()]
    code = (
        "import json, sys; from model.classifier import *; model = Classifier.load(); "
        "print(json.dumps([model.score([Document(*one)])[0].scores for one in json.load(sys.stdin)]))"
    )
    rows = json.dumps([dataclasses.astuple(document) for document in documents])
    done = subprocess.run(
        [sys.executable, "-c", code], input=rows, capture_output=True, text=True, check=True
    )
    found = np.array([list(one.values()) for one in json.loads(done.stdout)])
    assert np.abs(found - scores(shipped, documents)).max() <= 1e-9


def test_more_of_what_speaks_for_an_attribute_never_lowers_it(shipped: Classifier) -> None:
    """Wherever a text's parts lie: else the worst would score below the bad, and no word of it could be named."""
    for name, head in zip(shipped.attributes, shipped._weights.heads, strict=True):
        for part in TEXT_PARTS:
            slope = float(head.parts[PARTS.index(part)])
            for hinge in sorted(head.hinges, key=lambda one: one.knot):
                slope += hinge.weight if hinge.part == part else 0
                assert slope >= 0, f"{name}: {part} beyond {hinge.knot}"


def test_obvious_cases(shipped: Classifier) -> None:
    spam, ham, channel = scores(
        shipped, [Document(SPAM), Document(HAM), Document("Check out my channel please, subscribe!!!")]
    )
    assert spam[0] > 0.9
    assert ham[0] < 0.1
    assert channel[0] > 0.5
    assert shipped.score([]) == []
    assert shipped.attributes == ("spam", "toxicity")


@pytest.mark.parametrize(
    "text",
    ["buy che4p v1agra at the ph4rmacy", "f r e e   m o n e y for everyone", "the bus was l8te agaaaaain"],
)
def test_the_higher_of_two_readings_counts(shipped: Classifier, text: str) -> None:
    """A text that may hide its words is read as it is and with its disguise undone."""
    plain, weights = fold(text), shipped._weights
    views = [shorten(plain).text, shorten(undo(plain)).text]
    assert views[0] != views[1]
    batch = extract(views[:1])
    cues = Cues(batch)
    signalled = signals([Document(text)], [plain.text], batch, cues).repeat(2, axis=0)
    odds = weights.odds(weights.read(views).parts(signalled))
    expected = weights.probabilities(odds.max(axis=1, keepdims=True), groups(batch, cues))
    assert np.allclose(scores(shipped, [Document(text)]), expected[:, 0], rtol=1e-12)
