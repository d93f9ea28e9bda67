"""The stream of comments that wait for a score: read in batches, take over from the dead, commit.

At-least-once with one effect: an entry may be handed out twice, ``commit`` lets it count once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import to_json
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from moderation.domain.comment import Draft, Reason
from moderation.domain.decision import Decision
from moderation.store.client import BLOCK_MS, Link, Word
from moderation.store.keys import GROUP
from moderation.store.records import draft_of, reasons_document

FORGET_IDLE_MS: Final = 3_600_000  # a consumer silent for an hour that holds nothing is taken off the list


@dataclass(frozen=True, slots=True)
class Entry:
    """A comment that waits for a score. ``deliveries`` counts the times it was handed to a worker."""

    id: str
    site: str
    draft: Draft
    revision: int
    author_ref: str
    human_rejected: bool  # a moderator rejected an earlier revision
    deliveries: int = 1


@dataclass(frozen=True, slots=True)
class Judged:
    """What a worker found on an entry; ``dead_letter`` says why it could not be scored.

    ``fingerprints`` are those under which repeats of its text are found; flags of the weight ``report_threshold`` put it before
    a moderator even if it is approved.
    """

    entry: Entry
    scores: dict[str, float]
    reasons: tuple[Reason, ...]
    decision: Decision
    model_version: str
    dead_letter: dict[str, Any] | None = None
    fingerprints: tuple[str, ...] = ()
    report_threshold: int = 1


class Inbox:
    """One partition's stream, read under one consumer's name."""

    def __init__(self, link: Link, partition: int, consumer: str) -> None:
        self._link = link
        self._stream = link.keys.inbox(partition)
        self._dead = link.keys.dead(partition)
        self._consumer = consumer
        self._client: Redis | None = None

    async def open(self) -> None:
        """Makes the workers' group if it is not there yet."""
        try:
            await self._link.call("XGROUP", "CREATE", self._stream, GROUP, "0", "MKSTREAM")
        except Exception as failure:
            if not str(failure).startswith("BUSYGROUP"):
                raise

    async def close(self) -> None:
        """Ends the reading connection."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def read(self, limit: int) -> list[Entry]:
        """Waits up to BLOCK_MS for new entries and takes what is there, at most ``limit``."""
        if self._client is None:
            self._client = self._link.blocking()
        try:
            found = await self._client.xreadgroup(
                GROUP, self._consumer, {self._stream: ">"}, count=limit, block=BLOCK_MS
            )
        except ResponseError as failure:
            if not str(failure).startswith("NOGROUP"):
                raise
            await self.open()  # the group was removed under us: its entries are all still there
            return []
        rows: Any = found  # RESP2: [[stream, [(id, {field: value})]]]; empty if nothing came
        entries: list[tuple[bytes, dict[bytes, bytes]]] = rows[0][1] if rows else []
        return [_entry(entry, fields) for entry, fields in entries if fields]

    async def abandoned(self, idle_ms: int, limit: int) -> list[tuple[str, int]]:
        """Entries that a worker has held for ``idle_ms`` without an end: id and number of deliveries, oldest first."""
        rows = await self._link.call("XPENDING", self._stream, GROUP, "IDLE", idle_ms, "-", "+", limit)
        return [(entry.decode(), deliveries) for entry, _, _, deliveries in rows]

    async def take_over(self, entry_id: str, idle_ms: int, deliveries: int) -> Entry | None:
        """Claims one abandoned entry; None if another worker was faster or it is gone (then it is acknowledged)."""
        # XCLAIM hands an entry to one claimer only: for the next its idle time has begun anew.
        rows = await self._link.call("XCLAIM", self._stream, GROUP, self._consumer, idle_ms, entry_id)
        if rows and rows[0] and rows[0][1]:
            entry, fields = rows[0]
            return _entry(entry, dict(zip(fields[::2], fields[1::2], strict=True)), deliveries + 1)
        if not await self._link.call("XRANGE", self._stream, entry_id, entry_id):
            await self._link.call("XACK", self._stream, GROUP, entry_id)
        return None

    async def commit(self, judged: Sequence[Judged]) -> int:
        """Writes scores, decisions, places, events and acknowledgements in one script; returns how many changed."""
        keys: list[str] = [self._stream, self._dead]
        args: list[Word] = []
        for one in judged:
            site_key = self._link.keys.site(one.entry.site)
            keys += (f"{site_key}:c:{one.entry.draft.id}", site_key)
            args += _commit_args(one)
        changed: int = await self._link.run("commit", keys, args)
        return changed

    async def waiting(self) -> int:
        """How many comments wait, handed out ones included."""
        length: int = await self._link.call("XLEN", self._stream)
        return length

    async def forget_idle(self) -> None:
        """Removes the names of workers long gone that hold nothing."""
        for row in await self._link.call("XINFO", "CONSUMERS", self._stream, GROUP):
            found = dict(zip(row[::2], row[1::2], strict=True))
            if found[b"idle"] > FORGET_IDLE_MS and found[b"pending"] == 0:
                await self._link.run("forget_consumer", [self._stream], [found[b"name"]])


def _entry(entry_id: bytes, fields: dict[bytes, bytes], deliveries: int = 1) -> Entry:
    return Entry(
        id=entry_id.decode(),
        site=fields[b"s"].decode(),
        draft=draft_of(fields[b"i"].decode(), fields[b"t"].decode(), fields[b"d"]),
        revision=int(fields[b"r"]),
        author_ref=fields.get(b"a", b"").decode(),
        human_rejected=bool(fields.get(b"h")),
        deliveries=deliveries,
    )


def _commit_args(one: Judged) -> tuple[Word, ...]:
    spam = one.scores.get("spam")
    return (
        one.entry.id,
        one.entry.site,
        one.entry.draft.id,
        one.entry.revision,
        "" if spam is None else f"{spam:.6f}",
        to_json(one.scores),
        reasons_document(one.reasons),
        one.decision.status.value,
        to_json(one.decision.document()),
        one.model_version,
        to_json(one.dead_letter) if one.dead_letter else "",
        ",".join(dict.fromkeys(reason.code for reason in one.reasons)),
        ",".join(one.fingerprints),
        one.report_threshold,
    )
