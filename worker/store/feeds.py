"""Feeds: their list, their leases, and what polls found."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.errors import UniqueViolation
from psycopg.rows import dict_row

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store.rows import as_json

_SQL = schema.queries("feeds")

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Polled:
    """A feed that this worker is about to poll."""

    feed_id: int
    url: str
    etag: str | None
    last_modified: str | None
    body_sha256: bytes | None
    failures: float
    interval_seconds: float | None
    schedule: dict[str, Any]
    verify_tls: bool
    changed_at: datetime | None


def add(connection: Connection, rows: Rows) -> dict[str, int]:
    """Add feeds; ids by URL of those that are new or were removed before. The others stay as they are."""
    if not rows:
        return {}
    return {url: feed_id for feed_id, url in connection.execute(_SQL["add"], {"rows": as_json(rows)})}


def find(
    connection: Connection,
    *,
    feed_ids: Iterable[int] | None = None,
    urls: Iterable[str] | None = None,
    with_moved: bool = False,
) -> list[dict[str, Any]]:
    """Feeds by id or URL; all of them where neither is given. `with_moved`: those too that went into another."""
    parameters = {
        "with_moved": with_moved,
        "feed_ids": None if feed_ids is None else list(feed_ids),
        "urls": None if urls is None else list(urls),
    }
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL["find"], parameters).fetchall()


def set_state(
    connection: Connection, feed_ids: Iterable[int], state: Literal["active", "paused", "removed"]
) -> set[int]:
    return {n for (n,) in connection.execute(_SQL["set_state"], {"feed_ids": list(feed_ids), "state": state})}


def make_due(connection: Connection, feed_ids: Iterable[int] | None = None) -> set[int]:
    """Poll these feeds, or all active ones, at the next tick."""
    parameters = {"feed_ids": None if feed_ids is None else list(feed_ids)}
    return {n for (n,) in connection.execute(_SQL["make_due"], parameters)}


def lease(connection: Connection, token: uuid.UUID, *, limit: int, lease_seconds: float) -> list[int]:
    parameters = {"token": token, "limit": limit, "lease_seconds": lease_seconds}
    return [n for (n,) in connection.execute(_SQL["lease"], parameters)]


def in_flight(connection: Connection) -> int:
    row = connection.execute(_SQL["in_flight"]).fetchone()
    return int(row[0]) if row else 0


def take(connection: Connection, feed_ids: list[int], token: str, *, lease_seconds: float) -> list[Polled]:
    """Begin to poll; feeds whose token is another are left out."""
    parameters = {"feed_ids": feed_ids, "token": token, "lease_seconds": lease_seconds}
    return [Polled(*row) for row in connection.execute(_SQL["take"], parameters)]


def store_polls(connection: Connection, rows: Rows, token: str) -> set[int]:
    """Store what polls found; the ids of the feeds that were still ours."""
    return {n for (n,) in connection.execute(_SQL["store_polls"], {"rows": as_json(rows), "token": token})}


def move(connection: Connection, feed_id: int, url: str, *, other_host: bool) -> bool:
    """Poll the feed at `url` from now on; false, and nothing changed, where another row has that address."""
    try:
        with connection.transaction():
            connection.execute(_SQL["move"], {"feed_id": feed_id, "url": url, "other_host": other_host})
    except UniqueViolation:
        return False
    return True


def merge(connection: Connection, feed_id: int, url: str) -> int | None:
    """Remove the feed because an active one has `url`; the number of that one, null where there is none."""
    row = connection.execute(_SQL["merge"], {"feed_id": feed_id, "url": url}).fetchone()
    return int(row[0]) if row else None


def add_fetches(connection: Connection, rows: Rows) -> None:
    """Lines of the fetch log."""
    if rows:
        connection.execute(_SQL["add_fetches"], {"rows": as_json(rows)})


def count_entries(connection: Connection, rows: Rows) -> None:
    """Complete the fetch log with how many entries a document had, and how many of them were new."""
    if rows:
        times = [row["fetched_at"] for row in rows]
        parameters = {"feed_ids": [row["feed_id"] for row in rows], "first": min(times), "last": max(times)}
        connection.execute(_SQL["count_entries"], {"rows": as_json(rows)} | parameters)


def states(connection: Connection, fetched: Mapping[int, datetime]) -> dict[int, tuple[str, dict[str, Any]]]:
    """URL and schedule's state of feeds whose last poll was at the given time and that are not leased."""
    parameters = {"feed_ids": list(fetched), "fetched_ats": list(fetched.values())}
    return {feed_id: (url, schedule) for feed_id, url, schedule in connection.execute(_SQL["states"], parameters)}


def learn(connection: Connection, rows: Rows) -> None:
    """Store what the schedule learned from the entries of a poll."""
    if rows:
        connection.execute(_SQL["learn"], {"rows": as_json(rows)})
