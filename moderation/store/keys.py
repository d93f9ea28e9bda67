"""Every key that we keep, in one table. The data model to read first; nobody else spells a key.

The tag in braces pins a key to one slot of a cluster: a site lives in one partition, so that each change of one of its
comments is one atomic script. The number of partitions is fixed when the data is born.

==============================  ======  ==============================================  ==================================
key                             type    holds                                           written by
==============================  ======  ==============================================  ==================================
{m}:meta                        hash    schema, partitions, check of the secret         the first start
{m}:secret                      string  the secret, if none is given by the settings    the first start on a given server
{m}:sites                       set     slugs of all sites                              Sites.add
{m}:keys                        hash    key id -> who it is, its sites, MAC of the key  Keyring
{pN}:in                         stream  comments waiting for a score, text included     accept, edit, requeue; commit takes
{pN}:dead                       hash    ``site/id`` -> why scoring it failed            commit; requeue and erase take
{pN}:s:SITE                     hash    created_at, policy, seq (of the last comment)   Sites, accept
{pN}:s:SITE:c:ID                hash    one comment, see below                          every script
{pN}:s:SITE:q:QUEUE:time        zset    ids of a queue by sequence                      every change of status
{pN}:s:SITE:q:QUEUE:spam        zset    the same by score, then sequence                every change of status
{pN}:s:SITE:a:AUTHOR            hash    an author's comments by status                  every change of status
{pN}:s:SITE:r:ID                set     reporters of a comment, hashed                  report
{pN}:s:SITE:ev                  stream  the event log, trimmed by age                   every script
==============================  ======  ==============================================  ==================================

Life: all of it stays until it is erased, but events (settings.event_days) and what a script takes away itself.

A comment's hash: ``t`` text, ``d`` the rest of what was posted (JSON), ``st`` status, ``rev`` revision, ``at`` received
(ms), ``seq`` place in its site, ``n`` number of its changes, ``au`` author's reference, ``x`` its entry in the stream,
``sp`` spam score, ``sc`` scores, ``rs`` reasons, ``dc`` standing decision, ``mv`` model version, ``by`` the moderator
whose decision stands, ``hi`` history and ``us`` what undo restores (lines), ``rp`` number of reporters, ``op`` the last
operation's id, ``t1`` SHA-1 of the first text once it was edited, ``hr`` that a moderator rejected an earlier revision.
"""

from __future__ import annotations

import zlib
from typing import Final

META: Final = "{m}:meta"
SECRET: Final = "{m}:secret"  # noqa: S105  # a key's name
SITES: Final = "{m}:sites"
KEYS: Final = "{m}:keys"
BELL: Final = "moderation:bell"  # the channel on which a change is announced: site, then the ids, a line each
GROUP: Final = "score"  # the workers' consumer group on each {pN}:in
SCHEMA: Final = "1"

RANK_STEP: Final = (
    2**33
)  # a rank is round(score * 1e6) * RANK_STEP + seq: exact in a double up to 8.5e9 comments a site
QUEUES: Final = ("pending", "reported", "approved", "rejected")


class Keys:
    """Spells the keys for a fixed number of partitions."""

    def __init__(self, partitions: int) -> None:
        self.partitions = partitions
        self._sites: dict[str, str] = {}

    def partition(self, site: str) -> int:
        """The partition in which a site lives."""
        return zlib.crc32(site.encode()) % self.partitions

    def inbox(self, partition: int) -> str:
        """The stream of comments that wait for a score."""
        return f"{{p{partition}}}:in"

    def dead(self, partition: int) -> str:
        """The dead letters of a partition."""
        return f"{{p{partition}}}:dead"

    def site(self, site: str) -> str:
        """A site's record; all other keys of the site begin with it."""
        key = self._sites.get(site)
        if key is None:
            key = f"{{p{self.partition(site)}}}:s:{site}"
            if len(self._sites) < 10_000:  # a bound: slugs of strangers must not fill the memory
                self._sites[site] = key
        return key

    def comment(self, site: str, comment_id: str) -> str:
        """One comment's hash."""
        return f"{self.site(site)}:c:{comment_id}"

    def queue(self, site: str, queue: str, order: str) -> str:
        """A queue's index by ``time`` or by ``spam``."""
        return f"{self.site(site)}:q:{queue}:{order}"

    def author(self, site: str, ref: str) -> str:
        """An author's record."""
        return f"{self.site(site)}:a:{ref}"

    def events(self, site: str) -> str:
        """A site's event log."""
        return f"{self.site(site)}:ev"
