"""The whole way on this machine: posted, stored, scored, in its queue. Load, service and server share all cores.

`python -m bench.end_to_end` puts 64 connections on `moderation serve` for some seconds, waits until nothing is waiting, and
prints comments per second from the first post to the last score, beside the throughput of a bare aiohttp handler under the
same load in the same run. The bar is 2,000 per second, every comment scored.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
import urllib.request

from bench.processes import free_port, load, machine, output, running

PATH = "/v1/sites/bench/comments"
MODERATION = (sys.executable, "-m", "moderation")
PATIENCE = 120.0  # seconds for the backlog to drain; the bar would long be missed


def scored(port: int, key: str) -> int:
    """How many comments stand in a queue."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/sites/bench/queues", headers={"Authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        queues = json.load(answer)["queues"]
    return sum(queues[name]["count"] for name in ("pending", "approved", "rejected"))


def one_round(port: int, keys: dict[str, str], seconds: float) -> tuple[float, float, float]:
    """Comments per second over the whole way, p99 of the POST in ms, seconds until the backlog was gone."""
    before = scored(port, keys["moderator_key"])
    found = load(port, PATH, keys["site_key"], seconds=seconds)
    assert set(found["statuses"]) == {"202"}, f"other answers than 202: {found['statuses']}"
    posted = found["statuses"]["202"]
    ended = time.perf_counter()
    while (done := scored(port, keys["moderator_key"]) - before) < posted:
        assert time.perf_counter() - ended < PATIENCE, f"{posted - done} comments were not scored"
        time.sleep(0.02)
    assert done == posted, f"posted {posted}, scored {done}"
    drained = time.perf_counter() - ended
    # The load's own start-up does not count: its seconds, and what it took to drain after its end.
    return posted / (found["seconds"] + drained), found["p99_ms"], drained


def main() -> int:
    """Prints a table; the exit status says whether the bar is met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--bar", type=float, default=2000)
    args = parser.parse_args()
    print(f"end to end: {machine()}; 64 connections, 600-byte comments, embedded server")
    floor_port, port = free_port(), free_port()
    floors, ours = [], []
    with (
        tempfile.TemporaryDirectory() as folder,
        running(*MODERATION, "serve", "--data-dir", folder, "--port", str(port), "--queue-limit", "10000000"),
    ):
        keys = json.loads(output(*MODERATION, "site", "add", "bench", "--data-dir", folder))
        print(f"{'round':>5} {'floor/s':>8} {'ours/s':>8} {'ratio':>6} {'p99 ms':>7} {'drain s':>8}")
        for number in range(1, args.rounds + 1):
            with running(sys.executable, "-m", "bench.floor", str(floor_port)):
                found = load(floor_port, PATH, seconds=args.seconds / 2)
            floor = found["statuses"]["202"] / found["seconds"]
            rate, p99, drained = one_round(port, keys, args.seconds)
            floors.append(floor)
            ours.append(rate)
            print(
                f"{number:>5} {floor:>8.0f} {rate:>8.0f} {rate / floor:>6.2f} {p99:>7.1f} {drained:>8.2f}",
                flush=True,
            )
    rate = statistics.median(ours)
    print(
        f"median: {rate:.0f} comments/s, every one scored; floor {statistics.median(floors):.0f}/s, "
        f"ratio {rate / statistics.median(floors):.2f} (bar {args.bar:.0f}/s)"
    )
    return 0 if rate >= args.bar else 1


if __name__ == "__main__":
    sys.exit(main())
