"""Everything kept on a site as one stream of documents, out and back in.

A ``site`` document comes first, then what there is of each kind, with ``fields`` named as in ``keys``. Leases, counts of
pace and the memory of repeats are of the moment and stay behind. API keys are not part of it: new ones are made where the site arrives.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

from pydantic_core import from_json, to_json

from moderation.errors import Conflict, Invalid, NotFound
from moderation.store.batches import BATCH_DAYS
from moderation.store.client import Link, Word
from moderation.store.keys import SITES
from moderation.store.pipe import Refused

FORMAT: Final = 2
STEP: Final = 500  # keys, events or comments handled together

# Kinds of documents that have a key each, by what follows the site in the key.
_KINDS: Final = {"c": "comment", "a": "author", "rr": "reporter", "b": "batch"}
_SAID: Final = frozenset({"first", "given", "until", "gby", "gat", "nt"})  # of an author, what no count tells


class Archive:
    """Exports and imports one site."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def export(self, site: str) -> AsyncIterator[dict[str, Any]]:
        """All documents of a site. Raises NotFound."""
        record = _texts(await self._link.call("HGETALL", self._link.keys.site(site)))
        if "created_at" not in record:
            raise NotFound("There is no such site.")
        yield {"kind": "site", "format": FORMAT, "site": site, "fields": record}
        async for kind, name in self._names(site):
            document = await self._document(site, kind, name)
            if document is not None:
                yield document
        async for document in self._dead_letters(site):
            yield document
        who = _texts(await self._link.call("HGETALL", f"{self._link.keys.site(site)}:who"))
        for pseudonym, ref in who.items():
            yield {"kind": "who", "id": pseudonym, "fields": {"ref": ref}}
        async for document in self._stream(self._link.keys.events(site), "event"):
            yield document
        async for document in self._stream(self._link.keys.audit(site), "act"):
            yield document

    async def _names(self, site: str) -> AsyncIterator[tuple[str, str]]:
        """What there is of the kinds that have a key each: (kind, what the key names)."""
        prefix = self._link.keys.site(site) + ":"
        seen: set[bytes] = set()  # SCAN may name a key twice
        cursor: bytes = b"0"
        while True:
            cursor, names = await self._link.call(
                "SCAN", cursor, "MATCH", _literal(prefix) + "*", "COUNT", STEP
            )
            for name in names:
                kind, _, rest = name.decode().removeprefix(prefix).partition(":")
                if kind in _KINDS and name not in seen:
                    seen.add(name)
                    yield _KINDS[kind], rest
            if cursor == b"0":
                return

    async def _document(self, site: str, kind: str, name: str) -> dict[str, Any] | None:
        if kind == "comment":
            return await self._comment(site, name)
        prefix = {document: short for short, document in _KINDS.items()}[kind]
        fields = _texts(await self._link.call("HGETALL", f"{self._link.keys.site(site)}:{prefix}:{name}"))
        if kind == "author":  # the counts are made anew from the comments
            fields = {one: value for one, value in fields.items() if one in _SAID}
        return {"kind": kind, "id": name, "fields": fields} if fields else None

    async def _comment(self, site: str, comment_id: str) -> dict[str, Any] | None:
        keys = self._link.keys
        pairs, reporters = await self._link.call_all(
            [
                ("HGETALL", keys.comment(site, comment_id)),
                ("HGETALL", keys.reporters(site, comment_id)),
            ]
        )
        fields = _texts(pairs)
        if not fields:
            return None
        fields.pop("x", None)  # its entry in this server's stream
        fields.pop("fp", None)  # the memory of repeats stays where it is
        return {
            "kind": "comment",
            "id": comment_id,
            "reporters": dict(sorted(_texts(reporters).items())),
            "fields": fields,
        }

    async def _dead_letters(self, site: str) -> AsyncIterator[dict[str, Any]]:
        keys = self._link.keys
        found = _texts(await self._link.call("HGETALL", keys.dead(keys.partition(site))))
        for name, stored in found.items():
            slug, _, comment_id = name.partition("/")
            if slug == site:
                yield {"kind": "dead_letter", "id": comment_id, "fields": from_json(stored)}

    async def _stream(self, key: str, kind: str) -> AsyncIterator[dict[str, Any]]:
        start = "-"
        while entries := await self._link.call("XRANGE", key, start, "+", "COUNT", STEP):
            for entry, fields in entries:
                yield {"kind": kind, "id": entry.decode(), "fields": _texts(fields)}
            start = f"({entries[-1][0].decode()}"

    async def load(self, site: str, documents: Iterable[dict[str, Any]]) -> int:
        """Puts an export back under the slug ``site`` (which may differ from the exported); returns the comments written.

        Safe to repeat after an interruption: what is there already stays. Raises Invalid, or Conflict if the site has
        other comments.
        """
        written = 0
        stream = iter(documents)
        head = next(stream, None)
        if head is None or head.get("kind") != "site" or head.get("format") != FORMAT:
            raise Invalid("The first line has to be the site's record, as `moderation export` writes it.")
        await self._load_site(site, head)
        for number, document in enumerate(stream, start=2):
            try:
                written += await self._load_one(site, document)
            except (KeyError, TypeError, AttributeError, ValueError, Refused) as failure:
                raise Invalid(
                    f"Line {number} is not a document as `moderation export` writes it ({type(failure).__name__})."
                ) from failure
        return written

    async def _load_site(self, site: str, head: dict[str, Any]) -> None:
        key = self._link.keys.site(site)
        fields = head.get("fields")
        if not isinstance(fields, dict):
            raise Invalid("The site's record has no `fields`.")
        found = await self._link.call("HGET", key, "imported")
        origin = str(fields.get("created_at"))
        if found is None and await self._link.call("HEXISTS", key, "seq"):
            raise Conflict(f"The site {site} has comments already: import into a new site.")
        if found is not None and found.decode() != origin:
            raise Conflict(f"The site {site} holds another import already: import into a new site.")
        kept = {"imported": origin, "created_at": origin}
        kept |= {name: fields[name] for name in ("policy", "pv") if name in fields}
        await self._link.call("HSET", key, *(word for pair in kept.items() for word in pair))
        await self._link.call("SADD", SITES, site)

    async def _load_one(self, site: str, document: dict[str, Any]) -> int:
        keys, kind = self._link.keys, document["kind"]
        site_key = keys.site(site)
        if kind == "comment":
            return await self._load_comment(site, document)
        if kind == "dead_letter":
            dead = keys.dead(keys.partition(site))
            await self._link.call("HSET", dead, f"{site}/{document['id']}", to_json(document["fields"]))
        elif kind == "event":
            await self._append(keys.events(site), document)
        elif kind == "act":
            await self._append(keys.audit(site), document)
        elif kind == "who":
            await self._link.call("HSET", f"{site_key}:who", document["id"], document["fields"]["ref"])
        elif kind in _KINDS.values():
            prefix = {name: short for short, name in _KINDS.items()}[kind]
            fields = [word for pair in document["fields"].items() for word in pair]
            name = f"{site_key}:{prefix}:{document['id']}"
            await self._link.call("HSET", name, *fields)
            if kind == "batch":  # it lives as long as it would have lived where it comes from
                begun = from_json(document["fields"]["v"])["at"] // 1000
                await self._link.call("EXPIREAT", name, begun + BATCH_DAYS * 24 * 3600)
        else:
            raise ValueError(kind)
        return 0

    async def _load_comment(self, site: str, document: dict[str, Any]) -> int:
        keys, comment_id, reporters = self._link.keys, document["id"], document["reporters"]
        names = [keys.comment(site, comment_id), keys.site(site), keys.inbox(keys.partition(site))]
        args: list[Word] = [site, comment_id, len(reporters)]
        for pair in (*reporters.items(), *document["fields"].items()):
            args.extend(pair)
        written: int = await self._link.run("restore", names, args)
        return written

    async def _append(self, stream: str, document: dict[str, Any]) -> None:
        fields = [word for pair in document["fields"].items() for word in pair]
        try:
            await self._link.call("XADD", stream, document["id"], *fields)
        except Refused as refused:
            if "equal or smaller" not in str(refused):  # it is there already
                raise


def _texts(pairs: list[bytes]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _literal(text: str) -> str:
    return "".join("\\" + char if char in "*?[]\\^" else char for char in text)
