"""The change feed: complete and in order for consumers that are killed, and honest after a restore."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from newsroom import run, value, values
from psycopg import sql

from bench import change_feed
from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import CursorAhead
from wiredesk.worker.migrate import migrate
from wiredesk.worker.store import health, reading

INSERT = "INSERT INTO wiredesk.change (kind, article_id) VALUES ('created', %s) RETURNING cursor"


def write(database_url: str, *article_ids: int) -> list[int]:
    """One change a transaction; their cursors."""
    with db.alone(database_url) as connection:
        return [value(connection, INSERT, article_id) for article_id in article_ids]


@pytest.fixture
def restored(postgres_url: str, database_url: str) -> Iterator[tuple[list[int], str]]:
    """The cursors of five changes, and the URL of a copy of the archive that was made after the third."""
    name = sql.Identifier(f"{psycopg.conninfo.conninfo_to_dict(database_url)['dbname']}_copy")
    source = sql.Identifier(str(psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]))
    with db.alone(database_url) as connection:
        list(migrate(connection))
    kept = write(database_url, 1, 2, 3)
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, source))
        lost = write(database_url, 4, 5)
        yield kept + lost, psycopg.conninfo.make_conninfo(database_url, dbname=name._obj[0])
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def test_consumers_that_are_killed_see_every_change_in_order_under_eight_writers(
    database_url: str, tmp_path: Path
) -> None:
    assert change_feed.run(database_url, tmp_path, changes=600, seed=1, kill_seconds=0.5) == []


def test_a_consumer_ahead_of_a_restored_archive_is_told_where_to_go_on(restored: tuple[list[int], str]) -> None:
    """Before the restore is noted, and also when the restored archive has come further than the consumer had."""
    cursors, url = restored
    words = (
        f"cursor {cursors[4]} is ahead of the archive, which was restored to an earlier point: "
        f"undo the changes after {cursors[2]}, and read on after it"
    )
    with db.alone(url) as connection:
        with pytest.raises(CursorAhead, match=words):
            reading.changes_after(connection, cursors[4])
        assert health.is_restored(connection)
        assert list(migrate(connection)) == ["a new epoch of the change feed, because the database was restored"]
        assert not health.is_restored(connection)
        assert list(migrate(connection)) == []
        new = write(url, 6, 7)
        assert new[0] > cursors[4]
        for lost in cursors[3:]:
            with pytest.raises(CursorAhead, match=f"undo the changes after {cursors[2]}, "):
                reading.changes_after(connection, lost)
        found = reading.changes_after(connection, cursors[2])
        assert [(change.kind, change.article_id) for change in found] == [
            ("restored", None), ("created", 6), ("created", 7),
        ]  # fmt: skip
        assert [change.cursor for change in found[1:]] == new
        assert [change.article_id for change in reading.changes_after(connection, found[0].cursor)] == [6, 7]
        assert reading.changes_after(connection, new[-1]) == []
        assert values(connection, "SELECT epoch, kept_until FROM wire_v1.change_epochs ORDER BY 1") == [
            (1, 0), (2, cursors[2]),
        ]  # fmt: skip


def test_the_command_says_it_in_one_line(restored: tuple[list[int], str]) -> None:
    cursors, url = restored
    environment = {"WIREDESK_DATABASE_URL": url, "WIREDESK_DATA_DIR": "/nonexistent"}
    done = run("changes", "--after", str(cursors[4]), environment=environment)
    assert (done.code, done.out) == (1, "")
    (line,) = done.errors()
    assert line.startswith(f"wiredesk: cursor {cursors[4]} is ahead of the archive, ")
    assert line.endswith(f": undo the changes after {cursors[2]}, and read on after it")
    assert run("migrate", environment=environment).lines() == [
        "applied a new epoch of the change feed, because the database was restored"
    ]
    after = run("changes", "--after", str(cursors[2]), environment=environment)
    (line,) = after.lines()
    assert "  restored  the archive was restored: it lacks the changes that you have seen between " in line


def test_an_older_data_folder_that_was_put_back_is_a_restore_when_it_is_said(
    connection: Connection, database_url: str
) -> None:
    """Nothing in the database shows it."""
    assert list(migrate(connection)) == []
    (first,) = write(database_url, 1)
    assert not health.is_restored(connection)
    environment = {"WIREDESK_DATABASE_URL": database_url, "WIREDESK_DATA_DIR": "/nonexistent"}
    assert run("migrate", "--restored", environment=environment).lines() == [
        "applied a new epoch of the change feed, because the database was restored"
    ]
    assert [change.kind for change in reading.changes_after(connection, first)] == ["restored"]
    with pytest.raises(CursorAhead):
        reading.changes_after(connection, first + 1)


def test_an_archive_without_changes_that_moved_is_not_restored(connection: Connection) -> None:
    """Nobody has a cursor of it."""
    connection.execute("UPDATE wiredesk.change_epoch SET database = 'elsewhere'")
    assert not health.is_restored(connection)
    assert list(migrate(connection)) == []
    assert value(connection, "SELECT database = wiredesk.database_identity() FROM wiredesk.change_epoch")
    assert value(connection, "SELECT count(*) FROM wiredesk.change") == 0


def test_the_reader_is_told_too(restored: tuple[list[int], str]) -> None:
    cursors, url = restored
    with db.alone(url) as connection:
        connection.execute("SET ROLE wiredesk_reader")
        with pytest.raises(psycopg.DatabaseError, match=f"undo the changes after {cursors[2]}, ") as raised:
            connection.execute("SELECT * FROM wire_v1.changes_after(%s)", [cursors[4]])
        assert raised.value.sqlstate == "WD001"
