"""The one builder of problem+json (RFC 9457). Handlers raise; nobody else writes an error's body."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from pydantic_core import to_json

from moderation.errors import ModerationError

TYPE_PREFIX: Final = "/docs#problem-"  # where the documentation explains this type of problem


def problem(error: ModerationError, request_id: str) -> dict[str, object]:
    """The problem document of an error."""
    return {
        "type": TYPE_PREFIX + error.slug,
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "request_id": request_id,
        **error.extra,
    }


def response(error: ModerationError, request_id: str) -> web.Response:
    """The error as an answer."""
    return web.Response(
        status=error.status,
        body=to_json(problem(error, request_id)),
        content_type="application/problem+json",
        headers=error.headers,
    )
