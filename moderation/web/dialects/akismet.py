"""Akismet's protocol, spoken to the byte: whatever calls Akismet calls us instead.

A `comment-check` is a comment like any other: stored, scored, judged by the site's policy, shown in its queue; the answer is
what became of it. `submit-spam` and `submit-ham` are decisions by the site. Clients compare bodies byte for byte; on anything but
`true` and `false` they keep the comment for a human, so that is what every fault answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
import ipaddress
import re
import secrets
import time
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web
from pydantic_core import to_json

from moderation.domain.comment import Article, Author, Comment, Draft, RejectReason, Status
from moderation.domain.decision import By, Decision
from moderation.domain.ids import is_comment_id, uuid7
from moderation.domain.policy import AKISMET, Mode, Policy
from moderation.errors import Expired, ModerationError, NotFound, TooManyAttempts
from moderation.store import Bell, Callback, Key
from moderation.store.akismet import BY_THE_SITE, COUNTS
from moderation.web import body
from moderation.web.desk import Desk, OpenHandler
from moderation.web.dialects.forms import Form, read_form
from moderation.web.wire import MAX_TEXT_BYTES

THANKS: Final = "Thanks for making the web a better place."
GUID: Final = "X-akismet-guid"
HELP: Final = "X-akismet-debug-help"
PRO_TIP: Final = "X-akismet-pro-tip"
RECHECK: Final = "X-akismet-recheck-after"
TEST_NAMES: Final = frozenset(
    {"viagra-test-123", "akismet-guaranteed-spam"}
)  # of authors whose comments are spam
TEST_EMAIL: Final = "akismet-guaranteed-spam@example.com"
ADMINISTRATORS: Final = frozenset({"administrator", "super_admin"})
# A person in WordPress asks once more about what is there: the answer settles it, nothing is put off.
ASKED_AGAIN: Final = frozenset({"recheck", "recheck_queue"})
MONTHS: Final = {"60-days": 2, "6-months": 6, "all": 13}
MOST_CONTEXT: Final = 20  # categories of a post that are kept

_TEXT: Final = {"Content-Type": "text/plain; charset=utf-8"}
_JSON: Final = {"Content-Type": "application/json"}
_KEY: Final = re.compile(r"[A-Za-z0-9]{12}")
_LANG: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_MONTH: Final = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])")
# What makes a check the same check; and by what a correction finds its comment, which some clients send with little else.
_CHECK: Final = (
    "comment_content", "comment_author", "comment_author_email", "comment_author_url", "comment_type", "comment_post_ID",
    "comment_parent", "comment_date_gmt", "permalink", "user_ip", "user_agent",
)  # fmt: skip
_CONTENT: Final = ("comment_content", "comment_author", "permalink")
# Addresses that say where the site's proxy is and not where a reader is.
_INSIDE: Final = tuple(
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One call with what was sent and by whom."""

    desk: Desk
    form: Form
    key: Key
    token: str

    @property
    def site(self) -> str:
        """The key's one site."""
        return self.key.sites[0]


Handler = Callable[[Asked], Awaitable[web.Response]]


# --- the door --------------------------------------------------------------------------------------


def spoken(handler: Handler, *, verifying: bool = False) -> OpenHandler:
    """The handler behind a known key, with every fault in Akismet's form. ``verifying``: `key` is the key in question."""

    async def enter(request: web.Request, desk: Desk) -> web.Response:
        try:
            form = await _form(request, desk)
            token = _token(request, form, verifying=verifying)
            key = await desk.store.keyring.find_akismet(token) if _KEY.fullmatch(token) else None
            if key is None:
                desk.attempts.failed(request.remote)
                return text("invalid", {HELP: "This API key is not known here, or it was revoked."})
            return await handler(Asked(desk, form, key, token))
        except TooManyAttempts as error:
            return text("invalid", {HELP: _header(error.detail), **error.headers}, error.status)
        except ModerationError as error:
            return text(error.detail, {HELP: _header(error.detail), **error.headers}, error.status)

    return enter


async def _form(request: web.Request, desk: Desk) -> Form:
    """What was sent, in the body or, for the calls that are made with GET, in the query."""
    if request.method == "GET":
        return Form(request.query.items())
    data = await body.read(request, desk.settings.max_body_bytes, desk.settings.body_timeout)
    return read_form(data, request.headers.get("Content-Type", ""))


def _token(request: web.Request, form: Form, *, verifying: bool) -> str:
    """The key: in the body, else in the query, else as the first label of the host, as clients of the old style have it."""
    names = ("key", "api_key") if verifying else ("api_key", "key")
    named = form.get(*names) or request.query.get("api_key") or request.query.get("key") or ""
    if named:
        return named.strip()
    label, dot, _ = request.host.partition(".")
    return label if dot and _KEY.fullmatch(label) else ""


def _header(sentence: str) -> str:
    """A sentence as a header can hold it."""
    return sentence.encode("ascii", "replace").decode().replace("\n", " ").replace("\r", " ")


def text(content: str, headers: dict[str, str] | None = None, status: int = 200) -> web.Response:
    """An answer, byte for byte."""
    sent = {**_TEXT, **headers} if headers else _TEXT
    return web.Response(status=status, body=content.encode(), headers=sent)


def _missing(field: str) -> web.Response:
    return text(f"Missing required field: {field}.", {HELP: f'Empty "{field}" value'})


# --- comment-check ---------------------------------------------------------------------------------


async def comment_check(asked: Asked) -> web.Response:
    """Files a comment and says what became of it: `true` for spam, else `false`."""
    form = asked.form
    for field in ("blog", "user_ip"):
        # An address that is sent empty is kept from us on purpose; one that is not sent was forgotten.
        if field not in form or (field == "blog" and not form.get(field)):
            return _missing(field)
    answer = await _checked(asked)
    await asked.desk.store.akismet.count(asked.site, "api_calls", "spam" if answer.body == b"true" else "ham")
    return answer


async def _checked(asked: Asked) -> web.Response:
    form, desk = asked.form, asked.desk
    if ADMINISTRATORS & {one.strip() for one in form.get("user_role").split(",")}:
        return text("false", {GUID: _guid()})
    if form.get("comment_author") in TEST_NAMES or form.get("comment_author_email").casefold() == TEST_EMAIL:
        return text("true", {GUID: _guid()})
    sites = desk.store.sites
    if form.is_set("is_test"):  # neither kept nor learnt from
        return await _by_score(asked, await sites.policy(asked.site), _guid())
    if not form.get("recheck_reason"):
        begun = desk.store.akismet.begin(asked.site, _hash(asked, _CHECK), _guid())
        policy, guid = await asyncio.gather(sites.policy(asked.site), begun)  # in one write
        return await _filed(asked, policy, guid)
    policy = await sites.policy(asked.site)
    again = await _known(asked)
    if again is not None:
        async with desk.store.feed.watch(asked.site, again.id) as bell:
            if (edited := _content(form)) != again.draft.text:
                op = desk.store.private.content(asked.site, again.id, edited)
                again = await desk.store.comments.edit(asked.site, again.id, edited, f"akismet:{op}")
            return await _answered(asked, policy, again, bell)
    return await _filed(
        asked, policy, await desk.store.akismet.begin(asked.site, _hash(asked, _CHECK), _guid())
    )


async def _filed(asked: Asked, policy: Policy, guid: str) -> web.Response:
    async with asked.desk.store.feed.watch(asked.site, guid) as bell:
        return await _answered(asked, policy, await _accepted(asked, guid), bell)


async def _accepted(asked: Asked, guid: str) -> Comment:
    """The comment, stored under this id, and tied to its content and to whom a verdict is to be told."""
    store = asked.desk.store
    draft = draft_of(asked.form, guid, store.private.email, store.private.ip)
    # Who is to be told is known before there is anything to tell.
    await store.akismet.tie(asked.site, _hash(asked, _CONTENT), guid, _callback(asked))
    return (await store.comments.accept(asked.site, draft)).comment


async def _answered(asked: Asked, policy: Policy, comment: Comment, bell: Bell) -> web.Response:
    """What became of the comment, waiting for it a little."""
    desk = asked.desk
    until = time.monotonic() + desk.settings.verdict_seconds
    while comment.status == Status.QUEUED and (left := until - time.monotonic()) > 0:
        await bell.wait(left)
        comment = await desk.store.comments.get(asked.site, comment.id)
    if comment.status == Status.QUEUED and policy.akismet_hold:
        await desk.store.akismet.answered_early(asked.site, comment.id)
        # Once more: a verdict that fell before this note would be told by nobody.
        comment = await desk.store.comments.get(asked.site, comment.id)
    headers = {GUID: comment.id}
    if comment.status is Status.APPROVED:
        return text("false", headers)
    if comment.status is Status.REJECTED:
        if policy.discard_above is not None and comment.scores.get("spam", 0.0) >= policy.discard_above:
            headers[PRO_TIP] = "discard"
        return text("true", headers)
    if (
        comment.status is Status.QUEUED and not policy.akismet_hold
    ):  # no worker was in time: the verdict is wanted now
        return await _by_score(asked, policy, comment.id)
    # In shadow mode the site goes on as it did before, and only we watch.
    if asked.form.get("recheck_reason") not in ASKED_AGAIN and policy.mode is not Mode.SHADOW:
        headers[RECHECK] = str(policy.akismet_recheck_seconds)
    return text("false", headers)


async def _by_score(asked: Asked, policy: Policy, guid: str) -> web.Response:
    """The model's verdict alone; raises Busy without a model."""
    form = asked.form
    (scores,) = await asked.desk.scoring.score([_content(form)], _lang(form) or "")
    spam = scores.get("spam", 0.0)
    headers = {GUID: guid}
    if spam < policy.akismet_spam_from:
        return text("false", headers)
    if policy.discard_above is not None and spam >= policy.discard_above:
        headers[PRO_TIP] = "discard"
    return text("true", headers)


# --- submit-spam and submit-ham --------------------------------------------------------------------


async def submit_spam(asked: Asked) -> web.Response:
    """The site says that a comment is spam after all."""
    return await _submitted(asked, Decision(Status.REJECTED, By.MODERATOR, BY_THE_SITE, RejectReason.SPAM))


async def submit_ham(asked: Asked) -> web.Response:
    """The site says that a comment is no spam after all."""
    return await _submitted(asked, Decision(Status.APPROVED, By.MODERATOR, BY_THE_SITE))


async def _submitted(asked: Asked, decision: Decision) -> web.Response:
    """Decides the comment in the name of the site, whose editor saw it; one that is not known is filed and decided."""
    form, store = asked.form, asked.desk.store
    if not any(form.get(name) for name in ("user_ip", "guid", *_CONTENT)):
        return _missing("user_ip")
    if form.is_set("is_test"):
        return text(THANKS)
    known = await _known(asked)
    if known is None:
        known = await _accepted(asked, await store.akismet.begin(asked.site, _hash(asked, _CHECK), _guid()))
    # Who says what a moderator of ours has said decides nothing anew: the decision stays the moderator's.
    stands = known.status is decision.status and (known.decision or {}).get("kind") == By.MODERATOR
    if not stands:
        # The op makes a call that is sent twice one act; a change of mind is another.
        op = f"akismet:{known.id}:{decision.status.value}"
        await store.comments.decide(asked.site, known.id, decision, override=True, op=op)
    wrong = "missed_spam" if decision.status is Status.REJECTED else "false_positives"
    await store.akismet.count(asked.site, "api_calls", wrong)
    return text(THANKS)


async def _known(asked: Asked) -> Comment | None:
    """The comment that is meant: by the id of its check, else by its content; None if there is none any more.

    A comment that came another way is none of them, whatever its id: an Akismet key reaches checks alone.
    """
    store = asked.desk.store
    guid = asked.form.get("guid")
    for comment_id in (guid, await store.akismet.find(asked.site, _hash(asked, _CONTENT))):
        if comment_id and is_comment_id(comment_id):
            with contextlib.suppress(NotFound, Expired):
                found = await store.comments.get(asked.site, comment_id)
                if found.draft.via == AKISMET:
                    return found
    return None


# --- what was sent ---------------------------------------------------------------------------------


def draft_of(form: Form, guid: str, email_hash: Callable[[str], str], ip_hash: Callable[[str], str]) -> Draft:
    """The comment as the domain knows it; what cannot be read is left out, never refused."""
    email, address = form.get("comment_author_email").strip(), _address(form.get("user_ip"))
    permalink = form.get("permalink").strip()[:2_048]
    article = form.get("comment_post_ID") or permalink.partition("#")[0]
    parent = form.get("comment_parent")
    kind = form.get("comment_type") or _kind(form.get("content_type"))
    metadata: dict[str, Any] = {
        name: value
        for name, value in {
            "comment_type": kind[:64],
            "comment_context": [one[:200] for one in form.all("comment_context") if one][:MOST_CONTEXT],
            "honeypot_filled": _honeypot(form),
        }.items()
        if value
    }
    return Draft(
        guid,
        _content(form),
        Author(
            name=_printed(form.get("comment_author"), 256),
            url=_printed(form.get("comment_author_url"), 2_048),
            user_agent=_printed(form.get("user_agent"), 1_024),
            email_hash=email_hash(email[:320]) if email else None,
            ip_hash=ip_hash(address) if address else None,
        ),
        Article(id=article if is_comment_id(article) else None, url=permalink or None),
        parent_id=parent if is_comment_id(parent) and parent != "0" else None,
        created_at=_time(form.get("comment_date_gmt")),
        lang=_lang(form),
        metadata=metadata,
        via=AKISMET,
    )


def _content(form: Form) -> str:
    content = form.get("comment_content")
    if len(content) * 4 <= MAX_TEXT_BYTES:
        return content
    return content.encode()[:MAX_TEXT_BYTES].decode("utf-8", "ignore")


def _printed(value: str, most: int) -> str | None:
    return value[:most] or None


def _kind(value: str) -> str:
    # Discourse names the type of a comment so; others may mean the type of a body.
    return "" if "/" in value else value


def _honeypot(form: Form) -> bool:
    name = form.get("honeypot_field_name")
    return bool(name) and bool(form.get(name))


def _address(value: str) -> str | None:
    """The address of a reader; None for what is none, or would be the same for every reader behind the site's proxy."""
    try:
        found = ipaddress.ip_address(value.strip())
    except ValueError:
        return None
    if found.is_loopback or found.is_unspecified or found.is_link_local:
        return None
    return None if any(found in network for network in _INSIDE) else str(found)


def _lang(form: Form) -> str | None:
    """The comment's language, if the site has one."""
    named = [one.strip() for one in form.get("blog_lang").split(",")]
    return named[0] if len(named) == 1 and _LANG.fullmatch(named[0]) else None


def _time(value: str) -> int | None:
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if not 1970 < found.year < 2200:
        return None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def _callback(asked: Asked) -> Callback | None:
    url = asked.form.get("callback").strip()
    if len(url) > 2_048:
        return None
    try:
        parts = urlsplit(url)
        fit = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return None
    if not fit:
        return None
    return Callback(url, asked.token, asked.form.get("comment_post_ID"), asked.form.get("comment_parent"))


def _hash(asked: Asked, fields: tuple[str, ...]) -> str:
    values = [asked.form.get(name) for name in fields]
    if fields is _CONTENT:  # a correction may come from a database that keeps line ends and space otherwise
        values = [" ".join(value.split()) for value in values]
    return asked.desk.store.private.content(asked.site, *values)


def _guid() -> str:
    return uuid7(time.time_ns() // 1_000_000, secrets.randbits(74))


# --- keys and accounts -----------------------------------------------------------------------------


async def verify_key(asked: Asked) -> web.Response:
    """The key is good: the door has seen it."""
    del asked
    return text("valid")


async def deactivate(asked: Asked) -> web.Response:
    """The plugin was switched off; nothing changes for us."""
    del asked
    return text("deactivated")


async def token(asked: Asked) -> web.Response:
    """A token for a page of Akismet's own, which nobody here asks for."""
    del asked
    return text(secrets.token_hex(16))


async def get_subscription(asked: Asked) -> web.Response:
    """The account that the plugin's settings page shows."""
    return _document(
        {
            "account_id": zlib.crc32(asked.site.encode()),
            "account_type": "pro",
            "account_name": asked.site,
            "status": "active",
            "next_billing_date": False,
            "limit_reached": False,
        }
    )


async def get_stats(asked: Asked) -> web.Response:
    """What the plugin shows of the last months."""
    months = _last_months(asked, MONTHS.get(asked.form.get("from"), 6))
    rows = await asked.desk.store.akismet.usage(asked.site, *months)
    total = {name: sum(row[name] for row in rows) for name in COUNTS}
    wrong, checked = total["missed_spam"] + total["false_positives"], total["spam"] + total["ham"]
    share = 100.0 if not checked else 100 * max(0, checked - wrong) / checked
    return _document(
        {
            **{name: total[name] for name in COUNTS[1:]},
            "accuracy": f"{share:.2f}",
            "time_saved": 0,
            "breakdown": dict(zip(months, rows, strict=True)),
        }
    )


async def usage_limit(asked: Asked) -> web.Response:
    """How much was asked this month; there is no limit."""
    akismet = asked.desk.store.akismet
    (row,) = await akismet.usage(asked.site, akismet.month())
    return _document({"limit": "none", "usage": row["api_calls"], "percentage": "0.00", "throttled": False})


async def key_sites(asked: Asked) -> web.Response:
    """The sites of the key, which is one, and what it asked in a month."""
    form, akismet = asked.form, asked.desk.store.akismet
    month = form.get("month") if _MONTH.fullmatch(form.get("month")) else akismet.month()
    limit, offset = _number(form.get("limit"), 500), _number(form.get("offset"), 0)
    (row,) = await akismet.usage(asked.site, month)
    rows: list[dict[str, Any]] = [
        {"site": asked.site, **{name: str(row[name]) for name in COUNTS}, "is_revoked": False}
    ]
    rows = [one for one in rows if form.get("filter").casefold() in one["site"]]
    shown = rows[offset : offset + limit]
    if form.get("format").casefold() == "csv":
        return _csv(shown)
    return _document({month: shown, "limit": limit, "offset": offset, "total": len(rows)})


def _csv(rows: list[dict[str, Any]]) -> web.Response:
    written = io.StringIO()
    lines = csv.DictWriter(written, ("site", *COUNTS, "is_revoked"), lineterminator="\n")
    lines.writeheader()
    lines.writerows({**row, "is_revoked": int(row["is_revoked"])} for row in rows)
    return web.Response(body=written.getvalue().encode(), headers={"Content-Type": "text/csv; charset=utf-8"})


def _document(content: dict[str, Any]) -> web.Response:
    return web.Response(body=to_json(content), headers=_JSON)


def _number(value: str, default: int) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 7 else default


def _last_months(asked: Asked, number: int) -> list[str]:
    """The month of now and those before it, the oldest first."""
    year, month = map(int, asked.desk.store.akismet.month().split("-"))
    places = range(year * 12 + month - number, year * 12 + month)
    return [f"{place // 12}-{place % 12 + 1:02}" for place in places]


# --- the calls -------------------------------------------------------------------------------------

_POST: Final = ("POST",)
_EITHER: Final = ("POST", "GET")
_CALLS: Final[tuple[tuple[str, tuple[str, ...], OpenHandler, str], ...]] = (
    ("verify-key", _POST, spoken(verify_key, verifying=True), "whether a key is good"),
    ("comment-check", _POST, spoken(comment_check), "file a comment and say whether it is spam"),
    ("submit-spam", _POST, spoken(submit_spam), "a comment is spam after all"),
    ("submit-ham", _POST, spoken(submit_ham), "a comment is no spam after all"),
    ("deactivate", _POST, spoken(deactivate), "the plugin was switched off"),
    ("token", _POST, spoken(token), "a token for Akismet's own pages"),
    ("get-subscription", _POST, spoken(get_subscription), "the account"),
    ("get-stats", _POST, spoken(get_stats), "what was asked in the last months"),
    ("usage-limit", _EITHER, spoken(usage_limit), "how much was asked this month"),
    ("key-sites", _EITHER, spoken(key_sites), "the sites of the key"),
)
CALLS: Final[tuple[tuple[str, str, OpenHandler, str], ...]] = tuple(
    (method, f"/{version}/{name}", handler, f"Akismet: {summary}.")
    for version in ("1.1", "1.2")
    for name, methods, handler, summary in _CALLS
    for method in methods
)
