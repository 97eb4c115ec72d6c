"""Queries of the pages that show the whole: rates, latency, what arrived last, copied stories, yields of feeds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store.records import Arrival, CopiedStory, DayYield, FeedGlance, FiledCount, ReasonCount, Sizes
from wiredesk.worker.store.rows import record_of

FeedOrder = Literal["failures", "next", "changed"]
_SQL = schema.queries("overview")


def sizes(connection: Connection) -> Sizes:
    with connection.cursor(row_factory=record_of(Sizes)) as cursor:
        (found,) = cursor.execute(_SQL["sizes"])
    return found


def filed(connection: Connection, *, since: datetime, bucket_seconds: float) -> list[FiledCount]:
    """Spans in which nothing was filed have no row."""
    with connection.cursor(row_factory=record_of(FiledCount)) as cursor:
        return cursor.execute(_SQL["filed"], {"since": since, "bucket_seconds": bucket_seconds}).fetchall()


def latency(connection: Connection, *, since: datetime) -> tuple[float, float] | None:
    """Seconds from arrival to outcome: the median and the 99th percentile; None where nothing was closed."""
    row = connection.execute(_SQL["latency"], {"since": since}).fetchone()
    if row is None or row[0] is None:
        return None
    half, nearly_all = row[0]
    return float(half), float(nearly_all)


def arrivals(connection: Connection, *, limit: int) -> list[Arrival]:
    with connection.cursor(row_factory=record_of(Arrival)) as cursor:
        return cursor.execute(_SQL["arrivals"], {"limit": limit}).fetchall()


def copied_stories(connection: Connection, *, since: datetime, limit: int) -> list[CopiedStory]:
    with connection.cursor(row_factory=record_of(CopiedStory)) as cursor:
        return cursor.execute(_SQL["copied_stories"], {"since": since, "limit": limit}).fetchall()


def yields(connection: Connection, feed_ids: Iterable[int], *, since: datetime) -> list[DayYield]:
    with connection.cursor(row_factory=record_of(DayYield)) as cursor:
        return cursor.execute(_SQL["yields"], {"feed_ids": list(feed_ids), "since": since}).fetchall()


def feed_glances(connection: Connection, *, order: FeedOrder, limit: int) -> list[FeedGlance]:
    """Active feeds: those that fail most first, those that are due first, or those that changed last."""
    with connection.cursor(row_factory=record_of(FeedGlance)) as cursor:
        return cursor.execute(_SQL["feed_glances"], {"order": order, "limit": limit}).fetchall()


def reasons(connection: Connection, *, limit: int) -> list[ReasonCount]:
    """The most frequent first, among the last `limit` open rejections."""
    with connection.cursor(row_factory=record_of(ReasonCount)) as cursor:
        return cursor.execute(_SQL["reasons"], {"limit": limit}).fetchall()
