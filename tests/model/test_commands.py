"""`python -m model score` and what the commands say of themselves and of what is wrong."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from model.__main__ import BATCH, FIELDS, MAX_LINE, main
from model.classifier import Classifier, Document
from tests.model.samples import HAM, SPAM


def typed(*words: str, lines: str | bytes = "") -> tuple[int, str, str]:
    """Exit status, stdout and stderr of `python -m model …`, where the locale is any but C: there Python is less strict."""
    data = lines.encode() if isinstance(lines, str) else lines
    strict = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    done = subprocess.run(
        [sys.executable, "-m", "model", *words], input=data, capture_output=True, env=strict, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def scored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], lines: str
) -> tuple[int, list[dict[str, Any]]]:
    """Exit status and answers of `score` in this process."""
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    status = main(["score"])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_score_texts_and_json() -> None:
    """As it is typed: a text a line or NDJSON; what is wrong with a line is told in its place."""
    lines = f'{HAM}\n{json.dumps({"text": SPAM})}\n{{"x": 1}}\n{{broken\n\n{json.dumps({"text": HAM, "author": 5})}\n'
    status, out, err = typed("score", lines=lines)
    rows = [json.loads(line) for line in out.splitlines()]
    assert (status, err) == (1, "")
    assert rows[0]["spam"] < 0.1 < 0.9 < rows[1]["spam"]
    assert set(rows[0]) == {"spam", "toxicity", "reasons"}
    assert rows[1]["reasons"][0].keys() == {"code", "text", "weight", "spans"}
    assert [list(row) == ["error"] for row in rows] == [False, False, True, True, False, True]
    assert [row["error"].split(":")[0] for row in rows if "error" in row] == ["line 3", "line 4", "line 6"]


def test_what_is_known_beside_the_text_counts(
    shipped: Classifier, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = Document(
        "Nice words, thank you", "Cheap loans online now", "http://x.example", "The mayor", "en"
    )
    fields = (document.author_name, document.author_url, document.article_title, document.lang)
    rows = [
        {"text": document.text},
        {"text": document.text, **dict(zip(FIELDS, fields, strict=True))},
        {"text": document.text, "author": None},
    ]
    status, (plain, full, same) = scored(monkeypatch, capsys, "\n".join(map(json.dumps, rows)))
    assert status == 0
    assert full["spam"] == shipped.score([document])[0].scores["spam"]
    assert plain["spam"] == same["spam"] < full["spam"]


@pytest.mark.parametrize(
    "line",
    [
        "{", "{]", '{"text": 1}', '{"text": null}', "{}", '{"text": "x", "lang": [1]}', '{"text": "x", "article": {"a": 1}}', '{"a":' * 100_000, "x" * (MAX_LINE + 1),
        '{"text": "x", "n": ' + "9" * 5_000 + "}",
    ],
    ids=lambda line: line[:20],
)  # fmt: skip
def test_bad_lines_are_told_and_the_others_scored(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    status, rows = scored(monkeypatch, capsys, f"{HAM}\n{line}\n{HAM}\n")
    assert status == 1
    assert [list(row) for row in rows] == [
        ["spam", "toxicity", "reasons"],
        ["error"],
        ["spam", "toxicity", "reasons"],
    ]
    assert rows[1]["error"].startswith("line 2: ")
    assert len(rows[1]["error"]) < 200


def test_any_number_of_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for count in (0, 1, BATCH, BATCH + 1):
        status, rows = scored(monkeypatch, capsys, f"{HAM}\n" * count)
        assert (status, len(rows)) == (0, count)
        assert len({row["spam"] for row in rows}) <= 1


@pytest.mark.parametrize(
    "line",
    [b"caf\xe9 au lait", json.dumps({"text": "see http://\ud800casino.com/win and win money, subscribe to my channel"}).encode(), b"\xff\xfe\x00"],
    ids=["not UTF-8", "half a pair", "bytes"],
)  # fmt: skip
def test_text_that_is_none_is_no_end(line: bytes) -> None:
    status, out, err = typed("score", lines=line + b"\nan honest line\n")
    assert "Traceback" not in err
    assert status in {0, 1}
    assert [len(json.loads(row)) for row in out.splitlines()][-1] == 3, "the line after it is scored"


@pytest.mark.parametrize("command", ["", "train", "evaluate", "score"])
def test_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command.split(), "--help"])
    out = capsys.readouterr().out
    assert end.value.code == 0
    assert out.startswith(f"usage: python -m model {command}".rstrip())
    if command:
        assert f"example:\n  python -m model {command}" in out
    else:
        assert all(word in out for word in ("train", "evaluate", "score"))


def test_a_wrong_word_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["scor"], ["train"], ["evaluate"], ["score", "--modle", "x"]):
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == 2
        assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["score", "evaluate --data ."])
def test_a_model_that_is_not_there_is_told(tmp_path: Path, command: str) -> None:
    status, out, err = typed(*command.split(), "--model", str(tmp_path / "nowhere"))
    assert (status, out) == (2, "")
    assert err == "The model's file manifest.json cannot be read (No such file or directory).\n"


def test_data_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("train", "evaluate"):
        status = main([command, "--data", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")])
        out, err = capsys.readouterr()
        assert (status, out) == (2, "")
        assert "nowhere has no file NAME.jsonl.gz" in err
        assert len(err.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m model score | head -n 1"
    done = subprocess.run(
        ["/bin/sh", "-c", command], input=(HAM + "\n") * 2_000, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["spam"] < 0.1
    assert done.stderr == ""
