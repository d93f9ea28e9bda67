"""What is fixed when the data is born, and whether a server is fit to hold it; both are checked at each start."""

from __future__ import annotations

import secrets
from typing import Any, Final

from moderation.errors import Unfit
from moderation.store.client import Link
from moderation.store.keys import META, SCHEMA, SECRET, Keys
from moderation.store.pipe import Refused
from moderation.store.private import Private

OLDEST_SERVER: Final = (
    7,
    0,
)  # the first with all commands and script rules that we use; 6.2 is out of support


async def check_fitness(link: Link) -> list[str]:
    """What has to be changed on a server before it may hold comments, a sentence each; empty if it is fit."""
    info = _info(await link.call("INFO"))
    version = tuple(int(part) for part in info.get("redis_version", "0.0").split(".")[:2])
    wrong: list[str] = []
    # Valkey gives 7.2.4 as its redis_version, whatever its own: new enough.
    if version < OLDEST_SERVER:
        wrong.append(
            f"the server is version {info.get('redis_version')}: use Redis 7.0 or Valkey 7.2, or newer"
        )
    if info.get("aof_enabled") != "1":
        wrong.append("the append-only file is off: set `appendonly yes`, or a restart loses comments")
    if info.get("maxmemory_policy", "noeviction") != "noeviction":
        wrong.append("the server evicts keys when memory is short: set `maxmemory-policy noeviction`")
    if info.get("role") not in {None, "master"}:
        wrong.append("the server is a replica: give the address of the primary")
    return wrong


async def advice(link: Link) -> list[str]:
    """What would be better on a server that may hold comments, a sentence each; empty if it cannot be asked."""
    try:
        found = await link.call("CONFIG", "GET", "stream-node-max-entries")
    except Refused:  # a managed server that does not let itself be read
        return []
    if found[1:] and found[1] == b"1":
        return []
    return [
        "set `stream-node-max-entries 1`: otherwise an erased comment that waited for its score can stay in the "
        "append-only file, unseen, as long as another that came beside it waits"
    ]


def _info(text: bytes) -> dict[str, str]:
    pairs = (line.split(":", 1) for line in text.decode().splitlines() if ":" in line)
    return {name: value for name, value in pairs}  # noqa: C416  # dict() would lose the types


async def settle_secret(link: Link, given: bytes | None) -> bytes:
    """The secret under which the data lives: the given one, else the one kept with the data, made at the first start.

    Raises Unfit if the data was born under another secret.
    """
    secret = given or await _kept_secret(link)
    check = Private(secret).check
    await link.call("HSETNX", META, "secret_check", check)
    stands: bytes = await link.call("HGET", META, "secret_check")
    if stands.decode() != check:
        raise Unfit(
            "This data was born under another secret: set MODERATION_SECRET to the one that was used first, "
            "or leave it unset if none was."
        )
    return secret


async def _kept_secret(link: Link) -> bytes:
    await link.call("SETNX", SECRET, secrets.token_hex(32))
    kept: bytes = await link.call("GET", SECRET)
    return bytes.fromhex(kept.decode())


async def settle_partitions(link: Link, wanted: int | None) -> Keys:
    """The key layout: the number of partitions fixed at birth; raises Unfit if the settings want another one."""
    await link.call("HSETNX", META, "schema", SCHEMA)
    await link.call("HSETNX", META, "partitions", wanted or 1)
    found: list[Any] = await link.call("HMGET", META, "schema", "partitions")
    schema, partitions = found[0].decode(), int(found[1])
    if schema != SCHEMA:
        raise Unfit(
            f"The data has schema {schema}, this release reads {SCHEMA}: use the release that wrote it."
        )
    if wanted is not None and wanted != partitions:
        raise Unfit(
            f"The data was born with {partitions} partition(s) and keeps them: "
            f"set MODERATION_PARTITIONS={partitions} or leave it unset."
        )
    return Keys(partitions)
