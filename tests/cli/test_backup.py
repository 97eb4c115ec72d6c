"""`wiredesk backup` and `restore`: what comes back is what was there, and nothing is overwritten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import temporary_database
from newsroom import FERRY, file_waiting, hand_in, run, values

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings

_CONTENTS = "1 articles, 1 revisions, 0 feeds, 1 waiting documents; schema "


def test_a_backup_is_tried_and_restored(
    connection: Connection, settings: Settings, postgres_url: str, template_database: str, tmp_path: Path
) -> None:
    hand_in(connection, {"content": FERRY, "key": "k"})
    file_waiting(settings)
    hand_in(connection, {"content": "Another text that waits.", "key": "l"})
    environment = {"WIREDESK_DATABASE_URL": settings.database_url}
    file = tmp_path / "wiredesk.dump"
    made = run("backup", str(file), environment=environment)
    assert (made.code, made.err) == (0, "")
    assert re.fullmatch(rf"{file}: [\d,]+ bytes; `wiredesk restore --check {file}` tries it\n", made.out)
    assert file.stat().st_mode & 0o777 == 0o600
    again = run("backup", str(file), environment=environment)
    assert (again.code, again.err) == (1, f"wiredesk: {file} is there already: a backup replaces no file\n")

    tried = run("restore", "--check", str(file), environment=environment)
    assert tried.err == ""
    assert tried.out.startswith(f"{file} can be restored; it has {_CONTENTS}")
    assert values(connection, "SELECT datname FROM pg_database WHERE datname LIKE 'wiredesk_check%%'") == []
    refused = run("restore", str(file), environment=environment)
    assert refused.err == "wiredesk: the database has rows already: restore into an empty one, or use --check\n"

    with temporary_database(postgres_url, template_database) as url:
        done = run("restore", str(file), environment={"WIREDESK_DATABASE_URL": url})
        assert done.err == ""
        assert done.out.startswith(f"restored: {_CONTENTS}")
        everything = "SELECT * FROM wire_v1.revisions"
        with db.alone(url) as there:
            assert there.execute(everything).fetchall() == connection.execute(everything).fetchall()
            changes = values(connection, "SELECT cursor FROM wire_v1.changes")
            assert values(there, "SELECT cursor FROM wire_v1.changes") == changes
            assert values(there, "SELECT has_table_privilege('wiredesk_writer', 'wiredesk.article', 'INSERT')") == [
                True
            ]


@pytest.mark.parametrize("content", [b"", b"no dump at all"])
def test_a_file_that_is_no_backup_changes_nothing(
    content: bytes, connection: Connection, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "broken.dump"
    file.write_bytes(content)
    environment = {"WIREDESK_DATABASE_URL": settings.database_url}
    for options in (("--check",), ()):
        ran = run("restore", *options, str(file), environment=environment)
        assert (ran.code, ran.out) == (1, "")
        assert re.fullmatch(r"wiredesk: pg_restore: error: [^\n]+\n", ran.err)
    assert values(connection, "SELECT count(*) FROM wire_v1.articles") == [0]
