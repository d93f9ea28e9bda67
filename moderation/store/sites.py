"""Sites and their policies."""

from __future__ import annotations

import dataclasses
import secrets
import time
from typing import Any, Final

from pydantic_core import from_json, to_json

from moderation.domain.ids import is_site
from moderation.domain.policy import Mode, Policy
from moderation.errors import Conflict, Invalid, NotFound
from moderation.store.client import Link
from moderation.store.keyring import Key
from moderation.store.keys import SITES

HELD: Final = 1_000  # policies kept in memory: as many as sites that are busy at a time
MOST_SHOWN: Final = 50  # words of a list that the audit names: enough to see what was done


class Sites:
    """All sites."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._held: dict[str, tuple[bytes | None, Policy]] = {}  # by slug: version and policy

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

    async def reached_by(self, key: Key) -> tuple[str, ...]:
        """The sites that a key reaches and that there are, sorted."""
        there = await self._link.call("SMEMBERS", SITES)
        return tuple(sorted(slug for one in there if key.reaches(slug := one.decode())))

    async def policy(self, slug: str) -> Policy:
        """The site's policy; raises NotFound."""
        return (await self.policies([slug]))[slug]

    async def policies(self, slugs: list[str]) -> dict[str, Policy]:
        """The policies of several sites; raises NotFound. Only what changed since the last time is read again.

        A policy is one object as long as it stands, so what is made of its word lists can be kept beside it.
        """
        rows = await self._link.call_all(
            [("HMGET", self._link.keys.site(slug), "created_at", "pv") for slug in slugs]
        )
        found: dict[str, Policy] = {}
        for slug, (created, version) in zip(slugs, rows, strict=True):
            if created is None:
                raise NotFound("There is no such site.")
            held = self._held.get(slug)
            if held is None or held[0] != version:
                held = await self._read(slug)
            found[slug] = held[1]
        return found

    async def _read(self, slug: str) -> tuple[bytes | None, Policy]:
        version, document = await self._link.call("HMGET", self._link.keys.site(slug), "pv", "policy")
        if len(self._held) >= HELD:
            self._held.clear()
        held = self._held[slug] = (version, policy_of(from_json(document)) if document else Policy())
        return held

    async def set_policy(self, slug: str, policy: Policy, by: str) -> Policy:
        """Replaces the site's policy on behalf of ``by``; comments judged from now on follow it. Raises NotFound."""
        new = secrets.token_hex(8)
        for _ in range(10):
            if not await self.exists(slug):
                raise NotFound("There is no such site.")
            version, stands = await self._read(slug)
            before, after = changes(stands, policy)
            if not after:
                return policy
            document = to_json(dataclasses.asdict(policy))
            answer = await self._link.run(
                "policy",
                [self._link.keys.site(slug)],
                [version or b"", new, document, by, to_json(before), to_json(after)],
            )
            if answer != b"moved":
                return policy
        raise Conflict("Others keep changing this policy; read it and send yours again.")

    async def list(self) -> list[str]:
        """All slugs, sorted."""
        return sorted(slug.decode() for slug in await self._link.call("SMEMBERS", SITES))


def changes(before: Policy, after: Policy) -> tuple[dict[str, Any], dict[str, Any]]:
    """What differs between two policies, as it was and as it is; of a long list only what went and what came."""
    was: dict[str, Any] = {}
    is_: dict[str, Any] = {}
    for name in _POLICY_FIELDS:
        old, new = getattr(before, name), getattr(after, name)
        if old == new:
            continue
        if name in _LISTS:
            gone, come = set(old) - set(new), set(new) - set(old)
            was[name] = {
                "entries": len(old),
                "removed": sorted(gone)[:MOST_SHOWN],
                "removed_count": len(gone),
            }
            is_[name] = {"entries": len(new), "added": sorted(come)[:MOST_SHOWN], "added_count": len(come)}
        else:
            was[name], is_[name] = old, new
    return was, is_


def policy_of(document: dict[str, Any]) -> Policy:
    """A policy from its stored form; settings that it does not name have their defaults."""
    known = {name: document[name] for name in _POLICY_FIELDS if name in document}
    known["mode"] = Mode(known.get("mode", Mode.AUTO))
    for name in _LISTS:
        known[name] = tuple(known.get(name, ()))
    return Policy(**known)


_POLICY_FIELDS = tuple(field.name for field in dataclasses.fields(Policy))
_LISTS = ("banned_words", "suspect_words", "allowed_domains", "denied_domains", "languages")
