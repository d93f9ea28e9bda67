"""The model in use: chosen, changed while comments flow, taken back; whatever is wrong with a new one, the old one stays."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

import moderation.models
from model import artifact
from model.classifier import Document
from moderation.domain.comment import Draft
from moderation.errors import Invalid, Unfit
from moderation.metrics import Metrics
from moderation.models import SHIPPED, LoadedModel, ModelFolder
from moderation.store import Entry, Judged, Store
from moderation.worker.judge import Judge
from moderation.worker.loop import Worker, contexts_of
from tests.support.invariants import problems
from tests.support.models import change_manifest, write_model
from tests.support.service import command
from tests.worker.test_worker import until

SITE = "gazette"
SWAPS = 50


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The version of a model that stands for the shipped one."""
    monkeypatch.setattr("model.artifact.SHIPPED", tmp_path / "package")
    return write_model(tmp_path / "package", 0)


@pytest.fixture
def models(tmp_path: Path, shipped: str) -> ModelFolder:
    """An empty folder of models, ``data/models``."""
    return ModelFolder(tmp_path / "data" / "models")


def contents(models: Path) -> set[str]:
    return {path.name for path in models.iterdir()} - {".lock"} if models.exists() else set()


# --- the folder -------------------------------------------------------------------------------------


def test_a_model_is_used_by_folder_then_by_version_and_taken_back(
    tmp_path: Path, models: ModelFolder
) -> None:
    assert (models.used(), models.versions()) == ([SHIPPED], [SHIPPED])
    first = write_model(tmp_path / "a", 1)
    second = write_model(tmp_path / "b", 2, "spam")
    assert models.use(str(tmp_path / "a")) == first
    assert models.use(str(tmp_path / "b")) == second
    shutil.rmtree(tmp_path / "a")  # the copy counts
    assert models.use(first) == first
    assert models.use(first) == first, "again is no change"
    assert models.versions() == [SHIPPED, *sorted([first, second])]
    assert models.used() == [SHIPPED, first, second, first]
    assert [models.back() for _ in range(3)] == [second, first, SHIPPED]
    with pytest.raises(Invalid, match="the first"):
        models.back()
    assert models.use(second) == second
    assert contents(tmp_path / "data" / "models") == {"used", first, second}


def test_nothing_is_made_for_a_wrong_word(tmp_path: Path, models: ModelFolder) -> None:
    for word in ("nowhere", "", "..", "../package/..", "x" * 5000, "a\0b", str(tmp_path)):
        with pytest.raises(Invalid, match=r"neither a folder with a manifest\.json nor"):
            models.use(word)
    with pytest.raises(Invalid, match="no model to go back to"):
        models.back()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "version",
    ["", ".", "..", "../x", "/abs", "a/b", "a\\b", ".new-x", ".used", "shipped", "Shipped", "used", "none", "a b", "a\n",
     "x" * 101, "версия"],
)  # fmt: skip
def test_a_version_that_is_no_name_is_refused(tmp_path: Path, models: ModelFolder, version: str) -> None:
    end = "/" in version  # with the end that tells its content, it still leads elsewhere
    write_model(tmp_path / "a", 1)
    change_manifest(
        tmp_path / "a", lambda manifest: manifest.update(version=version + end * manifest["version"][-8:])
    )
    with pytest.raises(Invalid, match="cannot be the name of a folder|not that of its content"):
        models.use(str(tmp_path / "a"))
    if version != SHIPPED:
        with pytest.raises(Invalid, match="cannot be the version"):
            models.path_of(version)
    assert contents(tmp_path / "data" / "models") == set()
    assert {path.name for path in tmp_path.iterdir()} == {"package", "data", "a"}


SPOILT: dict[str, Callable[[Path], object]] = {
    "an array of another model": lambda folder: (
        write_model(folder.parent / "c", 3)
        and shutil.copyfile(folder.parent / "c" / "spam.npy", folder / "spam.npy")
    ),
    "no array": lambda folder: (folder / "toxicity.npy").unlink(),
    "no json": lambda folder: (folder / "manifest.json").write_text("{", "utf-8"),
    "another format": lambda folder: change_manifest(folder, lambda one: one.update(format=1)),
    "no version": lambda folder: change_manifest(folder, lambda one: one.pop("version")),
    "a file outside": lambda folder: change_manifest(
        folder, lambda one: one["heads"]["spam"].update(file="../package/spam.npy")
    ),
    "a file that is no name": lambda folder: change_manifest(
        folder, lambda one: one["heads"]["spam"].update(file="a\0.npy")
    ),
    "an endless size": lambda folder: change_manifest(
        folder, lambda one: one["heads"]["spam"].update(bytes=float("inf"))
    ),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_a_model_that_is_not_fit_is_refused(
    tmp_path: Path, models: ModelFolder, spoil: Callable[[Path], object]
) -> None:
    first = models.use(str(write_model(tmp_path / "a", 1) and tmp_path / "a"))
    write_model(tmp_path / "b", 2)
    spoil(tmp_path / "b")
    with pytest.raises(Invalid, match=str(tmp_path / "b")):
        models.use(str(tmp_path / "b"))
    assert models.used() == [SHIPPED, first]
    assert contents(tmp_path / "data" / "models") == {"used", first}


def test_what_was_spoilt_in_the_folder_is_refused(tmp_path: Path, models: ModelFolder) -> None:
    folder = tmp_path / "data" / "models"
    first, second = write_model(tmp_path / "a", 1), write_model(tmp_path / "b", 2)
    models.use(str(tmp_path / "a"))
    models.use(str(tmp_path / "b"))
    (folder / first / "spam.npy").write_bytes(b"")
    for attempt in (models.back, lambda: models.use(first), lambda: models.use(str(tmp_path / "a"))):
        with pytest.raises(Invalid, match=f"{folder / first}: .*spam.npy"):
            attempt()
    shutil.copytree(folder / second, folder / "mine")
    with pytest.raises(Invalid, match="bear its name"):
        models.use("mine")
    assert models.used() == [SHIPPED, first, second]


def test_another_model_of_the_same_version_is_refused(tmp_path: Path, models: ModelFolder) -> None:
    first = write_model(tmp_path / "a", 1)
    models.use(str(tmp_path / "a"))
    change_manifest(tmp_path / "a", lambda manifest: manifest.update(remark="the same weights"))
    assert models.use(str(tmp_path / "a")) == first
    change_manifest(tmp_path / "a", lambda manifest: manifest["heads"]["spam"].update(intercept=9.0))
    with pytest.raises(Invalid, match="not that of its content"):
        models.use(str(tmp_path / "a"))


def test_what_a_killed_command_left_is_no_model_and_goes(tmp_path: Path, models: ModelFolder) -> None:
    folder = tmp_path / "data" / "models"
    write_model(folder / ".new-dead", 5)
    assert models.versions() == [SHIPPED]
    with pytest.raises(Invalid, match="neither"):
        models.use(".new-dead")
    first = write_model(tmp_path / "a", 1)
    models.use(str(tmp_path / "a"))
    assert contents(folder) == {"used", first}


def test_a_disk_that_refuses_is_one_sentence(tmp_path: Path, models: ModelFolder) -> None:
    write_model(tmp_path / "a", 1)
    (tmp_path / "data").write_text("not a folder", "utf-8")
    for attempt in (models.used, models.back, lambda: models.use(str(tmp_path / "a"))):
        with pytest.raises(Unfit, match="--data-dir"):
            attempt()


def test_two_processes_lose_no_change_of_each_other(tmp_path: Path) -> None:
    write_model(tmp_path / "both", 100, "spam")
    own = [
        [(tmp_path / f"{who}{number}", write_model(tmp_path / f"{who}{number}", 10 * who + number, "spam"))
         for number in range(5)]
        for who in range(2)
    ]  # fmt: skip
    script = (
        "import sys; from pathlib import Path; from moderation.models import ModelFolder\n"
        "models = ModelFolder(Path(sys.argv[1])); print(flush=True); sys.stdin.readline()\n"
        "for source in sys.argv[2:]: models.use(source)"
    )
    with contextlib.ExitStack() as stack:
        commands = [
            stack.enter_context(
                subprocess.Popen(
                    [
                        sys.executable,
                        "-c",
                        script,
                        tmp_path / "models",
                        tmp_path / "both",
                        *(path for path, _ in mine),
                    ],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            )
            for mine in own
        ]
        for one in commands:
            assert one.stdout is not None
            one.stdout.readline()
        for one in commands:  # both are up: now they begin
            assert one.stdin is not None
            one.stdin.close()
        assert [one.wait(30) for one in commands] == [0, 0]
    models = ModelFolder(tmp_path / "models")
    for mine in own:
        versions = [version for _, version in mine]
        assert [version for version in models.used() if version in versions] == versions
    assert len(models.versions()) == 12
    for version in models.versions()[1:]:
        models.load(version)
    assert contents(tmp_path / "models") == {"used", *models.versions()[1:]}


# --- the loaded model -------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def watched(folder: Path, **options: Any) -> AsyncIterator[LoadedModel]:
    """A loaded model that looks often."""
    model = LoadedModel(folder, look_seconds=0.005, **options)
    await asyncio.to_thread(model.load)
    watch = asyncio.create_task(model.watch())
    try:
        yield model
        assert not watch.done()
    finally:
        watch.cancel()
        await asyncio.wait([watch])


async def becomes(model: LoadedModel, version: str) -> None:
    async def so() -> bool:
        return model.version == version

    await until(so)


async def complains(caplog: pytest.LogCaptureFixture, about: str) -> None:
    async def so() -> bool:
        return any(about in record.getMessage() for record in caplog.records)

    await until(so)


def count_looks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Grows by one with each look at a manifest."""
    seen: list[Path] = []
    state = moderation.models._state

    def counted(path: Path) -> object:
        seen.append(path)
        return state(path)

    monkeypatch.setattr(moderation.models, "_state", counted)
    return seen


def choose(folder: Path, *versions: str) -> None:
    """Writes the order of use as if by hand."""
    (folder / "by-hand").write_text("\n".join(versions), "utf-8")
    (folder / "by-hand").replace(folder / "used")


async def test_a_missing_model_leaves_the_running_one(
    tmp_path: Path, models: ModelFolder, shipped: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "data" / "models"
    first = write_model(tmp_path / "a", 1)
    await asyncio.to_thread(models.use, str(tmp_path / "a"))
    async with watched(folder) as model:
        assert model.version == first
        for wrong in ("gone", "../a", "\N{REPLACEMENT CHARACTER}"):
            choose(folder, SHIPPED, first, wrong)
            await complains(caplog, wrong)
            assert model.version == first
        assert all(f"{first} stays in use" in record.getMessage() for record in caplog.records)
        assert await asyncio.to_thread(models.back) == first
        assert await asyncio.to_thread(models.back) == SHIPPED
        await becomes(model, shipped)


async def test_without_a_fit_model_at_the_start_there_is_none_until_there_is(
    tmp_path: Path, models: ModelFolder, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data" / "models"
    first = write_model(tmp_path / "a", 1)
    folder.mkdir(parents=True)
    choose(folder, first)
    metrics = Metrics()
    async with watched(folder, changed=metrics.worker.model_is) as model:
        assert (model.current, model.version) == (None, "none")
        assert b'moderation_model_in_use{version="none"} 1.0' in metrics.text()
        more = count_looks(monkeypatch)

        async def again() -> bool:
            return len(more) >= 3

        await until(again)
        assert len(caplog.records) == 1, "a fault that stays is told once"
        assert "every comment goes to a moderator" in caplog.text
        await asyncio.to_thread(models.use, str(tmp_path / "a"))  # `used` says the same as before
        await becomes(model, first)
        shown = [line for line in metrics.text().decode().splitlines() if line.startswith("moderation_model")]
        assert shown == [f'moderation_model_in_use{{version="{first}"}} 1.0']


async def test_a_fixed_model_is_taken_up_when_it_is_written_anew(
    tmp_path: Path, models: ModelFolder, caplog: pytest.LogCaptureFixture
) -> None:
    fixed = tmp_path / "fixed"
    first = write_model(fixed, 1)
    second = write_model(tmp_path / "b", 2)
    await asyncio.to_thread(models.use, str(tmp_path / "b"))
    async with watched(tmp_path / "data" / "models", fixed=fixed) as model:
        assert model.version == first, "the folder of models does not count"
        # As `cp` does it: the manifest comes first, and the arrays are still the old ones.
        shutil.copyfile(tmp_path / "b" / "manifest.json", fixed / "manifest.json")
        await complains(caplog, "not the one that its manifest describes")
        assert model.version == first
        for name in ("spam.npy", "toxicity.npy"):
            shutil.copyfile(tmp_path / "b" / name, fixed / name)
        await becomes(model, second)
        await becomes(model, await asyncio.to_thread(write_model, fixed, 3))


# --- under load -------------------------------------------------------------------------------------


class Recording(Judge):
    """A judge that keeps the versions of each batch."""

    batches: list[set[str]]

    async def judge(self, entries: Sequence[Entry]) -> list[Judged]:
        judged = await super().judge(entries)
        self.batches.append({one.model_version for one in judged})
        return judged


async def load(store: Store, stopping: asyncio.Event) -> int:
    """Posts as fast as comments are scored until it is told to stop; returns how many."""
    numbers = itertools.count()
    posted = 0
    while not stopping.is_set():
        if await store.waiting() > 200:
            await asyncio.sleep(0.001)
            continue
        texts = [
            (number, f"Comment {number} of a long day, {number * 7919 % 1000}.")
            for number in itertools.islice(numbers, 50)
        ]
        await asyncio.gather(
            *(store.comments.accept(SITE, Draft(f"c{number}", text)) for number, text in texts)
        )
        posted += len(texts)
    return posted


async def test_the_model_is_changed_fifty_times_under_load(
    tmp_path: Path, store: Store, models: ModelFolder
) -> None:
    versions = [write_model(tmp_path / name, seed) for name, seed in (("a", 1), ("b", 2))]
    for name in ("a", "b"):
        await asyncio.to_thread(models.use, str(tmp_path / name))
    metrics = Metrics().worker
    async with watched(tmp_path / "data" / "models") as model:
        judge = Recording(model, functools.partial(contexts_of, store), metrics)
        judge.batches = []
        worker = Worker(store.inboxes("w")[0], judge, metrics, batch_size=64, lease_seconds=10)
        working, stopping = asyncio.create_task(worker.run()), asyncio.Event()
        loading = asyncio.create_task(load(store, stopping))
        for swap in range(SWAPS):
            version = versions[swap % 2]
            await asyncio.to_thread(models.use, version)

            async def scores(version: str = version) -> bool:
                return bool(judge.batches) and judge.batches[-1] == {version}

            await until(scores)
        stopping.set()
        posted = await loading

        async def done() -> bool:
            return await store.waiting() == 0

        await until(done)
        assert len(await asyncio.to_thread(models.used)) == 1 + 2 + SWAPS
        await check_comments(store, models, versions, posted)
        assert all(len(batch) == 1 for batch in judge.batches), "a batch is scored by one model"

        # One command takes the last change back.
        status, out, err = await command("model", "back", "--data-dir", str(tmp_path / "data"))
        assert (status, out, err) == (0, f"{versions[0]}\n", "")
        await becomes(model, versions[0])
        await store.comments.accept(SITE, Draft("after", "A comment after it."))
        await until(done)
        assert (await store.comments.get(SITE, "after")).model_version == versions[0]
        worker.stop()
        await working
        judge.close()
    assert await problems(store, SITE) == []


async def check_comments(store: Store, models: ModelFolder, versions: list[str], posted: int) -> None:
    """Each comment is there, with just the scores that the model it names gives to its text."""
    comments = [await store.comments.get(SITE, f"c{number}") for number in range(posted)]
    documents = [Document(comment.draft.text) for comment in comments]
    expected = {}
    for version in versions:
        classifier = await asyncio.to_thread(models.load, version)
        verdicts = await asyncio.to_thread(functools.partial(classifier.score, documents, reasons=False))
        expected[version] = [
            {name: round(score, 6) for name, score in verdict.scores.items()} for verdict in verdicts
        ]
    assert all(one.keys() == set(artifact.HEADS) for one in expected[versions[0]])
    assert not any(map(dict.__eq__, *expected.values())), "the two models tell every text apart"
    used = []
    for number, comment in enumerate(comments):
        assert comment.model_version is not None
        used.append(comment.model_version)
        assert comment.scores == expected[comment.model_version][number]
        assert comment.decision is not None
        assert comment.decision["model_version"] == comment.model_version
        assert comment.decision["score"] == comment.scores["spam"]
        assert comment.reasons == () or comment.reasons[0].code != "scoring_failed"
    assert set(used) == set(versions)
