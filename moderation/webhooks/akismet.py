"""Akismet's way back: a moderator's verdict is posted to the callback that the site named, as its plugin expects it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pydantic_core import from_json, to_json

from moderation.domain.comment import Comment, Status
from moderation.domain.decision import By
from moderation.store import Event, Leased
from moderation.store.akismet import BY_THE_SITE, Akismet, Callback
from moderation.store.comments import Comments
from moderation.webhooks.kinds import Request

_RESULT: Final = {Status.APPROVED: "false", Status.REJECTED: "true"}  # is it spam
_UNDONE: Final = "comment.undone"


class Pushes:
    """The kind of delivery that tells a site what a moderator decided with us."""

    def __init__(self, akismet: Akismet, comments: Comments) -> None:
        self._akismet = akismet
        self._comments = comments

    async def request(self, leased: Leased, now: int) -> Request | None:
        """The push of what stands now; None if the site knows it already, or nobody asked to be told."""
        del now
        event = leased.event
        if event.data.get("by") == BY_THE_SITE:
            return None
        callback = await self._akismet.callback(event.site, event.comment_id)
        if callback is None or not (callback.late or by_a_human_of_ours(event)):
            return None  # the model's verdict was the answer to the check
        (comment,) = await self._comments.many(event.site, [event.comment_id])
        if comment is None or (comment.decision or {}).get("by") == BY_THE_SITE:
            return None
        return push(callback, comment)


def by_a_human_of_ours(event: Event) -> bool:
    """Whether an event is a decision that the site does not know yet."""
    if event.data.get("by") == BY_THE_SITE:
        return False
    return event.type == _UNDONE or event.data.get("kind") == By.MODERATOR


def push(callback: Callback, comment: Comment) -> Request | None:
    """What is posted about a comment; None while it waits for a moderator, of which Akismet's protocol has no word."""
    result = _RESULT.get(comment.status)
    if result is None:
        return None
    told: dict[str, Any] = {"guid": comment.id, "result": result}
    if callback.post.isdigit():
        told["comment_post_ID"] = int(callback.post[:18])
    if callback.parent.isdigit():
        told["comment_parent"] = int(callback.parent[:18])
    body = {"key": callback.key, "endpoint": "comment-check", "comments": [told]}
    return Request(callback.url, {"Content-Type": "application/json"}, to_json(body), _refusal(comment.id))


def _refusal(guid: str) -> Callable[[bytes], str | None]:
    def refused(body: bytes) -> str | None:
        """The plugin answers 200 and says for each comment whether it was found; nothing to read is taken for a yes."""
        try:
            status = from_json(body)["comments"][guid]["status"]
        except (ValueError, KeyError, TypeError):
            return None
        return None if status == "success" else "The site did not find the comment."

    return refused
