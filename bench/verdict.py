"""How soon a `comment-check` is answered at a fixed pace: API, worker, server and load share this machine's cores.

`python -m bench.verdict` runs `moderation serve` with the shipped model and sends it checks as WordPress sends them, each a comment of
its own, at 200 and at 400 requests per second: stored, scored, judged, answered. Beside each stands a bare aiohttp handler at the same
pace. Bars: p99 of 200 ms at 200 a second, and no answer after 800 ms at 400. The exit status says whether they are met.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable
from urllib.parse import urlencode

import aiohttp
import uvloop

from bench.load import WORDS, body
from bench.paced import paced, show
from bench.processes import free_port, machine, output, running

MODERATION = (sys.executable, "-m", "moderation")
SITE = "bench"
BARS = {200: ("p99", 200.0), 400: ("max", 800.0)}  # requests per second -> what is held to how many ms


def form(number: int, key: str) -> bytes:
    """A check as WordPress sends it, of about 600 bytes of text, different for each number."""
    chance = random.Random(number)
    fields = {
        "api_key": key,
        "blog": "https://news.example/",
        "user_ip": f"203.0.{number // 250 % 250}.{number % 250}",
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        "comment_author": f"Reader {number % 5000}",
        "comment_author_email": f"reader{number % 5000}@example.com",
        "comment_content": f"{' '.join(chance.choices(WORDS, k=120))[:590]} {number}",
        "permalink": f"https://news.example/a-{number % 50}",
        "comment_post_ID": str(number % 50),
        "comment_type": "comment",
        "blog_lang": "en",
        **{f"HTTP_X_HEADER_{one}": "value of a header" for one in range(15)},
    }
    return urlencode(fields).encode()


def http(path: str, port: int, kind: str, content: bytes) -> bytes:
    """A request with a body."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: WordPress/6.9 | Akismet/5.6\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def checking(port: int, key: str, first: int) -> Callable[[int], bytes]:
    """Checks with numbers from ``first`` on."""
    kind = "application/x-www-form-urlencoded; charset=UTF-8"
    return lambda number: http("/1.1/comment-check", port, kind, form(first + number, key))


async def where(port: int, key: str) -> str:
    """Where the comments stand."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session:
        async with session.get(f"http://127.0.0.1:{port}/v1/sites/{SITE}/queues") as answer:
            queues = (await answer.json())["queues"]
    return ", ".join(f"{queues[name]['count']} {name}" for name in ("approved", "pending", "rejected"))


async def run(seconds: float, port: int, floor_port: int, keys: dict[str, str]) -> bool:
    """All rows; whether every bar is met."""
    key = keys["akismet_key"]
    await paced(port, checking(port, key, 0), 100, 3)  # warm up
    print(f"{'/s':>5} {'what':<14} {'number':>6} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8}")
    met, first = True, 1_000
    for rate, bar in BARS.items():
        with running(sys.executable, "-m", "bench.floor", str(floor_port)):

            def bare(number: int) -> bytes:
                path = "/v1/sites/bench/comments"
                return http(path, floor_port, "application/json", body(number, 600, "RUNRUNRU"))

            show(rate, "bare handler", await paced(floor_port, bare, rate, seconds), None, 202)
        found = await paced(port, checking(port, key, first), rate, seconds)
        first += len(found.latencies)
        met &= show(rate, "comment-check", found, bar, 200)
        print(f"{'':>5} in all {await where(port, keys['moderator_key'])}")
    return met


def main() -> int:
    """Prints a table; the exit status says whether the bars are met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20, help="for each row")
    args = parser.parse_args()
    print(f"comment-check: {machine()}; 600-byte texts, embedded server, load on the same cores")
    port, floor_port = free_port(), free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(*MODERATION, "serve", "--data-dir", folder, "--port", str(port)),
    ):
        keys = json.loads(output(*MODERATION, "site", "add", SITE, "--data-dir", folder))
        return 0 if uvloop.run(run(args.seconds, port, floor_port, keys)) else 1


if __name__ == "__main__":
    sys.exit(main())
