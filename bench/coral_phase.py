"""How long Coral waits for its external phase: signed requests at a fixed rate, whether or not the last one was answered.

`python -m bench.coral_phase` prints, for each rate, latencies from the moment a request was due (a late start counts), the share
answered within Coral's 200 ms, and where the comments went; beside it `/healthz` at the same rate in the same run, the floor.
The service runs on one core, the load on another. Texts differ, so each is stored, scored and judged.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hmac
import json
import os
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from bench.load import WORDS
from bench.processes import admin_key, free_port, machine, output, running

SECRET: Final = "ssec_of_a_bench_0123456789"
LIMIT_MS: Final = 200.0
SITE: Final = "gazette"


@dataclass
class Seen:
    """Latencies in ms, and what was answered."""

    latencies: list[float] = field(default_factory=list)
    wrong: int = 0

    def line(self, name: str, rate: int) -> str:
        """The figures in a row."""
        found = sorted(self.latencies)
        at = [found[min(len(found) - 1, int(len(found) * share))] for share in (0.5, 0.99)]
        within = sum(one <= LIMIT_MS for one in found) / len(found)
        return (
            f"{name:<10} {rate:>5}/s  p50 {at[0]:7.1f}  p99 {at[1]:7.1f}  most {found[-1]:7.1f} ms  "
            f"within 200 ms {within:7.2%}  not 2xx {self.wrong}"
        )


def question(number: int) -> bytes:
    """What Coral asks, with a text of its own."""
    text = " ".join(random.choices(WORDS, k=70))
    asked = {
        "action": "NEW",
        "comment": {"body": f"<div>{text} {number}</div>", "parentID": None},
        "author": {"id": f"u-{number % 5000}", "role": "COMMENTER"},
        "story": {"id": f"s-{number % 50}", "url": f"https://news.example/s-{number % 50}"},
        "site": {"id": "site-1"},
        "tenantID": "t-1",
        "tenantDomain": "coral.example",
    }
    return json.dumps(asked, indent=2).encode()


async def run(session: aiohttp.ClientSession, url: str, rate: int, seconds: int, *, phase: bool) -> Seen:
    """Sends at the rate for so long."""
    seen, start = Seen(), time.perf_counter() + 0.1

    async def one(number: int, due: float) -> None:
        if phase:
            body = question(random.getrandbits(60))
            signature = "sha256=" + hmac.digest(SECRET.encode(), body, "sha256").hex()
            headers = {"X-Coral-Signature": signature, "Content-Type": "application/json"}
            call = session.post(f"{url}/coral/moderation/{SITE}", data=body, headers=headers)
        else:
            call = session.get(f"{url}/healthz")
        async with call as answer:
            await answer.read()
            seen.wrong += not 200 <= answer.status < 300
        seen.latencies.append((time.perf_counter() - due) * 1000)

    tasks = []
    for number in range(rate * seconds):
        due = start + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(number, due)))
    await asyncio.gather(*tasks)
    return seen


async def measured(url: str, admin: str, rates: list[int], seconds: int) -> None:
    """Sets the site up, then measures."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        body: dict[str, Any] = {"signing_secrets": [SECRET]}
        headers = {"Authorization": f"Bearer {admin}"}
        async with session.put(f"{url}/v1/sites/{SITE}/coral", json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
        await run(session, url, 20, 2, phase=True)  # warm
        for rate in rates:
            print((await run(session, url, rate, seconds, phase=False)).line("healthz", rate), flush=True)
            print((await run(session, url, rate, seconds, phase=True)).line("phase", rate), flush=True)
            counted = {"Authorization": f"Bearer {admin}"}
            async with session.get(f"{url}/v1/sites/{SITE}/queues", headers=counted) as answer:
                queues = (await answer.json())["queues"]
                print(
                    "           ",
                    {name: queues[name]["count"] for name in ("pending", "approved", "rejected")},
                )


def main() -> None:
    """Starts the service and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", default="50,100,200")
    parser.add_argument("--seconds", type=int, default=10)
    asked = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    print(machine())
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="moderation-bench-"))
        command = [sys.executable, "-m", "moderation"]
        port = free_port()
        stack.enter_context(
            running(*command, "serve", f"--port={port}", f"--data-dir={folder}", core=cores[-1])
        )
        output(*command, "site", "add", SITE, f"--data-dir={folder}")
        key = admin_key(SITE, "--data-dir", folder)
        os.sched_setaffinity(0, {cores[0]})
        rates = [int(rate) for rate in asked.rates.split(",")]
        asyncio.run(measured(f"http://127.0.0.1:{port}", key, rates, asked.seconds))


if __name__ == "__main__":
    main()
