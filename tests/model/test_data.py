"""What is trained on and what is kept apart: rows of a folder, comments and sentences written for this project."""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import pytest

from model import data
from model.data import DataError, for_judging, for_training, is_held_out, read, sources, written_rows
from model.evaluate import neutral_sentences
from model.features import Document
from model.neutral import sentences
from model.normalise import fold_text
from model.phrases import LONG, Kind, languages, lines, phrases


def put(folder: Path, source: str, rows: Sequence[Any]) -> Path:
    """A file of rows; strings are lines as they stand."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{source}.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as out:
        for row in rows:
            out.write((row if isinstance(row, str) else json.dumps(row)) + "\n")
    return path


def texts(folder: Path, source: str) -> list[str]:
    return [row.document.text for row, _ in read(folder, source)]


# -- rows ------------------------------------------------------------------------------------------------------------


def test_a_row_is_read(tmp_path: Path) -> None:
    full = {
        "text": "Buy now", "label": "spam", "toxic": 0, "author": "Bob", "author_url": "http://x.example", "article": "The mayor", "lang": "en", "date": "2015-01-02",
        "sub": "video", "split": "test",
    }  # fmt: skip
    put(tmp_path, "yt_uci", [full, {"text": "fine", "label": "ham", "author": None, "lang": None}])
    (first, trainable), (second, also) = read(tmp_path, "yt_uci")
    assert first.document == Document("Buy now", "Bob", "http://x.example", "The mayor", "en")
    assert (first.spam, first.toxic, first.sub, first.date, first.source) == (
        True,
        False,
        "video",
        "2015-01-02",
        "yt_uci",
    )
    assert second.document == Document("fine")
    assert (second.spam, second.toxic, trainable, also) == (False, None, False, True)


@pytest.mark.parametrize(
    ("labels", "spam", "toxic"),
    [
        ({"label": "spam"}, True, None), ({"label": "ham"}, False, None), ({"toxic": 1}, None, True), ({"toxic": 0}, None, False), ({"toxic": True}, None, True),
        ({"label": "ham", "toxic": 1}, False, True), ({"frac_not_toxic": 0.1}, None, True), ({"frac_not_toxic": 0.9}, None, False),
        ({"frac_not_toxic": 0.5, "label": "ham"}, False, None), ({"hateful": 1}, None, True), ({"hateful": 0}, None, False), ({"hate": "offensive"}, None, True),
        ({"hate": "none"}, None, False), ({"label": "spam", "hate": "unknown"}, True, None),
    ],
)  # fmt: skip
def test_labels(tmp_path: Path, labels: dict[str, object], spam: bool | None, toxic: bool | None) -> None:
    put(tmp_path, "mine", [{"text": "x", **labels}])
    ((row, _),) = read(tmp_path, "mine")
    assert (row.spam, row.toxic) == (spam, toxic)


@pytest.mark.parametrize(
    "row",
    [
        {"text": "x"}, {"text": "x", "label": "maybe"}, {"text": " \n", "label": "spam"}, {"text": "", "toxic": 1}, {"text": "x", "frac_not_toxic": 0.5},
        {"text": "x", "label": "spam", "cross_label_conflict": True}, {"text": "x", "toxic": 2}, {"text": "x", "toxic": None},
    ],
)  # fmt: skip
def test_rows_without_a_usable_label_are_left_out(tmp_path: Path, row: dict[str, object]) -> None:
    put(tmp_path, "mine", [row, {"text": "kept", "label": "ham"}])
    assert texts(tmp_path, "mine") == ["kept"]


@pytest.mark.parametrize(
    "line",
    [
        "{broken", "[]", "1", "null", '"text"', "{}", "", '{"text": 1}', '{"text": null}', "[" * 100_000, '{"a":' * 100_000, '{"text": "x", "label": ["spam"]}',
        '{"text": "x", "toxic": [1]}', '{"text": "x", "hate": {}}', '{"text": "x", "hateful": {}}', '{"text": "' + "x" * (1 << 21) + '", "label": "spam"}',
    ],
    ids=lambda line: line[:30],
)  # fmt: skip
def test_a_broken_row_is_told_with_file_and_line(tmp_path: Path, line: str) -> None:
    path = put(tmp_path, "mine", [{"text": "fine", "label": "ham"}, line])
    with pytest.raises(DataError, match=rf"^{re.escape(str(path))}, line 2: .+\.$"):
        texts(tmp_path, "mine")


@pytest.mark.parametrize(
    "content",
    [b"no gzip", gzip.compress(b'{"text": "x", "label": "ham"}\n' * 99)[:-20], gzip.compress(b"\xff\xfe\n")],
    ids=["no gzip", "truncated", "not UTF-8"],
)
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=re.escape(str(path))):
        texts(tmp_path, "mine")


def test_a_folder_without_sources_is_told(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DataError, match=f"^{re.escape(str(folder))} has no file"):
            sources(folder)
    put(tmp_path, "b", [])
    put(tmp_path, "a", [])
    (tmp_path / "notes.txt").write_text("no source")
    assert sources(tmp_path) == ["a", "b"]


# -- held out --------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is large enough that one row in ten is held out."""
    for source in ("mine", "news_mine"):
        rows = [{"text": f"{source} {number}", "label": "ham"} for number in range(4_000)]
        put(tmp_path, source, [*rows, {"text": f"{source} of the test", "label": "spam", "split": "test"}])
    return tmp_path


def test_held_out_rows_are_never_trained_on(folder: Path) -> None:
    trained = for_training(folder)
    judged = for_judging(folder, {"mine", "news_mine"})
    assert not any(is_held_out(row) for row in trained)
    assert not {row.document.text for row in trained} & {row.document.text for row in judged}
    assert len(trained) + len(judged) == 8_002
    assert 0.05 < len(judged) / 8_002 < 0.15
    assert {"mine of the test", "news_mine of the test"} <= {row.document.text for row in judged}
    foreign = for_judging(folder, {"mine"})
    assert len([row for row in foreign if row.source == "news_mine"]) == 4_001, (
        "all of a source not trained on"
    )


def test_a_row_is_held_out_by_its_text_alone(folder: Path, tmp_path: Path) -> None:
    before = {row.document.text for row in for_training(folder)}
    for source in ("mine", "news_mine"):
        rows = [{"text": text, "label": "ham"} for text in texts(folder, source)[-2::-1]]
        put(tmp_path / "other", f"{source}_too", rows)
    assert {row.document.text for row in for_training(tmp_path / "other")} == before


def test_small_folders_are_trained_on_whole(tmp_path: Path) -> None:
    put(tmp_path, "mine", [{"text": f"text {number}", "label": "ham"} for number in range(100)])
    assert len(for_training(tmp_path)) == 100


def test_no_source_is_larger_than_its_cap(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "CAP", 3_000)
    monkeypatch.setattr(data, "CAPS", {"mine": 3_500})
    found = for_training(folder)
    held = [row for row in found if row.source == "news_mine"]
    assert 2_600 < len(held) <= 3_000
    assert 3_000 < len([row for row in found if row.source == "mine"]) <= 3_500
    numbers = [int(row.document.text.split()[1]) for row in held]
    assert max(numbers) > 3_900, "spread over the file, not its first rows"
    assert [row.document for row in for_training(folder)] == [row.document for row in found], "in one order"


# -- written for this project ----------------------------------------------------------------------------------------


def test_there_are_phrases_in_many_languages() -> None:
    assert len(languages()) >= 40
    assert all(re.fullmatch(r"[a-z]{2}", lang) for lang in languages())


@pytest.mark.parametrize("lang", languages())
def test_the_phrases_of_a_language(lang: str) -> None:
    """Spam and genuine ones, no line twice, and none that is of two kinds."""
    found: defaultdict[Kind, list[str]] = defaultdict(list)
    for kind, line in lines(lang):
        assert line == line.strip()
        assert not line.startswith(("# ", "- ", "* ")), line
        assert not re.match(r"\d+[.)] ", line), line
        found[kind].append(unicodedata.normalize("NFC", line))
    assert min(len(found["spam"]), len(found["ham"])) >= 20
    everything = [fold_text(line) for kind in get_args(Kind) for line in found[kind]]
    assert len(set(everything)) == len(everything)
    raw = (Path(data.__file__).parent / "phrases" / f"{lang}.txt").read_text("utf-8").splitlines()
    assert [line for line in raw if line.startswith("#")] == [
        f"# {kind}" for kind in get_args(Kind) if found[kind]
    ]
    assert len(raw) == len(everything) + sum(map(bool, found.values())), "every line is in a section"


def test_places_are_filled() -> None:
    found = phrases(1)
    assert not [one.text for one in found if "{" in one.text or "}" in one.text]
    assert {one.lang for one in found} == set(languages())
    assert phrases(1) == found
    assert [one.text for one in phrases(2)] != [one.text for one in found]
    for lang in languages():
        mine = [one for one in found if one.lang == lang]
        for kind, longer in LONG.items():
            lone = sum(one.weight for one in mine if one.kind == kind) - longer
            assert lone == pytest.approx(sum(1 for other, _ in lines(lang) if other == kind))


def test_no_comment_is_of_two_kinds() -> None:
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for one in phrases(1):
        kinds[one.text].add("spam" if one.kind == "spam" else "good")
    assert not [text for text, found in kinds.items() if len(found) > 1]


def test_written_rows_say_what_they_are() -> None:
    rows = written_rows(1)
    assert {row.source for row in rows} == {data.PHRASES, data.NEUTRAL}
    assert all(row.written for row in rows)
    assert not [row for row in rows if row.source == data.NEUTRAL and (row.spam or row.toxic)]
    assert [row.document for row in written_rows(1)] == [row.document for row in rows]
    assert {row.news for row in rows if row.source == data.PHRASES and row.spam} == {False}


def test_neutral_sentences_are_kept_apart_from_those_that_judge() -> None:
    """The 300 sentences that measure are in none that is trained on, in whole or in part."""
    judging = {fold_text(text).strip(" .!?") for text in neutral_sentences()}
    assert len(judging) >= 300
    trained = [fold_text(text).strip(" .!?") for text, _ in sentences()]
    assert len(trained) > 5_000
    assert not judging & set(trained)
    written = "\n".join(fold_text(one.text) for one in phrases(1))
    assert not [text for text in judging if text in written]
