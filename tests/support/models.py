"""Small valid models, each with scores of its own for any text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from model import artifact
from model.features import BUCKETS
from model.scoring import MAX_WEIGHT, PARTS, Calibration, Head
from model.signals import GROUPS


def write_model(folder: Path, seed: int, *heads: str) -> str:
    """Writes a model whose weights are chance, by default with both heads; returns its version."""
    chance = np.random.default_rng(seed)
    made = {name: _head(chance) for name in heads or artifact.HEADS}
    return str(artifact.save(folder, made, {"created": "2026-01-01"})["version"])


def _head(chance: np.random.Generator) -> Head:
    weights = chance.integers(-MAX_WEIGHT, MAX_WEIGHT, BUCKETS, dtype=np.int16)
    parts = np.array([float(part == "text") for part in PARTS])
    return Head(weights, 4 / MAX_WEIGHT, 24, parts, (), 0.0, (Calibration(1.0, 0.0),) * len(GROUPS))


def change_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Spoils a model's manifest."""
    path = folder / artifact.MANIFEST
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), "utf-8")
