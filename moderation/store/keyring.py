"""API keys: made, shown once, kept as MACs, found by id, forgotten within seconds when revoked."""

from __future__ import annotations

import contextlib
import secrets
import time
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Final

from pydantic_core import from_json, to_json

from moderation.errors import Conflict, Forbidden, Invalid, NotFound
from moderation.store.client import Link
from moderation.store.keys import KEYS
from moderation.store.private import Private

CACHE_SECONDS: Final = (
    2.0  # how long a key is believed without asking; a revoked key must be refused within 5 s
)
CACHE_SIZE: Final = 10_000
AKISMET_LENGTH: Final = 12  # WordPress refuses any other length before it calls
EVERY_SITE: Final = "*"  # in the place of a key's sites: all sites, now and later
MAX_SITES: Final = 200  # sites of one key, and sites listed together: a bound on work and on cursors
MAX_KEYS: Final = 1_000  # keys that reach one site, when they are made over HTTP
_AKISMET_ID: Final = "akismet-"  # begins such a key's id
_AKISMET_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"  # clients fold the case


class Role(StrEnum):
    """What a key may do. An admin may all; a reader reads what a moderator reads, and changes nothing."""

    SITE = "site"
    READER = "reader"
    MODERATOR = "moderator"
    ADMIN = "admin"


_ROLES: Final = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Key:
    """Who calls. ``sites`` are slugs, or EVERY_SITE alone."""

    id: str
    sites: tuple[str, ...]
    role: Role
    name: str

    @property
    def everywhere(self) -> bool:
        """Whether all sites are meant, now and later."""
        return EVERY_SITE in self.sites

    def reaches(self, site: str) -> bool:
        """Whether the key is good for the site, if there is such a site."""
        return site in self.sites or self.everywhere


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key as it is listed; never the key itself. ``created_at`` is in ms; ``role`` may be ``akismet`` too."""

    id: str
    sites: tuple[str, ...]
    role: str
    name: str
    created_at: int

    def reaches(self, site: str) -> bool:
        """Whether the key is good for the site, if there is such a site."""
        return site in self.sites or EVERY_SITE in self.sites


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: the one moment at which ``key`` is known."""

    id: str
    key: str
    sites: tuple[str, ...]
    role: str
    name: str


@dataclass(frozen=True, slots=True)
class FirstKeys:
    """The keys with which a site begins, shown once."""

    site_key: str
    moderator_key: str
    akismet_key: str


class Keyring:
    """All keys of all sites."""

    def __init__(self, link: Link, private: Private) -> None:
        self._link = link
        self._private = private
        self._cache: dict[bytes, tuple[float, Key | None]] = {}
        self._revoked = 0  # how often a key was revoked here: what was looked up before is not believed after

    async def add(self, sites: str | Sequence[str], role: Role, name: str) -> NewKey:
        """Makes a key: ``mod_ROLE_ID_SECRETCHECK``, with 256 random bits and a checksum for secret scanners.

        ``sites``: one slug, several, or EVERY_SITE alone. Raises Invalid if they do not go together.
        """
        sites = (sites,) if isinstance(sites, str) else tuple(dict.fromkeys(sites))
        if (fault := fault_of_sites(sites, role)) is not None:
            raise Invalid(fault)
        key_id = secrets.token_hex(6)
        body = f"mod_{role.value}_{key_id}_{secrets.token_urlsafe(32)}"
        key = f"{body}{zlib.crc32(body.encode()):08x}"
        await self._keep(key_id, key, sites, role.value, name)
        return NewKey(key_id, key, sites, role.value, name)

    async def first(self, site: str) -> FirstKeys:
        """Makes the keys with which a new site begins."""
        posting = await self.add(site, Role.SITE, "site")
        moderating = await self.add(site, Role.MODERATOR, "moderator")
        return FirstKeys(posting.key, moderating.key, await self.add_akismet(site))

    async def add_akismet(self, site: str) -> str:
        """Makes a key of the form that Akismet's clients insist on: 12 lower-case letters and digits (62 bits)."""
        key = "".join(secrets.choice(_AKISMET_ALPHABET) for _ in range(AKISMET_LENGTH))
        await self._keep(_AKISMET_ID + self._private.mac(key)[:16], key, (site,), "akismet", "akismet")
        return key

    async def _keep(self, key_id: str, key: str, sites: tuple[str, ...], role: str, name: str) -> None:
        record = {
            "site": sites[0],  # an older version that knows one site a key lets it reach this one alone
            **({"sites": sites} if len(sites) > 1 else {}),
            "role": role,
            "name": name,
            "mac": self._private.mac(key),
            "created_at": int(time.time() * 1000),
        }
        await self._link.call("HSET", KEYS, key_id, to_json(record))

    async def find(self, token: str) -> Key | None:
        """Who a key belongs to, or None; what was found is believed for CACHE_SECONDS."""
        # The cache is asked by a hash, so that the time of a look-up tells nothing about other keys.
        place = blake2b(token.encode("utf-8", "surrogateescape"), digest_size=16).digest()
        now = time.monotonic()
        held = self._cache.get(place)
        if held is not None and held[0] > now:
            return held[1]
        revoked = self._revoked
        key = await self._look_up(token)
        if self._revoked != revoked:  # perhaps this one, while the answer was on its way
            return key
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        self._cache[place] = (now + CACHE_SECONDS, key)
        return key

    async def find_akismet(self, key: str) -> Key | None:
        """Whose key of Akismet's form this is, or None; upper case is the same key. It posts, and is good for nothing else."""
        key = key.strip().casefold()
        place = blake2b(b"akismet\0" + key.encode("utf-8", "surrogateescape"), digest_size=16).digest()
        now = time.monotonic()
        held = self._cache.get(place)
        if held is not None and held[0] > now:
            return held[1]
        revoked = self._revoked
        mac = self._private.mac(key)
        key_id = _AKISMET_ID + mac[:16]
        stored = await self._link.call("HGET", KEYS, key_id)
        record: dict[str, Any] = from_json(stored) if stored else {}
        found = None
        # An unknown key is compared too, so that both refusals take the same time.
        if self._private.matches(key, record.get("mac", "")) and record["role"] == "akismet":
            found = Key(key_id, _sites_of(record), Role.SITE, record["name"])
        if self._revoked != revoked:
            return found
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        self._cache[place] = (now + CACHE_SECONDS, found)
        return found

    async def _look_up(self, token: str) -> Key | None:
        parts = token.split("_", 3)
        key_id = parts[2] if len(parts) == 4 and parts[0] == "mod" and parts[2].isascii() else ""
        stored = await self._link.call("HGET", KEYS, key_id)
        record: dict[str, Any] = from_json(stored) if stored else {}
        # An unknown id is compared too, so that both refusals take the same time.
        if not self._private.matches(token, record.get("mac", "")) or not record:
            return None
        return key_of(key_id, record)

    async def list(self, site: str | None = None) -> list[KeyInfo]:
        """All keys, or those that reach a site (for EVERY_SITE: all of them), oldest first."""
        pairs = await self._link.call("HGETALL", KEYS)
        found = []
        for key_id, stored in zip(pairs[::2], pairs[1::2], strict=True):
            info = _info(key_id.decode(), from_json(stored))
            if site is None or info.reaches(site):
                found.append(info)
        return sorted(found, key=lambda info: (info.created_at, info.id))

    async def revoke(self, key_id: str) -> None:
        """Ends a key; every process refuses it within CACHE_SECONDS. Raises NotFound."""
        ended = await self._link.call("HDEL", KEYS, key_id)
        self._revoked += 1
        self._cache.clear()  # in any case: it may have ended a moment ago, with the answer lost on its way
        if not ended:
            raise NotFound(f"There is no key {key_id}; see `moderation key list`.")

    async def add_on(self, site: str, sites: Collection[str], role: Role, name: str) -> NewKey:
        """Makes a key for a site and further ``sites``; raises Conflict if the site has MAX_KEYS keys."""
        if len(await self.list(site)) >= MAX_KEYS:
            raise Conflict(f"This site has {MAX_KEYS} keys already; revoke those that nobody uses.")
        return await self.add(tuple(sites) if EVERY_SITE in sites else (site, *sites), role, name)

    async def revoke_on(self, site: str, by: Key, key_id: str) -> KeyInfo:
        """Ends a key of a site, in the name of an admin, and returns what it was.

        Raises NotFound if no such key reaches the site, Forbidden if it reaches sites beyond the admin's own.
        """
        stored = await self._link.call("HGET", KEYS, key_id)
        info = _info(key_id, from_json(stored)) if stored else None
        if info is None or not info.reaches(site):
            raise NotFound("There is no such key.")
        if not all(by.reaches(one) for one in info.sites):
            raise Forbidden(
                "This key reaches sites beyond yours: whoever is admin of all of them can end it."
            )
        with contextlib.suppress(NotFound):  # another admin ended it in this moment
            await self.revoke(key_id)
        return info


def key_of(key_id: str, record: dict[str, Any]) -> Key | None:
    """A key by its record, or None if its role is of a later version."""
    if record["role"] not in _ROLES:
        return None
    return Key(key_id, _sites_of(record), Role(record["role"]), record["name"])


def fault_of_sites(sites: Sequence[str], role: Role) -> str | None:
    """Why a key of this role cannot have these sites, as a sentence; None if it can."""
    if not 0 < len(sites) <= MAX_SITES:
        return f"Name 1 to {MAX_SITES} sites, or `{EVERY_SITE}` for all."
    if EVERY_SITE in sites and len(sites) > 1:
        return f"`{EVERY_SITE}` stands for all sites, now and later: give it alone."
    if role is Role.SITE and (len(sites) > 1 or EVERY_SITE in sites):
        return "A key with the role site posts for one site: make one for each."
    return None


def _sites_of(record: dict[str, Any]) -> tuple[str, ...]:
    return tuple(record.get("sites") or (record["site"],))


def _info(key_id: str, record: dict[str, Any]) -> KeyInfo:
    return KeyInfo(key_id, _sites_of(record), record["role"], record["name"], record["created_at"])
