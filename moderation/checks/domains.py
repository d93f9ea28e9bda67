"""Domains: how a policy may write them, how a host is compared with a list, and the services that shorten links."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Final

from model.normalise import fold_text
from moderation.checks.ready import Ready
from moderation.checks.tlds import TLDS

_LABEL: Final = re.compile(r"(?!-)[\w-]{1,63}(?<!-)")
MAX_DOMAINS: Final = 500_000  # of all lists that are kept ready

# Hosts that exist to hide where a link leads. Those that a company uses for its own pages (youtu.be, amzn.to) are none.
SHORTENERS: Final = frozenset((
    "adf.ly", "adfoc.us", "b.link", "bc.vc", "bit.do", "bit.ly", "bitly.com", "bl.ink", "buff.ly", "clck.ru", "cli.gs", "cutt.ly",
    "cutt.us", "dub.sh", "goo.gl", "goo.su", "hyperurl.co", "ity.im", "is.gd", "j.mp", "kutt.it", "lnkd.in", "ln.run", "mcaf.ee",
    "n9.cl", "ow.ly", "po.st", "q.gs", "qr.ae", "qr.net", "rb.gy", "rebrand.ly", "rebrandly.com", "s.id", "s2r.co", "shor.by",
    "short.cm", "short.gy", "short.io", "shorte.st", "shorturl.at", "shorturl.asia", "shrtco.de", "smarturl.it", "snip.ly",
    "soo.gd", "su.pr", "surl.li", "t.co", "t.ly", "t2m.io", "tiny.cc", "tiny.one", "tiny.pl", "tinyurl.com", "tr.im", "tny.im",
    "u.to", "urlz.fr", "urly.it", "v.gd", "v.ht", "vk.cc", "vurl.com", "x.co", "x.gd", "yourls.org", "zpr.io", "zws.im"
))  # fmt: skip


def plain_host(host: str) -> str:
    """A host as it is compared: folded, an international one read from its ``xn--`` form, without a dot at the end."""
    labels = [_read(label) for label in host.lower().strip(".").split(".")]
    return fold_text(".".join(labels))


def _read(label: str) -> str:
    if label.startswith("xn--"):
        with contextlib.suppress(UnicodeError):
            return label[4:].encode("ascii").decode("punycode")
    return label


def above(host: str) -> Iterator[str]:
    """The host and the domains above it, the most exact first."""
    yield host
    dot = host.find(".")
    while dot >= 0:
        yield host[dot + 1 :]
        dot = host.find(".", dot + 1)


def listed(host: str, domains: tuple[str, ...]) -> str | None:
    """The most exact of the domains that covers the host (as ``plain_host`` gives it), or None."""
    if not domains:
        return None
    known = _READY.of(domains)
    return next((one for one in above(host) if one in known), None)


def _plain(domains: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(plain_host, domains))


_READY: Final = Ready(_plain, MAX_DOMAINS)


def faults(domains: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The entries that are no domain: index, and a sentence that says what to do."""
    for index, domain in enumerate(domains):
        why = _fault(domain)
        if why is not None:
            yield index, why


def _fault(domain: str) -> str | None:
    if "/" in domain or ":" in domain or "@" in domain:
        return "Write the domain alone, such as `example.com`, without `https://`, port or path."
    if "*" in domain:
        return "Write the domain without `*`; it covers its subdomains."
    labels = domain.lower().split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        return "Write a domain such as `example.com`: letters, digits and hyphens between single dots."
    if _read(labels[-1]) not in TLDS:
        return "Write a whole domain with its ending, such as `example.com`; this ending does not exist."
    return None
