"""The desk itself: heartbeats, partitions, progress."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import class_row

from wiredesk import schema
from wiredesk.worker.db import Connection

_SQL = schema.queries("desk")


@dataclass(frozen=True, slots=True)
class Progress:
    """Ages in seconds; None where there is nothing to wait for, or no sign yet."""

    dispatch_seconds: float | None
    documents_waiting: int
    oldest_ingest_seconds: float | None
    oldest_fetch_seconds: float | None
    oldest_feed_seconds: float | None
    last_done_seconds: float | None


def beat_heart(connection: Connection, part: str) -> None:
    connection.execute(_SQL["beat_heart"], {"part": part})


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
