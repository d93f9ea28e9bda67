"""The audit: who did what to whom and when, before and after; appended by the scripts that change, read by cursor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json, to_json

from moderation.store.client import Link

STEP: Final = 500


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a person. ``subject`` is the id of the ``kind`` of thing; an author that was erased has none."""

    id: str
    at: int
    by: str
    act: str
    kind: str
    subject: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    batch: str | None


class Audit:
    """The audits of all sites."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def page(self, site: str, after: str | None, limit: int) -> list[Act]:
        """Up to ``limit`` acts after a place, oldest first; None reads from the beginning."""
        start = f"({after}" if after else "-"
        found = await self._link.call("XRANGE", self._link.keys.audit(site), start, "+", "COUNT", limit)
        rows = [(entry.decode(), dict(zip(pairs[::2], pairs[1::2], strict=True))) for entry, pairs in found]
        names = await self._names(site, [row[b"s"] for _, row in rows if row[b"o"] == b"author"])
        return [_act(entry, row, names) for entry, row in rows]

    async def all(self, site: str, after: str | None = None) -> AsyncIterator[Act]:
        """Every act after a place, oldest first."""
        while acts := await self.page(site, after, STEP):
            for act in acts:
                yield act
            after = acts[-1].id

    async def record(
        self,
        site: str,
        by: str,
        act: str,
        kind: str,
        subject: str,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Appends an act that no script of its own makes (a key made or revoked)."""
        fields = (
            "by",
            by,
            "k",
            act,
            "o",
            kind,
            "s",
            subject,
            "b",
            to_json(before or {}),
            "a",
            to_json(after or {}),
        )
        await self._link.call("XADD", self._link.keys.audit(site), "*", *fields)

    async def _names(self, site: str, pseudonyms: list[bytes]) -> dict[bytes, str]:
        if not pseudonyms:
            return {}
        found = await self._link.call("HMGET", f"{self._link.keys.site(site)}:who", *pseudonyms)
        return {one: name.decode() for one, name in zip(pseudonyms, found, strict=True) if name is not None}


def _act(entry: str, row: dict[bytes, bytes], names: dict[bytes, str]) -> Act:
    kind, subject = row[b"o"].decode(), row[b"s"]
    named = names.get(subject) if kind == "author" else subject.decode() or None
    batch = row.get(b"t")
    return Act(
        id=entry,
        at=int(entry.partition("-")[0]),
        by=row[b"by"].decode(),
        act=row[b"k"].decode(),
        kind=kind,
        subject=named,
        before=from_json(row[b"b"]),
        after=from_json(row[b"a"]),
        batch=batch.decode() if batch else None,
    )
