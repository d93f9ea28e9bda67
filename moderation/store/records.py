"""Between a comment's hash in Redis and the domain's Comment. Knows the short names of the fields, nothing else does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pydantic_core import from_json, to_json

from moderation.domain.comment import Article, Author, Comment, Draft, Handling, Reason, Status

FIELDS: Final = (
    *("t", "d", "st", "rev", "at", "seq", "sc", "rs", "dc", "mv", "hi", "rp"),
    *("ov", "es", "as", "nt", "tg"),
)
_NAMES: Final = tuple(name.encode() for name in FIELDS)
_AUTHOR: Final = ("id", "name", "url", "user_agent", "email_hash", "ip_hash")
_ARTICLE: Final = ("id", "url", "title")


def document_of(draft: Draft) -> bytes:
    """What is kept of a draft beside its text, as JSON; members that were not given take no room."""
    kept: dict[str, Any] = {}
    author = {name: value for name in _AUTHOR if (value := getattr(draft.author, name)) is not None}
    article = {name: value for name in _ARTICLE if (value := getattr(draft.article, name)) is not None}
    if author:
        kept["author"] = author
    if article:
        kept["article"] = article
    for name in ("parent_id", "created_at", "lang", "via"):
        if (value := getattr(draft, name)) is not None:
            kept[name] = value
    if draft.metadata:
        kept["metadata"] = draft.metadata
    return to_json(kept)


def draft_of(comment_id: str, text: str, document: bytes) -> Draft:
    """The draft again from its text and document."""
    kept: dict[str, Any] = from_json(document)
    author, article = kept.pop("author", None), kept.pop("article", None)
    return Draft(
        comment_id,
        text,
        Author(**author) if author else Author(),
        Article(**article) if article else Article(),
        **kept,
    )


def reasons_document(reasons: Sequence[Reason]) -> bytes:
    """Reasons as JSON."""
    return to_json(
        [
            {"code": reason.code, "text": reason.text, "weight": reason.weight, "spans": reason.spans}
            for reason in reasons
        ]
    )


def comment_of(site: str, comment_id: str, pairs: Sequence[bytes]) -> Comment:
    """A Comment from the flat field, value, … list of its hash."""
    return comment_from(site, comment_id, dict(zip(pairs[::2], pairs[1::2], strict=True)))


def comment_of_row(site: str, comment_id: str, row: Sequence[bytes | None]) -> Comment | None:
    """A Comment from the values of FIELDS; None if there is none, or only its tombstone."""
    if row[0] is None:
        return None
    return comment_from(
        site, comment_id, {name: value for name, value in zip(_NAMES, row, strict=True) if value is not None}
    )


def comment_from(site: str, comment_id: str, found: dict[bytes, bytes]) -> Comment:
    """A Comment from the fields of its hash."""
    decision = from_json(found[b"dc"]) if found.get(b"dc") else None
    return Comment(
        site=site,
        draft=draft_of(comment_id, found[b"t"].decode(), found[b"d"]),
        revision=int(found[b"rev"]),
        status=Status(found[b"st"].decode()),
        received_at=int(found[b"at"]),
        sequence=int(found[b"seq"]),
        scores=from_json(found[b"sc"]) if b"sc" in found else {},
        reasons=_reasons(found.get(b"rs")),
        decision=decision,
        history=_history(int(found[b"at"]), found.get(b"hi"), decision),
        reports=int(found.get(b"rp") or 0),
        model_version=found[b"mv"].decode() if found.get(b"mv") else None,
        handling=_handling(found),
    )


def _handling(found: dict[bytes, bytes]) -> Handling:
    queue, assigned = found.get(b"ov"), found.get(b"as")
    return Handling(
        queue=queue.decode() if queue else None,
        escalation=from_json(found[b"es"]) if queue == b"escalated" and b"es" in found else None,
        assigned=assigned.decode() if assigned else None,
        notes=notes_of(found.get(b"nt")),
        tags=tuple(from_json(found[b"tg"])) if b"tg" in found else (),
    )


def notes_of(lines: bytes | None) -> tuple[dict[str, Any], ...]:
    """Notes from their lines, oldest first; the operation's id stays behind."""
    if not lines:
        return ()
    return tuple(
        {name: value for name, value in from_json(line).items() if name != "op"}
        for line in lines.split(b"\n")
    )


def _reasons(stored: bytes | None) -> tuple[Reason, ...]:
    if not stored:
        return ()
    return tuple(
        Reason(one["code"], one["text"], one["weight"], tuple((a, b) for a, b in one.get("spans", ())))
        for one in from_json(stored)
    )


def _history(
    received_at: int, lines: bytes | None, decision: dict[str, Any] | None
) -> tuple[dict[str, Any], ...]:
    """What happened, oldest first: the arrival, then the kept lines, or the one decision while there are none."""
    happened: list[dict[str, Any]] = [{"what": "received", "at": received_at}]
    later = [from_json(line) for line in lines.split(b"\n")] if lines else [decision] if decision else []
    happened.extend({"what": one.get("what", "decided"), **one} for one in later)
    return tuple(happened)
