"""What is found in an author's standing and record, in repeats and in pace."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.checks import CHECKS, Activity, Check, Context, run
from moderation.domain.author import Record, Standing
from moderation.domain.comment import Draft, RejectReason
from moderation.domain.policy import Effect, Finding, Policy
from tests.checks.asking import found

BY_NAME = {check.name: check for check in CHECKS}
DAY = 86_400_000


@pytest.mark.parametrize(
    ("record", "below", "now", "standing"),
    [
        (Record(), 1, 0, Standing.NEW),
        (Record(approved=1), 0, 0, Standing.KNOWN),
        (Record(approved=1), 2, 0, Standing.NEW),
        (Record(approved=2), 2, 0, Standing.KNOWN),
        (Record(given=Standing.TRUSTED), 3, 0, Standing.TRUSTED),
        (Record(approved=9, given=Standing.BANNED), 1, 0, Standing.BANNED),
        (Record(given=Standing.SUSPENDED, until=DAY), 1, DAY - 1, Standing.SUSPENDED),
        (Record(given=Standing.SUSPENDED, until=DAY), 1, DAY, Standing.NEW),
        (Record(approved=1, given=Standing.SUSPENDED, until=DAY), 1, DAY, Standing.KNOWN),
        (Record(given=Standing.SUSPENDED), 1, DAY, Standing.SUSPENDED),
    ],
)
def test_standing(record: Record, below: int, now: int, standing: Standing) -> None:
    assert record.standing(now, below) is standing


def test_the_banned_and_the_suspended_are_rejected() -> None:
    banned = found(BY_NAME["standing"], author=Record(given=Standing.BANNED))
    suspended = found(BY_NAME["standing"], author=Record(given=Standing.SUSPENDED, until=DAY), now=1)
    for finding, code in ((banned, "author_banned"), (suspended, "author_suspended")):
        assert finding is not None
        assert (finding.reason.code, finding.effect, finding.reject_reason) == (
            code,
            Effect.REJECT,
            RejectReason.OTHER,
        )
    assert found(BY_NAME["standing"], author=Record(given=Standing.SUSPENDED, until=DAY), now=DAY) is None
    assert found(BY_NAME["standing"]) is None


@pytest.mark.parametrize(
    ("name", "policy", "activity", "sentence"),
    [
        ("repeats_by_author", {}, Activity(same_by_author=1),
         "The author wrote the same, or nearly the same, once before in the last 24 hours."),
        ("repeats_by_author", {"max_same_by_author": 2}, Activity(same_by_author=1), None),
        ("repeats_by_author", {"max_same_by_author": None}, Activity(same_by_author=99), None),
        ("repeats_by_author", {}, Activity(same_on_site=99), None),
        ("repeats_on_site", {"repeat_hours": 1}, Activity(same_on_site=5),
         "Others on the site wrote the same, or nearly the same, 5 times before in the last hour."),
        ("repeats_on_site", {}, Activity(same_on_site=4), None),
        ("repeats_on_site", {"max_same_on_site": None}, Activity(same_on_site=99), None),
        ("pace_of_author", {"max_by_author": 3}, Activity(by_author=3),
         "The author wrote 3 other comments in the last 10 minutes; the site allows 3."),
        ("pace_of_author", {"max_by_author": 3}, Activity(by_author=2), None),
        ("pace_of_author", {}, Activity(by_author=99), None),
        ("pace_of_address", {"max_by_address": 1, "pace_minutes": 1}, Activity(by_address=1),
         "From the author's internet address came 1 other comment in the last minute; the site allows 1."),
        ("pace_of_address", {"max_by_address": 1}, Activity(by_author=1), None),
        ("pace_on_article", {"max_by_article": 50}, Activity(by_article=50),
         "The article got 50 other comments in the last 10 minutes; the site allows 50."),
        ("pace_on_article", {"max_by_article": 50}, Activity(by_article=49), None),
    ],
)  # fmt: skip
def test_repeats_and_pace(
    name: str, policy: dict[str, Any], activity: Activity, sentence: str | None
) -> None:
    finding = found(BY_NAME[name], activity=activity, **policy)
    assert (finding.reason.text if finding else None) == sentence


@pytest.mark.parametrize(
    ("share", "record", "held"),
    [
        (0.5, Record(recent_approved=1, recent_rejected=2), True),
        (0.5, Record(recent_approved=2, recent_rejected=2), True),  # at the share: held
        (0.5, Record(recent_approved=3, recent_rejected=2), False),
        (0.5, Record(recent_rejected=2), False),  # two decided comments say nothing
        (0.1, Record(approved=9, rejected=9), False),  # long ago
        (None, Record(recent_rejected=9), False),
    ],
)
def test_record(share: float | None, record: Record, held: bool) -> None:
    finding = found(BY_NAME["record"], author=record, hold_rejected_share=share)
    assert (finding is not None) == held


def test_newcomers() -> None:
    check = BY_NAME["newcomers"]
    assert found(check, author=Record(approved=1), hold_first_comments=2) is not None
    assert found(check, author=Record(approved=2), hold_first_comments=2) is None
    assert found(check) is None


# -- the list -----------------------------------------------------------------------------------------------------------

EVERYTHING = Policy(
    banned_words=("badword",), denied_domains=("evil.com",), suspect_words=("oddword",), max_links=0, max_by_author=1,
    max_by_address=1, max_by_article=1, hold_first_comments=5, hold_rejected_share=0.1, max_length=5, max_capitals=0.1,
    languages=("ru",),
)  # fmt: skip
TEXT = "BADWORD AND ODDWORD ON http://evil.com AND https://bit.ly/x AND THE example[.]com OF YOU AND IT IS WHAT I AM NOT"
BUSY = Activity(9, 9, 9, 9, 9)
BAD_RECORD = Record(recent_rejected=9)


def codes(author: Record) -> list[str]:
    outcome = run(Draft("c", TEXT), Context(EVERYTHING, 0, author, BUSY, human_rejected=True))
    assert not outcome.broken
    return [finding.reason.code for finding in outcome.findings]


def test_everything_at_once_strongest_first() -> None:
    assert codes(BAD_RECORD) == [
        "banned_word", "denied_domain", "suspect_word", "too_many_links", "rejected_before", "disguised_link", "repeated_on_site",
        "shortened_link", "repeated_by_author", "record", "pace_author", "pace_address", "pace_article", "language", "newcomer",
        "too_long", "capitals",
    ]  # fmt: skip


def test_a_trusted_author_is_asked_less() -> None:
    assert codes(Record(recent_rejected=9, given=Standing.TRUSTED)) == [
        "banned_word", "denied_domain", "suspect_word", "rejected_before", "disguised_link",
    ]  # fmt: skip


def test_a_broken_check_holds_and_the_others_run() -> None:
    def broken(*_: object) -> Finding | None:
        raise KeyError("a defect")

    outcome = run(Draft("c", "badword"), Context(EVERYTHING), (Check("broken", broken), *CHECKS))
    assert [name for name, _ in outcome.broken] == ["broken"]
    assert {"check_failed", "banned_word"} <= {finding.reason.code for finding in outcome.findings}


def test_names_and_order() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert [check.name for check in CHECKS[:4]] == [
        "standing", "banned_words", "denied_domains", "rejected_before",
    ]  # fmt: skip
