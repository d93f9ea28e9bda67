"""What is checked at each start: is the server fit, is it the data's own secret and layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from moderation.errors import Unfit
from moderation.store import Store, check_fitness
from moderation.store.client import Link
from moderation.store.embedded import EmbeddedServer
from tests.conftest import SECRET


async def test_a_server_that_forgets_is_refused(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path)
    link = Link(f"unix://{await server.start()}")
    await link.start()
    assert await check_fitness(link) == []
    await link.call("CONFIG", "SET", "appendonly", "no")
    await link.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    wrong = await check_fitness(link)
    assert len(wrong) == 2
    assert "appendonly yes" in wrong[0]
    assert "noeviction" in wrong[1]
    await link.close()
    await server.stop()


async def test_secret_and_partitions_are_fixed_at_birth(store: Store) -> None:
    async def settle(secret: bytes | None, partitions: int | None) -> Store:
        return await Store.settle(store.link, secret=secret, partitions=partitions, queue_limit=1)

    await settle(SECRET, 1)
    with pytest.raises(Unfit, match="MODERATION_SECRET"):
        await settle(b"another secret of many characters", None)
    with pytest.raises(Unfit, match="MODERATION_PARTITIONS=1"):
        await settle(SECRET, 64)
