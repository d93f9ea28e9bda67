"""Perspective's AnalyzeComment, spoken to the byte: `comments:analyze`, `comments:suggestscore`, the discovery document.

Served are the attributes that can be scored honestly: SPAM and TOXICITY by the model, LIKELY_TO_REJECT from what the site's
own moderators decided, once there are enough decisions. Any other is refused, as the documentation has it, by name.
Source: the last public methods.md of conversationai/perspectiveapi.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic.alias_generators import to_snake
from pydantic_core import to_json

from moderation.checks.fingerprints import fingerprints
from moderation.domain import likelihood
from moderation.domain.comment import Comment, Draft, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.ids import is_comment_id
from moderation.errors import Busy, Conflict, Expired, ModerationError, NotFound, TooLarge, Unauthorized
from moderation.store import Role
from moderation.store.keyring import AKISMET_LENGTH
from moderation.web import body
from moderation.web.desk import Desk
from moderation.web.dialects import discovery

MAX_TEXT_BYTES: Final = 20_480  # as documented
MAX_BODY_BYTES: Final = 262_144  # the text may be escaped, and its context beside it
MAX_KEY: Final = 512  # characters
_AKISMET: Final = re.compile(rf"[a-zA-Z0-9]{{{AKISMET_LENGTH}}}")  # a key of that form; no other key has it
MODERATOR: Final = "perspective"  # who decides what is suggested
PRODUCTION: Final = {"SPAM": "spam", "TOXICITY": "toxicity"}  # attribute -> the model's
LIKELY_TO_REJECT: Final = "LIKELY_TO_REJECT"
NEEDS: Final = {**PRODUCTION, LIKELY_TO_REJECT: "spam"}  # what the model has to score for it
_VERSION: Final = re.compile(r"@\d+$")
_LANGUAGE: Final = re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z0-9]{2,8})*")
# Possessive, and begun at the first mark of a run alone: the time grows with the text, whatever it is.
_SENTENCE_END: Final = re.compile(r"(?:(?<![.!?…])[.!?…]++[\"'”’)\]]*+(?=\s)|[。！？]++|\n)\s*+")
MOST_SPANS: Final = 500  # sentences scored apart in one request
_JSON: Final = "application/json; charset=UTF-8"

B = TypeVar("B", bound="Shared")


class Message(BaseModel):
    """An object of the protocol: its fields in either of the spellings that Google takes, and no others."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        alias_generator=AliasGenerator(validation_alias=lambda name: AliasChoices(name, to_snake(name))),
    )


class Text(Message):
    """A text and its type."""

    text: str | None = None
    type: str | None = None


class Entries(Message):
    """What stands around the comment."""

    entries: list[Text] | None = None
    articleAndParentComment: JsonValue = None  # noqa: N815  # their word


class Parameters(Message):
    """How an attribute is asked for."""

    scoreType: str | None = None  # noqa: N815  # their word
    scoreThreshold: float | None = Field(None, strict=False, allow_inf_nan=False)  # noqa: N815


class Shared(Message):
    """What both calls take."""

    comment: Text | None = None
    context: Entries | None = None
    languages: list[str] | None = None
    clientToken: str | None = Field(None, max_length=1_024)  # noqa: N815
    sessionId: str | None = Field(None, max_length=1_024)  # noqa: N815
    communityId: str | None = Field(None, max_length=1_024)  # noqa: N815


class Analyze(Shared):
    """A request to score a text."""

    requestedAttributes: dict[str, Parameters] | None = None  # noqa: N815
    spanAnnotations: bool | None = None  # noqa: N815
    doNotStore: bool | None = None  # noqa: N815


class Suggested(Message):
    """A score that somebody suggests."""

    model_config = ConfigDict(extra="ignore")

    value: float | None = Field(None, strict=False, ge=0.0, le=1.0)


class SuggestedAttribute(Message):
    """The scores suggested for an attribute."""

    model_config = ConfigDict(extra="ignore")

    summaryScore: Suggested | None = None  # noqa: N815


class Suggest(Shared):
    """A suggestion of what a score should have been."""

    attributeScores: dict[str, SuggestedAttribute] | None = None  # noqa: N815


class Fault(Exception):
    """An error in Google's form. ``kind`` is the documentation's errorType."""

    def __init__(self, code: int, message: str, status: str, kind: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.kind = kind
        self.headers: dict[str, str] = {}

    def response(self, headers: dict[str, str] | None = None) -> web.Response:
        """The error as an answer."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.kind is not None:
            error["details"] = [
                {
                    "@type": "type.googleapis.com/google.commentanalyzer.v1alpha1.Error",
                    "errorType": self.kind,
                }
            ]
        sent = {"Content-Type": _JSON, **self.headers, **(headers or {})}
        return web.Response(status=self.code, body=to_json({"error": error}), headers=sent)


def _invalid(message: str, kind: str = "INVALID_REQUEST") -> Fault:
    return Fault(400, message, "INVALID_ARGUMENT", kind)


Handler = Callable[[web.Request, Desk], Awaitable[web.StreamResponse]]


def spoken(handler: Handler) -> Handler:
    """The handler with every fault in Google's form."""

    async def enter(request: web.Request, desk: Desk) -> web.StreamResponse:
        try:
            return await handler(request, desk)
        except Fault as fault:
            return fault.response()
        except Unauthorized:
            return Fault(
                400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"
            ).response()
        except Busy as busy:
            return Fault(503, busy.detail, "UNAVAILABLE").response(busy.headers)
        except ModerationError as error:
            return Fault(error.status, error.detail, _STATUS.get(error.status, "INTERNAL")).response(
                error.headers
            )

    return enter


_STATUS: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    410: "FAILED_PRECONDITION",
    413: "INVALID_ARGUMENT",
    415: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
}


async def discover(request: web.Request, desk: Desk) -> web.StreamResponse:
    """The discovery document, from which Google's client libraries are built."""
    del desk
    if request.query.get("version", "v1alpha1") != "v1alpha1":
        raise Fault(404, "There is v1alpha1 alone.", "NOT_FOUND")
    # A proxy that ends TLS says so. Whoever forges it writes an address into the answer to themselves, and nobody keeps it.
    told = request.headers.get("X-Forwarded-Proto", "")
    scheme = told if told in {"http", "https"} else request.scheme
    headers = {"Content-Type": _JSON, "Cache-Control": "no-store"}
    root = f"{scheme}://{request.host}/"
    return web.Response(body=to_json(discovery.document(root)), headers=headers)


async def analyze(request: web.Request, desk: Desk) -> web.StreamResponse:
    """Scores a text; files it as a comment if the site wants that and the caller does not forbid it."""
    site = await _site(request, desk)
    asked = await _asked(request, desk, Analyze)
    text = _text(asked)
    languages = _languages(asked)
    wanted = _wanted(asked, desk)
    rejected = await _shares(desk, site) if LIKELY_TO_REJECT in wanted.values() else ()
    spans = sentences(text) if asked.spanAnnotations else [(0, len(text))]
    texts = [text, *(text[start:end] for start, end in spans)] if asked.spanAnnotations else [text]
    lang = languages[0] if languages else ""
    found = await desk.scoring.score(texts, lang)
    if not asked.doNotStore and (await desk.store.sites.policy(site)).perspective_files:
        # What was filed and is gone since is not filed again; its score can be had all the same.
        with contextlib.suppress(Expired, Conflict):
            await desk.store.comments.accept(site, _draft(desk, asked, text))
    scores: dict[str, Any] = {}
    for name, plain in wanted.items():
        each = [_value(plain, one, rejected) for one in found]
        parameters = (asked.requestedAttributes or {})[name]
        if parameters.scoreThreshold is not None and each[0] < parameters.scoreThreshold:
            continue
        parts = each[1:] if asked.spanAnnotations else each
        scores[name] = {
            "spanScores": [
                {"begin": begin, "end": end, "score": _score(value)}
                for (begin, end), value in zip(spans, parts, strict=True)
            ],
            "summaryScore": _score(each[0]),
        }
    answer: dict[str, Any] = {"attributeScores": scores, "languages": languages or ["und"]}
    answer["detectedLanguages"] = languages or ["und"]
    if asked.clientToken is not None:
        answer["clientToken"] = asked.clientToken
    return web.Response(body=to_json(answer), headers={"Content-Type": _JSON})


async def suggest(request: web.Request, desk: Desk) -> web.StreamResponse:
    """Takes a suggested score as the site's decision on the comment, which is a label for training."""
    site = await _site(request, desk)
    asked = await _asked(request, desk, Suggest)
    text = _text(asked)
    values = {
        _VERSION.sub("", name): one.summaryScore.value
        for name, one in (asked.attributeScores or {}).items()
        if one.summaryScore is not None and one.summaryScore.value is not None
    }
    if not values:
        raise _invalid("Missing attribute_scores")
    comment_id = await _find(desk, site, asked, text)
    decision = _decision(values)
    op = blake2b(to_json([comment_id, decision.document()]), digest_size=12).hexdigest()
    await desk.store.comments.decide(site, comment_id, decision, override=True, op=f"suggested:{op}")
    answer = {"languages": _languages(asked) or ["und"], "detectedLanguages": _languages(asked) or ["und"]}
    if asked.clientToken is not None:
        answer = {"clientToken": asked.clientToken, **answer}  # type: ignore[dict-item]
    return web.Response(body=to_json(answer), headers={"Content-Type": _JSON})


# --- the request ----------------------------------------------------------------------------------


async def _site(request: web.Request, desk: Desk) -> str:
    """The site of the caller's key (a site's, or one for Akismet), which comes as Google's clients send it, or as ours do.

    Raises Unauthorized, TooManyAttempts after too many wrong ones from this address, or Fault if it posts for no one site.
    """
    kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = request.query.get("key") or request.headers.get("X-Goog-Api-Key") or ""
    token = token.strip() or (bearer.strip() if kind.lower() == "bearer" else "")
    if not token:  # who sends none does not guess
        raise Fault(403, "The request is missing a valid API key.", "PERMISSION_DENIED")
    ring, found = desk.store.keyring, None
    if _AKISMET.fullmatch(token):
        found = await ring.find_akismet(token)
    elif token.isascii() and len(token) <= MAX_KEY:
        found = await ring.find(token)
    if found is None:
        desk.attempts.failed(request.remote)
        raise Unauthorized("This key is not known, or it was revoked.")
    if found.role not in {Role.SITE, Role.ADMIN}:
        raise Fault(403, f"This key has the role {found.role}: send the site's key.", "PERMISSION_DENIED")
    if found.everywhere or len(found.sites) != 1:
        raise Fault(403, "This key reaches several sites: send one site's key.", "PERMISSION_DENIED")
    return found.sites[0]


async def _asked(request: web.Request, desk: Desk, model: type[B]) -> B:
    try:
        data = await body.read(request, MAX_BODY_BYTES, desk.settings.body_timeout)
    except TooLarge as error:
        too_large = _invalid(
            f"Request payload size exceeds the limit: {MAX_BODY_BYTES} bytes.", "COMMENT_TOO_LONG"
        )
        too_large.headers = error.headers
        raise too_large from None
    try:
        return model.model_validate_json(data or b"{}")
    except ValidationError as failure:
        raise _invalid(_sentence(failure)) from None


def _sentence(failure: ValidationError) -> str:
    """What is wrong, in Google's words where they are known; what was sent is not repeated."""
    fault = failure.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"])[:200]
    if fault["type"] == "json_invalid":
        return "Invalid JSON payload received. " + str(
            fault.get("ctx", {}).get("error", "It cannot be read.")
        )
    if fault["type"] == "extra_forbidden":
        return f'Invalid JSON payload received. Unknown name "{place}": Cannot find field.'
    return f'Invalid value at "{place}": {fault["msg"]}.'


def _text(asked: Shared) -> str:
    text = asked.comment.text if asked.comment is not None else None
    if not text or not text.strip():
        raise _invalid("Comment must be non-empty.", "COMMENT_EMPTY")
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise _invalid("Comment text too long.", "COMMENT_TOO_LONG")
    kind = asked.comment.type if asked.comment is not None else None
    if kind not in {None, "PLAIN_TEXT", "TEXT_TYPE_UNSPECIFIED"}:
        raise _invalid("Currently, only 'PLAIN_TEXT' comments are supported")
    if "\0" in text:
        raise _invalid('Invalid value at "comment.text": remove the NUL character.')
    return text


def _languages(asked: Shared) -> list[str]:
    """The languages as they were sent. None makes a request fail: the model reads what it gets."""
    languages = asked.languages or []
    for one in languages:
        if not _LANGUAGE.fullmatch(one):
            raise _invalid('Invalid value at "languages": send ISO 639-1 codes.')
    return languages


def _wanted(asked: Analyze, desk: Desk) -> dict[str, str]:
    """The attributes by the names that were sent, each with its plain name."""
    if not asked.requestedAttributes:
        raise _invalid("Missing requested_attributes", "NO_REQUESTED_ATTRIBUTES")
    scored = desk.scoring.attributes
    if not scored:
        raise Busy("There is no model to score with; come again shortly.")
    found: dict[str, str] = {}
    for name, parameters in asked.requestedAttributes.items():
        plain = _VERSION.sub("", name)
        if NEEDS.get(plain) not in scored:
            raise _invalid(f"Unknown requested attribute: {name[:100]}")
        kind = parameters.scoreType
        if kind not in {None, "PROBABILITY", "SCORE_TYPE_UNSPECIFIED"}:
            raise _invalid(f"Requested score type {kind[:40]} is not supported by attribute {plain}")
        found[name] = plain
    return found


def sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of a text as ranges of characters, the end exclusive; together they are the whole text."""
    found, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if text[start : match.end()].strip():
            found.append((start, match.end()))
            start = match.end()
        if len(found) >= MOST_SPANS:
            break
    if text[start:].strip() or not found:
        found.append((start, len(text)))
    return found


# --- the answer -----------------------------------------------------------------------------------


def _score(value: float) -> dict[str, Any]:
    return {"value": round(value, 7), "type": "PROBABILITY"}


def _value(plain: str, scores: dict[str, float], rejected: Sequence[float]) -> float:
    if plain == LIKELY_TO_REJECT:
        return likelihood.at(rejected, scores["spam"])
    return scores[PRODUCTION[plain]]


async def _shares(desk: Desk, site: str) -> Sequence[float]:
    """How often the site's moderators rejected what scored so; raises Fault while too few comments are decided."""
    shares = await desk.likelihood.shares(desk.store, site)
    if not shares:
        raise _invalid(
            f"Unknown requested attribute: {LIKELY_TO_REJECT} (it rests on the site's own decisions of 30 days, "
            f"{likelihood.ENOUGH} at least)"
        )
    return shares


# --- the comment ----------------------------------------------------------------------------------


def _filed_id(desk: Desk, community: str | None, token: str | None, text: str) -> str:
    """The id under which a text is filed: the same text with the same token twice is one comment."""
    place = to_json([community, token, text])
    key = blake2b(desk.store.secret, digest_size=32, person=b"perspective").digest()
    return "p-" + blake2b(place, digest_size=15, key=key).hexdigest()


def _draft(desk: Desk, asked: Shared, text: str) -> Draft:
    languages = asked.languages or []
    beside = {"client_token": asked.clientToken, "community_id": asked.communityId}
    return Draft(
        _filed_id(desk, asked.communityId, asked.clientToken, text),
        text,
        lang=languages[0] if languages else None,
        metadata={name: value for name, value in beside.items() if value is not None},
    )


async def _find(desk: Desk, site: str, asked: Suggest, text: str) -> str:
    """The comment of which a suggestion speaks: by its token, by its text, else it is filed now."""
    token, community = asked.clientToken, asked.communityId
    first_and_bands = fingerprints(text)
    prints = frozenset(first_and_bands)
    named = dict.fromkeys((token or "", (token or "").removeprefix("comment:")))
    # Who suggests may send a token or a community that was not sent with the text to be scored, as Coral does.
    filed = [
        _filed_id(desk, one, other, text)
        for one in dict.fromkeys((community, None))
        for other in dict.fromkeys((token, None))
    ]
    for comment_id in (*named, *filed):
        if is_comment_id(comment_id) and await _says(desk, site, comment_id, text, prints):
            return comment_id
    same = await desk.store.activity.first_with(site, first_and_bands)
    if same is not None and await _says(desk, site, same, text, prints):
        return same
    return (await desk.store.comments.accept(site, _draft(desk, asked, text))).comment.id


async def _says(desk: Desk, site: str, comment_id: str, text: str, prints: frozenset[str]) -> bool:
    """Whether the comment is there with this text, or one that is nearly the same (markup is often taken out)."""
    try:
        found: Comment = await desk.store.comments.get(site, comment_id)
    except (NotFound, Expired):
        return False
    return found.draft.text == text or not prints.isdisjoint(fingerprints(found.draft.text))


def _decision(values: dict[str, float]) -> Decision:
    """Reject from 0.5 on, for the reason of the attribute with the highest value; else approve."""
    name, value = max(values.items(), key=lambda pair: pair[1])
    if value < 0.5:
        return Decision(Status.APPROVED, By.MODERATOR, name=MODERATOR)
    return Decision(
        Status.REJECTED, By.MODERATOR, name=MODERATOR, reason=_REASONS.get(name, RejectReason.OTHER)
    )


_REASONS: Final = {
    "SPAM": RejectReason.SPAM,
    "TOXICITY": RejectReason.ABUSIVE,
    "SEVERE_TOXICITY": RejectReason.ABUSIVE,
    "INSULT": RejectReason.ABUSIVE,
    "PROFANITY": RejectReason.ABUSIVE,
    "OBSCENE": RejectReason.ABUSIVE,
    "IDENTITY_ATTACK": RejectReason.HATE_SPEECH,
    "THREAT": RejectReason.HARASSMENT,
    "ATTACK_ON_AUTHOR": RejectReason.HARASSMENT,
    "ATTACK_ON_COMMENTER": RejectReason.HARASSMENT,
}
