"""Kinds of delivery: how an event becomes a request. One kind is one class; its webhooks bear its name in ``kind``.

To add a kind (a push to another protocol's clients): write a class with ``request``, give it to the Dispatcher under its
name, and make its endpoints with ``store.webhooks.add(kind=NAME, …)``. Reading, leasing, schedule and the door out are shared;
the API lists and changes the kind ``webhook`` only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from pydantic_core import to_json

from moderation.domain.times import rfc3339
from moderation.store import Event, Leased, Webhook
from moderation.webhooks import signing

MOST_BYTES: Final = 20_000  # of a body, as the specification advises
_CUTS: Final = (
    ("comment", "text"),
    ("comment",),
    ("reasons",),
)  # what is left out of a larger one, in this order
FAULT_BYTES: Final = 65_536
TEST_TYPE: Final = "webhook.test"

Secrets = Callable[[Webhook], list[bytes]]
Cards = Callable[[str, str], Awaitable[dict[str, Any] | None]]


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted. Built anew for each attempt, so its time and signatures are those of the attempt.

    ``fault``: for protocols that refuse with 200, a sentence for the body (its first FAULT_BYTES) of an answer that refuses.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    fault: Callable[[bytes], str | None] | None = None


class Kind(Protocol):
    """How deliveries of a kind are made."""

    async def request(self, leased: Leased, now: int) -> Request | None:
        """The request for a delivery at a moment (ms); None if there is nothing to say any more: it counts as delivered."""


class Signed:
    """Standard Webhooks. ``secrets``: those that sign; ``cards``: a comment's public answer by site and id, None if it is gone."""

    def __init__(self, secrets: Secrets, cards: Cards | None = None) -> None:
        self._secrets = secrets
        self._cards = cards

    async def request(self, leased: Leased, now: int) -> Request:
        """The event, with the comment as it is now if the webhook includes it."""
        event, webhook = leased.event, leased.webhook
        card = None
        if self._cards is not None and "comment" in webhook.include and event.comment_id:
            card = await self._cards(event.site, event.comment_id)
        return self._made(webhook, message_name(event.site, event.id), body_of(event, card), now)

    def test(self, webhook: Webhook, mark: str, now: int) -> Request:
        """A request that tells of nothing: for the button that tries a webhook. ``mark`` makes its id one of a kind."""
        about = {"site": webhook.site, "webhook_id": webhook.id}
        body = to_json({"type": TEST_TYPE, "timestamp": rfc3339(now), "data": about})
        return self._made(webhook, f"test_{webhook.site}_{mark}", body, now)

    def _made(self, webhook: Webhook, name: str, body: bytes, now: int) -> Request:
        signed = signing.headers(name, now // 1000, body, self._secrets(webhook))
        return Request(webhook.url, {"Content-Type": "application/json", **signed}, body)


def message_name(site: str, event_id: str) -> str:
    """The id under which an event is told: the same to every webhook, at every attempt, for ever."""
    return f"evt_{site}_{event_id}"


def body_of(event: Event, card: dict[str, Any] | None) -> bytes:
    """The body: what `/events` answers, and the comment if there is one to tell. ``data.cut`` names what was left out."""
    document = event.document()
    data: dict[str, Any] = {**document["data"], "event_id": event.id, "sequence": event.sequence}
    if card is not None:
        data["comment"] = card
    message = {"type": document["type"], "timestamp": document["timestamp"], "data": data}
    body = to_json(message)
    cut: list[str] = []
    for path in _CUTS:
        if len(body) <= MOST_BYTES:
            break
        if _cut(data, path):
            cut.append(".".join(path))
            data["cut"] = cut
            body = to_json(message)
    return body


def _cut(data: dict[str, Any], path: tuple[str, ...]) -> bool:
    *way, last = path
    for step in way:
        inner = data.get(step)
        if not isinstance(inner, dict):
            return False
        data[step] = data = dict(inner)  # a copy: the card is not ours to change
    return data.pop(last, None) is not None
