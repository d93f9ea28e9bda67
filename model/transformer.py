"""The hashed n-grams as a scikit-learn transformer: for pipelines, cross-validation and ``partial_fit``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from scipy.sparse import csr_matrix, vstack
from sklearn.base import BaseEstimator, TransformerMixin

from model.features import BUCKETS, matrix, view_of

CHUNK: Final = 2_000  # texts hashed together


class HashedFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Texts -> csr_matrix, n x BUCKETS, float32. It has nothing to learn, so nothing leaks.

    >>> make_pipeline(HashedFeatures(), LogisticRegression()).fit(["buy now!!!", "a fair point"], [1, 0])
    """

    def fit(self, texts: Sequence[str], labels: Any = None) -> HashedFeatures:
        """Does nothing, as the interface asks."""
        return self

    def partial_fit(self, texts: Sequence[str], labels: Any = None) -> HashedFeatures:
        """Does nothing: a stream of batches needs no first look at them."""
        return self

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """The features of each text."""
        views = [view_of(text) for text in texts]
        parts = [matrix(views[start : start + CHUNK]) for start in range(0, len(views), CHUNK)]
        found: csr_matrix = vstack(parts, format="csr") if parts else csr_matrix((0, BUCKETS))
        return found

    def __sklearn_is_fitted__(self) -> bool:
        return True
