"""What went before a comment on its site. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Activity:
    """Earlier comments of the site, this one not counted.

    ``same_by_author`` and ``same_on_site`` (by other authors) have the same or nearly the same text and lie within the
    policy's ``repeat_hours``; ``by_author``, ``by_address`` and ``by_article`` lie within its ``pace_minutes``.
    """

    same_by_author: int = 0
    same_on_site: int = 0
    by_author: int = 0
    by_address: int = 0
    by_article: int = 0
