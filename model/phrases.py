"""Comments written for this project in some forty languages: what real labelled comments do not cover.

``phrases/CODE.txt`` holds, for one language, comments of three sections (``# spam``, ``# ham``, ``# toxic``), one a line. They were written
by hand and by language models for this project, and belong to it. Places such as ``{url}`` are filled in with changing values, and
some comments are put together to longer ones, so that neither a certain link nor length speaks for a class.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

FOLDER: Final = Path(__file__).parent / "phrases"
COPIES: Final = 3  # of a comment with places, each filled in otherwise
LONG: Final = {"ham": 40, "spam": 15}  # longer comments put together for each language
PIECES: Final = {"ham": (3, 7), "spam": (2, 3)}  # of how many

Kind = Literal["spam", "ham", "toxic"]

_PLACE: Final = re.compile(r"\{(\w+)\}")
_SYLLABLES: Final = [
    "ba",
    "be",
    "bi",
    "bo",
    "ca",
    "co",
    "da",
    "de",
    "di",
    "do",
    "fa",
    "fi",
    "ga",
    "go",
    "ka",
    "ki",
    "la",
    "le",
    "li",
    "lo",
    "ma",
    "me",
    "mi",
    "mo",
    "na",
    "ne",
    "ni",
    "no",
    "pa",
    "pe",
    "pi",
    "po",
    "ra",
    "re",
    "ri",
    "ro",
    "sa",
    "se",
    "si",
    "so",
    "ta",
    "te",
    "ti",
    "to",
    "va",
    "vi",
    "wa",
    "za",
    "zo",
]
_ENDINGS: Final = [
    "com",
    "com",
    "com",
    "net",
    "org",
    "info",
    "xyz",
    "top",
    "shop",
    "site",
    "online",
    "club",
    "biz",
    "ru",
    "io",
    "co",
    "me",
    "live",
    "pro",
    "vip",
    "de",
    "fr",
]
_SHORT: Final = ("bit.ly/", "t.me/", "tinyurl.com/", "wa.me/", "cutt.ly/")
_PROFILES: Final = (
    "https://www.instagram.com/",
    "https://www.youtube.com/channel/",
    "https://youtu.be/",
    "https://www.facebook.com/",
)
_SIGNS: Final = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
# What readers link to as a source.
_KNOWN: Final = (
    "www.youtube.com/watch?v=", "youtu.be/", "en.wikipedia.org/wiki/", "www.facebook.com/", "twitter.com/", "x.com/", "www.bbc.co.uk/news/",
    "www.theguardian.com/", "www.nytimes.com/", "www.washingtonpost.com/", "www.cbc.ca/news/", "edition.cnn.com/", "www.reuters.com/",
    "www.gov.uk/", "www.cdc.gov/", "www.who.int/", "ec.europa.eu/", "www.pewresearch.org/", "www.nature.com/articles/", "archive.org/details/",
    "doi.org/10.", "pubmed.ncbi.nlm.nih.gov/", "arxiv.org/abs/", "github.com/", "medium.com/@", "www.jstor.org/stable/", "news.sky.com/story/",
    "www.imdb.com/title/", "goo.gl/maps/", "www.scmp.com/news/", "apnews.com/article/", "www.abc.net.au/news/", "www.youtube.com/shorts/",
    "www.spiegel.de/", "www.faz.net/", "www.derstandard.at/", "www.nzz.ch/", "www.lemonde.fr/", "www.lefigaro.fr/", "elpais.com/",
    "www.elmundo.es/", "www.clarin.com/", "www.repubblica.it/", "www.corriere.it/", "g1.globo.com/", "www.publico.pt/", "www.nos.nl/",
    "www.svt.se/", "www.dr.dk/", "www.nrk.no/", "yle.fi/", "www.onet.pl/", "www.idnes.cz/", "index.hu/", "www.hotnews.ro/", "www.kathimerini.gr/",
    "www.hurriyet.com.tr/", "www.pravda.com.ua/", "lenta.ru/", "meduza.io/", "www.24sata.hr/", "www.delo.si/", "www.postimees.ee/", "www.delfi.lt/",
    "www.aljazeera.net/", "www.haaretz.co.il/", "www.bbc.com/persian/", "www.ndtv.com/", "www.prothomalo.com/", "www.dawn.com/", "vnexpress.net/",
    "www.kompas.com/", "www.detik.com/", "www.inquirer.net/", "news.naver.com/", "www.asahi.com/", "www.bangkokpost.com/", "www.chinatimes.com/",
)  # fmt: skip
_CURRENCIES: Final = {
    "en": ("$", "£", "€", "₦", "Rs "), "es": ("€", "$", " pesos"), "pt": ("R$ ", " reais", "€"), "pl": ("zł", " PLN"), "ru": (" руб", " рублей", "₽"),
    "uk": (" грн",), "bg": (" лв",), "cs": (" Kč",), "hu": (" Ft",), "ro": (" lei",), "sv": (" kr",), "da": (" kr",), "no": (" kr",), "tr": (" TL", " lira"),
    "sr": (" дин",), "ar": (" دولار", " ريال"), "fa": (" تومان",), "he": ("₪", ' ש"ח'), "hi": ("₹", " रुपये"), "bn": (" টাকা",), "ur": (" روپے",),
    "zh": ("元", "块"), "ja": ("円",), "ko": ("원",), "vi": ("k", "đ"), "th": (" บาท",), "id": (" rb", " ribu", " juta"), "tl": ("₱", " pesos"), "sw": (" Ksh", " Tsh"),
    "sq": (" lekë", "€"), "af": ("R",),
}  # fmt: skip
_BEFORE: Final = frozenset("$£₦₹₪₱R") | {"Rs ", "R$ "}
_FIRST: Final = [
    "James",
    "Maria",
    "Anna",
    "Peter",
    "Fatima",
    "Olga",
    "Ivan",
    "Li",
    "Carlos",
    "Sofia",
    "Lucas",
    "Emma",
    "David",
    "Amina",
    "John",
    "Grace",
    "Ahmed",
    "Elena",
    "Marco",
    "Nina",
    "Thomas",
    "Julia",
    "Robert",
    "Linda",
    "Daniel",
    "Chinedu",
    "Priya",
    "Wei",
    "Yusuf",
    "Ingrid",
]
_LAST: Final = [
    "Miller",
    "Santos",
    "Rossi",
    "Novak",
    "Ivanova",
    "Kim",
    "Müller",
    "Silva",
    "Khan",
    "Johnson",
    "Okafor",
    "Schmidt",
    "Garcia",
    "Petrov",
    "Wilson",
    "Brown",
    "Ali",
    "Hansen",
    "Tan",
    "Kowalski",
    "Dubois",
    "Yilmaz",
    "Nguyen",
    "Sharma",
    "Nielsen",
]
_MAILS: Final = ("gmail.com", "yahoo.com", "outlook.com", "mail.ru", "hotmail.com", "proton.me")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A comment with its language and kind; ``weight``: as how much of a line of the file it counts."""

    text: str
    lang: str
    kind: Kind
    weight: float


def languages(folder: Path = FOLDER) -> list[str]:
    """The codes of the languages that there are comments in."""
    return sorted(path.stem for path in folder.glob("*.txt"))


def lines(lang: str, folder: Path = FOLDER) -> Iterator[tuple[Kind, str]]:
    """The comments of a language as they stand in its file."""
    kind: Kind | None = None
    for line in (folder / f"{lang}.txt").read_text("utf-8").splitlines():
        section = next((one for one in get_args(Kind) if line == f"# {one}"), None)
        if section is not None:
            kind = section
        elif line and kind is not None:
            yield kind, line


def phrases(seed: int, folder: Path = FOLDER) -> list[Phrase]:
    """All comments with their places filled in, and the longer ones; the same for the same seed."""
    chance = random.Random(seed)  # chance without need of secrecy
    found: list[Phrase] = []
    for lang in languages(folder):
        filled: dict[Kind, list[str]] = {"spam": [], "ham": [], "toxic": []}
        for kind, line in lines(lang, folder):
            copies = COPIES if "{" in line else 1
            for _ in range(copies):
                text = _filled(line, lang, kind, chance)
                filled[kind].append(text)
                found.append(Phrase(text, lang, kind, 1 / copies))
        for kind in ("ham", "spam"):
            for _ in range(LONG[kind]):
                pieces = chance.sample(filled[kind], min(len(filled[kind]), chance.randint(*PIECES[kind])))
                if pieces:
                    found.append(Phrase(chance.choice((" ", "\n", "\n\n")).join(pieces), lang, kind, 1.0))
    return found


def _filled(line: str, lang: str, kind: Kind, chance: random.Random) -> str:
    fill = _Filler(lang, kind, chance)
    return _PLACE.sub(lambda place: str(getattr(fill, place[1])()), line)


@dataclass(frozen=True, slots=True)
class _Filler:
    """What is put into places; each method is named by its place."""

    lang: str
    kind: Kind
    chance: random.Random

    def _word(self, low: int = 2, high: int = 4) -> str:
        return "".join(self.chance.choice(_SYLLABLES) for _ in range(self.chance.randint(low, high)))

    def _signs(self, count: int) -> str:
        return "".join(self.chance.choice(_SIGNS) for _ in range(count))

    def domain(self) -> str:
        middle = self.chance.choice(("", "", "-" + self._word(1, 3), str(self.chance.randint(1, 999))))
        return f"{self._word()}{middle}.{self.chance.choice(_ENDINGS)}"

    def url(self) -> str:
        if self.kind != "spam":
            scheme = self.chance.choice(("https://", "https://", "http://", ""))
            tail = self.chance.choice(
                (self._signs(11), f"{self._word()}-{self._word()}-{self.chance.randint(10_000, 9_999_999)}")
            )
            return scheme + self.chance.choice(_KNOWN) + tail
        ways = (
            lambda: f"https://{self.domain()}/{self._word()}",
            lambda: f"http://www.{self.domain()}",
            lambda: f"www.{self.domain()}/{self._word()}",
            lambda: self.chance.choice(_SHORT) + self._signs(7),
            lambda: self.chance.choice(_PROFILES) + self._signs(11),
            lambda: f"{self.domain()}/{self._word()}?{self._word(1, 2)}={self.chance.randint(1, 9999)}",
        )
        return self.chance.choice(ways)()

    def email(self) -> str:
        name = self._word() + self.chance.choice(
            ("", "." + self._word(1, 2), str(self.chance.randint(1, 99)))
        )
        return f"{name}@{self.chance.choice((*_MAILS, self.domain()))}"

    def phone(self) -> str:
        pattern = self.chance.choice(
            (
                "+{c} {a} {b} {d}",
                "+{c}{a}{b}{d}",
                "0{a} {b}{d}",
                "+{c} ({a}) {b}-{d}",
                "8-{a}-{b}-{d}",
                "{a}{b}{d}",
            )
        )
        country = self.chance.choice((1, 7, 20, 31, 33, 34, 39, 44, 48, 49, 55, 62, 84, 91, 234, 254))
        three = self.chance.randint
        return pattern.format(c=country, a=three(100, 999), b=three(100, 999), d=three(1000, 9999))

    def amount(self) -> str:
        number = self.chance.choice(
            (
                50,
                99,
                100,
                150,
                200,
                300,
                500,
                750,
                1_000,
                1_500,
                2_000,
                3_500,
                5_000,
                10_000,
                25_000,
                50_000,
                100_000,
                250_000,
                1_000_000,
            )
        )
        digits = f"{number:,}".replace(",", self.chance.choice((",", ".", " ", "", "")))
        currency = self.chance.choice(_CURRENCIES.get(self.lang, ("€", " €", " euro")))
        return currency + digits if currency in _BEFORE else digits + currency

    def percent(self) -> str:
        return f"{self.chance.choice((5, 10, 15, 20, 25, 30, 50, 70, 90, 100, 150, 200, 300, 500))}{self.chance.choice(('%', ' %'))}"

    def name(self) -> str:
        return f"{self.chance.choice(_FIRST)} {self.chance.choice(_LAST)}"

    def handle(self) -> str:
        return f"@{self._word()}{self.chance.choice(('', '_', ''))}{self.chance.choice(('', str(self.chance.randint(1, 999)), self._word(1, 2)))}"

    def number(self) -> str:
        high = self.chance.choice((99, 9_999, 99_999))
        return str(self.chance.randint(high // 50, high))
