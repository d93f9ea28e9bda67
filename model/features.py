"""Texts -> hashed features of a whole batch at once, in NumPy: characters, words, and a few hand-made signals.

Characters: 3- to 5-grams over the folded text's UTF-8 bytes. Words: single words and pairs. Each family has its own half
of the buckets and is scaled by the root of its size, so that long and short comments compare. Every document ends in zero
bytes, so no n-gram reaches into the next. Hashes are polynomials modulo 2^64, mixed by a multiplication and a shift.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from model.normalise import fold_text

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from model.classifier import Document

CHAR_BITS: Final = 19  # buckets for characters: 2^19
WORD_BITS: Final = 19  # and as many for words
BUCKETS: Final = (1 << CHAR_BITS) + (1 << WORD_BITS)
NGRAMS: Final = (3, 4, 5)
END: Final = 0  # the bucket of a document's end
PAD: Final = b"\0\0\0\0\0"  # the longest n-gram, so that none crosses a document's end

_BASE: Final = np.uint64(0x9E3779B97F4A7C15)  # odd, so that it has an inverse modulo 2^64
_INVERSE: Final = np.uint64(pow(0x9E3779B97F4A7C15, -1, 1 << 64))
_POWERS: Final = tuple(np.uint64(pow(0x9E3779B97F4A7C15, power, 1 << 64)) for power in range(NGRAMS[-1]))
_MIX: Final = np.uint64(0xD6E8FEB86659FD93)
_PAIR: Final = np.uint64(0xA0761D6478BD642F)
_SHIFT: Final = np.uint64(32)

SIGNALS: Final = (
    "links", "length", "digits", "capitals", "money", "contact", "author_url", "exclamation", "unseen", "emoji",
    "short",
)  # fmt: skip

LINK: Final = re.compile(
    r"(?:https?://|www\.)[^\s<>\"')\]]+|\b[a-z0-9-]{2,63}\.(?:com|net|org|info|biz|ru|xyz|top|shop|site|online|club|link|me)\b(?:/[^\s<>\"')\]]*)?",
    re.IGNORECASE,
)
CONTACT: Final = re.compile(
    r"whats\s?app|telegram|\bt\.me\b|viber|wechat|\bskype\b|\bdm me\b|\binbox me\b|\+\d[\d\s().-]{7,17}\d|\b[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{2,63}",
    re.IGNORECASE,
)
MONEY: Final = re.compile(
    r"[$€£₹₽]\s?\d|\d\s?(?:usd|eur|btc|rub|dollars?|euros?)\b|\d\s?[$€£₹₽]", re.IGNORECASE
)
SIGNAL_CHARACTERS: Final = 2_000  # looked at for digits and capitals
_ENDING: Final = re.compile(r"\.(?:com|net|org|info|biz|ru|xyz|top|shop|site|online|club|link|me)\b")
_CURRENCY: Final = re.compile(r"\d\s?(?:usd|eur|btc|rub|dollar|euro)")
_CONTACT_WORDS: Final = (
    "whats",
    "telegram",
    "t.me",
    "viber",
    "wechat",
    "skype",
    "dm me",
    "inbox me",
    "+",
    "@",
)
_UNSEEN: Final = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U0001d400-\U0001d7ff\uff01-\uff5e]"
)
_EMOJI: Final = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")

_WORD_BYTE: Final = np.zeros(256, dtype=bool)
_WORD_BYTE[[*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B), *range(0x80, 0x100)]] = True


@dataclass(frozen=True, slots=True)
class Batch:
    """Hashed features of a batch of n documents.

    ``chars`` (n-grams x positions) and ``words``, ``pairs`` hold buckets; ``starts`` are the documents' first bytes;
    ``word_from``/``word_to`` are the words' bytes and ``word_doc`` their documents; ``signals`` is n x len(SIGNALS).
    """

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    chars: NDArray[np.int64]
    words: NDArray[np.int64]
    pairs: NDArray[np.int64]
    word_from: NDArray[np.int64]
    word_to: NDArray[np.int64]
    word_doc: NDArray[np.int64]
    signals: NDArray[np.float32]
    folded: tuple[str, ...]


def extract(documents: Sequence[Document]) -> Batch:
    """The features of a batch; the same document has the same features in any batch."""
    folded = tuple(fold_text(document.text) for document in documents)
    encoded = [b" " + text.encode("utf-8", "replace") + b" " + PAD for text in folded]
    lengths = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
    data = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    wide = data.astype(np.uint64)
    chars = _chars(wide)
    # An n-gram that begins in the padding would reach into the next document: it is the mark of an end instead.
    ends = starts + lengths
    for step in range(1, len(PAD) + 1):
        chars[:, ends - step] = END
    words, pairs, word_from, word_to, word_doc = _words(data, wide, starts)
    signals = np.array(
        [_signals(document, text) for document, text in zip(documents, folded, strict=True)], dtype=np.float32
    ).reshape(-1, len(SIGNALS))
    return Batch(data, starts, chars, words, pairs, word_from, word_to, word_doc, signals, folded)


def _chars(wide: NDArray[np.uint64]) -> NDArray[np.int64]:
    size = wide.size
    padded = np.concatenate((wide, np.zeros(NGRAMS[-1], dtype=np.uint64)))
    total = padded[:size] + padded[1 : size + 1] * _BASE
    rows = []
    for length in NGRAMS:
        total = total + padded[length - 1 : length - 1 + size] * _POWERS[length - 1]
        rows.append(_bucket(total + np.uint64(length), CHAR_BITS))
    return np.stack(rows)


def _bucket(hashes: NDArray[np.uint64], bits: int) -> NDArray[np.int64]:
    mixed = (hashes ^ (hashes >> _SHIFT)) * _MIX
    return (mixed >> np.uint64(64 - bits)).astype(np.int64)


def _words(
    data: NDArray[np.uint8], wide: NDArray[np.uint64], starts: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    inside = _WORD_BYTE[data]
    edges = (
        np.flatnonzero(inside[1:] != inside[:-1]) + 1
    )  # every document begins with a space and ends in zeros
    begin, end = edges[::2], edges[1::2]
    powers, inverses = _powers(data.size + 1)
    sums = np.concatenate(([np.uint64(0)], np.cumsum((wide + np.uint64(1)) * powers[: data.size])))
    hashes = (sums[end] - sums[begin]) * inverses[begin]
    doc = np.searchsorted(starts, begin, side="right") - 1
    offset = 1 << CHAR_BITS
    words = _bucket(hashes, WORD_BITS) + offset
    pairs = (
        _bucket(hashes[:-1] * _PAIR + hashes[1:], WORD_BITS) + offset
        if hashes.size
        else np.empty(0, np.int64)
    )
    return words, pairs, begin.astype(np.int64), end.astype(np.int64), doc.astype(np.int64)


_tables: dict[str, NDArray[np.uint64]] = {}


def _powers(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Powers of the base and of its inverse, kept up to the largest batch met (bounded by the batch's own bytes)."""
    if "powers" not in _tables or _tables["powers"].size < size:
        room = 1 << max(16, math.ceil(math.log2(size)))
        for name, base in (("powers", _BASE), ("inverses", _INVERSE)):
            table = np.full(room, base, dtype=np.uint64)
            table[0] = 1
            _tables[name] = np.cumprod(table)
    return _tables["powers"], _tables["inverses"]


def _signals(document: Document, folded: str) -> tuple[float, ...]:
    # Cheap looks for what a pattern cannot do without come before each pattern: most comments have none of it.
    text = document.text
    size = max(1, len(text))
    head = text[:SIGNAL_CHARACTERS]
    seen = min(size, SIGNAL_CHARACTERS)
    ascii_only = text.isascii()
    octets = head.encode("utf-8", "replace")
    digits = len(octets) - len(octets.translate(None, b"0123456789"))
    return (
        min(4, len(LINK.findall(text[:20000]))) / 2 if _may_link(text, folded) else 0.0,
        min(1.0, math.log1p(size) / 8),
        min(1.0, 4 * digits / seen),
        _capitals(head, octets, ascii_only) / seen if size > 5 else 0.0,
        1.0 if _may_name_money(text, folded) and MONEY.search(text) else 0.0,
        1.0 if any(word in folded for word in _CONTACT_WORDS) and CONTACT.search(text) else 0.0,
        1.0 if document.author_url else 0.0,
        min(4, text.count("!")) / 4,
        0.0 if ascii_only else min(1.0, 8 * len(_UNSEEN.findall(text)) / size),
        0.0 if ascii_only else min(4, len(_EMOJI.findall(text))) / 4,
        1.0 if size < 20 else 0.0,
    )


def _may_link(text: str, folded: str) -> bool:
    return "." in text and ("://" in text or "www" in folded or _ENDING.search(folded) is not None)


def _may_name_money(text: str, folded: str) -> bool:
    return any(sign in text for sign in "$€£₹₽") or _CURRENCY.search(folded) is not None


def _capitals(head: str, octets: bytes, ascii_only: bool) -> int:
    if ascii_only:
        return len(octets) - len(octets.translate(None, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    return sum(map(str.isupper, head))


def scales(batch: Batch) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """1 / root of the number of character positions, and of words, of each document."""
    ends = np.append(batch.starts[1:], batch.data.size)
    count = np.bincount(batch.word_doc, minlength=batch.starts.size)
    return 1 / np.sqrt((ends - batch.starts) * len(NGRAMS)), 1 / np.sqrt(np.maximum(1, 2 * count))


def matrix(documents: Sequence[Document]) -> csr_matrix:
    """The features as a sparse matrix, n x (BUCKETS + signals), for training; scoring needs no matrix."""
    from scipy.sparse import csr_matrix  # training only: not loaded by the service

    batch = extract(documents)
    count, size = len(documents), batch.data.size
    char_scale, word_scale = scales(batch)
    char_doc = np.repeat(np.arange(count), np.diff(np.append(batch.starts, size)))
    same = batch.word_doc[1:] == batch.word_doc[:-1]
    rows = np.concatenate(
        [
            *[char_doc] * len(NGRAMS),
            batch.word_doc,
            batch.word_doc[:-1][same],
            np.repeat(np.arange(count), len(SIGNALS)),
        ]
    )
    columns = np.concatenate(
        [*batch.chars, batch.words, batch.pairs[same], np.tile(np.arange(len(SIGNALS)) + BUCKETS, count)]
    )
    values = np.concatenate(
        [
            *[char_scale[char_doc]] * len(NGRAMS),
            word_scale[batch.word_doc],
            word_scale[batch.word_doc[:-1][same]],
            batch.signals.ravel(),
        ]
    ).astype(np.float32)
    found = csr_matrix((values, (rows, columns)), shape=(count, BUCKETS + len(SIGNALS)))
    found.sum_duplicates()
    return found
