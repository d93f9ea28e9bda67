"""Every key that we keep, in one table. The data model to read first; nobody else spells a key.

The tag in braces pins a key to one slot of a cluster: a site lives in one partition, so that each change of one of its
comments is one atomic script. The number of partitions is fixed when the data is born.

==============================  ======  ==============================================  ==================================
key                             type    holds                                           written by
==============================  ======  ==============================================  ==================================
{m}:meta                        hash    schema, partitions, check of the secret,        the first start, Retention
                                        rewritten (comments erased before the last time)
{m}:secret                      string  the secret, if none is given by the settings    the first start on a given server
{m}:sites                       set     slugs of all sites                              Sites.add
{m}:keys                        hash    key id -> who it is, its sites, MAC of the key  Keyring
{m}:session:HASH                hash    a session of the console, by its token's hash:  sign_in, session, sign_out; lives
                                        key's id, role and mac at its beginning, ends   1 hour unused, 12 hours at most
{m}:sessions:KEY                zset    hashes of a key's sessions by their beginning   sign_in, sign_out; lives 12 hours
{m}:sweeper                     string  the worker that sweeps now; lives a minute      Retention
{m}:hooked                      set     slugs of sites that ever had a webhook          Webhooks
{pN}:in                         stream  comments waiting for a score, text included     accept, edit, requeue; commit takes
{pN}:dead                       hash    ``site/id`` -> why scoring it failed            commit; requeue and erase take
{pN}:s:SITE                     hash    created_at, policy and pv (its version), seq    Sites, accept
                                        (of the last comment), erased (how many)
{pN}:s:SITE:c:ID                hash    one comment, see below                          every script
{pN}:s:SITE:q:QUEUE:AXIS        zset    ids of a queue; AXIS is time (by sequence) or   every change of status
                                        spam (by score, then sequence)
{pN}:s:SITE:i:QUEUE:AXIS:LABEL  zset    the same for one article:ID, author:REF or      every change of status
                                        reason:CODE; of decided ones by reason and time
{pN}:s:SITE:codes               set     every reason's code that was ever found         commit
{pN}:s:SITE:a:REF               hash    an author: comments by status (the decided ones every change of status, standing
                                        also by ``status:day``), first seen, standing
                                        given, until when, by whom and when, notes
{pN}:s:SITE:ac:REF              zset    ids of all of an author's comments by sequence  accept
{pN}:s:SITE:tc:ARTICLE          zset    ids of an article's judged comments             commit
{pN}:s:SITE:rc:PARENT           zset    ids of a comment's judged replies               commit
{pN}:s:SITE:r:ID                hash    reporter (hashed) -> how many decisions stood   report
                                        at the flag, or the verdict that an edit settled
{pN}:s:SITE:rr:REPORTER         hash    a reader's flags that were right, and wrong     decide, undo
{pN}:s:SITE:rf:REPORTER         set     ids of comments with a flag by this reader      report
{pN}:s:SITE:rp:PRINT            string  ``REF<tab>ID`` of the first with a fingerprint  observe; lives `repeat_hours`
{pN}:s:SITE:rl:PRINT            zset    the same of those that came later               observe; lives `repeat_hours`
{pN}:s:SITE:pa:KIND:WHO         zset    ids of late comments of an author, address or   observe; lives `pace_minutes`
                                        article
{pN}:s:SITE:leases              zset    ids of claimed comments by the end of the lease claim, lease
{pN}:s:SITE:holders             hash    id -> the moderator who holds it                claim, lease
{pN}:s:SITE:holding             hash    moderator -> how many are held                  claim, lease
{pN}:s:SITE:claimed             hash    moderator -> the last claim's operation and ids claim
{pN}:s:SITE:assigned            hash    id -> the moderator whose it is                 annotate
{pN}:s:SITE:b:BATCH             hash    a batch: ids, by whom, when, whether undone     Batches; lives BATCH_DAYS
{pN}:s:SITE:who                 hash    pseudonym in the audit -> author's reference    standing
{pN}:s:SITE:ev                  stream  the event log, trimmed by age                   every script
{pN}:s:SITE:audit               stream  who did what to whom, before and after; acts    every act of a person; erase takes
                                        on tags go with the comment
{pN}:s:SITE:hooks               hash    webhook's id -> what it is (JSON): address,      hook_put
                                        events it wants, salts of its secrets
{pN}:s:SITE:h:HOOK              hash    its place in the log (after), last number of a  hook_put, _read, _take, _settle
                                        delivery (seq), failing since, last success
                                        (ok), off and off_at, the last lease (took)
{pN}:s:SITE:h:HOOK:d            hash    a delivery's id, which is its event's -> how it hook_read, _replay, _take, _settle;
                                        stands (JSON); at most 10,000 open ones and     ended ones live 7 days
                                        20,000 each of delivered and dead ones
{pN}:s:SITE:h:HOOK:all          zset    ids of deliveries by number; also :open,        as above
                                        :delivered and :dead
{pN}:s:SITE:h:HOOK:due          zset    ids of open ones by their next attempt, or by   as above
                                        the end of the lease on one under way
{pN}:s:SITE:h:HOOK:over         zset    ids of ended ones by the end of their life      as above; read takes
{pN}:s:SITE:kc:CHECK            string  id of the comment of one check (hashed); lives  Akismet.begin
                                        ten minutes
{pN}:s:SITE:kt:CONTENT          string  id of the last comment with a content (hashed), Akismet.tie
                                        lives 90 days
{pN}:s:SITE:kb:ID               string  whom to tell of a verdict: URL, sealed key, …;  Akismet.tie
                                        lives 90 days
{pN}:s:SITE:ku:MONTH            hash    calls of Akismet's clients, by what they were;  Akismet.count
                                        lives 400 days
{pN}:s:SITE:coral               string  how the site's Coral is spoken with (JSON),     Coral.put
                                        its secrets too
{pN}:s:SITE:co:ID               string  Coral's comment and revision; lives 90 days     Coral.tie
{pN}:s:SITE:oc:CORALS_ID        string  our comment's id; lives 90 days                 Coral.tie
{pN}:s:SITE:cm:MESSAGE          string  that a message of Coral's was seen; 7 days      Coral.first_time
{pN}:s:SITE:cw                  set     Coral's comments that are to be fetched         Coral.put_off
==============================  ======  ==============================================  ==================================

Life: all of it stays until it is erased, but events (settings.event_days, and the policy's keep_… days) and what has a
life in the table.

A comment's hash: ``t`` text, ``d`` the rest of what was posted (JSON), ``st`` status, ``ov`` the queue on top of it
(``reported`` or ``escalated``), ``rev`` revision, ``at`` received (ms), ``seq`` place in its site, ``n`` number of its changes,
``au`` author's reference, ``ar`` article's id, ``pa`` parent's id, ``x`` its entry in the stream, ``sp`` spam score, ``sc`` scores,
``rs`` reasons, ``cd`` their codes, ``fp`` fingerprints, ``dc`` standing decision, ``mv`` model version, ``by`` the moderator whose
decision stands, ``hi`` history and ``us`` what undo restores (lines), ``rp`` number of reporters, ``es`` escalation (JSON) and
``eb`` the queue before it (both only while it is escalated), ``as`` whose it is, ``nt`` notes (lines), ``tg`` tags (JSON), ``ta``
the audit's entries on them, ``op`` the last operation's id, ``t1``
SHA-1 of the first text once it was edited, ``hr`` that a moderator rejected an earlier revision. A tombstone (``st`` is
``expired``) has ``was`` and ``da``, the status and the time of its decision.
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
SCHEMA: Final = "2"

RANK_STEP: Final = (
    2**33
)  # a rank is round(score * 1e6) * RANK_STEP + seq: exact in a double up to 8.5e9 comments a site
QUEUES: Final = ("pending", "reported", "escalated", "approved", "rejected")
WORKING: Final = frozenset({"pending", "reported", "escalated"})  # queues in which something is to be done
SWEEPER: Final = "{m}:sweeper"
HOOKED: Final = "{m}:hooked"


def session_key(place: str) -> str:
    """A session, by its token's hash."""
    return f"{{m}}:session:{place}"


def sessions_key(key_id: str) -> str:
    """The sessions of a key."""
    return f"{{m}}:sessions:{key_id}"


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

    def labelled(self, site: str, queue: str, order: str, label: str) -> str:
        """An index of what has one label: ``article:ID``, ``author:REF`` or ``reason:CODE``.

        In a queue of work it holds that queue's comments alone; of decided ones by article or author it holds those in every
        status, by time.
        """
        kind, _, value = label.partition(":")
        if queue not in WORKING and kind != "reason":
            return self.authored(site, value) if kind == "author" else self.thread(site, value)
        return f"{self.site(site)}:i:{queue}:{order}:{label}"

    def author(self, site: str, ref: str) -> str:
        """An author's record."""
        return f"{self.site(site)}:a:{ref}"

    def authored(self, site: str, ref: str) -> str:
        """An author's comments."""
        return f"{self.site(site)}:ac:{ref}"

    def thread(self, site: str, article_id: str) -> str:
        """An article's comments."""
        return f"{self.site(site)}:tc:{article_id}"

    def replies(self, site: str, comment_id: str) -> str:
        """A comment's replies."""
        return f"{self.site(site)}:rc:{comment_id}"

    def reporters(self, site: str, comment_id: str) -> str:
        """Who flagged a comment."""
        return f"{self.site(site)}:r:{comment_id}"

    def batch(self, site: str, batch_id: str) -> str:
        """A batch of decisions."""
        return f"{self.site(site)}:b:{batch_id}"

    def audit(self, site: str) -> str:
        """Who did what."""
        return f"{self.site(site)}:audit"

    def events(self, site: str) -> str:
        """A site's event log."""
        return f"{self.site(site)}:ev"

    def hooks(self, site: str) -> str:
        """A site's webhooks."""
        return f"{self.site(site)}:hooks"

    def hook(self, site: str, webhook_id: str) -> str:
        """A webhook's state; the keys of its deliveries begin with it."""
        return f"{self.site(site)}:h:{webhook_id}"

    def akismet_check(self, site: str, check: str) -> str:
        """Which comment one check was."""
        return f"{self.site(site)}:kc:{check}"

    def akismet_content(self, site: str, content: str) -> str:
        """Which comment had this content last."""
        return f"{self.site(site)}:kt:{content}"

    def akismet_callback(self, site: str, comment_id: str) -> str:
        """Whom to tell of a verdict on a comment."""
        return f"{self.site(site)}:kb:{comment_id}"

    def akismet_usage(self, site: str, month: str) -> str:
        """How much Akismet's clients asked in a month."""
        return f"{self.site(site)}:ku:{month}"

    def coral(self, site: str) -> str:
        """How the site's Coral is spoken with."""
        return f"{self.site(site)}:coral"

    def coral_of(self, site: str, comment_id: str) -> str:
        """Coral's comment for ours."""
        return f"{self.site(site)}:co:{comment_id}"

    def of_coral(self, site: str, coral_id: str) -> str:
        """Our comment for Coral's."""
        return f"{self.site(site)}:oc:{coral_id}"

    def coral_seen(self, site: str, message_id: str) -> str:
        """That a message of Coral's was seen."""
        return f"{self.site(site)}:cm:{message_id}"

    def coral_waiting(self, site: str) -> str:
        """Coral's comments that are to be fetched."""
        return f"{self.site(site)}:cw"
