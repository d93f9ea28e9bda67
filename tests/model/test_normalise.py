"""What hides words is undone, what is genuine stays, and each character is known to come from where it does."""

from __future__ import annotations

import random
import re
import unicodedata
from typing import Final

import pytest

from model.classifier import Classifier, Document
from model.normalise import Folded, fold, fold_text, shorten, shorten_text, undo
from model.obfuscate import WAYS
from tests.model.samples import HOSTILE, SPAM, random_texts

# Words for words: neither look-alikes of Latin letters nor vowel signs may change them.
GENUINE: Final = {
    "bulgarian": "Съгласен съм, кметът не е направил нищо за улицата.",
    "russian": "Сосед сахар рассыпал, а Ёжик хохотал: «Сто рублей!» Я купил iPhone в Москве.",
    "ukrainian": "Їжак і єнот поїхали до Києва, ґанок лишився.",
    "serbian": "Љубав и џеп, Ђорђе, ово је наш град.",
    "greek": "Η Αθήνα έχει ωραίο καιρό σήμερα· πάμε βόλτα στο Facebook;",
    "armenian": "Բարեւ Ձեզ, այսօր լավ օր է Երեւանում։",
    "georgian": "გამარჯობა, დღეს კარგი ამინდია თბილისში.",
    "arabic": "أنا لا أوافق على قرار البلدية بشأن الشارع الجديد، وهذا رأيي في فيسبوك Facebook.",
    "persian": "من با شهردار موافق نیستم، ولی هوا خوب است.",
    "hebrew": "אני לא מסכים עם ראש העיר, אבל לפחות מישהו מנסה. שָׁלוֹם",
    "hindi": "मैं महापौर से सहमत नहीं हूँ, लेकिन कोई तो कोशिश कर रहा है।",
    "bengali": "আমি মেয়রের সঙ্গে একমত নই, তবে কেউ তো চেষ্টা করছে।",
    "tamil": "நான் மேயருடன் உடன்படவில்லை, ஆனால் யாரோ முயற்சி செய்கிறார்கள்.",
    "thai": "ฉันไม่เห็นด้วยกับนายกเทศมนตรี แต่อย่างน้อยก็มีคนพยายาม",
    "chinese": "我不同意市长的意见，但至少有人在努力。iPhone很贵",
    "japanese": "市長には賛成しませんが、少なくとも誰かが努力しています。カメラ",
    "korean": "시장님 의견에 동의하지 않지만 누군가는 노력하고 있습니다.",
    "vietnamese": "Tôi không đồng ý với thị trưởng, nhưng ít ra cũng có người cố gắng. Đường mới",
    "polish": "Nie zgadzam się z burmistrzem, źdźbło trawy i żółw mają więcej sensu.",
    "turkish": "Belediye başkanına katılmıyorum, ama çalışıyor.",
    "german": "Größe und Maß: Ich stimme dem Bürgermeister nicht zu.",
    "amharic": "ከከንቲባው ጋር አልስማማም፣ ነገር ግን አንድ ሰው እየሞከረ ነው።",
    "cherokee": "ᎣᏏᏲ, ᏙᎯᏧ?",
}  # fmt: skip
_BARE: Final = str.maketrans(
    {"đ": "d", "ł": "l", "ı": "i"}
)  # letters whose stroke or dot is no mark of its own


def bare(text: str) -> str:
    """A text without case, forms and accents, by the standard library alone."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    found = []
    for char in plain:
        parts = unicodedata.normalize("NFD", char)
        found.append(
            "".join(part for part in parts if not 0x300 <= ord(part) < 0x370) if ord(char) < 0x2000 else char
        )
    return "".join(found).translate(_BARE)


def check(found: Folded, text: str) -> None:
    """Offsets: one for each character and the end, in order, within the text."""
    offsets = list(found.offsets)
    assert len(offsets) == len(found.text) + 1
    assert offsets == sorted(offsets)
    assert offsets[0] >= 0
    assert offsets[-1] == len(text)
    assert all(offset < len(text) for offset in offsets[:-1])


# -- folding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Viagra", "viagra"), ("ｖｉａｇｒａ", "viagra"), ("vіagra", "viagra"), ("𝐯𝐢𝐚𝐠𝐫𝐚", "viagra"), ("v\u200bi\u00adagra", "viagra"), ("ⓥⓘⓐⓖⓡⓐ", "viagra"),
        ("🅅🄸🄰🄶🅁🄰", "viagra"), ("🇻🇮🇦🇬🇷🇦", "viagra"), ("v\u0336i\u0336a\u0336g\u0336ra", "viagra"), ("vi&#97;gra", "viagra"), ("vi&#x61;gr&#97", "viagr&#97"),
        ("\u202evia\u202cgra", "viagra"), ("ﬁne", "fine"), ("Straße", "strasse"), ("naïve café", "naive cafe"), ("İstanbul ılık", "istanbul ilik"),
        ("Привет мир", "привет мир"), ("ΑΘΗΝΑ", "αθηνα"), ("مرحبا", "مرحبا"), ("Ёлка", "елка"), ("½ ² №", "1⁄2 2 no"), ("a&amp;b &lt;i&gt;", "a&b <i>"),
        ("𝟓𝟎𝟎€", "500€"), ("сhannel", "channel"), ("Ѕ", "ѕ"), ("", ""),
    ],
)  # fmt: skip
def test_fold(text: str, folded: str) -> None:
    assert fold(text).text == folded == fold_text(text)
    check(fold(text), text)


def test_both_ways_to_fold_agree() -> None:
    """With offsets and without; plain text about a letter makes another path of the same function."""
    texts = [*random_texts(2_000, 11), *GENUINE.values(), *HOSTILE]
    for text in texts:
        for whole in (
            (text, f"{'plain words ' * 20}{text}", f"{text}\u200b") if len(text) < 1_000 else (text,)
        ):
            found = fold(whole)
            check(found, whole)
            assert found.text == fold_text(whole), ascii(whole[:200])


def test_every_code_point_folds_the_same_anywhere() -> None:
    """Among its like, in plain text, and with its offsets told; what has no name stands for itself."""
    codes = [code for code in range(0x0B, 0x110000) if unicodedata.name(chr(code), "")]
    for first in range(0, len(codes), 1_000):
        lines = "\n".join(map(chr, codes[first : first + 1_000]))
        plain = f"{'plain words ' * 3_000}\n"
        folded = fold_text(lines)
        assert fold_text(plain + lines) == plain + folded
        assert fold(f"{lines}\n\u200b").text == f"{folded}\n"
        assert fold(f"{plain}{lines}\u200b").text == plain + folded


def test_offsets_lead_back_to_the_character() -> None:
    text = "a\u0301&amp;ﬁ😀\u200bｂ"
    found = fold(text)
    assert found.text == "a&fi😀b"
    assert [text[offset] for offset in found.offsets[:-1]] == ["a", "&", "ﬁ", "ﬁ", "😀", "ｂ"]


@pytest.mark.parametrize("language", GENUINE)
def test_genuine_text_stays_apart_from_case_and_accents(language: str) -> None:
    text = GENUINE[language]
    for found in (fold_text(text), undo(fold(text)).text):
        assert found.casefold() == bare(text)


# -- undoing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "undone"),
    [
        ("v1agra", "viagra"), ("fr33 m0ney", "free money"), ("c@sh pr!ze", "cash prize"), ("p4yp4l l0g1n", "paypal login"), ("$ubscribe", "subscribe"),
        ("f r e e money", "free money"), ("f.r.e.e m-o-n-e-y", "free money"), ("f r e e   m o n e y", "free money"), ("f_r_e_e gifts, w*i*n*n*e*r", "free gifts, winner"),
        ("freeee", "fre"), ("soooo", "so"), ("cooool freeee mooooney book", "col fre money bok"), ("в и а г р а", "виагра"),
        # What is no disguise.
        ("book", "book"), ("10000", "10000"), ("covid19", "covid19"), ("mp3 and 4k", "mp3 and 4k"), ("5:1", "5:1"), ("the U.S. and the U.K.", "the u.s. and the u.k."),
        ("a b c", "a b c"), ("http://x.example/v1agra", "http://x.example/v1agra"), ("me@gr8.example", "me@gr8.example"), ("www.ab1cd.example", "www.ab1cd.example"),
        ("Yes!", "yes!"), ("...", "..."),
    ],
)  # fmt: skip
def test_undo(text: str, undone: str) -> None:
    found = undo(fold(text))
    assert found.text == undone
    check(found, text)


def test_undone_text_knows_where_it_came_from() -> None:
    for text in (*random_texts(2_000, 12), *HOSTILE):
        found = undo(fold(text))
        check(found, text)
        check(shorten(found), text)
    text = "get f r e e v1agraaaa"
    found = undo(fold(text))
    assert found.text == "get free viagra"
    assert [text[offset] for offset in found.offsets[4:8]] == ["f", "r", "e", "e"]
    assert text[found.offsets[9] :] == "v1agraaaa"


# -- links -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("see http://x.example/abcdefghijklmnop?q=1 now", "see http://x.example/abcdefghijkl now"),
        ("https://x.example/short", "https://x.example/short"),
        ("www.x.example/abcdefghijklmnop, and", "www.x.example/abcdefghijkl and"),
        ("<a href='https://x.example/abcdefghijklmnop'>", "<a href='https://x.example/abcdefghijkl'>"),
        ("http://a.example/https://b.example/abcdefghijkl", "http://a.example/https://b.ex"),
        ("no link", "no link"),
        ("", ""),
    ],
)
def test_shorten(text: str, short: str) -> None:
    found = shorten(fold(text))
    assert found.text == short == shorten_text(text)
    check(found, text)


def test_both_ways_to_shorten_agree() -> None:
    for text in (*random_texts(1_000, 13), *HOSTILE):
        folded = fold(text)
        assert shorten(folded).text == shorten_text(folded.text)


# -- the twelve ways to hide ------------------------------------------------------------------------------------------

OBVIOUS: Final = (
    SPAM,
    "Check out my channel please, subscribe!!!",
    "Make money online fast, join my telegram group and double your bitcoin investment today",
    "Cheap viagra and casino bonus, click http://pills.example now to win free money",
    "Subscribe to my channel and watch my new video, free gift card for everyone",
)
LETTER_BY_LETTER: Final = (
    "zero-width",
    "combining",
    "fullwidth",
    "mathematical",
    "entities",
    "bidi",
    "boxed",
)


def disguised(way: str, count: int) -> list[tuple[str, str]]:
    """Obvious spam and the same in a disguise, several times."""
    return [(text, WAYS[way](text, random.Random(seed))) for text in OBVIOUS for seed in range(count)]


@pytest.mark.parametrize("way", LETTER_BY_LETTER)
def test_what_hides_letters_is_gone_once_folded(way: str) -> None:
    for text, hidden in disguised(way, 30):
        assert hidden != text
        assert fold_text(hidden) == fold_text(text)


@pytest.mark.parametrize("way", ["leet", "spaced", "dotted", "repeated", "confusables"])
def test_what_hides_words_is_mostly_undone(way: str) -> None:
    """Word by word; a word of look-alikes alone may be genuine, and of repeated letters two may have been meant."""
    words = found = 0
    for text, hidden in disguised(way, 30):
        assert hidden != text
        once = [re.sub(r"(.)\1+", r"\1", word) for word in re.findall(r"[a-z]{3,}", fold_text(text))]
        read = set(re.findall(r"[a-z]+", re.sub(r"(.)\1+", r"\1", undo(fold(hidden)).text)))
        words += len(once)
        found += sum(word in read for word in once)
    assert found / words > 0.85


@pytest.mark.parametrize("way", WAYS)
def test_obvious_spam_in_disguise_is_spam(shipped: Classifier, way: str) -> None:
    for text, hidden in disguised(way, 5):
        plain, other = shipped.score([Document(text), Document(hidden)], reasons=False)
        assert plain.scores["spam"] >= 0.5
        assert other.scores["spam"] >= 0.5, ascii(hidden)


def test_disguises_leave_addresses_alone() -> None:
    for way in WAYS.values():
        hidden = way("buy pills at http://pills.example/now or me@pills.example", random.Random(1))
        assert "http://pills.example/now" in hidden
        assert "me@pills.example" in hidden
        assert way("", random.Random(1)) == ""


def test_genuine_text_is_no_disguise(shipped: Classifier) -> None:
    for language, text in GENUINE.items():
        (verdict,) = shipped.score([Document(text)])
        assert verdict.scores["spam"] < 0.5, language
        assert "model_disguise" not in {reason.code for reason in verdict.reasons}
