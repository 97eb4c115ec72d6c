"""Queries of people and consumers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, dict_row

from wiredesk import schema
from wiredesk.worker.db import Connection

_SQL = schema.queries("reading")


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """One row of `outcome`."""

    submission_id: int | None
    item_no: int
    outcome: str
    reason: str | None
    article_id: int | None
    revision_no: int | None
    headline: str | None
    key: str | None
    url: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the change feed; reading goes on after `cursor`."""

    cursor: int
    kind: str
    article_id: int | None
    revision_no: int | None
    story_id: int | None
    merged_story_id: int | None
    occurred_at: datetime
    headline: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """One state of an article."""

    article_id: int
    revision_no: int
    observed_at: datetime
    change_kind: str
    share_changed: float | None
    headline: str | None
    body_text: str


@dataclass(frozen=True, slots=True)
class StoryArticle:
    """One copy of a story, with its current text. `seconds_after_original` counts from the original's."""

    story_id: int
    ordinal: int
    article_id: int
    source: str
    headline: str | None
    canonical_url: str | None
    agency: str | None
    first_seen_at: datetime
    seconds_after_original: float
    is_original: bool
    word_count: int
    revision_count: int
    body_text: str


def submissions(
    connection: Connection, *, submission_ids: Iterable[int] = (), key: str | None = None
) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL["submissions"], {"submission_ids": list(submission_ids), "key": key}).fetchall()


def finished_submissions(connection: Connection, submission_ids: Iterable[int]) -> set[int]:
    rows = connection.execute(_SQL["finished_submissions"], {"submission_ids": list(submission_ids)})
    return {n for (n,) in rows}


def outcomes_of_submissions(connection: Connection, submission_ids: Iterable[int]) -> list[ItemOutcome]:
    return _outcomes(connection, "outcomes_of_submissions", {"submission_ids": list(submission_ids)})


def outcomes_of_article(connection: Connection, article_id: int, *, limit: int = 20) -> list[ItemOutcome]:
    return _outcomes(connection, "outcomes_of_article", {"article_id": article_id, "limit": limit})


def outcomes_of_url(connection: Connection, urls: Iterable[str]) -> list[ItemOutcome]:
    return _outcomes(connection, "outcomes_of_url", {"urls": list(urls)})


def waiting_of_url(connection: Connection, urls: Iterable[str]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL["waiting_of_url"], {"urls": list(urls)}).fetchall()


def articles_by_id(connection: Connection, article_ids: Iterable[int]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL["articles_by_id"], {"article_ids": list(article_ids)}).fetchall()


def revisions(connection: Connection, article_id: int) -> list[Revision]:
    """All states of an article, the first one first."""
    with connection.cursor(row_factory=class_row(Revision)) as cursor:
        return cursor.execute(_SQL["revisions"], {"article_id": article_id}).fetchall()


def story(connection: Connection, story_id: int) -> dict[str, Any] | None:
    """A story by its id, or by that of one that was merged into it."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL["story"], {"story_id": story_id}).fetchone()


def story_articles(connection: Connection, story_id: int, *, limit: int) -> list[StoryArticle]:
    """The first `limit` articles of a surviving story, in the order in which they were seen, with their texts."""
    with connection.cursor(row_factory=class_row(StoryArticle)) as cursor:
        return cursor.execute(_SQL["story_articles"], {"story_id": story_id, "limit": limit}).fetchall()


def totals(connection: Connection) -> dict[str, int]:
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_SQL["totals"]).fetchone()
    return {name: int(value) for name, value in (row or {}).items()}


def changes_after(connection: Connection, cursor: int, *, limit: int = 500) -> list[Change]:
    """Changes in order of their cursors, up to the oldest open transaction: none can be added before one of them."""
    with connection.cursor(row_factory=class_row(Change)) as rows:
        return rows.execute(_SQL["changes_after"], {"cursor": cursor, "limit": limit}).fetchall()


def consumer_cursor(connection: Connection, name: str) -> int:
    row = connection.execute(_SQL["consumer_cursor"], {"name": name}).fetchone()
    return int(row[0]) if row else 0


def move_consumer(connection: Connection, name: str, cursor: int) -> None:
    connection.execute(_SQL["move_consumer"], {"name": name, "cursor": cursor})


def _outcomes(connection: Connection, query: str, parameters: dict[str, Any]) -> list[ItemOutcome]:
    with connection.cursor(row_factory=class_row(ItemOutcome)) as cursor:
        return cursor.execute(_SQL[query], parameters).fetchall()
