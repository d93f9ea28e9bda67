"""What intake and commit cost the server for each comment, in this tree beside another one (an earlier commit's), in one run.

    git worktree add --detach /tmp/before 4a2c7e7 && python -m bench.commit --beside /tmp/before

Each round fills an empty embedded server of either tree with the same comments (author, article, reasons) through its own
`accept_many`, `read` and `commit`. CPU time of the server and of the calling process in microseconds a comment, and the server's
memory; medians of rounds, all on one core.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

CORE: Final = max(os.sched_getaffinity(0))
STEP: Final = 128
# The codes' shares, as in bench/filling.py, which another tree does not have.
SHARES: Final = (0.6, 0.3, 0.15, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.003, 0.002, 0.001)
FIGURES: Final = ("accept", "commit", "client", "memory")


async def measured(count: int) -> dict[str, float]:
    """Fills a server of whichever tree is imported; figures a comment."""
    from moderation.domain.comment import Article, Author, Draft, Reason
    from moderation.domain.policy import Mode, Policy, decide
    from moderation.store import Judged, Store
    from moderation.store.client import Link
    from moderation.store.embedded import EmbeddedServer

    chance, policy = random.Random(1), Policy(mode=Mode.PRE)
    reasons = [
        Reason(f"reason_{number}", "This is what an editor reads about it, in one plain line.", 0.5)
        for number in range(len(SHARES))
    ]
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder), binary=None, appendfsync="everysec")
        link = Link(f"unix://{await server.start()}")
        await link.start()
        store = await Store.settle(
            link, secret=b"a secret of the bench, thirty-two!", partitions=None, queue_limit=10**6
        )
        await store.sites.add("bench")
        inbox = store.inboxes("bench")[0]
        await inbox.open()

        async def server_cpu() -> float:
            info = (await link.call("INFO", "cpu")).decode()
            return sum(float(info.partition(f"used_cpu_{part}:")[2].split()[0]) for part in ("user", "sys"))

        accept = commit = client = 0.0
        for start in range(0, count, STEP):
            drafts = [
                Draft(
                    f"c-{number:09d}",
                    f"{number} the council voted again last night " * 9,
                    Author(id=f"u-{int(10 ** chance.uniform(0, 5))}", name="A Reader"),
                    Article(
                        id=f"a-{int(10 ** chance.uniform(0, 3.3))}", url="https://news.example/an-article"
                    ),
                )
                for number in range(start, min(count, start + STEP))
            ]
            before = await server_cpu()
            await store.comments.accept_many("bench", drafts)
            between = await server_cpu()
            entries = await inbox.read(STEP)
            judged = []
            for entry in entries:
                scores = {"spam": round(chance.random(), 6)}
                found = tuple(
                    one for one, share in zip(reasons, SHARES, strict=True) if chance.random() < share
                )
                decision = decide(policy, scores, model_version="bench")
                judged.append(Judged(entry, scores, found, decision, "bench"))
            late, own = await server_cpu(), time.process_time()
            await inbox.commit(judged)
            client += time.process_time() - own
            commit += await server_cpu() - late
            accept += between - before
        memory = int((await link.call("INFO", "memory")).decode().partition("used_memory:")[2].split()[0])
        await inbox.close()
        await link.close()
        await server.stop()
    micros = {"accept": accept, "commit": commit, "client": client}
    return {**{name: spent / count * 1e6 for name, spent in micros.items()}, "memory": memory / count}


def of_tree(tree: Path, count: int) -> dict[str, float]:
    """One round in a process of its own that imports that tree."""
    said = subprocess.run(
        [sys.executable, __file__, "--measure", "--comments", str(count)],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found: dict[str, float] = json.loads(said)
    return found


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--beside", type=Path, help="another tree of this repository")
    parser.add_argument("--comments", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    os.sched_setaffinity(0, {CORE})
    if args.measure:
        print(json.dumps(asyncio.run(measured(args.comments))))
        return
    from bench.processes import ROOT, machine

    trees = {"here": ROOT, **({"beside": args.beside.resolve()} if args.beside else {})}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in trees}
    for _ in range(args.rounds):
        for name, tree in trees.items():
            found[name].append(of_tree(tree, args.comments))
    print(f"commit: {machine()}; core {CORE}, {args.comments:,} comments, median of {args.rounds}")
    print(
        f"{'a comment':<10}{'accept µs':>12}{'commit µs':>12}{'client µs':>12}{'bytes':>9}   (accept, commit: server's CPU)"
    )
    for name, rounds in found.items():
        cells = [statistics.median(one[figure] for one in rounds) for figure in FIGURES]
        print(f"{name:<10}{cells[0]:>12.1f}{cells[1]:>12.1f}{cells[2]:>12.1f}{cells[3]:>9.0f}")


if __name__ == "__main__":
    main()
