"""Labelled comments from a folder of gzipped JSON lines: which sources count, which rows are never trained on."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from model.classifier import Document

CAP: Final = 12_000  # rows of one source: the largest would drown the others

# Sources with a label for spam, and news, whose comments are all ham. Left out: tw_utkml and weak_tw_honeypot (labelled
# by account, which makes political tweets spam), vi_reviews (another task), tox_* (no label for spam).
SOURCES: Final[dict[str, str]] = {
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
}


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled comment."""

    document: Document
    spam: bool
    source: str

    @property
    def news(self) -> bool:
        """Whether it is a genuine comment on news: the class to protect."""
        return self.source.startswith("news_")


def is_held_out(text: str) -> bool:
    """Whether a text is never trained or calibrated on: one in ten, told from the text alone."""
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest(), "big") % 10 == 0


def read(folder: Path, source: str) -> Iterator[Row]:
    """The rows of one source that have a usable label."""
    with gzip.open(folder / f"{source}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if (
                row.get("label") not in {"spam", "ham"}
                or row.get("cross_label_conflict")
                or not row["text"].strip()
            ):
                continue
            document = Document(
                row["text"],
                row.get("author") or "",
                row.get("author_url") or "",
                row.get("article") or "",
                row.get("lang") or "",
            )
            yield Row(document, row["label"] == "spam", source)


def load(folder: Path, *, held_out: bool, cap: int = CAP) -> list[Row]:
    """All rows of all sources on one side of the split, at most ``cap`` of each source, in a fixed order."""
    rows: list[Row] = []
    for source in SOURCES:
        if not (folder / f"{source}.jsonl.gz").exists():
            continue
        side = [row for row in read(folder, source) if is_held_out(row.document.text) == held_out]
        # Spread over the file by a hash, not its first rows: sources are ordered by label or collection.
        side.sort(
            key=lambda row: blake2b(
                row.document.text.encode("utf-8", "replace"), digest_size=8, key=b"order"
            ).digest()
        )
        rows.extend(side[:cap])
    return rows
