"""The service as its operator runs it: a process of its own on a free port, killed and started again by tests."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import aiohttp

MODERATION = (sys.executable, "-m", "moderation")
ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 30


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def command(*words: str) -> tuple[int, str, str]:
    """Runs `moderation …` to its end: exit status, stdout, stderr."""
    process = await asyncio.create_subprocess_exec(
        *MODERATION, *words, cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


class Service:
    """One `moderation ROLE` process."""

    def __init__(self, role: str, *options: str) -> None:
        self._command = (*MODERATION, role, *options)
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Starts it and waits for its ready line."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "MODERATION_LOG_LEVEL": "ERROR"},
        )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), START_SECONDS)
        assert line.startswith(b"ready"), f"{self._command} said {line!r}"
        self.url = line.decode().removeprefix("ready").strip()

    async def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        return await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """SIGKILL: nothing is finished."""
        await self._end(signal.SIGKILL)

    async def _end(self, number: signal.Signals) -> int:
        process = self._process
        if process is None or process.returncode is not None:
            return 0 if process is None else process.returncode or 0
        process.send_signal(number)
        return await asyncio.wait_for(process.wait(), START_SECONDS)


class Api:
    """HTTP calls on one site with one key each for the site and its moderator."""

    def __init__(self, session: aiohttp.ClientSession, url: str, keys: dict[str, str]) -> None:
        self._session, self._base, self._keys = session, f"{url}/v1/sites/{keys['site']}", keys

    async def call(
        self, method: str, path: str, body: Any = None, *, role: str = "site", **headers: str
    ) -> tuple[int, Any]:
        """Status and JSON of a call to a path under the site."""
        headers["Authorization"] = f"Bearer {self._keys[role + '_key']}"
        data = None if body is None else json.dumps(body)
        if data is not None:
            headers["Content-Type"] = "application/json"
        async with self._session.request(method, self._base + path, data=data, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def moderate(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The same with the moderator's key."""
        return await self.call(method, path, body, role="moderator")

    async def counts(self) -> dict[str, int]:
        """Each queue's count."""
        status, found = await self.moderate("GET", "/queues")
        assert status == 200, found
        return {name: queue["count"] for name, queue in found["queues"].items()}

    async def scored(self, number: int, seconds: float = 60) -> dict[str, int]:
        """Waits until so many comments stand in a queue; returns the counts."""
        async with asyncio.timeout(seconds):
            while True:
                counts = await self.counts()
                if counts["pending"] + counts["approved"] + counts["rejected"] >= number:
                    return counts
                await asyncio.sleep(0.05)

    async def events(self) -> list[dict[str, Any]]:
        """The whole log."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            status, page = await self.call("GET", "/events?limit=500" + (f"&after={after}" if after else ""))
            assert status == 200, page
            if not page["items"]:
                return found
            found += page["items"]
            after = page["next"]
