"""Alive, ready, counted, documented: the calls that need no key."""

from __future__ import annotations

import contextlib

from aiohttp import web
from pydantic_core import to_json

from moderation.errors import StoreUnavailable
from moderation.web.desk import Desk


async def healthz(request: web.Request, desk: Desk) -> web.Response:
    """Alive: the process answers."""
    del request, desk
    return web.Response(body=b'{"status":"alive"}', content_type="application/json")


async def readyz(request: web.Request, desk: Desk) -> web.Response:
    """Able to serve: Redis answers and the model is loaded; 503 names what is missing."""
    del request
    missing = [] if desk.model_loaded() else ["the model is not loaded: every comment goes to a moderator"]
    try:
        await desk.store.ping()
    except StoreUnavailable as failure:
        missing.append(failure.detail)
    answer = {"status": "not ready" if missing else "ready", "missing": missing}
    return web.Response(
        status=503 if missing else 200,
        body=to_json(answer),
        content_type="application/json",
        headers={"Retry-After": "2"} if missing else None,
    )


async def metrics(request: web.Request, desk: Desk) -> web.Response:
    """Prometheus text."""
    del request
    with contextlib.suppress(
        StoreUnavailable
    ):  # the scrape must not fail with the store: it would hide the fault
        desk.metrics.waiting.set(await desk.store.waiting())
    return web.Response(
        body=desk.metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
    )
