"""Loads the Lua scripts: one file, one change of state. Constants and the shared part go in front of each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Final

from moderation.store import keys

NAMES: Final = (
    "accept",
    "annotate",
    "claim",
    "commit",
    "decide",
    "edit",
    "erase",
    "escalate",
    "expire",
    "forget_author",
    "forget_consumer",
    "hook_drop",
    "hook_put",
    "hook_read",
    "hook_replay",
    "hook_settle",
    "hook_take",
    "lease",
    "observe",
    "place_of_time",
    "policy",
    "report",
    "requeue",
    "restore",
    "session",
    "sign_in",
    "sign_out",
    "standing",
    "take",
    "undo",
)


# What frees memory or must not wait for it: decisions stay possible when the server takes no more comments.
WITHOUT_MEMORY: Final = frozenset(NAMES) - {
    *("accept", "edit", "report", "requeue", "restore"),
    *("hook_put", "hook_read", "hook_replay"),  # they make deliveries; those that there are can still end
}


@dataclass(frozen=True, slots=True)
class Script:
    """A script's name, its whole text and the SHA-1 by which the server knows it."""

    name: str
    text: str
    sha: str


def load(event_days: int) -> dict[str, Script]:
    """All scripts by name; events older than ``event_days`` days are trimmed as new ones come."""
    folder = resources.files("moderation.store") / "scripts"
    constants = (
        f"local BELL, GROUP, EVENT_MS = '{keys.BELL}', '{keys.GROUP}', {event_days * 24 * 3600 * 1000}\n"
    )
    shared = (folder / "_state.lua").read_text("utf-8")
    hooks = (folder / "_hooks.lua").read_text("utf-8")
    return {
        name: _script(
            name,
            _flags(name)
            + constants
            + shared
            + (hooks if name.startswith("hook_") else "")
            + (folder / f"{name}.lua").read_text("utf-8"),
        )
        for name in NAMES
    }


def _flags(name: str) -> str:
    return "#!lua flags=allow-oom\n" if name in WITHOUT_MEMORY else ""


def _script(name: str, text: str) -> Script:
    # SHA-1 is the name that EVALSHA asks for, not a defence.
    return Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())
