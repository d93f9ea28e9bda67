"""A proxy before the real server that delivers a command and cuts the answer: the outcome is unknown to the client."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Self


class CuttingProxy:
    """Forwards a unix socket; ``cut`` makes the next answers to scripts vanish together with their connection."""

    def __init__(self, upstream: Path, path: Path) -> None:
        self._upstream = upstream
        self.path = path
        self._cuts = 0
        self.cuts_done = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def cut(self, times: int = 1) -> None:
        """The answers to the next ``times`` scripts are cut."""
        self._cuts += times

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_unix_server(self._serve, self.path)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        up_reader, up_writer = await asyncio.open_unix_connection(self._upstream)
        cutting = asyncio.Event()
        answers = asyncio.create_task(self._answers(up_reader, writer, cutting))
        try:
            while data := await reader.read(65536):
                if self._cuts and b"EVALSHA" in data:
                    self._cuts -= 1
                    cutting.set()
                up_writer.write(data)
                await up_writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass  # either side went away: the other is closed below
        finally:
            answers.cancel()
            for each in (writer, up_writer):
                each.close()
            with contextlib.suppress(asyncio.CancelledError):
                await answers
            self._tasks.discard(task)

    async def _answers(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, cutting: asyncio.Event
    ) -> None:
        while data := await reader.read(65536):
            if cutting.is_set():
                self.cuts_done += 1
                writer.transport.abort()
                return
            writer.write(data)
