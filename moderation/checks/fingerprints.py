"""Fingerprints of a text: short hashes under which the same or nearly the same text is found again."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from model.normalise import fold_text

_LETTERS: Final = re.compile(r"[^\W_]+")
SHORT: Final = 12  # folded letters below which a text means too little to be repeated


def fingerprints(text: str) -> tuple[str, ...]:
    """Hashes (16 hex digits) of which texts that are nearly the same share at least one; none for short texts."""
    letters = "".join(_LETTERS.findall(fold_text(text)))
    if len(letters) < SHORT:
        return ()
    return (hashlib.blake2b(letters.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest(),)
