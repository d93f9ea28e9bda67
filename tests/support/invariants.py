"""Walks every key of a site and says what does not fit together; and takes a picture of its state to compare."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic_core import from_json

from moderation.store import Store
from moderation.store.keys import QUEUES, RANK_STEP, WORKING

DAY_MS: Final = 86_400_000

# Every key of a partition with its type, life (ms, -1: without end) and content, as of one moment.
_DUMP: Final = """
local read = {hash = {'HGETALL'}, zset = {'ZRANGE', 0, -1, 'WITHSCORES'}, set = {'SMEMBERS'}, string = {'GET'},
  stream = {'XRANGE', '-', '+'}}
local found = {}
for _, name in ipairs(redis.call('KEYS', ARGV[1])) do
  local kind = redis.call('TYPE', name).ok
  local how = read[kind]
  found[#found + 1] = {name, kind, redis.call('PTTL', name), redis.call(how[1], name, unpack(how, 2))}
end
return found
"""

# What follows the site in each of its keys: type, and whether it has a life.
_TABLE: Final = tuple(
    (re.compile(pattern, re.DOTALL), kind, lives)
    for pattern, kind, lives in (
        (r"", "hash", False),
        (r":c:.+", "hash", False),
        (rf":q:(?:{'|'.join(QUEUES)}):(?:time|spam)", "zset", False),
        (rf":i:(?:{'|'.join(QUEUES)}):time:(?:article|author|reason):.+", "zset", False),
        (rf":i:(?:{'|'.join(sorted(WORKING))}):spam:(?:article|author|reason):.+", "zset", False),
        (r":codes", "set", False),
        (r":a:.+", "hash", False),
        (r":(?:ac|tc|rc):.+", "zset", False),
        (r":(?:r|rr):.+", "hash", False),
        (r":rf:.+", "set", False),
        (r":rp:.+", "string", True),
        (r":rl:.+", "zset", True),
        (r":pa:(?:author|address|article):.+", "zset", True),
        (r":leases", "zset", False),
        (r":(?:holders|holding|claimed|assigned|who)", "hash", False),
        (r":b:[0-9a-f]{24}", "hash", True),
        (r":(?:ev|audit)", "stream", False),
    )
)
_FIELDS: Final = frozenset(
    "t d st ov rev at seq n au ar pa x sp sc rs cd fp dc mv by hi us rp es eb as nt tg ta op t1 hr".split()
)
_TOMBSTONE: Final = frozenset({"st", "was", "rev", "seq", "n", "at", "da", "au", "ta"})
_SAID: Final = frozenset({"first", "given", "until", "gby", "gat", "nt"})
_LINE: Final = re.compile(
    r"[^\t\n]*\t(?:queued|pending|approved|rejected)\t(?:|reported|escalated (?:|reported) \{[^\t]*)\t[^\t]*\t[^\t]*"
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A site at one moment: its keys by what follows the site, what waits of it (entry, id, revision), its dead letters.

    ``comments``: all comments' hashes by id, tombstones too.
    """

    site: str
    kinds: dict[str, str]
    lives: dict[str, int]
    values: dict[str, Any]
    waiting: list[tuple[str, str, int]]
    dead: set[str]
    comments: dict[str, dict[str, str]]

    def under(self, prefix: str) -> dict[str, Any]:
        """The keys that begin so, by what follows."""
        return {
            name.removeprefix(prefix): value for name, value in self.values.items() if name.startswith(prefix)
        }

    def hash(self, name: str) -> dict[str, str]:
        """A hash; empty if there is none."""
        found: dict[str, str] = self.values.get(name, {})
        return found

    @property
    def state(self) -> dict[str, Any]:
        """All there is, to compare with what it was."""
        return {**self.values, "waiting": self.waiting, "dead": self.dead}


async def snapshots(store: Store, sites: Iterable[str]) -> dict[str, Snapshot]:
    """The sites as they are now, all at the same moment."""
    rows = await store.link.call("EVAL", _DUMP, 0, "*")
    keys = {name.decode(): (kind.decode(), life, _value(kind, value)) for name, kind, life, value in rows}
    return {site: _snapshot(store, site, keys) for site in sites}


def _value(kind: bytes, value: Any) -> Any:
    if kind == b"stream":
        return [(entry.decode(), _pairs(fields)) for entry, fields in value]
    if kind == b"hash":
        return _pairs(value)
    if kind == b"zset":
        return {name: int(float(place)) for name, place in _pairs(value).items()}
    return {one.decode() for one in value} if kind == b"set" else value.decode()


def _pairs(row: list[bytes]) -> dict[str, str]:
    return {a.decode(): b.decode() for a, b in zip(row[::2], row[1::2], strict=True)}


def _snapshot(store: Store, site: str, keys: Mapping[str, tuple[str, int, Any]]) -> Snapshot:
    names, prefix = store.link.keys, store.link.keys.site(site)
    part = names.partition(site)
    mine = {
        name[len(prefix) :]: found
        for name, found in keys.items()
        if name == prefix or name.startswith(prefix + ":")
    }
    inbox = keys.get(names.inbox(part), ("stream", -1, []))[2]
    dead = keys.get(names.dead(part), ("hash", -1, {}))[2]
    return Snapshot(
        site,
        {name: found[0] for name, found in mine.items()},
        {name: found[1] for name, found in mine.items()},
        {name: found[2] for name, found in mine.items()},
        [(entry, row["i"], int(row["r"])) for entry, row in inbox if row["s"] == site],
        {name.partition("/")[2] for name in dead if name.startswith(site + "/")},
        {name[3:]: found[2] for name, found in mine.items() if name.startswith(":c:")},
    )


async def problems(store: Store, site: str) -> list[str]:
    """Each comment stands in exactly the indexes that its fields say, and every count is what a full scan finds."""
    found = (await snapshots(store, [site]))[site]
    return [*faults(store, found), *await counted(store, found)]


def faults(
    store: Store, found: Snapshot, settled: Mapping[str, Mapping[str, int]] | None = None
) -> list[str]:
    """What does not fit together in a snapshot. ``settled``: readers' records of comments whose bodies are gone."""
    return [
        *_table(found),
        *_fields(found),
        *_indexes(found),
        *_waiting(found),
        *_authors(found),
        *_leases(found),
        *_flags(found, settled or {}),
        *_recent(found),
        *_names(store, found),
    ]


async def counted(store: Store, found: Snapshot) -> list[str]:
    """Where the counts that a moderator is shown differ from what a scan of the comments finds."""
    wrong = []
    counts = await store.queues.counts(found.site)
    for queue in QUEUES:
        inside = [one for one in found.comments.values() if queue in _places(one)]
        if counts[queue].count != len(inside):
            wrong.append(f"{queue}: its count is not its size")
        by_reason = await store.queues.reasons(found.site, queue)
        scanned = Counter(code for one in inside for code in _listed(one, "cd"))
        if by_reason != dict(scanned):
            wrong.append(f"{queue}: {by_reason} by reason, should be {dict(scanned)}")
    return wrong


async def picture(store: Store, site: str) -> dict[str, Any]:
    """All that an undo has to restore, by key: indexes with their places, records, and each comment but its log of changes."""
    return pictured((await snapshots(store, [site]))[site])


def pictured(found: Snapshot) -> dict[str, Any]:
    """The same of a snapshot."""
    shown: dict[str, Any] = {}
    for name, value in found.values.items():
        if name.startswith(":c:"):
            shown[name] = {field: text for field, text in value.items() if field not in {"n", "hi", "op"}}
        elif found.kinds[name] in {"hash", "zset"} and name not in {"", ":claimed"} and name[:3] != ":b:":
            shown[name] = dict(value)
    return shown


def _listed(comment: Mapping[str, str], field: str) -> list[str]:
    return [one for one in comment.get(field, "").split(",") if one]


def _places(comment: Mapping[str, str]) -> list[str]:
    status, on_top = comment["st"], comment.get("ov")
    if status in {"queued", "expired"}:
        return []
    if on_top == "escalated" and status == "pending":
        return ["escalated"]
    return [status, on_top] if on_top else [status]


def _table(found: Snapshot) -> list[str]:
    """Every key is one that the table of keys knows, of that type, and lives as it says; none is left empty-handed."""
    wrong = []
    for name, kind in found.kinds.items():
        row = next(((one, lives) for pattern, one, lives in _TABLE if pattern.fullmatch(name)), None)
        if row is None or row[0] != kind:
            wrong.append(f"{name}: a {kind} that the table of keys does not know")
        elif row[1] != (found.lives[name] > 0):
            wrong.append(f"{name}: lives {found.lives[name]} ms")
    wrong += [
        f"b:{batch}: is no batch"
        for batch, fields in found.under(":b:").items()
        if not isinstance(from_json(fields.get("v", "null")), dict)
    ]
    return wrong


def _fields(found: Snapshot) -> list[str]:
    """A comment's fields fit each other."""
    wrong = []
    for comment_id, comment in found.comments.items():
        names, status = set(comment), comment.get("st")
        if status == "expired":
            checks = {"a tombstone keeps no more": names <= _TOMBSTONE, "was decided": "da" in names}
        else:
            lines = comment.get("us", "").split("\n") if "us" in names else []
            checks = {
                "only known fields": names <= _FIELDS,
                "a status": status in {"queued", "pending", "approved", "rejected"},
                "queued is not judged": status != "queued" or not names & {"sc", "dc", "ov", "by", "us"},
                "without score no findings": "sc" in names or not names & {"sp", "rs", "cd", "mv"},
                "decided by somebody": status in {"queued", "pending"} or "dc" in names,
                "a moderator has something to undo": ("by" in names) == bool(lines),
                "lines of undo": all(_LINE.fullmatch(line) for line in lines),
                "the first moderator stood on none": not lines or not lines[0].partition("\t")[0],
                "each line is of somebody but the first": all(line[0] != "\t" for line in lines[1:]),
                "an escalation": (comment.get("ov") == "escalated") == ("es" in names) == ("eb" in names),
                "reported is published": comment.get("ov") != "reported" or status == "approved",
                "as many reports as flags": int(comment.get("rp", 0)) == len(found.hash(f":r:{comment_id}")),
            }
        wrong += [f"{comment_id}: not so: {what}" for what, holds in checks.items() if not holds]
    wrong += [f"r:{one}: flags on nothing" for one in found.under(":r:") if one not in found.comments]
    known = found.values.get(":codes", set())
    wrong += [
        f"{one}: a reason that nobody counts"
        for one, comment in found.comments.items()
        if not set(_listed(comment, "cd")) <= known
    ]
    wanted = {one: comment["as"] for one, comment in found.comments.items() if "as" in comment}
    if found.hash(":assigned") != wanted:
        wrong.append(f"assigned: {found.hash(':assigned')}, should be {wanted}")
    return wrong


def _indexes(found: Snapshot) -> list[str]:
    expected: dict[str, dict[str, int]] = defaultdict(dict)
    for comment_id, comment in found.comments.items():
        seq = int(comment["seq"])
        rank = int(float(comment.get("sp") or 0.5) * 1e6 + 0.5) * RANK_STEP + seq
        reasons = [f"reason:{code}" for code in _listed(comment, "cd")]
        places = [
            f"{name}:{comment[short]}"
            for name, short in (("article", "ar"), ("author", "au"))
            if short in comment
        ]
        for queue in _places(comment):
            expected[f":q:{queue}:time"][comment_id] = seq
            expected[f":q:{queue}:spam"][comment_id] = rank
            for label in [*reasons, *(places if queue in WORKING else ())]:
                expected[f":i:{queue}:time:{label}"][comment_id] = seq
                if queue in WORKING:
                    expected[f":i:{queue}:spam:{label}"][comment_id] = rank
        if "au" in comment:
            expected[f":ac:{comment['au']}"][comment_id] = seq
        if "sc" in comment:
            for kind, field in (("tc", "ar"), ("rc", "pa")):
                if field in comment:
                    expected[f":{kind}:{comment[field]}"][comment_id] = seq
    kept = {
        name: value
        for name, value in found.values.items()
        if name.startswith((":q:", ":i:", ":ac:", ":tc:", ":rc:"))
    }
    return [
        f"{name}: holds {kept.get(name)}, should hold {expected.get(name)}"
        for name in sorted(expected.keys() | kept.keys())
        if expected.get(name, {}) != kept.get(name, {})
    ]


def _waiting(found: Snapshot) -> list[str]:
    """What has no score waits for one, once; nothing else does. A dead letter is a comment's."""
    expected = sorted(
        (comment.get("x", "none"), one, int(comment["rev"]))
        for one, comment in found.comments.items()
        if comment["st"] != "expired" and "sc" not in comment
    )
    wrong = []
    if sorted(found.waiting) != expected:
        wrong.append(f"waiting for a score: {sorted(found.waiting)}, should be {expected}")
    wrong += [f"{one}: a dead letter of nothing" for one in found.dead - found.comments.keys()]
    return wrong


def _authors(found: Snapshot) -> list[str]:
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    owners = set()
    for comment in found.comments.values():
        status = comment["was"] if comment["st"] == "expired" else comment["st"]
        if "au" in comment:
            owners.add(comment["au"])
            if status != "queued":
                expected[comment["au"]][status] += 1
                if status != "pending":
                    expected[comment["au"]][f"{status}:{int(comment['at']) // DAY_MS}"] += 1
    wrong = []
    for ref, fields in found.under(":a:").items():
        numbers = {name: int(value) for name, value in fields.items() if name not in _SAID}
        if numbers != dict(expected.pop(ref, Counter())):
            wrong.append(f"author {ref}: {numbers} is not what the comments say")
        if ref not in owners and not fields.keys() & {"given", "nt"}:
            wrong.append(f"author {ref}: a record of nobody")
    wrong += [f"author {ref}: has no record, should have {dict(count)}" for ref, count in expected.items()]
    return wrong


def _leases(found: Snapshot) -> list[str]:
    holders, leased = found.hash(":holders"), set(found.values.get(":leases", {}))
    wrong = []
    if leased != set(holders):
        wrong.append("leases and holders differ")
    held = {name: int(count) for name, count in found.hash(":holding").items()}
    if held != dict(Counter(holders.values())):
        wrong.append("the number held by each moderator is wrong")
    nowhere = {"st": "queued"}
    wrong += [
        f"{one}: leased, and in no queue" for one in leased if not _places(found.comments.get(one, nowhere))
    ]
    assigned = found.hash(":assigned")
    wrong += [
        f"{one}: is {assigned[one]}'s, and {holder} holds it"
        for one, holder in holders.items()
        if assigned.get(one, holder) != holder
    ]
    return wrong


def _flags(found: Snapshot, settled: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Each reader's record is what the standing decisions say of the flags, and what edits have settled."""
    expected: dict[str, Counter[str]] = defaultdict(Counter)
    flagged: dict[str, set[str]] = defaultdict(set)
    for reporter, record in settled.items():
        expected[reporter].update(record)
    for comment_id in found.comments:
        for reporter, verdict in verdicts(found, comment_id).items():
            flagged[reporter].add(comment_id)
            if verdict:
                expected[reporter][verdict] += 1
    wanted = {reporter: dict(record) for reporter, record in expected.items() if record}
    records = {
        reporter: {name: int(value) for name, value in fields.items()}
        for reporter, fields in found.under(":rr:").items()
    }
    wrong = [] if records == wanted else [f"readers' records are {records}, should be {wanted}"]
    if found.under(":rf:") != dict(flagged):
        wrong.append(f"readers' flags are {found.under(':rf:')}, should be {dict(flagged)}")
    return wrong


def verdicts(found: Snapshot, comment_id: str) -> dict[str, str]:
    """Who flagged a comment, and whether the reader was right, wrong or (empty) has no answer yet."""
    comment = found.comments.get(comment_id, {})
    deep = len(comment["us"].split("\n")) if comment.get("us") else 0
    answer = {"approved": "wrong", "rejected": "right"}
    return {
        reporter: since
        if since in {"right", "wrong"}
        else answer.get(comment["st"], "")
        if deep > int(since)
        else ""
        for reporter, since in found.hash(f":r:{comment_id}").items()
    }


def _recent(found: Snapshot) -> list[str]:
    """The memory of repeats and of pace holds comments that are there, each under fingerprints that it names."""
    members = [(name, found.values[f":rp:{name}"]) for name in found.under(":rp:")]
    members += [(name, one) for name, later in found.under(":rl:").items() for one in later]
    wrong = []
    for name, member in members:
        ref, _, comment_id = member.partition("\t")
        comment = found.comments.get(comment_id, {})
        if comment.get("au", "") != ref or name not in _listed(comment, "fp"):
            wrong.append(f"repeats of {name}: remembers {comment_id}, which does not name it")
    for name, late in found.under(":pa:").items():
        wrong += [
            f"pace of {name}: counts {one}, which is gone" for one in late.keys() - found.comments.keys()
        ]
    return wrong


def _names(store: Store, found: Snapshot) -> list[str]:
    """A pseudonym in the audit leads to its author, and to nobody else; an import brings those of where it came from."""
    if "imported" in found.hash(""):
        return []
    return [
        f"{pseudonym}: is not the pseudonym of {ref}"
        for pseudonym, ref in found.hash(":who").items()
        if pseudonym != store.private.author(found.site, ref)
    ]
