"""Repeats: the same or nearly the same text again, by the author or by others on the site."""

from __future__ import annotations

from moderation.checks.context import Context
from moderation.domain.comment import Draft, Reason
from moderation.domain.policy import Finding


def by_author(draft: Draft, context: Context) -> Finding | None:
    """Holds when the author has said the same ``max_same_by_author`` times already."""
    limit, before = context.policy.max_same_by_author, context.activity.same_by_author
    if limit is None or before < limit:
        return None
    text = f"The author wrote the same, or nearly the same, {_times(before)} before in {_hours(context.policy.repeat_hours)}."
    return Finding(Reason("repeated_by_author", text, 0.7))


def on_site(draft: Draft, context: Context) -> Finding | None:
    """Holds when other authors of the site have said the same ``max_same_on_site`` times already."""
    limit, before = context.policy.max_same_on_site, context.activity.same_on_site
    if limit is None or before < limit:
        return None
    text = f"Others on the site wrote the same, or nearly the same, {_times(before)} before in {_hours(context.policy.repeat_hours)}."
    return Finding(Reason("repeated_on_site", text, 0.8))


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _hours(number: int) -> str:
    return "the last hour" if number == 1 else f"the last {number} hours"
