"""Which model is in use: a folder of models with their order, and the one that a process has loaded.

The folder holds a subfolder for each model, named by its version, and ``used``: a line for each change, the last one is in use.
Both are put in place by a rename, under a lock, so that who reads meanwhile finds the old or the new. A process looks every second
and takes a new model up between two batches; one that is not fit is refused and the old one stays.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from model import artifact
from model.artifact import MANIFEST, ArtifactError, read_manifest
from model.classifier import Classifier
from moderation.errors import Invalid, Unfit

log = logging.getLogger(__name__)

SHIPPED: Final = "shipped"  # the word for the model that comes with the package
NONE: Final = "none"  # the word for no model at all
USED: Final = "used"
LOOK_SECONDS: Final = 1.0  # between two looks; a change is in force within it and a batch
MAX_LINES: Final = 1_000  # of changes that are kept

_VERSION: Final = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
)  # it names a folder, in this folder and no other
_RESERVED: Final = frozenset({SHIPPED, NONE, USED})
_COPYING: Final = ".new-"  # begins the name of a model that is being copied in

_State = tuple[int, int, int]  # of a file; another one after each write


class ModelFolder:
    """The folder of models. Raises Invalid for what the operator can mend, Unfit where the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def used(self) -> list[str]:
        """The versions in the order in which they were put to use; the last one is in use."""
        with self._disk():
            try:
                lines = (self._folder / USED).read_text("utf-8", errors="replace").split()
            except FileNotFoundError:
                return [SHIPPED]
        return lines or [SHIPPED]

    def versions(self) -> list[str]:
        """All versions that are here."""
        there = (path.parent.name for path in self._folder.glob(f"*/{MANIFEST}"))
        return [SHIPPED, *sorted(name for name in there if _names_a_model(name))]

    def path_of(self, version: str) -> Path:
        """Where a version lies, or would."""
        if version == SHIPPED:
            return artifact.SHIPPED
        if not _names_a_model(version):
            raise Invalid(f"{version!r} cannot be the version of a model: it has to name a folder.")
        return self._folder / version

    def load(self, version: str) -> Classifier:
        """A version, loaded."""
        where = self.path_of(version)
        found = _load(where)
        if version not in {SHIPPED, found.version}:
            raise Invalid(f"{where}: It holds the model {found.version} and has to bear its name.")
        return found

    def use(self, source: str) -> str:
        """Puts a model to use, from a folder or by its version, and returns the version."""
        known = self.versions()
        if source not in known and not _is_model(Path(source)):
            raise Invalid(
                f"{source} is neither a folder with a {MANIFEST} nor one of the versions here ({', '.join(known)})."
            )
        with self._disk(), self._locked():
            version = source if source in self.versions() else self._take_in(Path(source))
            self.load(version)  # what is not fit never comes into use
            used = self.used()
            if used[-1] != version:
                self._write([*used, version])
        return version

    def back(self) -> str:
        """Goes back to the model before the one in use and returns its version."""
        _before(self.used())
        with self._disk(), self._locked():
            used = self.used()
            version = _before(used)
            self.load(version)
            self._write(used[:-1])
        return version

    def _take_in(self, source: Path) -> str:
        """Copies a model in under its version, which it returns."""
        version = _load(source).version
        if not _names_a_model(version):
            raise Invalid(f"{source}: The version {version!r} of this model cannot be the name of a folder.")
        if version in self.versions():
            self.load(version)  # a version is made from its content: it is the same model, if it is fit
            return version
        beside = Path(tempfile.mkdtemp(prefix=_COPYING, dir=self._folder))
        try:
            # Only names, as checked by loading: a manifest changed since then leads nowhere else.
            heads = [Path(head["file"]).name for head in read_manifest(source)["heads"].values()]
            for name in (MANIFEST, *heads):
                shutil.copyfile(source / name, beside / name)
            if _load(beside).version != version:
                raise Invalid(f"{source}: The model was changed while it was copied.")
            beside.chmod(0o755)
            beside.rename(self._folder / version)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        return version

    def _write(self, versions: list[str]) -> None:
        beside = self._folder / f".{USED}"
        with beside.open("w", encoding="utf-8") as file:
            file.write("\n".join(versions[-MAX_LINES:]) + "\n")
            file.flush()
            os.fsync(file.fileno())  # after a power cut an empty file would mean the shipped model
        beside.replace(self._folder / USED)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """No other command changes the folder meanwhile."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in self._folder.glob(f"{_COPYING}*"):  # by a command that was killed: we hold the lock
                shutil.rmtree(left, ignore_errors=True)
            yield

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as failure:
            raise Unfit(
                f"The folder of models {self._folder} cannot be used ({failure.strerror}): mend it, or choose another "
                "with --data-dir."
            ) from failure


class LoadedModel:
    """The model that this process scores with; None if none was fit yet, so that every comment goes to a human."""

    def __init__(
        self,
        folder: Path,
        *,
        fixed: Path | None = None,
        changed: Callable[[str], None] | None = None,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """``fixed``: a folder of one model, used instead of the folder of models; it may be written anew in place."""
        self._models = ModelFolder(folder)
        self._fixed = fixed
        self._changed = changed or (lambda _: None)
        self._look_seconds = look_seconds
        self._seen: tuple[Path, _State | None] | None = None  # the loaded one's folder, and its manifest then
        self._complaint = ""  # logged last; a fault that stays is told once
        self.current: Classifier | None = None

    @property
    def version(self) -> str:
        """The version in use, or ``none``."""
        return self.current.version if self.current else NONE

    def load(self) -> None:
        """Loads the model in use for the first time."""
        self._take(self._look())

    async def watch(self) -> None:
        """Takes up new models until it is cancelled."""
        while True:
            await asyncio.sleep(self._look_seconds)
            found = await asyncio.to_thread(self._look)
            if found is not None:
                self._take(found)

    def _take(self, found: Classifier | None) -> None:
        self.current = found
        if found is not None:
            log.info("scoring with the model %s", found.version)
        self._changed(self.version)

    def _look(self) -> Classifier | None:
        """The model to take up; None if it is the loaded one, or is not fit: then the next look tries it again."""
        try:
            version = SHIPPED if self._fixed else self._models.used()[-1]
            where = self._fixed or self._models.path_of(version)
            # Before loading, so that the next look finds what is written meanwhile.
            seen = where, _state(where / MANIFEST)
            found = None
            if seen != self._seen:
                found = _load(where) if self._fixed else self._models.load(version)
                self._seen = seen
        except Exception as failure:  # whatever is wrong with a new model, the old one goes on
            self._complain(failure)
            return None
        self._complaint = ""
        return found

    def _complain(self, failure: Exception) -> None:
        if str(failure) == self._complaint:
            return
        self._complaint = str(failure)
        stays = f"{self.version} stays in use" if self.current else "every comment goes to a moderator"
        log.error("the model chosen cannot be loaded, %s: %s", stays, failure)


def _before(used: list[str]) -> str:
    if len(used) < 2:
        raise Invalid("There is no model to go back to: the one in use is the first.")
    return used[-2]


def _names_a_model(version: str) -> bool:
    # Case aside: some disks do not tell `Used` from `used`.
    return bool(_VERSION.fullmatch(version)) and version.casefold() not in _RESERVED


def _is_model(folder: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):  # no path at all, or one that we may not look at
        return (folder / MANIFEST).is_file()
    return False


def _load(folder: Path) -> Classifier:
    try:
        return Classifier.load(folder)
    except ArtifactError as failure:
        raise Invalid(f"{folder}: {failure}") from failure
    except Exception as failure:  # a manifest can be wrong in more ways than its reader foresees
        raise Invalid(f"{folder}: The model cannot be read ({type(failure).__name__}).") from failure


def _state(path: Path) -> _State | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
