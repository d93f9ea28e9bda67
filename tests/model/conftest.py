"""The shipped model, loaded once."""

from __future__ import annotations

import pytest

from model.classifier import Classifier


@pytest.fixture(scope="session")
def shipped() -> Classifier:
    """The model in model/artifacts."""
    return Classifier.load()
