"""The event log: what happened on a site, in order. Readers keep their own place; nothing here forgets for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from moderation.store.client import Link

_POSITION = re.compile(r"(\d{1,15})-(\d{1,15})")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. ``id`` is its place in the log, ``sequence`` counts the changes of its comment."""

    id: str
    type: str
    site: str
    comment_id: str
    sequence: int
    at: int
    data: dict[str, Any]


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
        return tuple(_event(site, entry.decode(), fields) for entry, fields in found)


def _event(site: str, entry: str, fields: list[bytes]) -> Event:
    found = dict(zip(fields[::2], fields[1::2], strict=True))
    data: dict[str, Any] = from_json(found[b"v"])
    return Event(
        id=entry,
        type=found[b"k"].decode(),
        site=site,
        comment_id=found[b"c"].decode(),
        sequence=int(found[b"n"]),
        at=int(entry.partition("-")[0]),
        data={
            **data,
            "status": found[b"to"].decode(),
            "previous_status": found[b"from"].decode(),
            "revision": int(found[b"rev"]),
        },
    )
