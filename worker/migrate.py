"""Bringing a database to the schema of this program, forward only, with a ledger of what ran.

`pre` migrations run under the old code, `post` under the new. One advisory lock keeps two migrations apart; each step
is a transaction of its own with short lock timeouts, so that a busy table makes it fail and not the workers wait.
"""

from __future__ import annotations

from collections.abc import Iterator

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import SchemaMismatch, UsageError

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


def migrate(connection: Connection) -> Iterator[str]:
    """Apply what is missing and yield each name once it is committed. `connection` must be in autocommit mode."""
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
        connection.execute("SELECT wiredesk.rebase_cursors()")  # this may be a restored copy in another cluster
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


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
