"""Load on loopback: keep-alive connections that post comments one after the other. As little Python as will do.

Run as a module it prints one line of JSON: requests by status, seconds, latencies in ms.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

WORDS = (
    "the council voted again last night and nobody on our street was asked whether the new road should pass the "
    "school or the river because the plan was drawn years ago by people who never walked here with children in rain"
).split()


def status_of(buffer: bytes) -> int | None:
    """The status of the answer in a buffer; None if it is not whole yet."""
    head = buffer.find(b"\r\n\r\n")
    if head < 0:
        return None
    start = buffer.lower().find(b"content-length:")
    length = int(buffer[start + 15 : buffer.find(b"\r\n", start)]) if 0 <= start < head else 0
    return int(buffer[9:12]) if len(buffer) >= head + 4 + length else None


def body(number: int, size: int, run: str) -> bytes:
    """A comment as a site posts it, ``size`` bytes of JSON, its id unique in the run."""
    chance = random.Random(number)  # a benchmark's text
    comment = {
        "id": f"{run}-{number:09d}",
        "text": "",
        "author": {"id": f"u-{number % 5000}", "name": "A Reader"},
        "article": {"id": f"a-{number % 50}", "url": f"https://news.example/a-{number % 50}"},
    }
    room = size - len(json.dumps(comment))
    text = " ".join(chance.choices(WORDS, k=room // 3))[:room]
    return json.dumps({**comment, "text": text}).encode()


@dataclass
class Tally:
    """What the load saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def document(self) -> dict[str, object]:
        """The figures as printed: latencies in ms."""
        ordered = sorted(self.latencies) or [0.0]
        return {
            "statuses": {str(status): number for status, number in self.statuses.items()},
            "seconds": self.seconds,
            "p50_ms": ordered[len(ordered) // 2] * 1000,
            "p99_ms": ordered[int(len(ordered) * 0.99)] * 1000,
        }


class Client(asyncio.Protocol):
    """One connection: the next request leaves when the answer is there."""

    def __init__(self, requests: _Requests, tally: Tally, done: asyncio.Future[None]) -> None:
        self._requests, self._tally, self._done = requests, tally, done
        self._buffer = b""
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._next()

    def _next(self) -> None:
        assert self._transport is not None
        request = self._requests.next()
        if request is None:
            self._transport.close()
            return
        self._sent = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        status = status_of(self._buffer)
        if status is None:
            return
        self._tally.statuses[status] += 1
        self._tally.latencies.append(time.perf_counter() - self._sent)
        self._buffer = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)


class _Requests:
    """Ready-made requests until the time or the number is over."""

    def __init__(self, args: argparse.Namespace) -> None:
        head = (
            f"POST {args.path} HTTP/1.1\r\nHost: {args.host}:{args.port}\r\n"
            f"Authorization: Bearer {args.key}\r\nContent-Type: application/json\r\n"
        )
        self._made = [
            head.encode() + b"Content-Length: %d\r\n\r\n" % len(one) + one
            for one in (body(number, args.size, "RUNRUNRU") for number in range(2000))
        ]
        self._run = f"{random.getrandbits(32):08x}".encode()
        self._numbers = count()
        self._limit = args.requests or float("inf")
        self._end = time.perf_counter() + args.seconds

    def next(self) -> bytes | None:
        number = next(self._numbers)
        if number >= self._limit or time.perf_counter() > self._end:
            return None
        made = self._made[number % len(self._made)]
        # The id made unique without changing the length: run, then a running number.
        old = b"RUNRUNRU-%09d" % (number % len(self._made))
        return made.replace(old, b"%s-%09d" % (self._run, number), 1)


async def run(args: argparse.Namespace) -> Tally:
    """Posts with ``args.connections`` connections until the time or the number is over."""
    loop, tally, requests = asyncio.get_running_loop(), Tally(), _Requests(args)
    began = time.perf_counter()
    ends = [loop.create_future() for _ in range(args.connections)]
    for end in ends:
        await loop.create_connection(lambda end=end: Client(requests, tally, end), args.host, args.port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    tally.seconds = time.perf_counter() - began
    return tally


def main() -> None:
    """Posts, and prints what happened."""
    parser = argparse.ArgumentParser(description="Post comments; example: python -m bench.load --port 8080 …")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--key", default="")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--requests", type=int, default=0)
    parser.add_argument("--size", type=int, default=600)
    args = parser.parse_args()
    import uvloop

    print(json.dumps(uvloop.run(run(args)).document()))


if __name__ == "__main__":
    main()
