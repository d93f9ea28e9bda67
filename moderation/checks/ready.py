"""What is made of a policy's lists, kept as long as they are in use."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

TUPLES: Final = 16  # lists that are found by identity, and so kept alive


class Ready(Generic[T]):
    """Things made of lists, at most so many entries of all of them together; the oldest go first.

    A list is looked for by identity: a hash of 50,000 entries takes a millisecond or two, too long for each comment. A
    policy that was read again has equal entries in another tuple; that is found by content, once.
    """

    def __init__(self, make: Callable[[tuple[str, ...]], T], max_entries: int) -> None:
        self._make = make
        self._max_entries = max_entries
        self._by_identity: OrderedDict[int, tuple[tuple[str, ...], T]] = OrderedDict()
        self._by_content: OrderedDict[tuple[str, ...], T] = OrderedDict()
        self._lock = threading.Lock()  # a list may be made ready in a thread

    def has(self, entries: tuple[str, ...]) -> bool:
        """Whether the list need not be made."""
        known = self._by_identity.get(id(entries))
        return known is not None and known[0] is entries

    def of(self, entries: tuple[str, ...]) -> T:
        """What was made of the list, or is made now."""
        known = self._by_identity.get(id(entries))
        if known is not None and known[0] is entries:
            return known[1]
        with self._lock:
            found = self._by_content.get(entries)
        made = self._make(entries) if found is None else found
        with self._lock:
            self._by_content[entries] = made
            self._by_content.move_to_end(entries)
            self._by_identity[id(entries)] = entries, made
            while len(self._by_content) > 1 and sum(map(len, self._by_content)) > self._max_entries:
                self._by_content.popitem(last=False)
            while len(self._by_identity) > TUPLES:
                self._by_identity.popitem(last=False)
        return made
