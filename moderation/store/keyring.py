"""API keys: made, shown once, kept as MACs, found by id, forgotten within seconds when revoked."""

from __future__ import annotations

import secrets
import time
import zlib
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any, Final

from pydantic_core import from_json, to_json

from moderation.errors import NotFound
from moderation.store.client import Link
from moderation.store.keys import KEYS
from moderation.store.private import Private

CACHE_SECONDS: Final = (
    2.0  # how long a key is believed without asking; a revoked key must be refused within 5 s
)
CACHE_SIZE: Final = 10_000
AKISMET_LENGTH: Final = 12  # WordPress refuses any other length before it calls
_AKISMET_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"  # clients fold the case


class Role(StrEnum):
    """What a key may do. An admin may all."""

    SITE = "site"
    MODERATOR = "moderator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Key:
    """Who calls."""

    id: str
    site: str
    role: Role
    name: str


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A key as it is listed; never the key itself."""

    id: str
    site: str
    role: str
    name: str
    created_at: int


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: the one moment at which ``key`` is known."""

    id: str
    key: str
    site: str
    role: str
    name: str


class Keyring:
    """All keys of all sites."""

    def __init__(self, link: Link, private: Private) -> None:
        self._link = link
        self._private = private
        self._cache: dict[bytes, tuple[float, Key | None]] = {}

    async def add(self, site: str, role: Role, name: str) -> NewKey:
        """Makes a key: ``mod_ROLE_ID_SECRETCHECK``, with 256 random bits and a checksum for secret scanners."""
        key_id = secrets.token_hex(6)
        body = f"mod_{role.value}_{key_id}_{secrets.token_urlsafe(32)}"
        key = f"{body}{zlib.crc32(body.encode()):08x}"
        await self._keep(key_id, key, site, role.value, name)
        return NewKey(key_id, key, site, role.value, name)

    async def add_akismet(self, site: str) -> str:
        """Makes a key of the form that Akismet's clients insist on: 12 lower-case letters and digits (62 bits)."""
        key = "".join(secrets.choice(_AKISMET_ALPHABET) for _ in range(AKISMET_LENGTH))
        await self._keep("akismet-" + self._private.mac(key)[:16], key, site, "akismet", "akismet")
        return key

    async def _keep(self, key_id: str, key: str, site: str, role: str, name: str) -> None:
        record = {
            "site": site,
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
        key = await self._look_up(token)
        if len(self._cache) >= CACHE_SIZE:
            self._cache.clear()
        self._cache[place] = (now + CACHE_SECONDS, key)
        return key

    async def _look_up(self, token: str) -> Key | None:
        parts = token.split("_", 3)
        key_id = parts[2] if len(parts) == 4 and parts[0] == "mod" and parts[2].isascii() else ""
        stored = await self._link.call("HGET", KEYS, key_id)
        record: dict[str, Any] = from_json(stored) if stored else {}
        # An unknown id is compared too, so that both refusals take the same time.
        if not self._private.matches(token, record.get("mac", "")) or not record:
            return None
        return Key(key_id, record["site"], Role(record["role"]), record["name"])

    async def list(self, site: str | None = None) -> list[KeyInfo]:
        """All keys, or those of a site, oldest first."""
        pairs = await self._link.call("HGETALL", KEYS)
        found = []
        for key_id, stored in zip(pairs[::2], pairs[1::2], strict=True):
            record = from_json(stored)
            if site is None or record["site"] == site:
                found.append(
                    KeyInfo(
                        key_id.decode(), record["site"], record["role"], record["name"], record["created_at"]
                    )
                )
        return sorted(found, key=lambda info: (info.created_at, info.id))

    async def revoke(self, key_id: str) -> None:
        """Ends a key; every process refuses it within CACHE_SECONDS. Raises NotFound."""
        if not await self._link.call("HDEL", KEYS, key_id):
            raise NotFound(f"There is no key {key_id}; see `moderation key list`.")
        self._cache.clear()
