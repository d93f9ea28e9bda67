"""A policy over HTTP: what is kept, what is refused and why, and what a comment meets under it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from moderation.domain.policy import Policy
from tests.web.conftest import SITE, Desk

FULL: dict[str, Any] = {
    "banned_words": ["viagra", "*pills*", "/win \\d+ euro/"], "suspect_words": ["casino"], "allowed_domains": ["gazette.example.com"],
    "denied_domains": ["evil.com"], "max_links": 2, "hold_shortened_links": False, "hold_disguised_links": False,
    "max_same_by_author": None, "max_same_on_site": 3, "repeat_hours": 168, "max_by_author": 5, "max_by_address": 20,
    "max_by_article": 100, "pace_minutes": 1440, "hold_first_comments": 2, "hold_rejected_share": 0.5, "record_days": 30,
    "min_length": 2, "max_length": 5000, "max_capitals": 0.7, "hold_empty": False, "languages": ["en", "de"], "report_threshold": 3,
    "keep_decided_days": 365, "keep_events_days": 90, "keep_audit_days": 3650,
}  # fmt: skip

BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "expression": ({"banned_words": ["fine", "/(/"]}, "/banned_words/1", "RE2"),
    "look-around": ({"suspect_words": ["/(?<=a)b/"]}, "/suspect_words/0", "look-around"),
    "matches all": ({"banned_words": ["/x*/"]}, "/banned_words/0", "every comment"),
    "signs": ({"banned_words": ["a", "b", "…"]}, "/banned_words/2", "no letter or digit"),
    "empty word": ({"banned_words": [""]}, "/banned_words/0", ""),
    "long word": ({"banned_words": ["x" * 201]}, "/banned_words/0", "200"),
    "word of NUL": ({"banned_words": ["a\0"]}, "/banned_words/0", "NUL"),
    "too many words": ({"banned_words": ["a"] * 50_001}, "/banned_words", "50000"),
    "no list": ({"banned_words": "viagra"}, "/banned_words", ""),
    "address": ({"denied_domains": ["a.com", "https://b.com"]}, "/denied_domains/1", "without `https://`"),
    "ending": ({"allowed_domains": ["example.notatld"]}, "/allowed_domains/0", "ending"),
    "both": ({"allowed_domains": ["A.com"], "denied_domains": ["a.com"]}, "", "both"),
    "too many domains": ({"denied_domains": ["a.com"] * 10_001}, "/denied_domains", "10000"),
    "links": ({"max_links": -1}, "/max_links", ""),
    "same": ({"max_same_by_author": 0}, "/max_same_by_author", ""),
    "hours": ({"repeat_hours": 169}, "/repeat_hours", ""),
    "minutes": ({"pace_minutes": 0}, "/pace_minutes", ""),
    "minutes of none": ({"pace_minutes": None}, "/pace_minutes", ""),
    "share": ({"hold_rejected_share": 1.1}, "/hold_rejected_share", ""),
    "share of zero": ({"hold_rejected_share": 0}, "/hold_rejected_share", ""),
    "days": ({"record_days": 31}, "/record_days", ""),
    "length": ({"min_length": 0}, "/min_length", ""),
    "lengths": ({"min_length": 5, "max_length": 4}, "", "`min_length`"),
    "capitals": ({"max_capitals": "much"}, "/max_capitals", ""),
    "switch": ({"hold_empty": "yes"}, "/hold_empty", ""),
    "language": ({"languages": ["en", "klingon"]}, "/languages/1", "two-letter"),
    "keep": ({"keep_decided_days": 0}, "/keep_decided_days", ""),
    "keep long": ({"keep_audit_days": 3651}, "/keep_audit_days", ""),
    "unknown": ({"ban_words": []}, "/ban_words", "banned_words"),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_is_refused_names_the_field_and_the_remedy(desk: Desk, name: str) -> None:
    body, pointer, why = BAD[name]
    status, answer = await desk.call("PUT", "/policy", body, "admin")
    assert status == 422, answer
    assert (answer["errors"][0]["pointer"], why in answer["errors"][0]["detail"]) == (pointer, True), answer
    assert answer["detail"].rstrip().endswith(".")
    assert (await desk.call("GET", "/policy", None, "admin"))[1]["banned_words"] == []


async def test_all_settings_come_back_and_are_kept(desk: Desk) -> None:
    status, answer = await desk.call("PUT", "/policy", FULL, "admin")
    assert status == 200, answer
    kept = (await desk.call("GET", "/policy", None, "moderator"))[1]
    assert {name: kept[name] for name in FULL} == FULL
    assert (await desk.store.sites.policy(SITE)).languages == ("en", "de")
    await desk.call("PUT", "/policy", {}, "admin")
    assert await desk.store.sites.policy(SITE) == Policy(), "what is left out has its default"


async def test_a_policy_stored_by_an_older_release_loads(desk: Desk) -> None:
    old = {"mode": "post", "approve_below": 0.2, "reject_above": 0.9, "banned_words": ["x y"], "gone": True}
    await desk.store.sites.set_policy(SITE, Policy(), "ed")
    link = desk.store.sites._link
    await link.call("HSET", link.keys.site(SITE), "policy", json.dumps(old), "pv", "old")
    policy = await desk.store.sites.policy(SITE)
    assert (policy.mode, policy.banned_words, policy.repeat_hours) == ("post", ("x y",), 24)
    assert (await desk.call("GET", "/policy", None, "moderator"))[1]["max_same_on_site"] == 5


async def test_a_policy_that_did_not_change_is_the_same_object(desk: Desk) -> None:
    await desk.call("PUT", "/policy", {"banned_words": ["viagra"]}, "admin")
    first = await desk.store.sites.policy(SITE)
    assert await desk.store.sites.policy(SITE) is first
    await desk.call("PUT", "/policy", {"banned_words": ["cialis"]}, "admin")
    assert (await desk.store.sites.policy(SITE)).banned_words == ("cialis",)


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        ("0.01 buy v.i.a.g.r.a", "rejected", "banned_word"),
        ("0.01 sleepingpills", "rejected", "banned_word"),
        ("0.01 win 500 Euro", "rejected", "banned_word"),
        ("0.01 go to evil[.]com", "rejected", "denied_domain"),
        ("0.01 a c4sino", "pending", "suspect_word"),
        ("0.01 WHY IS NOTHING DONE ABOUT THIS", "pending", "capitals"),
    ],
)
async def test_a_comment_meets_the_policy(desk: Desk, text: str, status: str, code: str) -> None:
    await desk.call("PUT", "/policy", {**FULL, "hold_first_comments": 0}, "admin")
    comment = await desk.post("c", text)
    assert comment["status"] == status
    assert comment["reasons"][0]["code"] == code
