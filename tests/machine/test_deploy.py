"""What deployment needs fits the program: compose passes every setting, units start every service."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from newsroom import ROOT, run

from wiredesk.worker import settings
from wiredesk.worker.machine import services

COMPOSE = (ROOT / "docker-compose.yml").read_text()


def test_compose_passes_every_setting() -> None:
    environment = COMPOSE.partition("environment: &environment")[2].partition("\n  secrets:")[0]
    passed = set(re.findall(r"^    (WIREDESK_\w+):$", environment, re.MULTILINE))
    by_file = set(re.findall(r"^    (WIREDESK_\w+)_FILE: ", environment, re.MULTILINE))
    names = {f"WIREDESK_{field.name.upper()}" for field in dataclasses.fields(settings.Settings)}
    assert by_file == {"WIREDESK_DATABASE_URL", "WIREDESK_REDIS_URL"}
    elsewhere = {"DATA_DIR", "WEB_LISTEN", "WATCH_DIR", "MAIL_URL", "MIGRATE_DATABASE_URL"}
    assert passed == names - by_file - {f"WIREDESK_{name}" for name in elsewhere}
    assert 'environment: { <<: *environment, WIREDESK_WEB_LISTEN: "0.0.0.0:8420" }' in COMPOSE


def test_only_migrate_and_the_command_line_have_the_owners_address() -> None:
    parts = re.split(r"(?m)^  (?=[\w-]+:$)", COMPOSE.partition("\nservices:\n")[2].partition("\nnetworks:")[0])
    with_it = {part.partition(":")[0] for part in parts if "owner-secrets" in part}
    assert with_it == {"migrate", "wiredesk"}
    assert COMPOSE.count("migrate_database_url") == 4  # twice at `migrate`, twice in the table of secrets


def test_compose_runs_every_service_and_asks_for_the_secrets_first() -> None:
    started = set(re.findall(r"command: \[python, -m, wiredesk.worker.cli.worker, (\w+)\]", COMPOSE))
    assert started == {service.name for service in services.SERVICES}
    wanted = re.findall(r"secrets/[\w.-]+", COMPOSE)
    made = (ROOT / "Makefile").read_text()
    made_by_hand = {"secrets/mail_url"}  # of a server that is not wiredesk's
    assert all(
        f"{name}:" in made or ("secrets/%_password:" in made and name.endswith("_password"))
        for name in set(wanted) - made_by_hand
    )


def test_the_target_starts_every_service() -> None:
    target = (ROOT / "deploy" / "wiredesk.target").read_text()
    assert set(re.findall(r"wiredesk@(\w+)\.service", target)) == {service.name for service in services.SERVICES}


def test_units_start_a_command_that_exists_with_settings_that_exist() -> None:
    unit = (ROOT / "deploy" / "wiredesk@.service").read_text()
    (module,) = re.findall(r"^ExecStart=/opt/wiredesk/.venv/bin/python -m (\S+) %i$", unit, re.MULTILINE)
    assert importlib.util.find_spec(module) is not None
    names = {f"WIREDESK_{field.name.upper()}" for field in dataclasses.fields(settings.Settings)}
    given = dict(re.findall(r"(WIREDESK_\w+)_FILE=%d/(\w+)", unit))
    assert given and set(given) <= names
    assert set(given.values()) == set(re.findall(r"^LoadCredential=(\w+):/etc/wiredesk/\1$", unit, re.MULTILINE))


def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze")
    for path in (ROOT / "deploy").glob("wiredesk*"):
        # The program that a unit starts has to be there: this machine has no /opt/wiredesk.
        text = path.read_text().replace("/opt/wiredesk/.venv/bin/python", sys.executable)
        (tmp_path / path.name.replace("@.", "@ingest.")).write_text(text)
    done = subprocess.run(
        [analyze, "verify", "--man=no", *map(str, tmp_path.iterdir())], capture_output=True, text=True, check=False
    )
    assert [line for line in done.stderr.splitlines() if "wiredesk" in line] == []
    assert done.returncode == 0


def test_settings_of_the_desk_that_runs_here_are_those_of_the_commands_beside_it(tmp_path: Path) -> None:
    folder = tmp_path / ".wiredesk"
    folder.mkdir()
    given = {"WIREDESK_TICK_SECONDS": "7", "WIREDESK_CONTACT": "a@b.example", "WIREDESK_REDIS_URL": "redis://:p@h/0"}
    kept = settings.to_keep(str(folder), given)
    assert kept == {"tick_seconds": "7", "contact": "a@b.example"}  # no address: it holds a password
    (folder / "settings.json").write_text(json.dumps(kept))

    def tick(**environment: str) -> str:
        ran = run("settings", "--format", "json", environment=environment, cwd=tmp_path)
        (line,) = [json.loads(line) for line in ran.lines() if '"tick_seconds"' in line]
        return str(line["value"])

    assert tick() == "7.0"
    assert tick(WIREDESK_TICK_SECONDS="3") == "3.0"
    assert tick(WIREDESK_TICK_SECONDS="") == "1.0"
    assert settings.to_keep(str(folder), {"WIREDESK_TICK_SECONDS": ""}) == {"contact": "a@b.example"}


def test_flower_reads_its_password_and_the_broker_from_secrets(tmp_path: Path) -> None:
    (tmp_path / "redis_url").write_text("redis://:word@redis:6379/0\n")
    (tmp_path / "flower_password").write_text("secret\n")
    source = (ROOT / "deploy" / "flower" / "flowerconfig.py").read_text()
    found = runpy.run_path(str(_copy(tmp_path / "flowerconfig.py", source.replace("/run/secrets", str(tmp_path)))))
    assert (found["broker_url"], found["basic_auth"]) == ("redis://:word@redis:6379/0", ["admin:secret"])


def _copy(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
