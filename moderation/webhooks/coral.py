"""Coral's GraphQL: a moderator's decision on its way to Coral, and Coral's comment on its way to us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json, to_json

from moderation.domain.comment import RejectReason
from moderation.domain.decision import By
from moderation.store import CoralSite, Leased
from moderation.store.coral import Coral
from moderation.webhooks.egress import Egress
from moderation.webhooks.kinds import Request

BY_CORAL: Final = "coral"  # the name under which decisions made in Coral stand with us
_KEPT: Final = 65_536  # bytes of an answer
CODES: Final = {
    RejectReason.SPAM: "SPAM",
    RejectReason.ADVERTISING: "AD",
    RejectReason.ABUSIVE: "ABUSIVE",
    RejectReason.HARASSMENT: "HARASSMENT_BULLYING",
    RejectReason.HATE_SPEECH: "HATE_SPEECH",
    RejectReason.ILLEGAL: "ILLEGAL_CONTENT",
    RejectReason.MISINFORMATION: "MISINFORMATION",
    RejectReason.OFF_TOPIC: "IRRELEVANT_CONTENT",
    RejectReason.BANNED_WORD: "BANNED_WORD",
    RejectReason.OTHER: "OTHER",
}
_COMMENT: Final = (
    "query comment($id: ID!) { comment(id: $id) { body status revision { id } author { id username } "
    "story { id url } parent { id body } } }"
)
_APPROVE: Final = (
    "mutation approve($input: ApproveCommentInput!) { approveComment(input: $input) { clientMutationId } }"
)
_REJECT: Final = (
    "mutation reject($input: RejectCommentInput!) { rejectComment(input: $input) { clientMutationId } }"
)


@dataclass(frozen=True, slots=True)
class CoralComment:
    """A comment as Coral keeps it; ``body`` is HTML."""

    id: str
    revision_id: str
    body: str
    status: str
    author_id: str
    username: str | None
    story_id: str
    story_url: str | None
    parent_id: str | None


class Verdicts:
    """The kind of delivery that tells Coral what a moderator decided with us."""

    def __init__(self, coral: Coral) -> None:
        self._coral = coral

    async def request(self, leased: Leased, now: int) -> Request | None:
        """The mutation; None if the comment is not in Coral, or nobody of ours decided."""
        del now
        event = leased.event
        if event.data.get("kind") != By.MODERATOR or event.data.get("by") == BY_CORAL:
            return None
        site = await self._coral.get(event.site)
        tied = await self._coral.theirs(event.site, event.comment_id)
        if site is None or site.graphql_url is None or tied is None:
            return None
        coral_id, revision_id = tied
        asked: dict[str, Any] = {
            "commentID": coral_id,
            "commentRevisionID": revision_id,
            "clientMutationId": event.id,
        }
        if event.type == "comment.rejected":
            asked["reason"] = {"code": CODES[RejectReason(event.data.get("reason") or RejectReason.OTHER)]}
            return _posted(site, _REJECT, {"input": asked})
        return _posted(site, _APPROVE, {"input": asked})


async def fetch(egress: Egress, site: CoralSite, coral_id: str) -> CoralComment | None:
    """Coral's comment; None if it does not answer, or has none."""
    if site.graphql_url is None:
        return None
    request = _posted(site, _COMMENT, {"id": coral_id})
    answer = await egress.post(request.url, request.headers, request.body, keep=_KEPT)
    if answer.status != 200:
        return None
    try:
        found = from_json(answer.body)["data"]["comment"]
        return CoralComment(
            id=coral_id,
            revision_id=found["revision"]["id"],
            body=found["body"] or "",
            status=found["status"],
            author_id=found["author"]["id"],
            username=found["author"].get("username"),
            story_id=found["story"]["id"],
            story_url=found["story"].get("url"),
            parent_id=(found["parent"] or {}).get("id"),
        )
    except (ValueError, KeyError, TypeError):  # no comment, no author, or another Coral than we know
        return None


def _posted(site: CoralSite, query: str, variables: dict[str, Any]) -> Request:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {site.token}"}
    return Request(
        site.graphql_url or "", headers, to_json({"query": query, "variables": variables}), refusal
    )


def refusal(body: bytes) -> str | None:
    """What is wrong if Coral's GraphQL refused, which it does with 200; its own words could quote a comment."""
    try:
        found = from_json(body)
    except ValueError:
        return "This is no answer of Coral's GraphQL: is the address right?"
    if not isinstance(found, dict) or found.get("errors") or not found.get("data"):
        return "Coral refused: is the token that of a moderator, and the comment still there?"
    return None
