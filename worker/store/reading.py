"""Queries of people and consumers."""

from __future__ import annotations

from collections.abc import Iterable

import psycopg

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import CursorAhead
from wiredesk.worker.store.records import (
    ArticleRecord,
    ArticleSummary,
    Change,
    ItemOutcome,
    Revision,
    RevisionLine,
    Sighting,
    StoryArticle,
    StorySummary,
    SubmissionStatus,
    Totals,
    WaitingDocument,
)
from wiredesk.worker.store.rows import record_of

_SQL = schema.queries("reading")
# Raised by wire_v1.changes_after.
_CURSOR_AHEAD = "WD001"


def submissions(
    connection: Connection, *, submission_ids: Iterable[int] = (), key: str | None = None
) -> list[SubmissionStatus]:
    with connection.cursor(row_factory=record_of(SubmissionStatus)) as cursor:
        return cursor.execute(_SQL["submissions"], {"submission_ids": list(submission_ids), "key": key}).fetchall()


def finished_submissions(connection: Connection, submission_ids: Iterable[int]) -> set[int]:
    rows = connection.execute(_SQL["finished_submissions"], {"submission_ids": list(submission_ids)})
    return {n for (n,) in rows}


def outcomes_of_submissions(connection: Connection, submission_ids: Iterable[int]) -> list[ItemOutcome]:
    with connection.cursor(row_factory=record_of(ItemOutcome)) as cursor:
        return cursor.execute(_SQL["outcomes_of_submissions"], {"submission_ids": list(submission_ids)}).fetchall()


def outcomes_of_article(connection: Connection, article_id: int, *, limit: int = 20) -> list[ItemOutcome]:
    with connection.cursor(row_factory=record_of(ItemOutcome)) as cursor:
        return cursor.execute(_SQL["outcomes_of_article"], {"article_id": article_id, "limit": limit}).fetchall()


def outcomes_of_url(connection: Connection, urls: Iterable[str]) -> list[ItemOutcome]:
    with connection.cursor(row_factory=record_of(ItemOutcome)) as cursor:
        return cursor.execute(_SQL["outcomes_of_url"], {"urls": list(urls)}).fetchall()


def waiting_of_url(connection: Connection, urls: Iterable[str]) -> list[WaitingDocument]:
    with connection.cursor(row_factory=record_of(WaitingDocument)) as cursor:
        return cursor.execute(_SQL["waiting_of_url"], {"urls": list(urls)}).fetchall()


def articles_by_id(connection: Connection, article_ids: Iterable[int]) -> list[ArticleSummary]:
    with connection.cursor(row_factory=record_of(ArticleSummary)) as cursor:
        return cursor.execute(_SQL["articles_by_id"], {"article_ids": list(article_ids)}).fetchall()


def article_records(
    connection: Connection, article_ids: Iterable[int], revision_no: int | None = None
) -> list[ArticleRecord]:
    """A revision of each article with all its parts, by id; None: the current one."""
    with connection.cursor(row_factory=record_of(ArticleRecord)) as cursor:
        parameters = {"article_ids": list(article_ids), "revision_no": revision_no}
        return cursor.execute(_SQL["article_records"], parameters).fetchall()


def article_record(connection: Connection, article_id: int, revision_no: int | None = None) -> ArticleRecord | None:
    """As `article_records`, of one article."""
    return next(iter(article_records(connection, [article_id], revision_no)), None)


def last_cursor(connection: Connection) -> int:
    (row,) = connection.execute(_SQL["last_cursor"])
    return int(row[0])


def sightings(connection: Connection, article_id: int, *, limit: int) -> list[Sighting]:
    """The first `limit` feeds and submissions that showed an article."""
    with connection.cursor(row_factory=record_of(Sighting)) as cursor:
        return cursor.execute(_SQL["sightings"], {"article_id": article_id, "limit": limit}).fetchall()


def revision_list(connection: Connection, article_id: int, *, limit: int) -> list[RevisionLine]:
    """The last `limit` states of an article without their texts, the latest first."""
    with connection.cursor(row_factory=record_of(RevisionLine)) as cursor:
        return cursor.execute(_SQL["revision_list"], {"article_id": article_id, "limit": limit}).fetchall()


def revisions(connection: Connection, article_id: int, numbers: Iterable[int]) -> list[Revision]:
    """The states of an article with these numbers, in order."""
    with connection.cursor(row_factory=record_of(Revision)) as cursor:
        return cursor.execute(_SQL["revisions"], {"article_id": article_id, "numbers": list(numbers)}).fetchall()


def story(connection: Connection, story_id: int) -> StorySummary | None:
    """A story by its id, or by that of one that was merged into it."""
    with connection.cursor(row_factory=record_of(StorySummary)) as cursor:
        return cursor.execute(_SQL["story"], {"story_id": story_id}).fetchone()


def story_articles(connection: Connection, story_id: int, *, limit: int) -> list[StoryArticle]:
    """The first `limit` articles of a surviving story, in the order in which they were seen, with their texts."""
    with connection.cursor(row_factory=record_of(StoryArticle)) as cursor:
        return cursor.execute(_SQL["story_articles"], {"story_id": story_id, "limit": limit}).fetchall()


def totals(connection: Connection) -> Totals:
    with connection.cursor(row_factory=record_of(Totals)) as cursor:
        (found,) = cursor.execute(_SQL["totals"])
    return found


def changes_after(connection: Connection, cursor: int, *, limit: int = 500) -> list[Change]:
    """Changes in order of their cursors, up to the oldest open transaction: none can be added before one of them.

    Raises `CursorAhead` for a cursor that the archive gave out before it was restored to an earlier point.
    """
    with connection.cursor(row_factory=record_of(Change)) as rows:
        try:
            return rows.execute(_SQL["changes_after"], {"cursor": cursor, "limit": limit}).fetchall()
        except psycopg.DatabaseError as error:
            if error.sqlstate == _CURSOR_AHEAD:
                raise CursorAhead(error.diag.message_primary) from None
            raise


def consumer_cursor(connection: Connection, name: str) -> int:
    row = connection.execute(_SQL["consumer_cursor"], {"name": name}).fetchone()
    return int(row[0]) if row else 0


def move_consumer(connection: Connection, name: str, cursor: int) -> None:
    connection.execute(_SQL["move_consumer"], {"name": name, "cursor": cursor})
