"""The schema: how a database gets to it, who refuses to run without it, and what of it is published."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from newsroom import ROOT, run, value, values
from psycopg import errors, sql

from wiredesk import schema
from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import SchemaMismatch, UsageError
from wiredesk.worker.migrate import migrate, require_current

# What consumers read, column by column, in order. A release freezes it: additions come last, anything else is wire_v2.
PUBLISHED = {
    "articles": "article_id story_id source canonical_url headline byline description body_text language published_at "
    "published_precision published_source modified_at first_seen_at last_seen_at revision_no revision_count word_count "
    "dateline_text dateline_place dateline_date dateline_agency content_sha256 is_original",
    "revisions": "article_id revision_no observed_at change_kind headline byline description body_text language "
    "canonical_url published_at published_precision published_source modified_at word_count content_sha256",
    "quotes": "article_id revision_no ordinal text start_offset end_offset speaker cue",
    "mentions": "article_id revision_no ordinal kind text start_offset end_offset",
    "authors": "article_id revision_no ordinal name",
    "tags": "article_id revision_no ordinal tag",
    "media": "article_id revision_no ordinal url kind",
    "sightings": "article_id feed_id submission_id url seen_at",
    "stories": "story_id article_count original_article_id first_seen_at",
    "outcomes": "received_at origin url key outcome reason article_id",
    "changes": "cursor kind article_id revision_no story_id occurred_at",
}


def test_a_fresh_database_gets_every_migration_once(empty_database_url: str) -> None:
    names = [step.name for step in schema.migrations()]
    with db.alone(empty_database_url) as connection:
        assert list(migrate(connection)) == names
        require_current(connection)
        before = values(connection, "SELECT number, name, checksum, applied_at FROM wiredesk.migration ORDER BY number")
        assert [(number, name) for number, name, _, _ in before] == list(enumerate(names, 1))
        assert list(migrate(connection)) == []
        assert (
            values(connection, "SELECT number, name, checksum, applied_at FROM wiredesk.migration ORDER BY number")
            == before
        )


def test_migrations_are_numbered_from_one_without_gaps_and_named_by_phase() -> None:
    files = sorted(path.name for path in (ROOT / "schema" / "migrations").iterdir() if path.is_file())
    assert all(re.fullmatch(r"\d{4}_(pre|post)_[a-z0-9_]+\.sql", name) for name in files)
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    assert [f"{step.name}.sql" for step in schema.migrations()] == files


def test_a_migration_that_was_changed_is_refused(connection: Connection) -> None:
    connection.execute("UPDATE wiredesk.migration SET checksum = 'of another file' WHERE number = 1")
    name = schema.migrations()[0].name
    refusal = f"migration {name} was changed after it was applied; restore the file that was shipped"
    for check in (lambda: list(migrate(connection)), lambda: require_current(connection)):
        with pytest.raises(UsageError) as caught:
            check()
        assert str(caught.value) == refusal
    assert value(connection, "SELECT count(*) FROM wiredesk.migration") == len(schema.migrations())
    # The lock was given back: the next one need not wait.
    assert value(connection, "SELECT pg_try_advisory_lock(%s)", 0x77697265) is True


def test_a_failing_migration_leaves_nothing_of_itself(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    good = schema.migrations()
    bad = schema.Migration(len(good) + 1, "pre", "9999_pre_bad", "CREATE TABLE wiredesk.half (a int); SELECT 1/0", "x")
    monkeypatch.setattr(schema, "migrations", lambda: (*good, bad))
    with db.alone(empty_database_url) as connection:
        with pytest.raises(errors.DivisionByZero):
            list(migrate(connection))
        assert value(connection, "SELECT to_regclass('wiredesk.half')") is None
        assert value(connection, "SELECT count(*) FROM wiredesk.migration") == len(good)


def test_two_migrations_at_once_apply_each_step_once(empty_database_url: str) -> None:
    command = [sys.executable, "-c", "from wiredesk.worker.cli import main; main(['migrate'])"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "WIREDESK_DATABASE_URL": empty_database_url}
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, cwd=ROOT) for _ in range(2)]
    said = [line for process in both for line in process.communicate(timeout=300)[0].decode().splitlines()]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(line for line in said if line.startswith("applied")) == [
        f"applied {step.name}" for step in schema.migrations()
    ]


def test_the_command_says_what_it_did(empty_database_url: str) -> None:
    environment = {"WIREDESK_DATABASE_URL": empty_database_url}
    first = run("migrate", environment=environment)
    assert (first.code, first.lines(), first.err) == (0, [f"applied {step.name}" for step in schema.migrations()], "")
    again = run("migrate", environment=environment)
    assert (again.code, again.out, again.err) == (0, "nothing to apply: the schema is current\n", "")
    with db.alone(empty_database_url) as connection:
        connection.execute("UPDATE wiredesk.migration SET checksum = 'x' WHERE number = 2")
    refused = run("migrate", environment=environment)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == (
        f"wiredesk: migration {schema.migrations()[1].name} was changed after it was applied; "
        "restore the file that was shipped\n"
    )


def test_a_worker_refuses_an_older_schema_in_one_line(empty_database_url: str, redis_url: str, tmp_path: Path) -> None:
    """A real process: it ends and says what to run."""
    with db.alone(empty_database_url) as connection:
        list(migrate(connection))
        connection.execute("DELETE FROM wiredesk.migration WHERE number = 2")
    done = subprocess.run(
        [sys.executable, "-m", "celery", "--quiet", "-A", "wiredesk.tasks", "worker", "-Q", "dispatch", "-c", "1"],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "WIREDESK_DATABASE_URL": empty_database_url,
             "WIREDESK_REDIS_URL": redis_url, "WIREDESK_LOG_FORMAT": "columns", "HOME": str(tmp_path)},
        cwd=ROOT, capture_output=True, timeout=300,
    )  # fmt: skip
    said = (done.stdout + done.stderr).decode()
    name = schema.migrations()[1].name
    assert f"the database schema is behind: {name} not applied; run `wiredesk migrate`" in said
    assert done.returncode == 1, said
    assert "Traceback" not in said
    assert len(said.splitlines()) == 1, said


def test_a_database_without_any_schema_is_refused(empty_database_url: str) -> None:
    names = ", ".join(step.name for step in schema.migrations())
    with db.alone(empty_database_url) as connection, pytest.raises(SchemaMismatch) as caught:
        require_current(connection)
    assert str(caught.value) == f"the database schema is behind: {names} not applied; run `wiredesk migrate`"


def test_a_newer_schema_serves(connection: Connection) -> None:
    connection.execute("INSERT INTO wiredesk.migration (number, name, checksum) VALUES (9999, '9999_post_later', 'x')")
    require_current(connection)
    assert list(migrate(connection)) == []


# ---- what is published


def test_views_have_the_columns_of_the_contract(connection: Connection) -> None:
    for view, columns in PUBLISHED.items():
        found = values(
            connection,
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'wire_v1' AND table_name = %s",
            view,
        )
        assert not set(columns.split()) - set(found), view
    for view in PUBLISHED:
        connection.execute(sql.SQL("SELECT * FROM wire_v1.{} LIMIT 0").format(sql.Identifier(view)))


def test_changes_are_read_through_the_function_of_the_contract(connection: Connection) -> None:
    cursor = connection.execute("SELECT * FROM wire_v1.changes_after(0, 10)")
    assert set(PUBLISHED["changes"].split()) <= {column.name for column in cursor.description or ()}
    assert cursor.fetchall() == []


def test_the_reader_sees_the_published_schema_and_nothing_else(connection: Connection) -> None:
    relations = values(
        connection,
        """SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname IN ('wiredesk', 'wire_v1') AND c.relkind IN ('r', 'p', 'v', 'S') ORDER BY 1, 2""",
    )
    assert {schema_name for schema_name, _ in relations} == {"wiredesk", "wire_v1"}
    connection.execute("SET ROLE wiredesk_reader")
    for schema_name, name in relations:
        query = sql.SQL("SELECT * FROM {}.{} LIMIT 0").format(sql.Identifier(schema_name), sql.Identifier(name))
        if schema_name == "wire_v1":
            connection.execute(query)
            with pytest.raises((errors.InsufficientPrivilege, errors.ObjectNotInPrerequisiteState)):
                connection.execute(sql.SQL("DELETE FROM wire_v1.{}").format(sql.Identifier(name)))
        else:
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(query)
    assert connection.execute("SELECT count(*) FROM wire_v1.changes_after(0)").fetchone() == (0,)
    for forbidden in ("SELECT wiredesk.next_cursor()", "CREATE TABLE wire_v1.mine (a int)", "CREATE SCHEMA mine"):
        with pytest.raises(psycopg.Error):
            connection.execute(forbidden)


# ---- queries


def _queries_used(path: Path) -> set[str]:
    """The names by which a module of the store takes its queries: `_SQL["name"]`, and arguments of its own wrappers."""
    tree = ast.parse(path.read_text())
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "_SQL":
            if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                names.add(node.slice.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_put", "_outcomes"):
            names.update(a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))
    return names


@pytest.mark.parametrize("noun", sorted(path.stem for path in (ROOT / "schema" / "queries").glob("*.sql")))
def test_every_query_has_a_function_and_every_function_a_query(noun: str) -> None:
    assert _queries_used(ROOT / "worker" / "store" / f"{noun}.py") == set(schema.queries(noun))


@pytest.mark.parametrize("noun", sorted(path.stem for path in (ROOT / "schema" / "queries").glob("*.sql")))
def test_every_query_says_what_it_means(noun: str) -> None:
    for name, text in schema.queries(noun).items():
        meaning = re.match(r"(?:-- .*\n)+", text)
        assert meaning is not None and re.fullmatch(r"-- [A-Z].*\.", meaning[0].strip(), re.DOTALL), name
        assert ";" not in re.sub(r"--.*", "", text), name


def test_every_function_of_the_store_is_used() -> None:
    """An unused function would keep its query, which no test runs."""
    defined = {
        (path.stem, node.name)
        for path in (ROOT / "worker" / "store").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    text = "\n".join(path.read_text() for folder in ("worker", "tasks") for path in (ROOT / folder).rglob("*.py"))
    unused = [
        (module, name)
        for module, name in sorted(defined)
        if not re.search(rf"\b\w+\.{name}\(|\b(?<!def ){name}\(", text)
    ]
    assert unused == []
