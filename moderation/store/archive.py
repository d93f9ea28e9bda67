"""Everything kept on a site as one stream of documents, out and back in.

A ``site`` document comes first, then ``comment``, ``event`` and ``dead_letter`` documents, whose ``fields`` are named as
in ``keys``. API keys are not part of it: new ones are made where the site arrives.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

from pydantic_core import from_json, to_json

from moderation.errors import Conflict, Invalid, NotFound
from moderation.store.client import Link, Word
from moderation.store.keys import SITES
from moderation.store.pipe import Refused

FORMAT: Final = 1
STEP: Final = 500  # keys, events or comments handled together


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
        async for comment_id in self._comment_ids(site):
            document = await self._comment(site, comment_id)
            if document is not None:
                yield document
        async for document in self._dead_letters(site):
            yield document
        async for document in self._events(site):
            yield document

    async def _comment_ids(self, site: str) -> AsyncIterator[str]:
        prefix = self._link.keys.comment(site, "")
        seen: set[bytes] = set()  # SCAN may name a key twice
        cursor: bytes = b"0"
        while True:
            cursor, names = await self._link.call(
                "SCAN", cursor, "MATCH", _literal(prefix) + "*", "COUNT", STEP
            )
            for name in names:
                if name not in seen:
                    seen.add(name)
                    yield name.decode().removeprefix(prefix)
            if cursor == b"0":
                return

    async def _comment(self, site: str, comment_id: str) -> dict[str, Any] | None:
        keys = self._link.keys
        pairs, reporters, reported = await self._link.call_all(
            [
                ("HGETALL", keys.comment(site, comment_id)),
                ("SMEMBERS", f"{keys.site(site)}:r:{comment_id}"),
                ("ZSCORE", keys.queue(site, "reported", "time"), comment_id),
            ]
        )
        fields = _texts(pairs)
        if not fields:
            return None
        fields.pop("x", None)  # its entry in this server's stream
        return {
            "kind": "comment",
            "id": comment_id,
            "reported": reported is not None,
            "reporters": sorted(one.decode() for one in reporters),
            "fields": fields,
        }

    async def _dead_letters(self, site: str) -> AsyncIterator[dict[str, Any]]:
        keys = self._link.keys
        found = _texts(await self._link.call("HGETALL", keys.dead(keys.partition(site))))
        for name, stored in found.items():
            slug, _, comment_id = name.partition("/")
            if slug == site:
                yield {"kind": "dead_letter", "id": comment_id, "fields": from_json(stored)}

    async def _events(self, site: str) -> AsyncIterator[dict[str, Any]]:
        start = "-"
        while entries := await self._link.call(
            "XRANGE", self._link.keys.events(site), start, "+", "COUNT", STEP
        ):
            for entry, fields in entries:
                yield {"kind": "event", "id": entry.decode(), "fields": _texts(fields)}
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
        if "policy" in fields:
            kept["policy"] = fields["policy"]
        await self._link.call("HSET", key, *(word for pair in kept.items() for word in pair))
        await self._link.call("SADD", SITES, site)

    async def _load_one(self, site: str, document: dict[str, Any]) -> int:
        keys, kind = self._link.keys, document["kind"]
        if kind == "comment":
            return await self._load_comment(site, document)
        if kind == "dead_letter":
            dead = keys.dead(keys.partition(site))
            await self._link.call("HSET", dead, f"{site}/{document['id']}", to_json(document["fields"]))
        elif kind == "event":
            await self._load_event(site, document)
        else:
            raise ValueError(kind)
        return 0

    async def _load_comment(self, site: str, document: dict[str, Any]) -> int:
        keys, comment_id, reporters = self._link.keys, document["id"], document["reporters"]
        names = [keys.comment(site, comment_id), keys.site(site), keys.inbox(keys.partition(site))]
        args: list[Word] = [site, comment_id, "1" if document["reported"] else "", len(reporters), *reporters]
        for pair in document["fields"].items():
            args.extend(pair)
        written: int = await self._link.run("restore", names, args)
        return written

    async def _load_event(self, site: str, document: dict[str, Any]) -> None:
        fields = [word for pair in document["fields"].items() for word in pair]
        try:
            await self._link.call("XADD", self._link.keys.events(site), document["id"], *fields)
        except Refused as refused:
            if "equal or smaller" not in str(refused):  # it is there already
                raise


def _texts(pairs: list[bytes]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _literal(text: str) -> str:
    return "".join("\\" + char if char in "*?[]\\^" else char for char in text)
