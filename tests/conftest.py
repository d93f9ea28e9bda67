"""The real server in every test that stores: one embedded server for the run, emptied before each test."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from moderation.store import Store
from moderation.store.client import Link
from moderation.store.embedded import EmbeddedServer
from tests.support.proxy import CuttingProxy

SECRET = b"a secret for the tests, thirty-two!"


@pytest.fixture(autouse=True)
def _no_blocking_calls() -> Iterator[None]:
    """A blocking call on the event loop fails the test."""
    with blockbuster_ctx("moderation") as guard:
        for call in guard.functions.values():
            # Before anything is served: reading scripts and the console, starting and stopping the embedded server.
            call.can_block_in("moderation/store/lua.py", {"load"})
            call.can_block_in("moderation/web/console.py", {"files"})
            call.can_block_in(
                "moderation/store/embedded.py", {"start", "stop", "_ended", "socket_of_running"}
            )
            call.can_block_in(
                "redis/utils.py", {"get_lib_version"}
            )  # reads its own version once per connection
        yield


@pytest.fixture(autouse=True)
def _quick_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is told to stop waits out its blocking read: short in tests."""
    monkeypatch.setattr("moderation.store.inbox.BLOCK_MS", 50)


@pytest.fixture(scope="session")
def server_socket() -> Iterator[Path]:
    """The unix socket of the run's embedded server."""
    with tempfile.TemporaryDirectory(prefix="moderation-tests-") as folder:
        server = EmbeddedServer(Path(folder), binary=None, appendfsync="everysec")
        loop = asyncio.new_event_loop()  # a loop of its own: the server outlives every test's loop
        try:
            yield loop.run_until_complete(server.start())
        finally:
            loop.run_until_complete(server.stop())
            loop.close()


@contextlib.asynccontextmanager
async def opened(socket: Path, queue_limit: int = 100_000) -> AsyncIterator[Store]:
    """A store with one site, ``gazette``, on an empty server."""
    link = Link(f"unix://{socket}")
    await link.start()
    try:
        await link.call("FLUSHALL")
        store = await Store.settle(link, secret=SECRET, partitions=None, queue_limit=queue_limit)
        await store.sites.add("gazette")
        yield store
    finally:
        await link.close()


@pytest.fixture
async def store(server_socket: Path) -> AsyncIterator[Store]:
    """An empty store with one site."""
    async with opened(server_socket) as fresh:
        yield fresh


@pytest.fixture
async def small_store(server_socket: Path) -> AsyncIterator[Store]:
    """The same, with room for ten waiting comments."""
    async with opened(server_socket, queue_limit=10) as fresh:
        yield fresh


@pytest.fixture
async def cut_store(server_socket: Path, tmp_path: Path) -> AsyncIterator[tuple[Store, CuttingProxy]]:
    """A store behind a proxy that can cut answers."""
    async with (
        opened(server_socket),
        CuttingProxy(server_socket, tmp_path / "proxy.sock") as proxy,
    ):
        link = Link(f"unix://{proxy.path}")
        await link.start()
        yield await Store.settle(link, secret=SECRET, partitions=None, queue_limit=100), proxy
        await link.close()
