"""The one face of the classifier: load a model, score a batch, say why. Knows nothing of the service; NumPy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model import artifact
from model.features import BUCKETS, CONTACT, LINK, MONEY, NGRAMS, SIGNALS, Batch, extract, scales
from model.normalise import fold

EXPLAIN_FROM: Final = 0.2  # below this there is nothing to explain
MAX_WORDS: Final = 4  # words named in one reason
MIN_SHARE: Final = 0.05  # of the log-odds: a weaker part is no reason
MAX_EXPLAINED: Final = 5_000  # characters of a text that are searched for links and contacts


@dataclass(frozen=True, slots=True)
class Document:
    """What is judged; only the text is required."""

    text: str
    author_name: str = ""
    author_url: str = ""
    article_title: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """What pushes a score up: one sentence, its share of the log-odds, half-open character ranges in the text."""

    code: str
    text: str
    weight: float
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Calibrated probabilities by attribute, and the reasons for a high one, strongest first."""

    scores: dict[str, float]
    reasons: tuple[Reason, ...]


class Classifier:
    """A loaded model."""

    def __init__(self, loaded: artifact.Artifact) -> None:
        self._heads = loaded.heads
        self.version = loaded.version
        self.attributes = tuple(loaded.heads)

    @classmethod
    def load(cls, path: Path | None = None) -> Classifier:
        """The model in a folder (None: the shipped one); raises model.artifact.ArtifactError."""
        return cls(artifact.load(path))

    def score(self, documents: Sequence[Document], *, reasons: bool = True) -> list[Verdict]:
        """One verdict for each document, in order; the same document scores the same in any batch."""
        if not documents:
            return []
        batch = extract(documents)
        probabilities = {name: self._probabilities(batch, head) for name, head in self._heads.items()}
        found = []
        for index, document in enumerate(documents):
            scores = {name: float(column[index]) for name, column in probabilities.items()}
            explained = reasons and scores["spam"] >= EXPLAIN_FROM
            why = _reasons(batch, index, document, self._heads["spam"]) if explained else ()
            found.append(Verdict(scores, why))
        return found

    def _probabilities(self, batch: Batch, head: artifact.Head) -> NDArray[np.float64]:
        margin = _sums(batch, head.weights) + head.intercept
        odds: NDArray[np.float64] = head.slope * margin + head.shift
        return 1 / (1 + np.exp(-np.clip(odds, -30, 30)))


def _sums(batch: Batch, weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """X . weights for each document, without building x. Sums run in float64: the same in any batch to 1e-12."""
    chars = weights[batch.chars].sum(axis=0, dtype=np.float64)
    by_chars = np.add.reduceat(chars, batch.starts)
    same = batch.word_doc[1:] == batch.word_doc[:-1]
    words = weights[batch.words].astype(np.float64)
    words[:-1][same] += weights[batch.pairs[same]]
    by_words = np.bincount(batch.word_doc, words, minlength=batch.starts.size)
    char_scale, word_scale = scales(batch)
    signals: NDArray[np.float64] = batch.signals.astype(np.float64) @ weights[BUCKETS:].astype(np.float64)
    return by_chars * char_scale + by_words * word_scale + signals


def _reasons(batch: Batch, index: int, document: Document, head: artifact.Head) -> tuple[Reason, ...]:
    """The parts of the text and the signals that push the score up, as sentences, strongest first."""
    shares, spans = _word_shares(batch, index, document.text, head)
    taken = [False] * len(spans)
    found = []
    for code, pattern, sentence in _KINDS:
        places = [match.span() for match in pattern.finditer(document.text[:MAX_EXPLAINED])][:10]
        weight = _signal(batch, index, head, _SIGNAL_OF[code])
        for number, (start, end) in enumerate(spans):
            if not taken[number] and any(start < stop and begin < end for begin, stop in places):
                taken[number] = True
                weight += shares[number]
        if places and weight >= MIN_SHARE:
            named = ", ".join(f"“{_shown(document.text[start:end])}”" for start, end in places[:2])
            found.append(Reason(code, sentence.format(named=named), round(weight, 3), tuple(places)))
    found += _words_reason(document.text, shares, spans, taken)
    for name, sentence in _PLAIN.items():
        weight = _signal(batch, index, head, name)
        if weight >= MIN_SHARE:
            found.append(Reason("model_" + name, sentence, round(weight, 3), ()))
    return tuple(sorted(found, key=lambda reason: -reason.weight))


_KINDS: Final = (
    ("model_link", LINK, "It links to {named}, as spam often does."),
    ("model_contact", CONTACT, "It gives a way to make contact elsewhere: {named}."),
    ("model_money", MONEY, "It names an amount of money: {named}."),
)
_SIGNAL_OF: Final = {"model_link": "links", "model_contact": "contact", "model_money": "money"}
_PLAIN: Final = {
    "capitals": "Much of it is in capitals.",
    "exclamation": "It has many exclamation marks.",
    "unseen": "It hides letters behind look-alike or invisible characters.",
    "emoji": "It has many emoji.",
    "author_url": "The author gives a web page.",
    "digits": "It has many digits.",
}


def _signal(batch: Batch, index: int, head: artifact.Head, name: str) -> float:
    column = SIGNALS.index(name)
    return float(batch.signals[index, column] * head.weights[BUCKETS + column]) * head.slope


def _words_reason(
    text: str, shares: list[float], spans: list[tuple[int, int]], taken: list[bool]
) -> list[Reason]:
    best = sorted((number for number in range(len(spans)) if not taken[number]), key=lambda one: -shares[one])
    chosen = [number for number in best[:MAX_WORDS] if shares[number] >= MIN_SHARE]
    if not chosen:
        return []
    named = ", ".join(f"“{_shown(text[slice(*spans[number])])}”" for number in chosen)
    noun = "word" if len(chosen) == 1 else "words"
    verb = "is" if len(chosen) == 1 else "are"
    weight = round(sum(shares[number] for number in chosen), 3)
    places = tuple(sorted(spans[number] for number in chosen))
    return [Reason("model_words", f"The {noun} {named} {verb} typical of spam.", weight, places)]


def _shown(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"  # a sentence, not a quotation


def _word_shares(
    batch: Batch, index: int, text: str, head: artifact.Head
) -> tuple[list[float], list[tuple[int, int]]]:
    """Each word's exact share of the log-odds (its own, its pairs', its characters') and its range in the original."""
    start = int(batch.starts[index])
    end = int(batch.starts[index + 1]) if index + 1 < batch.starts.size else batch.data.size
    first, last = np.searchsorted(batch.word_doc, [index, index + 1])
    if first == last:
        return [], []
    char_scale, word_scale = (scale[index] for scale in scales(batch))
    weights = head.weights
    begin, stop = batch.word_from[first:last] - start, batch.word_to[first:last] - start
    shares = weights[batch.words[first:last]].astype(np.float64) * word_scale
    pairs = weights[batch.pairs[first : last - 1]].astype(np.float64) * word_scale / 2
    shares[:-1] += pairs
    shares[1:] += pairs
    # An n-gram belongs to the word in which its middle byte lies.
    running = np.zeros(end - start + 1)
    for row, length in enumerate(NGRAMS):
        each = weights[batch.chars[row, start:end]].astype(np.float64) * char_scale
        shifted = np.concatenate((np.zeros(length // 2), each[: each.size - length // 2]))
        running[1:] += np.cumsum(shifted)
    shares += running[stop] - running[begin]
    return (shares * head.slope).tolist(), _original(batch, index, text, begin, stop)


def _original(
    batch: Batch, index: int, text: str, begin: NDArray[np.int64], stop: NDArray[np.int64]
) -> list[tuple[int, int]]:
    """Byte ranges in the folded document (after its leading space) as character ranges in the original."""
    data = batch.folded[index].encode("utf-8", "replace")
    head = np.frombuffer(data, dtype=np.uint8) & 0xC0 != 0x80  # a character's first byte
    character = np.concatenate(([0], np.cumsum(head)))
    offsets = fold(text).offsets
    found = []
    for low, high in zip(character[begin - 1], character[stop - 1], strict=True):
        found.append((int(offsets[low]), int(offsets[high - 1]) + 1))
    return found
