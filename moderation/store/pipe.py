"""One connection shared by everything that runs together: commands of one turn of the loop leave in one write.

Built on hiredis' public packer and reader; it owns reconnecting, deadlines, bounds, loading the scripts and waiters that
went away. It repeats nothing by itself: its callers know what is safe to repeat. Blocking commands do not belong here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import hiredis

log = logging.getLogger(__name__)

Reply = Any  # what a server answers: bytes, int, None, a list of these

CONNECT_SECONDS: Final = 1.0
SILENCE_SECONDS: Final = (
    1.2  # no answer for so long while commands wait: the server hangs; with PATIENCE below 2 s
)
PATIENCE_SECONDS: Final = 0.6  # how long a command waits for a connection that is just being made
MAX_IN_FLIGHT: Final = 20_000  # commands without an answer; a bound on memory, far above what 2 s can hold
BACKOFF_SECONDS: Final = (0.02, 1.0)  # first and longest pause between attempts to connect


class ConnectionLost(Exception):
    """No answer: not connected, cut, or too slow. What became of the command is unknown."""


class Refused(Exception):
    """The server answered with an error; its first word is the kind (``OOM``, ``NOSCRIPT``, …)."""

    @property
    def kind(self) -> str:
        """The error's first word."""
        return str(self).partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is and how to be let in."""

    host: str = "127.0.0.1"
    port: int = 6379
    path: str | None = None
    username: str | None = None
    password: str | None = None
    db: int = 0
    tls: bool = False


class _Wire(asyncio.Protocol):
    """One live connection: packs, writes, and gives each answer to the future that waits for it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(protocolError=ConnectionLost, replyError=Refused)
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._out: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._progress = 0.0
        self.lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream's transport, by the contract of Protocol

    def send(self, command: tuple[bytes | str | int | float, ...]) -> asyncio.Future[Reply]:
        """Queues a command for this turn's write; the future gets its answer, Refused or ConnectionLost."""
        if self.lost.is_set() or len(self._waiting) >= MAX_IN_FLIGHT:
            raise ConnectionLost("too many commands wait for the server")
        packed = hiredis.pack_command(command)  # type: ignore[arg-type]  # its stub forgets that it takes str
        future: asyncio.Future[Reply] = self._loop.create_future()
        if not self._waiting:
            self._progress = self._loop.time()
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(packed)
        self._waiting.append(future)
        return future

    def _flush(self) -> None:
        out, self._out = self._out, []
        if self._transport is not None and not self.lost.is_set():
            self._transport.write(b"".join(out))

    def data_received(self, data: bytes) -> None:
        self._progress = self._loop.time()
        self._reader.feed(data)
        waiting = self._waiting
        try:
            while (reply := self._reader.gets()) is not False:
                future = waiting.popleft()
                if future.done():  # its waiter went away; the answer is taken all the same
                    continue
                if isinstance(reply, Refused):
                    future.set_exception(reply)
                else:
                    future.set_result(reply)
        except (ConnectionLost, IndexError) as broken:  # not the protocol, or an answer to no question
            log.warning("the server's answers cannot be read: %s", type(broken).__name__)
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()
        for future in self._waiting:
            if not future.done():
                future.set_exception(ConnectionLost("the connection was cut"))
        self._waiting.clear()

    def abort(self) -> None:
        """Cuts the connection now; everything that waits learns it."""
        if self._transport is not None:
            self._transport.abort()

    def is_silent(self) -> bool:
        """Whether something waits and nothing was heard for too long."""
        return bool(self._waiting) and self._loop.time() - self._progress > SILENCE_SECONDS


class Pipe:
    """Keeps one wire alive and hands commands to it."""

    def __init__(self, address: Address, preload: Iterable[str] = ()) -> None:
        self._address = address
        self._preload = tuple(preload)
        self._wire: _Wire | None = None
        self._ready = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._refusal: str | None = None  # why the server does not let us in, once known

    async def start(self) -> None:
        """Connects once (raises ConnectionLost or Refused), then keeps connected until ``close``."""
        self._adopt(await self._connect())
        self._keeper = asyncio.create_task(self._keep(), name="pipe")

    async def close(self) -> None:
        """Ends the connection and all that waits on it."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._wire is not None:
            self._wire.abort()
            await self._wire.lost.wait()

    async def call(self, *command: bytes | str | float) -> Reply:
        """Sends one command; returns its answer or raises ConnectionLost or Refused."""
        wire = self._wire or await self._wait()
        return await wire.send(command)

    async def call_all(self, commands: Sequence[tuple[bytes | str | int | float, ...]]) -> list[Reply]:
        """Sends commands in one write; returns their answers in order, a Refused in the place of an error."""
        wire = self._wire or await self._wait()
        sent = [wire.send(command) for command in commands]
        answers = await asyncio.gather(*sent, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Refused):
                raise answer
        return answers

    async def _wait(self) -> _Wire:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._ready.wait()
        except TimeoutError:
            raise ConnectionLost(self._refusal or "not connected") from None
        if self._wire is None:
            raise ConnectionLost("not connected")
        return self._wire

    async def _keep(self) -> None:
        while True:
            wire = self._wire
            if wire is not None:
                await self._watch(wire)
                self._wire = None
                self._ready.clear()
            await self._reconnect()

    async def _watch(self, wire: _Wire) -> None:
        while not wire.lost.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_SECONDS / 5):
                    await wire.lost.wait()
            if wire.is_silent():
                log.warning("the server has not answered in time, the connection is cut")
                wire.abort()
                await wire.lost.wait()

    async def _reconnect(self) -> None:
        pause, longest = BACKOFF_SECONDS
        while True:
            try:
                self._adopt(await self._connect())
            except (ConnectionLost, Refused) as failure:
                self._refusal = failure.kind if isinstance(failure, Refused) else None
                # Jitter, so that many processes do not come back in one moment; chance without need of secrecy.
                await asyncio.sleep(pause * random.uniform(0.5, 1.0))
                pause = min(longest, pause * 2)
            else:
                log.info("connected to the server again")
                return

    def _adopt(self, wire: _Wire) -> None:
        self._wire = wire
        self._refusal = None
        self._ready.set()

    async def _connect(self) -> _Wire:
        wire: _Wire | None = None
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                wire = await self._open()
                for command in self._handshake():
                    await wire.send(command)
        except (OSError, TimeoutError, ssl.SSLError) as failure:
            if wire is not None:
                wire.abort()
            raise ConnectionLost(type(failure).__name__) from failure
        except Refused:
            if wire is not None:
                wire.abort()
            raise
        return wire

    async def _open(self) -> _Wire:
        loop, address = asyncio.get_running_loop(), self._address
        if address.path is not None:
            _, wire = await loop.create_unix_connection(_Wire, address.path)
            return wire
        context = ssl.create_default_context() if address.tls else None
        _, wire = await loop.create_connection(_Wire, address.host, address.port, ssl=context)
        return wire

    def _handshake(self) -> list[tuple[str | int, ...]]:
        address = self._address
        commands: list[tuple[str | int, ...]] = []
        if address.password is not None:
            commands.append(("AUTH", *([address.username] if address.username else []), address.password))
        if address.db:
            commands.append(("SELECT", address.db))
        commands.append(("CLIENT", "SETNAME", "moderation"))
        commands.extend(("SCRIPT", "LOAD", text) for text in self._preload)
        return commands
