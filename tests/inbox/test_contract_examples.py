"""The examples of docs/contract.md, run as they stand: each hands in what it says, and it becomes an article."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from newsroom import FERRY, ROOT, drain, file_waiting, prose, run, settings_of, values, wait_until

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.inbox.celery_queue import CelerySource
from wiredesk.worker.inbox.stream import StreamSource
from wiredesk.worker.settings import Settings

CONTRACT = (ROOT / "docs" / "contract.md").read_text()
WAYS = CONTRACT[CONTRACT.index("## Four ways in") : CONTRACT.index("## Outcomes")]
PROGRAMS = re.findall(r"```python\n(.*?)```", WAYS, re.DOTALL)
COMMANDS = [
    line.strip() for line in WAYS.splitlines() if line.startswith("    ") and not re.match(r"    [ \w]*[\[{(]", line)
]
SHELL = [line for line in COMMANDS if re.match(r"(wiredesk|cat|redis-cli|export) ", line)]


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Iterator[Settings]:
    yield settings_of(database_url, redis_url)
    db.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "article.txt").write_text(FERRY)
    lines = (json.dumps({"content": prose(n), "key": f"line-{n}"}) for n in range(2))
    (tmp_path / "articles.jsonl").write_text("\n".join(lines))
    (tmp_path / "wiredesk").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -c "from wiredesk.worker.cli import main; main()" "$@"\n'
    )
    (tmp_path / "wiredesk").chmod(0o755)
    return tmp_path


def environment(settings: Settings, folder: Path) -> dict[str, str]:
    return {
        "PATH": f"{folder}:/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8",
        "WIREDESK_DATABASE_URL": str(settings.database_url), "WIREDESK_REDIS_URL": str(settings.redis_url),
    }  # fmt: skip


def run_beside_the_desk(command: list[str], settings: Settings, folder: Path) -> str:
    """Run a program while the desk files what is handed in; its output."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(settings, folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    give_up_at = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < give_up_at:
        work(settings)
        time.sleep(0.1)
    process.kill()
    out, err = process.communicate()
    work(settings)
    assert process.returncode == 0, err
    return out


def work(settings: Settings) -> None:
    drain(settings, StreamSource)
    drain(settings, CelerySource)
    file_waiting(settings)


def test_all_examples_are_run() -> None:
    assert len(PROGRAMS) == 3
    assert [line.split()[0] for line in SHELL] == ["export", "wiredesk", "cat", "redis-cli", "wiredesk"]


@pytest.mark.parametrize(
    ("number", "keys"), [(0, ["2018-05-31/17", "2018-05-31/18"]), (1, ["2018-05-31/20"]), (2, ["2018-05-31/21"])]
)
def test_each_program(settings: Settings, folder: Path, connection: Connection, number: int, keys: list[str]) -> None:
    printed = run_beside_the_desk([sys.executable, "-c", PROGRAMS[number]], settings, folder)
    assert values(connection, "SELECT key, outcome FROM wire_v1.outcomes ORDER BY key") == [
        (key, "created") for key in keys
    ]
    if number == 0:
        assert sorted(line.split()[:2] for line in printed.splitlines()) == [[key, "created"] for key in keys]


@pytest.mark.parametrize("line", [line for line in SHELL if line.startswith(("wiredesk submit", "cat"))])
def test_each_command(settings: Settings, folder: Path, connection: Connection, line: str) -> None:
    run_beside_the_desk(["sh", "-ec", line], settings, folder)
    assert values(connection, "SELECT DISTINCT outcome FROM wire_v1.outcomes") == ["created"]


def test_the_line_of_the_hot_folder(settings: Settings, folder: Path, connection: Connection) -> None:
    """The folder is there, a file is written into it, and the command goes on until a signal."""
    (line,) = (line for line in SHELL if line.startswith("wiredesk watch"))
    (folder / "incoming").mkdir()
    (folder / "article.txt").rename(folder / "incoming" / "article.txt")
    watching = subprocess.Popen(["sh", "-ec", f"exec {line}"], cwd=folder, env=environment(settings, folder))

    def is_filed() -> bool:
        work(settings)
        return values(connection, "SELECT outcome FROM wire_v1.outcomes") == ["created"]

    try:
        wait_until(is_filed, seconds=60, what="the article of the file")
    finally:
        watching.terminate()
    assert watching.wait(30) == 0
    assert values(connection, "SELECT source FROM wire_v1.articles") == ["Example Press"]


def test_the_line_for_redis_cli(settings: Settings, connection: Connection) -> None:
    """Its arguments, as the shell splits them; the program itself need not be on this machine."""
    (line,) = (line for line in SHELL if line.startswith("redis-cli"))
    program, option, url, *command = shlex.split(line)
    assert (program, option, url) == ("redis-cli", "-u", "$WIREDESK_REDIS_URL")
    with redis.Redis.from_url(settings.redis_url) as client:
        client.execute_command(*command)
    assert drain(settings, StreamSource) == 1
    file_waiting(settings)
    assert values(connection, "SELECT key, outcome FROM wire_v1.outcomes") == [("2018-05-31/19", "created")]


def test_the_addresses_that_programs_ask_for(settings: Settings, folder: Path) -> None:
    (line,) = (line for line in SHELL if line.startswith("export"))
    script = f'{line}; echo "$WIREDESK_DATABASE_URL $WIREDESK_REDIS_URL"'
    done = subprocess.run(
        ["sh", "-ec", script], env=environment(settings, folder), cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(settings.database_url), str(settings.redis_url)]


def test_an_address_that_is_not_known_is_one_line(folder: Path) -> None:
    ran = run("url", "redis", environment={"WIREDESK_DATA_DIR": os.devnull})
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("wiredesk: no Redis: run `wiredesk up` in this folder")
