"""Links: those in the text, however they are written, and the one that the author gives as a page of one's own.

Found are addresses with a scheme, with ``www.``, and bare ones (``example.com/x``) whose ending exists. Many endings are words
too (``it``, ``me``, ``now``) or name files (``py``, ``zip``): a bare address with one of these counts only when something else
shows that it is one, for “look.it is” is a sentence with a space forgotten.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from model.normalise import Folded, fold_text
from moderation.checks.context import Context
from moderation.checks.domains import SHORTENERS, above, listed, plain_host
from moderation.checks.reading import read
from moderation.checks.tlds import TLDS
from moderation.domain.comment import Draft, Reason, RejectReason
from moderation.domain.policy import Effect, Finding, Policy

MAX_SPANS: Final = 20

# Endings of general use and of countries that a bare address may have; of the others those that are words are too many.
_GENERAL: Final = frozenset((
    "com", "net", "org", "edu", "gov", "mil", "info", "biz", "xyz", "shop", "site", "online", "club", "website", "store", "blog",
    "app", "dev", "tech", "news", "media", "press", "tv", "icu", "vip", "casino", "bet", "porn", "xxx", "sex", "buzz", "bid",
    "loan", "click", "download", "space", "cyou", "monster", "рф", "бел", "укр"
))  # fmt: skip
_WORDS: Final = frozenset((
    "ad", "ai", "al", "am", "as", "at", "be", "by", "do", "eu", "go", "id", "im", "in", "is", "it", "la", "li", "ma", "me", "mu",
    "my", "na", "ne", "ni", "no", "nu", "pa", "pm", "py", "md", "sh", "si", "so", "st", "su", "to", "us", "va"
))  # fmt: skip
_COUNTRIES: Final = frozenset(tld for tld in TLDS if len(tld) == 2 and tld.isascii()) - _WORDS
_SURE: Final = (_GENERAL & TLDS) | _COUNTRIES
_FILES: Final = frozenset(("zip", "mov", "py", "md", "sh"))

_LETTERS: Final = (
    r"0-9a-z\u00df-\u1fff\u2c00-\u2dff"  # not of scripts without spaces: there an address stands among words
)
_LABEL: Final = rf"[{_LETTERS}-]{{1,63}}+\."
_END: Final = r"[^\s<>\"')\]\u3000-\u303f]"
_LINK: Final = re.compile(
    # A scheme, or two slashes alone, then a host of any form.
    rf"(?P<scheme>(?<![a-z])[a-z][a-z0-9+*]{{1,15}}+(?:\[?:\]?//)|(?<![\w:/])//)(?P<authority>[^\s/?#<>\"')\]]{{1,253}})(?:[/?#]{_END}*)?"
    # Or labels and an ending; neither part of an address for mail nor of a path.
    rf"|(?<![{_LETTERS}@./_-])(?P<host>(?:{_LABEL}){{1,20}}+(?P<tld>[a-z\u00df-\u1fff]{{2,24}}+|xn--[a-z0-9-]{{2,59}}))(?![{_LETTERS}_-]|\.[{_LETTERS}]|@)(?::\d{{2,5}})?(?P<path>[/?#]{_END}*)?"
)
# Each branch begins with its sign and looks back from there: so rare signs are found quickly.
_SIGN_OF_A_LINK: Final = re.compile(r"\.(?<=[^\W_].)(?=[^\W\d_])|//")
_BRACKETED: Final = re.compile(r"[\[({]\.[\])}]")
_DOTS: Final = re.compile(
    r"(?<=[^\W_])\s?(?:\[\.\]|\(\.\)|\{\.\}|[\[({]dot[\])}])\s?(?=[^\W_])"
    r"|(?<=[^\W_])\s{1,2}dot\s{1,2}(?=(?:com|net|org|info|biz|ru|de|co|io|xyz|top|shop|site|online|app)\b)"
)
# “the dot com bubble” is English.
_BEFORE_DOT_COM: Final = re.compile(
    r"(?:^|[^\w])(?:a|an|the|this|that|of|every|each|any|some|another|no|first|early|late|old|new|big|great|or|and|in|to|like|was|is|his|her|their|my|our|your|called|said|say|says|[0-9s']+)$"
)
_AFTER_DOT_COM: Final = re.compile(
    r"\w+\s(?:bubble|boom|crash|era|bust|compan(?:y|ies)|cris[ie]s|stocks?|years?|days|mania|craze)\b"
)


@dataclass(frozen=True, slots=True)
class Link:
    """A link: its host as it is compared, its range in the original text, and how it was found.

    ``sure``: whether it counts as a link; else it is looked for in lists alone. ``disguised``: written to slip past a filter.
    """

    host: str
    span: tuple[int, int]
    sure: bool
    disguised: bool


def denied(draft: Draft, context: Context) -> Finding | None:
    """Rejects a link to one of the policy's ``denied_domains``, in the text or as the author's page."""
    policy = context.policy
    if not policy.denied_domains:
        return None
    found = [link for link in links_of(draft.text) if _is_denied(link.host, policy)]
    own = [link for link in _own(draft) if _is_denied(link.host, policy)]
    if not found and not own:
        return None
    if found:
        text = f"It links to {_named(found)}, which the site denies."
    else:
        text = f"The author's page is on {_named(own)}, which the site denies."
    return Finding(Reason("denied_domain", text, 1.0, _spans(found)), Effect.REJECT, RejectReason.SPAM)


def too_many(draft: Draft, context: Context) -> Finding | None:
    """Holds a comment with more links than ``max_links``; those to allowed domains do not count."""
    limit = context.policy.max_links
    if limit is None:
        return None
    found = [link for link in _not_allowed(draft.text, context.policy) if link.sure]
    if len(found) <= limit:
        return None
    noun = "link" if len(found) == 1 else "links"
    text = f"It has {len(found)} {noun}; the site allows {limit}."
    return Finding(Reason("too_many_links", text, 0.9, _spans(found)))


def shortened(draft: Draft, context: Context) -> Finding | None:
    """Holds a link through a service that hides where it leads, in the text or as the author's page."""
    if not context.policy.hold_shortened_links:
        return None
    found = [link for link in _not_allowed(draft.text, context.policy) if _is_short(link.host)]
    own = [
        link for link in _own(draft) if _is_short(link.host) and not _is_allowed(link.host, context.policy)
    ]
    if not found and not own:
        return None
    if found:
        text = f"Its link through {_named(found)} hides where it leads."
    else:
        text = f"The author's page, a link through {_named(own)}, hides where it leads."
    return Finding(Reason("shortened_link", text, 0.7, _spans(found)))


def disguised(draft: Draft, context: Context) -> Finding | None:
    """Holds a link that is written to slip past a filter: ``example[.]com``, ``hxxp://``, look-alike letters."""
    if not context.policy.hold_disguised_links:
        return None
    found = [link for link in _not_allowed(draft.text, context.policy) if link.disguised]
    if not found:
        return None
    shown = ", ".join(dict.fromkeys(f"“{draft.text[slice(*link.span)][:80]}”" for link in found[:3]))
    text = f"{shown} is a link to {_named(found)}, written so that a filter misses it."
    return Finding(Reason("disguised_link", text, 0.8, _spans(found)))


def _is_short(host: str) -> bool:
    return any(one in SHORTENERS for one in above(host))


def _is_denied(host: str, policy: Policy) -> bool:
    against = listed(host, policy.denied_domains)
    return against is not None and len(against) > len(listed(host, policy.allowed_domains) or "")


def _is_allowed(host: str, policy: Policy) -> bool:
    return listed(host, policy.allowed_domains) is not None and not _is_denied(host, policy)


def _not_allowed(text: str, policy: Policy) -> list[Link]:
    return [link for link in links_of(text) if not _is_allowed(link.host, policy)]


def _own(draft: Draft) -> tuple[Link, ...]:
    return links_of(draft.author.url) if draft.author.url else ()


def _named(found: list[Link]) -> str:
    return ", ".join(list(dict.fromkeys(f"“{link.host[:80]}”" for link in found))[:3])


def _spans(found: list[Link]) -> tuple[tuple[int, int], ...]:
    return tuple(link.span for link in found[:MAX_SPANS])


@lru_cache(maxsize=4)  # a comment's text and its author's page, for the four checks
def links_of(text: str) -> tuple[Link, ...]:
    """The links of a text, in order."""
    folded = read(text).folded
    seen = folded.text
    if "dot" in seen or _BRACKETED.search(seen):
        folded = _dotted(folded)
    elif not _SIGN_OF_A_LINK.search(seen):
        return ()
    return tuple(_links(text, folded))


def _dotted(folded: Folded) -> Folded:
    """The folded text with dots in brackets, or in words, as dots."""
    text = folded.text
    parts: list[str] = []
    offsets: list[int] = []
    done = 0
    for match in _DOTS.finditer(text):
        if match[0][:1].isspace() and match[0].strip() == "dot" and _is_said(text, match):
            continue
        parts += (text[done : match.start()], ".")
        offsets += (*folded.offsets[done : match.start()], folded.offsets[match.start()])
        done = match.end()
    if not parts:
        return folded
    return Folded("".join((*parts, text[done:])), [*offsets, *folded.offsets[done:]])


def _is_said(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 30) : match.start()]
    return bool(_BEFORE_DOT_COM.search(before) or _AFTER_DOT_COM.match(text, match.end()))


def _links(text: str, folded: Folded) -> Iterator[Link]:
    for match in _matches(folded.text):
        place = "authority" if match["authority"] else "host"
        start, end = match.span(place)
        host = match[place]
        hidden = False
        if place == "authority":
            host, hidden = _host_of(host)
            if not host:
                continue
        last = len(match[0].rstrip(".,;:!?*")) + match.start()
        span = _original(folded, match.start(), max(last, end if place == "host" else start + 1))
        written = text[slice(*_original(folded, start, end))]
        hidden = hidden or "*" in (match["scheme"] or "") or "hxx" in (match["scheme"] or "")
        hidden = hidden or "[" in (match["scheme"] or "") or _is_disguise(written)
        if place == "authority":
            sure = "." in host or "[" in host
            if not sure:
                continue
        else:
            tld = match["tld"]
            if tld not in TLDS and not tld.startswith("xn--"):
                continue
            ending = written[-len(tld) :]
            sure = _is_sure(host, tld, match["path"])
            if sure and ending[:1].isupper() and not ending.isupper() and not match["path"]:
                sure = tld in _GENERAL and not host.startswith("www.") and written[:1].isupper()
            hidden = hidden and sure
        yield Link(plain_host(host), span, sure, hidden)


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Where links may be: the expression is slow, so it is tried only around what can be one. No link has a blank in it."""
    done = 0
    for sign in _SIGN_OF_A_LINK.finditer(text):
        if sign.start() < done:
            continue
        end = text.find(" ", sign.end())
        begin, done = text.rfind(" ", done, sign.start()) + 1 or done, len(text) if end < 0 else end
        yield from _LINK.finditer(text, begin, done)


def _host_of(authority: str) -> tuple[str, bool]:
    """The host of ``user@host:port``, and whether a user hides it."""
    user, at, rest = authority.rpartition("@")
    host = rest.partition(":")[0].rstrip(".,;!*")
    return host, bool(at) and "." in user


def _is_sure(host: str, tld: str, path: str | None) -> bool:
    labels = host.split(".")[:-1]
    if labels[0] == "www" or (path and len(path) > 1 and path[0] == "/" and tld not in _FILES):
        return True
    if not any(char.isalpha() for label in labels for char in label):
        return False  # "2.de"
    if tld in _SURE:
        return True
    if tld in _FILES:
        return False
    if len(labels) > 1 and all(len(label) > 1 for label in labels):
        return True
    return any(char.isdigit() or char == "-" for char in labels[-1])


def _is_disguise(written: str) -> bool:
    """Whether a host as it was written is none: letters that look alike, that no reader sees, or that are written as references."""
    if written.isascii():
        return any(char in "[({&" or char.isspace() for char in written)
    return (
        any(not char.isascii() and not _is_letter_of_its_own(char) for char in written)
        or any(char in "[({&" or char.isspace() for char in written)
        or _mixes(written)
    )


def _is_letter_of_its_own(char: str) -> bool:
    folded = fold_text(char)
    if not folded.isascii():
        return True
    base = unicodedata.normalize("NFD", char)[0]
    # Letters with accents, and the few that have a plain one beside them (ß, ø, ł).
    return bool(folded) and (base.isascii() or ord(char) < 0x250)


def _mixes(written: str) -> bool:
    # Look-alikes that are folded only beside Latin letters, as a Cyrillic а in "pаypal.com".
    return any(
        any(char.isascii() and char.isalpha() for char in label)
        and any("\u0370" <= char < "\u0530" or "\u0530" <= char < "\u0590" for char in label)
        for label in written.split(".")
    )


def _original(folded: Folded, start: int, end: int) -> tuple[int, int]:
    places = folded.offsets
    return min(places[start], places[end - 1]), max(places[start], places[end - 1]) + 1
