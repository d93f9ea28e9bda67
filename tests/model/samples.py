"""Texts and heads that several files try things with."""

from __future__ import annotations

import random
from typing import Final

import numpy as np

from model.features import BUCKETS
from model.scoring import MAX_WEIGHT, PARTS, TEXT_PARTS, Calibration, Head, Hinge
from model.signals import GROUPS

SPAM: Final = "Earn $5000 weekly from home! WhatsApp +1 555 010 9999 http://cash.example/win"
HAM: Final = "I disagree with the mayor on the cycle lane, but at least someone is trying."

# What has broken text code before: nothing, what is seen by no reader, what grows when folded, halves of pairs, endless runs.
HOSTILE: Final = (
    "", " ", "\0", "a\0b", "\0" * 9, "\u200b", "\ud800", "\udc00x\ud83d", "\U0010ffff", "İ", "ẞ", "👩‍👩‍👧‍👦", "𝐀𝐄𝐑𝐎𝟖𝟖", "שלום", "你好世界", "נ\u05b0", "ꭰ",
    "a\u0301" * 32_000, "\ufdfa" * 4_000, "х" * 65_536, "x " * 32_768, "x y" * 20_000, "ﬁ" * 9_000, "😀" * 40_000, "http://" * 9_000, "a.b" * 20_000,
    "+1" * 32_000, "&#" * 32_000, "&#97;" * 13_000, "&amp;" * 13_000, "@" * 65_536, "1a" * 32_000, "a-" * 32_000, "$1" * 32_000, "." * 65_536, "v1agra " * 9_000,
    "www." * 16_000, "a@b." * 16_000, "aaab" * 16_000, "a" * 65_536, "\n" * 65_536, "(dot) " * 11_000, "жa" * 32_000, "\u202e" * 65_536, "[url=" * 13_000,
    "0.," * 22_000, "_" * 65_536, "a " * 5 + "b" * 60_000, "whats " * 11_000, "v1agra " + "12" * 32_000,
)  # fmt: skip

ALPHABETS: Final = tuple(
    range(first, last)
    for first, last in (
        (0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x530, 0x700), (0x900, 0xE80), (0x13A0, 0x1400), (0x1E00, 0x2100),
        (0x2100, 0x2C00), (0x3000, 0x3100), (0xAB30, 0xAC80), (0xD800, 0xE000), (0xF900, 0x10000), (0x1D400, 0x1D800), (0x1F100, 0x1F700), (0xE0000, 0xE01F0),
    )
)  # fmt: skip
PIECES: Final = (
    "&amp;", "&#97;", "&#1;", "&#xD800;", "&NotEqualTilde;", "&notit;", "&#x1F600;", "https://example.com/a/long/way/to/go?x=1", "www.x.de/", "v1agra",
    "f r e e", "s.p.a.m", "soooo", "$5", "5 eur", "+1 555 010 9999", "a@b.example", "casino.ru", "whatsapp", "<a href=",
)  # fmt: skip


def random_texts(count: int, seed: int) -> list[str]:
    """Texts of characters from all over Unicode, plain ones more often than others, with pieces that code looks for."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        alphabets = chance.sample(ALPHABETS, chance.randint(1, 3)) + [ALPHABETS[0]] * chance.randint(0, 9)
        chars = [chr(chance.choice(chance.choice(alphabets))) for _ in range(chance.randint(0, 60))]
        for _ in range(chance.randint(0, 2)):
            chars.insert(chance.randint(0, len(chars)), chance.choice(PIECES))
        found.append("".join(chars))
    return found


def random_head(seed: int, *, peaks: bool = True, hinges: int = 3, limit: int = MAX_WEIGHT) -> Head:
    """A head whose numbers are chance; without ``peaks`` it counts the sum over the text alone, and signals."""
    chance = np.random.default_rng(seed)
    weights = chance.integers(-limit, limit, BUCKETS, dtype=np.int16, endpoint=True)
    parts = chance.normal(size=len(PARTS))
    if not peaks:
        parts[1 : len(TEXT_PARTS)] = 0
    bent = ("length", *(TEXT_PARTS if peaks else TEXT_PARTS[:1]))
    return Head(
        weights,
        4 / MAX_WEIGHT,
        24,
        parts,
        tuple(
            Hinge(str(chance.choice(bent)), float(chance.normal()), float(chance.normal()))
            for _ in range(hinges)
        ),
        float(chance.normal()),
        tuple(Calibration(float(chance.uniform(0.5, 2)), float(chance.normal())) for _ in GROUPS),
    )
