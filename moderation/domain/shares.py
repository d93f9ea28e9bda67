"""A share with what it rests on: how many of how many, and between which bounds the truth probably lies. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

_Z: Final = 1.959964  # 95 of 100 such intervals hold the truth


@dataclass(frozen=True, slots=True)
class Share:
    """``count`` of ``of``."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        """0..1; None of nothing."""
        return self.count / self.of if self.of else None

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval (Wilson 1927): honest for small numbers and near 0 and 1; None of nothing."""
        if not self.of:
            return None
        share, z2 = self.count / self.of, _Z * _Z / self.of
        middle = (share + z2 / 2) / (1 + z2)
        half = _Z / (1 + z2) * math.sqrt(share * (1 - share) / self.of + z2 / (4 * self.of))
        return max(0.0, middle - half), min(1.0, middle + half)
