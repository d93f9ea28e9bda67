"""The floor: a bare aiohttp handler that validates the same body, keeps nothing and answers with the id."""

from __future__ import annotations

import sys

import uvloop
from aiohttp import web
from pydantic_core import to_json

from moderation.web.wire import CommentBody


async def post(request: web.Request) -> web.Response:
    """Validates and answers."""
    comment = CommentBody.model_validate_json(await request.read())
    return web.Response(
        body=to_json({"id": comment.id, "status": "queued"}), status=202, content_type="application/json"
    )


async def serve(port: int) -> None:
    """Serves until it is killed."""
    app = web.Application()
    app.router.add_post("/v1/sites/{site}/comments", post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print("ready", flush=True)
    import asyncio

    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
