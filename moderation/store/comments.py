"""Comments: accept, read, edit, erase, decide, undo, report. Each change is one atomic script, safe to repeat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic_core import from_json, to_json

from moderation.domain.comment import Comment, Draft, Status
from moderation.domain.decision import Decision
from moderation.errors import (
    Busy,
    CommentConflict,
    DecisionConflict,
    ModerationError,
    NotFound,
    NothingToUndo,
)
from moderation.store.client import Link, Word
from moderation.store.pipe import Reply
from moderation.store.records import comment_of, document_of

S = TypeVar("S")
R = TypeVar("R")

NO_COMMENT = "There is no such comment."


@dataclass(frozen=True, slots=True)
class Accepted:
    """A comment that is stored; ``new`` is False if the same id and text was there already."""

    new: bool
    comment: Comment


class Comments:
    """The comments of all sites."""

    def __init__(self, link: Link, queue_limit: int) -> None:
        self._link = link
        self._limit = queue_limit  # waiting comments per partition; beyond it intake is refused

    async def accept(self, site: str, draft: Draft) -> Accepted:
        """Stores a comment before the workers. Raises CommentConflict, Busy, StoreUnavailable or StoreFull."""
        keys, args = self._acceptance(site, draft)
        return _accepted(site, draft, await self._link.run("accept", keys, args))

    async def accept_many(self, site: str, drafts: Sequence[Draft]) -> list[Accepted | ModerationError]:
        """Stores many in one pipeline; an error stands in the place of the one that it befell."""
        answers = await self._link.run_all("accept", [self._acceptance(site, draft) for draft in drafts])
        return [_each(_accepted, site, draft, answer) for draft, answer in zip(drafts, answers, strict=True)]

    def _acceptance(self, site: str, draft: Draft) -> tuple[list[str], list[Word]]:
        keys = self._link.keys
        site_key = keys.site(site)
        return (
            [f"{site_key}:c:{draft.id}", site_key, keys.inbox(keys.partition(site))],
            [site, draft.id, draft.text, document_of(draft), draft.author.ref or "", self._limit],
        )

    async def get(self, site: str, comment_id: str) -> Comment:
        """The comment; raises NotFound."""
        pairs = await self._link.call("HGETALL", self._link.keys.comment(site, comment_id))
        if not pairs:
            raise NotFound(NO_COMMENT)
        return comment_of(site, comment_id, pairs)

    async def is_waiting(self, site: str, comment_id: str) -> bool:
        """Whether the comment still waits for its first score at this revision."""
        status = await self._link.call("HGET", self._link.keys.comment(site, comment_id), "st")
        return bool(status == Status.QUEUED.value.encode())

    async def edit(self, site: str, comment_id: str, text: str, op: str) -> Comment:
        """A new text, scored and judged again. Raises NotFound or Busy."""
        keys = self._link.keys
        partition = keys.partition(site)
        answer = await self._link.run(
            "edit",
            [*self._pair(site, comment_id), keys.inbox(partition), keys.dead(partition)],
            [site, comment_id, text, op, self._limit],
        )
        return _changed(site, comment_id, answer)

    async def erase(self, site: str, comment_id: str) -> bool:
        """Erases the comment everywhere; False if there was none."""
        keys = self._link.keys
        partition = keys.partition(site)
        names = [*self._pair(site, comment_id), keys.inbox(partition), keys.dead(partition)]
        return bool(await self._link.run("erase", names, [site, comment_id]))

    async def decide(
        self, site: str, comment_id: str, decision: Decision, override: bool, op: str
    ) -> Comment:
        """A moderator's decision. Raises NotFound, or DecisionConflict if a colleague's stands and not ``override``."""
        answer = await self._link.run(
            "decide", self._pair(site, comment_id), _decision_args(site, comment_id, decision, override, op)
        )
        return _changed(site, comment_id, answer)

    async def decide_many(
        self, site: str, decisions: Sequence[tuple[str, Decision, bool]], op: str
    ) -> list[Comment | ModerationError]:
        """Many decisions in one pipeline; an error stands in the place of the one that it befell."""
        calls = [
            (
                self._pair(site, comment_id),
                _decision_args(site, comment_id, decision, override, f"{op}:{number}"),
            )
            for number, (comment_id, decision, override) in enumerate(decisions)
        ]
        answers = await self._link.run_all("decide", calls)
        return [
            _each(_changed, site, comment_id, answer)
            for (comment_id, _, _), answer in zip(decisions, answers, strict=True)
        ]

    async def undo(self, site: str, comment_id: str, name: str, op: str) -> Comment:
        """Takes the last moderator's decision back, on behalf of ``name``. Raises NotFound or NothingToUndo."""
        line = to_json({"what": "undone", "by": name, "kind": "moderator"})
        answer = await self._link.run(
            "undo", self._pair(site, comment_id), [site, comment_id, op, name, line]
        )
        return _changed(site, comment_id, answer)

    async def report(self, site: str, comment_id: str, reporter: str, reason: str, threshold: int) -> Comment:
        """Counts a reader's flag, ``reporter`` being a keyed hash. Raises NotFound."""
        answer = await self._link.run(
            "report", self._pair(site, comment_id), [site, comment_id, reporter, reason, threshold]
        )
        return _changed(site, comment_id, answer)

    async def approved_counts(self, authors: Sequence[tuple[str, str]]) -> list[int]:
        """How many comments of each (site, author reference) stand approved."""
        keys = self._link.keys
        found = await self._link.call_all(
            [("HGET", keys.author(site, ref), "approved") for site, ref in authors]
        )
        return [int(count or 0) for count in found]

    def _pair(self, site: str, comment_id: str) -> list[str]:
        site_key = self._link.keys.site(site)
        return [f"{site_key}:c:{comment_id}", site_key]


def _accepted(site: str, draft: Draft, answer: Reply) -> Accepted:
    outcome = answer[0]
    if outcome == b"new":
        return Accepted(
            True, Comment(site, draft, 1, Status.QUEUED, answer[1], answer[2], history=_arrival(answer[1]))
        )
    if outcome == b"same":
        return Accepted(False, comment_of(site, draft.id, answer[1:]))
    if outcome == b"full":
        raise Busy("Too many comments wait for a score; come again shortly.")
    raise CommentConflict("This id already stands for a comment with another text; use PATCH to edit it.")


def _arrival(at: int) -> tuple[dict[str, Any], ...]:
    return ({"what": "received", "at": at},)


def _changed(site: str, comment_id: str, answer: Reply) -> Comment:
    outcome = answer[0]
    if outcome == b"absent":
        raise NotFound(NO_COMMENT)
    if outcome == b"nothing":
        raise NothingToUndo("No moderator's decision stands on this comment.")
    if outcome == b"full":
        raise Busy("Too many comments wait for a score; come again shortly.")
    if outcome == b"conflict":
        raise DecisionConflict(
            'A colleague has decided this comment; send "override": true to decide otherwise.',
            extra={"decision": from_json(answer[1]), "comment_status": answer[2].decode()},
        )
    return comment_of(site, comment_id, answer[1:])


def _decision_args(site: str, comment_id: str, decision: Decision, override: bool, op: str) -> list[Word]:
    document = to_json(decision.document())
    return [
        site,
        comment_id,
        op,
        decision.status.value,
        decision.name or "",
        "1" if override else "",
        document,
    ]


def _each(
    make: Callable[[str, S, Reply], R], site: str, subject: S, answer: Reply | Exception
) -> R | ModerationError:
    try:
        if isinstance(answer, Exception):
            raise answer
        return make(site, subject, answer)
    except ModerationError as failure:
        return failure
