"""The checks, in the order in which they run: the table of contents of what rules can find.

Each is one pure function ``(draft, context) -> Finding | None``. A check that breaks never blocks a comment: it is
counted and logged by the caller, and the comment goes to a human.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from moderation.checks import links, newcomers, refused, words
from moderation.checks.context import Activity, Context
from moderation.domain.comment import Draft, Reason
from moderation.domain.policy import Finding

Check = Callable[[Draft, Context], Finding | None]

CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("banned_words", words.banned),
    ("refused_before", refused.refused_before),
    ("suspect_words", words.suspect),
    ("links", links.too_many),
    ("newcomers", newcomers.first_comments),
)

__all__ = ["CHECKS", "Activity", "Context", "Outcome", "run"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the checks found, strongest first, and which of them broke (name and kind of error)."""

    findings: tuple[Finding, ...] = ()
    broken: tuple[tuple[str, Exception], ...] = field(default=())


def run(draft: Draft, context: Context, checks: Sequence[tuple[str, Check]] = CHECKS) -> Outcome:
    """Runs every check; a broken one becomes a finding that holds the comment."""
    findings: list[Finding] = []
    broken: list[tuple[str, Exception]] = []
    for name, check in checks:
        try:
            finding = check(draft, context)
        except Exception as failure:  # whatever a check does, the comment must reach a human
            broken.append((name, failure))
            finding = Finding(Reason("check_failed", f"The check “{name}” failed; a moderator decides.", 1.0))
        if finding is not None:
            findings.append(finding)
    return Outcome(tuple(sorted(findings, key=lambda one: -one.reason.weight)), tuple(broken))
