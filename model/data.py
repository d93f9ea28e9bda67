"""Labelled comments from a folder of gzipped JSON lines: what is trained on, and what is kept to be judged by.

A row has ``text`` and a label: ``label`` ("spam" or "ham"), ``toxic`` (0 or 1), or both. ``source`` is the name of its
file. Optional: ``author``, ``author_url``, ``article``, ``lang``, ``date``, ``sub``, and ``split`` (anything but "train" is
never trained on).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from model.features import Document
from model.neutral import sentences
from model.phrases import phrases

SUFFIX: Final = ".jsonl.gz"
CAP: Final = 16_000  # rows of one source: the largest would drown the others
CAPS: Final = {"tox_jigsaw_davidson_zhou": 140_000}  # the widest source for toxicity, by far
MAX_ROW: Final = 1 << 20  # characters of a line

# Licences of the sources that the shipped model may be trained on; a folder of your own may hold others.
LICENCES: Final[dict[str, str]] = {
    "yt_uci": "CC BY 4.0 (UCI)",
    "yt_tulio14": "none stated",
    "yt_scam22": "none stated",
    "wp_blogs": "none; research and evaluation",
    "tg_ru": "MIT",
    "tg_ru2": "GPL-3.0 (repository)",
    "sms_uci": "CC BY 4.0 (UCI)",
    "sms_super": "none stated (please cite)",
    "judol_id": "MIT (in part), none stated",
    "news_civil": "CC0 1.0",
    "news_de_germeval21": "CC BY-SA (paper)",
    "news_fox": "MIT",
    "news_ko": "CC BY-SA 4.0",
    "news_nyt_rfd": "Apache-2.0 (repository)",
    "vi_reviews": "none stated (research)",
    "tw_utkml": "none stated (competition)",
    "weak_tw_honeypot": "none stated (research)",
    "tox_jigsaw_davidson_zhou": "MIT (wheel); texts CC BY-SA 3.0, labels CC0 (Jigsaw)",
    "tox_davidson": "MIT",
    "tox_olid": "none stated (research)",
    "tox_edos": "CC0 1.0",
    "tox_insults": "none stated (competition)",
    "tox_germeval18": "CC BY 4.0",
    "tox_ru_distorted": "none stated",
}
# Nothing is measured by these: the first two are labelled by account, which makes political tweets spam (and count little in
# training, see train.RECIPES), the last holds spam among reviews of goods, which is another task.
NO_MEASURE: Final = frozenset({"tw_utkml", "weak_tw_honeypot", "vi_reviews"})
HELD_OUT_FROM: Final = 5_000  # rows of a folder below which all are trained on: one in ten would be missed
NEWS_PREFIX: Final = "news_"
PHRASES: Final = "phrases"  # source of the comments of model/phrases
NEUTRAL: Final = "neutral"  # source of the sentences of model/neutral.py
TOXIC_BELOW, CIVIL_FROM = (
    0.34,
    0.66,
)  # share of raters who found a comment not toxic; between them they disagree


class DataError(Exception):
    """A folder or a row that cannot be used; the message names the file, the line and the remedy."""


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled comment; a label that its source does not give is None."""

    document: Document
    source: str
    spam: bool | None
    toxic: bool | None
    sub: str = ""
    date: str = ""
    weight: float = 1.0

    @property
    def news(self) -> bool:
        """Whether it is a genuine comment on news: the class to protect."""
        return self.source.startswith(NEWS_PREFIX) or (self.source == PHRASES and not self.spam)

    @property
    def written(self) -> bool:
        """Whether it was written for this project."""
        return self.source in {PHRASES, NEUTRAL}

    @property
    def key(self) -> int:
        """A number told from the text alone: the same in any order, file and process."""
        return int.from_bytes(
            blake2b(self.document.text.encode("utf-8", "replace"), digest_size=8).digest(), "big"
        )


def sources(folder: Path) -> list[str]:
    """The names of the sources in a folder; raises DataError if there are none."""
    found = sorted(path.name.removesuffix(SUFFIX) for path in folder.glob("*" + SUFFIX))
    if not found:
        raise DataError(f"{folder} has no file NAME{SUFFIX}; docs/model.md says what they hold.")
    return found


def read(folder: Path, source: str) -> Iterator[tuple[Row, bool]]:
    """The rows of one source that have a usable label, and whether a row may be trained on."""
    path = folder / (source + SUFFIX)
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                found = _read_row(line, f"{path}, line {number}", source)
                if found is not None:
                    yield found
    except (OSError, EOFError, UnicodeDecodeError) as failure:
        raise DataError(f"{path} cannot be read behind line {number}: it must be gzipped UTF-8.") from failure


def _read_row(line: str, where: str, source: str) -> tuple[Row, bool] | None:
    try:
        found = json.loads(line[:MAX_ROW])
        text = found["text"]
    except (ValueError, RecursionError, KeyError, TypeError) as failure:
        raise DataError(f"{where}: it must be a JSON object with `text`.") from failure
    if not isinstance(text, str):
        raise DataError(f"{where}: `text` must be a string.")
    try:
        row = _row(found, text, source)
    except TypeError as failure:  # a list or an object where a word or a number belongs
        raise DataError(f"{where}: its label must be a word or a number.") from failure
    return None if row is None else (row, found.get("split", "train") == "train")


def _row(found: dict[str, Any], text: str, source: str) -> Row | None:
    if found.get("cross_label_conflict") or not text.strip():
        return None
    spam = {"spam": True, "ham": False}.get(found.get("label", ""))
    toxic = _toxic(found)
    if spam is None and toxic is None:
        return None
    document = Document(
        text, *(str(found.get(name) or "") for name in ("author", "author_url", "article", "lang"))
    )
    return Row(document, source, spam, toxic, str(found.get("sub") or ""), str(found.get("date") or ""))


def _toxic(found: dict[str, Any]) -> bool | None:
    if found.get("toxic") in {0, 1}:
        return bool(found["toxic"])
    share = found.get("frac_not_toxic")
    if isinstance(share, int | float):
        return None if TOXIC_BELOW < share < CIVIL_FROM else share <= TOXIC_BELOW
    if found.get("hateful") in {0, 1}:
        return bool(found["hateful"])
    return {"none": False, "hate": True, "offensive": True}.get(found.get("hate", ""))


def is_held_out(row: Row) -> bool:
    """Whether a text is never trained or calibrated on: one in ten, told from the text alone."""
    return row.key % 10 == 0


def for_training(folder: Path) -> list[Row]:
    """What a model learns from: no text held out, at most the cap of each source, in a fixed order."""
    found: list[Row] = []
    for source in sources(folder):
        rows = [row for row, trainable in read(folder, source) if trainable]
        found += _capped(rows, CAPS.get(source, CAP))
    kept = [row for row in found if not is_held_out(row)]
    return kept if len(kept) >= HELD_OUT_FROM else found


def written_rows(seed: int) -> list[Row]:
    """The comments and sentences that were written for this project."""
    found = [
        Row(
            Document(one.text, lang=one.lang),
            PHRASES,
            one.kind == "spam",
            one.kind == "toxic",
            weight=one.weight,
        )
        for one in phrases(seed)
    ]
    return found + [Row(Document(text, lang=lang), NEUTRAL, False, False) for text, lang in sentences()]


def for_judging(folder: Path, trained_on: Collection[str]) -> list[Row]:
    """What a model never saw: of its own sources what is held out, of others everything (capped)."""
    found: list[Row] = []
    for source in sources(folder):
        known = source in trained_on
        rows = [
            row for row, trainable in read(folder, source) if not (known and trainable) or is_held_out(row)
        ]
        found += _capped(rows, CAPS.get(source, CAP))
    return found


def _capped(rows: list[Row], cap: int) -> list[Row]:
    # Spread over the file by a hash, not its first rows: sources are ordered by label or collection.
    return sorted(rows, key=lambda row: (row.key * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF)[:cap]
