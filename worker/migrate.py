"""Bringing a database to the schema of this program, forward only, with a ledger of what ran.

`pre` migrations run under the old code, `post` under the new. One advisory lock keeps two migrations apart; each step
is a transaction of its own with short lock timeouts, so that a busy table makes it fail and not the workers wait.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import conninfo, errors, sql

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import SchemaMismatch, UsageError

WRITER = "wiredesk_writer"

_LOCK = 0x77697265  # "wire"
_LEDGER = """
CREATE SCHEMA IF NOT EXISTS wiredesk;
CREATE TABLE IF NOT EXISTS wiredesk.migration (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
"""


def migrate(connection: Connection, *, is_restored: bool = False) -> Iterator[str]:
    """Apply what is missing and yield each name once it is committed. `connection` must be in autocommit mode.

    A database that was restored gets a new epoch of the change feed; `is_restored` says so where it can't be seen.
    """
    connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        connection.execute(_LEDGER)
        applied = _applied(connection)
        _check(applied)
        for step in schema.migrations():
            if step.number in applied:
                continue
            with connection.transaction():
                connection.execute("SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '15min'")
                connection.execute(step.sql)
                connection.execute(
                    "INSERT INTO wiredesk.migration (number, name, checksum) VALUES (%s, %s, %s)",
                    [step.number, step.name, step.checksum],
                )
            yield step.name
        connection.execute("SELECT wiredesk.grant_roles()")  # roles are no part of a copy
        row = connection.execute("SELECT wiredesk.note_restore(%s)", [is_restored]).fetchone()
        if row and row[0]:
            yield "a new epoch of the change feed, because the database was restored"
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def make_writer(connection: Connection, database_url: str) -> str | None:
    """Make or mend the login of `database_url`, a member of `wiredesk_writer`, where it can't log in; its name if so.

    `connection` is the owner's. Nothing is done where that is the login of `database_url` too.
    """
    parts = conninfo.conninfo_to_dict(database_url)
    name, password = parts.get("user"), parts.get("password")
    if not isinstance(name, str) or name == connection.info.user or _can_write(database_url):
        return None
    known = connection.execute(
        "SELECT pg_has_role(%s, %s, 'MEMBER') WHERE to_regrole(%s) IS NOT NULL", [name, WRITER, name]
    )
    row = known.fetchone()
    if row is not None and not row[0]:
        raise UsageError(f"the role {name} of WIREDESK_DATABASE_URL is no writer of wiredesk: GRANT {WRITER} TO {name}")
    login = sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
        sql.SQL("CREATE" if row is None else "ALTER"), sql.Identifier(name), sql.Literal(password)
    )
    try:
        with connection.transaction():
            connection.execute(login)
            if row is None:
                connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(WRITER), sql.Identifier(name)))
    except errors.InsufficientPrivilege as error:
        raise UsageError(
            f"the owner of the schema may not make the login {name}: as an administrator, "
            f"CREATE ROLE {name} LOGIN PASSWORD '…' IN ROLE {WRITER}"
        ) from error
    return name


def _can_write(database_url: str) -> bool:
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            row = connection.execute("SELECT has_schema_privilege('wiredesk', 'USAGE')").fetchone()
    except psycopg.OperationalError:
        return False
    return bool(row and row[0])


def require_current(connection: Connection) -> None:
    """Raise `SchemaMismatch` unless every migration of this program has run. A newer database serves."""
    row = connection.execute("SELECT to_regclass('wiredesk.migration') IS NOT NULL").fetchone()
    applied = _applied(connection) if row and row[0] else {}
    _check(applied)
    missing = [step.name for step in schema.migrations() if step.number not in applied]
    if missing:
        raise SchemaMismatch(f"the database schema is behind: {', '.join(missing)} not applied; run `wiredesk migrate`")


def _applied(connection: Connection) -> dict[int, tuple[str, str]]:
    rows = connection.execute("SELECT number, name, checksum FROM wiredesk.migration").fetchall()
    return {number: (name, checksum) for number, name, checksum in rows}


def _check(applied: dict[int, tuple[str, str]]) -> None:
    for step in schema.migrations():
        if step.number in applied and applied[step.number][1] != step.checksum:
            raise UsageError(
                f"migration {step.name} was changed after it was applied; restore the file that was shipped"
            )
