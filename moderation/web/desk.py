"""What every handler works with: the process's parts, and one call with who makes it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from aiohttp import web
from multidict import MultiMapping

from moderation.domain.ids import is_comment_id
from moderation.errors import BadRequest, Busy, NotFound
from moderation.metrics import Metrics
from moderation.settings import Settings
from moderation.store import Key, Store
from moderation.web.attempts import Attempts
from moderation.web.dialects.likelihood import Likelihood

NOTHING_HERE: Final = "There is nothing here for this key."


class Scoring(Protocol):
    """Scores texts on the spot."""

    @property
    def attributes(self) -> frozenset[str]:
        """What is scored, e.g. ``spam``."""

    async def score(self, texts: Sequence[str], lang: str = "") -> list[dict[str, float]]:
        """A probability for each attribute and text, in order; raises Busy."""


class _NoScoring:
    """In a process without a model."""

    attributes: frozenset[str] = frozenset()

    async def score(self, texts: Sequence[str], lang: str = "") -> list[dict[str, float]]:
        raise Busy("This process has no model to score with; ask one that has.")


@dataclass(frozen=True, slots=True)
class Desk:
    """The process's parts."""

    store: Store
    settings: Settings
    metrics: Metrics
    model_loaded: Callable[[], bool]
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    waiters: set[object] = field(
        default_factory=set
    )  # long polls and streams under way, bounded by web.events
    scoring: Scoring = field(default_factory=_NoScoring)
    likelihood: Likelihood = field(default_factory=Likelihood)
    attempts: Attempts = field(default_factory=lambda: Attempts(0))  # wrong keys by address
    chores: set[asyncio.Task[None]] = field(
        default_factory=set
    )  # what goes on after its answer, bounded by who begins it; ended with the process
    previews: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(1)
    )  # a replay takes a core for seconds: one at a time in a process


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a known key on its own site."""

    request: web.Request
    desk: Desk
    site: str
    key: Key

    @property
    def comment_id(self) -> str:
        """The id in the path; raises NotFound if no comment can have it."""
        comment_id = self.request.match_info["id"]
        if not is_comment_id(comment_id):
            raise NotFound("There is no such comment.")
        return comment_id


@dataclass(frozen=True, slots=True)
class DeskCall:
    """One request of a known key that names no site, or several."""

    request: web.Request
    desk: Desk
    key: Key


Handler = Callable[[Call], Awaitable[web.StreamResponse]]
DeskHandler = Callable[[DeskCall], Awaitable[web.StreamResponse]]
OpenHandler = Callable[[web.Request, Desk], Awaitable[web.StreamResponse]]

DESK: Final = web.AppKey("desk", Desk)
REQUEST_ID: Final = web.RequestKey("request_id", str)
BY_SESSION: Final = web.RequestKey("by_session", bool)  # the caller sent a session's cookie, good or not


def query_of(request: web.Request, *known: str) -> MultiMapping[str]:
    """The query; raises BadRequest for a parameter that is not known or stands twice."""
    query = request.query
    for name in query:
        if not known:
            raise BadRequest("This call takes no query parameters.")
        if name not in known:
            raise BadRequest(f"This query parameter is not known; known are {', '.join(known)}.")
        if len(query.getall(name)) > 1:
            raise BadRequest(f"Send the query parameter {name} once.")
    return query


def number_of(query: MultiMapping[str], name: str, default: int, least: int, most: int) -> int:
    """A whole number from the query; raises BadRequest outside its bounds."""
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise BadRequest(f"The query parameter {name} takes a whole number from {least} to {most}.")
    return int(text)
