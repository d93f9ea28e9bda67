"""Times as people and protocols write them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache


def rfc3339(ms: int) -> str:
    """Milliseconds since the epoch as RFC 3339 UTC."""
    return f"{_second(ms // 1000)}.{ms % 1000:03d}Z"


@lru_cache(maxsize=1024)  # comments of a moment share their second
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
