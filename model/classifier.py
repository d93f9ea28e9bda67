"""The one face of the classifier: load a model, score a batch, say why. Knows nothing of the service; NumPy only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from model import artifact
from model.features import Document
from model.normalise import BACKWARDS, Folded, fold, fold_text, shorten, shorten_text, turn, undo
from model.reasons import EXPLAIN_FROM, Reason, explain, told
from model.scoring import Weights
from model.signals import Cues, groups, signals, suspects

__all__ = ["Classifier", "Document", "Reason", "Verdict"]

CHUNK: Final = 128  # texts hashed together: their arrays stay in the core's cache
SAME: Final = 1e-9  # of a probability: what rounding makes of it must not choose the reasons
CERTAIN: Final = 5.0  # log-odds of spam from which a text is not read a second time


class Verdict(NamedTuple):
    """Calibrated probabilities by attribute, and the reasons for a high one, strongest first."""

    scores: dict[str, float]
    reasons: tuple[Reason, ...]


class Classifier:
    """A loaded model."""

    def __init__(self, loaded: artifact.Artifact) -> None:
        self._weights = Weights(loaded.heads)
        self._explain_from = np.array([[EXPLAIN_FROM[name]] for name in loaded.heads])
        self.version = loaded.version
        self.attributes = tuple(loaded.heads)

    @classmethod
    def load(cls, path: Path | None = None) -> Classifier:
        """The model in a folder (None: the shipped one); raises model.artifact.ArtifactError."""
        return cls(artifact.load(path))

    def score(self, documents: Sequence[Document], *, reasons: bool = True) -> list[Verdict]:
        """One verdict for each document, in order; the same document scores the same in any batch."""
        found: list[Verdict] = []
        for start in range(0, len(documents), CHUNK):
            found += self._score(documents[start : start + CHUNK], reasons=reasons)
        return found

    def _score(self, documents: Sequence[Document], *, reasons: bool) -> list[Verdict]:
        weights = self._weights
        folded = [fold_text(document.text) for document in documents]
        view = weights.read([shorten_text(text) for text in folded])
        cues = Cues(view.batch)
        signalled = signals(documents, folded, view.batch, cues)
        group = groups(view.batch, cues)
        parts = view.parts(signalled)
        odds = weights.odds(parts)

        # A text that may hide its words is read once more with what hides them undone; the higher score counts.
        doubtful = {row: apart for row, apart in suspects(view.batch).items() if odds[0, row] < CERTAIN}
        undone = _undone(documents, folded, doubtful)
        probabilities = weights.probabilities(odds, group)
        if undone:
            rows = list(undone)
            second = weights.read([one.text for one in undone.values()])
            other = second.parts(signalled[rows])
            groups_undone = groups(second.batch, Cues(second.batch))
            better = weights.probabilities(weights.odds(other), groups_undone)
            hidden = better > probabilities[:, rows] + SAME
            probabilities[:, rows] = np.maximum(probabilities[:, rows], better)

        names = weights.names
        found = [Verdict(dict(zip(names, column, strict=True)), ()) for column in probabilities.T.tolist()]
        if not reasons:
            return found
        to_explain = probabilities >= self._explain_from
        for index in np.flatnonzero(to_explain.any(axis=0)).tolist():
            text = documents[index].text
            plain = fold(text)
            first = unmasked = None
            why: list[Reason] = []
            for head in np.flatnonzero(to_explain[:, index]).tolist():
                name = names[head]
                if index in undone and hidden[head, rows.index(index)]:
                    place = rows.index(index)
                    form = undone[index] if BACKWARDS in text else undone[index].of(plain)
                    unmasked = unmasked or told(text, plain, form, second, place, disguised=True)
                    why += explain(unmasked, name, int(groups_undone[place]), other[head][place])
                else:
                    first = first or told(text, plain, shorten(plain), view, index)
                    why += explain(first, name, int(group[index]), parts[head][index])
            found[index] = Verdict(found[index].scores, tuple(sorted(why, key=lambda one: -one.weight)))
        return found


def _undone(
    documents: Sequence[Document], folded: Sequence[str], rows: Mapping[int, bool]
) -> dict[int, Folded]:
    """The texts that read otherwise with what hides their words undone, with offsets into the folded ones.

    ``rows``: those that may, and whether by letters kept apart. Texts that are written backwards have offsets into the original.
    """
    found = {}
    for index, apart in rows.items():
        plain = folded[index]
        other = undo(Folded(plain, range(len(plain) + 1)), apart=apart)
        if other.text != plain:
            found[index] = shorten(other)
    for index, document in enumerate(documents):
        if BACKWARDS in document.text:
            found[index] = shorten(undo(turn(document.text)))
    return found
