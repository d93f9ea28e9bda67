"""Perspective's AnalyzeComment, spoken to the byte: `comments:analyze`, `comments:suggestscore`, the discovery document.

Served are the attributes that can be scored honestly: SPAM and TOXICITY by the model, LIKELY_TO_REJECT from what the site's
own moderators decided, once there are enough decisions. Any other is refused, as the documentation has it, by name.
Source: the last public methods.md of conversationai/perspectiveapi.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from typing import Any, Final, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import to_json

from moderation.checks.fingerprints import fingerprints
from moderation.domain.comment import Article, Comment, Draft, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.ids import MAX_ID, is_comment_id
from moderation.domain.statistics import hour_of
from moderation.domain.statistics import report as report_of
from moderation.errors import Busy, Expired, ModerationError, NotFound, Unauthorized
from moderation.store import Key, Role
from moderation.store.statistics import MAX_HOURS
from moderation.web import body
from moderation.web.desk import Desk
from moderation.web.dialects import discovery

MAX_TEXT_BYTES: Final = 20_480  # as documented
MAX_BODY_BYTES: Final = 262_144
ENOUGH_DECISIONS: Final = 200  # of moderators, on which a share of rejections rests
MODERATOR: Final = "perspective"  # who decides what is suggested
PRODUCTION: Final = {"SPAM": "spam", "TOXICITY": "toxicity"}  # attribute -> the model's
LIKELY_TO_REJECT: Final = "LIKELY_TO_REJECT"
ATTRIBUTES: Final = (*PRODUCTION, LIKELY_TO_REJECT)
_VERSION: Final = re.compile(r"@\d+$")
_LANGUAGE: Final = re.compile(r"[a-zA-Z]{2,3}(?:[-_][a-zA-Z0-9]{2,8})*")
_SENTENCE_END: Final = re.compile(r"(?:[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]+|\n+)\s*")
MOST_SPANS: Final = 500  # sentences scored apart in one request
_JSON: Final = "application/json; charset=UTF-8"

B = TypeVar("B", bound="Shared")


class Text(BaseModel):
    """A text and its type."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str | None = None
    type: str | None = None


class Entries(BaseModel):
    """What stands around the comment."""

    model_config = ConfigDict(extra="forbid", strict=True)

    entries: list[Text] | None = None
    articleAndParentComment: JsonValue = None  # noqa: N815  # their word


class Parameters(BaseModel):
    """How an attribute is asked for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    scoreType: str | None = None  # noqa: N815  # their word
    scoreThreshold: float | None = Field(None, strict=False, allow_inf_nan=False)  # noqa: N815


class Shared(BaseModel):
    """What both calls take."""

    model_config = ConfigDict(extra="forbid", strict=True)

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


class Suggested(BaseModel):
    """A score that somebody suggests."""

    model_config = ConfigDict(extra="allow", strict=True)

    value: float | None = Field(None, strict=False, allow_inf_nan=False)


class SuggestedAttribute(BaseModel):
    """The scores suggested for an attribute."""

    model_config = ConfigDict(extra="allow", strict=True)

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
        sent = {"Content-Type": _JSON, **(headers or {})}
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
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
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
    root = f"{request.scheme}://{request.host}/"
    return web.Response(body=to_json(discovery.document(root)), headers={"Content-Type": _JSON})


async def analyze(request: web.Request, desk: Desk) -> web.StreamResponse:
    """Scores a text; files it as a comment if the site wants that and the caller does not forbid it."""
    key = await _admitted(request, desk)
    asked = await _asked(request, desk, Analyze)
    text = _text(asked)
    languages = _languages(asked)
    wanted = _wanted(asked, desk)
    spans = _sentences(text) if asked.spanAnnotations else [(0, len(text))]
    texts = [text, *(text[start:end] for start, end in spans)] if asked.spanAnnotations else [text]
    lang = languages[0] if languages else ""
    found = await desk.scoring.score(texts, lang)
    rejected = await _shares(desk, key.sites[0]) if LIKELY_TO_REJECT in wanted.values() else None
    if not asked.doNotStore and (await desk.store.sites.policy(key.sites[0])).perspective_files:
        await desk.store.comments.accept(key.sites[0], _draft(desk, key, asked, text))
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
    key = await _admitted(request, desk)
    asked = await _asked(request, desk, Suggest)
    text = _text(asked)
    values = {
        _VERSION.sub("", name): one.summaryScore.value
        for name, one in (asked.attributeScores or {}).items()
        if one.summaryScore is not None and one.summaryScore.value is not None
    }
    if not values:
        raise _invalid("Missing attribute_scores")
    site = key.sites[0]
    comment_id = await _find(desk, key, asked, text)
    decision = _decision(values)
    op = blake2b(to_json([comment_id, decision.document()]), digest_size=12).hexdigest()
    await desk.store.comments.decide(site, comment_id, decision, override=True, op=f"suggested:{op}")
    answer = {"languages": _languages(asked) or ["und"], "detectedLanguages": _languages(asked) or ["und"]}
    if asked.clientToken is not None:
        answer = {"clientToken": asked.clientToken, **answer}  # type: ignore[dict-item]
    return web.Response(body=to_json(answer), headers={"Content-Type": _JSON})


# --- the request ----------------------------------------------------------------------------------


async def _admitted(request: web.Request, desk: Desk) -> Key:
    """The caller's key, from ``?key=`` or Google's header; a site's key, or one for Akismet."""
    token = request.query.get("key") or request.headers.get("X-Goog-Api-Key") or ""
    if not token.strip():
        raise Fault(
            403,
            "The request is missing a valid API key.",
            "PERMISSION_DENIED",
        )
    token = token.strip()
    found = await desk.store.keyring.find(token) if token.isascii() and len(token) <= 512 else None
    if found is None or found.role not in {Role.SITE, Role.ADMIN} or found.everywhere:
        raise Unauthorized("This key is not known, or posts for no site.")
    return found


async def _asked(request: web.Request, desk: Desk, model: type[B]) -> B:
    data = await body.read(request, MAX_BODY_BYTES, desk.settings.body_timeout)
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
    found: dict[str, str] = {}
    for name, parameters in asked.requestedAttributes.items():
        plain = _VERSION.sub("", name)
        known = PRODUCTION.get(plain) in desk.scoring.attributes or plain == LIKELY_TO_REJECT
        if plain not in ATTRIBUTES or not known:
            raise _invalid(f"Unknown requested attribute: {name[:100]}")
        kind = parameters.scoreType
        if kind not in {None, "PROBABILITY", "SCORE_TYPE_UNSPECIFIED"}:
            raise _invalid(f"Requested score type {kind[:40]} is not supported by attribute {plain}")
        found[name] = plain
    return found


def _sentences(text: str) -> list[tuple[int, int]]:
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


def _value(plain: str, scores: dict[str, float], rejected: Sequence[float] | None) -> float:
    if plain == LIKELY_TO_REJECT:
        assert rejected is not None
        return _between(rejected, scores["spam"])
    return scores[PRODUCTION[plain]]


async def _shares(desk: Desk, site: str) -> list[float]:
    """How often the site's moderators rejected what scored so, for each tenth of the score; it never falls."""
    now = (await desk.store.queues.counts(site))["pending"].now
    last = hour_of(now)
    hours = await desk.store.statistics.hours(site, last - MAX_HOURS + 1, last)
    bins = (await asyncio.to_thread(report_of, hours, last - MAX_HOURS + 1, last)).calibration
    decided = sum(one.rejected.of for one in bins)
    if decided < ENOUGH_DECISIONS:
        raise _invalid(
            f"Unknown requested attribute: {LIKELY_TO_REJECT} (it rests on the site's own decisions: there are "
            f"{decided} of the {ENOUGH_DECISIONS} in 30 days that it needs)"
        )
    whole = sum(one.rejected.count for one in bins) / decided
    # Each tenth leans on the site's own share as if that were ten decisions more, so that few decisions say little.
    shares = [(one.rejected.count + 10 * whole) / (one.rejected.of + 10) for one in bins]
    return _rising(shares, [one.rejected.of + 10 for one in bins])


def _rising(shares: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The nearest shares that never fall (pool adjacent violators)."""
    pools: list[tuple[float, float, int]] = []  # sum, weight, how many tenths
    for share, weight in zip(shares, weights, strict=True):
        pools.append((share * weight, weight, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            (a, b, c), (d, e, f) = pools.pop(), pools.pop()
            pools.append((a + d, b + e, c + f))
    return [total / weight for total, weight, times in pools for _ in range(times)]


def _between(shares: Sequence[float], score: float) -> float:
    """The share at a score, in a straight line between the middles of the tenths."""
    place = score * len(shares) - 0.5
    low = max(0, min(len(shares) - 1, int(place)))
    high = min(len(shares) - 1, low + 1)
    part = max(0.0, min(1.0, place - low))
    return shares[low] + (shares[high] - shares[low]) * part


# --- the comment ----------------------------------------------------------------------------------


def _filed_id(desk: Desk, asked: Shared, text: str) -> str:
    """The id under which a text is filed: the same text of the same thread twice is one comment."""
    place = f"{asked.communityId or ''}\n{asked.clientToken or ''}\n{text}"
    key = blake2b(desk.store.secret, digest_size=32, person=b"perspective").digest()
    return "p-" + blake2b(place.encode(), digest_size=15, key=key).hexdigest()


def _draft(desk: Desk, key: Key, asked: Shared, text: str) -> Draft:
    del key
    languages = asked.languages or []
    beside = {"client_token": asked.clientToken, "community_id": asked.communityId}
    return Draft(
        _filed_id(desk, asked, text),
        text,
        article=Article(id=asked.communityId[:MAX_ID]) if _is_id(asked.communityId) else Article(),  # type: ignore[index]
        lang=languages[0][:35] if languages else None,
        metadata={name: value for name, value in beside.items() if value is not None},
    )


def _is_id(text: str | None) -> bool:
    return text is not None and is_comment_id(text)


async def _find(desk: Desk, key: Key, asked: Suggest, text: str) -> str:
    """The comment of which a suggestion speaks: by its token, by its text, else it is filed now."""
    comments, site = desk.store.comments, key.sites[0]
    token = asked.clientToken or ""
    for comment_id in (token, token.removeprefix("comment:"), _filed_id(desk, asked, text)):
        if is_comment_id(comment_id) and await _says(desk, site, comment_id, text):
            return comment_id
    without_token = asked.model_copy(update={"clientToken": None})
    comment_id = _filed_id(desk, without_token, text)
    if await _says(desk, site, comment_id, text):
        return comment_id
    same = await desk.store.activity.first_with(site, fingerprints(text))
    if same is not None and await _says(desk, site, same, text):
        return same
    accepted = await comments.accept(site, _draft(desk, key, asked, text))
    return accepted.comment.id


async def _says(desk: Desk, site: str, comment_id: str, text: str) -> bool:
    try:
        found: Comment = await desk.store.comments.get(site, comment_id)
    except (NotFound, Expired):
        return False
    return found.draft.text == text


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
