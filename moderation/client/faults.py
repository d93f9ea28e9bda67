"""What can go wrong, as a small tree: nothing answered, or the service answered with a problem document (RFC 9457)."""

from __future__ import annotations

import json
from typing import Any


class ClientError(Exception):
    """The root of everything that this client raises on purpose."""


class Unreachable(ClientError):
    """No answer, after all attempts. What was sent may have arrived; sending it again with the same id is safe."""


class Problem(ClientError):
    """The service refused. ``detail`` says what to mend; ``request_id`` finds the call in the service's log.

    ``slug`` is the problem's name in the service's documentation, ``document`` all that was answered.
    """

    def __init__(self, status: int, document: dict[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.document = document
        self.slug = str(document.get("type", "")).rpartition("#problem-")[2]
        self.detail = str(document.get("detail") or document.get("title") or f"The answer was {status}.")
        self.request_id: str | None = document.get("request_id")
        self.retry_after = retry_after  # seconds, if the service named them
        super().__init__(f"{status} {self.slug}: {self.detail}".replace(" : ", ": "))

    @property
    def errors(self) -> list[dict[str, str]]:
        """Each wrong field of a body: ``pointer`` (a JSON pointer) and ``detail``."""
        return list(self.document.get("errors") or [])


class Invalid(Problem):
    """400, 413, 415, 422: what was sent is wrong; the same again will be refused again."""


class Unauthorized(Problem):
    """401: the key is not known, or was revoked."""


class Forbidden(Problem):
    """403: the key's role may not do that."""


class NotFound(Problem):
    """404: there is no such thing for this key."""


class Expired(Problem):
    """410: the comment's body is gone by the site's own rules."""


class Conflict(Problem):
    """409: it contradicts what stands."""


class CommentConflict(Conflict):
    """The id stands for another text already: ``edit`` it, or post under another id."""


class DecisionConflict(Conflict):
    """A colleague has decided; ``decision`` is what stands. Decide with ``override=True`` to decide otherwise."""

    @property
    def decision(self) -> dict[str, Any]:
        """The decision that stands."""
        return dict(self.document.get("decision") or {})


class Unavailable(Problem):
    """408, 429, 5xx after all attempts: the service cannot do it now. Later, the same call is safe."""


_BY_STATUS: dict[int, type[Problem]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: Invalid,
    408: Unavailable,
    409: Conflict,
    410: Expired,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    429: Unavailable,
}
_BY_SLUG: dict[str, type[Problem]] = {
    "comment-conflict": CommentConflict,
    "decision-conflict": DecisionConflict,
}


def problem(status: int, document: dict[str, Any], retry_after: float | None = None) -> Problem:
    """The error that fits a problem document."""
    slug = str(document.get("type", "")).rpartition("#problem-")[2]
    kind = _BY_SLUG.get(slug) or _BY_STATUS.get(status) or (Unavailable if status >= 500 else Problem)
    return kind(status, document, retry_after)


def problem_of(status: int, body: bytes, retry_after: float | None = None) -> Problem:
    """The error that fits an answer, whatever its body is: a proxy in between may have written it."""
    try:
        document = json.loads(body)
    except ValueError:
        document = {}
    return problem(status, document if isinstance(document, dict) else {}, retry_after)
