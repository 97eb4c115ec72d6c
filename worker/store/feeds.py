"""Feeds: their list, their leases, and what polls found."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from psycopg.errors import UniqueViolation

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store.records import (
    EntryCount,
    FeedChanges,
    FeedRow,
    FeedToPoll,
    FetchLine,
    FetchRow,
    LearningFeed,
    LessonRow,
    NewFeed,
    PollRow,
    Postponement,
    RefusedPage,
    RobotCheck,
)
from wiredesk.worker.store.rows import as_json, record_of

_SQL = schema.queries("feeds")
# A document's `fetched_at` is when its body was stored, the fetch log's when the answer came.
_LOG_TOLERANCE = timedelta(minutes=10)


def add(connection: Connection, rows: Sequence[NewFeed]) -> dict[str, int]:
    """Add feeds; numbers by URL of those that are new or were removed before. The others stay as they are."""
    if not rows:
        return {}
    return {url: feed_id for feed_id, url in connection.execute(_SQL["add"], {"rows": as_json(rows)})}


def find(
    connection: Connection,
    *,
    feed_ids: Iterable[int] | None = None,
    urls: Iterable[str] | None = None,
    with_moved: bool = False,
    count_articles: bool = True,
) -> list[FeedRow]:
    """Feeds by number or URL; all feeds where neither is given. `with_moved`: also feeds merged into another.

    `count_articles` reads every sighting once.
    """
    parameters = {
        "count_articles": count_articles,
        "with_moved": with_moved,
        "feed_ids": None if feed_ids is None else list(feed_ids),
        "urls": None if urls is None else list(urls),
    }
    with connection.cursor(row_factory=record_of(FeedRow)) as cursor:
        return cursor.execute(_SQL["find"], parameters).fetchall()


def page_of_ids(connection: Connection, *, after: int, limit: int) -> list[int]:
    """Numbers above `after` of feeds that are not removed, in order."""
    return [n for (n,) in connection.execute(_SQL["page_of_ids"], {"after": after, "limit": limit})]


def set_state(
    connection: Connection, feed_ids: Iterable[int], state: Literal["active", "paused", "removed"]
) -> set[int]:
    return {n for (n,) in connection.execute(_SQL["set_state"], {"feed_ids": list(feed_ids), "state": state})}


def edit(connection: Connection, feed_ids: Iterable[int], changes: FeedChanges) -> set[int]:
    """Change what the operator sets; the numbers of the feeds that were changed."""
    parameters = {"feed_ids": list(feed_ids), "changes": as_json([changes])[1:-1]}
    return {n for (n,) in connection.execute(_SQL["edit"], parameters)}


def last_fetches(connection: Connection, feed_id: int, *, limit: int) -> list[FetchLine]:
    """The end of the feed's fetch log, the newest first."""
    with connection.cursor(row_factory=record_of(FetchLine)) as cursor:
        return cursor.execute(_SQL["last_fetches"], {"feed_id": feed_id, "limit": limit}).fetchall()


def robot_checks(connection: Connection, *, since: datetime) -> list[RobotCheck]:
    """The hosts whose pages answered with a check for robots since then."""
    with connection.cursor(row_factory=record_of(RobotCheck)) as cursor:
        return cursor.execute(_SQL["robot_checks"], {"since": since}).fetchall()


def make_due(connection: Connection, feed_ids: Iterable[int] | None = None) -> set[int]:
    """Poll these feeds, or all active ones, at the next tick and before those that are due by their schedule."""
    parameters = {"feed_ids": None if feed_ids is None else list(feed_ids)}
    return {n for (n,) in connection.execute(_SQL["make_due"], parameters)}


def lease(connection: Connection, token: uuid.UUID, *, limit: int, lease_seconds: float) -> list[int]:
    parameters = {"token": token, "limit": limit, "lease_seconds": lease_seconds}
    return [n for (n,) in connection.execute(_SQL["lease"], parameters)]


def lease_urgent(connection: Connection, token: uuid.UUID, *, limit: int, lease_seconds: float) -> list[int]:
    """Lease first polls, and those that a person asked for."""
    parameters = {"token": token, "limit": limit, "lease_seconds": lease_seconds}
    return [n for (n,) in connection.execute(_SQL["lease_urgent"], parameters)]


def in_flight(connection: Connection) -> int:
    row = connection.execute(_SQL["in_flight"]).fetchone()
    return int(row[0]) if row else 0


def take(connection: Connection, feed_ids: list[int], token: str, *, lease_seconds: float) -> list[FeedToPoll]:
    """Begin to poll; feeds whose token is another are left out."""
    parameters = {"feed_ids": feed_ids, "token": token, "lease_seconds": lease_seconds}
    with connection.cursor(row_factory=record_of(FeedToPoll)) as cursor:
        return cursor.execute(_SQL["take"], parameters).fetchall()


def store_polls(connection: Connection, rows: Sequence[PollRow], token: str) -> set[int]:
    """Store the results of polls; the numbers of the feeds that the token still leased."""
    if not rows:
        return set()
    return {n for (n,) in connection.execute(_SQL["store_polls"], {"rows": as_json(rows), "token": token})}


def postpone(connection: Connection, rows: Sequence[Postponement], token: str) -> None:
    """Postpone feeds whose host has no free slot; no other column of them changes."""
    if rows:
        connection.execute(_SQL["postpone"], {"rows": as_json(rows), "token": token})


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


def add_fetches(connection: Connection, rows: Sequence[FetchRow]) -> None:
    """Lines of the fetch log."""
    if rows:
        connection.execute(_SQL["add_fetches"], {"rows": as_json(rows)})


def count_entries(connection: Connection, rows: Sequence[EntryCount]) -> None:
    """Complete the fetch log with how many entries a document had, and how many of them were new."""
    if rows:
        times = [row.fetched_at for row in rows]
        parameters = {"feed_ids": [row.feed_id for row in rows], "first": min(times), "last": max(times)}
        connection.execute(_SQL["count_entries"], {"rows": as_json(rows)} | parameters)


def note_refused_pages(connection: Connection, rows: Sequence[RefusedPage]) -> None:
    """Complete the fetch log with why pages of feeds' entries are no articles."""
    if rows:
        times = [row.fetched_at for row in rows]
        bounds = {"first": min(times) - _LOG_TOLERANCE, "last": max(times) + _LOG_TOLERANCE}
        parameters = {"feed_ids": list({row.feed_id for row in rows}), "rows": as_json(rows)}
        connection.execute(_SQL["note_refused_pages"], parameters | bounds)


def to_learn(connection: Connection, fetched: Mapping[int, datetime]) -> list[LearningFeed]:
    """The feeds whose last poll was at the given time and that are not leased."""
    parameters = {"feed_ids": list(fetched), "fetched_ats": list(fetched.values())}
    with connection.cursor(row_factory=record_of(LearningFeed)) as cursor:
        return cursor.execute(_SQL["to_learn"], parameters).fetchall()


def learn(connection: Connection, rows: Sequence[LessonRow]) -> None:
    """Store the schedules that the documents of polls gave."""
    if rows:
        connection.execute(_SQL["learn"], {"rows": as_json(rows)})
