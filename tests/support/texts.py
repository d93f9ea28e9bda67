"""Comments to try the whole way with: held-back rows of the shared training data where it is, else our own."""

from __future__ import annotations

import os
from pathlib import Path

from model.data import is_held_out, read

OWN = (
    "I disagree with the mayor on the new cycle lane, but at least someone is trying.",
    "The second paragraph gets the date wrong: the bridge opened in 1961.",
    "CHECK OUT MY CHANNEL!!! earn $5000 weekly from home, whatsapp +1 555 010 9999 https://cash.example/win",
    "Cheap replica handbags and pills online http://pills.example http://bags.example best price",
    "What a disgrace. These politicians should be ashamed of themselves.",
    "Danke für den Artikel, endlich spricht es jemand aus.",
    "Как всегда, обещают много, а дороги не чинят годами.",
    "Great post, thanks for sharing! Visit my site http://seo.example for cheap backlinks",
)


def shared_data() -> Path | None:
    """The folder of labelled comments beside the repository, if it is there."""
    folder = Path(os.environ.get("MODERATION_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
    return folder if folder.is_dir() else None


def held_back(number: int) -> list[str]:
    """So many different texts that no training saw."""
    folder = shared_data()
    if folder is None:
        return [f"{OWN[index % len(OWN)]} ({index})" for index in range(number)]
    found: dict[str, None] = {}
    for name in ("news_civil", "wp_blogs", "yt_scam22", "tg_ru", "news_de_germeval21"):
        taken = 0
        for row, _ in read(folder, name):
            text = row.document.text
            if "\0" not in text and len(text) < 10_000 and is_held_out(row) and text not in found:
                found[text] = None
                taken += 1
                if taken >= -(-number // 5):
                    break
    texts = list(found)[:number]
    assert len(texts) == number, f"only {len(texts)} held-back texts"
    return texts
