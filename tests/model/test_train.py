"""Training on a small folder, as it is typed: the same weights again, figures and a card; and the method in memory."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from model.artifact import SHIPPED, load, read_manifest
from model.classifier import Classifier
from model.data import Row
from model.evaluate import THRESHOLDS
from model.features import Document
from model.report import PLOTS
from model.train import RECIPES, classifier_of, crossed, examples, featurise, for_few, group_of, heads_of

# As `python -m model`, with one in a hundred of the comments that were written for the project: they take longest.
QUICK: Final = """
import sys
from model import __main__, train
written = train.written_rows
train.written_rows = lambda seed: written(seed)[::100]
sys.exit(__main__.main(sys.argv[1:]))
"""
SELLS: Final = "buy cheap pills online,earn money from home today,subscribe to my channel,casino bonus for you,write me on whatsapp".split(
    ","
)
SAYS: Final = "the council met again,the bridge was closed last week,I do not agree with the mayor,prices went up in spring,thanks for the article".split(
    ","
)
INSULTS: Final = "you are an idiot,stupid people like you,what a moron he is".split(",")
Made = dict[str, Any]


def comment(pieces: Sequence[str], chance: random.Random) -> str:
    return f"{', '.join(chance.choices(pieces, k=chance.randint(1, 5)))} {chance.randrange(1_000)}"


def rows_of(source: str, count: int) -> list[Made]:
    """Made-up comments; spam and toxicity are told from words alone."""
    chance = random.Random(source)
    rows: list[Made] = []
    for number in range(count):
        if source.startswith("tox_"):
            toxic = number % 3 == 0
            rows.append(
                {"text": comment(INSULTS if toxic else SAYS, chance), "toxic": int(toxic), "lang": "en"}
            )
            continue
        spam = number % 2 == 0 and not source.startswith("news_")
        rows.append({
            "text": comment(SELLS if spam else SAYS, chance), "label": "spam" if spam else "ham", "lang": "en", "sub": f"video {number % 4 // 2}",
            "date": f"2015-01-{number % 28 + 1:02}",
        })  # fmt: skip
        if number == 0:
            rows[0]["text"] = rows[0]["text"] * 8  # long enough to be timed
    return rows


def put(folder: Path, *named: str) -> Path:
    folder.mkdir()
    for source in named:
        with gzip.open(folder / f"{source}.jsonl.gz", "wt", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows_of(source, 120))
    return folder


def quick(*words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", QUICK, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``data`` and two models that were trained on it by two processes."""
    folder = tmp_path_factory.mktemp("trained")
    data = put(folder / "data", "yt_uci", "my_blog", "news_mine", "tox_mine")
    running = [quick("train", "--data", data, "--out", folder / name, "--seed", 3) for name in ("one", "two")]
    for process in running:
        out, err = process.communicate(timeout=100)
        assert process.returncode == 0, err
        assert json.loads(out)["version"] == read_manifest(folder / "one")["version"]
    return folder


def test_the_same_seed_makes_the_same_weights(trained: Path) -> None:
    for name in ("spam.npy", "toxicity.npy"):
        assert (trained / "one" / name).read_bytes() == (trained / "two" / name).read_bytes()
    one, two = (read_manifest(trained / name) for name in ("one", "two"))
    assert one["heads"] == two["heads"]
    assert one["version"] == two["version"]
    assert one["seed"] == 3


def test_a_trained_model_separates_what_it_was_trained_on(trained: Path) -> None:
    model = Classifier.load(trained / "one")
    assert model.attributes == ("spam", "toxicity"), "toxic labels make a second head"
    spam, ham, insult = (
        one.scores
        for one in model.score(
            [
                Document("earn money from home"),
                Document("the bridge was closed"),
                Document("you are an idiot"),
            ]
        )
    )
    assert spam["spam"] > 0.3 > 0.1 > ham["spam"]
    assert insult["toxicity"] > 0.9 > 0.5 > ham["toxicity"]
    assert insult["spam"] < 0.2


def test_the_manifest_says_how_it_was_made(trained: Path) -> None:
    manifest = load(trained / "one").manifest
    assert [(one["name"], one["licence"], one["rows"]) for one in manifest["sources"]] == [
        ("my_blog", "your own", 120), ("news_mine", "your own", 120), ("tox_mine", "your own", 120), ("yt_uci", "CC BY 4.0 (UCI)", 120),
    ]  # fmt: skip
    for recipe in RECIPES:
        about = manifest["trained"][recipe.name]
        assert about["prevalence"] == recipe.prevalence
        assert about["rows"] > 120
        unused = set(manifest["heads"][recipe.name]["parts"]) - set(for_few(recipe).uses)
        assert not any(manifest["heads"][recipe.name]["parts"][part] for part in unused)
    for head in ("spam", "toxicity"):
        assert [one["threshold"] for one in manifest["figures"][head]["thresholds"]] == list(THRESHOLDS)


def test_sources_are_judged_by_models_that_did_not_see_them(trained: Path) -> None:
    unseen = read_manifest(trained / "one")["trained"]["spam"]["on_unseen_sources"]
    assert {"yt_uci", "my_blog"} <= set(unseen)
    for name in ("yt_uci", "my_blog"):
        assert unseen[name]["auc"]["auc"] > 0.9
        assert unseen[name]["good_at_half"]["of"] == 60


def test_the_card_is_made_from_the_manifest(trained: Path) -> None:
    card = (trained / "one" / "CARD.md").read_text("utf-8")
    assert read_manifest(trained / "one")["version"] in card
    assert "| `my_blog` | your own | 120 |" in card
    assert "all of it was trained on" in card
    assert "## Spam, on" not in card, "nothing was held out to judge by"
    whole = (SHIPPED / "CARD.md").read_text("utf-8")
    for part in (
        "## Spam, on",
        "## Toxicity, on",
        "### What a threshold means for spam",
        "### Spam in disguise",
        "`yt_uci`",
    ):
        assert part in whole
    assert "nan" not in card.lower().split()
    assert card == (trained / "two" / "CARD.md").read_text("utf-8") or "## Speed" in card


def test_evaluate_prints_and_writes_figures(trained: Path) -> None:
    out = trained / "report"
    others = put(trained / "others", "yt_uci", "your_blog", "news_yours", "tox_yours")
    process = quick("evaluate", "--data", others, "--model", trained / "one", "--out", out, "--errors", 2)
    printed, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    assert {path.name for path in out.iterdir()} == {"figures.json", "figures.md", *PLOTS}
    for plot in PLOTS:
        assert (out / plot).read_bytes().startswith(b"\x89PNG")
    figures = json.loads((out / "figures.json").read_text("utf-8"), parse_constant=pytest.fail)
    assert figures["model"] == read_manifest(trained / "one")["version"]
    assert figures["spam"]["auc"]["auc"] > 0.95
    assert figures["toxicity"]["by_source"]["tox_yours"]["auc"]["auc"] > 0.95
    assert set(figures["spam"]["by_disguise"]) > {"as it is", "leet", "boxed"}
    assert figures["youtube"]["mean"] > 0.9
    for share in (
        figures["spam"]["by_source"]["your_blog"]["recall"]["1%"],
        *figures["spam"]["good_at_half"].values(),
    ):
        assert 0 <= share["low"] <= share["share"] <= share["high"] <= 1
    assert figures["toxicity"]["neutral_at_half"]["of"] >= 300
    written = (out / "figures.md").read_text("utf-8")
    assert printed.startswith(written)
    assert "-- good, scored high for spam" in printed.removeprefix(written), "texts go to the terminal alone"


def test_an_evaluation_leaves_out_what_was_trained_on(trained: Path) -> None:
    """A small folder is trained on as a whole: nothing is left to judge the model by."""
    assert read_manifest(trained / "one")["figures"]["rows"] == 0
    before = read_manifest(trained / "two")
    process = quick("evaluate", "--data", trained / "data", "--model", trained / "two", "--card")
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    assert "on 0 rows that the model never saw" in out
    after = load(trained / "two").manifest
    assert after | {"figures": 0} == before | {"figures": 0}, "the figures alone are written anew"
    assert after["figures"]["rows"] == 0
    assert after["version"] in (trained / "two" / "CARD.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        (("news_mine",), "has not both spam and ham"),
        (("tox_mine",), "has not both spam and ham"),
        ((), "has no file NAME.jsonl.gz"),
    ],
)
def test_a_folder_that_is_not_fit_is_told(tmp_path: Path, named: tuple[str, ...], sentence: str) -> None:
    data = put(tmp_path / "data", *named)
    process = quick("train", "--data", data, "--out", tmp_path / "out")
    out, err = process.communicate(timeout=100)
    assert (process.returncode, out) == (2, "")
    assert sentence in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()


def test_without_toxic_labels_there_is_one_head(tmp_path: Path) -> None:
    """The written comments have toxic ones among them; alone they make no attribute that could be calibrated."""
    data = put(tmp_path / "data", "my_blog", "news_mine")
    process = quick("train", "--data", data, "--out", tmp_path / "out")
    _, err = process.communicate(timeout=100)
    assert process.returncode == 0, err[-500:]
    assert Classifier.load(tmp_path / "out").attributes == ("spam",)
    assert (tmp_path / "out" / "CARD.md").exists()


def test_training_leaves_the_shipped_model_alone(trained: Path) -> None:
    assert read_manifest(SHIPPED)["version"] != read_manifest(trained / "one")["version"]


# -- in memory -------------------------------------------------------------------------------------------------------


def made(source: str, count: int) -> list[Row]:
    return [
        Row(Document(row["text"]), source, row["label"] == "spam", None) for row in rows_of(source, count)
    ]


def test_the_method_on_a_few_rows() -> None:
    rows = made("sms", 60)
    model = classifier_of(rows, 1)
    assert model.attributes == ("spam",)
    scores = np.array([one.scores["spam"] for one in model.score([row.document for row in rows])])
    labels = np.array([bool(row.spam) for row in rows])
    assert scores[labels].min() > 0.5 > scores[~labels].max()


def test_rows_of_one_class_make_no_head() -> None:
    heads, trained = heads_of(made("news_x", 20), 1)
    assert (heads, trained) == ({}, {})


def test_what_judges_a_source_it_did_not_see_knows_none_of_its_words() -> None:
    """Two sources without a common letter: who never saw one finds nothing in it, who saw it tells its classes apart."""
    rows = made("aa", 80)
    foreign = str.maketrans(
        "abcdefghijklmnopqrstuvwxyzI ,0123456789", "абвгдежзийклмнопрстуфхцчшщЯ—―٠١٢٣٤٥٦٧٨٩"
    )
    rows += [
        Row(Document(row.document.text.translate(foreign)), "ab", row.spam, None) for row in made("ab", 80)
    ]
    assert group_of(rows[0]) != group_of(rows[-1])
    found = [one for one in examples(rows, 1) if not one.disguised]
    labels = np.array([bool(one.row.spam) for one in found])
    judged = crossed(for_few(RECIPES[0]), featurise(found), found, labels, 1)
    source = np.array([one.row.source for one in judged.examples])
    text = judged.parts[:, 0]
    for name in ("aa", "ab"):
        unseen, seen = ((source == name) & (judged.unseen == new) for new in (True, False))
        assert unseen.sum() == 80, "each row once"
        assert seen.sum() > 50
        gap = [
            text[side & judged.labels].mean() - text[side & ~judged.labels].mean() for side in (unseen, seen)
        ]
        assert abs(gap[0]) < 0.2 * gap[1]
    assert len(np.unique(judged.model)) > 1


def test_some_rows_are_trained_on_in_a_disguise_as_well() -> None:
    found = examples(made("sms", 300), 1)
    hidden = [one for one in found if one.disguised]
    assert len(found) - len(hidden) == 300
    assert 20 < len(hidden) < 90
    assert not any(one.disguised for one in found[:300])
    assert all(
        one.document.text != one.row.document.text for one in hidden if len(one.row.document.text) > 10
    )
    assert [one.view for one in examples(made("sms", 300), 1)] == [one.view for one in found]
    assert [one.view for one in examples(made("sms", 300), 2)] != [one.view for one in found]
