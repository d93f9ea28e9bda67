"""Hashed n-grams: what a naive loop finds, whatever else is in the batch; and as a scikit-learn transformer."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from model.features import BUCKETS, MAX_UNITS, NGRAMS, bucket_of, extract, matrix, view_of
from model.transformer import CHUNK, HashedFeatures
from tests.model.samples import HOSTILE, random_texts

# The hash is a part of the artifact's schema: who changes it makes every trained model worthless.
FACTORS = {2: 0x9E3779B97F4A7C15, 4: 0xD6E8FEB86659FD93, 6: 0xA0761D6478BD642F}
MIX = 0xE7037ED1A0B428DB
ALL = (1 << 64) - 1

TEXTS = [
    "", "a", "ab", "ab cd", "the quick brown fox", "soooo goooood", "aaa", "aa a", "   x    ", "...", "ж", "дом у моря", "日本語です", "שלום",
    "😀", "😀😀😀😀", "a😀😀b", "𝐚𝐛", "a\0b", "\0", "\0\0\0\0", "\ud800", "x\ud83d", "11111", "10000000", "w" * 100, "  ", "\n\n\n\n",
    *random_texts(60, 1),
]  # fmt: skip


def units_of(text: str) -> list[int]:
    """The UTF-16 units of a text between two spaces; the third and later of a run are dropped, but for zeros."""
    data = f" {text} ".encode("utf-16-le", "surrogatepass")
    found: list[int] = []
    units = [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]
    for place, unit in enumerate(units):
        if place < 2 or not unit or {unit} != {*units[place - 2 : place]}:
            found.append(unit)
    return found


def number(units: list[int], place: int, count: int) -> int:
    """Some units from a place on as one integer, the first lowest; zeros follow the text."""
    some = [*units, *[0] * 8][place : place + count]
    return sum(unit << 16 * power for power, unit in enumerate(some))


def naive_bucket(units: list[int], place: int, size: int) -> int:
    """The bucket of the n-gram that begins at a place."""
    if size == 6:
        mixed = number(units, place, 4) * FACTORS[6] & ALL
        mixed ^= mixed >> 32
        mixed = (mixed + number(units, place + 2, 4)) * MIX & ALL
    else:
        mixed = number(units, place, size) * FACTORS[size] & ALL
    return mixed >> 44


def naive(text: str) -> list[list[int]]:
    """The buckets of a text, by size of n-gram and place."""
    units = units_of(text)
    return [[naive_bucket(units, place, size) for place in range(len(units))] for size in NGRAMS]


def of_batch(views: list[str]) -> list[list[list[int]]]:
    """The buckets of each text of a batch, by size of n-gram and place."""
    batch = extract(views)
    return [
        [buckets[start : start + length].tolist() for buckets in batch.buckets]
        for start, length in zip(batch.starts.tolist(), batch.lengths.tolist(), strict=True)
    ]


def test_hashes_equal_a_naive_loop() -> None:
    """For each text of a batch: so no n-gram reaches from one text into the next."""
    for text, found in zip(TEXTS, of_batch(TEXTS), strict=True):
        assert found == naive(text), ascii(text)


def test_a_batch_says_where_its_texts_lie() -> None:
    batch = extract(TEXTS)
    for index, text in enumerate(TEXTS):
        start, length = int(batch.starts[index]), int(batch.lengths[index])
        assert batch.units[start : start + length].tolist() == units_of(text)
        assert batch.edges[2 * index : 2 * index + 2].tolist() == [start, start + length]
        assert set(batch.owners(np.arange(start, start + length)).tolist()) == {index}
    spaces = batch.count(batch.units == ord(" "))
    assert spaces.tolist() == [units_of(text).count(ord(" ")) for text in TEXTS]


def test_a_text_has_the_same_ngrams_in_any_batch() -> None:
    together = of_batch(TEXTS)
    assert of_batch(TEXTS[::-1]) == together[::-1]
    for text, found in zip(TEXTS, together, strict=True):
        assert of_batch([text]) == [found]
    assert of_batch([]) == []


def test_of_endless_texts_the_beginning_is_read() -> None:
    for tail in ("x", "y" * 100_000):
        assert of_batch(["ab" * (MAX_UNITS // 2) + tail]) == of_batch(["ab" * (MAX_UNITS // 2)])
    views = [view_of(text) for text in HOSTILE]
    assert int(extract(views).lengths.max()) <= MAX_UNITS + 2, "units, not characters"


def test_bucket_of() -> None:
    assert bucket_of("link") == naive("link")[1][1]
    assert len({bucket_of(gram) for gram in ("link", "linl", "Link", " lin", "knil", "ссыл")}) == 6


def test_the_matrix_counts_what_extract_finds() -> None:
    found = matrix(TEXTS)
    assert found.shape == (len(TEXTS), BUCKETS)
    assert found.dtype == np.float32
    assert found.has_canonical_format
    for index, text in enumerate(TEXTS):
        counts = Counter(bucket for buckets in naive(text) for bucket in buckets)
        row = found[index].tocoo()
        scale = 1 / np.sqrt(counts.total())
        expected = {bucket: pytest.approx(count * scale, rel=1e-6) for bucket, count in counts.items()}
        assert dict(zip(row.col.tolist(), row.data.tolist(), strict=True)) == expected


def test_buckets_are_used_evenly() -> None:
    """A hash that leaves bits unused would collide more: of n different n-grams about n²/2·BUCKETS share a bucket."""
    used = {bucket_of(f"{one:04}") for one in range(0, 10_000, 5)}
    assert len(used) > 2_000 - 20


TOPICS = ("the council met about the bridge on day", "buy cheap pills online now, offer")
ROWS = [f"{TOPICS[place % 2]} {place}" for place in range(40)]
LABELS = [place % 2 for place in range(40)]


def test_in_a_pipeline() -> None:
    pipeline = make_pipeline(HashedFeatures(), LogisticRegression(C=10, solver="liblinear"))
    assert cross_val_score(pipeline, ROWS, LABELS, cv=2).tolist() == [1.0, 1.0]
    fresh = clone(pipeline.fit(ROWS, LABELS))
    assert pipeline.predict(["buy pills", "the bridge"]).tolist() == [1, 0]
    assert fresh.fit(ROWS, LABELS).predict(["buy pills", "the bridge"]).tolist() == [1, 0]


def test_batch_by_batch() -> None:
    features, model = HashedFeatures(), SGDClassifier(random_state=1)
    for start in range(0, len(ROWS), 8):
        some = slice(start, start + 8)
        model.partial_fit(
            features.partial_fit(ROWS[some]).transform(ROWS[some]), LABELS[some], classes=[0, 1]
        )
    assert model.predict(features.transform(["buy pills", "the bridge"])).tolist() == [1, 0]


def test_the_transformer_folds_and_cuts_into_chunks() -> None:
    folded = HashedFeatures().fit_transform(["ｖｉａｇｒａ", "VIAGRA", "viagra"]).toarray()
    assert (folded[0] == folded[2]).all()
    assert (folded[1] == folded[2]).all()
    many = [str(place) for place in range(CHUNK + 1)]
    assert abs(HashedFeatures().transform(many) - matrix(many)).nnz == 0
    assert HashedFeatures().transform([]).shape == (0, BUCKETS)
