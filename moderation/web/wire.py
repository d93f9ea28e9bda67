"""What a request may hold and what an answer looks like. The types validate bodies and make the OpenAPI document."""

from __future__ import annotations

import ipaddress
import json
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from moderation.domain.comment import Article, Author, Draft, RejectReason
from moderation.domain.ids import MAX_ID
from moderation.domain.policy import Mode, Policy
from moderation.domain.replay import Goal, Target
from moderation.store.private import Private

MAX_TEXT_BYTES: Final = 65_536
MAX_METADATA_BYTES: Final = 8_192
MAX_ROWS: Final = 1_000


def _fault(kind: str, sentence: str) -> PydanticCustomError:
    return PydanticCustomError(kind, "{sentence}", {"sentence": sentence})


def _no_nul(text: str) -> str:
    if "\0" in text:
        raise _fault("nul", "Remove the NUL character.")
    return text


def _text(text: str) -> str:
    if len(text) * 4 > MAX_TEXT_BYTES and len(text.encode()) > MAX_TEXT_BYTES:
        raise _fault("too_long", f"Send at most {MAX_TEXT_BYTES} bytes of UTF-8.")
    return _no_nul(text)


def _id(text: str) -> str:
    if not text.isprintable():
        raise _fault("not_printable", "Use printable characters only.")
    return text


def _ip(text: str) -> str:
    if not text:
        return text
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise _fault("ip", "Send an IPv4 or IPv6 address, or leave the field out.") from None


def _in_our_time(time: datetime) -> datetime:
    if not 1970 <= time.year < 2200:
        raise _fault("time", "Send a time from 1970 on.")
    return time


def _small(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if not value:
        return value
    try:
        size = len(json.dumps(value, allow_nan=False))
    except ValueError:  # NaN, an infinity, or a number of thousands of digits
        raise _fault("number", "Send numbers that are finite and of ordinary size.") from None
    if size > MAX_METADATA_BYTES:
        raise _fault("too_long", f"Send at most {MAX_METADATA_BYTES} bytes of JSON.")
    return value


def _short(limit: int, description: str) -> Any:
    return Annotated[str, Field(max_length=limit, description=description), AfterValidator(_no_nul)]


Id = Annotated[str, Field(min_length=1, max_length=MAX_ID), AfterValidator(_id)]
Text = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TEXT_BYTES, description="1 to 65,536 bytes of UTF-8."),
    AfterValidator(_text),
]
Note = Annotated[str, Field(max_length=2_000), AfterValidator(_no_nul)]


class Body(BaseModel):
    """What requests have in common: unknown fields are refused by name, types are not guessed."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AuthorBody(Body):
    """Who wrote. E-mail and IP are kept as keyed hashes and never come back."""

    id: Id | None = None
    name: _short(256, "Shown to moderators.") | None = None  # type: ignore[valid-type]
    email: _short(320, "Kept as a keyed hash.") | None = None  # type: ignore[valid-type]
    url: _short(2_048, "The author's page.") | None = None  # type: ignore[valid-type]
    ip: (
        Annotated[str, Field(max_length=64, description="Kept as a keyed hash."), AfterValidator(_ip)] | None
    ) = None
    user_agent: _short(1_024, "The reader's browser.") | None = None  # type: ignore[valid-type]


class ArticleBody(Body):
    """What was commented on."""

    id: Id | None = None
    url: _short(2_048, "Its address.") | None = None  # type: ignore[valid-type]
    title: _short(512, "Its headline.") | None = None  # type: ignore[valid-type]


class CommentBody(Body):
    """A comment as a site posts it; only ``text`` is required."""

    text: Text
    id: Id | None = Field(None, description="The site's own id; a UUIDv7 is given if it is left out.")
    author: AuthorBody | None = None
    article: ArticleBody | None = None
    parent_id: Id | None = None
    created_at: Annotated[AwareDatetime, AfterValidator(_in_our_time)] | None = Field(
        None, description="RFC 3339 with a zone."
    )
    lang: Annotated[str, Field(max_length=35, pattern=r"^[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*$")] | None = None
    metadata: Annotated[dict[str, JsonValue], AfterValidator(_small)] = Field(
        default_factory=dict, description="Anything of the site's own; up to 8 KiB of JSON."
    )


class EditBody(Body):
    """An edit: the new text and nothing else."""

    text: Text


class ReportBody(Body):
    """A reader's flag; one per reporter counts."""

    reporter: Id = Field(description="The reader who flags, by the site's own id; kept as a keyed hash.")
    reason: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_id)]


class ApproveBody(Body):
    """An approval."""

    note: Note | None = None
    override: bool = Field(False, description="Decide against a colleague's standing decision.")


class RejectBody(Body):
    """A rejection and its reason."""

    reason: Annotated[RejectReason, Field(strict=False)]
    note: Note | None = None
    override: bool = Field(False, description="Decide against a colleague's standing decision.")


class UndoBody(Body):
    """Nothing has to be said to undo."""


class DecisionRow(Body):
    """One of many decisions."""

    id: Id
    action: Literal["approve", "reject"]
    reason: Annotated[RejectReason, Field(strict=False)] | None = Field(
        None, description="Required to reject."
    )
    note: Note | None = None
    override: bool = False

    @model_validator(mode="after")
    def _reason_to_reject(self) -> DecisionRow:
        if self.action == "reject" and self.reason is None:
            raise _fault("missing_reason", "Give a `reason` to reject.")
        if self.action == "approve" and self.reason is not None:
            raise _fault("needless_reason", "An approval takes no `reason`; use `note`.")
        return self


class DecisionsBody(Body):
    """Many decisions at once."""

    decisions: Annotated[list[DecisionRow], Field(min_length=1, max_length=MAX_ROWS)]


Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=False)]
Words = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_no_nul)]],
    Field(max_length=50_000),
]


class PolicyBody(Body):
    """A site's settings; what is left out has its default."""

    mode: Annotated[Mode, Field(strict=False)] = Mode.AUTO
    approve_below: Probability = Field(0.1, description="In mode `auto`, `spam` up to this approves.")
    reject_above: Probability = Field(
        0.98, description="In modes `auto` and `post`, `spam` from this on rejects."
    )
    banned_words: Words = Field(default_factory=list, description="Words and phrases that reject a comment.")
    suspect_words: Words = Field(default_factory=list, description="Words and phrases that hold a comment.")
    max_links: Annotated[int, Field(ge=0, le=1000)] | None = Field(
        None, description="More links hold a comment."
    )
    hold_first_comments: Annotated[int, Field(ge=0, le=1000)] = Field(
        0, description="Hold an author's comments until so many are approved."
    )
    report_threshold: Annotated[int, Field(ge=1, le=1000)] = Field(
        1, description="Distinct reporters that put a published comment into `reported`."
    )

    @model_validator(mode="after")
    def _ordered(self) -> PolicyBody:
        if self.approve_below > self.reject_above:
            raise _fault("thresholds", "`approve_below` must not be greater than `reject_above`.")
        return self

    def policy(self) -> Policy:
        """The domain's policy."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        given["banned_words"] = tuple(dict.fromkeys(self.banned_words))
        given["suspect_words"] = tuple(dict.fromkeys(self.suspect_words))
        return Policy(**given)


# --- from the wire to the domain ------------------------------------------------------------------


def draft_of(body: CommentBody, comment_id: str, private: Private) -> Draft:
    """The domain's draft; e-mail and IP become keyed hashes here and go no further."""
    author, article = body.author, body.article
    return Draft(
        comment_id,
        body.text,
        Author(
            author.id,
            author.name or None,
            author.url or None,
            author.user_agent or None,
            private.email(author.email) if author.email else None,
            private.ip(author.ip) if author.ip else None,
        )
        if author
        else _NOBODY,
        Article(article.id, article.url or None, article.title or None) if article else _NOTHING,
        body.parent_id,
        int(body.created_at.timestamp() * 1000) if body.created_at else None,
        body.lang,
        body.metadata,
    )


_NOBODY: Final = Author()
_NOTHING: Final = Article()


# --- preview ---------------------------------------------------------------------------------------


AShare = Annotated[float, Field(ge=0.001, le=1, allow_inf_nan=False, strict=False)]


class TargetBody(Body):
    """What the thresholds should reach; one of the three."""

    held_good_share: AShare | None = Field(
        None, description="Of the comments that moderators approve, at most this share waits for one."
    )
    cards_per_day: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False, strict=False)] | None = (
        Field(None, description="At most so many comments a day wait for a moderator.")
    )
    wrong_approvals_share: AShare | None = Field(
        None,
        description="Of what is approved without a moderator, at most this share is what one would reject.",
    )

    @model_validator(mode="after")
    def _one(self) -> TargetBody:
        if sum(value is not None for value in self._bounds().values()) != 1:
            raise _fault("target", f"Give one of {', '.join(f'`{goal}`' for goal in Goal)}.")
        return self

    def _bounds(self) -> dict[Goal, float | None]:
        return {goal: getattr(self, goal.value) for goal in Goal}

    def target(self) -> Target:
        """The domain's target."""
        return next(Target(goal, bound) for goal, bound in self._bounds().items() if bound is not None)


class PreviewBody(Body):
    """What to replay."""

    policy: PolicyBody | None = Field(
        None, description="A changed policy, whole as for PUT; the one in force if it is left out."
    )
    days: Annotated[int, Field(ge=1, le=90)] = Field(30, description="Comments of so many days until now.")
    target: TargetBody | None = None
