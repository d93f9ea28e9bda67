"""The checks once more, on comments of the past under a policy that may be another.

What a text says is judged anew. What depended on the moment (who the author was then, how fast comments came, what had been
posted before) cannot be asked again: it is taken from the comment's recorded reasons while the policy still has that rule on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from moderation import checks
from moderation.checks.context import Context
from moderation.domain.comment import Article, Author, Comment, Draft
from moderation.domain.policy import Effect, Finding, Policy, decide
from moderation.domain.replay import Row, Verdict, human_of, would_be_of


@dataclass(frozen=True, slots=True)
class Momentary:
    """A finding of the moment: the setting that switches its rule on (None: always on), and what it asks for."""

    setting: str | None
    effect: Effect = Effect.HOLD


MOMENT: Final = {
    "author_banned": Momentary(None, Effect.REJECT),
    "author_suspended": Momentary(None, Effect.REJECT),
    "rejected_before": Momentary(None),
    "newcomer": Momentary("hold_first_comments"),
    "record": Momentary("hold_rejected_share"),
    "pace_author": Momentary("max_by_author"),
    "pace_address": Momentary("max_by_address"),
    "pace_article": Momentary("max_by_article"),
    "repeated_by_author": Momentary("max_same_by_author"),
    "repeated_on_site": Momentary("max_same_on_site"),
}


def rows(comments: Iterable[Comment], in_force: Policy, changed: Policy) -> list[Row]:
    """What both policies make of each comment, beside what was decided; comments without a text are left out."""
    same = in_force == changed
    found = []
    for comment in comments:
        if not comment.draft.text:  # swept: there is nothing left to judge
            continue
        now = verdict(comment, in_force)
        found.append(
            Row(
                at=comment.received_at,
                spam=comment.scores.get("spam"),
                human=human_of(comment),
                would_be=would_be_of(comment),
                in_force=now,
                changed=now if same else verdict(comment, changed),
            )
        )
    return found


def verdict(comment: Comment, policy: Policy) -> Verdict:
    """What a policy makes of a comment with the scores that it has."""
    findings = findings_of(comment, policy)
    effects = {finding.effect for finding in findings}
    rule = Effect.REJECT if Effect.REJECT in effects else Effect.HOLD if effects else None
    return Verdict(decide(policy, comment.scores, findings, via=comment.draft.via).status, rule)


def findings_of(comment: Comment, policy: Policy) -> list[Finding]:
    """What rules find: anew in the text, from the record what was of the moment."""
    anew = checks.run(comment.draft, Context(policy=policy)).findings
    recorded = [
        Finding(reason, MOMENT[reason.code].effect)
        for reason in comment.reasons
        if reason.code in MOMENT and _on(policy, MOMENT[reason.code].setting)
    ]
    return [*(one for one in anew if one.reason.code not in MOMENT), *recorded]


def findings_in(text: str, policy: Policy) -> list[Finding]:
    """What rules find in a text alone, without an author, an article or a past; strongest first."""
    found = checks.run(Draft("", text, Author(), Article()), Context(policy=policy)).findings
    return [one for one in found if one.reason.code not in MOMENT]


def unknowable(in_force: Policy, changed: Policy) -> tuple[str, ...]:
    """Settings of the moment that differ: their change cannot be replayed in full."""
    settings = [one.setting for one in MOMENT.values() if one.setting is not None]
    return tuple(name for name in settings if getattr(in_force, name, None) != getattr(changed, name, None))


def _on(policy: Policy, setting: str | None) -> bool:
    # A limit of None, or of no comments to hold, is a rule that is off; 0 as the most that may be is one that is on.
    if setting is None:
        return True
    value = getattr(policy, setting, None)
    return value is not None and (setting != "hold_first_comments" or value > 0)
