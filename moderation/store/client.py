"""The one door to Redis: the shared pipe, a client for blocking reads, the scripts, and what their errors mean to us.

Every write is a script that is safe to repeat, so a command whose answer was lost is sent once more, and only once.
Nobody else imports redis or hiredis (but ``pipe``, which this module drives).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from redis import exceptions
from redis.asyncio import ConnectionPool, Redis, SSLConnection, UnixDomainSocketConnection
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from moderation.errors import StoreFull, StoreUnavailable, Unfit
from moderation.store import lua
from moderation.store.keys import Keys
from moderation.store.pipe import Address, ConnectionLost, Pipe, Refused, Reply

BLOCK_MS: Final = 1000  # the longest blocking read: bounds how long a shutdown waits
BLOCKING_TIMEOUT: Final = (
    BLOCK_MS / 1000 + 5
)  # must be longer than the block, or a quiet stream reads as a fault
TOGETHER: Final = 2_000  # commands of one caller in one write: others share the pipe and its bound

Word = bytes | str | int | float

# What the server says when it cannot serve now, though the request was right.
_UNAVAILABLE: Final = frozenset(
    {
        "LOADING",
        "BUSY",
        "MASTERDOWN",
        "READONLY",
        "MISCONF",
        "NOREPLICAS",
        "CLUSTERDOWN",
        "TRYAGAIN",
        "NOAUTH",
        "WRONGPASS",
        "NOPERM",
        "UNKILLABLE",
    }
)


def address_of(url: str) -> Address:
    """The parts of a ``redis://``, ``rediss://`` or ``unix://`` URL; raises Unfit if it is none."""
    try:
        parts: dict[str, Any] = dict(parse_url(url))
    except ValueError:
        raise Unfit(
            "The Redis URL is not valid: use redis://HOST:PORT/DB, rediss://… or unix:///PATH."
        ) from None
    kind = parts.get("connection_class")
    return Address(
        host=parts.get("host") or "127.0.0.1",
        port=int(parts.get("port") or 6379),
        path=parts.get("path") if kind is UnixDomainSocketConnection else None,
        username=parts.get("username"),
        password=parts.get("password"),
        db=int(parts.get("db") or 0),
        tls=kind is SSLConnection,
    )


class Link:
    """Commands, scripts and blocking reads on one server."""

    def __init__(self, url: str, *, event_days: int = 30) -> None:
        self._url = url
        self._scripts = lua.load(event_days)
        self._pipe = Pipe(address_of(url), [script.text for script in self._scripts.values()])
        self.keys = Keys(1)  # replaced once the data's own number of partitions is known

    async def start(self) -> None:
        """Connects; raises StoreUnavailable with a sentence that says why not."""
        try:
            await self._pipe.start()
        except ConnectionLost as failure:
            raise StoreUnavailable(
                f"Redis does not answer ({failure}): check that it runs and that the URL is right."
            ) from failure
        except Refused as failure:
            raise StoreUnavailable(
                f"Redis refuses the connection ({failure.kind}): check user, password and database."
            ) from failure

    async def close(self) -> None:
        """Ends the connection."""
        await self._pipe.close()

    def blocking(self) -> Redis:
        """A redis-py client of its own for one blocking reader; the reader's loop is the retry."""
        pool = ConnectionPool.from_url(
            self._url,
            socket_timeout=BLOCKING_TIMEOUT,
            socket_connect_timeout=1.0,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            decode_responses=False,
            max_connections=2,
        )
        return Redis.from_pool(pool)

    async def call(self, *command: Word) -> Reply:
        """One command that reads, or that may be repeated without harm."""
        for again in (True, False):
            try:
                return await self._pipe.call(*command)
            except ConnectionLost as lost:
                if not again:
                    raise _unavailable() from lost
            except Refused as refused:
                raise _meaning(refused) from refused
        raise AssertionError("unreachable")  # pragma: no cover

    async def call_all(self, commands: Sequence[tuple[Word, ...]]) -> list[Reply]:
        """Several such commands, up to TOGETHER in one write; the first error is raised."""
        if len(commands) > TOGETHER:
            found: list[Reply] = []
            for start in range(0, len(commands), TOGETHER):
                found += await self.call_all(commands[start : start + TOGETHER])
            return found
        for again in (True, False):
            try:
                answers = await self._pipe.call_all(commands)
            except ConnectionLost as lost:
                if not again:
                    raise _unavailable() from lost
                continue
            for answer in answers:
                if isinstance(answer, Refused):
                    raise _meaning(answer)
            return answers
        raise AssertionError("unreachable")  # pragma: no cover

    async def run(self, name: str, keys: Sequence[str], args: Sequence[Word]) -> Reply:
        """Runs one script; it is sent once more if its answer was lost or the server forgot the script."""
        script = self._scripts[name]
        for again in (True, False):
            try:
                return await self._pipe.call("EVALSHA", script.sha, len(keys), *keys, *args)
            except ConnectionLost as lost:
                if not again:
                    raise _unavailable() from lost
            except Refused as refused:
                if refused.kind != "NOSCRIPT" or not again:
                    raise _meaning(refused) from refused
                await self.call("SCRIPT", "LOAD", script.text)
        raise AssertionError("unreachable")  # pragma: no cover

    async def run_all(
        self, name: str, calls: Sequence[tuple[Sequence[str], Sequence[Word]]]
    ) -> list[Reply | Exception]:
        """Runs one script many times, together; an error stands in its own place."""
        return await asyncio.gather(
            *(self.run(name, keys, args) for keys, args in calls), return_exceptions=True
        )


def blocking_fault(failure: Exception) -> bool:
    """Whether a blocking reader met a fault of the connection or the server, after which it should try again."""
    return isinstance(
        failure, exceptions.RedisError | OSError | TimeoutError | TypeError | AttributeError
    )  # the last two: redis-py issue 4287, a write to a connection that the peer closed


def _unavailable() -> StoreUnavailable:
    return StoreUnavailable("The store does not answer; repeat the request, that is safe.")


def _meaning(refused: Refused) -> Exception:
    if refused.kind == "OOM":
        return StoreFull(
            "The store has no memory left for new comments; raise maxmemory or retain less.", retry_after=5
        )
    if refused.kind in _UNAVAILABLE or "OOM" in str(refused):
        return StoreUnavailable(f"The store cannot serve now ({refused.kind}).")
    return refused
