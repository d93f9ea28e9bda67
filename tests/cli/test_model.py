"""`moderation model` as it is typed, without a service and beside one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from moderation.cli import main
from tests.support.models import write_model
from tests.support.service import Api, Service, command
from tests.worker.test_worker import until

pytestmark = pytest.mark.timeout(90)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of models; the shipped model is a small one."""
    monkeypatch.setattr("model.artifact.SHIPPED", tmp_path / "package")
    write_model(tmp_path / "package", 0)
    monkeypatch.setenv("MODERATION_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data" / "models"


def typed(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of `moderation model …`."""
    status = main(["model", *words])
    return status, *capsys.readouterr()


def listed(capsys: pytest.CaptureFixture[str]) -> dict[str, bool]:
    status, out, _ = typed(capsys, "list")
    assert status == 0
    lines: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    return {line["version"]: line["in_use"] for line in lines}


def test_use_list_and_back(tmp_path: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys) == {"shipped": True}
    first, second = write_model(tmp_path / "a", 1), write_model(tmp_path / "b", 2)
    assert typed(capsys, "use", str(tmp_path / "a")) == (0, f"{first}\n", "")
    assert typed(capsys, "use", str(tmp_path / "b")) == (0, f"{second}\n", "")
    assert listed(capsys) == {"shipped": False, first: False, second: True}
    assert typed(capsys, "back") == (0, f"{first}\n", "")
    assert typed(capsys, "use", "shipped") == (0, "shipped\n", "")
    assert listed(capsys) == {"shipped": True, first: False, second: False}


def test_each_refusal_is_one_sentence(
    tmp_path: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = write_model(tmp_path / "a", 1)
    write_model(tmp_path / "b", 2)
    (tmp_path / "b" / "spam.npy").write_bytes(b"no array")
    refused = [
        ("nowhere", typed(capsys, "use", "nowhere")),
        ("spam.npy is not the one", typed(capsys, "use", str(tmp_path / "b"))),
        ("no model to go back to", typed(capsys, "back")),
    ]
    typed(capsys, "use", str(tmp_path / "a"))
    typed(capsys, "use", "shipped")
    shutil.rmtree(models / first)
    refused += [
        ("manifest.json cannot be read", typed(capsys, "back")),
        ("one of the versions here (shipped)", typed(capsys, "use", first)),
    ]
    for part, (status, out, err) in refused:
        assert (status, out) == (2, "")
        assert part in err
        assert len(err.splitlines()) == 1
    assert listed(capsys) == {"shipped": True}


def test_a_missing_model_is_told(tmp_path: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = write_model(tmp_path / "a", 1)
    typed(capsys, "use", str(tmp_path / "a"))
    shutil.rmtree(models / first)
    status, out, err = typed(capsys, "list")
    assert (status, json.loads(out)) == (0, {"version": "shipped", "in_use": False})
    assert f"{first}, is missing" in err
    assert typed(capsys, "back") == (0, "shipped\n", "")


@pytest.mark.parametrize("words", [("use", "shipped"), ("list",)])
def test_the_setting_that_overrides_it_is_told(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("MODERATION_MODEL_DIR", "/some/model")
    status, _, err = typed(capsys, *words)
    assert status == 0
    assert "MODERATION_MODEL_DIR" in err
    assert "/some/model" in err


async def test_a_running_service_takes_it_up_and_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODERATION_MODEL_DIR", raising=False)
    first, second = write_model(tmp_path / "a", 1), write_model(tmp_path / "b", 2)
    data = ("--data-dir", str(tmp_path / "data"))
    (tmp_path / "data" / "models").mkdir(parents=True)
    (tmp_path / "data" / "models" / "used").write_text("gone\n", "utf-8")
    service = Service("serve", *data, "--port", "0")
    await service.start()
    async with aiohttp.ClientSession() as session:

        async def answer(path: str) -> tuple[int, str]:
            async with session.get(service.url + path) as found:
                return found.status, await found.text()

        async def scores_with(version: str) -> None:
            async def so() -> bool:
                return f'moderation_model_in_use{{version="{version}"}} 1.0' in (await answer("/metrics"))[1]

            await until(so)

        _, out, _ = await command("site", "add", "gazette", *data)
        api = Api(session, service.url, json.loads(out))

        async def posted(name: str) -> dict[str, Any]:
            status, found = await api.call(
                "POST", "/comments", {"id": name, "text": "Hello"}, Prefer="wait=10"
            )
            assert status == 200
            return dict(found)

        status, text = await answer("/readyz")
        assert (status, "the model is not loaded" in text) == (503, True)
        before = await posted("before")
        assert (before["status"], before["scores"]) == ("pending", {})
        assert before["decision"]["model_version"] == "none"

        seen: list[dict[str, Any]] = []
        for words in (("use", str(tmp_path / "a")), ("use", str(tmp_path / "b")), ("back",)):
            status, version, err = await command("model", *words, *data)
            assert (status, err) == (0, "")
            await scores_with(version.strip())
            assert (await answer("/readyz"))[0] == 200
            seen.append(await posted(f"c{len(seen)}"))
        assert [one["decision"]["model_version"] for one in seen] == [first, second, first]
        assert all(one["scores"].keys() == {"spam", "toxicity"} for one in seen)
        assert seen[0]["scores"] == seen[2]["scores"] != seen[1]["scores"]

        # A model that goes missing under a running service does not make it unready: it goes on with the one it has.
        shutil.rmtree(tmp_path / "data" / "models" / first)
        assert (await posted("after"))["decision"]["model_version"] == first
        assert (await answer("/readyz"))[0] == 200
    assert await service.stop() == 0
