"""Coral: its external moderation phase, its webhooks, and how a site says which Coral is its own.

The phase waits for a verdict as long as Coral's own patience allows, then says nothing. A status would end Coral's other
phases, so a doubtful comment is only flagged.
"""

from __future__ import annotations

import asyncio
import hmac
import html.parser
import logging
import time
from typing import Annotated, Any, Final, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from moderation.domain.comment import Article, Author, Comment, Draft, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.ids import MAX_ID, is_site
from moderation.errors import BadRequest, ModerationError, NotFound, Unauthorized
from moderation.store import CoralSite
from moderation.web import body, wire
from moderation.web.desk import Call, Desk
from moderation.webhooks import coral as graphql
from moderation.webhooks.egress import Egress, Gate, Refused

log = logging.getLogger(__name__)

WAIT_SECONDS: Final = 0.15  # for a verdict: Coral gives up at 200 ms unless told otherwise
FETCH_SECONDS: Final = 5.0  # for Coral's answer
FILE_SECONDS: Final = 5.0  # for the verdict of a comment that Coral holds
AT_ONCE: Final = 5  # comments that were put off, fetched beside a new one
MOST_SIGNATURES: Final = 10
REPORTER: Final = "coral"
HELD: Final = "held_in_coral"  # why a comment is reported that our policy would have published
MOST_CHORES: Final = 100  # fetches under way in one process
_JSON: Final = "application/json"
_DECIDED: Final = {"APPROVED": Status.APPROVED, "REJECTED": Status.REJECTED}
_ID = Annotated[str, Field(min_length=1, max_length=MAX_ID)]


class _Message(BaseModel):
    """What Coral sends; what a later Coral adds is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Body(_Message):
    body: str = Field("", max_length=wire.MAX_TEXT_BYTES)
    parentID: _ID | None = None  # noqa: N815  # Coral's spelling


class _Author(_Message):
    id: _ID
    role: str | None = None


class _Story(_Message):
    id: _ID
    url: str | None = Field(None, max_length=2_048)


class PhaseRequest(_Message):
    """The external phase's request."""

    action: Literal["NEW", "EDIT"] = "NEW"
    comment: _Body
    author: _Author
    story: _Story


class _What(_Message):
    commentID: _ID | None = None  # noqa: N815  # Coral's spelling
    status: str | None = None


class WebhookRequest(_Message):
    """A webhook's envelope."""

    id: Annotated[str, Field(min_length=1, max_length=256)]
    type: str
    data: _What = Field(default_factory=_What)


# --- how a site is set up -----------------------------------------------------------------------------


async def get_site(call: Call) -> web.Response:
    """Which Coral is the site's own, without its secrets; raises NotFound if it has none."""
    found = await call.desk.store.coral.get(call.site)
    if found is None:
        raise NotFound("This site has no Coral; say which is its own with PUT.")
    return web.Response(body=to_json(_shown(found)), content_type=_JSON)


async def put_site(call: Call) -> web.Response:
    """Says which Coral is the site's own."""
    asked = await body.asked(call, wire.CoralBody)
    if (asked.graphql_url is None) != (asked.token is None):
        raise BadRequest("Send `graphql_url` and `token` together, or neither.")
    if asked.graphql_url is not None:
        try:
            _gate(call.desk).check(asked.graphql_url)
        except Refused as refused:
            raise BadRequest(f"`graphql_url`: {refused}") from None
    wanted = CoralSite(tuple(asked.signing_secrets), asked.graphql_url, asked.token, asked.hold)
    await call.desk.store.coral.put(call.site, wanted, call.key.name)
    return web.Response(body=to_json(_shown(wanted)), content_type=_JSON)


async def delete_site(call: Call) -> web.Response:
    """Speaks with no Coral any more."""
    await call.desk.store.coral.drop(call.site, call.key.name)
    return web.Response(status=204)


def _gate(desk: Desk) -> Gate:
    return Gate(desk.settings.webhook_allow_networks, http=desk.settings.webhook_allow_http)


def _shown(site: CoralSite) -> dict[str, Any]:
    return {"signing_secrets": len(site.secrets), "graphql_url": site.graphql_url, "hold": site.hold}


# --- the external phase -------------------------------------------------------------------------------


async def phase(request: web.Request, desk: Desk) -> web.Response:
    """Coral asks about a comment that has no id yet: an opinion in time, or none (204)."""
    until = time.monotonic() + WAIT_SECONDS
    slug, coral, data = await _signed(request, desk)
    asked = _parsed(PhaseRequest, data)
    text = plain(asked.comment.body)
    if not text:
        return web.Response(status=204)
    draft = Draft(
        id=_name(desk, slug, asked.author.id, asked.story.id, asked.comment.parentID, text),
        text=text,
        author=Author(id=asked.author.id),
        article=Article(id=asked.story.id, url=asked.story.url),
        metadata={"from": "coral", "action": asked.action},
    )
    comment = await _judged(desk, slug, draft, until)
    found = opinion(comment, hold=coral.hold)
    if not found:
        return web.Response(status=204)
    return web.Response(body=to_json(found), content_type=_JSON)


def opinion(comment: Comment, *, hold: bool) -> dict[str, Any]:
    """What we say of a comment in Coral's words; nothing if it is fine, if nobody knows yet, or in shadow mode."""
    shadow = comment.decision is not None and "would_be" in comment.decision
    if shadow or comment.status is Status.QUEUED or comment.status is Status.APPROVED:
        return {}
    toxic = comment.scores.get("toxicity", 0.0) > comment.scores.get("spam", 0.0)
    reason = "COMMENT_DETECTED_TOXIC" if toxic else "COMMENT_DETECTED_SPAM"
    found: dict[str, Any] = {"actions": [{"actionType": "FLAG", "reason": reason}]}
    if comment.status is Status.REJECTED:
        found = {"status": "REJECTED", **found}
    elif hold:
        found = {"status": "SYSTEM_WITHHELD", **found}
    return found


async def _judged(desk: Desk, slug: str, draft: Draft, until: float) -> Comment:
    """The stored comment with its verdict, if it comes until then (on the monotonic clock)."""
    comments = desk.store.comments
    async with desk.store.feed.watch(slug, draft.id) as bell:
        comment = (await comments.accept(slug, draft)).comment
        while comment.status is Status.QUEUED and (left := until - time.monotonic()) > 0:
            await bell.wait(left)
            comment = await comments.get(slug, draft.id)
    return comment


def _name(desk: Desk, slug: str, author: str, story: str, parent: str | None, text: str) -> str:
    # Coral asks again about a text after a nudge, and tells the comment's id only later: the content is the name.
    return "coral-" + desk.store.private.content(slug, author, story, parent or "", " ".join(text.split()))


# --- its webhooks -------------------------------------------------------------------------------------


async def webhook(request: web.Request, desk: Desk) -> web.Response:
    """Coral tells that a comment came into or left a queue. It does not tell twice, and gives up on who is slow or fails.

    So what is to be fetched is noted, 204 is answered, and the fetching goes on behind it; what fails is tried beside the next.
    """
    slug, coral, data = await _signed(request, desk)
    message = _parsed(WebhookRequest, data)
    coral_id = message.data.commentID
    if coral_id is None or not await desk.store.coral.first_time(slug, message.id):
        return web.Response(status=204)
    if message.type == "COMMENT_ENTERED_MODERATION_QUEUE":
        await desk.store.coral.put_off(slug, coral_id)
        if len(desk.chores) < MOST_CHORES:
            chore = asyncio.create_task(_file_all(desk, slug, coral, coral_id), name="coral-fetch")
            desk.chores.add(chore)
            chore.add_done_callback(desk.chores.discard)
    elif message.type == "COMMENT_LEFT_MODERATION_QUEUE":
        await _left(desk, slug, coral_id, message.data.status, message.id)
    return web.Response(status=204)


async def _file_all(desk: Desk, slug: str, coral: CoralSite, coral_id: str) -> None:
    """Fetches a comment, and some that could not be fetched before."""
    try:
        late = await desk.store.coral.waiting(slug, AT_ONCE)
        for one in dict.fromkeys([coral_id, *late]):
            await _file(desk, slug, coral, one)
    except ModerationError as failure:
        log.warning("comments of the site %s in Coral were put off: %s", slug, failure.slug)
    except Exception as failure:  # nobody awaits this: without a line in the log it would be lost in silence
        log.error("comments of the site %s in Coral were put off: %s", slug, type(failure).__name__)


async def _file(desk: Desk, slug: str, coral: CoralSite, coral_id: str) -> None:
    """Puts a comment that Coral holds into our queue."""
    async with Egress(_gate(desk), total_seconds=FETCH_SECONDS) as egress:
        found = await graphql.fetch(egress, coral, coral_id)
    if found is None:
        log.warning("a comment of the site %s could not be fetched from Coral: it is tried again", slug)
        return
    text = plain(found.body)
    if text and found.status not in _DECIDED:  # else somebody in Coral was quicker
        draft = Draft(
            id=_name(desk, slug, found.author_id, found.story_id, found.parent_id, text),
            text=text,
            author=Author(id=found.author_id, name=found.username),
            article=Article(id=found.story_id, url=found.story_url),
            metadata={"from": "coral"},
        )
        await desk.store.coral.tie(slug, draft.id, found.id, found.revision_id)
        comment = await _judged(desk, slug, draft, time.monotonic() + FILE_SECONDS)
        if comment.status is Status.APPROVED and not _by_a_person(comment):
            reporter = desk.store.private.reporter(slug, REPORTER)
            await desk.store.comments.report(slug, draft.id, reporter, HELD, 1)
    await desk.store.coral.fetched(slug, coral_id)


async def _left(desk: Desk, slug: str, coral_id: str, status: str | None, message_id: str) -> None:
    """Somebody decided in Coral: so it is decided here."""
    await desk.store.coral.fetched(slug, coral_id)
    to = _DECIDED.get(status or "")
    comment_id = await desk.store.coral.ours(slug, coral_id)
    if to is None or comment_id is None:
        return
    try:
        comment = await desk.store.comments.get(slug, comment_id)
        if comment.status is to and _by_a_person(comment):
            return  # our own decision, come back
        reason = RejectReason.OTHER if to is Status.REJECTED else None
        decision = Decision(to, By.MODERATOR, name=graphql.BY_CORAL, reason=reason)
        await desk.store.comments.decide(slug, comment_id, decision, True, f"coral:{message_id}")
    except ModerationError as failure:
        log.warning("a decision of the site %s in Coral was not taken over: %s", slug, failure.slug)


def _by_a_person(comment: Comment) -> bool:
    return comment.decision is not None and comment.decision.get("kind") == By.MODERATOR


# --- signatures, bodies, HTML ---------------------------------------------------------------------------


async def _signed(request: web.Request, desk: Desk) -> tuple[str, CoralSite, bytes]:
    """Site, its Coral and the body, if it was signed with a secret of the site's; raises Unauthorized."""
    slug, settings = request.match_info["site"], desk.settings
    data = await body.read(request, settings.max_body_bytes, settings.body_timeout)
    coral = await desk.store.coral.get(slug) if is_site(slug) else None
    given = request.headers.get("X-Coral-Signature", "")
    secrets = () if coral is None else coral.secrets
    # An unknown site costs as much time as a wrong signature, and is answered the same.
    fits = [_fits(secret, data, given) for secret in secrets or ("no such secret",)]
    if coral is None or not any(fits):
        desk.attempts.failed(request.remote)
        raise Unauthorized("X-Coral-Signature fits none of the site's signing secrets.")
    return slug, coral, data


def _fits(secret: str, data: bytes, header: str) -> bool:
    wanted = hmac.digest(secret.encode(), data, "sha256").hex().encode()
    given = [one.strip() for one in header.split(",", MOST_SIGNATURES)[:MOST_SIGNATURES]]
    fits = [
        hmac.compare_digest(wanted, one.removeprefix("sha256=").encode("utf-8", "surrogateescape"))
        for one in given
        if one.startswith("sha256=")
    ]
    return any(fits)  # all were compared: the time tells nothing


def _parsed(model: type[Any], data: bytes) -> Any:
    try:
        return model.model_validate_json(data)
    except ValidationError as failure:
        raise body.refusal(model, failure) from None


class _Text(html.parser.HTMLParser):
    """The text of Coral's HTML; links keep their address, for that is what a spammer is about."""

    BLOCKS: Final = frozenset({"br", "div", "p", "blockquote", "li", "ul"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._link: str | None = None
        self._said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.BLOCKS:
            self.parts.append("\n")
        if tag == "a":
            self._link, self._said = dict(attrs).get("href"), []

    def handle_endtag(self, tag: str) -> None:
        if tag in self.BLOCKS:
            self.parts.append("\n")
        if tag == "a" and self._link is not None:
            if self._link.rstrip("/") not in "".join(self._said):
                self.parts.append(f" ({self._link})")
            self._link = None

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
        self._said.append(data)


def plain(text: str) -> str:
    """The text of a body in either of Coral's formats, without NUL and the space around it."""
    parser = _Text()
    parser.feed(text)
    parser.close()
    lines = [" ".join(line.split()) for line in "".join(parser.parts).replace("\0", "").splitlines()]
    return "\n".join(line for line in lines if line)


OPEN: Final = (
    ("POST", "/coral/moderation/{site}", phase),
    ("POST", "/coral/events/{site}", webhook),
)
