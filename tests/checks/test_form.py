"""Length, capitals, nothing to read, another language."""

from __future__ import annotations

import pytest

from model.phrases import FOLDER
from moderation.checks import CHECKS
from moderation.checks.languages import LANGUAGES, faults
from tests.checks.asking import found

BY_NAME = {check.name: check for check in CHECKS}


def test_length() -> None:
    short, long = BY_NAME["too_short"], BY_NAME["too_long"]
    finding = found(short, "  ok  ", min_length=3)
    assert finding is not None
    assert finding.reason.text == "It has 2 characters; the site wants 3 or more."
    assert found(short, "yes", min_length=3) is None
    assert found(short, "y") is None
    finding = found(long, "yes!", max_length=3)
    assert finding is not None
    assert finding.reason.text == "It has 4 characters; the site allows 3."
    assert found(long, "yes ", max_length=3) is None


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("THIS IS AN OUTRAGE, ALL OF IT", True),
        ("ВСЁ ЭТО ПРОСТО ВОЗМУТИТЕЛЬНО", True),
        ("This is an outrage, all of it", False),
        ("USA! USA! USA! USA!", False),  # twelve letters
        ("这是一个很长的评论，没有大写字母，只有汉字，所以不会被拦下来。", False),
        ("Die NATO und die EU beraten in Bruessel", False),
    ],
)
def test_capitals(text: str, held: bool) -> None:
    assert (found(BY_NAME["capitals"], text, max_capitals=0.7) is not None) == held
    assert found(BY_NAME["capitals"], text) is None


@pytest.mark.parametrize(
    ("text", "held"),
    [
        (" \n\t", True), ("\u200b\u200d", True), ("\u2800\u2800", True), ("\u3164", True), ("\u0301\u0301", True), ("&#8203;", True),
        ("\u00ad", True), ("...", False), ("👍", False), ("+1", False), ("?", False), ("a", False), ("好", False), ("5", False), ("❤️", False),
    ],
)  # fmt: skip
def test_nothing_to_see(text: str, held: bool) -> None:
    assert (found(BY_NAME["empty"], text) is not None) == held
    assert found(BY_NAME["empty"], text, hold_empty=False) is None


@pytest.mark.parametrize(
    ("text", "languages", "how"),
    [
        ("Это уже третий раз за неделю, и никто не отвечает.", ("en",), "is written in Cyrillic letters"),
        ("この記事はとても面白かったです。続きが読みたい。", ("en", "de"), "is written in Japanese letters"),
        (
            "这篇文章写得很好，我完全同意作者的观点，希望大家都看看。",
            ("en",),
            "is written in Chinese characters",
        ),
        (
            "这篇文章写得很好，我完全同意作者的观点，希望大家都看看。",
            ("ja",),
            None,
        ),  # unsure: Chinese characters alone
        ("Das ist doch nicht wahr, und ich habe es schon immer gesagt.", ("en",), "reads like German"),
        ("I do not think that this is what they said in the article.", ("de",), "reads like English"),
        ("I do not think that this is what they said in the article.", ("ru",), "reads like English"),
        ("I do not think that this is what they said in the article.", ("de", "en"), None),
        (
            "I do not think that this is what they said in the article.",
            ("lt",),
            None,
        ),  # its small words are not known
        ("Это уже третий раз за неделю, и никто не отвечает.", ("uk",), None),  # of one script
        ("Ce film est génial", ("en",), None),  # too short
        ("Super! Bravo! 👍👍👍", ("en",), None),
        ("Я", ("en",), None),
        ("mesh fahem leh el 7okoma betzawed el benzin kol talat shohoor", ("ar",), None),
        ("He said „Ja, das ist doch so“, and I think that he is right about it.", ("en",), None),
        ("Das ist doch nicht wahr, und ich habe es schon immer gesagt.", (), None),
    ],
)
def test_language(text: str, languages: tuple[str, ...], how: str | None) -> None:
    finding = found(BY_NAME["languages"], text, languages=languages)
    assert (how is None) == (finding is None)
    if finding is not None and how is not None:
        assert how in finding.reason.text


def test_no_comment_in_the_sites_own_language_is_held() -> None:
    held = [
        (path.stem, line)
        for path in FOLDER.glob("*.txt")
        for line in path.read_text("utf-8").splitlines()
        if found(BY_NAME["languages"], line, languages=(path.stem,))
    ]
    assert held == []


def test_languages_that_are_not_known() -> None:
    assert [index for index, _ in faults(["en", "EN", "english", "xx", "de"])] == [1, 2, 3]
    assert {path.stem for path in FOLDER.glob("*.txt")} <= LANGUAGES.keys()
