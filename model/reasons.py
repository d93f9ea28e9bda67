"""Why a text scores high: what its words, links and signals add to the log-odds, as sentences for an editor.

A word's share is what its n-grams add, each n-gram at the word in which its third unit lies, times what a unit of the parts in which
the n-gram counts (the whole text, and the strongest place if it lies there) brings to this text. All shares, what lies between
words, and signals make up the log-odds exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.features import MAX_UNITS, repeats
from model.normalise import BACKWARDS, Folded
from model.scoring import TEXT_PARTS, View
from model.signals import MAX_SEARCHED, SIGNALS, Places, amounts, contacts, links
from model.units import WORD

# A probability below this needs no reason; policies hold spam from 0.1 on by default.
EXPLAIN_FROM: Final = {"spam": 0.1, "toxicity": 0.5}
MAX_WORDS: Final = 4  # words named in one reason
MAX_PLACES: Final = 10  # links, contacts or amounts marked in one text
MIN_SHARE: Final = 0.05  # of the log-odds: a weaker part is no reason
SHOWN: Final = 40  # characters of a quotation in a sentence
CENTRE: Final = 2  # units from an n-gram's first to the one that says which word it counts for


class Reason(NamedTuple):
    """What pushes a score up: one sentence, its share of the log-odds, half-open character ranges in the text."""

    code: str
    text: str
    weight: float
    spans: tuple[tuple[int, int], ...]


_LINKED: Final = "It links to {named}, as spam often does."
_PAID: Final = "It names an amount of money: {named}."
_CONTACT: Final = {
    "channel": "It asks to be contacted elsewhere: {named}.",
    "phone": "It gives a phone number: {named}.",
    "address": "It gives an e-mail address: {named}.",
}
_CHANNELS: Final = (
    ("whats", "It asks to write on WhatsApp: {named}."),
    (("t", "т"), "It asks to write on Telegram: {named}."),
)
_PLAIN: Final = {
    "disguise": "It hides letters behind look-alike or invisible characters.",
    "markup": "It brings its own markup for links.",
    "author_url": "The author gives a web page.",
    "author_sells": "The author's name reads like an advertisement.",
}
_TYPICAL: Final = {"spam": "typical of spam", "toxicity": "typical of insults"}
_CODES: Final = {"spam": "model_words", "toxicity": "model_toxic_words"}


@dataclass(frozen=True, slots=True)
class Told:
    """A text to be explained, as a view has read it.

    ``text``: as it came; ``plain``: folded. Word i of the view is ``edges[i]`` in the units of the batch and ``ranges[i]`` in the text
    as it came, both half-open. ``disguised``: whether the view undoes a disguise.
    """

    text: str
    plain: Folded
    view: View
    index: int
    edges: NDArray[np.int64]
    ranges: NDArray[np.int64]
    disguised: bool


def told(text: str, plain: Folded, form: Folded, view: View, index: int, *, disguised: bool = False) -> Told:
    """Finds the words of text ``index`` of a view; ``form``: that text with its offsets to the original."""
    batch = view.batch
    start, length = int(batch.starts[index]), int(batch.lengths[index])
    edges = _edges(batch.kinds[start : start + length])
    places = edges - 1  # the space before the text
    # Dropped repeats shorten, characters of two units lengthen: together the lengths may agree by chance.
    if length != len(form.text) + 2 or _has_pairs(batch.units[start : start + length]):
        places = _in_form(form.text, edges)
    if not isinstance(form.offsets, range):
        offsets = np.array(form.offsets)
        first, last, behind = offsets[places[:, 0]], offsets[places[:, 1] - 1], offsets[places[:, 1]]
        # Up to the next character's place, so that marks, references and dropped letters behind a word belong to it.
        high = np.maximum(first, last) + 1 if BACKWARDS in text else np.maximum(behind, last + 1)
        places = np.stack((np.minimum(first, last), high), axis=1)
    return Told(text, plain, view, index, edges, places, disguised)


def _has_pairs(units: NDArray[np.uint16]) -> bool:
    """Whether some characters are two units."""
    return bool((units & 0xFC00 == 0xD800).any())


def _in_form(text: str, edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """From units of the batch back to characters of the form: repeats were dropped, and some characters are two units."""
    encoded = text[:MAX_UNITS].encode("utf-16-le", "surrogatepass")[: 2 * MAX_UNITS]
    units = np.frombuffer(b" \0" + encoded + b" \0", dtype="<u2")
    places = np.delete(np.arange(units.size + 1), repeats(units))[edges] - 1
    second = (units & 0xFC00) == 0xDC00  # the second halves of pairs count for no character
    found: NDArray[np.int64] = places - np.cumsum(second)[places]
    return found


def _edges(kinds: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Where words begin and end, n x 2; the text begins and ends with a space."""
    word = kinds & WORD
    return np.flatnonzero(word[1:] != word[:-1]).reshape(-1, 2) + 1


def explain(told: Told, head: str, group: int, parts: NDArray[np.float64]) -> list[Reason]:
    """The parts of a text that push a head's score up; ``parts``: what its view gives for it and the head."""
    view = told.view
    place = view.weights.names.index(head)
    slopes = view.weights.heads[place].slopes(parts) * view.weights.slopes[place, group]
    shares = view.shares(told.index, place, slopes[: len(TEXT_PARTS)], told.edges + (1 - CENTRE))
    adds = dict(zip(SIGNALS, (slopes * parts)[-len(SIGNALS) :].tolist(), strict=True))
    found = []
    if head == "spam":
        for code, sentence, weight, places in _placed_signals(told.plain.text[:MAX_SEARCHED], adds):
            reason = _placed(code, sentence, weight, told, places, shares)
            if reason is not None:
                found.append(reason)
    for name, sentence in _PLAIN.items():
        if adds[name] >= MIN_SHARE:
            found.append(Reason(f"model_{name}", sentence, round(adds[name], 3), ()))
    named = _named(told, head, shares)
    return found if named is None else [*found, named]


def _placed_signals(folded: str, adds: dict[str, float]) -> Iterator[tuple[str, str, float, Places]]:
    """The signals that have places in the text: code, sentence, weight, places in the folded text."""
    if adds["links"]:
        yield "model_link", _LINKED, adds["links"], links(folded)
    if adds["contact"]:
        by_kind = contacts(folded)
        count = sum(map(len, by_kind.values()))
        for kind, places in by_kind.items():
            if places:
                sentence = _CONTACT[kind]
                if kind == "channel":
                    sentence = next(
                        (better for start, better in _CHANNELS if folded.startswith(start, places[0][0])),
                        sentence,
                    )
                yield "model_contact", sentence, adds["contact"] * len(places) / count, places
    if adds["money"]:
        yield "model_money", _PAID, adds["money"], amounts(folded)


def _placed(
    code: str, sentence: str, weight: float, told: Told, places: Places, shares: NDArray[np.float64]
) -> Reason | None:
    """A signal with its places; the words in them count for it, and their shares become 0: nothing else names them."""
    offsets = told.plain.offsets
    ranges = tuple(
        (offsets[start], max(offsets[end], offsets[end - 1] + 1)) for start, end in places[:MAX_PLACES]
    )
    begin, stop = told.ranges[:, 0], told.ranges[:, 1]
    for start, end in ranges:
        inside = ((begin < end) & (stop > start)).nonzero()[0]
        weight += float(shares[inside].sum())
        shares[inside] = 0.0
    if not ranges or weight < MIN_SHARE:
        return None
    named = ", ".join(f"“{_shown(told.text[start:end])}”" for start, end in ranges[:2])
    return Reason(code, sentence.format(named=named), round(weight, 3), ranges)


def _named(told: Told, head: str, shares: NDArray[np.float64]) -> Reason | None:
    """The words that push most."""
    best = shares.argsort(kind="stable")[: -MAX_WORDS - 1 : -1]
    best = best[shares[best] >= MIN_SHARE]
    if not best.size:
        return None
    ranges = [(start, end) for start, end in told.ranges[best].tolist()]
    named = ", ".join(dict.fromkeys(f"“{_shown(told.text[start:end])}”" for start, end in ranges))
    noun, verb = ("word", "is") if len(ranges) == 1 else ("words", "are")
    hidden = ", with letters kept apart, repeated, replaced or turned round," if told.disguised else ""
    weight = round(float(shares[best].sum()), 3)
    sentence = f"The {noun} {named}{hidden} {verb} {_TYPICAL[head]}."
    return Reason(_CODES[head], sentence, weight, tuple(sorted(ranges)))


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"  # a sentence, not a quotation
