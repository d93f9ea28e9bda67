"""Sites and their policies."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from pydantic_core import from_json, to_json

from moderation.domain.ids import is_site
from moderation.domain.policy import Mode, Policy
from moderation.errors import Conflict, Invalid, NotFound
from moderation.store.client import Link
from moderation.store.keys import SITES


class Sites:
    """All sites."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._read: dict[
            str, tuple[bytes, Policy]
        ] = {}  # the policy last read of each site, by its stored form

    async def add(self, slug: str) -> None:
        """Makes a site; raises Invalid for a bad slug and Conflict if it exists."""
        if not is_site(slug):
            raise Invalid("A site's slug has 1 to 64 characters of a-z, 0-9 and the hyphen.")
        created = str(int(time.time() * 1000))
        # HSETNX decides who made it; the set of slugs is only an index, and adding to it is safe to repeat.
        made = await self._link.call("HSETNX", self._link.keys.site(slug), "created_at", created)
        await self._link.call("SADD", SITES, slug)
        if not made:
            raise Conflict(f"The site {slug} exists already.")

    async def exists(self, slug: str) -> bool:
        """Whether there is such a site."""
        return bool(await self._link.call("HEXISTS", self._link.keys.site(slug), "created_at"))

    async def policy(self, slug: str) -> Policy:
        """The site's policy; raises NotFound."""
        return (await self.policies([slug]))[slug]

    async def policies(self, slugs: list[str]) -> dict[str, Policy]:
        """The policies of several sites in one round trip; raises NotFound."""
        rows = await self._link.call_all(
            [("HMGET", self._link.keys.site(slug), "created_at", "policy") for slug in slugs]
        )
        found: dict[str, Policy] = {}
        for slug, (created, document) in zip(slugs, rows, strict=True):
            if created is None:
                raise NotFound("There is no such site.")
            found[slug] = self._policy(slug, document) if document else Policy()
        return found

    def _policy(self, slug: str, document: bytes) -> Policy:
        # The same object while nothing changed: parsing 50,000 words takes long, and what is made of them is kept by identity.
        known = self._read.get(slug)
        if known is not None and known[0] == document:
            return known[1]
        policy = policy_of(from_json(document))
        self._read[slug] = document, policy
        return policy

    async def set_policy(self, slug: str, policy: Policy) -> Policy:
        """Replaces the site's policy; comments judged from now on follow it."""
        if not await self.exists(slug):
            raise NotFound("There is no such site.")
        await self._link.call(
            "HSET", self._link.keys.site(slug), "policy", to_json(dataclasses.asdict(policy))
        )
        return policy

    async def list(self) -> list[str]:
        """All slugs, sorted."""
        return sorted(slug.decode() for slug in await self._link.call("SMEMBERS", SITES))


def policy_of(document: dict[str, Any]) -> Policy:
    """A policy from its stored form; settings that it does not name have their defaults."""
    known = {name: document[name] for name in _POLICY_FIELDS if name in document}
    known["mode"] = Mode(known.get("mode", Mode.AUTO))
    for name in _LISTS:
        known[name] = tuple(known.get(name, ()))
    return Policy(**known)


_POLICY_FIELDS = tuple(field.name for field in dataclasses.fields(Policy))
_LISTS = ("banned_words", "suspect_words", "allowed_domains", "denied_domains", "languages")
