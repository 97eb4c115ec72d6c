"""The entries of feeds whose bytes were read, and the polls that showed them again."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from psycopg.rows import class_row

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store.records import (
    BesideRow,
    EndedEntryRow,
    FeedEntryRow,
    OpenEntry,
    ShowingRow,
    ShownBeside,
    ShownDate,
)
from wiredesk.worker.store.rows import as_json

_SQL = schema.queries("showings")


def open_entries(connection: Connection, feed_ids: Iterable[int]) -> list[OpenEntry]:
    """The entries that the last documents of these feeds showed, and were read."""
    with connection.cursor(row_factory=class_row(OpenEntry), binary=True) as cursor:
        return cursor.execute(_SQL["open_entries"], {"feed_ids": list(feed_ids)}).fetchall()


def lanes_with_documents(connection: Connection, lanes: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these lanes have a document that is not done."""
    return {lane for (lane,) in connection.execute(_SQL["lanes_with_documents"], {"lanes": list(lanes)})}


def add_showings(connection: Connection, rows: Sequence[ShowingRow]) -> None:
    """Polls that showed entries which were not read again. Only the poll that leases the feed may add one."""
    if rows:
        connection.execute(_SQL["add_showings"], {"rows": as_json(rows)})


def end_entries(connection: Connection, rows: Sequence[EndedEntryRow]) -> None:
    """End open entries. Lock their articles first, as filing does."""
    if rows:
        connection.execute(_SQL["end_entries"], {"rows": as_json(rows)})


def count_sightings(connection: Connection, rows: Sequence[EndedEntryRow]) -> None:
    """Count the sightings of ended entries. Lock their articles first, as filing does."""
    if any(row.times for row in rows):
        connection.execute(_SQL["count_sightings"], {"rows": as_json(rows)})


def add_entries(connection: Connection, rows: Sequence[FeedEntryRow]) -> None:
    """Entries that were read; they are open."""
    if rows:
        connection.execute(_SQL["add_entries"], {"rows": as_json(rows)})


def mark_stale(connection: Connection, article_ids: Iterable[int]) -> None:
    """Let the open entries of these articles be read again. Lock the articles first."""
    if ids := list(article_ids):
        connection.execute(_SQL["mark_stale"], {"article_ids": ids})


def shown_beside(connection: Connection, rows: Sequence[BesideRow], article_ids: Iterable[int]) -> list[ShownBeside]:
    """The entries of these articles that were shown beside the new ones of documents."""
    with connection.cursor(row_factory=class_row(ShownBeside)) as cursor:
        parameters = {"rows": as_json(rows), "article_ids": list(article_ids)}
        return cursor.execute(_SQL["shown_beside"], parameters).fetchall()


def dates_shown(connection: Connection, feed_ids: Iterable[int]) -> list[ShownDate]:
    """The dates of the entries that the last polls of feeds showed and that were not read again."""
    with connection.cursor(row_factory=class_row(ShownDate)) as cursor:
        return cursor.execute(_SQL["dates_shown"], {"feed_ids": list(feed_ids)}).fetchall()


def delete_ended(connection: Connection, before: datetime, limit: int) -> int:
    """Delete entries that ended before that time, the oldest first, up to `limit`; how many there were."""
    return connection.execute(_SQL["delete_ended"], {"before": before, "limit": limit}).rowcount
