"""A comment and a context, as short as a table needs them."""

from __future__ import annotations

from typing import Any

from moderation.checks import Activity, Check, Context
from moderation.domain.author import Record
from moderation.domain.comment import Author, Draft
from moderation.domain.policy import Finding, Policy


def found(
    check: Check,
    text: str = "I agree.",
    *,
    author: Record | None = None,
    activity: Activity | None = None,
    now: int = 0,
    url: str | None = None,
    human_rejected: bool = False,
    **policy: Any,
) -> Finding | None:
    """What one check finds in a text under a policy."""
    context = Context(Policy(**policy), now, author or Record(), activity or Activity(), human_rejected)
    return check.find(Draft("c", text, Author(id="a", url=url)), context)


def marked(text: str, finding: Finding | None) -> list[str]:
    """What the spans of a finding mark in the text."""
    return [text[start:end] for start, end in finding.reason.spans] if finding else []
