"""Batches of decisions: what one click did to up to a thousand comments, so that it can be undone as a whole."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from pydantic_core import from_json, to_json

from moderation.errors import NotFound
from moderation.store.client import Link

BATCH_DAYS: Final = 30  # for so long a batch can be undone by its id


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch: the comments it decided, by whom, when (ms)."""

    id: str
    by: str
    at: int
    ids: tuple[str, ...]


class Batches:
    """The batches of all sites."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def begin(self, site: str, op: str, by: str, ids: Sequence[str]) -> Batch:
        """Notes what is about to be decided. The same operation again gives the batch as it was first noted."""
        batch_id = batch_of(op)
        key = self._link.keys.batch(site, batch_id)
        document = to_json({"by": by, "at": int(time.time() * 1000), "ids": ids})
        # One field, set once: a repeat after a lost answer, or with other comments found meanwhile, changes nothing.
        await self._link.call("HSETNX", key, "v", document)
        await self._link.call("EXPIRE", key, BATCH_DAYS * 24 * 3600)
        return await self.get(site, batch_id)

    async def get(self, site: str, batch_id: str) -> Batch:
        """The batch; raises NotFound."""
        found = await self._link.call("HGET", self._link.keys.batch(site, batch_id), "v")
        if found is None:
            raise NotFound(f"There is no such batch, or it is older than {BATCH_DAYS} days.")
        kept = from_json(found)
        return Batch(batch_id, kept["by"], kept["at"], tuple(kept["ids"]))

    async def exists(self, site: str, op: str) -> bool:
        """Whether this operation has begun a batch before."""
        return bool(await self._link.call("EXISTS", self._link.keys.batch(site, batch_of(op))))


def batch_of(op: str) -> str:
    """The id of the batch that an operation makes."""
    return blake2b(op.encode(), digest_size=12, person=b"batch").hexdigest()
