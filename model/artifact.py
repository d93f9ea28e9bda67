"""A model on disk: a JSON manifest and plain arrays. Size and hash are checked before an array is parsed."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.features import BUCKETS, CHAR_BITS, NGRAMS, SIGNALS, WORD_BITS

SHIPPED: Final = Path(__file__).parent / "artifacts"
SCHEMA: Final[dict[str, Any]] = {
    "char_bits": CHAR_BITS, "word_bits": WORD_BITS, "ngrams": list(NGRAMS), "signals": list(SIGNALS), "version": 1,
}  # fmt: skip
MAX_MANIFEST: Final = 1 << 20  # bytes
MAX_ARRAY: Final = 16 << 20  # bytes
FORMAT: Final = 1


class ArtifactError(Exception):
    """A model that is not fit to be used; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Head:
    """One attribute: p = sigmoid(slope * (x . weights + intercept) + shift); ``weights`` has BUCKETS + signals."""

    weights: NDArray[np.float32]
    intercept: float
    slope: float
    shift: float


@dataclass(frozen=True, slots=True)
class Artifact:
    """A loaded model."""

    manifest: dict[str, Any]
    heads: dict[str, Head]

    @property
    def version(self) -> str:
        """The date and a hash of the content."""
        return str(self.manifest["version"])


def save(folder: Path, heads: dict[str, Head], about: dict[str, Any]) -> dict[str, Any]:
    """Writes a model and returns its manifest; ``about`` is added to it (created, sources, figures)."""
    folder.mkdir(parents=True, exist_ok=True)
    described: dict[str, Any] = {}
    for name, head in heads.items():
        buffer = io.BytesIO()
        np.save(buffer, head.weights.astype(np.float16), allow_pickle=False)
        data = buffer.getvalue()
        (folder / f"{name}.npy").write_bytes(data)
        described[name] = {
            "file": f"{name}.npy",
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "intercept": head.intercept,
            "slope": head.slope,
            "shift": head.shift,
        }
    content = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
    version = f"{about['created'].replace('-', '.')}-{content[:8]}"
    manifest = {"format": FORMAT, "version": version, "schema": SCHEMA, "heads": described, **about}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return manifest


def load(folder: Path | None = None) -> Artifact:
    """Reads and checks a model (None: the shipped one); raises ArtifactError."""
    where = folder or SHIPPED
    manifest = _manifest(where)
    if manifest.get("format") != FORMAT or manifest.get("schema") != SCHEMA:
        raise ArtifactError(
            "The model was made for another release: its format or feature schema is not ours."
        )
    described = manifest.get("heads")
    if not isinstance(described, dict) or "spam" not in described:
        raise ArtifactError("The model has no head for spam.")
    return Artifact(manifest, {name: _head(where, about) for name, about in described.items()})


def _manifest(folder: Path) -> dict[str, Any]:
    data = _read(folder / "manifest.json", MAX_MANIFEST)
    try:
        manifest = json.loads(data)
    except (ValueError, RecursionError) as failure:
        raise ArtifactError("The model's manifest is not JSON.") from failure
    if not isinstance(manifest, dict) or not isinstance(manifest.get("version"), str):
        raise ArtifactError("The model's manifest has no version.")
    return manifest


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as failure:
        raise ArtifactError(f"The model's file {path.name} cannot be read ({failure.strerror}).") from failure
    if len(data) > limit:
        raise ArtifactError(f"The model's file {path.name} is larger than it may be.")
    return data


def _head(folder: Path, about: Any) -> Head:
    try:
        name, size, digest = str(about["file"]), int(about["bytes"]), str(about["sha256"])
        numbers = [float(about[key]) for key in ("intercept", "slope", "shift")]
    except (KeyError, TypeError, ValueError) as failure:
        raise ArtifactError("A head of the model is not described in full.") from failure
    if Path(name).name != name or not name.endswith(".npy"):
        raise ArtifactError("A head of the model names a file outside its folder.")
    if not 0 < size <= MAX_ARRAY:
        raise ArtifactError(f"The model's file {name} is larger than it may be.")
    data = _read(folder / name, size)
    if len(data) != size or hashlib.sha256(data).hexdigest() != digest:
        raise ArtifactError(f"The model's file {name} is not the one that its manifest describes.")
    return Head(_weights(name, data), *_finite(numbers))


def _finite(numbers: list[float]) -> list[float]:
    if not np.isfinite(numbers).all():
        raise ArtifactError("A head of the model has a number that is not finite.")
    return numbers


def _weights(name: str, data: bytes) -> NDArray[np.float32]:
    try:
        # The plain format alone: np.load would also open zip files, and so their bombs.
        array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError) as failure:
        raise ArtifactError(f"The model's file {name} is no array.") from failure
    if (
        not isinstance(array, np.ndarray)
        or array.shape != (BUCKETS + len(SIGNALS),)
        or array.dtype != np.float16
    ):
        raise ArtifactError(f"The array in {name} has another shape or type than it should have.")
    weights: NDArray[np.float32] = array.astype(np.float32)
    if not np.isfinite(weights).all():
        raise ArtifactError(f"The array in {name} has numbers that are not finite.")
    return weights
