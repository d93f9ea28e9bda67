"""Hand-made signals of a batch: links, money, contacts, disguise, the author, the article's words; and its groups.

Each lies between 0 and 2; what a request does not give counts 0. Patterns run only on texts that have what the pattern cannot do
without, found for the whole batch at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from string import ascii_lowercase, digits
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.features import BUCKETS, Batch, Document, bucket_of
from model.normalise import fold_text
from model.units import CONTROLS, CYRILLIC, DIGIT, LATIN, LEET, LETTER, OTHER, WORD

SIGNALS: Final = ("links", "markup", "money", "contact", "disguise", "author_url", "author_sells", "on_topic")
_AT: Final = {name: place for place, name in enumerate(SIGNALS)}

# Groups of texts that have a calibration of their own: by most of a text's letters, Latin ones by how English they read. What is
# too short to tell counts as English.
GROUPS: Final = ("english", "latin", "cyrillic", "other")

MAX_SEARCHED: Final = 5_000  # characters of a text that are searched for links, contacts and money
MAX_BYTES: Final = 1 << 16  # of a text that are counted
_ENGLISH_UNITS: Final = 40  # for each of which English has a cue

# Patterns read folded text. Each begins with few characters, so that a search is a quick walk from one of these to the next.
_TOPS: Final = (
    "com", "net", "org", "info", "biz", "ru", "xyz", "top", "shop", "site", "online", "club", "link", "me", "io", "co", "tk", "cc",
    "vip", "win", "bet",
)  # fmt: skip
_LINK: Final = re.compile(
    r"(?:://|www\.)[^\s<>\"')\]]+"
    rf"|(?:\.|\[\.\]|\(\.\)|\(dot\) ?)(?:{'|'.join(_TOPS)})\b(?:/[^\s<>\"')\]]*)?"
)
_SCHEME: Final = re.compile(r"h(?:tt|xx)ps?\Z")
_HOST: Final = re.compile(r"[a-z0-9.-]* ?\Z")
_MAX_HOST: Final = 64
_MARKUP: Final = re.compile(r"<a\s|\[url\b|\[link\b|\bhref\s*=")
_CHANNEL: Final = re.compile(
    r"whats ?app|telegram|телеграм|t\.me/|viber|wechat|skype\b|dm me\b(?<!\w.....)|inbox me\b"
)
_PHONE: Final = re.compile(r"\+\d[\d\s().-]{7,17}\d")
_ADDRESS: Final = re.compile(r"@(?<=[\w.+-]@)[\w-]{1,63}\.[\w.-]{2,63}")
_NAME: Final = re.compile(r"[\w.+-]*\Z")
_PRICE: Final = re.compile(r"[$€£₹₽]\s?\d[\d.,]*")
_SUM: Final = re.compile(r"\d\s?(?:(?:usd|eur|btc|rub|dollars?|euros?|руб)\b|[$€£₹₽])")
_NUMBER: Final = re.compile(r"[\d.,]*\Z")
_SITE_NAME: Final = re.compile(r"\w\.[^\W\d_]{2,}|/")  # "cheap-pills.com"; "Dr. J. R. Smith" is a name
_LONG_WORD: Final = re.compile(r"[^\W\d_]{4,}")

_LINKED, _CONTACTED, _PAID, _SIGNED, _ENGLISH = 1, 2, 4, 8, 16
_ENDS: Final = " /,.)!?:;\n\r\t\"'<>]»”’…`|"  # behind a top-level domain
_CUES: Final = {  # runs of four folded letters without which a pattern cannot match
    _LINKED: (
        "p://", "s://", "dot)", *(f"ww.{first}" for first in ascii_lowercase + digits),  # the third w is not read
        *{f".{top}{end}"[:4] for top in _TOPS for end in _ENDS}, *{f"{mark}{top[0]}" for mark in ("[.]", "(.)") for top in _TOPS},
    ),
    _CONTACTED: ("tsap", "s ap", "eleg", "елег", "t.me", "vibe", "wech", "skyp", "dm m", "nbox"),
    _PAID: ("euro", "doll", *(f"{before}{unit}" for before in " \n\t" + digits for unit in ("usd", "eur", "btc", "rub", "руб"))),
    _SIGNED: ("href",),
    _ENGLISH: (
        " the", "the ", " and", "and ", " to ", " of ", "ing ", " is ", "that", " you", "you ", " for", "for ", " it ", "this", "have",
        " are", "are ", "not ", "with", " my ", " but", " be ", "what", "your", "they", "ould", "ight", "all ", " i'm", "n't ", "'s a",
        " he ", "she ", "how ", "ther", "who ", "out ", "from", " we ", "just", "like", "love", "get ", "can ", "will", "has ", "been",
        "his ", "her ", "why ", "good", "song", "chec", "heck",
    ),
}  # fmt: skip


def _cue_table() -> NDArray[np.uint8]:
    table = np.zeros(BUCKETS, dtype=np.uint8)
    for flag, cues in _CUES.items():
        for cue in cues:
            table[bucket_of(cue)] |= flag
    return table


_CUE_OF: Final = _cue_table()


def _units(*ranges: tuple[int, int]) -> NDArray[np.bool_]:
    table = np.zeros(1 << 16, dtype=bool)
    for low, high in ranges:
        table[low:high] = True
    return table


# Struck, circled and mathematical letters, and overrides of the direction. Not fullwidth letters: Chinese and Japanese write
# Latin ones so.
_DRESSED_UP: Final = _units((0x335, 0x338), (0x202D, 0x202F), (0x24B6, 0x24EA), (0xD835, 0xD836))
# What no reader sees counts between Latin letters alone: elsewhere Thai and Khmer part words by it and Arabic and Hebrew need it.
# Not the soft hyphen (copied typography), nor what emoji (joiner, selector) and Persian (non-joiner) need.
_INVISIBLE: Final = _units(
    (0x200B, 0x200C), (0x200E, 0x2010), (0x202A, 0x202F), (0x2060, 0x2070), (0xFEFF, 0xFF00)
)
_AROUND_INVISIBLE: Final = _INVISIBLE | _units((0x41, 0x5B), (0x61, 0x7B))
_BOX: Final = np.uint16(0xD83C)  # first half of the letters in boxes and circles, and of some emoji


class Cues:
    """The flags of the cues in each text of a batch, and how many English ones it has."""

    def __init__(self, batch: Batch) -> None:
        flags = _CUE_OF.take(batch.buckets[1], mode="clip")
        # The last text's n-grams are the last of all: its end needs no edge.
        self.english = np.add.reduceat((flags >= _ENGLISH).view(np.uint8), batch.edges[:-1], dtype=np.int32)[
            ::2
        ]
        self.found = np.zeros(batch.starts.size, dtype=np.uint8)
        hits = (flags & (_ENGLISH - 1) != 0).nonzero()[0]
        if hits.size:
            np.bitwise_or.at(self.found, batch.owners(hits), flags[hits])
        if batch.signs.size:
            self.found[batch.owners(batch.signs)] |= _SIGNED


def groups(batch: Batch, cues: Cues) -> NDArray[np.int8]:
    """The place in GROUPS of each text."""
    # A text too short to have a cue goes with the English ones, whose curve is fitted on both.
    found: NDArray[np.int8] = (
        np.maximum(cues.english * _ENGLISH_UNITS, _ENGLISH_UNITS - 1) < batch.lengths
    ).view(np.int8)
    if batch.foreign:
        half = batch.count(batch.kinds & (LATIN | CYRILLIC | OTHER) != 0) / 2
        for place, kind in ((2, CYRILLIC), (3, OTHER)):
            found[batch.count(batch.kinds & kind != 0) > half] = place
    return found


def signals(
    documents: Sequence[Document], folded: Sequence[str], batch: Batch, cues: Cues
) -> NDArray[np.float64]:
    """The hand-made signals, n x len(SIGNALS); ``batch`` holds the n-grams of ``folded``."""
    found = np.zeros((len(documents), len(SIGNALS)))
    _find_disguise(found, documents)
    for index, cue in enumerate(cues.found.tolist()):
        if cue:
            _look(found[index], folded[index], cue)
    for row, document, text in zip(found, documents, folded, strict=True):
        if document.author_url or document.author_name or document.article_title:
            _look_around(row, document, text)
    return found


# -- texts that may hide their words -------------------------------------------------------------------------------------

_AT_ENDS: Final = np.zeros(1 << 16, dtype=bool)  # what stands in for a letter at the ends of a word
_AT_ENDS[list(map(ord, "0134578$€£"))] = True
_CONTROL: Final = np.zeros(1 << 16, dtype=bool)
_CONTROL[list(CONTROLS)] = True
_PART_OF_IT: Final = LETTER | LEET | DIGIT
_REACH: Final = 9  # units from the first to the fourth of letters kept apart, at most


def suspects(batch: Batch) -> dict[int, bool]:
    """The texts that may hide words though each letter is plain, and whether by keeping letters apart.

    They are the only ones for which ``normalise.undo`` is worth it.
    """
    units, kinds = batch.units, batch.kinds
    places = _stand_ins(units, kinds)
    word = kinds & WORD
    # Four single letters in a row, each between two units that are none.
    single = (word[1:-1] > (word[2:] | word[:-2])).nonzero()[0] + 1
    row = single[:-3][single[3:] - single[:-3] <= _REACH] if single.size > 3 else single[:0]
    if batch.foreign:  # a few letters of other scripts among Latin ones may stand in for these
        count = batch.count(kinds & (CYRILLIC | OTHER) != 0)
        places.append(batch.starts[(count > 0) & (count < batch.count(kinds & LATIN != 0))])
    if batch.signs.size:
        places.append(batch.signs[_CONTROL[units[batch.signs]]])
    apart = set(batch.owners(row).tolist()) if row.size else set()
    others = {index for found in places for index in batch.owners(found).tolist()}
    return {index: index in apart for index in sorted(apart | others | set(batch.squeezed.tolist()))}


def _stand_ins(units: NDArray[np.uint16], kinds: NDArray[np.uint8]) -> list[NDArray[np.int64]]:
    """Where digits and signs stand in for letters."""
    places: list[NDArray[np.int64]] = []
    leet = kinds & LEET
    if not leet.any():
        return places
    letter = (kinds & LETTER) * np.uint8(LEET)  # the same bit, so that both can be compared
    # One to three between two letters.
    ends = (leet[:-1] & letter[1:] != 0).nonzero()[0]
    if ends.size:
        one, two, three = (ends - back for back in (1, 2, 3))
        inside = letter[one] | (leet[one] & (letter[two] | (leet[two] & letter[three])))
        places.append(ends[inside != 0])
    # One before or behind three letters, at the end of a word.
    letters = letter[:-2] & letter[1:-1] & letter[2:]
    for first, second, shift, beside in ((leet[:-3], letters[1:], 0, -1), (leet[3:], letters[:-1], 3, 1)):
        ends = (first & second != 0).nonzero()[0] + shift
        if ends.size:
            places.append(ends[_AT_ENDS[units[ends]] & (kinds[ends + beside] & _PART_OF_IT == 0)])
    return places


# -- what is looked for --------------------------------------------------------------------------------------------------


def _find_disguise(found: NDArray[np.float64], documents: Sequence[Document]) -> None:
    """Fills in disguised letters; most texts have no character for which this is worth a look."""
    rows = [index for index, document in enumerate(documents) if not document.text.isascii()]
    if not rows:
        return
    encoded = [documents[index].text.encode("utf-16-le", "surrogatepass")[:MAX_BYTES] for index in rows]
    units = np.frombuffer(b"".join([one + b"\0\0" for one in encoded]) + b"\0\0", dtype="<u2")
    lengths = np.array([len(one) // 2 + 1 for one in encoded])
    dressed = _DRESSED_UP.take(units, mode="clip")
    unseen = _INVISIBLE.take(units, mode="clip")
    if unseen.any():
        around = _AROUND_INVISIBLE.take(units, mode="clip")
        dressed[1:-1] |= unseen[1:-1] & around[:-2] & around[2:]
    boxes = (units == _BOX).nonzero()[0]
    dressed[boxes[(units[boxes + 1] >= 0xDD10) & (units[boxes + 1] < 0xDD8A)]] = True
    counts = np.add.reduceat(dressed.view(np.uint8), np.cumsum(lengths) - lengths, dtype=np.int64)
    found[rows, _AT["disguise"]] = np.minimum(1, 8 * counts / lengths)


def _look(row: NDArray[np.float64], folded: str, cue: int) -> None:
    """What patterns find in a text; each runs only on a text that has what it cannot do without, for most have not."""
    some = folded if len(folded) <= MAX_SEARCHED else folded[:MAX_SEARCHED]
    if cue & _LINKED:
        row[_AT["links"]] = sum(1 for _ in islice(_links(some), 4)) / 2
    if cue & _CONTACTED and _CHANNEL.search(some):
        row[_AT["contact"]] = 1
    if cue & _PAID and _SUM.search(some):
        row[_AT["money"]] = 1
    if cue & _SIGNED:
        if ("$" in some or not some.isascii()) and (_PRICE.search(some) or _SUM.search(some)):
            row[_AT["money"]] = 1
        if ("+" in some and _PHONE.search(some)) or ("@" in some and _ADDRESS.search(some)):
            row[_AT["contact"]] = 1
        if ("<" in some or "[" in some or "href" in some) and _MARKUP.search(some):
            row[_AT["markup"]] = 1


def _look_around(row: NDArray[np.float64], document: Document, folded: str) -> None:
    """What the author's name and address and the article's title say."""
    if document.author_url:
        row[_AT["author_url"]] = 1
    if document.author_name:
        name = document.author_name.strip(". ")
        row[_AT["author_sells"]] = name.count(" ") >= 3 or bool(_SITE_NAME.search(name))
    if document.article_title:
        row[_AT["on_topic"]] = min(1.0, sum(word in folded for word in _words_of(document.article_title)) / 3)


@lru_cache(1_000)  # many comments stand below one article
def _words_of(title: str) -> frozenset[str]:
    return frozenset(_LONG_WORD.findall(fold_text(title)))


# -- where signals lie, for reasons -------------------------------------------------------------------------------------

Places = list[tuple[int, int]]


def links(folded: str) -> Places:
    """The ranges of links in a folded text, with or without a scheme, disguised dots included."""
    return list(_links(folded))


def _links(folded: str) -> Iterator[tuple[int, int]]:
    for match in _LINK.finditer(folded):
        start, end = match.span()
        first = folded[start]
        # What belongs to it stands before it: a scheme, else the host, without which it is no link.
        if first != "w":
            start, _ = _with(_SCHEME if first == ":" else _HOST, folded, match)
            if start >= match.start() - 1:
                continue
        if folded[start - 1 : start] != "@":  # an address of mail is none
            yield start, end


def contacts(folded: str) -> dict[str, Places]:
    """The ranges of channels, phone numbers and e-mail addresses in a folded text, by kind."""
    return {
        "channel": [match.span() for match in _CHANNEL.finditer(folded)],
        "phone": [match.span() for match in _PHONE.finditer(folded)],
        "address": [_with(_NAME, folded, match) for match in _ADDRESS.finditer(folded)],
    }


def amounts(folded: str) -> Places:
    """The ranges of amounts of money in a folded text."""
    return [
        *(match.span() for match in _PRICE.finditer(folded)),
        *(_with(_NUMBER, folded, match) for match in _SUM.finditer(folded)),
    ]


def _with(before: re.Pattern[str], text: str, match: re.Match[str]) -> tuple[int, int]:
    """The range of a match and of what belongs to it before it."""
    low = max(0, match.start() - _MAX_HOST)
    found = before.search(text[low : match.start()])
    return (low + found.start() if found else match.start()), match.end()
