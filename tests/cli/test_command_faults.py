"""No command ends in a traceback, whatever is wrong around it: every command against a table of faults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from commands import Ended, run_all
from newsroom import FERRY, hand_in
from psycopg import sql

from wiredesk.worker.cli import wiredesk
from wiredesk.worker.db import Connection

# Every command that ends by itself, as a person calls it.
CALLS = [
    ["submit", "copy.txt"], ["submit", "folder"], ["submit", "--jsonl", "messages.jsonl"], ["submit", "/nonexistent"],
    ["parse", "copy.txt"], ["parse", "--jsonl", "messages.jsonl"], ["parse", "/nonexistent"], ["parse", "folder"],
    ["feeds", "list"], ["feeds", "add", "--no-check", "http://127.0.0.1:1/"], ["feeds", "pause", "1"],
    ["feeds", "export"], ["feeds", "import", "copy.txt"], ["feeds", "check", "http://127.0.0.1:1/rss"],
    ["status"], ["status", "1"], ["status", "https://e.example/"], ["diff", "1"], ["story", "1"],
    ["top", "--once"],
    ["rejected", "list"], ["rejected", "show", "1"], ["rejected", "retry", "1"], ["rejected", "discard", "1"],
    ["replay", "--all"], ["push", "list"], ["changes"], ["changes", "--consumer", "c"], ["settings"],
    ["sql", "SELECT 1"], ["sql"], ["reader", "list"], ["reader", "drop", "nobody"],
    ["settings", "--format", "json"], ["doctor"], ["doctor", "--format", "json"], ["doctor", "--health", "ingest"],
    ["logs"], ["logs", "copy.txt"], ["logs", "folder"],
    ["export", "-"], ["export", "copy.txt"], ["token", "list"], ["watch", "/nonexistent"], ["watch"],
    ["mail"], ["mail", "--once"],
    ["backup", "copy.txt"], ["backup", "/nonexistent/x"],
    ["restore", "/nonexistent"], ["restore", "--check", "copy.txt"],
    ["logs", "--feed", "1", "copy.txt"], ["--help"], ["migrate"],
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "copy.txt").write_text(FERRY)
    (tmp_path / "messages.jsonl").write_text('{"content": "Text."}\n{broken\n')
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "broken.txt").symlink_to("/nonexistent/file")
    return tmp_path


def assert_in_words(ended: list[Ended]) -> None:
    for one in ended:
        assert one.code in (0, 1, 2), one
        for word in ("Traceback", "Exception ignored", "a fault of wiredesk", "Logging error", "hunter2"):
            assert word not in one.err + one.out, one
        if one.environment != "closed pipe" and one.code == 1 and one.arguments[0] not in ("doctor", "submit", "parse"):
            assert re.fullmatch(r"wiredesk: [^\n]+\n", one.err), one


def test_the_table_has_every_command() -> None:
    assert {call[0] for call in CALLS} - {"--help"} | LASTING == set(wiredesk.list_commands(None))  # type: ignore[arg-type]


# They go on until they are stopped, or print an address that is set: tests/machine/test_up.py.
LASTING = {"up", "demo", "worker", "web", "url"}


@pytest.mark.parametrize("stdout", ["/dev/full", "closed pipe"])
def test_an_output_that_takes_nothing(stdout: str, database_url: str, connection: Connection, folder: Path) -> None:
    hand_in(connection, {"content": FERRY, "key": "k"})
    environment = {"WIREDESK_DATABASE_URL": database_url, "WIREDESK_REDIS_URL": "redis://127.0.0.1:1/0"}
    ended = run_all(CALLS, environments={stdout: environment}, cwd=folder, stdout=stdout)
    assert_in_words(ended)
    if stdout == "/dev/full":
        (settings,) = [one for one in ended if one.arguments == ("settings",)]
        assert (settings.code, settings.err) == (1, "wiredesk: can't write the output: no space left on device\n")


@pytest.fixture
def reader_url(connection: Connection) -> Iterator[str]:
    """URL of the test's database with the login of a reader."""
    info = connection.info
    name = f"r_{info.dbname}"
    login = sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'r' IN ROLE wiredesk_reader").format(sql.Identifier(name))
    connection.execute(login)
    yield f"postgresql://{name}:r@{info.host}:{info.port}/{info.dbname}"
    connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


# Names of URLs in braces are filled in by the test.
FAULTS = {
    "PostgreSQL is away": {"WIREDESK_DATABASE_URL": "postgresql://nobody:hunter2@127.0.0.1:1/none"},
    "no such host": {"WIREDESK_DATABASE_URL": "postgresql://nobody:hunter2@host.invalid/none"},
    "wrong password": {"WIREDESK_DATABASE_URL": "postgresql://{user}:hunter2@{place}"},
    "no password": {"WIREDESK_DATABASE_URL": "postgresql://{user}@{place}"},
    "TLS where there is none": {"WIREDESK_DATABASE_URL": "{database}?sslmode=require"},
    "no such database": {"WIREDESK_DATABASE_URL": "{database}x"},
    "a reader's login": {"WIREDESK_DATABASE_URL": "{reader}"},
    "no URL": {},
    "wrong Redis password": {"WIREDESK_DATABASE_URL": "{database}", "WIREDESK_REDIS_URL": "{redis_hunter2}"},
    "a data folder that is a file": {"WIREDESK_DATA_DIR": "a-file", "WIREDESK_DATABASE_URL": "{database}"},
    "no schema": {"WIREDESK_DATABASE_URL": "{empty_database}"},
    "a secret that can't be read": {"WIREDESK_DATABASE_URL_FILE": "/nonexistent/secret"},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_servers_that_are_away_or_refuse(
    fault: str, database_url: str, empty_database_url: str, redis_server_url: str, reader_url: str, folder: Path
) -> None:
    with psycopg.connect(database_url) as asked:
        if "password" in fault and not asked.info.password:
            pytest.skip("the given PostgreSQL asks for no password")
    (folder / "a-file").write_text("no folder")
    login, _, place = database_url.partition("@")
    urls = {
        "user": login.partition("://")[2].partition(":")[0],
        "place": place,
        "database": database_url,
        "empty_database": empty_database_url,
        "reader": reader_url,
        "redis_hunter2": re.sub(r":[^:@]*@", ":hunter2@", redis_server_url),
    }
    environment = {name: text.format(**urls) for name, text in FAULTS[fault].items()}
    assert_in_words(run_all(CALLS, environments={fault: environment}, cwd=folder))
