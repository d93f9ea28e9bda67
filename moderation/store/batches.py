"""Batches of decisions: what one click did to up to a thousand comments, so that it can be undone as a whole."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from pydantic_core import from_json, to_json

from moderation.errors import Conflict, NotFound
from moderation.store.client import Link

BATCH_DAYS: Final = 30  # for so long a batch can be undone by its id
_ID: Final = re.compile(r"[0-9a-f]{24}")


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch: the comments it decided, by whom, when (ms). ``op``: the operation that made it."""

    id: str
    op: str
    by: str
    at: int
    ids: tuple[str, ...]


class Batches:
    """The batches of all sites."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def begin(self, site: str, op: str, by: str, ids: Sequence[str]) -> Batch:
        """Notes what is about to be decided. The same operation again gives the batch as it was first noted.

        Raises Conflict if it was undone since: a late repeat must not decide again.
        """
        batch_id = batch_of(op)
        key = self._link.keys.batch(site, batch_id)
        document = to_json({"by": by, "at": int(time.time() * 1000), "ids": ids, "op": op})
        # One field, set once: a repeat after a lost answer, or with other comments found meanwhile, changes nothing.
        await self._link.call("HSETNX", key, "v", document)
        await self._link.call("EXPIRE", key, BATCH_DAYS * 24 * 3600)
        if await self._link.call("HEXISTS", key, "undone"):
            raise Conflict(
                "What this Idempotency-Key decided was undone since: send a new key to decide again."
            )
        return await self.get(site, batch_id)

    async def get(self, site: str, batch_id: str) -> Batch:
        """The batch; raises NotFound."""
        known = _ID.fullmatch(batch_id) is not None
        found = await self._link.call("HGET", self._link.keys.batch(site, batch_id), "v") if known else None
        if found is None:
            raise NotFound(f"There is no such batch, or it is older than {BATCH_DAYS} days.")
        kept = from_json(found)
        return Batch(batch_id, kept["op"], kept["by"], kept["at"], tuple(kept["ids"]))

    async def end(self, site: str, batch_id: str) -> None:
        """Notes that the batch is being undone."""
        await self._link.call("HSET", self._link.keys.batch(site, batch_id), "undone", 1)


def batch_of(op: str) -> str:
    """The id of the batch that an operation makes."""
    return blake2b(op.encode(), digest_size=12, person=b"batch").hexdigest()
