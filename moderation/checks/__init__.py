"""The checks, in the order in which they run: the table of contents of what rules can find (`docs/checks.md` has it in words).

Each is one pure function ``(draft, context) -> Finding | None``. A check that breaks never blocks a comment: it is
counted and logged by the caller, and the comment goes to a human.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from moderation.checks import (
    form,
    languages,
    links,
    newcomers,
    pace,
    record,
    refused,
    repeats,
    standing,
    words,
)
from moderation.checks.context import Context
from moderation.checks.reading import forget
from moderation.domain.activity import Activity
from moderation.domain.author import Standing
from moderation.domain.comment import Draft, Reason
from moderation.domain.policy import Finding

Function = Callable[[Draft, Context], Finding | None]


class Check(NamedTuple):
    """A check by its name; ``of_trusted``: whether it applies to authors whom a moderator trusts."""

    name: str
    find: Function
    of_trusted: bool = False


CHECKS: Final[tuple[Check, ...]] = (
    Check("standing", standing.shut_out, of_trusted=True),
    Check("banned_words", words.banned, of_trusted=True),
    Check("denied_domains", links.denied, of_trusted=True),
    Check("rejected_before", refused.refused_before, of_trusted=True),
    Check("suspect_words", words.suspect, of_trusted=True),
    Check("links", links.too_many),
    Check("shortened_links", links.shortened),
    Check("disguised_links", links.disguised, of_trusted=True),
    Check("repeats_by_author", repeats.by_author),
    Check("repeats_on_site", repeats.on_site),
    Check("pace_of_author", pace.of_author),
    Check("pace_of_address", pace.of_address),
    Check("pace_on_article", pace.on_article),
    Check("newcomers", newcomers.first_comments),
    Check("record", record.often_rejected),
    Check("too_short", form.too_short),
    Check("too_long", form.too_long),
    Check("capitals", form.capitals),
    Check("empty", form.empty, of_trusted=True),
    Check("languages", languages.another),
)

__all__ = ["CHECKS", "Activity", "Check", "Context", "Outcome", "forget", "run"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the checks found, strongest first, and which of them broke (name and kind of error)."""

    findings: tuple[Finding, ...] = ()
    broken: tuple[tuple[str, Exception], ...] = field(default=())


def run(draft: Draft, context: Context, checks: Sequence[Check] = CHECKS) -> Outcome:
    """Runs every check that applies to the author; a broken one becomes a finding that holds the comment."""
    findings: list[Finding] = []
    broken: list[tuple[str, Exception]] = []
    trusted = context.standing is Standing.TRUSTED
    for check in checks:
        if trusted and not check.of_trusted:
            continue
        try:
            finding = check.find(draft, context)
        except Exception as failure:  # whatever a check does, the comment must reach a human
            broken.append((check.name, failure))
            text = f"The check “{check.name}” failed; a moderator decides."
            finding = Finding(Reason("check_failed", text, 1.0))
        if finding is not None:
            findings.append(finding)
    return Outcome(tuple(sorted(findings, key=lambda one: -one.reason.weight)), tuple(broken))
