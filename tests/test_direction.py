"""The house's arrows: who may import whom."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("moderation", "model")

# place -> what it may import of ours, beside itself; the longest matching place counts
ALLOWED: dict[str, tuple[str, ...]] = {
    "model": (),
    "moderation.errors": (),
    "moderation.metrics": (),
    "moderation.logs": (),
    "moderation.domain": (),
    "moderation.settings": ("moderation.errors",),
    "moderation.store": ("moderation.domain", "moderation.errors"),
    "moderation.models": ("model", "moderation.errors"),
    "moderation.scoring": ("model.classifier", "moderation.errors"),
    "moderation.checks": ("moderation.domain", "model.normalise"),
    "moderation.worker": (
        "moderation.domain", "moderation.errors", "moderation.metrics", "moderation.store", "moderation.checks",
        "moderation.scoring", "model.classifier",
    ),
    "moderation.webhooks": (
        "moderation.domain", "moderation.errors", "moderation.metrics", "moderation.store",
    ),
    "moderation.web": (
        "moderation.domain", "moderation.errors", "moderation.metrics", "moderation.store", "moderation.settings",
        "moderation.logs", "moderation.checks.again", "moderation.checks.domains", "moderation.checks.entries",
        "moderation.checks.languages", "moderation.checks.fingerprints", "moderation.webhooks",
    ),
    "moderation.client": (),
    "moderation.app": OURS,
    "moderation.cli": OURS,
    "moderation.__main__": ("moderation.cli",),
}  # fmt: skip

ONE_DOOR = {
    "redis": ("moderation.store.client", "moderation.store.inbox"),
    "hiredis": ("moderation.store.pipe",),
    "sklearn": ("model.train", "model.evaluate", "model.transformer", "model.report"),
    "scipy": ("model.features", "model.train", "model.transformer"),
    "pickle": (),
    "joblib": (),
}


def modules() -> list[tuple[str, Path]]:
    """Every module of ours by its dotted name."""
    found = []
    for top in OURS:
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


def imports(path: Path) -> set[str]:
    """The names that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def within(name: str, places: tuple[str, ...]) -> bool:
    """Whether a name lies in one of the places."""
    return any(name == place or name.startswith(place + ".") for place in places)


@pytest.mark.parametrize(
    ("name", "path"), modules(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_direction(name: str, path: Path) -> None:
    """No module reaches up or sideways."""
    place = max((one for one in ALLOWED if within(name, (one,))), key=len, default=None)
    if place is None:
        assert name == "moderation", f"{name} has no place in the table"
        return
    found = imports(path)
    reached = {one for one in found if within(one, OURS) and one not in OURS}
    allowed = (place, *ALLOWED[place])
    packages = {".".join(one.split(".")[:2]) for one in allowed}
    wrong = {one for one in reached if not within(one, allowed) and one not in packages}
    assert not wrong, f"{name} may not import {sorted(wrong)}"
    for library, doors in ONE_DOOR.items():
        if any(within(one, (library,)) for one in found):
            assert name in doors, f"{name} may not import {library}"
