"""What a request may hold and what an answer looks like. The types validate bodies and make the OpenAPI document."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from moderation.checks import domains, entries, languages
from moderation.domain.comment import Article, Author, Draft, RejectReason
from moderation.domain.ids import MAX_ID
from moderation.domain.policy import Mode, Policy
from moderation.store.private import Private

MAX_TEXT_BYTES: Final = 65_536
MAX_METADATA_BYTES: Final = 8_192
MAX_ROWS: Final = 1_000


def _fault(kind: str, sentence: str, index: int | None = None) -> PydanticCustomError:
    context: dict[str, Any] = {"sentence": sentence}
    if index is not None:
        context["index"] = index
    return PydanticCustomError(kind, "{sentence}", context)


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


def _usable(
    faults: Callable[[list[str]], Iterator[tuple[int, str]]],
) -> Callable[[list[str]], list[str]]:
    """A validator that refuses a list at its first entry with a fault."""

    def check(values: list[str]) -> list[str]:
        found = min(faults(values), default=None)
        if found is not None:
            index, sentence = found
            raise _fault("entry", f"Entry {index} (counted from 0): {sentence}", index)
        return values

    return check


Words = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_no_nul)]],
    Field(max_length=50_000),
    AfterValidator(_usable(entries.faults)),
]
_HOW_WORDS = (
    "Found as whole words in any script, through disguises. `*` at an end of an entry stands for any letters; "
    "`/…/` is a regular expression (RE2, blind to case). At most 50,000 entries, of which 200 expressions."
)


Domains = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=253), AfterValidator(_no_nul)]],
    Field(max_length=10_000),
    AfterValidator(_usable(domains.faults)),
]
Languages = Annotated[list[str], Field(max_length=50), AfterValidator(_usable(languages.faults))]
Count = Annotated[int, Field(ge=0, le=1_000)]
AtLeastOne = Annotated[int, Field(ge=1, le=1_000)]
Length = Annotated[int, Field(ge=1, le=MAX_TEXT_BYTES)]
Days = Annotated[int, Field(ge=1, le=3_650)]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False, strict=False)]


class PolicyBody(Body):
    """A site's settings; what is left out has its default."""

    mode: Annotated[Mode, Field(strict=False)] = Mode.AUTO
    approve_below: Probability = Field(0.1, description="In mode `auto`, `spam` up to this approves.")
    reject_above: Probability = Field(
        0.98, description="In modes `auto` and `post`, `spam` from this on rejects."
    )
    banned_words: Words = Field(
        default_factory=list, description=f"Words and phrases that reject a comment. {_HOW_WORDS}"
    )
    suspect_words: Words = Field(
        default_factory=list,
        description="Words and phrases that hold a comment; written like `banned_words`.",
    )
    allowed_domains: Domains = Field(
        default_factory=list,
        description="Links to these domains and their subdomains do not count as links.",
    )
    denied_domains: Domains = Field(
        default_factory=list,
        description="A link to one of these domains or their subdomains rejects a comment; the more exact of an allowed and a denied one counts.",
    )
    max_links: Count | None = Field(None, description="More links hold a comment.")
    hold_shortened_links: bool = Field(
        True, description="Hold a comment with a link that hides where it leads."
    )
    hold_disguised_links: bool = Field(
        True, description="Hold a comment with a link written to slip past a filter, as in `example[.]com`."
    )
    max_same_by_author: AtLeastOne | None = Field(
        1,
        description="Hold when so many earlier comments of the author within `repeat_hours` say the same; null for no limit.",
    )
    max_same_on_site: AtLeastOne | None = Field(
        5,
        description="Hold when so many earlier comments of others on the site within `repeat_hours` say the same; null for no limit.",
    )
    repeat_hours: Annotated[int, Field(ge=1, le=168)] = Field(
        24, description="How far back repeats are looked for, in hours."
    )
    max_by_author: AtLeastOne | None = Field(
        None, description="Hold when the author wrote so many comments in the last `pace_minutes`."
    )
    max_by_address: AtLeastOne | None = Field(
        None,
        description="Hold when so many comments came from the author's IP address in the last `pace_minutes`.",
    )
    max_by_article: AtLeastOne | None = Field(
        None, description="Hold when the article got so many comments in the last `pace_minutes`."
    )
    pace_minutes: Annotated[int, Field(ge=1, le=1_440)] = Field(
        10, description="The window in which the pace is counted, in minutes."
    )
    hold_first_comments: Count = Field(0, description="Hold an author's comments until so many are approved.")
    hold_rejected_share: Share | None = Field(
        None,
        description="Hold when at least this share of the author's comments decided in the last `record_days`, and at least three of them, was rejected.",
    )
    record_days: Annotated[int, Field(ge=1, le=30)] = Field(
        7, description="How far back an author's record is read, in days."
    )
    min_length: Length | None = Field(None, description="Hold a comment of fewer characters.")
    max_length: Length | None = Field(None, description="Hold a comment of more characters.")
    max_capitals: Share | None = Field(
        None,
        description="Hold a comment with a greater share of capitals among its letters; texts of 20 such letters or more.",
    )
    hold_empty: bool = Field(True, description="Hold a comment in which a reader sees nothing to read.")
    languages: Languages = Field(
        default_factory=list,
        description="Two-letter codes (ISO 639-1). A comment that is surely in another language is held; none means any.",
    )
    report_threshold: AtLeastOne = Field(
        1, description="Distinct reporters that put a published comment into `reported`."
    )
    keep_decided_days: Days | None = Field(
        None, description="Days after which decided comments are removed; null keeps them."
    )
    keep_events_days: Days | None = Field(
        None, description="Days after which events are removed; null keeps them."
    )
    keep_audit_days: Days | None = Field(
        None, description="Days after which the audit is removed; null keeps it."
    )

    @model_validator(mode="after")
    def _ordered(self) -> PolicyBody:
        if self.approve_below > self.reject_above:
            raise _fault("thresholds", "`approve_below` must not be greater than `reject_above`.")
        if self.min_length is not None and self.max_length is not None and self.min_length > self.max_length:
            raise _fault("lengths", "`min_length` must not be greater than `max_length`.")
        both = {*map(domains.plain_host, self.allowed_domains)} & {
            *map(domains.plain_host, self.denied_domains)
        }
        if both:
            raise _fault(
                "domains",
                "Remove the domains that are in both `allowed_domains` and `denied_domains` from one of them.",
            )
        return self

    def policy(self) -> Policy:
        """The domain's policy."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        for name in ("banned_words", "suspect_words", "allowed_domains", "denied_domains", "languages"):
            given[name] = tuple(dict.fromkeys(given[name]))
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
