"""Load at a fixed pace: each request leaves when its time has come, whether or not those before it are answered.

Latencies count from that time on, so a service that stalls pays for everyone who would have come meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.load import status_of


@dataclass
class Paced:
    """What the load saw: answers by status (0: none), latencies in ms, in order of the answers."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)

    def at(self, share: float) -> float:
        """A quantile of the latencies in ms."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class _Connection(asyncio.Protocol):
    """One keep-alive connection with one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def ask(self, request: bytes) -> asyncio.Future[int]:
        """Sends a request; the future has the answer's status."""
        assert self.transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        status = status_of(self._buffer)
        if status is None:
            return
        self._buffer = b""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(0)


async def paced(port: int, request: Callable[[int], bytes], rate: float, seconds: float) -> Paced:
    """Sends ``rate`` requests a second to a port on loopback and waits for the last answer; ``request`` makes each by number."""
    loop, found = asyncio.get_running_loop(), Paced()
    free: deque[_Connection] = deque()
    made = [request(number) for number in range(int(rate * seconds))]
    asking: set[asyncio.Task[None]] = set()

    async def ask(one: bytes, due: float) -> None:
        if free:
            connection = free.pop()
        else:
            _, connection = await loop.create_connection(_Connection, "127.0.0.1", port)
        status = await connection.ask(one)
        found.latencies.append((time.perf_counter() - due) * 1000)
        found.statuses[status] += 1
        if status:
            free.append(connection)

    began = time.perf_counter()
    for number, one in enumerate(made):
        due = began + number / rate
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(ask(one, due))
        asking.add(task)
        task.add_done_callback(asking.discard)
    await asyncio.gather(*asking)
    for connection in free:
        assert connection.transport is not None
        connection.transport.close()
    return found


def show(rate: int, kind: str, found: Paced, bar: tuple[str, float] | None, expected: int) -> bool:
    """Prints a row; whether its bar is met."""
    figures = {"p50": found.at(0.5), "p99": found.at(0.99), "max": found.at(1.0)}
    good = set(found.statuses) == {expected}
    met = good and (bar is None or figures[bar[0]] <= bar[1])
    verdict = "" if bar is None else f"{bar[0]} ≤ {bar[1]:.0f}: {'met' if met else 'MISSED'}"
    print(
        f"{rate:>5} {kind:<14} {len(found.latencies):>6} {figures['p50']:>8.1f} {figures['p99']:>8.1f} "
        f"{figures['max']:>8.1f}  {verdict}{'' if good else f' statuses {dict(found.statuses)}'}",
        flush=True,
    )
    return met
