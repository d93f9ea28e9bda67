"""Fingerprints: the same and nearly the same text is found again, two different comments never."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest

from model.phrases import FOLDER
from moderation.checks.fingerprints import fingerprints

TEXT = "Buy the best watches in town, sent to your door within a day, at http://cheap-7.example/x?id=1 or call 555 0199"


def same(one: str, other: str) -> bool:
    return not set(fingerprints(one)).isdisjoint(fingerprints(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I could not agree more.", "i could NOT agree,  more!!!"),
        ("I could not agree more.", "I cоuld nоt agree mоre"),  # Cyrillic о
        ("I could not agree more.", "I co\u200buld not agree more"),
        ("这篇文章写得很好，我完全同意作者的观点", "这篇文章写得很好 我完全同意作者的观点！"),
        (TEXT, TEXT.replace("http://cheap-7.example/x?id=1", "https://other-9.example/yyy")),
        (TEXT, TEXT.replace("555 0199", "777 0123")),
        (TEXT, "Hello! " + TEXT),
    ],
)
def test_the_same(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize("text", ["+1", "Danke!", "", "👍👍👍", "so true", "...", "  \n"])
def test_what_is_too_short_has_none(text: str) -> None:
    assert fingerprints(text) == ()


def test_their_form() -> None:
    found = fingerprints(TEXT)
    assert 1 < len(found) <= 4
    assert all(len(one) == 16 and int(one, 16) >= 0 for one in found)
    assert len(fingerprints("I could not agree more.")) == 1, "near ones only for longer texts"
    assert len(fingerprints("no " * 100)) == 1, "nor for a few words again and again"


def comments() -> list[tuple[str, str]]:
    return [
        (path.stem, line)
        for path in sorted(FOLDER.glob("*.txt"))
        for line in path.read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]


def test_one_word_in_twenty_changed_is_found_nine_times_of_ten() -> None:
    chance = random.Random(1)
    by_lang: dict[str, list[str]] = {}
    for lang, line in comments():
        by_lang.setdefault(lang, []).append(line)
    tried = hits = 0
    for lang, lines in by_lang.items():
        if lang in {"zh", "ja", "th"}:
            continue
        others = [word for line in lines for word in line.split()]
        for first in range(0, len(lines) - 5, 5):
            words = " ".join(lines[first : first + 5]).split()
            changed = list(words)
            for place in chance.sample(range(len(words)), max(1, len(words) // 20)):
                changed[place] = chance.choice(others)
            tried += 1
            hits += same(" ".join(words), " ".join(changed))
    assert tried > 2_000
    assert hits >= 0.9 * tried, f"{hits} of {tried}"


def test_different_comments_on_one_topic_share_none() -> None:
    topic = [
        "The council should never have closed the library on Mill Street, my children went there every week after school.",
        "Closing the library on Mill Street saves the council hardly anything, and the children have nowhere to go after school.",
        "My children loved the library on Mill Street, but nobody asked us before the council voted to close it.",
        "If the council had asked parents, the library on Mill Street would still be open for our children every week.",
        "Every week another library is closed while the council pays for a new car park on Mill Street, what a shame.",
        "The library was empty every time I went there, so the council was right to close it and sell the building.",
    ]
    for number, one in enumerate(topic):
        assert not any(same(one, other) for other in topic[number + 1 :])


def test_hashes_are_the_same_in_another_process() -> None:
    code = "import sys; from moderation.checks.fingerprints import fingerprints; print(*fingerprints(sys.argv[1]))"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    run = subprocess.run(
        [sys.executable, "-c", code, TEXT], capture_output=True, text=True, check=True, env=environment
    )
    assert tuple(run.stdout.split()) == fingerprints(TEXT)
