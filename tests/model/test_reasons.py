"""Reasons that hold: exact shares, ranges of the original text, and a lower score once what they name is gone."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pytest

from model.classifier import Classifier, Document, Reason
from model.features import extract, view_of
from model.reasons import EXPLAIN_FROM
from model.scoring import TEXT_PARTS, Weights
from model.signals import SIGNALS, Cues, groups
from tests.model.samples import HAM, HOSTILE, SPAM, random_head, random_texts

SPAMMY: Final = (
    SPAM,
    "Check out my channel please, subscribe!!!",
    "Ｃheck ｏut my ｃhannel please 𝐬𝐮𝐛𝐬𝐜𝐫𝐢𝐛𝐞",
    "Cheap v1agra and c4sino b0nus, cl1ck http://pills.example",
    "S u b s c r i b e   t o   m y   c h a n n e l",
    "Suuuubscribe to my channnnnel pleaaaase",
    "Join my tele\u200bgram gr\u00adoup 😀😀 and double your bit\u200bcoin inv&#101;stm&#101;nt",
    "Nice blog, visit http://pills.example/a/very/long/path/to/nowhere?and=more for cheap viagra",
    "Заработок на дому от 5000 рублей в день, пишите в телеграм @zarabotok",
    "Kredit ohne Schufa, sofort Geld aufs Konto, schreiben Sie per WhatsApp +49 151 0000000",
    "Ganhe dinheiro em casa, clique no link e receba bônus grátis no cassino",
    "Situs judi slot online gacor, daftar sekarang bonus 100%",
    "加微信 abc123 兼职刷单日赚500元，免费领取红包，点击链接",
    "Subscribe\u0301 to my cha\u0301nnel, frée gift càrds",
)  # fmt: skip
TOXIC: Final = (
    "you are a stupid idiot",
    "what a stupid idiot you are, shut up",
    "du bist ein dummer Idiot",
    "eres un idiota de mierda",
)


def reasons(classifier: Classifier, text: str) -> tuple[Reason, ...]:
    return classifier.score([Document(text)])[0].reasons


def named(reason: Reason, text: str) -> list[str]:
    """What a reason marks in a text."""
    return [text[start:end] for start, end in reason.spans]


def odds(classifier: Classifier, text: str, head: str) -> float:
    """Scores close to 1 differ in their log-odds."""
    score = classifier.score([Document(text)], reasons=False)[0].scores[head]
    return float(np.log(score / (1 - score)))


def without(text: str, spans: tuple[tuple[int, int], ...]) -> str:
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return text


@pytest.mark.parametrize("text", SPAMMY)
def test_without_what_a_reason_names_spam_scores_lower(shipped: Classifier, text: str) -> None:
    strongest = next(one for one in reasons(shipped, text) if one.spans)
    assert strongest.weight > 0
    assert odds(shipped, without(text, strongest.spans), "spam") < odds(shipped, text, "spam")


@pytest.mark.parametrize("text", TOXIC)
def test_without_what_a_reason_names_an_insult_scores_lower(shipped: Classifier, text: str) -> None:
    (strongest,) = (one for one in reasons(shipped, text) if one.code == "model_toxic_words")
    assert strongest.text.endswith("typical of insults.")
    assert odds(shipped, without(text, strongest.spans), "toxicity") < odds(shipped, text, "toxicity")


@pytest.mark.parametrize("text", [*SPAMMY, *TOXIC])
def test_reasons_are_sentences_sorted_by_weight_with_ranges_of_the_text(
    shipped: Classifier, text: str
) -> None:
    found = reasons(shipped, text)
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
    for one in found:
        assert re.fullmatch(r"(It|The|Much) .+\.", one.text, re.DOTALL)
        assert one.code.startswith("model_")
        assert one.weight > 0
        assert all(0 <= start < end <= len(text) for start, end in one.spans)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_breaks_it(shipped: Classifier, text: str) -> None:
    (verdict,) = shipped.score([Document(text, text[:1000], text[:1000], text[:1000], "xx")])
    assert all(0.0 <= score <= 1.0 for score in verdict.scores.values())
    for reason in verdict.reasons:
        assert all(0 <= start < end <= len(text) for start, end in reason.spans)


def test_any_text_has_ranges_within_it(monkeypatch: pytest.MonkeyPatch, shipped: Classifier) -> None:
    """Also where a reason would be no use: here everything is explained."""
    monkeypatch.setattr(shipped, "_explain_from", np.zeros((2, 1)))
    texts = [
        text.encode("utf-8", "ignore").decode() for text in random_texts(1_500, 7)
    ]  # halves of pairs are no text
    marked = 0
    for text, verdict in zip(texts, shipped.score([Document(text) for text in texts]), strict=True):
        for reason in verdict.reasons:
            assert all(0 <= start < end <= len(text) for start, end in reason.spans), ascii(text)
            marked += len(reason.spans)
    assert marked > 1_000


# -- shares ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("peaks", [False, True])
def test_shares_of_words_and_of_what_lies_between_make_the_whole(peaks: bool) -> None:
    """Exactly: they add up to each part of the text times how fast the log-odds grow with it."""
    head = random_head(4, peaks=peaks)
    weights = Weights({"spam": head})
    texts = [view_of(text) for text in (*SPAMMY, *TOXIC, HAM * 4, "")]
    view = weights.read(texts)
    (parts,) = view.parts(np.zeros((len(texts), len(SIGNALS))))
    chance = np.random.default_rng(1)
    for index, length in enumerate(view.batch.lengths.tolist()):
        slopes = head.slopes(parts[index])[: len(TEXT_PARTS)]
        whole = float(slopes @ parts[index, : len(TEXT_PARTS)])
        borders = np.unique(np.concatenate([[0, length], chance.integers(0, length, 9, endpoint=True)]))
        pieces = view.shares(index, 0, slopes, np.stack((borders[:-1], borders[1:]), axis=1))
        assert pieces.sum() == pytest.approx(whole, abs=1e-9)
        everything = view.shares(index, 0, slopes, np.array([[0, length]]))
        assert everything.tolist() == pytest.approx([whole], abs=1e-9)


def test_a_reason_weighs_what_its_words_add(monkeypatch: pytest.MonkeyPatch, shipped: Classifier) -> None:
    """An n-gram counts for the word in which its third unit lies, in calibrated log-odds."""
    head = random_head(6, peaks=False, hinges=0)
    np.abs(head.weights, out=head.weights)
    head.parts[:] = 0
    head.parts[0] = 1
    monkeypatch.setattr(shipped, "_weights", Weights({"spam": head}))
    monkeypatch.setattr(shipped, "_explain_from", np.zeros((1, 1)))
    text = "no subscribe no"
    (reason,) = reasons(shipped, text)
    assert named(reason, text) == ["no", "subscribe", "no"]
    assert reason.text.count("“no”") == 1, "named once"
    batch = extract([text])
    buckets = np.array([some[: len(text)] for some in batch.buckets])  # behind these only the last space's
    grams = head.weights[buckets].astype(np.int64).sum(axis=0)
    counted = [place for place in range(len(text)) if f" {text} "[place + 1 : place + 2].isalpha()]
    group = groups(batch, Cues(batch))[0]
    slope = head.calibrations[group].slope * head.step * float(batch.scales[0])
    assert reason.weight == pytest.approx(slope * int(grams[counted].sum()), abs=1e-3)


# -- ranges ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("please subscribe to my channel", {"subscribe", "channel"}),
        ("😀😀 please 𐍈 subscribe 👩‍👩‍👧 to my channel", {"subscribe", "channel"}),
        ("😀 please subscribe to my channel!!!", {"subscribe", "channel"}),
        ("please sub\x08scribe to my \x01channel", {"sub\x08scribe", "channel"}),
        ("&lt;&lt; please &amp; subscribe &#x1F600; to my channel", {"subscribe", "channel"}),
        ("please sub&#115;crib&#101; to my &#99;hannel", {"sub&#115;crib&#101;", "&#99;hannel"}),
        ("please sübscríbe\u0301 to my cha\u0301nnel\u0323", {"sübscríbe\u0301", "cha\u0301nnel\u0323"}),
        ("please sub\u200bscribe to my \u00adchannel", {"sub\u200bscribe", "channel"}),
        ("pleaaaase subscribeeeee to my channelllll", {"subscribeeeee", "channelllll"}),
        ("please sssssubscribe to my channnnnel!!!!!", {"sssssubscribe", "channnnnel"}),
        ("please s u b s c r i b e   to my   c h a n n e l", {"s u b s c r i b e", "c h a n n e l"}),
        ("please subscr1be to my ch4nnel", {"subscr1be", "ch4nnel"}),
        ("ﷺ please ﷺ subscribe to my channel", {"subscribe", "channel"}),
        ("ＳＵＢＳＣＲＩＢＥ to my 𝐜𝐡𝐚𝐧𝐧𝐞𝐥 please", {"ＳＵＢＳＣＲＩＢＥ", "𝐜𝐡𝐚𝐧𝐧𝐞𝐥"}),
        ("http://example.com/" + "x" * 500 + " please subscribe to my channel", {"subscribe", "channel"}),
    ],
)  # fmt: skip
def test_words_are_marked_as_they_were_written(shipped: Classifier, text: str, words: set[str]) -> None:
    found = {word for one in reasons(shipped, text) if one.code == "model_words" for word in named(one, text)}
    assert words <= found
    sentence = " ".join(one.text for one in reasons(shipped, text))
    assert all(f"“{word}”" in sentence for word in words)


@pytest.mark.parametrize(
    ("text", "code", "sentence", "marked"),
    [
        ("write to me on WhatsApp now", "model_contact", "It asks to write on WhatsApp: “WhatsApp”.", "WhatsApp"),
        ("write to me on Whats App now", "model_contact", "It asks to write on WhatsApp: “Whats App”.", "Whats App"),
        ("write to me on Telegram now", "model_contact", "It asks to write on Telegram: “Telegram”.", "Telegram"),
        ("my group is t.me/abcdef join", "model_contact", "It asks to write on Telegram: “t.me/”.", "t.me/"),
        ("пишите в телеграм", "model_contact", "It asks to write on Telegram: “телеграм”.", "телеграм"),
        ("write to me on Viber now", "model_contact", "It asks to be contacted elsewhere: “Viber”.", "Viber"),
        ("call +1 (555) 010-9999 now", "model_contact", "It gives a phone number: “+1 (555) 010-9999”.", "+1 (555) 010-9999"),
        ("mail to earn.money@mail.example now", "model_contact", "It gives an e-mail address: “earn.money@mail.example”.", "earn.money@mail.example"),
        ("mail to earn.money@mail.com now", "model_contact", "It gives an e-mail address: “earn.money@mail.com”.", "earn.money@mail.com"),
        ("only $ 5,000.50 a week", "model_money", "It names an amount of money: “$ 5,000.50”.", "$ 5,000.50"),
        ("только 5000 руб в день", "model_money", "It names an amount of money: “5000 руб”.", "5000 руб"),
        ("see http://cash.example/win now", "model_link", "It links to “http://cash.example/win”, as spam often does.", "http://cash.example/win"),
        ("see cash.com/win now", "model_link", "It links to “cash.com/win”, as spam often does.", "cash.com/win"),
        ("see www.cash.example now", "model_link", "It links to “www.cash.example”, as spam often does.", "www.cash.example"),
    ],
)  # fmt: skip
def test_links_contacts_and_money_are_named(
    monkeypatch: pytest.MonkeyPatch, shipped: Classifier, text: str, code: str, sentence: str, marked: str
) -> None:
    """By a head to which all of them matter: the shipped one may know better."""
    head = random_head(1, peaks=False, hinges=0, limit=0)
    head.parts[:] = 1.0
    monkeypatch.setattr(shipped, "_weights", Weights({"spam": head}))
    monkeypatch.setattr(shipped, "_explain_from", np.zeros((1, 1)))
    found = reasons(shipped, text)
    (reason,) = (one for one in found if one.code == code)
    assert (reason.text, named(reason, text)) == (sentence, [marked])
    others = {one.code for one in found} & {"model_contact", "model_money", "model_link"} - {code}
    assert not others or "t.me/" in text, "an address of a mail is no link, a phone number no amount"


def test_long_quotations_are_cut(shipped: Classifier) -> None:
    text = f"Free viagra casino bonus http://casino.example/{'a' * 300} win money"
    (link,) = (one for one in reasons(shipped, text) if one.code == "model_link")
    assert "a…”" in link.text
    assert len(link.text) < 100
    assert named(link, text) == [f"http://casino.example/{'a' * 300}"]


def test_a_disguise_is_told(shipped: Classifier) -> None:
    codes = {
        one.code: one for one in reasons(shipped, "s\u200bub\u200bscri\u200bbe to my ch\u200ban\u200bnel")
    }
    assert "look-alike or invisible" in codes["model_disguise"].text
    apart = next(one for one in reasons(shipped, "s u b s c r i b e  t o  m y  c h a n n e l") if one.spans)
    assert "with letters kept apart, repeated, replaced or turned round" in apart.text


# -- when ------------------------------------------------------------------------------------------------------------


def test_low_scores_need_no_reason(shipped: Classifier) -> None:
    for text in (HAM, "", *SPAMMY, *TOXIC):
        (verdict,) = shipped.score([Document(text)])
        explained = {one.code for one in verdict.reasons} & {"model_words", "model_toxic_words"}
        if verdict.scores["spam"] < EXPLAIN_FROM["spam"]:
            assert "model_words" not in explained
        if verdict.scores["toxicity"] < EXPLAIN_FROM["toxicity"]:
            assert "model_toxic_words" not in explained
        (quiet,) = shipped.score([Document(text)], reasons=False)
        assert (quiet.scores, quiet.reasons) == (verdict.scores, ())
    assert reasons(shipped, HAM) == ()


def test_what_is_written_backwards_is_read_and_marked(shipped: Classifier) -> None:
    """A reader sees it turned by the control in front of it, a filter does not."""
    plain = "Earn 5000 dollars weekly from home, write me on WhatsApp now"
    text = f"\u202e{plain[::-1]}\u202c"
    (turned,) = shipped.score([Document(text)])
    assert turned.scores["spam"] >= shipped.score([Document(plain)])[0].scores["spam"] - 0.01
    words = {text[start:end] for reason in turned.reasons for start, end in reason.spans}
    assert words
    assert words <= {word.strip(",")[::-1] for word in plain.split()}
