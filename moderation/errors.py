"""The tree of what can go wrong, each kind with its face towards HTTP.

Whoever finds the fault raises; nobody but ``web.problems`` turns it into a response.
``detail`` says what to mend and never carries a comment's text, a name, an address or a key.
"""

from __future__ import annotations

from typing import Any, ClassVar


class ModerationError(Exception):
    """The root: an expected fault with a sentence for the one who can mend it."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something failed on our side"

    def __init__(
        self, detail: str, *, headers: dict[str, str] | None = None, extra: dict[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}
        self.extra = extra or {}  # members added to the problem document, e.g. the standing decision


# --- what the caller sent -------------------------------------------------------------------------


class BadRequest(ModerationError):
    """The request cannot be read at all: broken JSON, a bad header, a forged cursor."""

    status, slug, title = 400, "bad-request", "The request cannot be read"


class Unauthorized(ModerationError):
    """No key, or none that we know."""

    status, slug, title = 401, "unauthorized", "A valid key is needed"


class Forbidden(ModerationError):
    """A known key of this site, with too small a role."""

    status, slug, title = 403, "forbidden", "This key may not do that"


class CrossSite(Forbidden):
    """A call with a session's cookie that does not show that the console's own page sent it."""

    slug, title = "cross-site", "This call may come from the console's own page alone"


class HttpsNeeded(Forbidden):
    """A sign-in on a page that came over plain http: the browser would not keep the session."""

    slug, title = "https-needed", "Signing in needs https"


class NotFound(ModerationError):
    """Nothing there for this key; the same answer whether it exists elsewhere or not."""

    status, slug, title = 404, "not-found", "Nothing here"


class Expired(ModerationError):
    """The comment's body is gone by the site's own rules; its status and times are in ``extra``."""

    status, slug, title = 410, "expired", "The comment's body was removed"


class MethodNotAllowed(ModerationError):
    """The path exists, the method does not."""

    status, slug, title = 405, "method-not-allowed", "This path does not take that method"


class RequestTimeout(ModerationError):
    """The body did not arrive in time."""

    status, slug, title = 408, "request-timeout", "The body did not arrive in time"


class Conflict(ModerationError):
    """The request is well formed and contradicts what stands."""

    status, slug, title = 409, "conflict", "This contradicts what stands"


class CommentConflict(Conflict):
    """The same comment id was posted before with another text."""

    slug, title = "comment-conflict", "This id already stands for another text"


class DecisionConflict(Conflict):
    """Another moderator's decision stands; it is in ``extra['decision']``."""

    slug, title = "decision-conflict", "Another moderator has decided"


class TextChanged(Conflict):
    """The author has edited the comment since the revision that was decided on."""

    slug, title = "text-changed", "The text has changed"


class NothingToUndo(Conflict):
    """No moderator's decision stands on this comment."""

    slug, title = "nothing-to-undo", "There is no decision to undo"


class TooLarge(ModerationError):
    """The body is over the limit named in the detail."""

    status, slug, title = 413, "too-large", "The body is too large"


class UnsupportedMedia(ModerationError):
    """A content type or encoding that we do not take."""

    status, slug, title = 415, "unsupported-media", "This content type or encoding is not taken"


class Invalid(ModerationError):
    """Readable and wrong: ``extra['errors']`` names each field by a JSON pointer."""

    status, slug, title = 422, "invalid", "The body is not valid"


class TooManyAttempts(ModerationError):
    """Too many wrong keys came from this address; a good key is let in all the same."""

    status, slug, title = 429, "too-many-attempts", "Too many wrong keys from this address"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(
            "This key is not known, or it was revoked, and many wrong ones came before it: check the key.",
            headers={"Retry-After": str(retry_after)},
        )


# --- what we cannot do right now --------------------------------------------------------------------


class Busy(ModerationError):
    """A bound is reached; the caller comes again after ``Retry-After``."""

    status, slug, title = 503, "queue-full", "The queue is full"

    def __init__(self, detail: str, *, retry_after: int = 2) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class StoreUnavailable(Busy):
    """Redis does not answer, or not in time. The outcome of a write under way is unknown; repeating is safe."""

    slug, title = "store-unavailable", "The store does not answer"


class StoreFull(Busy):
    """Redis has no memory left for new comments; decisions and reads still work."""

    status, slug, title = 507, "store-full", "The store is full"


# --- what an operator has to mend before a start ------------------------------------------------------


class Unfit(ModerationError):
    """A start is refused: settings, server or data directory are not fit. One sentence, exit status 2."""

    slug, title = "unfit", "Not fit to start"
