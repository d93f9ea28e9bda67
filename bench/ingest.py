"""Durable intake against the floor: server CPU per request, everything on one core.

`python -m bench.ingest` starts, in one run and in turns, a bare aiohttp handler that validates the same body and the real
API on a real server with the append-only file on, puts 64 connections of 600-byte comments on each, and prints the ratio of
the CPU time that the two HTTP servers need per request. The bar is 0.5.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile

from bench.processes import cpu_seconds, free_port, load, machine, output, running

PATH = "/v1/sites/bench/comments"
MODERATION = (sys.executable, "-m", "moderation")


def measured(pid: int, port: int, key: str, seconds: float) -> tuple[float, float, float]:
    """One round: CPU µs per request, requests per second, p99 in ms; every answer has to be 202."""
    before = cpu_seconds(pid)
    found = load(port, PATH, key, core=0, seconds=seconds)
    done = found["statuses"].get("202", 0)
    assert set(found["statuses"]) == {"202"}, f"other answers than 202: {found['statuses']}"
    return (cpu_seconds(pid) - before) / done * 1e6, done / found["seconds"], found["p99_ms"]


def main() -> int:
    """Prints a table and the ratio; the exit status says whether the bar is met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--bar", type=float, default=0.5)
    args = parser.parse_args()
    print(f"ingest: {machine()}; all on core 0, 64 connections, 600-byte comments")
    floors, ours = [], []
    floor_port, port = free_port(), free_port()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(sys.executable, "-m", "bench.floor", str(floor_port), core=0) as floor,
        running(sys.executable, "-m", "bench.server", folder, core=0) as server,
    ):
        url = f"unix://{folder}/redis.sock"
        keys = json.loads(output(*MODERATION, "site", "add", "bench", "--redis-url", url))
        limit = ("--redis-url", url, "--port", str(port), "--queue-limit", "100000000")
        with running(*MODERATION, "api", *limit, core=0) as api:
            print(
                f"{'round':>5} {'floor µs':>9} {'ours µs':>9} {'ratio':>6} {'floor/s':>8} {'ours/s':>8} {'p99 ms':>7}"
            )
            for number in range(args.rounds + 1):
                one = measured(floor.pid, floor_port, "", args.seconds)
                other = measured(api.pid, port, keys["site_key"], args.seconds)
                if number == 0:
                    continue  # the first round warms up
                floors.append(one)
                ours.append(other)
                ratio = one[0] / other[0]
                print(
                    f"{number:>5} {one[0]:>9.1f} {other[0]:>9.1f} {ratio:>6.2f} "
                    f"{one[1]:>8.0f} {other[1]:>8.0f} {other[2]:>7.1f}",
                    flush=True,
                )
        assert server.poll() is None
    middle = [statistics.median(column) for column in zip(*floors, strict=True)]
    mine = [statistics.median(column) for column in zip(*ours, strict=True)]
    ratio = middle[0] / mine[0]
    print(f"median: floor {middle[0]:.1f} µs, ours {mine[0]:.1f} µs, ratio {ratio:.2f} (bar {args.bar})")
    return 0 if ratio >= args.bar else 1


if __name__ == "__main__":
    sys.exit(main())
