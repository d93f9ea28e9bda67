"""A site's judged comments, the newest first, over all queues: what a replay reads."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator
from typing import Final

from moderation.domain.comment import Comment
from moderation.store.queues import Filters, Order, Queues

QUEUES: Final = ("approved", "rejected", "pending", "escalated")
PAGE: Final = 100  # comments parsed together: a few milliseconds of the loop


async def newest(queues: Queues, site: str, since: int) -> AsyncGenerator[list[Comment]]:
    """Comments received from ``since`` (ms) on, strictly newest first, in lists of up to ``PAGE``.

    One that moves to another queue meanwhile comes once at most, and is missed only if it moved behind the reader's back.
    """
    readers = [_Reader(queues, site, queue, since) for queue in QUEUES]
    last: int | None = None
    found: list[Comment] = []
    while True:
        heads = [(head.sequence, reader) for reader in readers if (head := await reader.head()) is not None]
        if not heads:
            break
        sequence, reader = max(heads, key=lambda pair: pair[0])
        comment = reader.take()
        if last is not None and sequence >= last:
            continue
        last = sequence
        found.append(comment)
        if len(found) == PAGE:
            yield found
            found = []
    if found:
        yield found


class _Reader:
    """One queue, a page at a time."""

    def __init__(self, queues: Queues, site: str, queue: str, since: int) -> None:
        self._queues, self._site, self._queue, self._since = queues, site, queue, since
        self._page: deque[Comment] = deque()
        self._after: int | None = None
        self._ended = False

    async def head(self) -> Comment | None:
        """The next comment, which stays; None at the end."""
        while not self._page and not self._ended:
            page = await self._queues.page(
                self._site, self._queue, Order.NEWEST, PAGE, self._after, Filters()
            )
            self._page.extend(one for one in page.items if one.received_at >= self._since)
            self._after = page.next
            # A whole page of older ones: an import may have mixed the order a little, not more.
            self._ended = page.next is None or not self._page
        return self._page[0] if self._page else None

    def take(self) -> Comment:
        """Takes the head."""
        return self._page.popleft()
