"""Links: which count, which are denied, which hide something; and what only looks like one."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.checks import CHECKS
from moderation.checks.domains import faults
from moderation.checks.links import links_of
from moderation.domain.comment import RejectReason
from moderation.domain.policy import Effect
from tests.checks.asking import found, marked

BY_NAME = {check.name: check for check in CHECKS}
COUNT, SHORT, DISGUISED, DENIED = (
    BY_NAME[name] for name in ("links", "shortened_links", "disguised_links", "denied_domains")
)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("see https://example.com/a?b=c#d.", ["https://example.com/a?b=c#d"]),
        ("WWW.EXAMPLE.COM!", ["WWW.EXAMPLE.COM"]),
        ("(example.com/x)", ["example.com/x"]),
        ("at spiegel.de and orf.at/stories/1", ["spiegel.de", "orf.at/stories/1"]),
        ("bbc.co.uk, x.com", ["bbc.co.uk", "x.com"]),
        ("münchen.de почта.рф", ["münchen.de", "почта.рф"]),
        ("我喜欢google.com很多", ["google.com"]),
        ("[url=http://a.ru]x[/url]", ["http://a.ru"]),
        ('<a href="//example.org/x">', ["//example.org/x"]),
        ("http://127.0.0.1/x", ["http://127.0.0.1/x"]),
        ("my-shop24.me", ["my-shop24.me"]),
        # no links
        ("The end.Next sentence.It is me.so what", []),
        ("run main.py, read README.md and take file.zip", []),
        ("mail me@example.com", []),
        ("J.K.Rowling wrote 3.5.de and 2.de e.g.this", []),
        ("ok...com on and/or.com", []),
        ("Er kam.in der", []),
    ],
)
def test_what_counts_as_a_link(text: str, marks: list[str]) -> None:
    finding = found(COUNT, text, max_links=0)
    assert marked(text, finding) == marks
    assert (finding is None) == (not marks)


def test_more_links_than_allowed() -> None:
    text = "http://a.com http://b.com http://my.example.org"
    finding = found(COUNT, text, max_links=1, allowed_domains=("example.org",))
    assert finding is not None
    assert finding.reason.text == "It has 2 links; the site allows 1."
    assert found(COUNT, text, max_links=2, allowed_domains=("example.org",)) is None
    assert found(COUNT, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "http://evil.com", "go to evil.com now", "https://sub.EVIL.com:80/x", "evil[.]com", "evil dot com", "hxxp://evil(.)com",
        "еvil.com", "ｅｖｉｌ．ｃｏｍ", "e\u200bvil.com", "ev&#105;l.com", "https://good.org@evil.com/x", "look.evil.com",
    ],
)  # fmt: skip
def test_a_denied_domain_rejects_however_it_is_written(text: str) -> None:
    finding = found(DENIED, text, denied_domains=("evil.com",))
    assert finding is not None
    assert finding.reason.code == "denied_domain"
    assert (finding.effect, finding.reject_reason) == (Effect.REJECT, RejectReason.SPAM)
    assert finding.reason.spans


@pytest.mark.parametrize(
    "text", ["notevil.com", "evil.com.example.org", "evil", "evil.comx", "go to evil. com"]
)
def test_other_domains_are_not_denied(text: str) -> None:
    assert found(DENIED, text, denied_domains=("evil.com",)) is None


def test_an_ending_that_is_a_word_too_is_denied_when_it_is_listed() -> None:
    assert found(DENIED, "see look.it", denied_domains=("look.it",)) is not None
    assert found(COUNT, "see look.it", max_links=0) is None


def test_the_more_exact_domain_counts() -> None:
    lists: dict[str, Any] = {"denied_domains": ("example.com",), "allowed_domains": ("news.example.com",)}
    assert found(DENIED, "http://news.example.com/x", **lists) is None
    assert found(DENIED, "http://ads.example.com/x", **lists) is not None
    lists = {"denied_domains": ("ads.example.com",), "allowed_domains": ("example.com",)}
    assert found(DENIED, "http://ads.example.com/x", **lists) is not None
    assert found(COUNT, "http://ads.example.com/x", max_links=0, **lists) is not None


def test_an_international_domain_is_the_same_in_both_forms() -> None:
    assert found(DENIED, "http://xn--mnchen-3ya.de", denied_domains=("münchen.de",)) is not None
    assert found(DENIED, "http://münchen.de", denied_domains=("xn--mnchen-3ya.de",)) is not None


def test_the_authors_page() -> None:
    finding = found(DENIED, "I agree.", url="https://evil.com/me", denied_domains=("evil.com",))
    assert finding is not None
    assert finding.reason.text == "The author's page is on “evil.com”, which the site denies."
    assert finding.reason.spans == ()
    short = found(SHORT, "I agree.", url="https://bit.ly/x")
    assert short is not None
    assert "author's page" in short.reason.text


def test_shortened_links() -> None:
    finding = found(SHORT, "look bit.ly/abc and https://t.co/x")
    assert finding is not None
    assert finding.reason.text == "Its link through “bit.ly”, “t.co” hides where it leads."
    assert found(SHORT, "look bit.ly/abc", hold_shortened_links=False) is None
    assert found(SHORT, "look bit.ly/abc", allowed_domains=("bit.ly",)) is None
    assert found(SHORT, "https://habit.ly/x https://nyt.com") is None


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("at example[.]com/x now", ["example[.]com/x"]),
        ("example (dot) com", ["example (dot) com"]),
        ("evil [dot] co [dot] uk", ["evil [dot] co [dot] uk"]),
        ("example dot com sells it", ["example dot com"]),
        ("hxxps://example.com", ["hxxps://example.com"]),
        ("h**p://example.com", ["h**p://example.com"]),
        ("еxample.com", ["еxample.com"]),
        ("ｅｘａｍｐｌｅ．ｃｏｍ", ["ｅｘａｍｐｌｅ．ｃｏｍ"]),
        ("exa\u200bmple.com", ["exa\u200bmple.com"]),
        ("exa&#109;ple.com", ["exa&#109;ple.com"]),
        ("https://google.com@evil.com/x", ["https://google.com@evil.com/x"]),
        # written as it should be
        ("https://example.com/?a=1&amp;b=2", []),
        ("münchen.de, почта.рф", []),
        ("the dot com bubble, a dot com, dot com companies", []),
        ("I said dot com", []),
        ("sentence one (a). Com", []),
        ("f(x).y [1].com", []),
    ],
)
def test_disguised_links(text: str, marks: list[str]) -> None:
    assert marked(text, found(DISGUISED, text)) == marks
    assert found(DISGUISED, text, hold_disguised_links=False) is None


def test_allowed_domains_may_be_written_in_any_way() -> None:
    assert found(DISGUISED, "example[.]com", allowed_domains=("example.com",)) is None


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        ("https://example.com", "without `https://`"),
        ("example.com/x", "without `https://`"),
        ("*.example.com", "covers its subdomains"),
        ("example", "ending does not exist"),
        ("example.notatld", "ending does not exist"),
        ("exa mple.com", "letters, digits and hyphens"),
        (".example.com", "letters, digits and hyphens"),
        ("example..com", "letters, digits and hyphens"),
        ("-a.com", "letters, digits and hyphens"),
    ],
)
def test_domains_that_are_none(domain: str, why: str) -> None:
    assert [(index, why in sentence) for index, sentence in faults(["a.com", domain])] == [(1, True)]


def test_domains_that_are_some() -> None:
    assert (
        list(faults(["example.com", "a.b.co.uk", "münchen.de", "xn--mnchen-3ya.de", "COM", "ru", "t.co"]))
        == []
    )


def test_hosts_are_read_without_user_port_and_dot() -> None:
    assert [link.host for link in links_of("https://u:p@Example.COM.:8080/x")] == ["example.com"]
