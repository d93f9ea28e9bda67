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
from moderation.domain.comment import Article, Author, Draft, RejectReason, author_ref
from moderation.domain.ids import MAX_ID, MAX_NAME, SITE_PATTERN, fault_of_name, is_site
from moderation.domain.policy import Mode, Policy
from moderation.domain.replay import Goal, Target
from moderation.domain.webhook import EVENT_PATTERN, MAX_PATTERN, is_pattern
from moderation.store import EVERY_SITE, MAX_SITES, Filters, Role, fault_of_sites
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


def ms(moment: datetime | None) -> int | None:
    """Milliseconds since the epoch."""
    return None if moment is None else int(moment.timestamp() * 1000)


def _short(limit: int, description: str) -> Any:
    return Annotated[str, Field(max_length=limit, description=description), AfterValidator(_no_nul)]


Id = Annotated[str, Field(min_length=1, max_length=MAX_ID), AfterValidator(_id)]
Text = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TEXT_BYTES, description="1 to 65,536 bytes of UTF-8."),
    AfterValidator(_text),
]
Note = Annotated[str, Field(max_length=2_000), AfterValidator(_no_nul)]
Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_id)]
Tag = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_id)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_our_time)]
Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


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
    created_at: Moment | None = Field(None, description="RFC 3339 with a zone.")
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


Revision = Annotated[int, Field(ge=1, le=1_000_000_000)]


class ApproveBody(Body):
    """An approval."""

    note: Note | None = None
    override: bool = Field(False, description="Decide against a colleague's standing decision.")
    revision: Revision | None = Field(
        None, description="Decide only if the text is still of this revision; else 409."
    )


class RejectBody(Body):
    """A rejection and its reason."""

    reason: Annotated[RejectReason, Field(strict=False)]
    note: Note | None = None
    override: bool = Field(False, description="Decide against a colleague's standing decision.")
    revision: Revision | None = Field(
        None, description="Decide only if the text is still of this revision; else 409."
    )


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


class FilterBody(Body):
    """Comments of a queue, narrowed as its listing is."""

    queue: Literal["pending", "reported", "escalated", "approved", "rejected"] = "pending"
    article: Id | None = Field(None, description="Only of this article.")
    author: Id | None = Field(None, description="Only by this author: an id, or an author's `ref`.")
    reason: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        None, description="Only with this reason's code."
    )
    received_after: Moment | None = Field(None, description="Only received then or later.")
    received_before: Moment | None = Field(None, description="Only received before.")
    score_min: Score | None = Field(None, description="Only with a spam score of at least this.")
    score_max: Score | None = Field(None, description="Only with a spam score of at most this.")
    q: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_no_nul)] | None = Field(
        None, description="Only with all of these words in text, author's name or title."
    )
    tag: Tag | None = Field(None, description="Only with this tag.")
    assigned: Name | None = Field(None, description="Only assigned to this moderator.")

    def filters(self) -> Filters:
        """The store's filters."""
        return Filters(
            article=self.article,
            author=author_ref(self.author) if self.author is not None else None,
            reason=self.reason,
            received_after=ms(self.received_after),
            received_before=ms(self.received_before),
            score_min=self.score_min,
            score_max=self.score_max,
            text=self.q,
            tag=self.tag,
            assigned=self.assigned,
        )


class DecisionsBody(Body):
    """Many decisions at once: a list, or one action on all that a filter admits (the first 1,000, oldest first)."""

    decisions: Annotated[list[DecisionRow], Field(min_length=1, max_length=MAX_ROWS)] | None = None
    filter: FilterBody | None = None
    action: Literal["approve", "reject"] | None = Field(None, description="With `filter`: what to do to all.")
    reason: Annotated[RejectReason, Field(strict=False)] | None = Field(
        None, description="With `filter`: required to reject."
    )
    note: Note | None = None
    override: bool = False
    dry_run: bool = Field(False, description="With `filter`: only say how many comments it admits.")

    @model_validator(mode="after")
    def _list_or_filter(self) -> DecisionsBody:
        if (self.decisions is None) == (self.filter is None):
            raise _fault("list_or_filter", "Send either `decisions` or `filter`.")
        named = self.action or self.reason or self.note or self.override or self.dry_run
        if self.decisions is not None and named:
            raise _fault("needless", "With `decisions` every row says its own action, reason and note.")
        if self.filter is not None and not self.dry_run and self.action is None:
            raise _fault("missing_action", "Give an `action` for what the filter admits, or `dry_run`.")
        if self.action == "reject" and self.reason is None and not self.dry_run:
            raise _fault("missing_reason", "Give a `reason` to reject.")
        if self.action == "approve" and self.reason is not None:
            raise _fault("needless_reason", "An approval takes no `reason`; use `note`.")
        return self


Lease = Annotated[int, Field(ge=10, le=3_600)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=MAX_ROWS)]


class ClaimBody(Body):
    """Which comments to lease, and for how long."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    lease_seconds: Lease = Field(300, description="The lease ends by itself after so many seconds.")
    order: Literal["oldest", "newest", "spam", "ham"] = "oldest"
    article: Id | None = None
    author: Id | None = Field(None, description="An author's id or `ref`.")
    reason: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    ids: Annotated[list[Id], Field(min_length=1, max_length=100)] | None = Field(
        None,
        description="Just these, as far as they are in the queue and free; what you hold already is renewed. The rest but "
        "`lease_seconds` is then left out.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> ClaimBody:
        if self.ids is not None and self.model_fields_set - {"ids", "lease_seconds"}:
            raise _fault("needless", "With `ids` send nothing else but `lease_seconds`.")
        return self

    def filters(self) -> Filters:
        """The store's filters."""
        author = author_ref(self.author) if self.author is not None else None
        return Filters(article=self.article, author=author, reason=self.reason)


class RenewBody(Body):
    """Which leases to lengthen; all of the caller's if no ids are given."""

    ids: Ids | None = None
    lease_seconds: Lease = 300


class ReleaseBody(Body):
    """Which leases to end; all of the caller's if no ids are given."""

    ids: Ids | None = None


class EscalateBody(Body):
    """Why a colleague with more say should decide."""

    reason: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_no_nul)]


class AssignBody(Body):
    """Whose the comment is; null for nobody's."""

    moderator: Name | None


class NoteBody(Body):
    """A note for colleagues; the site never sees it."""

    text: Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_no_nul)]


class TagsBody(Body):
    """The comment's tags, all of them."""

    tags: Annotated[list[Tag], Field(max_length=20)]


class StandingBody(Body):
    """How far the site trusts an author; null takes a standing back."""

    standing: Literal["trusted", "banned", "suspended"] | None
    until: Moment | None = Field(None, description="The end of a suspension; without one it has none.")
    reject_pending: bool = Field(
        False,
        description="With `banned` or `suspended`: also reject what of the author's waits for a decision.",
    )
    reason: Annotated[RejectReason, Field(strict=False)] = Field(
        RejectReason.OTHER, description="Why what waits is rejected."
    )

    @model_validator(mode="after")
    def _fits(self) -> StandingBody:
        if self.until is not None and self.standing != "suspended":
            raise _fault("until", "Only a suspension has an end: leave `until` out.")
        if self.reject_pending and self.standing not in {"banned", "suspended"}:
            raise _fault("reject_pending", "Only a ban or a suspension rejects what waits.")
        return self


Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


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
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


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
    max_same_by_author: Annotated[int, Field(ge=1, le=20)] | None = Field(
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
    akismet_hold: bool = Field(
        True,
        description="What a client of Akismet's asks about and no rule or score settles waits for a moderator. If false, the "
        "score settles it at once (`akismet_spam_from`), in every mode, and nothing waits.",
    )
    akismet_recheck_seconds: Annotated[int, Field(ge=60, le=2_592_000)] = Field(
        7_200,
        description="Tells WordPress to hold a comment that waits for a moderator; after twice as long it publishes it itself.",
    )
    akismet_spam_from: Probability = Field(
        0.5, description="Without `akismet_hold`, `spam` from this on is answered as spam."
    )
    discard_above: Probability | None = Field(
        0.999,
        description="Tells Akismet's clients that spam with `spam` from this on need not be kept; null never says so.",
    )
    perspective_files: bool = Field(
        False,
        description="File as a comment what is sent to the Perspective dialect, unless `doNotStore` forbids it.",
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
        ms(body.created_at),
        body.lang,
        body.metadata,
    )


_NOBODY: Final = Author()
_NOTHING: Final = Article()


# --- sites and keys --------------------------------------------------------------------------------


def _name(text: str) -> str:
    if (fault := fault_of_name(text)) is not None:
        raise _fault("name", fault)
    return text


def _slug(text: str) -> str:
    if not is_site(text):
        raise _fault("slug", "A site's slug has 1 to 64 characters of a-z, 0-9 and the hyphen.")
    return text


class SiteBody(Body):
    """A new site."""

    site: Annotated[
        str,
        Field(
            description="Its slug: 1 to 64 of a-z, 0-9 and the hyphen.",
            json_schema_extra={"pattern": SITE_PATTERN},
        ),
        AfterValidator(_slug),
    ]


class KeyBody(Body):
    """A new key for a site."""

    role: Annotated[Role, Field(strict=False)]
    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_NAME,
            description="Whose it is; it stands on this person's decisions.",
        ),
        AfterValidator(_name),
    ]
    sites: list[Annotated[str, Field(min_length=1, max_length=64)]] = Field(
        default_factory=list,
        max_length=MAX_SITES,
        description="Further sites that it reaches, all of them the caller's own; or `*` alone for all sites.",
    )

    @model_validator(mode="after")
    def _sites_fit(self) -> KeyBody:
        # The path's own site counts as one of them; which it is makes no difference here.
        wanted = self.sites if EVERY_SITE in self.sites else ["", *self.sites]
        if (fault := fault_of_sites(wanted, self.role)) is not None:
            raise _fault("sites", fault)
        return self


class SignInBody(Body):
    """A key to sign in with; the browser gets a session for it and never sees the key again."""

    key: str = Field(min_length=1, max_length=512, description="A moderator's, reader's or admin's key.")


# --- webhooks ----------------------------------------------------------------------------------------


def _pattern(text: str) -> str:
    if not is_pattern(text):
        raise _fault(
            "event", "Name a type of event as `comment.approved`, a prefix as `comment.*`, or `*` for all."
        )
    return text


EventPattern = Annotated[
    str,
    Field(max_length=MAX_PATTERN, json_schema_extra={"pattern": EVENT_PATTERN}),
    AfterValidator(_pattern),
]
HookUrl = Annotated[
    str,
    Field(
        min_length=1, max_length=2_048, description="Where deliveries are posted: https on a public address."
    ),
]
HookEvents = Annotated[
    list[EventPattern],
    Field(min_length=1, max_length=50, description="Types of events: whole, as `comment.*`, or `*` for all."),
]
HookNote = Annotated[str, Field(max_length=200, description="What it is for."), AfterValidator(_no_nul)]
HookInclude = Annotated[
    list[Literal["comment"]],
    Field(
        max_length=1, description="`comment`: the comment as it is at delivery comes along in `data.comment`."
    ),
]


class WebhookBody(Body):
    """A new webhook."""

    url: HookUrl
    events: HookEvents = ["*"]
    description: HookNote = ""
    enabled: bool = True
    include: HookInclude = []


class WebhookPatchBody(Body):
    """What changes of a webhook; what is left out stays."""

    url: HookUrl | None = None
    events: HookEvents | None = None
    description: HookNote | None = None
    enabled: bool | None = Field(
        None, description="Enabled again, it is told what it missed, as far as the event log reaches."
    )
    include: HookInclude | None = None

    def fields(self) -> dict[str, Any]:
        """What was given."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if value is not None
        }


class ReplayBody(Body):
    """A span of time whose events are delivered again."""

    since: Annotated[Moment, Field(strict=False)]
    until: Annotated[Moment, Field(strict=False, description="The first moment that is not meant.")]

    @model_validator(mode="after")
    def _in_order(self) -> ReplayBody:
        if self.until <= self.since:
            raise _fault("until", "Give an `until` that is later than `since`.")
        return self


# --- preview ---------------------------------------------------------------------------------------


AShare = Annotated[float, Field(ge=0.001, le=1, allow_inf_nan=False)]


class TargetBody(Body):
    """What the thresholds should reach; one of the three."""

    held_good_share: AShare | None = Field(
        None, description="Of the comments that moderators approve, at most this share waits for one."
    )
    cards_per_day: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)] | None = Field(
        None, description="At most so many comments a day wait for a moderator."
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


class CoralBody(Body):
    """Which Coral is the site's own; its secrets and token never come back."""

    signing_secrets: Annotated[
        list[Annotated[str, Field(min_length=16, max_length=512)]],
        Field(
            min_length=1,
            max_length=10,
            description="As Coral shows them, of the phase and of the webhook endpoint.",
        ),
    ]
    graphql_url: Annotated[str, Field(min_length=1, max_length=2_048)] | None = Field(
        None, description="Where decisions go: `https://CORAL/api/graphql`; left out, there is no way back."
    )
    token: Annotated[str, Field(min_length=1, max_length=4_096, pattern=r"^[!-~]+$")] | None = Field(
        None, description="An access token of a Coral moderator; needed with `graphql_url`."
    )
    hold: bool = Field(
        False,
        description="Withhold a doubtful comment in Coral (`SYSTEM_WITHHELD`) instead of only flagging it.",
    )


class PolicyTestBody(Body):
    """A text to try a policy's rules on."""

    text: Text
    policy: PolicyBody | None = Field(
        None, description="A changed policy, whole as for PUT; the one in force if it is left out."
    )
