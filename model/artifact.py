"""A model on disk: a JSON manifest and plain arrays. Size and hash are checked before an array is parsed."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.features import BITS, BUCKETS, NGRAMS
from model.scoring import MAX_HEADS, MAX_WEIGHT, PARTS, TEXT_PARTS, Calibration, Head, Hinge
from model.signals import GROUPS

SHIPPED: Final = Path(__file__).parent / "artifacts"
SCHEMA: Final[dict[str, Any]] = {
    "version": 4, "bits": BITS, "ngrams": list(NGRAMS), "parts": list(PARTS), "groups": list(GROUPS),
}  # fmt: skip
HEADS: Final = ("spam", "toxicity")  # the attributes a model may have; the first it must have
MANIFEST: Final = "manifest.json"
MAX_MANIFEST: Final = 1 << 20  # bytes
MAX_ARRAY: Final = 16 << 20  # bytes
MAX_HINGES: Final = 100
MAX_PEAK: Final = 4096
MAX_NUMBER: Final = 1e6  # of weights and knots: with larger ones a score might be no number
FORMAT: Final = 3
_FILE: Final = re.compile(r"[a-z_]{1,40}\.npy")

assert len(HEADS) <= MAX_HEADS


class ArtifactError(Exception):
    """A model that is not fit to be used; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A loaded model."""

    manifest: dict[str, Any]
    heads: dict[str, Head]

    @property
    def version(self) -> str:
        """The date and a hash of the content."""
        return str(self.manifest["version"])


def quantise(coefficients: NDArray[np.float64]) -> tuple[NDArray[np.int16], float]:
    """Weights of the buckets as whole numbers of a step: sums of them are exact in any order."""
    step = max(float(np.abs(coefficients).max(initial=0.0)) / MAX_WEIGHT, 1e-12)
    return np.rint(coefficients / step).astype(np.int16), step


def save(folder: Path, heads: Mapping[str, Head], about: Mapping[str, Any]) -> dict[str, Any]:
    """Writes a model and returns its manifest; ``about`` is added to it (created, sources, figures).

    The manifest goes last and at once, so that who reads meanwhile finds the old model, the new one, or is refused by a
    hash; never a mixture.
    """
    folder.mkdir(parents=True, exist_ok=True)
    described: dict[str, Any] = {}
    for name, head in heads.items():
        buffer = io.BytesIO()
        np.save(buffer, head.weights, allow_pickle=False)
        data = buffer.getvalue()
        _write(folder / f"{name}.npy", data)
        described[name] = {
            "file": f"{name}.npy",
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
            "step": head.step,
            "peak": head.peak,
            "intercept": head.intercept,
            "parts": dict(zip(PARTS, head.parts.tolist(), strict=True)),
            "hinges": [[hinge.part, hinge.knot, hinge.weight] for hinge in head.hinges],
            "calibration": {
                group: [one.slope, one.shift] for group, one in zip(GROUPS, head.calibrations, strict=True)
            },
        }
    version = f"{about['created'].replace('-', '.')}-{_digest(described)}"
    manifest = {"format": FORMAT, "version": version, "schema": SCHEMA, "heads": described, **about}
    _write(folder / MANIFEST, _as_json(manifest))
    return manifest


def describe(folder: Path, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Writes other figures into a model's manifest, and returns it; its version is that of its content and stays."""
    manifest = {**load(folder).manifest, "figures": figures}
    _write(folder / MANIFEST, _as_json(manifest))
    return manifest


def _as_json(manifest: Mapping[str, Any]) -> bytes:
    return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()


def _digest(described: dict[str, Any]) -> str:
    """What ends a version: it tells models apart that were made on one day."""
    return hashlib.sha256(json.dumps([SCHEMA, described], sort_keys=True).encode()).hexdigest()[:8]


def _write(path: Path, data: bytes) -> None:
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(data)
    beside.replace(path)


def load(folder: Path | None = None) -> Artifact:
    """Reads and checks a model (None: the shipped one); raises ArtifactError."""
    where = folder or SHIPPED
    manifest = read_manifest(where)
    if manifest.get("format") != FORMAT or manifest.get("schema") != SCHEMA:
        raise ArtifactError(
            "The model was made for another release: its format or feature schema is not ours. Train it again with "
            "`python -m model train`."
        )
    described = manifest.get("heads")
    if not isinstance(described, dict) or HEADS[0] not in described or not set(described) <= set(HEADS):
        raise ArtifactError(f"The model must have a head for spam, and may have one for {HEADS[1]}.")
    heads = {name: _head(where, described[name]) for name in HEADS if name in described}
    if not manifest["version"].endswith(_digest(described)):
        raise ArtifactError("The model's version is not that of its content.")
    return Artifact(manifest, heads)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a model, as JSON with a version; raises ArtifactError."""
    data = _read(folder / MANIFEST, MAX_MANIFEST)
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
        peak = int(about["peak"])
        step, intercept = float(about["step"]), float(about["intercept"])
        parts = [float(about["parts"][part]) for part in PARTS]
        hinges = tuple(Hinge(str(part), float(knot), float(weight)) for part, knot, weight in about["hinges"])
        platt = [
            (float(about["calibration"][group][0]), float(about["calibration"][group][1])) for group in GROUPS
        ]
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as failure:
        raise ArtifactError("A head of the model is not described in full.") from failure
    bent = [number for hinge in hinges for number in (hinge.knot, hinge.weight)]
    numbers = [step, intercept, *parts, *bent, *(number for pair in platt for number in pair)]
    if not all(abs(number) <= MAX_NUMBER for number in numbers):  # nor is it NaN then
        raise ArtifactError(f"A head of the model has a number that is not finite or beyond {MAX_NUMBER:g}.")
    if step <= 0 or min(slope for slope, _ in platt) <= 0:
        raise ArtifactError("A head of the model has a step or a slope that is not above 0.")
    if len(hinges) > MAX_HINGES or not {hinge.part for hinge in hinges} <= {*TEXT_PARTS, "length"}:
        raise ArtifactError("A head of the model has hinges that it may not have.")
    if not 1 <= peak <= MAX_PEAK:
        raise ArtifactError(
            f"A head of the model seeks its strongest place over {peak} units: 1 to {MAX_PEAK} can be."
        )
    if not _FILE.fullmatch(name):
        raise ArtifactError("A head of the model names a file that cannot be one of its folder's arrays.")
    if not 0 < size <= MAX_ARRAY:
        raise ArtifactError(f"The model's file {name} is larger than it may be.")
    data = _read(folder / name, size)
    if len(data) != size or hashlib.sha256(data).hexdigest() != digest:
        raise ArtifactError(f"The model's file {name} is not the one that its manifest describes.")
    calibrations = tuple(Calibration(*pair) for pair in platt)
    return Head(_weights(name, data), step, peak, np.array(parts), hinges, intercept, calibrations)


def _weights(name: str, data: bytes) -> NDArray[np.int16]:
    # The plain format alone, and its header before anything else: np.load would also open zip files, and reserve whatever
    # memory a header asks for.
    stream = io.BytesIO(data)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise ValueError("another version")
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    except Exception as failure:  # a header is read as Python: what it may raise has no end
        raise ArtifactError(f"The model's file {name} is no array.") from failure
    if (
        shape != (BUCKETS,)
        or dtype != np.dtype("<i2")
        or len(data) != stream.tell() + BUCKETS * dtype.itemsize
    ):
        raise ArtifactError(f"The array in {name} has another shape or type than it should have.")
    weights: NDArray[np.int16] = np.frombuffer(data, dtype=dtype, offset=stream.tell())
    if int(weights.max()) > MAX_WEIGHT or int(weights.min()) < -MAX_WEIGHT:
        raise ArtifactError(f"The array in {name} has a weight beyond {MAX_WEIGHT}.")
    return weights
