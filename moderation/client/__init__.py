"""A client for sites and moderators: post comments, decide, follow events, check webhooks. Needs nothing else of ours.

    from moderation.client import Client

    with Client("https://mod.example.org", "gazette", KEY) as client:
        comment = client.post("I disagree with the mayor.", wait=2)
        print(comment.status, [reason.text for reason in comment.reasons])

``AsyncClient`` has the same calls to be awaited, and loops with ``async for``. Every call is safe to repeat and is repeated for
you: a comment without an id is given one before it is sent, and decisions carry an Idempotency-Key.
"""

from __future__ import annotations

from moderation.client.answers import Comment, Decision, Event, Page, Queue, Reason, Row
from moderation.client.asynchronous import AsyncClient
from moderation.client.calls import Retry
from moderation.client.faults import (
    ClientError,
    CommentConflict,
    Conflict,
    DecisionConflict,
    Expired,
    Forbidden,
    Invalid,
    NotFound,
    Problem,
    Unauthorized,
    Unavailable,
    Unreachable,
)
from moderation.client.synchronous import Client
from moderation.client.webhooks import BadSignature, Delivery, verify

__all__ = [
    "AsyncClient",
    "BadSignature",
    "Client",
    "ClientError",
    "Comment",
    "CommentConflict",
    "Conflict",
    "Decision",
    "DecisionConflict",
    "Delivery",
    "Event",
    "Expired",
    "Forbidden",
    "Invalid",
    "NotFound",
    "Page",
    "Problem",
    "Queue",
    "Reason",
    "Retry",
    "Row",
    "Unauthorized",
    "Unavailable",
    "Unreachable",
    "verify",
]
