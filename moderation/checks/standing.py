"""Standing: authors whom a moderator banned or suspended."""

from __future__ import annotations

from moderation.checks.context import Context
from moderation.domain.author import Standing
from moderation.domain.comment import Draft, Reason
from moderation.domain.policy import Effect, Finding


def shut_out(draft: Draft, context: Context) -> Finding | None:
    """Rejects what a banned author writes, and a suspended one while that lasts."""
    standing = context.standing
    if standing is Standing.BANNED:
        return Finding(
            Reason("author_banned", "A moderator banned the author from the site.", 1.0), Effect.REJECT
        )
    if standing is Standing.SUSPENDED:
        return Finding(
            Reason("author_suspended", "The author is suspended from the site.", 1.0), Effect.REJECT
        )
    return None
