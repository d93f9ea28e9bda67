"""The command line as it is typed: with a service running and without one."""

from __future__ import annotations

import json
from pathlib import Path

import aiohttp
import pytest

from moderation.cli.parser import parser
from tests.support.service import Api, Service, command, free_port

pytestmark = pytest.mark.timeout(90)


def subcommands() -> list[str]:
    found = []
    for name, one in parser()._subparsers._group_actions[0].choices.items():  # type: ignore[union-attr]
        nested = one._subparsers
        found += [f"{name} {inner}" for inner in nested._group_actions[0].choices] if nested else [name]
    return found


@pytest.mark.parametrize("words", subcommands())
def test_every_command_explains_itself_with_an_example(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([*words.split(), "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert f"example:\n  moderation {words}" in shown


async def test_commands_without_a_service(tmp_path: Path) -> None:
    where = ("--data-dir", str(tmp_path))
    status, out, _ = await command("site", "add", "gazette", *where)
    keys = json.loads(out)
    assert status == 0
    assert keys.keys() == {"site", "site_key", "moderator_key", "akismet_key"}
    assert len(keys["akismet_key"]) == 12
    status, _, err = await command("site", "add", "gazette", *where)
    assert (status, err) == (2, "The site gazette exists already.\n")
    status, _, err = await command("site", "add", "No Slug", *where)
    assert status == 2
    assert "a-z" in err
    status, out, _ = await command(
        "key", "add", "--site", "gazette", "--role", "moderator", "--name", "ann", *where
    )
    made = json.loads(out)
    assert made.keys() == {"id", "key", "site", "role", "name"}
    _, out, _ = await command("key", "list", "--site", "gazette", *where)
    assert made["id"] in out
    assert made["key"] not in out
    assert keys["site_key"] not in out
    assert (await command("key", "revoke", made["id"], *where))[0] == 0
    status, _, err = await command("key", "revoke", made["id"], *where)
    assert status == 2
    assert "key list" in err
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert keys["site_key"].encode() not in path.read_bytes(), "keys are kept hashed"


async def test_keys_for_several_sites_and_for_all(tmp_path: Path) -> None:
    where = ("--data-dir", str(tmp_path))
    for slug in ("gazette", "courier"):
        assert (await command("site", "add", slug, *where))[0] == 0

    async def add(role: str, *sites: str, name: str = "ann") -> tuple[int, str, str]:
        named = [word for site in sites for word in ("--site", site)]
        return await command("key", "add", *named, "--role", role, "--name", name, *where)

    status, out, err = await add("moderator", "gazette", "courier")
    assert status == 0, err
    several = json.loads(out)
    assert several.keys() == {"id", "key", "site", "sites", "role", "name"}
    assert (several["site"], several["sites"]) == ("gazette", ["gazette", "courier"])
    status, out, err = await add("admin", "*")
    assert status == 0, err
    everywhere = json.loads(out)
    assert everywhere.keys() == {"id", "key", "site", "role", "name"}
    assert everywhere["site"] == "*"
    assert (await add("reader", "courier"))[0] == 0
    for wrong, word in (
        (await add("site", "*"), "one site"),
        (await add("moderator", "*", "gazette"), "alone"),
        (await add("moderator", "gazette", "nowhere"), "nowhere"),
        (await add("moderator", "gazette", name="Model"), "--name"),
        (await add("moderator", "gazette", name=" "), "--name"),
    ):
        assert (wrong[0], wrong[1]) == (2, "")
        assert word in wrong[2]
    _, out, _ = await command("key", "list", "--site", "courier", *where)
    listed = {one["id"]: one for one in map(json.loads, out.splitlines())}
    assert several["id"] in listed
    assert everywhere["id"] in listed
    assert listed[several["id"]]["sites"] == ["gazette", "courier"]
    assert {one["role"] for one in listed.values()} == {"site", "reader", "moderator", "admin", "akismet"}
    assert several["key"] not in out


async def test_beside_a_running_service(tmp_path: Path) -> None:
    data = ("--data-dir", str(tmp_path / "data"))
    service = Service("serve", *data, "--port", "0")
    await service.start()
    status, out, err = await command("site", "add", "gazette", *data)
    assert status == 0, err
    keys = json.loads(out)
    async with aiohttp.ClientSession() as session:
        api = Api(session, service.url, keys)
        for number in range(3):
            status, _ = await api.call(
                "POST", "/comments", {"id": f"c{number}", "text": "Hello there"}, Prefer="wait=10"
            )
            assert status == 200
        status, out, err = await command("export", "--site", "gazette", *data)
        assert status == 0, err
        lines = [json.loads(line) for line in out.splitlines()]
        assert [line["kind"] for line in lines].count("comment") == 3
        (tmp_path / "out.ndjson").write_text(out)
        status, _, err = await command("import", "--site", "copy", str(tmp_path / "out.ndjson"), *data)
        assert status == 0, err
        status, out, _ = await command("site", "list", *data)
        assert out.split() == ["copy", "gazette"]
        status, _, err = await command("serve", *data, "--port", str(free_port()))
        assert status == 2
        assert err.startswith("Another service (process ")
    assert await service.stop() == 0


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PORT", "99999"), ("PORT", "x"), ("LEASE_SECONDS", "0"), ("APPENDFSYNC", "sometimes"), ("REDIS_URL", "http://x"),
     ("SECRET", "short"), ("BATCH_SIZE", "0"), ("REDIS_SERVER", "/nonexistent"), ("DATA_DIR", "/proc/nothing")],
)  # fmt: skip
async def test_each_wrong_setting_ends_the_start_with_a_sentence(
    tmp_path: Path, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODERATION_DATA_DIR", str(tmp_path))
    monkeypatch.setenv(f"MODERATION_{variable}", value)
    status, out, err = await command("serve", "--host", "127.0.0.1")
    assert status == 2
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1
    assert out == ""
    if variable in {"SECRET", "REDIS_URL"}:
        assert value not in err.replace("redis://", "")


async def test_config_hides_secrets_and_names_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODERATION_SECRET", "a canary of sixteen characters")
    status, out, _ = await command("config", "--port", "9999")
    assert status == 0
    assert "canary" not in out
    assert "MODERATION_PORT=9999  [flag]" in out
    assert "MODERATION_SECRET=(hidden)  [environment]" in out
    assert "MODERATION_BATCH_SIZE=256  [default]" in out


async def test_a_role_alone_needs_a_server_of_its_own(tmp_path: Path) -> None:
    status, _, err = await command("worker", "--data-dir", str(tmp_path))
    assert status == 2
    assert "--redis-url" in err
    status, _, err = await command("api", "--redis-url", "redis://127.0.0.1:1/0")
    assert status == 2
    assert "does not answer" in err


async def test_another_secret_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = ("--data-dir", str(tmp_path))
    monkeypatch.setenv("MODERATION_SECRET", "the first secret of this data")
    assert (await command("site", "add", "gazette", *where))[0] == 0
    monkeypatch.setenv("MODERATION_SECRET", "quite another secret, alas")
    status, _, err = await command("site", "list", *where)
    assert status == 2
    assert "MODERATION_SECRET" in err
