"""The event log: what happened on a site, in order. Readers keep their own place; nothing here forgets for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from moderation.domain.times import rfc3339
from moderation.store.client import Link

_POSITION = re.compile(r"(\d{1,15})-(\d{1,15})")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. ``id`` is its place in the log, ``sequence`` counts the changes of its comment.

    What happened to no comment has an empty ``comment_id`` and the sequence 0.
    """

    id: str
    type: str
    site: str
    comment_id: str
    sequence: int
    at: int
    data: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """The event as readers of the log and receivers of webhooks are told it."""
        about = (
            {"site": self.site} if not self.comment_id else {"site": self.site, "comment_id": self.comment_id}
        )
        return {
            "id": self.id,
            "type": self.type,
            "timestamp": rfc3339(self.at),
            "sequence": self.sequence,
            "data": {**about, **self.data},
        }


def is_position(text: str) -> bool:
    """Whether the text is a place in a log."""
    return _POSITION.fullmatch(text) is not None


class Events:
    """The logs of all sites."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def page(self, site: str, after: str | None, limit: int) -> tuple[Event, ...]:
        """Up to ``limit`` events after a place, oldest first; None reads from the beginning."""
        start = f"({after}" if after else "-"
        found = await self._link.call("XRANGE", self._link.keys.events(site), start, "+", "COUNT", limit)
        return tuple(event_of(site, entry.decode(), fields) for entry, fields in found)


def event_of(site: str, entry: str, fields: list[bytes]) -> Event:
    """The event of an entry of the log."""
    found = dict(zip(fields[::2], fields[1::2], strict=True))
    data: dict[str, Any] = from_json(found[b"v"])
    comment_id = found[b"c"].decode()
    if comment_id:  # else it happened to something that has no status
        data |= {
            "status": found[b"to"].decode(),
            "previous_status": found[b"from"].decode(),
            "revision": int(found[b"rev"]),
        }
    return Event(
        id=entry,
        type=found[b"k"].decode(),
        site=site,
        comment_id=comment_id,
        sequence=int(found[b"n"]),
        at=int(entry.partition("-")[0]),
        data=data,
    )
