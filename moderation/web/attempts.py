"""Counts wrong keys by address, so that guessing is seen and slowed. In one process's memory, bounded.

A good key is looked up first and never refused for the wrong ones that came from its address: a whole newsroom may
sit behind one proxy. Headers that name another address are not believed; anybody can send them.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections import OrderedDict
from typing import Final

from moderation.errors import TooManyAttempts

MAX_ADDRESSES: Final = 10_000  # addresses remembered; those that failed longest ago are forgotten first
IPV6_NETWORK: Final = 64  # bits that one customer of a provider has as a rule: the rest is theirs to change


class Attempts:
    """A bucket of ``per_minute`` wrong keys for each address, which fills again evenly; 0 counts nothing."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = (
            OrderedDict()
        )  # address -> left, as of when (s)

    def __len__(self) -> int:
        return len(self._buckets)

    def failed(self, address: str | None) -> None:
        """A wrong key came from an address; raises TooManyAttempts with ``Retry-After`` if it is one too many."""
        if not self._per_minute:
            return
        now, whose = time.monotonic(), _network(address)
        left, since = self._buckets.get(whose, (float(self._per_minute), now))
        left = min(self._per_minute, left + (now - since) * self._per_minute / 60)
        enough = left >= 1
        self._buckets[whose] = (left - 1 if enough else left, now)
        self._buckets.move_to_end(whose)
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        if not enough:
            raise TooManyAttempts(retry_after=math.ceil((1 - left) * 60 / self._per_minute))


def _network(address: str | None) -> str:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:  # a unix socket has none, a link-local one may carry a zone
        return address or ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, IPV6_NETWORK), strict=False))
