"""A receiver of webhooks: a real server that writes down what comes and answers what a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass
class Came:
    """One request."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers 204, or what ``answer`` makes of a request."""

    answer: Callable[[Came], web.StreamResponse] = lambda _: web.Response(status=204)
    hang: asyncio.Event | None = None
    came: list[Came] = field(default_factory=list)
    _server: TestServer | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return str(self._server.make_url("/hook"))

    @property
    def ids(self) -> list[str]:
        """The ids of the deliveries that came, in order."""
        return [one.headers["webhook-id"] for one in self.came]

    async def _take(self, request: web.Request) -> web.StreamResponse:
        came = Came({name.lower(): value for name, value in request.headers.items()}, await request.read())
        self.came.append(came)
        if self.hang is not None:
            await self.hang.wait()
        return self.answer(came)

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._take)
        self._server = TestServer(app, host="127.0.0.1")
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.hang is not None:
            self.hang.set()
        assert self._server is not None
        await self._server.close()
