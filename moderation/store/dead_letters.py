"""Dead letters: comments that could not be scored. They wait in the pending queue; here an operator sees and retries."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from pydantic_core import from_json

from moderation.errors import NotFound
from moderation.store.client import Link


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A comment whose scoring failed: how often, with which kind of error, when (ms)."""

    site: str
    comment_id: str
    error: str
    attempts: int
    at: int


class DeadLetters:
    """The dead letters of all partitions."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def list(self, site: str | None = None, limit: int = 100) -> list[DeadLetter]:
        """The oldest first."""
        keys = self._link.keys
        parts = [keys.partition(site)] if site else range(keys.partitions)
        found: list[DeadLetter] = []
        for pairs in await self._link.call_all([("HGETALL", keys.dead(part)) for part in parts]):
            for name, stored in zip(pairs[::2], pairs[1::2], strict=True):
                slug, _, comment_id = name.decode().partition("/")
                if site is None or slug == site:
                    found.append(DeadLetter(slug, comment_id, **from_json(stored)))
        return sorted(found, key=lambda letter: letter.at)[:limit]

    async def retry(self, site: str, comment_id: str) -> None:
        """Puts it before the workers once more; raises NotFound."""
        keys = self._link.keys
        part = keys.partition(site)
        names = [keys.comment(site, comment_id), keys.site(site), keys.inbox(part), keys.dead(part)]
        if not await self._link.run("requeue", names, [site, comment_id, secrets.token_hex(12)]):
            raise NotFound("There is no such dead letter.")

    async def drop(self, site: str, comment_id: str) -> None:
        """Takes it off the list; the comment stays with the moderators. Raises NotFound."""
        part = self._link.keys.partition(site)
        if not await self._link.call("HDEL", self._link.keys.dead(part), f"{site}/{comment_id}"):
            raise NotFound("There is no such dead letter.")
