"""`wiredesk backup` and `wiredesk restore`: the database as one file, and a try of that file."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from psycopg import conninfo, errors, sql

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import UsageError
from wiredesk.worker.machine.embedded import postgres_program
from wiredesk.worker.migrate import make_writer, migrate
from wiredesk.worker.settings import load
from wiredesk.worker.store import reading

_FILE = click.argument("file", type=click.Path(path_type=Path))


@click.command()
@_FILE
def backup(file: Path) -> None:
    """Write all data into FILE, while wiredesk runs. An unfinished backup is called FILE.partial.

    PostgreSQL holds all data: Redis and the logs are no part of a backup. It needs pg_dump, which `make run` brings
    along.
    """
    if file.exists():
        raise UsageError(f"{file} is there already: a backup replaces no file")
    owner_url = load().require_owner()
    partial = file.with_name(f"{file.name}.partial")
    try:
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        _run("pg_dump", owner_url, "--format=custom", f"--file={partial}")
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    output.say(f"{file}: {file.stat().st_size:,} bytes; `wiredesk restore --check {file}` tries it")


@click.command()
@_FILE
@click.option(
    "--check", is_flag=True, help="Restore it into a database of its own, count its rows, and drop that again."
)
def restore(file: Path, check: bool) -> None:
    """Restore a backup into an empty database, and bring it to this program's schema.

    The database may have a schema, and no rows of feeds, submissions or articles; stop the services before.
    """
    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    settings = load()
    owner_url = settings.require_owner()
    if check:
        with _database_of_its_own(owner_url) as url:
            _restore(url, file)
            output.say(f"{file} can be restored; it has {_contents(url)}")
        return
    with db.alone(owner_url) as connection:
        _require_empty(connection)
        connection.execute("DROP SCHEMA IF EXISTS wire_v1, wiredesk CASCADE")
    try:
        _restore(owner_url, file)
    finally:  # a restore that failed has left nothing: the schema comes back
        with db.alone(owner_url) as connection:
            list(migrate(connection))
            make_writer(connection, settings.require_database())
    output.say(f"restored: {_contents(owner_url)}")


def _restore(url: str, file: Path) -> None:
    # Owners and rights are those of the other server; the migration gives them anew.
    _run("pg_restore", url, "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", str(file))


def _require_empty(connection: Connection) -> None:
    known = connection.execute("SELECT to_regclass('wiredesk.article') IS NOT NULL").fetchone()
    if known == (True,):
        row = connection.execute(
            "SELECT EXISTS (SELECT FROM wiredesk.article) OR EXISTS (SELECT FROM wiredesk.feed) "
            "OR EXISTS (SELECT FROM wiredesk.submission)"
        ).fetchone()
        if row == (True,):
            raise UsageError("the database has rows already: restore into an empty one, or use --check")


@contextmanager
def _database_of_its_own(owner_url: str) -> Iterator[str]:
    name = sql.Identifier(f"wiredesk_check_{secrets.token_hex(6)}")
    with db.alone(owner_url) as connection:
        try:
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
        except errors.InsufficientPrivilege as error:
            raise UsageError("the owner may make no database: ALTER ROLE … CREATEDB, as an administrator") from error
        try:
            yield conninfo.make_conninfo(owner_url, dbname=name.as_string(connection).strip('"'))
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _contents(url: str) -> str:
    with db.alone(url) as connection:
        totals = reading.totals(connection)
        (applied,) = connection.execute("SELECT max(name) FROM wiredesk.migration").fetchone() or ("",)
    return (
        f"{totals.articles:,} articles, {totals.revisions:,} revisions, {totals.feeds:,} feeds, "
        f"{totals.waiting:,} waiting documents; schema {applied}"
    )


def _run(name: str, url: str, *arguments: str) -> None:
    """Run a program of PostgreSQL on the database; raises `UsageError` with its first complaint."""
    program = postgres_program(name) or shutil.which(name)
    if program is None:
        raise UsageError(f"no {name} here: install PostgreSQL's client programs, or wiredesk[embedded]")
    # The password goes by the environment, because a command line is everybody's to read.
    parts = {name: str(value) for name, value in conninfo.conninfo_to_dict(url).items() if value is not None}
    password = {"PGPASSWORD": parts.pop("password")} if "password" in parts else {}
    done = subprocess.run(  # noqa: S603 (a program of PostgreSQL and our own arguments)
        [str(program), f"--dbname={conninfo.make_conninfo(**parts)}", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **password, "LC_ALL": "C"},
    )
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()] or [f"exit code {done.returncode}"]
        raise UsageError(next((line for line in said if "error:" in line), said[0]).strip())
