"""Connections to PostgreSQL: pools that a process opens after the fork and never before.

A pool that is opened in the parent breaks the children (measured: 377 of 400 tasks, DuplicatePreparedStatement), so the
pool is made on first use and belongs to the process id that made it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import Buffer
from psycopg.rows import TupleRow
from psycopg.types.string import StrDumperUnknown
from psycopg_pool import ConnectionPool, PoolTimeout

from wiredesk.worker.errors import SchemaMismatch, SettingsError, Transient

Connection = psycopg.Connection[TupleRow]


def storable(text: str) -> str:
    """The text without NUL characters and lone surrogates, which PostgreSQL's text can't hold."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


class _StorableText(StrDumperUnknown):
    """Texts as parameters: whatever a caller of the API or the CLI writes is a text that PostgreSQL can compare."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(storable(obj))


psycopg.adapters.register_dumper(str, _StorableText)
# A writing transaction that idles holds back every reader of the change feed (the cursor waits for the oldest one).
_SESSION = "-c idle_in_transaction_session_timeout=60s -c statement_timeout=60s -c lock_timeout=30s -c timezone=UTC"
# Workers run many short statements, for which JIT costs more than it gains. With enable_seqscan=off (below) PostgreSQL
# 17 adds a constant (1e10) to the cost of a plan that can't avoid a table scan; such a cost triggers JIT, and compiling
# took a second for each execution.
_NOT_COMPILED = "-c jit=off"
# Workers look rows up by keys only. PostgreSQL may keep a plan made while a table was small, which then scans the whole
# table when it is large (measured: one backend at 100 % after 10,000 articles), so only index look-ups are enabled. A
# bitmap scan collects all rows of a key where a query needs the first.
_LOOK_UPS = "-c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off"

_WORKER = f"{_SESSION} {_NOT_COMPILED} {_LOOK_UPS}"
# Queries of people have many filters: each is planned for its own values, and ends after this time.
WEB_STATEMENT_SECONDS = 10
_WEB_CONNECTIONS = 8
_WEB = f"{_SESSION} {_NOT_COMPILED} -c statement_timeout={WEB_STATEMENT_SECONDS}s -c plan_cache_mode=force_custom_plan"

_WEB_EMBARGO = f"{_WEB} -c wiredesk.embargo=on"

_pools: dict[tuple[int, str, str], ConnectionPool[Connection]] = {}
_making = threading.Lock()


def _pool(database_url: str, options: str, max_size: int) -> ConnectionPool[Connection]:
    key = (os.getpid(), database_url, options)
    with _making:
        if any(pid != os.getpid() for pid, _, _ in _pools):
            _pools.clear()  # connections opened before the fork belong to the parent
        pool = _pools.get(key)
        if pool is not None:
            return pool
        pool = _pools[key] = ConnectionPool(
            database_url,
            min_size=0,
            max_size=max_size,
            max_idle=300,
            timeout=10,
            open=True,
            check=ConnectionPool.check_connection,
            kwargs={
                "autocommit": True,
                "options": options,
                "application_name": "wiredesk",
                "connect_timeout": 5,
            },
        )
        return pool


@contextmanager
def connected(database_url: str) -> Iterator[Connection]:
    """A pooled connection in autocommit mode; statements that belong together need a transaction. Raises Transient."""
    with _pooled(database_url, _WORKER, 4) as connection:
        yield connection


@contextmanager
def for_web(database_url: str, *, embargoed: bool = False) -> Iterator[Connection]:
    """As `connected`, for the service web: with all plans, and `WEB_STATEMENT_SECONDS` for a statement.

    Its views hide articles under embargo unless `embargoed`.
    """
    with _pooled(database_url, _WEB if embargoed else _WEB_EMBARGO, _WEB_CONNECTIONS) as connection:
        yield connection


@contextmanager
def _pooled(database_url: str, options: str, max_size: int) -> Iterator[Connection]:
    try:
        with _pool(database_url, options, max_size).connection() as connection:
            yield connection
    except (PoolTimeout, psycopg.OperationalError) as error:
        raise Transient(_in_words(error, "PostgreSQL can't be reached")) from error


@contextmanager
def alone(database_url: str, **options: Any) -> Iterator[Connection]:
    """One connection without a pool, for commands that run once.

    Raises Transient, SettingsError or SchemaMismatch, each with a message of one line.
    """
    try:
        connection: Connection = psycopg.connect(
            database_url, autocommit=True, application_name="wiredesk", connect_timeout=10, **options
        )
    except psycopg.OperationalError as error:
        raise Transient(_in_words(error, "PostgreSQL can't be reached")) from error
    except psycopg.ProgrammingError:  # its words would quote the password
        raise SettingsError("WIREDESK_DATABASE_URL is not like postgresql://user:password@host:5432/name") from None
    try:
        with connection:
            yield connection
    except (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedFunction, errors.InvalidSchemaName) as error:
        raise SchemaMismatch(f"{_first_line(error)}: run `wiredesk migrate`") from error
    except errors.InsufficientPrivilege as error:
        raise SettingsError(
            f"the user of WIREDESK_DATABASE_URL may not do that: {_first_line(error)} (`wiredesk sql` is for readers)"
        ) from error
    except errors.ReadOnlySqlTransaction as error:
        raise SettingsError(f"PostgreSQL at WIREDESK_DATABASE_URL is read-only: {_first_line(error)}") from error
    except psycopg.OperationalError as error:
        raise Transient(_in_words(error, "PostgreSQL went away")) from error


# Messages of PostgreSQL and libpq, and the explanation that a user gets.
_MEANINGS = (
    ("no password supplied", "PostgreSQL asks for a password, and WIREDESK_DATABASE_URL has none"),
    ("password authentication failed", "PostgreSQL refuses the user or password of WIREDESK_DATABASE_URL"),
    ("No space left on device", "PostgreSQL's disk is full, make room: nothing of this was stored"),
    (
        "certificate verify failed",
        "PostgreSQL's TLS certificate can't be verified (sslrootcert)",
    ),
    ("server does not support SSL", "PostgreSQL there has no TLS, and WIREDESK_DATABASE_URL asks for it (sslmode)"),
)


def _in_words(error: Exception, otherwise: str) -> str:
    """The error in one line: the explanation in `_MEANINGS` if there is one, and the server's message."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    for said, meaning in _MEANINGS:
        if said in str(error):
            return f"{meaning}: {next(line for line in lines if said in line)}"
    fatal = next((line for line in lines if "FATAL" in line), None)
    return f"{otherwise}: {fatal or lines[0]}"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].strip()


def close() -> None:
    """Close this process's pool; its parent's is left alone."""
    for (pid, _, _), pool in list(_pools.items()):
        if pid == os.getpid():
            pool.close()
    _pools.clear()
