"""The model's face: same text same score, reasons that hold, artifacts that are checked before they are believed."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model import artifact, features
from model.artifact import SHIPPED, ArtifactError
from model.classifier import Classifier, Document
from model.normalise import fold, fold_text

SPAM = "Earn $5000 weekly from home! WhatsApp +1 555 010 9999 http://cash.example/win"
HAM = "I disagree with the mayor on the cycle lane, but at least someone is trying."
HOSTILE = (
    "", " ", "\0", "\u200b", "a\u0301" * 30_000, "\ufdfa" * 5_000, "👩‍👩‍👧‍👦", "\ud800", "х" * 65_536, "x " * 32_000,
    "\U0010ffff", "İ", "ﬁ" * 1000, "𝐀𝐄𝐑𝐎𝟖𝟖", "שלום", "你好世界", "http://" * 5_000, "a.b" * 20_000, "+1" * 20_000,
)  # fmt: skip


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


def spam(classifier: Classifier, text: str) -> float:
    return classifier.score([Document(text)])[0].scores["spam"]


def test_obvious_cases(classifier: Classifier) -> None:
    assert spam(classifier, SPAM) > 0.9
    assert spam(classifier, HAM) < 0.1
    assert spam(classifier, "Check out my channel please, subscribe!!!") > 0.5


def test_the_same_text_scores_the_same_in_any_batch(classifier: Classifier) -> None:
    documents = [Document(text) for text in (SPAM, HAM, *HOSTILE[:8], "Как всегда, обещают много.")]
    alone = [classifier.score([document])[0] for document in documents]
    together = classifier.score(documents * 3)
    for one, many in zip(alone * 3, together, strict=True):
        assert abs(one.scores["spam"] - many.scores["spam"]) <= 1e-9
        assert one.reasons == many.reasons


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_breaks_it(classifier: Classifier, text: str) -> None:
    (verdict,) = classifier.score([Document(text)])
    assert 0.0 <= verdict.scores["spam"] <= 1.0
    for reason in verdict.reasons:
        assert all(0 <= start < end <= len(text) for start, end in reason.spans)
    assert classifier.score([]) == []


@pytest.mark.parametrize(
    "text",
    [SPAM, "Check out my channel please, subscribe!!!", "Ｃheck ｏut my ｃhannel please 𝐬𝐮𝐛𝐬𝐜𝐫𝐢𝐛𝐞", "Nice blog, visit http://pills.example for cheap viagra",
     "Заработок на дому от 5000 рублей в день, пишите в личные сообщения"],
)  # fmt: skip
def test_reasons_name_what_drove_the_score(classifier: Classifier, text: str) -> None:
    """Without the named spans the score is lower."""
    (verdict,) = classifier.score([Document(text)])
    reason = next(one for one in verdict.reasons if one.spans)
    assert reason.text.endswith(".")
    assert reason.weight > 0
    weights = [one.weight for one in verdict.reasons]
    assert weights == sorted(weights, reverse=True)
    gone = text
    for start, end in sorted(reason.spans, reverse=True):
        gone = gone[:start] + gone[end:]
    # Scores close to 1 differ in the log-odds: compare these.
    before, after = (np.log(p / (1 - p)) for p in (verdict.scores["spam"], spam(classifier, gone)))
    assert after < before


def test_every_part_of_a_score_is_in_a_word_or_a_signal(classifier: Classifier) -> None:
    """The shares of words plus signals plus what stands between words make the log-odds, exactly."""
    from model.classifier import _sums, _word_shares
    from model.features import BUCKETS, NGRAMS, extract, scales

    head = classifier._heads["spam"]
    batch = extract([Document(SPAM)])
    total = _sums(batch, head.weights)[0] * head.slope
    shares, _ = _word_shares(batch, 0, SPAM, head)
    signals = float(batch.signals[0] @ head.weights[BUCKETS:]) * head.slope
    begin, stop = batch.word_from, batch.word_to
    inside = np.zeros(batch.data.size, dtype=bool)
    for low, high in zip(begin, stop, strict=True):
        inside[low:high] = True
    between = 0.0
    for row, length in enumerate(NGRAMS):
        for place in range(batch.data.size):
            middle = place + length // 2
            if middle >= batch.data.size or not inside[middle]:
                between += float(head.weights[batch.chars[row, place]]) * scales(batch)[0][0] * head.slope
    assert abs(total - (sum(shares) + signals + between)) < 1e-4


def test_hashes_equal_a_naive_loop() -> None:
    batch = features.extract([Document("ab cd"), Document("ж")])
    data = bytes(batch.data)
    base, mix, mask = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, (1 << 64) - 1
    for row, length in enumerate(features.NGRAMS):
        for place in range(len(data) - length):
            if any(end - len(features.PAD) <= place < end for end in (*batch.starts[1:], len(data))):
                assert batch.chars[row, place] == features.END
                continue
            total = sum(data[place + k] * pow(base, k, 1 << 64) for k in range(length)) + length & mask
            mixed = ((total ^ (total >> 32)) * mix & mask) >> (64 - features.CHAR_BITS)
            assert batch.chars[row, place] == mixed


def test_matrix_and_score_agree(classifier: Classifier) -> None:
    documents = [Document(SPAM), Document(HAM), Document("жуть какая-то", author_url="http://x.example")]
    head = classifier._heads["spam"]
    margin = features.matrix(documents) @ head.weights.astype(np.float64) + head.intercept
    expected = 1 / (1 + np.exp(-(head.slope * margin + head.shift)))
    found = [verdict.scores["spam"] for verdict in classifier.score(documents)]
    assert np.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Viagra", "viagra"), ("ｖｉａｇｒａ", "viagra"), ("vіagra", "viagra"), ("𝐯𝐢𝐚𝐠𝐫𝐚", "viagra"), ("v\u200bi\u00adagra", "viagra"),
     ("ﬁne", "fine"), ("Привет мир", "привет мир"), ("ΑΘΗΝΑ", "αθηνα"), ("مرحبا", "مرحبا"), ("Straße", "strasse")],
)  # fmt: skip
def test_fold(text: str, folded: str) -> None:
    found = fold(text)
    assert found.text == folded == fold_text(text)
    assert len(found.offsets) == len(folded) + 1
    assert list(found.offsets) == sorted(found.offsets)
    assert found.offsets[-1] == len(text)


def copy(folder: Path) -> Path:
    folder.mkdir()
    for path in SHIPPED.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def rewrite(folder: Path, array: object) -> None:
    """An artifact whose manifest vouches for another array."""
    import hashlib

    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)  # type: ignore[arg-type]
    data = buffer.getvalue()
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["heads"]["spam"] |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "spam.npy").write_bytes(data)


SIZE = features.BUCKETS + len(features.SIGNALS)


@pytest.mark.parametrize(
    "fault",
    [
        "truncated",
        "flipped",
        "missing",
        "nan",
        "shape",
        "dtype",
        "no array",
        "path",
        "huge",
        "schema",
        "json",
        "number",
    ],
)
def test_unfit_artifacts_are_refused(tmp_path: Path, fault: str) -> None:
    folder = copy(tmp_path / "model")
    file, manifest = folder / "spam.npy", folder / "manifest.json"
    document = json.loads(manifest.read_text())
    if fault == "truncated":
        file.write_bytes(file.read_bytes()[:-10])
    elif fault == "flipped":
        data = bytearray(file.read_bytes())
        data[5000] ^= 1
        file.write_bytes(data)
    elif fault == "missing":
        file.unlink()
    elif fault == "nan":
        rewrite(folder, np.full(SIZE, np.nan, dtype=np.float16))
    elif fault == "shape":
        rewrite(folder, np.zeros(SIZE + 1, dtype=np.float16))
    elif fault == "dtype":
        rewrite(folder, np.zeros(SIZE, dtype=np.int16))
    elif fault == "no array":
        import hashlib

        file.write_bytes(b"PK\x03\x04 no array")
        document["heads"]["spam"] |= {
            "bytes": 14,
            "sha256": hashlib.sha256(b"PK\x03\x04 no array").hexdigest(),
        }
        document["heads"]["spam"]["bytes"] = len(b"PK\x03\x04 no array")
        manifest.write_text(json.dumps(document))
    elif fault == "path":
        document["heads"]["spam"]["file"] = "../spam.npy"
        manifest.write_text(json.dumps(document))
    elif fault == "huge":
        document["heads"]["spam"]["bytes"] = 1 << 40
        manifest.write_text(json.dumps(document))
    elif fault == "schema":
        document["schema"]["char_bits"] = 20
        manifest.write_text(json.dumps(document))
    elif fault == "json":
        manifest.write_text("[" * 100_000)
    else:
        document["heads"]["spam"]["slope"] = float("inf")
        manifest.write_text(json.dumps(document))
    with pytest.raises(ArtifactError) as caught:
        Classifier.load(folder)
    assert str(caught.value).endswith(".")


def test_the_shipped_artifact_is_small_and_names_its_sources() -> None:
    loaded = artifact.load()
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 20 << 20
    card = (SHIPPED / "CARD.md").read_text()
    assert loaded.version in card
    for source in loaded.manifest["sources"]:
        assert f"`{source['name']}`" in card
        assert source["licence"] in card


def test_scoring_needs_no_scikit_learn() -> None:
    code = "import sys; from model.classifier import Classifier, Document; Classifier.load().score([Document('x')]); print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_train_on_a_small_corpus_and_use_it(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for source, label in (("yt_uci", "spam"), ("news_fox", "ham"), ("sms_uci", None)):
        with gzip.open(data / f"{source}.jsonl.gz", "wt", encoding="utf-8") as out:
            for number in range(120):
                kind = label or ("spam" if number % 2 else "ham")
                text = (
                    f"buy pills number {number} now" if kind == "spam" else f"the council met on day {number}"
                )
                out.write(json.dumps({"text": f"{text} {source}", "label": kind, "source": source}) + "\n")
    for name in ("one", "two"):
        done = subprocess.run(
            [sys.executable, "-m", "model", "train", "--data", str(data), "--out", str(tmp_path / name), "--seed", "3"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "one" / "spam.npy").read_bytes() == (tmp_path / "two" / "spam.npy").read_bytes(), (
        "reproducible"
    )
    trained = Classifier.load(tmp_path / "one")
    assert spam(trained, "buy pills now") > spam(trained, "the council met")
    judged = subprocess.run(
        [sys.executable, "-m", "model", "evaluate", "--data", str(data), "--model", str(tmp_path / "one"), "--out", str(tmp_path / "report")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(judged.stdout)["auc"] > 0.9
    assert (tmp_path / "report" / "figures.png").stat().st_size > 1000


def test_the_score_command() -> None:
    lines = f'{HAM}\n{json.dumps({"text": SPAM})}\n{{"x": 1}}\n{{broken\n'
    done = subprocess.run(
        [sys.executable, "-m", "model", "score"], input=lines, capture_output=True, text=True, check=False
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert rows[0]["spam"] < 0.1 < 0.9 < rows[1]["spam"]
    assert "line 3" in rows[2]["error"]
    assert "line 4" in rows[3]["error"]
