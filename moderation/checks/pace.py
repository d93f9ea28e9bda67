"""Pace: more comments than usual from one author, from one address, or on one article."""

from __future__ import annotations

from moderation.checks.context import Context
from moderation.domain.comment import Draft, Reason
from moderation.domain.policy import Finding


def of_author(draft: Draft, context: Context) -> Finding | None:
    """Holds when the author wrote ``max_by_author`` comments within the window already."""
    policy = context.policy
    whose = "The author wrote"
    return _faster(
        "pace_author", whose, context.activity.by_author, policy.max_by_author, policy.pace_minutes
    )


def of_address(draft: Draft, context: Context) -> Finding | None:
    """Holds when ``max_by_address`` comments came from the author's address within the window already."""
    policy = context.policy
    whose = "From the author's internet address came"
    return _faster(
        "pace_address", whose, context.activity.by_address, policy.max_by_address, policy.pace_minutes
    )


def on_article(draft: Draft, context: Context) -> Finding | None:
    """Holds when the article got ``max_by_article`` comments within the window already."""
    policy = context.policy
    whose = "The article got"
    return _faster(
        "pace_article", whose, context.activity.by_article, policy.max_by_article, policy.pace_minutes
    )


def _faster(code: str, whose: str, before: int, limit: int | None, minutes: int) -> Finding | None:
    if limit is None or before < limit:
        return None
    noun = "other comment" if before == 1 else "other comments"
    window = "the last minute" if minutes == 1 else f"the last {minutes} minutes"
    return Finding(Reason(code, f"{whose} {before} {noun} in {window}; the site allows {limit}.", 0.6))
