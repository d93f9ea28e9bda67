"""Toxicity tells an insult from a sentence that names an identity or quotes a slur."""

from __future__ import annotations

from typing import Final

import pytest

from model.classifier import Classifier, Document
from model.evaluate import neutral_sentences

INSULTS: Final = (
    "you are a stupid idiot",
    "shut up, you stupid moron",
    "What a pathetic loser you are, you make me sick, idiot.",
    "fuck you",
    "du bist ein dummer Idiot",
    "halt die Fresse, du Idiot",
    "eres un idiota de mierda",
)
# Weaker in languages of which the training data has written phrases only: before the moderator, if not held.
ELSEWHERE: Final = (
    "ты тупой идиот",
    "заткнись, тупая тварь",
    "cállate, imbécil",
    "espèce d'imbécile",
    "sei un idiota",
    "jesteś idiotą",
)


def toxicity(classifier: Classifier, texts: list[str]) -> list[float]:
    return [one.scores["toxicity"] for one in classifier.score([Document(text) for text in texts])]


def test_neutral_sentences_are_not_held(shipped: Classifier) -> None:
    """Of 300 written for this test, over identities and languages, at most 3 % score 0.5 or more."""
    texts = neutral_sentences()
    assert len(texts) >= 300
    held = [text for text, score in zip(texts, toxicity(shipped, texts), strict=True) if score >= 0.5]
    assert len(held) <= 0.03 * len(texts), held


@pytest.mark.parametrize("text", INSULTS)
def test_insults_are(shipped: Classifier, text: str) -> None:
    (score,) = toxicity(shipped, [text])
    assert score >= 0.5


def test_insults_elsewhere_score_above_nearly_all_that_is_neutral(shipped: Classifier) -> None:
    neutral = sorted(toxicity(shipped, neutral_sentences()))
    for text, score in zip(ELSEWHERE, toxicity(shipped, list(ELSEWHERE)), strict=True):
        assert score > neutral[int(len(neutral) * 0.95)], text


@pytest.mark.parametrize("group", ["gay", "Muslim", "Jewish", "Black", "disabled", "immigrant", "woman"])
def test_a_name_is_no_insult(shipped: Classifier, group: str) -> None:
    plain, insult = toxicity(
        shipped, [f"My neighbour is {group} and teaches at the school.", f"You {group} piece of shit"]
    )
    assert plain < 0.3 < 0.5 <= insult


def test_an_insult_in_disguise(shipped: Classifier) -> None:
    for text in (
        "y0u are a stup1d 1diot",
        "you are a s t u p i d  i d i o t",
        "you are a stupiiiiid idiooooot",
        "yоu аre а stuрid idiоt",
    ):
        (score,) = toxicity(shipped, [text])
        assert score >= 0.5, text


def test_an_insult_is_no_spam(shipped: Classifier) -> None:
    for text in INSULTS:
        (verdict,) = shipped.score([Document(text)])
        assert verdict.scores["spam"] < 0.5
