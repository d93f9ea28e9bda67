"""Comments: accept, read, edit, erase, decide, undo, report. Each change is one atomic script, safe to repeat."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar, overload

from pydantic_core import from_json, to_json

from moderation.domain.comment import Comment, Draft, Status
from moderation.domain.decision import Decision
from moderation.domain.times import rfc3339
from moderation.errors import (
    Busy,
    CommentConflict,
    Conflict,
    DecisionConflict,
    Expired,
    ModerationError,
    NotFound,
    NothingToUndo,
    TextChanged,
)
from moderation.store.client import Link, Word
from moderation.store.pipe import Reply
from moderation.store.records import FIELDS, comment_from, comment_of, comment_of_row, document_of

S = TypeVar("S")
R = TypeVar("R")

TURN: Final = 100  # comments read before others have their turn on the event loop
NO_COMMENT = "There is no such comment."


@dataclass(frozen=True, slots=True)
class Accepted:
    """A comment that is stored; ``new`` is False if the same id and text was there already."""

    new: bool
    comment: Comment


@dataclass(frozen=True, slots=True)
class Thread:
    """What stands around a comment, each group in order; others by the author newest first."""

    parent: Comment | None
    siblings: tuple[Comment, ...]
    replies: tuple[Comment, ...]
    by_author: tuple[Comment, ...]


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
            [
                site,
                draft.id,
                draft.text,
                document_of(draft),
                draft.author.ref or "",
                self._limit,
                draft.article.id or "",
                draft.parent_id or "",
            ],
        )

    async def get(self, site: str, comment_id: str) -> Comment:
        """The comment; raises NotFound, or Expired if only its tombstone is left."""
        key = self._link.keys.site(site)
        pairs, holder, until = await self._link.call_all(
            [
                ("HGETALL", f"{key}:c:{comment_id}"),
                ("HGET", f"{key}:holders", comment_id),
                ("ZSCORE", f"{key}:leases", comment_id),
            ]
        )
        if not pairs:
            raise NotFound(NO_COMMENT)
        found = dict(zip(pairs[::2], pairs[1::2], strict=True))
        if found[b"st"] == b"expired":
            raise _expired(found[b"was"], found[b"da"])
        return _held(comment_from(site, comment_id, found), holder, until, int(time.time() * 1000))

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

    async def erase(self, site: str, comment_id: str, by: str = "site") -> bool:
        """Erases the comment everywhere on behalf of ``by``; False if there was none."""
        return bool(await self._link.run("erase", *self._erasure(site, comment_id, by)))

    async def erase_many(self, site: str, ids: Sequence[str], by: str) -> None:
        """Erases comments in one pipeline. Raises StoreUnavailable: then some may be left, and a repeat is safe."""
        for answer in await self._link.run_all("erase", [self._erasure(site, one, by) for one in ids]):
            if isinstance(answer, Exception):
                raise answer

    def _erasure(self, site: str, comment_id: str, by: str) -> tuple[list[str], list[Word]]:
        keys = self._link.keys
        partition = keys.partition(site)
        return [*self._pair(site, comment_id), keys.inbox(partition), keys.dead(partition)], [
            site,
            comment_id,
            by,
        ]

    async def decide(
        self,
        site: str,
        comment_id: str,
        decision: Decision,
        override: bool,
        op: str,
        revision: int | None = None,
    ) -> Comment:
        """A moderator's decision, on ``revision`` alone if one is given.

        Raises NotFound, TextChanged, or DecisionConflict if a colleague's stands and not ``override``.
        """
        args = _decision_args(site, comment_id, decision, override, op, revision=revision)
        answer = await self._link.run("decide", self._pair(site, comment_id), args)
        return _changed(site, comment_id, answer)

    async def decide_many(
        self, site: str, decisions: Sequence[tuple[str, Decision, bool]], op: str, batch: str = ""
    ) -> list[Comment | ModerationError]:
        """Many decisions in one pipeline; an error stands in the place of the one that it befell."""
        calls = [
            (
                self._pair(site, comment_id),
                _decision_args(site, comment_id, decision, override, f"{op}:{number}", batch),
            )
            for number, (comment_id, decision, override) in enumerate(decisions)
        ]
        answers = await self._link.run_all("decide", calls)
        return await _changes(site, [comment_id for comment_id, _, _ in decisions], answers)

    async def undo(self, site: str, comment_id: str, name: str, op: str) -> Comment:
        """Takes the last moderator's decision back, on behalf of ``name``. Raises NotFound or NothingToUndo."""
        answer = await self._link.run(
            "undo", self._pair(site, comment_id), _undo_args(site, comment_id, name, op)
        )
        return _changed(site, comment_id, answer)

    async def undo_many(
        self, site: str, ids: Sequence[str], name: str, op: str, batch: str
    ) -> list[Comment | ModerationError]:
        """Takes a batch's decisions back where nobody has decided again since; an error stands in its own place."""
        calls = [
            (self._pair(site, one), _undo_args(site, one, name, f"{op}:{number}", batch))
            for number, one in enumerate(ids)
        ]
        return await _changes(site, ids, await self._link.run_all("undo", calls))

    async def report(self, site: str, comment_id: str, reporter: str, reason: str, threshold: int) -> Comment:
        """Counts a reader's flag, ``reporter`` being a keyed hash. Raises NotFound."""
        answer = await self._link.run(
            "report", self._pair(site, comment_id), [site, comment_id, reporter, reason, threshold]
        )
        return _changed(site, comment_id, answer)

    async def escalate(self, site: str, comment_id: str, name: str, reason: str | None, op: str) -> Comment:
        """Puts a comment into the queue ``escalated``; without a reason back to where it was. Raises NotFound, Conflict."""
        document = b"" if reason is None else to_json({"by": name, "reason": reason})
        answer = await self._link.run(
            "escalate", self._pair(site, comment_id), [site, comment_id, op, name, document]
        )
        return _changed(site, comment_id, answer)

    async def note(self, site: str, comment_id: str, name: str, text: str, op: str) -> Comment:
        """Adds a moderator's note. Raises NotFound."""
        return await self._annotate(site, comment_id, name, "noted", to_json({"by": name, "text": text}), op)

    async def tag(self, site: str, comment_id: str, name: str, tags: Sequence[str], op: str) -> Comment:
        """Replaces the comment's tags. Raises NotFound."""
        return await self._annotate(site, comment_id, name, "tagged", to_json(sorted(set(tags))), op)

    async def assign(self, site: str, comment_id: str, name: str, to: str | None, op: str) -> Comment:
        """Gives the comment to a moderator, or to nobody. Raises NotFound."""
        return await self._annotate(site, comment_id, name, "assigned", to or "", op)

    async def _annotate(
        self, site: str, comment_id: str, name: str, what: str, value: str | bytes, op: str
    ) -> Comment:
        answer = await self._link.run(
            "annotate", self._pair(site, comment_id), [site, comment_id, op, name, what, value]
        )
        return _changed(site, comment_id, answer)

    async def thread(self, site: str, comment: Comment, limit: int) -> Thread:
        """What stands around a comment: its parent, up to ``limit`` siblings and replies, and others by its author."""
        keys, draft = self._link.keys, comment.draft
        siblings = await self._around(site, comment, limit)
        replies, others = await self._link.call_all(
            [
                ("ZRANGE", keys.replies(site, comment.id), 0, limit - 1),
                ("ZRANGE", keys.authored(site, draft.author.ref or ""), 0, limit, "REV"),
            ]
        )
        parent = draft.parent_id
        groups = [
            [parent] if parent else [],
            siblings,
            [one.decode() for one in replies],
            [name for one in others if (name := one.decode()) != comment.id][:limit],
        ]
        found = iter(await self.many(site, [one for group in groups for one in group]))
        read = [[one for one in [next(found) for _ in group] if one is not None] for group in groups]
        return Thread(read[0][0] if read[0] else None, *(tuple(group) for group in read[1:]))

    async def _around(self, site: str, comment: Comment, limit: int) -> list[str]:
        """Ids of the comments beside this one: answers to the same parent, else its neighbours on the article."""
        keys, draft = self._link.keys, comment.draft
        if draft.parent_id is not None:
            index = keys.replies(site, draft.parent_id)
        elif draft.article.id is not None:
            index = keys.thread(site, draft.article.id)
        else:
            return []
        place = comment.sequence
        before, after = await self._link.call_all(
            [
                ("ZRANGE", index, f"({place}", "-inf", "BYSCORE", "REV", "LIMIT", 0, limit),
                ("ZRANGE", index, f"({place}", "+inf", "BYSCORE", "LIMIT", 0, limit),
            ]
        )
        # Half of them from before, half from after; where one side has fewer, the other has more.
        earlier = before[: max((limit + 1) // 2, limit - len(after))]
        return [one.decode() for one in (*reversed(earlier), *after[: limit - len(earlier)])]

    async def many(self, site: str, ids: Sequence[str]) -> list[Comment | None]:
        """The comments with these ids, with who holds them; None for one that is not there or whose body is gone."""
        if not ids:
            return []
        key = self._link.keys.site(site)
        *rows, holders, leases = await self._link.call_all(
            [
                *[("HMGET", self._link.keys.comment(site, one), *FIELDS) for one in ids],
                ("HMGET", f"{key}:holders", *ids),
                ("ZMSCORE", f"{key}:leases", *ids),
            ]
        )
        now = int(time.time() * 1000)
        return [
            _held(comment_of_row(site, one, row), holder, until, now)
            for one, row, holder, until in zip(ids, rows, holders, leases, strict=True)
        ]

    def _pair(self, site: str, comment_id: str) -> list[str]:
        site_key = self._link.keys.site(site)
        return [f"{site_key}:c:{comment_id}", site_key]


def _expired(status: bytes, decided_at: bytes) -> Expired:
    return Expired(
        "The site keeps decided comments for a time, and this one's is over.",
        extra={"comment_status": status.decode(), "decided_at": rfc3339(int(decided_at))},
    )


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
    if outcome == b"expired":
        raise _expired(*answer[1:])
    raise CommentConflict("This id already stands for a comment with another text; use PATCH to edit it.")


def _arrival(at: int) -> tuple[dict[str, Any], ...]:
    return ({"what": "received", "at": at},)


def _changed(site: str, comment_id: str, answer: Reply) -> Comment:
    outcome = answer[0]
    if outcome == b"absent":
        raise NotFound(NO_COMMENT)
    if outcome == b"expired":
        raise _expired(*answer[1:])
    if outcome == b"nothing":
        raise NothingToUndo("No moderator's decision stands on this comment.")
    if outcome == b"full":
        raise Busy("Too many comments wait for a score; come again shortly.")
    if outcome == b"later":
        raise NothingToUndo("The comment was decided again since this batch.")
    if outcome == b"escalated":
        raise Conflict(
            "The comment is escalated already, for another reason: add a note, or take it back first."
        )
    if outcome == b"edited":
        raise TextChanged("The author has changed the text since: read it again, then decide.")
    if outcome == b"waiting":
        raise Conflict("The comment waits for its score; try again in a moment.")
    if outcome == b"conflict":
        standing = from_json(answer[1])
        raise DecisionConflict(
            'A colleague has decided this comment; send "override": true to decide otherwise.',
            extra={
                "decision": {**standing, "at": rfc3339(standing["at"])},
                "comment_status": answer[2].decode(),
            },
        )
    return comment_of(site, comment_id, answer[1:])


@overload
def _held(comment: Comment, holder: bytes | None, until: bytes | None, now: int) -> Comment: ...
@overload
def _held(comment: None, holder: bytes | None, until: bytes | None, now: int) -> None: ...
def _held(comment: Comment | None, holder: bytes | None, until: bytes | None, now: int) -> Comment | None:
    if comment is None or holder is None or until is None or float(until) <= now:
        return comment
    handling = replace(comment.handling, holder=holder.decode(), held_until=int(float(until)))
    return replace(comment, handling=handling)


def _undo_args(site: str, comment_id: str, name: str, op: str, batch: str = "") -> list[Word]:
    line = to_json({"what": "undone", "by": name, "kind": "moderator"})
    return [site, comment_id, op, name, line, batch]


def _decision_args(
    site: str,
    comment_id: str,
    decision: Decision,
    override: bool,
    op: str,
    batch: str = "",
    *,
    revision: int | None = None,
) -> list[Word]:
    document = decision.document()
    return [
        site,
        comment_id,
        op,
        decision.status.value,
        decision.name or "",
        "1" if override else "",
        to_json(document),
        to_json({name: value for name, value in document.items() if name != "note"}),
        batch,
        "" if revision is None else revision,
    ]


async def _changes(
    site: str, ids: Sequence[str], answers: Sequence[Reply | Exception]
) -> list[Comment | ModerationError]:
    """What became of many comments. A thousand take tens of milliseconds to read: in between others have their turn."""
    found: list[Comment | ModerationError] = []
    for number, (comment_id, answer) in enumerate(zip(ids, answers, strict=True), 1):
        found.append(_each(_changed, site, comment_id, answer))
        if number % TURN == 0:
            await asyncio.sleep(0)
    return found


def _each(
    make: Callable[[str, S, Reply], R], site: str, subject: S, answer: Reply | Exception
) -> R | ModerationError:
    try:
        if isinstance(answer, Exception):
            raise answer
        return make(site, subject, answer)
    except ModerationError as failure:
        return failure
