"""Examples of answers for the documentation: one comment's way over a desk. A test holds each against its model."""

from __future__ import annotations

from typing import Any, Final

Example = dict[str, Any]

_DECISION: Final[Example] = {
    "reason": None,
    "note": None,
    "at": "2026-11-25T10:00:00.412Z",
    "status": "pending",
    "by": "rule",
    "kind": "rule",
    "because": "It contains “casino”, on the site's list of suspect words.",
    "score": 0.41,
    "model_version": "2026-11-20",
}
QUEUED: Final[Example] = {
    "id": "c-1842",
    "site": "gazette",
    "text": "The casino will ruin the square.",
    "author": {"ref": "u-77", "id": "u-77", "name": "Bo", "url": None, "user_agent": None},
    "article": {"id": "a-9", "url": "https://news.example/a-9", "title": "A casino for the square"},
    "parent_id": None,
    "created_at": "2026-11-25T09:59:58.000Z",
    "lang": "en",
    "metadata": {},
    "revision": 1,
    "status": "queued",
    "received_at": "2026-11-25T10:00:00.000Z",
    "scores": {},
    "reasons": [],
    "decision": None,
    "history": [{"what": "received", "at": "2026-11-25T10:00:00.000Z"}],
    "reports": 0,
}
JUDGED: Final[Example] = {
    **QUEUED,
    "status": "pending",
    "scores": {"spam": 0.41},
    "reasons": [
        {
            "code": "suspect_word",
            "text": "It contains “casino”, on the site's list of suspect words.",
            "weight": 1.0,
            "spans": [[4, 10]],
        },
        {
            "code": "newcomer",
            "text": "The author has no approved comment yet; the site holds comments until 1 of them are approved.",
            "weight": 0.5,
        },
    ],
    "decision": _DECISION,
    "history": [
        {"what": "received", "at": "2026-11-25T10:00:00.000Z"},
        {"what": "decided", **_DECISION},
    ],
}
_DESK: Final[Example] = {
    "queue": "pending",
    "escalation": None,
    "assigned": None,
    "notes": [],
    "tags": [],
    "claim": None,
}
CARD: Final[Example] = {**JUDGED, **_DESK}
_APPROVAL: Final[Example] = {
    "reason": None,
    "note": "An opinion, fairly put.",
    "at": "2026-11-25T10:07:31.090Z",
    "score": 0.41,
    "model_version": "2026-11-20",
    "status": "approved",
    "by": "ann",
    "kind": "moderator",
}
APPROVED: Final[Example] = {
    **CARD,
    "status": "approved",
    "queue": None,
    "decision": _APPROVAL,
    "history": [*JUDGED["history"], {"what": "decided", **_APPROVAL}],
}
_REJECTION: Final[Example] = {**_APPROVAL, "status": "rejected", "reason": "spam", "note": None}
REJECTED: Final[Example] = {
    **APPROVED,
    "status": "rejected",
    "decision": _REJECTION,
    "history": [*JUDGED["history"], {"what": "decided", **_REJECTION}],
}
EDITED: Final[Example] = {
    **QUEUED,
    "text": "I disagree with the council.",
    "revision": 2,
    "history": [*JUDGED["history"], {"what": "edited", "at": "2026-11-25T10:05:00.000Z", "revision": 2}],
}
UNDONE: Final[Example] = {
    **CARD,
    "history": [
        *REJECTED["history"],
        {"what": "undone", "at": "2026-11-25T10:08:02.500Z", "by": "ann", "kind": "moderator"},
    ],
}
REPORTED: Final[Example] = {
    **{name: value for name, value in APPROVED.items() if name not in _DESK},
    "reports": 1,
}
ESCALATED: Final[Example] = {
    **CARD,
    "queue": "escalated",
    "escalation": {"at": "2026-11-25T10:06:00.000Z", "by": "ann", "reason": "A lawyer should read this."},
}
ASSIGNED: Final[Example] = {**CARD, "assigned": "ann"}
_NOTE: Final[Example] = {
    "at": "2026-11-25T10:06:30.000Z",
    "by": "ann",
    "text": "Called the author; she stands by it.",
}
NOTED: Final[Example] = {**CARD, "notes": [_NOTE]}
TAGGED: Final[Example] = {**CARD, "tags": ["election", "to-quote"]}
HELD: Final[Example] = {**CARD, "claim": {"by": "ann", "until": "2026-11-25T10:11:00.000Z"}}

_PROBLEM: Final[Example] = {
    "type": "/docs#problem-decision-conflict",
    "title": "Another moderator has decided",
    "status": 409,
    "detail": 'A colleague has decided this comment; send "override": true to decide otherwise.',
    "request_id": "3f9c2a71-1c",
    "decision": {"status": "approved", "by": "bob", "kind": "moderator", "at": "2026-11-25T10:07:02.000Z"},
    "comment_status": "approved",
}
_POSTED_BADLY: Final[Example] = {
    "type": "/docs#problem-invalid",
    "title": "The body is not valid",
    "status": 422,
    "detail": "/text: This field is required.",
    "request_id": "3f9c2a71-1d",
    "errors": [{"pointer": "/text", "detail": "This field is required."}],
}
BATCH_ID: Final = "5f0c6a0e9b1d4c7e8a2b3c4d"
POSTED: Final[Example] = {
    "items": [
        {"id": "c-1842", "status_code": 202, "comment": QUEUED},
        {"id": "c-1843", "status_code": 422, "problem": _POSTED_BADLY},
    ]
}
_SITES_VIEW: Final[Example] = {name: value for name, value in REJECTED.items() if name not in _DESK}
BULK: Final[Example] = {
    "batch_id": BATCH_ID,
    "more": False,
    "items": [
        {"id": "c-1842", "status_code": 200, "comment": _SITES_VIEW},
        {"id": "c-1844", "status_code": 409, "problem": _PROBLEM},
    ],
}
DRY_RUN: Final[Example] = {"count": 412, "complete": True}
BATCH: Final[Example] = {
    "batch_id": BATCH_ID,
    "by": "ann",
    "at": "2026-11-25T10:07:31.090Z",
    "ids": ["c-1842", "c-1844"],
}
_BACK: Final[Example] = {name: value for name, value in UNDONE.items() if name not in _DESK}
BATCH_UNDONE: Final[Example] = {
    "items": [
        {"id": "c-1842", "status_code": 200, "comment": _BACK},
        {
            "id": "c-1844",
            "status_code": 409,
            "problem": {
                "type": "/docs#problem-nothing-to-undo",
                "title": "There is no decision to undo",
                "status": 409,
                "detail": "The comment was decided again since this batch.",
                "request_id": "3f9c2a71-1e",
            },
        },
    ]
}

SIZES: Final[Example] = {
    "pending": {"count": 7, "oldest_seconds": 840.5},
    "reported": {"count": 0, "oldest_seconds": None},
    "escalated": {"count": 1, "oldest_seconds": 60.2},
    "approved": {"count": 5210, "oldest_seconds": 2592000.0},
    "rejected": {"count": 312, "oldest_seconds": 2591000.0},
}
QUEUES: Final[Example] = {"queues": SIZES}
ALL_QUEUES: Final[Example] = {"queues": SIZES, "sites": [{"site": "gazette", "queues": SIZES}]}
PAGE: Final[Example] = {"items": [CARD], "next": "mXv0Zr3J0o2c7q1nMTg0Mg"}
REASONS: Final[Example] = {"reasons": {"suspect_word": 412, "too_many_links": 9, "newcomer": 3}}
CLAIMED: Final[Example] = {"items": [HELD], "until": "2026-11-25T10:11:00.000Z"}
LEASES: Final[Example] = {
    "items": [{"comment_id": "c-1842", "by": "ann", "until": "2026-11-25T10:11:00.000Z"}]
}
RELEASED: Final[Example] = {"ids": ["c-1842"]}
THREAD: Final[Example] = {
    "comment": CARD,
    "parent": None,
    "siblings": [{**APPROVED, "id": "c-1840", "text": "A square without benches, too."}],
    "replies": [],
    "by_author": [{**REJECTED, "id": "c-1799", "text": "Win at the casino, casino.example"}],
    "look_alikes": [],
}

_KNOWN: Final[Example] = {
    "ref": "u-77",
    "standing": "known",
    "until": None,
    "given_by": None,
    "given_at": None,
    "counts": {"queued": 0, "pending": 1, "approved": 40, "rejected": 2},
    "rejection_rate": 0.0476,
    "first_seen": "2026-03-02T18:22:10.000Z",
    "notes": [],
    "comments": [CARD],
    "batch_id": None,
}
AUTHOR: Final[Example] = _KNOWN
BANNED: Final[Example] = {
    **_KNOWN,
    "standing": "banned",
    "given_by": "ann",
    "given_at": "2026-11-25T10:09:00.000Z",
    "counts": {"queued": 0, "pending": 0, "approved": 40, "rejected": 3},
    "rejection_rate": 0.0698,
    "comments": [REJECTED],
    "batch_id": BATCH_ID,
}
AUTHOR_NOTED: Final[Example] = {
    **_KNOWN,
    "notes": [{"at": "2026-11-25T10:09:30.000Z", "by": "ann", "text": "Writes under her own name."}],
}
EXPORTED: Final[Example] = {"kind": "author", **_KNOWN, "comments": []}

AUDIT: Final[Example] = {
    "items": [
        {
            "id": "1764065251090-0",
            "at": "2026-11-25T10:07:31.090Z",
            "by": "ann",
            "act": "rejected",
            "kind": "comment",
            "subject": "c-1842",
            "before": {"status": "pending", "by": "rule", "score": 0.41},
            "after": {"status": "rejected", "by": "ann", "reason": "spam", "score": 0.41},
            "batch_id": BATCH_ID,
        },
        {
            "id": "1764065340000-0",
            "at": "2026-11-25T10:09:00.000Z",
            "by": "ann",
            "act": "standing",
            "kind": "author",
            "subject": "u-77",
            "before": {"standing": None},
            "after": {"standing": "suspended", "until": "2026-12-02T10:09:00.000Z"},
            "batch_id": None,
        },
    ],
    "next": "1764065340000-0",
}
EVENTS: Final[Example] = {
    "items": [
        {
            "id": "1764064800412-0",
            "type": "comment.pending",
            "timestamp": "2026-11-25T10:00:00.412Z",
            "sequence": 1,
            "data": {
                "site": "gazette",
                "comment_id": "c-1842",
                "previous_status": "queued",
                "status": "pending",
                "revision": 1,
                "by": "rule",
                "kind": "rule",
                "because": _DECISION["because"],
                "score": 0.41,
                "model_version": "2026-11-20",
            },
        }
    ],
    "next": "1764064800412-0",
}
POLICY: Final[Example] = {
    "mode": "auto",
    "approve_below": 0.1,
    "reject_above": 0.98,
    "banned_words": [],
    "suspect_words": ["casino"],
    "max_links": 2,
    "hold_first_comments": 1,
    "report_threshold": 2,
    "keep_decided_days": 365,
}
NEW_POLICY: Final[Example] = {
    "mode": "auto",
    "approve_below": 0.1,
    "reject_above": 0.98,
    "banned_words": ["casino"],
}


def _share(count: int, of: int, low: float, high: float) -> Example:
    return {"count": count, "of": of, "share": round(count / of, 6), "low": low, "high": high}


def _judged(comments: int, approved: int, rejected: int) -> Example:
    return {
        "comments": comments,
        "approved_by_moderators": approved,
        "rejected_by_moderators": rejected,
    }


_COST: Final[Example] = {
    "approved": _judged(7200, 1180, 12),
    "held": _judged(1500, 820, 410),
    "rejected": _judged(1300, 4, 290),
    "against_moderators": 16,
    "cards_per_day": 50.0,
    "held_good_share": _share(820, 2004, 0.387824, 0.430851),
    "good_rejected_share": _share(4, 2004, 0.000777, 0.005122),
    "spam_published_share": _share(12, 712, 0.009665, 0.02924),
    "wrong_approvals_share": _share(12, 1192, 0.005766, 0.017514),
}
PREVIEW: Final[Example] = {
    "days": 30,
    "reaches_back_to": "2026-10-26T10:00:03.000Z",
    "sampled": False,
    "comments": 10000,
    "human_decisions": 2716,
    "in_force": _COST,
    "changed": {**_COST, "cards_per_day": 38.2},
    "moves": [{"before": "pending", "after": "approved", **_judged(354, 190, 3)}],
    "histogram": {
        "bins": 4,
        "approved_by_moderators": [1600, 300, 90, 14],
        "rejected_by_moderators": [20, 60, 130, 502],
        "undecided": [5300, 700, 300, 984],
        "unscored": 0,
    },
    "table": {
        "thresholds": [0.1, 0.98],
        "total": _judged(10000, 2004, 712),
        "approved": {
            "comments": [7200, 9700],
            "approved_by_moderators": [1180, 2000],
            "rejected_by_moderators": [12, 420],
        },
        "rejected": {
            "comments": [2800, 1300],
            "approved_by_moderators": [824, 4],
            "rejected_by_moderators": [700, 290],
        },
    },
    "shadow": {
        "approved": _judged(0, 0, 0),
        "held": _judged(0, 0, 0),
        "rejected": _judged(0, 0, 0),
    },
    "target": {
        "met": True,
        "sentence": "With these thresholds 1.9 % of good comments wait.",
        "approve_below": 0.62,
        "reject_above": 0.97,
        "cost": {**_COST, "held_good_share": _share(38, 2004, 0.01384, 0.025923)},
    },
    "notes": ["Comments that nobody decided say nothing of what a moderator would have done."],
}
POLICY_TEST: Final[Example] = {
    "findings": [
        {
            "code": "suspect_word",
            "text": "It contains “casino”, on the site's list of suspect words.",
            "weight": 1.0,
            "spans": [[4, 10]],
            "effect": "hold",
        }
    ]
}
_HOUR: Final[Example] = {
    "arrivals": 120,
    "approved": 96,
    "rejected": 19,
    "held": 11,
    "by_model": 104,
    "by_rule": 3,
    "by_moderator": {"ann": 8},
    "undone": 1,
    "reports": 2,
    "edits": 1,
}
STATISTICS: Final[Example] = {
    "site": "gazette",
    "begins_at": "2026-11-25T10:00:00.000Z",
    "ends_at": "2026-11-25T10:41:12.000Z",
    "log_begins_at": "2026-10-25T04:11:09.000Z",
    "total": _HOUR,
    "decided": {
        "model": _share(104, 115, 0.836931, 0.945698),
        "rule": _share(3, 115, 0.008908, 0.073909),
        "moderators": _share(8, 115, 0.035681, 0.131384),
    },
    "agreement_with_score": _share(6, 8, 0.409276, 0.92852),
    "agreement_with_machine": _share(2, 2, 0.342372, 1.0),
    "median_seconds_to_decision": 312.4,
    "queues": {name: SIZES[name] for name in ("pending", "reported")},
    "calibration": [{"least": 0.7, "below": 0.8, "rejected": _share(3, 4, 0.300642, 0.954413)}],
    "moderators": [
        {
            "name": "ann",
            "decisions": 8,
            "approved": 5,
            "rejected": 3,
            "hours_worked": 1,
            "decisions_per_hour": 8.0,
            "agreement_with_score": _share(6, 8, 0.409276, 0.92852),
            "agreement_with_machine": _share(2, 2, 0.342372, 1.0),
            "overturned": 0,
            "taken_back": 1,
            "median_seconds_to_decision": 312.4,
        }
    ],
    "per_hour": [{"hour": "2026-11-25T10:00:00.000Z", **_HOUR}],
}

_KEY: Final[Example] = {"id": "3f9c2a71b0de", "site": "gazette", "role": "moderator", "name": "ann"}
KEYS: Final[Example] = {
    "items": [
        {**_KEY, "sites": ["gazette"], "reaches_more": False, "created_at": "2026-11-25T10:00:00.000Z"}
    ],
    "next": None,
}
NEW_KEY: Final[Example] = {"key": "mod_moderator_3f9c2a71b0de_…", **_KEY}
ME: Final[Example] = {
    "id": "3f9c2a71b0de",
    "name": "ann",
    "role": "moderator",
    "sites": ["courier", "gazette"],
}
SESSION: Final[Example] = {
    "name": "ann",
    "role": "moderator",
    "sites": ["courier", "gazette"],
    "csrf": "9b7d0c6f0e5a4e3f8c1d2b3a49586776859403a2b1c0dfeecdbca99887766554",
}
SITES: Final[Example] = {"items": [{"site": "gazette", "mode": "auto", "pending": 7}], "next": None}
NEW_SITE: Final[Example] = {
    "site": "gazette",
    "site_key": "mod_site_…",
    "moderator_key": "mod_moderator_…",
    "akismet_key": "k3x…",
}
