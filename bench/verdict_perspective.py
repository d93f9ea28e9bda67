"""How soon `comments:analyze` answers at a fixed pace: API, worker, server and load share this machine's cores.

`python -m bench.verdict_perspective` runs `moderation serve` with the shipped model and sends it comments of 600 bytes, each text
once, as Coral does, at 200 and at 400 requests per second: scored only, with a score for each sentence, and filed as comments
too. Beside each stands a bare aiohttp handler at the same pace. Bars: p99 of 200 ms at 200 a second, and at 400 no answer after
800 ms, where Coral stops waiting and publishes. The exit status says whether they are met.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import aiohttp
import uvloop

from bench.load import WORDS, body
from bench.paced import paced, show
from bench.processes import admin_key, free_port, machine, output, running

MODERATION = (sys.executable, "-m", "moderation")
SITE = "bench"
BARS = {200: ("p99", 200.0), 400: ("max", 800.0)}  # requests per second -> what is held to how many ms
KINDS: dict[str, dict[str, Any]] = {
    "scored only": {"doNotStore": True},
    "each sentence": {"doNotStore": True, "spanAnnotations": True},
    "filed too": {"doNotStore": False},
}


def text_of(number: int) -> str:
    """About 600 bytes in sentences, different for each number."""
    chance = random.Random(number)
    sentences = [" ".join(chance.choices(WORDS, k=12)).capitalize() + "." for _ in range(9)]
    return f"{' '.join(sentences)[:580]} {number}"


def http(path: str, port: int, content: bytes) -> bytes:
    """A request with a JSON body."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Coral Perspective/bench\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def analyzing(port: int, key: str, more: dict[str, Any], first: int) -> Callable[[int], bytes]:
    """Requests to analyze, with numbers from ``first`` on."""

    def request(number: int) -> bytes:
        asked = {
            "comment": {"text": text_of(first + number)},
            "requestedAttributes": {"TOXICITY": {}, "SPAM": {}},
            "languages": ["en"],
            **more,
        }
        return http(f"/v1alpha1/comments:analyze?key={key}", port, json.dumps(asked).encode())

    return request


async def file_what_is_scored(port: int, key: str) -> None:
    """Sets the site's policy so that what is scored is filed too."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session:
        url = f"http://127.0.0.1:{port}/v1/sites/{SITE}/policy"
        async with session.put(url, json={"perspective_files": True}) as answer:
            assert answer.status == 200, await answer.text()


async def run(seconds: float, port: int, floor_port: int, key: str, admin: str) -> bool:
    """All rows; whether every bar is met."""
    await file_what_is_scored(port, admin)
    await paced(port, analyzing(port, key, KINDS["scored only"], 0), 100, 3)  # warm up
    print(f"{'/s':>5} {'what':<14} {'number':>6} {'p50 ms':>8} {'p99 ms':>8} {'max ms':>8}")
    met, first = True, 1_000
    for rate, bar in BARS.items():
        with running(sys.executable, "-m", "bench.floor", str(floor_port)):

            def bare(number: int) -> bytes:
                return http("/v1/sites/bench/comments", floor_port, body(number, 600, "RUNRUNRU"))

            show(rate, "bare handler", await paced(floor_port, bare, rate, seconds), None, 202)
        for kind, more in KINDS.items():
            found = await paced(port, analyzing(port, key, more, first), rate, seconds)
            first += len(found.latencies)
            met &= show(rate, kind, found, bar, 200)
    return met


def main() -> int:
    """Prints a table; the exit status says whether the bars are met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20, help="for each row")
    args = parser.parse_args()
    print(f"comments:analyze: {machine()}; 600-byte texts, embedded server, load on the same cores")
    port, floor_port = free_port(), free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(*MODERATION, "serve", "--data-dir", folder, "--port", str(port)),
    ):
        key = json.loads(output(*MODERATION, "site", "add", SITE, "--data-dir", folder))["site_key"]
        admin = admin_key(SITE, "--data-dir", folder)
        return 0 if uvloop.run(run(args.seconds, port, floor_port, key, admin)) else 1


if __name__ == "__main__":
    sys.exit(main())
