"""Processes of a benchmark: started, pinned, measured, stopped."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with all its threads, in seconds, to the nanosecond."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


@contextlib.contextmanager
def running(*command: str, core: int | None = None, ready: str = "ready") -> Iterator[subprocess.Popen[str]]:
    """A process that has said that it is ready; ended by SIGTERM."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
        env={**os.environ, "PYTHONUNBUFFERED": "1", "MODERATION_LOG_LEVEL": "ERROR"},
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith(ready):
                break
        else:
            raise SystemExit(f"{command} ended before it was ready")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def output(*command: str, core: int | None = None) -> str:
    """What a command prints; it must succeed."""
    return subprocess.run(
        command,
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
    ).stdout


def admin_key(site: str, *where: str) -> str:
    """A new admin's key of a site; ``where``: the options that name its data."""
    made = output(
        sys.executable,
        "-m",
        "moderation",
        "key",
        "add",
        "--site",
        site,
        "--role",
        "admin",
        "--name",
        "bench",
        *where,
    )
    return str(json.loads(made)["key"])


def load(port: int, path: str, key: str = "", core: int | None = None, **options: object) -> dict[str, Any]:
    """Runs the load against a port and returns its figures."""
    words = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "bench.load", f"--port={port}", f"--path={path}", f"--key={key}", *words]
    found: dict[str, Any] = json.loads(output(*command, core=core))
    return found


def machine() -> str:
    """The machine and the commit, in a line."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, commit {commit or '-'}"
