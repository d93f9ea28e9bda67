"""Language: a comment that is surely in another language than the site's.

By script, which is certain, and among languages in Latin letters by the small words that every sentence has. A detector from a
library would name a language for any three words; here nothing is said unless one language has many of its small words
and the site's languages have next to none. Languages of one script other than Latin are not told apart.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from moderation.checks.context import Context
from moderation.checks.reading import read
from moderation.domain.comment import Draft, Reason
from moderation.domain.policy import Finding

LETTERS: Final = 20  # in one script, before its language is sure
SCRIPT_SHARE: Final = 0.85
WORDS: Final = 8  # of a text, before its small words say something
SMALL_SHARE: Final = 0.25  # of its words, in the other language
SMALL_WORDS: Final = 4
DISTINCT: Final = 3
TIMES_THE_SITE: Final = 4  # as many as in any of the site's

# Language: its name, and the scripts in which it is written (as Unicode's names of letters begin).
LANGUAGES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "af": ("Afrikaans", ("LATIN",)), "am": ("Amharic", ("ETHIOPIC",)), "ar": ("Arabic", ("ARABIC",)),
    "az": ("Azerbaijani", ("LATIN", "CYRILLIC")), "be": ("Belarusian", ("CYRILLIC",)), "bg": ("Bulgarian", ("CYRILLIC",)),
    "bn": ("Bengali", ("BENGALI",)), "bs": ("Bosnian", ("LATIN", "CYRILLIC")), "ca": ("Catalan", ("LATIN",)),
    "cs": ("Czech", ("LATIN",)), "cy": ("Welsh", ("LATIN",)), "da": ("Danish", ("LATIN",)), "de": ("German", ("LATIN",)),
    "el": ("Greek", ("GREEK",)), "en": ("English", ("LATIN",)), "es": ("Spanish", ("LATIN",)), "et": ("Estonian", ("LATIN",)),
    "eu": ("Basque", ("LATIN",)), "fa": ("Persian", ("ARABIC",)), "fi": ("Finnish", ("LATIN",)), "fr": ("French", ("LATIN",)),
    "ga": ("Irish", ("LATIN",)), "gl": ("Galician", ("LATIN",)), "gu": ("Gujarati", ("GUJARATI",)), "he": ("Hebrew", ("HEBREW",)),
    "hi": ("Hindi", ("DEVANAGARI", "LATIN")), "hr": ("Croatian", ("LATIN",)), "hu": ("Hungarian", ("LATIN",)),
    "hy": ("Armenian", ("ARMENIAN",)), "id": ("Indonesian", ("LATIN",)), "is": ("Icelandic", ("LATIN",)),
    "it": ("Italian", ("LATIN",)), "ja": ("Japanese", ("HIRAGANA", "KATAKANA", "CJK")), "ka": ("Georgian", ("GEORGIAN",)),
    "kk": ("Kazakh", ("CYRILLIC", "LATIN")), "km": ("Khmer", ("KHMER",)), "kn": ("Kannada", ("KANNADA",)),
    "ko": ("Korean", ("HANGUL", "CJK")), "lo": ("Lao", ("LAO",)), "lt": ("Lithuanian", ("LATIN",)), "lv": ("Latvian", ("LATIN",)),
    "mk": ("Macedonian", ("CYRILLIC",)), "ml": ("Malayalam", ("MALAYALAM",)), "mn": ("Mongolian", ("CYRILLIC", "MONGOLIAN")),
    "mr": ("Marathi", ("DEVANAGARI",)), "ms": ("Malay", ("LATIN", "ARABIC")), "mt": ("Maltese", ("LATIN",)),
    "my": ("Burmese", ("MYANMAR",)), "nb": ("Norwegian", ("LATIN",)), "ne": ("Nepali", ("DEVANAGARI",)),
    "nl": ("Dutch", ("LATIN",)), "nn": ("Norwegian", ("LATIN",)), "no": ("Norwegian", ("LATIN",)),
    "pa": ("Punjabi", ("GURMUKHI", "ARABIC")), "pl": ("Polish", ("LATIN",)), "pt": ("Portuguese", ("LATIN",)),
    "ro": ("Romanian", ("LATIN", "CYRILLIC")), "ru": ("Russian", ("CYRILLIC",)), "si": ("Sinhala", ("SINHALA",)),
    "sk": ("Slovak", ("LATIN",)), "sl": ("Slovenian", ("LATIN",)), "sq": ("Albanian", ("LATIN",)),
    "sr": ("Serbian", ("CYRILLIC", "LATIN")), "sv": ("Swedish", ("LATIN",)), "sw": ("Swahili", ("LATIN",)),
    "ta": ("Tamil", ("TAMIL",)), "te": ("Telugu", ("TELUGU",)), "th": ("Thai", ("THAI",)), "tl": ("Filipino", ("LATIN",)),
    "tr": ("Turkish", ("LATIN",)), "uk": ("Ukrainian", ("CYRILLIC",)), "ur": ("Urdu", ("ARABIC", "LATIN")),
    "uz": ("Uzbek", ("LATIN", "CYRILLIC")), "vi": ("Vietnamese", ("LATIN",)), "zh": ("Chinese", ("CJK",)),
}  # fmt: skip

_SCRIPT_NAMES: Final = {
    "CJK": "Chinese characters", "HIRAGANA": "Japanese letters", "KATAKANA": "Japanese letters", "HANGUL": "Korean letters",
}  # fmt: skip

# Folded, so without accents. Frequent ones; a word may belong to several.
_SMALL: Final[dict[str, frozenset[str]]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "a an the and of to is that you it for was this with have not are be they his from at but what all were we when your can there an which their if will how about out then them these so some her would make like him into has more no my than been who its now people get me just do does did don because why should could i he she or as by on in",
        "de": "der die das und ist nicht ich ein eine einen einem einer zu den dem mit sich auf fur es im von auch an als wie wir sie aus noch nur bei nach kann wenn aber oder hat haben wird werden sind war mehr uber so dass man schon da was mir mich doch keine kein diese dieser dieses sein ihr zum zur hier",
        "fr": "le la les de des du et est un une que qui pas ne ce se sur dans pour par au aux avec il elle on nous vous ils je tu mais ou sont plus cette ces son sa ses leur tout fait comme bien etre ont avait c d l n s qu y en meme si quand tres aussi moi",
        "es": "el la los las de del que y en un una es no se por con para su al lo como mas pero sus le ya o este esta si porque muy sin sobre tambien me hasta hay donde quien todo son fue ser han yo nos esto eso ni cuando hace todos estan tiene era",
        "it": "il lo la i gli le di del della dei delle che e un una non per con sono si da in al alla ma come piu anche questo questa ci se nel nella mi ha ho cosa chi quando perche solo tutti essere era molto ancora fa suo sua loro io noi c l d",
        "pt": "o a os as de do da dos das que e em um uma nao para com por se na no nas nos mais como mas foi ao ele ela isso seu sua ou ser quando muito ja eu tambem so pelo pela ate isto entao sao tem voce esta essa esse porque me minha meu todos sem",
        "nl": "de het een van en is dat niet in op te zijn met voor die er aan ik je wat ook maar om dan bij nog naar uit door over als ze hij zo wel kan geen heeft hebben wordt was dit deze we al veel meer moet mijn ons hun werd gewoon want",
        "sv": "och det att i en som ar pa inte av for med den till jag har de om ett han men var sig fran vi sa kan nar man du min hon eller mycket bara nu skulle vara dom mig vad ska finns alla dig detta blir hur dem denna",
        "da": "og det at i en som er pa ikke af for med den til jeg har de om et han men var sig fra vi sa kan nar man du min hun eller meget kun nu skulle vaere mig hvad skal alle dig dette bliver hvor dem denne noget ogsa efter bare ved",
        "no": "og det at i en som er pa ikke av for med den til jeg har de om et han men var seg fra vi sa kan nar man du min hun eller mye bare na skulle vaere meg hva skal alle deg dette blir hvor dem denne noe ogsa etter ved",
        "fi": "ja on ei se etta han oli olla mutta niin kun kuin nyt jos tai mita joka ovat ole kaikki vain sen han mina sina me te he myos sitten viela miksi minun taas tama tassa siella jo sita tata koska ne mika eika olen kylla",
        "pl": "i w nie na sie z do to ze jest jak o co tak ale po za od przez dla ma czy juz tylko jego jej ich moze przy by byl byla bylo sa ten ta te tego tym mi mnie ja ty on ona my wy oni gdy kiedy bardzo jeszcze wszystko nic tez",
        "cs": "a je se na to v ze s z do o i jak ale za by tak po jsem jsou jste pro uz co si ne tam jen kdyz ktery ktera ktere od ve mi me ja ty on ona my vy oni jeho jejich jeste proc protoze nebo byl byla bylo neni take tady tohle",
        "hu": "a az es hogy nem is egy ez de meg van volt csak ha mint mar ki lesz kell vagy minden most itt ezt azt aki ami nincs sem olyan ugy igen nagyon lehet sok mert ahol en te ok mi ti azert hanem majd",
        "ro": "si de la in nu a cu pe ca o un este sa se mai din ce pentru sunt au fost care dar am ai el ea noi voi ei lui lor sau daca asa tot doar foarte prin fi era acest aceasta despre cum cand unde le mi te ne va vor e",
        "tr": "bir ve bu da de icin ile ne mi cok daha gibi ama var yok ben sen o biz siz onlar ki degil olan olarak kadar sonra en her ise ya diye bana sana nasil neden niye hic artik boyle cunku olur oldu zaman sey",
        "id": "yang dan di ini itu dengan untuk tidak dari ada ke pada adalah akan saya kamu dia kita mereka sudah bisa juga atau karena seperti lebih hanya oleh jadi dalam apa kalau tapi aku orang banyak semua lagi harus sangat saja belum bukan",
        "vi": "va la cua co khong nguoi cho trong mot da duoc nhung voi cac nay thi den khi toi ban nhu ma ra vao rat cung lai chi phai nhieu neu ho ong anh em o di lam sao gi con",
        "hr": "i je u se na da su za ne od s a to o kao iz koji koja koje ali ili sto do po samo bi ce nije bio bila bilo sam si smo ste ga mu im ako kada kad jer sve vec jos ovo taj ta te moze treba nema ima",
    }.items()
}
_SMALL_OF: Final = {"nb": "no", "nn": "no", "sr": "hr", "bs": "hr", "ms": "id"}


def faults(codes: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The codes that name no known language: index, and a sentence that says what to do."""
    for index, code in enumerate(codes):
        if code not in LANGUAGES:
            yield index, f"Write the two-letter code of a language; known are {', '.join(LANGUAGES)}."


def another(draft: Draft, context: Context) -> Finding | None:
    """Holds a comment that is surely in none of the policy's ``languages``."""
    wanted = context.policy.languages
    if not wanted:
        return None
    how = _other_script(draft.text, wanted) or _other_words(draft.text, wanted)
    if how is None:
        return None
    site = list(dict.fromkeys(LANGUAGES[code][0] if code in LANGUAGES else code for code in wanted))
    text = f"It {how}; the site's {'language is' if len(site) == 1 else 'languages are'} {', '.join(site)}."
    return Finding(Reason("language", text, 0.6))


@lru_cache(maxsize=4_096)
def _script(char: str) -> str:
    return unicodedata.name(char, "").split(" ", 1)[0].split("-", 1)[0]


def _other_script(text: str, wanted: tuple[str, ...]) -> str | None:
    """The script, if nearly all of the text is in one in which none of the site's languages is written."""
    if text.isascii():
        return None
    counts = Counter(map(_script, filter(str.isalpha, read(text).folded.text)))
    total = counts.total()
    if not total:
        return None
    script, most = counts.most_common(1)[0]
    if script in {"CJK", "HIRAGANA", "KATAKANA"}:
        kana = counts["HIRAGANA"] + counts["KATAKANA"]
        most, script = counts["CJK"] + kana, "HIRAGANA" if kana * 8 > total else "CJK"
        if script == "CJK" and "ja" in wanted:
            return None  # a headline of few kana
    if most < LETTERS or most < SCRIPT_SHARE * total or not script:
        return None
    if script == "LATIN" or any(script in _scripts(code) for code in wanted):
        return None  # many write their language in Latin letters too
    return "is written in " + _SCRIPT_NAMES.get(script, f"{script.capitalize()} letters")


def _scripts(code: str) -> tuple[str, ...]:
    return LANGUAGES[code][1] if code in LANGUAGES else ()


def _other_words(text: str, wanted: tuple[str, ...]) -> str | None:
    """The language, if the text is full of its small words and has next to none of the site's."""
    site = {_SMALL_OF.get(code, code) for code in wanted if "LATIN" in _scripts(code)}
    if not site <= _SMALL.keys():
        return None  # of a language of the site the small words are not known: nothing is sure
    words = read(text).line.text.split()
    if len(words) < WORDS:
        return None
    counts = {language: sum(word in small for word in words) for language, small in _SMALL.items()}
    best = max(counts, key=lambda language: counts[language])
    most, own = counts[best], max((counts[language] for language in site), default=0)
    if len(set(words) & _SMALL[best]) < DISTINCT:
        return None
    if best in site or most < max(SMALL_WORDS, SMALL_SHARE * len(words)) or own * TIMES_THE_SITE > most:
        return None
    return "reads like " + LANGUAGES[best][0]
