"""Hand-made signals: each says what its name says, and the quick way to look for it misses nothing."""

from __future__ import annotations

from typing import Final

import numpy as np
import pytest

from model import signals as module
from model.features import Document, extract
from model.normalise import fold, fold_text, shorten_text, undo
from model.signals import GROUPS, SIGNALS, Cues, amounts, contacts, groups, links, signals, suspects
from tests.model.samples import HAM, HOSTILE, SPAM, random_texts

FOUND: Final = (
    "see http://x.example/a", "see https://x.example", "hxxp://x.example", "www.cash.example", "(www.x.ru)", "go to casino.ru\nnow", "«casino.ru»", "casino.ru:8080",
    "casino.ru; casino.me", "bit.ly/abc ab.co", "win at casino.win", "my site (dot) com", "site[.]ru", "site(.)shop", 'say "foo.co"', "foo.io>", "foo.tk'", "<foo.cc",
    "pay 25usd now", "25 USD", "0.5btc", "99eur", "12 руб", "15руб", "5 dollars", "5\nusd", "5 euros", "20rub", "$5", "€ 7", "5$", "5 €", "₽ 5", "5₽", "US$ 1,000",
    "+49 30 1234567", "+1(555)010-9999", "me@x.example", "write to A.B@x.example!", "whatsapp me", "Whats App", "WHATSAPP", "t.me/abc", "telegram", "телеграм",
    "viber", "WeChat", "skype", "just dm me", "Dm me", "inbox me please", "<a href=x>", "[url=x]", "[link x]", "href = x", "ｗｈａｔｓａｐｐ", "$&#53;",
)  # fmt: skip
NONE: Final = (
    "", "a", HAM, "Yes. No.", "e.g. this", "www", "dollar", "the dollar", "5", "usd", "+", "@", "$", "a @ b", "$ money", "skyper", "network.", "com", ". com", "1.5",
    "I read it in the info.", "[urls]", "<3", "x < y", "a+b", "href", "@name", "2+2 is 4", "(dot)", "admit", "1 2 3 4 5 6 7 8 9",
)  # fmt: skip


def found_in(documents: list[Document]) -> list[dict[str, float]]:
    """The signals of each document of a batch."""
    folded = [fold_text(document.text) for document in documents]
    batch = extract([shorten_text(text) for text in folded])
    rows = signals(documents, folded, batch, Cues(batch))
    return [dict(zip(SIGNALS, row, strict=True)) for row in rows.tolist()]


def signals_of(document: Document) -> dict[str, float]:
    return found_in([document])[0]


def by_patterns(text: str) -> dict[str, float]:
    """The signals that patterns find, with each pattern tried on the text."""
    folded = fold_text(text)[: module.MAX_SEARCHED]
    return {
        "links": min(4, len(links(folded))) / 2,
        "contact": float(any(contacts(folded).values())),
        "money": float(bool(amounts(folded))),
        "markup": float(bool(module._MARKUP.search(folded))),
    }


@pytest.mark.parametrize("text", FOUND)
def test_what_a_pattern_finds_is_looked_for(text: str) -> None:
    """Patterns run only where a quick look finds a cue: it must not miss what they would find."""
    assert any(by_patterns(text).values()), "the patterns find it"
    for where in (text, f"Well: {text}", f"{HAM} {text}", f"{text} {HAM}"):
        found = signals_of(Document(where))
        assert {name: found[name] for name in by_patterns(where)} == by_patterns(where)


@pytest.mark.parametrize("text", NONE)
def test_what_is_none_is_not_found(text: str) -> None:
    assert not any(by_patterns(text).values())
    found = signals_of(Document(text))
    assert not any(found[name] for name in by_patterns(text))


def test_signals_lie_between_0_and_2_for_any_text() -> None:
    texts = [*random_texts(1_000, 21), *HOSTILE, SPAM, HAM, *FOUND]
    documents = [Document(text, text[:200], text[:200], text[:200]) for text in texts]
    together = found_in(documents)
    values = np.array([list(one.values()) for one in together])
    assert np.isfinite(values).all()
    assert values.min() == 0
    assert values.max() <= 2
    assert [signals_of(document) for document in documents] == together, "in any batch"


def test_what_is_not_given_counts_nothing() -> None:
    assert not any(signals_of(Document("a text that is long enough and says nothing")).values())


@pytest.mark.parametrize(
    ("name", "document", "least", "most"),
    [
        ("links", Document("http://a.example http://b.example"), 1.0, 1.0),
        ("links", Document("http://a.example " * 9), 2.0, 2.0),
        ("links", Document("mail me: a.b@c.com"), 0.0, 0.0),
        ("disguise", Document("v\u200bi\u200ba\u200bg\u200br\u200ba"), 0.9, 1.0),
        ("disguise", Document("𝐯𝐢𝐚𝐠𝐫𝐚"), 0.9, 1.0),
        ("disguise", Document("ＮＨＫのニュース、ＵＳＡの選挙"), 0.0, 0.0),  # typography
        ("disguise", Document("ผม\u200bไม่\u200bเห็นด้วย"), 0.0, 0.0),  # parts words
        ("disguise", Document("\u2067لا أتفق\u200f.\u2069"), 0.0, 0.0),
        ("disguise", Document("The gov\u00adern\u00adment"), 0.0, 0.0),
        ("disguise", Document("🅅🄸🄰🄶🅁🄰"), 0.9, 1.0),
        ("disguise", Document("\u202evia\u202cgra"), 0.5, 1.0),
        ("disguise", Document("می\u200cخواهم"), 0.0, 0.0),
        ("disguise", Document("👩\u200d👩\u200d👧\u200d👦 ❤\ufe0f"), 0.0, 0.0),
        ("disguise", Document("Größe, ça va, được, 日本、語。"), 0.0, 0.0),
        ("author_url", Document("x", author_url="http://x.example"), 1.0, 1.0),
        ("author_sells", Document("x", author_name="cheap loans online now"), 1.0, 1.0),
        ("author_sells", Document("x", author_name="casino.example"), 1.0, 1.0),
        ("author_sells", Document("x", author_name="Mary J. Smith Jr."), 0.0, 1.0),
        ("author_sells", Document("x", author_name="Mary Smith"), 0.0, 0.0),
        ("author_sells", Document("x", author_name="Dr. J. R. Smith"), 0.0, 1.0),
        ("author_sells", Document("x", author_name="J. Smith"), 0.0, 0.0),
        ("on_topic", Document("The mayor and the lane", article_title="Mayor opens cycle lane"), 0.6, 0.7),
        ("on_topic", Document("Something else", article_title="Mayor opens cycle lane"), 0.0, 0.0),
        ("on_topic", Document("МЭР открыл дорогу", article_title="Мэр открыл новую дорогу"), 0.6, 1.0),
    ],
)  # fmt: skip
def test_each_signal(name: str, document: Document, least: float, most: float) -> None:
    assert least <= signals_of(document)[name] <= most


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see http://x.example/a?b=1, or", ["http://x.example/a?b=1,"]),
        ("at casino.ru/win now", ["casino.ru/win"]),
        ("at cas-ino (dot) com", ["cas-ino (dot) com"]),
        ("mail a.b@c.com", []),
        (".com", []),
        ("x.community", []),
    ],
)
def test_where_links_lie(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in links(text)] == found


def test_where_contacts_and_amounts_lie() -> None:
    text = "whatsapp +1 555 010 9999 or a.b@c.example for $1,000.50 or 2.5 btc"
    places = contacts(text)
    assert {kind: [text[start:end] for start, end in one] for kind, one in places.items()} == {
        "channel": ["whatsapp"], "phone": ["+1 555 010 9999"], "address": ["a.b@c.example"],
    }  # fmt: skip
    assert [text[start:end] for start, end in amounts(text)] == ["$1,000.50", "2.5 btc"]


@pytest.mark.parametrize(
    ("text", "group"),
    [
        (HAM, "english"), ("Check out my new song", "english"), ("The mayor said мы", "english"), ("", "english"), ("123 !?", "english"), ("đường phố", "english"),
        ("đường phố hôm nay thật là đông đúc và ồn ào quá", "latin"),
        ("Ich stimme dem Bürgermeister nicht zu, aber immerhin versucht es jemand.", "latin"), ("No estoy de acuerdo con el alcalde, pero al menos alguien lo intenta", "latin"), ("привет", "cyrillic"),
        ("Я купил iPhone в Москве", "cyrillic"), ("שלום", "other"), ("你好世界", "other"), ("こんにちは", "other"), ("안녕하세요", "other"), ("สวัสดี", "other"), ("αθηνα", "other"),
        ("нет 你好世界你好世界", "other"),
    ],
)  # fmt: skip
def test_groups(text: str, group: str) -> None:
    batch = extract([fold_text(one) for one in ("x", text, "привет")])
    assert GROUPS[int(groups(batch, Cues(batch))[1])] == group


# -- which texts are read twice ---------------------------------------------------------------------------------------


def is_suspect(text: str) -> bool:
    return list(suspects(extract(["plain", shorten_text(fold_text(text)), "words"]))) == [1]


@pytest.mark.parametrize(
    "text",
    [
        "v1agra", "get fr3e money", "f r e e money", "f.r.e.e", "soooo good", "goooood", "FREEEE", "viaaagraaa", "c@sh", "$ubscribe now", "hell0 there", "п р и в е т", "pr!ze",
        "p4yp4l l0g1n", "subscr1be", "s*u*b*s*c*r*i*b*e", "ффффри",
    ],
)  # fmt: skip
def test_hidden_words_are_suspect(text: str) -> None:
    assert undo(fold(text)).text != fold_text(text)
    for where in (text, f"{HAM} {text}", f"{text} {HAM}"):
        assert is_suspect(where)


@pytest.mark.parametrize(
    "text",
    ["", HAM, "book keeper committee", "10000 people", "see www.x.example", "...", "!!!", "a b c", "the U.S. said", "Wow!! Great", "100 % of it", "in 1999, 2000", "日本語"],
)  # fmt: skip
def test_plain_words_are_not(text: str) -> None:
    """Reading twice costs time, and whatever it finds counts."""
    assert not is_suspect(text)
