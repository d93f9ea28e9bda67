"""Words: found in any disguise and any script, with spans in the original text, and never inside other words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
import re2

from model.phrases import phrases
from moderation.checks import CHECKS, words
from moderation.checks.entries import compiled, faults
from moderation.domain.comment import RejectReason
from moderation.domain.policy import Effect, Policy
from tests.checks.asking import found, marked

BANNED = next(check for check in CHECKS if check.name == "banned_words")
SUSPECT = next(check for check in CHECKS if check.name == "suspect_words")

DISGUISES: Final = {
    "plain": "viagra",
    "dots": "v.i.a.g.r.a",
    "spaces": "v i a g r a",
    "hyphens": "v-i-a-g-r-a",
    "fullwidth": "ｖｉａｇｒａ",
    "cyrillic": "vіаgrа",
    "greek": "νιαgrα",
    "zero width": "vi\u200bag\u200dra",
    "leet": "v1agr4",
    "leet and an exclamation mark": "v1agra!",
    "repeated": "viiiagraaa",
    "mathematical": "𝓿𝓲𝓪𝓰𝓻𝓪",
    "circled": "ⓥⓘⓐⓖⓡⓐ",
    "accents": "v\u0301i\u0308a\u0300gra",
    "strokes": "v\u0336i\u0336a\u0336g\u0336r\u0336a\u0336",
    "references": "v&#105;agr&#x61;",
    "case": "ViAgRa",
    "bidi controls": "vi\u202dag\u202cra",
    "written backwards": "\u202eargaiv\u202c",
    "soft hyphen": "via\u00adgra",
    "underscores": "v_i_a_g_r_a",
    "a run of dots": "v..i..a..g..r..a",
}


@pytest.mark.parametrize("name", DISGUISES)
@pytest.mark.parametrize("around", ["{}", "Köln: buy {}, now 🎉", "I want a {} and\nsome more"])
def test_a_disguised_word_is_found_where_it_stands(name: str, around: str) -> None:
    word = DISGUISES[name]
    text = around.format(word)
    finding = found(BANNED, text, banned_words=("viagra",))
    assert finding is not None, text
    [(start, end)] = finding.reason.spans
    wanted = text.index(word)
    shown = word.strip("\u202e\u202c").rstrip("!")
    assert text[start:end].strip("\u202e\u202c") == shown
    assert wanted <= start
    assert end <= wanted + len(word)
    assert (finding.effect, finding.reject_reason) == (Effect.REJECT, RejectReason.BANNED_WORD)


def test_the_reason_names_what_was_found_and_the_entry_behind_a_disguise() -> None:
    plain = found(BANNED, "Buy Viagra", banned_words=("viagra",))
    assert plain is not None
    assert plain.reason.text == "It contains “Viagra”, on the site's list of banned words."
    disguised = found(SUSPECT, "Buy v1agra", suspect_words=("viagra",))
    assert disguised is not None
    assert (
        disguised.reason.text
        == "It contains “v1agra” (read as “viagra”), on the site's list of suspect words."
    )
    assert disguised.effect is Effect.HOLD


@pytest.mark.parametrize(
    ("entry", "text", "marks"),
    [
        ("buy now", "Please buy,\n now!", ["buy,\n now"]),
        ("buy now", "buy it now", []),
        ("buy now", "buy n0w", ["buy n0w"]),
        ("e-mail", "My E-Mail and e mail", ["E-Mail", "e mail"]),
        ("ass", "as s", []),
        ("ass", "a s sorry", []),
        ("ass", "bass assess classic", []),
        ("ass", "The A55 is closed; a Galaxy A55 too", []),
        ("ass", "what an a$$", ["a$$"]),
        ("ass", "vitamins A, S. Then S", []),
        ("bob", "Boob", []),
        ("pussy", "pusssssy", ["pusssssy"]),
        ("shit", "sh!t $hit 5hit", ["sh!t", "$hit", "5hit"]),
        ("a$$hole", "asshole", ["asshole"]),
        ("tits", "see https://example.com/t1ts/x", []),
        ("fuck*", "fucking well", ["fucking"]),
        ("*fuck", "motherfuck you", ["motherfuck"]),
        ("*fuck*", "motherfucking", ["motherfucking"]),
        ("fuck*", "motherfucking", []),
        ("f*ck", "f*ck", ["f*ck"]),
        ("straße", "in der STRASSE", ["STRASSE"]),
        ("cafe", "un Café", ["Café"]),
        # no spaces between words: found anywhere
        ("卖药", "我们卖药吧", ["卖药"]),
        ("แทงบอล", "เว็บแทงบอลออนไลน์", ["แทงบอล"]),
        ("バカ", "お前はバカだ", ["バカ"]),
        ("买iphone", "我想买iPhone手机", ["买iPhone"]),
        ("iphone", "买iphone手机", ["iphone"]),
        # Korean particles follow without a space
        ("비아그라", "비아그라를 사세요", ["비아그라를"]),
        ("비아그라", "가비아그라", []),
        # vowel signs are part of a word
        ("कम", "कमल", []),
        ("कमल", "यह कमल है", ["कमल"]),
        # Cyrillic with Latin letters in it
        ("хуй", "иди на xyй", ["xyй"]),
        ("рот", "my pot", []),
        ("pot", "рот болит", []),
        ("شتيمة", "هذه شتيمة كبيرة", ["شتيمة"]),
    ],
)
def test_entries(entry: str, text: str, marks: list[str]) -> None:
    assert marked(text, found(BANNED, text, banned_words=(entry,))) == marks


# -- inside other words -------------------------------------------------------------------------------------------------

RUDE: Final = tuple(
    (
        "anal anus arse ass bastard bitch boob bum clit cock coon crap cum cunt dick dyke fag fuck gook homo jap jerk kike knob "
        "muff nazi negro nig paki penis piss poof porn prick pube pussy rape sex shit slag slut spic suck tit turd twat wank whore"
    ).split()
)
TRAPS: Final = (
    "Scunthorpe Penistone Cockermouth Lightwater Clitheroe Arsenal assassin assassinate classic class glass mass passage bass "
    "embarrass assess asset assign associate assume cocktail peacock cockpit cockatoo hancock Dickens Dickinson dickcissel Sussex "
    "Essex Middlesex sextant sextet shiitake mishit pussycat pussyfoot document circumstance accumulate cucumber scum vacuum "
    "title titan constitution institution competitor appetite stationery analysis analyst canal banal manual janus manuscript "
    "uranus grape drape therapist scrape crapaud scrap pissarro cassock button therapeutic snigger niggle nightingale "
    "Nigeria Niger denigrate raccoon tycoon cocoon spice despicable conspicuous auspicious suspicion flagpole fagot "
    "homogeneous homophone japan jape kikes bumblebee album succumb muffin shuttlecock woodcock hitchcock knobbly parsec "
    "swank twattle saturday turducken prickly republic publication slagheap sucker-free suckle success bastardise "
    "Matsushita Kuwahara Lipshitz Cummings Babcock Wankel Dyker Penicillin peninsula"
).split()


def dictionary() -> list[str]:
    """Words that people write: those of the phrases that are no spam and not rude, of languages in Latin letters."""
    found: dict[str, None] = dict.fromkeys(word.lower() for word in TRAPS)
    sentences = [one.text for one in phrases(1) if one.kind == "ham"]
    neutral = Path(__file__).parent.parent / "model" / "neutral_sentences.txt"
    for sentence in (*sentences, *neutral.read_text("utf-8").splitlines()):
        found.update(dict.fromkeys(re.findall(r"[a-zA-Z]{3,}", sentence.lower())))
    return [word for word in found if word not in RUDE and word != "sucker"]


def test_no_dictionary_word_is_taken_for_a_rude_one_inside_it() -> None:
    listed = dictionary()
    assert len(listed) >= 5_000
    inside = [word for word in listed if any(rude in word for rude in RUDE)]
    assert len(inside) >= 150, "the set is worth something only if it has such words"
    hits = [word for word in listed if found(BANNED, f"Well, {word}!", banned_words=RUDE)]
    assert hits == []
    assert found(BANNED, " ".join(listed), banned_words=RUDE) is None
    assert found(BANNED, " ".join(listed).title(), banned_words=RUDE) is None


# -- expressions --------------------------------------------------------------------------------------------------------


def test_expressions_run_on_an_engine_that_cannot_blow_up() -> None:
    assert isinstance(compiled("a+"), re2._Regexp)
    text = "a" * 10_240 + "!"
    for expression in ("(a+)+$", "(a|a)*b", "(a|aa)+c", "(?:a?){50}a{50}b", "a.*b|a"):
        found(BANNED, text, banned_words=(f"/{expression}/",))  # an engine that goes back would not return


@pytest.mark.parametrize(
    ("expression", "text", "marks"),
    [
        (r"/fo{2,}bar/", "xx FOOOBAR", ["FOOOBAR"]),
        (r"/\bcas(?:h|ino)\b/", "casino cash cashier", ["casino", "cash"]),
        (r"/viagra/", "é ｖｉａｇｒａ", ["ｖｉａｇｒａ"]),  # in the folded text too
        (r"/🍆/", "no 🍆", ["🍆"]),
        (r"/\b/", "nothing to mark", []),
    ],
)
def test_expressions(expression: str, text: str, marks: list[str]) -> None:
    assert marked(text, found(BANNED, text, banned_words=(expression,))) == marks


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("...", "no letter or digit"),
        ("*", "no letter or digit"),
        ("🍆", "/regular expression/"),
        ("\u200b", "no letter or digit"),
        ("f***", "one `*`"),
        ("f*", "at least 2 letters"),
        ("c++", "Only “c” is left"),
        ("/(/", "not one of RE2"),
        ("/(?=a)b/", "look-around"),
        (r"/(a)\1/", "back-references"),
        ("/a*/", "matches the empty text"),
        (r"/\Qa/", "without `\\Q`"),
        (r"/(?:\pL\d){3}/", "too large"),
    ],
)
def test_entries_that_cannot_be_used(entry: str, why: str) -> None:
    assert [(index, why in sentence) for index, sentence in faults(["fine", entry, "fine too"])] == [
        (1, True)
    ]
    # one that was stored all the same finds nothing and breaks nothing
    assert found(BANNED, "f a c aaa ... fine", banned_words=("nothing", entry)) is None


def test_entries_that_can() -> None:
    entries = ["a", "a b", "*ab*", "卖", "卖*", "A$$", "/x/", "C-4", "1488", "é", "O'Neil", "word " * 20]
    assert list(faults(entries)) == []


def test_expressions_are_limited() -> None:
    assert [index for index, _ in faults([f"/a{number}/" for number in range(201)])] == [200]


# -- lists --------------------------------------------------------------------------------------------------------------


def test_a_list_is_made_ready_once() -> None:
    entries = ("alpha", "beta")
    words.make_ready(Policy(banned_words=entries))
    assert words.ready(entries) is words.ready(entries)
    assert words.ready(tuple(list(entries))) is words.ready(entries), (
        "an equal list, read from the store again"
    )
    assert words.ready(("alpha",)) is not words.ready(entries)


def test_fifty_thousand_entries_find_the_right_one() -> None:
    entries = tuple(f"word{number}z" for number in range(50_000))
    text = "some word49999z here, word7 not"
    assert marked(text, found(BANNED, text, banned_words=entries)) == ["word49999z"]


def test_spans_are_limited() -> None:
    finding = found(BANNED, "bad " * 1_000, banned_words=("bad", "*a*"))
    assert finding is not None
    assert len(finding.reason.spans) == words.MAX_SPANS
