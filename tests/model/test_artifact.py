"""A model on disk: what is saved is loaded, and whatever is wrong with it is refused in a sentence."""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from model import artifact
from model.artifact import HEADS, MANIFEST, MAX_HINGES, SHIPPED, ArtifactError, load, quantise, read_manifest
from model.classifier import Classifier, Document
from model.features import BUCKETS
from model.scoring import MAX_WEIGHT, PARTS
from model.signals import GROUPS
from tests.model.samples import SPAM, random_head

Manifest = dict[str, Any]


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that is fit."""
    folder = tmp_path_factory.mktemp("good")
    made = {"spam": random_head(1), "toxicity": random_head(2)}
    artifact.save(folder, made, {"created": "2026-01-02", "sources": []})
    return folder


@pytest.fixture
def folder(good: Path, tmp_path: Path) -> Path:
    """A copy of it, to spoil."""
    return shutil.copytree(good, tmp_path / "model")


def change(folder: Path, how: Callable[[Manifest], object], *, vouched: bool = True) -> None:
    """Spoils a manifest; ``vouched``: its version is told from its content again, as whoever made it would."""
    path = folder / MANIFEST
    manifest = json.loads(path.read_text("utf-8"))
    how(manifest)
    if vouched and isinstance(manifest.get("heads"), dict):
        manifest["version"] = f"2026.01.02-{artifact._digest(manifest['heads'])}"
    path.write_text(json.dumps(manifest), "utf-8")


def put(folder: Path, data: bytes) -> None:
    """Other bytes for the array of spam, with a manifest that vouches for them."""
    (folder / "spam.npy").write_bytes(data)
    change(
        folder,
        lambda manifest: manifest["heads"]["spam"].update(
            bytes=len(data), sha256=hashlib.sha256(data).hexdigest()
        ),
    )


def npy(array: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)  # type: ignore[arg-type]
    return buffer.getvalue()


def with_header(header: str) -> bytes:
    """A file that says of itself what the header says, and holds next to nothing."""
    data = header.encode("latin-1")
    data += b" " * (-(len(data) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(data).to_bytes(2, "little") + data + bytes(64)


def refusal(folder: Path) -> str:
    """The sentence with which a model is refused."""
    with pytest.raises(ArtifactError) as caught:
        Classifier.load(folder)
    sentence = str(caught.value)
    assert re.fullmatch(r"[A-Z].*\.", sentence)
    assert len(sentence) < 300
    return sentence


# -- the way round ---------------------------------------------------------------------------------------------------


def test_what_is_saved_is_loaded(good: Path) -> None:
    loaded = load(good)
    assert tuple(loaded.heads) == HEADS
    for name, expected in (("spam", random_head(1)), ("toxicity", random_head(2))):
        head = loaded.heads[name]
        assert (head.weights == expected.weights).all()
        assert (head.parts == expected.parts).all()
        assert (head.step, head.hinges, head.intercept, head.calibrations) == (
            expected.step, expected.hinges, expected.intercept, expected.calibrations,
        )  # fmt: skip
    assert loaded.manifest == read_manifest(good)
    assert loaded.version == loaded.manifest["version"]
    assert re.fullmatch(r"2026\.01\.02-[0-9a-f]{8}", loaded.version)
    assert {path.name for path in good.iterdir()} == {MANIFEST, "spam.npy", "toxicity.npy"}


def test_a_version_is_told_from_the_content(tmp_path: Path) -> None:
    about = {"created": "2026-01-02"}
    heads = [{"spam": random_head(1)}, {"spam": random_head(1)}, {"spam": random_head(2)}]
    heads.append({"spam": random_head(1), "toxicity": random_head(2)})
    versions = [artifact.save(tmp_path, one, about)["version"] for one in heads]
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3


def test_one_head_is_enough_if_it_is_for_spam(tmp_path: Path) -> None:
    artifact.save(tmp_path, {"spam": random_head(1)}, {"created": "2026-01-02"})
    assert Classifier.load(tmp_path).attributes == ("spam",)
    artifact.save(tmp_path / "other", {"toxicity": random_head(1)}, {"created": "2026-01-02"})
    assert "head for spam" in refusal(tmp_path / "other")


def test_weights_are_whole_steps() -> None:
    coefficients = np.random.default_rng(1).normal(size=1_000)
    weights, step = quantise(coefficients)
    assert weights.dtype == np.int16
    assert np.abs(weights).max() == MAX_WEIGHT
    assert np.abs(weights * step - coefficients).max() <= step / 2 * 1.001
    nothing, step = quantise(np.zeros(5))
    assert step > 0
    assert not nothing.any()


# -- what is wrong with a file ---------------------------------------------------------------------------------------


def test_the_good_one_is_good(folder: Path) -> None:
    """Else every refusal below would prove nothing; also as the helpers write it."""
    put(folder, (folder / "spam.npy").read_bytes())
    Classifier.load(folder)
    put(folder, npy(np.zeros(BUCKETS, dtype=np.int16)))
    Classifier.load(folder)


@pytest.mark.parametrize("name", ["spam.npy", "toxicity.npy"])
def test_an_array_that_is_not_the_one_described(folder: Path, name: str) -> None:
    path = folder / name
    data = path.read_bytes()
    for spoiled in (data[:-10], data + b"\0", data[:5000] + bytes([data[5000] ^ 1]) + data[5001:], b""):
        path.write_bytes(spoiled)
        assert name in refusal(folder)
    path.unlink()
    assert refusal(folder) == f"The model's file {name} cannot be read (No such file or directory)."
    path.mkdir()
    assert name in refusal(folder)


def test_a_manifest_that_is_missing_or_none(folder: Path) -> None:
    path = folder / MANIFEST
    for data in (
        b"",
        b"{",
        b"[]",
        b"1",
        b"null",
        b"\xff\xfe",
        b"{}",
        b'{"version": 1}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ):
        path.write_bytes(data)
        assert "manifest" in refusal(folder)
    path.write_bytes(b" " * ((1 << 20) + 1))
    assert "larger" in refusal(folder)
    path.unlink()
    assert MANIFEST in refusal(folder)
    shutil.rmtree(folder)
    assert MANIFEST in refusal(folder)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(BUCKETS, dtype=np.int32),
        np.zeros(BUCKETS, dtype=np.float64),
        np.full(BUCKETS, np.nan, dtype=np.float16),
        np.zeros(BUCKETS, dtype=">i2"),
        np.zeros(BUCKETS, dtype=np.uint16),
        np.zeros(BUCKETS + 1, dtype=np.int16),
        np.zeros((1, BUCKETS), dtype=np.int16),
        np.zeros(0, dtype=np.int16),
        np.int16(1),
        np.array([{"a": 1}], dtype=object),
        np.full(BUCKETS, MAX_WEIGHT + 1, dtype=np.int16),
        np.full(BUCKETS, -MAX_WEIGHT - 1, dtype=np.int16),
        np.full(BUCKETS, -32768, dtype=np.int16),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_an_array_that_is_another_than_it_should_be(folder: Path, array: object) -> None:
    put(folder, npy(array))
    assert "spam.npy" in refusal(folder)


def zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("spam.npy", bytes(50 << 20))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"no array", b"\x93NUMPY", b"\x93NUMPY\x09\x00abcd", b"\x93NUMPY\x02\x00\xff\xff\xff\x7f{}", b"\x80\x04N.", zip_bomb(),
        *map(
            with_header,
            (
                "{'descr': '<i2', 'fortran_order': False, 'shape': (1048576,), }",
                "{'descr': '<i2', 'fortran_order': False, 'shape': (1000000000000000,), }",
                "{'descr': '<i2', 'fortran_order': False, 'shape': (1000000000000000000000000,), }",
                "{'descr': '<i2', 'fortran_order': False, 'shape': (-1,), }",
                "{'descr': '<i2', 'fortran_order': False, 'shape': (True,), }",
                "{'descr': '|S2000000000', 'fortran_order': False, 'shape': (1000000,), }",
                "{'descr': '|O', 'fortran_order': False, 'shape': (1048576,), }",
                "{'descr': (", "'''", "{[]: 1}", "{1: 2, 'a': 3}", "1", "(" * 900, "-" * 5_000 + "1", "\n  x\n y",
            ),
        ),
    ],
    ids=lambda data: ascii(data[10:50]),
)  # fmt: skip
def test_a_file_that_is_no_array(folder: Path, data: bytes) -> None:
    """Also where it says of itself that it is one: of a size that no machine has, or in words that are none."""
    put(folder, data)
    assert "spam.npy" in refusal(folder)


# -- what is wrong with a description --------------------------------------------------------------------------------

NAN, INFINITY = float("nan"), float("inf")


def spoil(*path: str, to: object) -> Callable[[Manifest], None]:
    """Puts a value somewhere in the manifest."""

    def change(manifest: Manifest) -> None:
        place: Any = manifest
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return change


# What is refused, by its place in the description of a head, and in the manifest.
OF_A_HEAD: Final[dict[str, tuple[object, ...]]] = {
    "file": (
        "../spam.npy", "/etc/passwd", "/etc/passwd.npy", "sub/spam.npy", "..", "", ".npy/..", "spam.txt", "a\0.npy", "spam.npy\0", "x" * 5_000 + ".npy",
        "\ud800.npy", 7, None,
    ),
    "bytes": (1 << 40, 0, -1, INFINITY, -INFINITY, NAN, "many", None, [], 10**400, (16 << 20) + 1, 5),
    "sha256": (None, "", 0),
    "step": (NAN, INFINITY, 0, -1, 10**400, None, "x", [1], 1e308),
    "intercept": (NAN, INFINITY, None, {}, 1e308),
    "parts": (None, [], {}, "text"),
    "parts/text": (NAN, -INFINITY, None, "x", 1e308),
    "calibration": (None, [], {}),
    f"calibration/{GROUPS[0]}": ([NAN, 0], [1, INFINITY], [0, 0], [-1, 0], [1], [], None, "ab", 1),
    "hinges": (
        [["text", NAN, 1]], [["text", 0, INFINITY]], [["nothing", 0, 1]], [["links", 0, 1]], [["text", 0]], [[]], "abc", None, 1,
        [["text", 0, 1]] * (MAX_HINGES + 1), [["text", 1e308, 1e308], ["text", -1e308, -1e308]],
    ),
}  # fmt: skip
OF_A_MODEL: Final[dict[str, tuple[object, ...]]] = {
    "heads": (None, [], {}, "spam", {"toxicity": {}}, {"spam": {}, "irony": {}}),
    "heads/spam": (None, [], "spam", 1),
    "format": (1, "3", None),
    "schema": (None, {}),
    "schema/bits": (18, "20"),
    "schema/ngrams": ([2, 3], None),
    "schema/parts": ([],),
    "schema/more": (1,),
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        *((f"heads/spam/{path}", value) for path, values in OF_A_HEAD.items() for value in values),
        *((path, value) for path, values in OF_A_MODEL.items() for value in values),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_description_that_is_not_fit(folder: Path, path: str, value: object) -> None:
    change(folder, spoil(*path.split("/"), to=value))
    sentence = refusal(folder)
    if path.startswith("schema") or path == "format":
        assert "another release" in sentence
    elif path == "heads":
        assert "head for spam" in sentence
    elif path.endswith("/file"):
        assert "names a file" in sentence


def test_a_description_that_is_not_complete(folder: Path, good: Path) -> None:
    described = read_manifest(good)["heads"]["spam"]
    parts = described["parts"]
    for key in described:
        one = {name: value for name, value in described.items() if name != key}
        change(folder, spoil("heads", to={"spam": one}))
        assert "not described in full" in refusal(folder)
    for key in PARTS:
        one = {**described, "parts": {name: value for name, value in parts.items() if name != key}}
        change(folder, spoil("heads", to={"spam": one}))
        assert "not described in full" in refusal(folder)
    change(folder, spoil("heads", to={"spam": described}))
    Classifier.load(folder)


def test_a_version_that_is_not_its_own(folder: Path) -> None:
    """A number that was changed by hand would be another model under the same name."""
    change(folder, spoil("heads", "spam", "intercept", to=5.0), vouched=False)
    assert "version" in refusal(folder)


def test_a_mixture_of_two_models_is_refused(folder: Path, tmp_path: Path) -> None:
    artifact.save(tmp_path / "other", {"spam": random_head(3)}, {"created": "2026-01-03"})
    shutil.copy(tmp_path / "other" / "spam.npy", folder)
    assert "spam.npy" in refusal(folder)


def test_whatever_is_loaded_gives_probabilities(folder: Path) -> None:
    """Also with the largest numbers that are let through."""
    change(folder, spoil("heads", "spam", "intercept", to=1e6))
    (verdict,) = Classifier.load(folder).score([Document(SPAM)])
    assert 0 <= verdict.scores["spam"] <= 1


# -- the shipped one -------------------------------------------------------------------------------------------------


def test_the_shipped_model_is_small_and_names_its_sources() -> None:
    loaded = load()
    assert tuple(loaded.heads) == HEADS
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 20 << 20
    assert {path.name for path in SHIPPED.iterdir()} == {"CARD.md", MANIFEST, "spam.npy", "toxicity.npy"}
    card = (SHIPPED / "CARD.md").read_text("utf-8")
    assert loaded.version in card
    assert loaded.manifest["sources"]
    for source in loaded.manifest["sources"]:
        assert f"| `{source['name']}` | {source['licence']} | {source['rows']:,} |" in card
    for part in ("## Trained on", "## Spam", "## Toxicity", "## Where it fails"):
        assert part in card


def test_the_shipped_model_has_its_figures() -> None:
    manifest = load().manifest
    figures = manifest["figures"]
    for head in HEADS:
        grid = figures[head]["thresholds"]
        assert [one["threshold"] for one in grid] == sorted({one["threshold"] for one in grid})
        for side in ("good_at_or_above", "bad_at_or_above"):
            shares = [one[side] for one in grid]
            assert shares == sorted(shares, reverse=True)
            assert all(0 <= share <= 1 for share in shares)
    assert manifest["seed"] == int(manifest["seed"])


def test_scoring_loads_neither_scikit_learn_nor_scipy() -> None:
    code = (
        "import sys; from model.classifier import Classifier, Document; "
        "print(Classifier.load().score([Document('subscribe to my channel')])[0].reasons[0].code); "
        "print([name for name in ('sklearn', 'scipy', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["model_words", "[]"]
