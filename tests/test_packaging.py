"""The promises of the container files, the locks and the package."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def last_stage() -> str:
    return DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]


def test_dockerfile_runs_as_nobody_and_stops_in_order() -> None:
    stage = last_stage()
    assert DOCKERFILE.count("\nFROM ") == 2, "tools of the build do not ship"
    user = re.search(r"^USER (\d+):(\d+)$", stage, re.MULTILINE)
    assert user
    assert int(user[1]) >= 10_000
    assert "STOPSIGNAL SIGTERM" in stage
    assert re.search(r'^ENTRYPOINT \["moderation"\]$', stage, re.MULTILINE), "exec form: signals arrive"
    assert re.search(r"^HEALTHCHECK ", stage, re.MULTILINE)
    assert "VOLUME /data" in stage
    assert "MODERATION_DATA_DIR=/data" in stage


def test_dockerfile_takes_nothing_unpinned() -> None:
    assert "--require-hashes" in DOCKERFILE
    assert "--no-deps --no-build-isolation" in DOCKERFILE
    assert "latest" not in DOCKERFILE
    assert not re.search(r"^ADD ", DOCKERFILE, re.MULTILINE)
    assert "apt-get" not in DOCKERFILE
    assert not re.search(r"SECRET|PASSWORD", DOCKERFILE)


def test_compose_has_a_server_that_is_fit() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    command = " ".join(services["store"]["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert "ports" not in services["store"], "nobody but the service reaches the store"
    assert services["store"]["volumes"]
    for role in ("api", "worker"):
        assert services[role]["read_only"] is True
        assert services[role]["cap_drop"] == ["ALL"]
        assert services[role]["command"] == [role]
        assert "MODERATION_SECRET" in services[role]["environment"]


def test_locks_have_hashes_and_no_addresses() -> None:
    for name in ("runtime", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        assert "://" not in text
        assert "file:" not in text
        entries = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
        assert len(entries) > 10
        for entry in entries:
            assert "==" in entry.splitlines()[0]
            assert "--hash=sha256:" in entry


def test_every_dependency_has_its_reason_and_its_lock() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    project = tomllib.loads("\n".join(lines))["project"]
    lock = (ROOT / "requirements" / "dev.txt").read_text()
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert len(project["dependencies"]) <= 12
    for dependency in wanted:
        line = next(line for line in lines if f'"{dependency}"' in line)
        assert re.search(r"#\s+\w", line), f"{dependency}: why?"
        name = re.split(r"[<>=;\[]", dependency)[0].strip()
        assert re.search(rf"^{re.escape(name)}==", lock, re.MULTILINE | re.IGNORECASE), name


def test_the_wheel_has_what_runs_and_nothing_else(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for needed in ("moderation/store/scripts/accept.lua", "moderation/store/scripts/_state.lua",
                   "moderation/console/index.html", "model/artifacts/manifest.json", "model/artifacts/spam.npy", "moderation/py.typed"):  # fmt: skip
        assert needed in names
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"moderation", "model"}
    assert wheel.stat().st_size < 20 << 20


def test_no_pickle_anywhere() -> None:
    banned = re.compile(
        r"^\s*(?:import|from)\s+(?:pickle|joblib|cloudpickle|dill|marshal|shelve)\b", re.MULTILINE
    )
    for folder in ("moderation", "model", "bench", "scripts"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not banned.search(path.read_text()), path


def test_every_lua_script_has_its_header_and_builds_keys_from_keys_only() -> None:
    for path in (ROOT / "moderation" / "store" / "scripts").glob("*.lua"):
        text = path.read_text()
        assert text.startswith("-- "), path.name
        if not path.name.startswith("_"):
            for word in ("KEYS", "ARGV", "Returns"):
                assert word in text.split("\n\n")[0].split("\nlocal")[0], f"{path.name}: {word}"
        calls = re.findall(r"redis\.call\('([A-Z]+)',?\s*([^,)]*)", text)
        keyless = {"TIME", "PUBLISH"}
        for command, first in calls:
            if command in keyless or command.startswith("X") and first.startswith("'"):
                continue
            # A key is KEYS[n], a name handed in as one, or begins with the site's record.
            assert re.match(r"KEYS\[|site\b|\w*key\b|'CONSUMERS'|'DELCONSUMER'", first), (
                f"{path.name}: {command} {first}"
            )
