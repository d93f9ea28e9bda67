"""Webhooks: which events an endpoint wants, and when a failed delivery is tried again. Pure: time and chance come in."""

from __future__ import annotations

import re
from typing import Final

EVENT_PATTERN: Final = r"^(\*|[a-z_]+(\.[a-z_]+)*(\.\*)?)$"
_PATTERN = re.compile(EVENT_PATTERN)
MAX_PATTERN: Final = 64  # characters

SECOND_MS: Final = 1_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000

# Pauses before the second, third, … attempt: 75 h 35 min in all, as the Standard Webhooks specification proposes.
PAUSES_MS: Final = (
    5 * SECOND_MS,
    300 * SECOND_MS,
    1_800 * SECOND_MS,
    *(hours * HOUR_MS for hours in (2, 5, 10, 14, 20, 24)),
)
ATTEMPTS: Final = len(PAUSES_MS) + 1
JITTER: Final = (
    0.1  # a pause is longer or shorter by up to this share, so that a crowd does not come back at once
)
LONGEST_WISH_MS: Final = DAY_MS  # no receiver puts a delivery off for longer by `Retry-After`
FAILING_MS: Final = 5 * DAY_MS  # of nothing but failure: then an endpoint is disabled
ROTATION_MS: Final = DAY_MS  # after a rotation the old secret signs too for so long


def is_pattern(text: str) -> bool:
    """Whether the text names events: ``*``, a whole type, or a prefix as ``comment.*``."""
    return len(text) <= MAX_PATTERN and _PATTERN.fullmatch(text) is not None


def next_attempt(attempts: int, now: int, chance: float, wish_ms: int | None = None) -> int | None:
    """When (ms) a delivery that failed ``attempts`` times is tried again; None: never, it is dead.

    ``chance`` is from 0 to 1. ``wish_ms`` is the receiver's ``Retry-After``: never sooner than that, but for the bound.
    """
    if attempts >= ATTEMPTS:
        return None
    pause = PAUSES_MS[max(0, attempts - 1)] * (1 - JITTER + 2 * JITTER * chance)
    if wish_ms is not None:
        pause = max(pause, min(wish_ms, LONGEST_WISH_MS))
    return now + round(pause)
