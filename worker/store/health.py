"""Queries of `wiredesk doctor` and housekeeping: heartbeats, partitions, progress, feeds, the change feed's lag."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from wiredesk import schema
from wiredesk.worker.db import Connection

_SQL = schema.queries("health")


@dataclass(frozen=True, slots=True)
class Progress:
    """Ages in seconds; None where nothing waits, or no heartbeat was noted yet."""

    dispatch_seconds: float | None
    documents_waiting: int
    oldest_ingest_seconds: float | None
    oldest_fetch_seconds: float | None
    last_done_seconds: float | None


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """Numbers of active feeds, and the first five ids of those that fail or are silent."""

    overdue: int
    failing: int
    silent: int
    failing_ids: list[int] | None
    silent_ids: list[int] | None


@dataclass(frozen=True, slots=True)
class ChangeLag:
    """The oldest open writing transaction; readers of the change feed do not see `hidden_changes` yet."""

    pid: int
    application_name: str
    seconds: float
    hidden_changes: int


@dataclass(frozen=True, slots=True)
class StoppedConsumer:
    """A consumer of the change feed, and how long it has not moved."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """Documents of one need that wait; `oldest_seconds` is the age of the oldest that is due, 0 where none is."""

    needs: str
    documents: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True)
class ConsumerLag:
    """Changes that a consumer has not read, and the time since it moved."""

    name: str
    idle_seconds: float
    changes: int


def note_heartbeat(connection: Connection, part: str) -> None:
    connection.execute(_SQL["note_heartbeat"], {"part": part})


def make_months(connection: Connection) -> None:
    connection.execute(_SQL["make_months"])


def drop_old_months(connection: Connection, *, outcome_months: int, fetch_log_months: int) -> tuple[int, int]:
    """Partitions dropped: of outcomes, of the fetch log."""
    parameters = {"outcome_months": outcome_months, "fetch_log_months": fetch_log_months}
    row = connection.execute(_SQL["drop_old_months"], parameters).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def progress(connection: Connection) -> Progress:
    with connection.cursor(row_factory=class_row(Progress)) as cursor:
        row = cursor.execute(_SQL["progress"]).fetchone()
    assert row is not None
    return row


def probe_write(connection: Connection, content: bytes) -> None:
    """Write `content` and roll back. Raises what PostgreSQL raises on a full disk."""
    with connection.transaction(force_rollback=True):
        connection.execute(_SQL["probe_write"], {"content": content})


def server_clock(connection: Connection) -> tuple[datetime, int]:
    """The time there, and the size of the database in bytes."""
    row = connection.execute(_SQL["server_clock"]).fetchone()
    assert row is not None
    return row[0], int(row[1])


def feed_health(
    connection: Connection, *, late_seconds: float, failing_seconds: float, silent_seconds: float
) -> FeedHealth:
    parameters = {"late_seconds": late_seconds, "failing_seconds": failing_seconds, "silent_seconds": silent_seconds}
    with connection.cursor(row_factory=class_row(FeedHealth)) as cursor:
        row = cursor.execute(_SQL["feed_health"], parameters).fetchone()
    assert row is not None
    return row


def change_lag(connection: Connection) -> ChangeLag | None:
    with connection.cursor(row_factory=class_row(ChangeLag)) as cursor:
        return cursor.execute(_SQL["change_lag"]).fetchone()


def stopped_consumers(connection: Connection, *, seconds: float) -> list[StoppedConsumer]:
    """Consumers that stand for `seconds` or longer before changes that are as old."""
    with connection.cursor(row_factory=class_row(StoppedConsumer)) as cursor:
        return cursor.execute(_SQL["stopped_consumers"], {"seconds": seconds}).fetchall()


def waiting_documents(connection: Connection) -> list[Waiting]:
    with connection.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(_SQL["waiting_documents"]).fetchall()


def feeds_by_state(connection: Connection) -> dict[str, int]:
    return dict(connection.execute(_SQL["feeds_by_state"]).fetchall())


def table_estimates(connection: Connection) -> dict[str, float]:
    """Rows by table, as the last ANALYZE of PostgreSQL estimates them."""
    return dict(connection.execute(_SQL["table_estimates"]).fetchall())


def consumer_lags(connection: Connection, *, consumers: int, most: int) -> list[ConsumerLag]:
    """The consumers that moved last and the search index; changes are counted up to `most`."""
    with connection.cursor(row_factory=class_row(ConsumerLag)) as cursor:
        return cursor.execute(_SQL["consumer_lags"], {"consumers": consumers, "most": most}).fetchall()


def is_restored(connection: Connection) -> bool:
    """Whether the archive was restored and `wiredesk migrate` has not run since."""
    row = connection.execute(_SQL["is_restored"]).fetchone()
    return bool(row and row[0])
