"""The search index, and lists of articles by filters and words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store.records import FilterRow, FoundArticle, Match, Unindexed
from wiredesk.worker.store.rows import as_json, record_of

_SQL = schema.queries("search")
# Longer texts are indexed and marked up to here: a tsvector holds 1 MB.
_CHARACTERS = 200_000


def lock_progress(connection: Connection, *, wait: bool) -> bool:
    """Own the index until the end of the transaction; false where another process does and `wait` is false."""
    query = _SQL["lock_progress"] if wait else _SQL["lock_progress_now"]
    return connection.execute(query).fetchone() is not None


def unindexed(connection: Connection, *, limit: int) -> Unindexed:
    """The next `limit` changes that the index does not have."""
    with connection.cursor(row_factory=record_of(Unindexed)) as cursor:
        (found,) = cursor.execute(_SQL["unindexed"], {"limit": limit})
    return found


def index_articles(connection: Connection, article_ids: Iterable[int]) -> None:
    wanted = list(article_ids)
    connection.execute(_SQL["note_configs"], {"article_ids": wanted})
    connection.execute(_SQL["index_articles"], {"article_ids": wanted, "characters": _CHARACTERS})


def move_progress(connection: Connection, cursor: int) -> None:
    connection.execute(_SQL["move_progress"], {"cursor": cursor})


def documents_wait(connection: Connection) -> bool:
    row = connection.execute(_SQL["documents_wait"]).fetchone()
    return bool(row and row[0])


def words_query(connection: Connection, text: str) -> str | None:
    """The tsquery of a text, as text; None: nothing in it is searched for."""
    row = connection.execute(_SQL["words"], {"text": text}).fetchone()
    return row[0] if row else None


def filters_query(connection: Connection, rows: Sequence[FilterRow]) -> str | None:
    """The tsquery of filters, as text; None: there are none."""
    row = connection.execute(_SQL["filters"], {"rows": as_json(rows)}).fetchone()
    return row[0] if row else None


def latest_articles(connection: Connection, *, before: int | None, limit: int) -> list[FoundArticle]:
    """The articles filed last, below the number `before`."""
    with connection.cursor(row_factory=record_of(FoundArticle)) as cursor:
        return cursor.execute(_SQL["latest_articles"], {"before": before, "limit": limit}).fetchall()


def story_article_ids(connection: Connection, story_id: int, *, limit: int) -> list[int]:
    return [n for (n,) in connection.execute(_SQL["story_article_ids"], {"story_id": story_id, "limit": limit})]


def matches(
    connection: Connection,
    *,
    query: str | None,
    words: str | None,
    article_ids: Sequence[int] | None,
    published: tuple[datetime | None, datetime | None],
    seen: tuple[datetime | None, datetime | None],
    before: int | None,
    limit: int,
) -> list[Match]:
    """The latest articles that match `query`, below the number `before`; `words` is the part of it that ranks."""
    parameters = {
        "query": query,
        "words": words,
        "article_ids": list(article_ids) if article_ids is not None else None,
        "published_from": published[0],
        "published_to": published[1],
        "seen_from": seen[0],
        "seen_to": seen[1],
        "before": before,
        "limit": limit,
    }
    with connection.cursor(row_factory=record_of(Match)) as cursor:
        return cursor.execute(_SQL["matches"], parameters).fetchall()


def found_articles(
    connection: Connection, found: Sequence[Match], text: str | None, *, by_rank: bool
) -> list[FoundArticle]:
    """The articles of `found`, by rank or the last filed first; with `text`, its words are marked."""
    parameters = {
        "rows": as_json(found),
        "by_rank": by_rank,
        "text": text,
        "characters": _CHARACTERS,
    }
    with connection.cursor(row_factory=record_of(FoundArticle)) as cursor:
        return cursor.execute(_SQL["found_articles"], parameters).fetchall()
