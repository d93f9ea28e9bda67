"""Authors as a site's moderators know them: record, standing, notes, comments; and their erasure, whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import to_json

from moderation.domain.author import Record, Standing
from moderation.domain.comment import Comment
from moderation.errors import NotFound
from moderation.store.client import Link
from moderation.store.comments import Comments
from moderation.store.private import Private
from moderation.store.records import notes_of

STEP: Final = 200  # comments erased or read together


@dataclass(frozen=True, slots=True)
class Profile:
    """An author: how many comments in which status (``queued`` included), the record, who gave a standing, and notes.

    ``first_seen``: when the first judged comment was received (ms). ``total`` counts every comment, bodies gone included.
    """

    ref: str
    counts: dict[str, int]
    total: int
    record: Record
    first_seen: int | None
    given_by: str | None
    given_at: int | None
    notes: tuple[dict[str, Any], ...]


class Authors:
    """The authors of all sites."""

    def __init__(self, link: Link, comments: Comments, private: Private) -> None:
        self._link = link
        self._comments = comments
        self._private = private

    async def get(self, site: str, ref: str) -> Profile:
        """The author; raises NotFound if there is neither a comment nor a word of a moderator."""
        keys = self._link.keys
        pairs, total = await self._link.call_all(
            [("HGETALL", keys.author(site, ref)), ("ZCARD", keys.authored(site, ref))]
        )
        if not pairs and not total:
            raise NotFound("There is no such author.")
        found = dict(zip(pairs[::2], pairs[1::2], strict=True))
        counts = {name: int(found.get(name.encode(), 0)) for name in ("pending", "approved", "rejected")}
        given, until = found.get(b"given"), found.get(b"until")
        return Profile(
            ref=ref,
            counts={"queued": max(0, total - sum(counts.values())), **counts},
            total=total,
            record=Record(
                **counts,
                given=Standing(given.decode()) if given else None,
                until=int(until) if until else None,
            ),
            first_seen=_number(found.get(b"first")),
            given_by=found[b"gby"].decode() if b"gby" in found else None,
            given_at=_number(found.get(b"gat")),
            notes=notes_of(found.get(b"nt")),
        )

    async def comments(
        self, site: str, ref: str, limit: int, before: int | None = None
    ) -> tuple[list[Comment], int | None]:
        """The author's last comments, newest first, from before a place on; and the place to go on from."""
        start = "+inf" if before is None else f"({before}"
        found = await self._link.call(
            *("ZRANGE", self._link.keys.authored(site, ref), start, "-inf", "BYSCORE", "REV"),
            *("LIMIT", 0, limit, "WITHSCORES"),
        )
        comments = await self._comments.many(site, [one.decode() for one in found[::2]])
        place = int(float(found[-1])) if len(found) == 2 * limit else None
        return [comment for comment in comments if comment is not None], place

    async def set_standing(
        self, site: str, ref: str, name: str, standing: Standing | None, until: int | None, op: str
    ) -> Profile:
        """Sets or (None) takes back a standing, on behalf of the moderator ``name``."""
        value = standing.value if standing else ""
        await self._say(site, ref, name, "standing", value, str(until) if until else "", op)
        try:
            return await self.get(site, ref)
        except NotFound:  # what was taken back was all that was known
            return Profile(
                ref, dict.fromkeys(("queued", "pending", "approved", "rejected"), 0), 0, Record(), *_UNKNOWN
            )

    async def note(self, site: str, ref: str, name: str, text: str, op: str) -> Profile:
        """Adds a moderator's note on an author. Raises NotFound."""
        await self.get(site, ref)
        await self._say(site, ref, name, "noted", to_json({"by": name, "text": text}), "", op)
        return await self.get(site, ref)

    async def _say(
        self, site: str, ref: str, name: str, what: str, value: str | bytes, until: str, op: str
    ) -> None:
        args = [ref, self._private.author(site, ref), op, name, what, value, until]
        await self._link.run("standing", [self._link.keys.site(site)], args)

    async def erase(self, site: str, ref: str, by: str) -> int:
        """Erases the author and every comment, whatever state it is in; returns how many comments. Safe to repeat."""
        erased = 0
        reporter = self._private.reporter(site, ref.removeprefix("id:"))
        key = self._link.keys.authored(site, ref)
        while True:
            ids = [one.decode() for one in await self._link.call("ZRANGE", key, 0, STEP - 1)]
            await self._comments.erase_many(site, ids, by)
            erased += len(ids)
            args = [ref, self._private.author(site, ref), reporter, by]
            if not ids and not await self._link.run("forget_author", [self._link.keys.site(site)], args):
                return erased

    async def everything(self, site: str, ref: str) -> AsyncIterator[Comment]:
        """All of the author's comments, newest first."""
        place: int | None = None
        while True:
            found, place = await self.comments(site, ref, STEP, place)
            for comment in found:
                yield comment
            if place is None:
                return


_UNKNOWN: Final[tuple[None, None, None, tuple[()]]] = (None, None, None, ())


def _number(value: bytes | None) -> int | None:
    return int(value) if value else None
