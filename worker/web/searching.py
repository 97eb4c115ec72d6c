"""Lists of articles by filters and words, for the API and the pages, and the search index that they read."""

from __future__ import annotations

import base64
import binascii
import logging
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
import psycopg

from wiredesk.worker import db, events
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Transient, UsageError
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import search as store
from wiredesk.worker.store.records import FilterRow, FoundArticle, Match

log = logging.getLogger(__name__)

# A list that ranks orders the latest matches: ranking all matches of a common word among a million takes seconds.
RANKED = 500
_OPENING, _CLOSING = "\ue000", "\ue001"
_MARKS = re.compile(f"([{_OPENING}{_CLOSING}])")
_MOST_OF_STORY = 10_000
# Changes that a query indexes itself before it answers, so that it finds articles filed just before.
_BEHIND = 100
_BATCH = 50
_IDLE_SECONDS = 1.0
# While documents wait to be filed, changes wait this long for the index, and then get one small batch a second.
_PATIENCE_SECONDS = 60.0
_BUSY_BATCH = 25
_OF_ONE_ROW = (psycopg.DataError, psycopg.errors.ProgramLimitExceeded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a list holds; an empty field filters nothing. Names are compared without case.

    `text`: words, "a phrase", one or another, -without, begin*. `source` is a slug or a name, `place` that of the
    dateline, the last three are names that the text mentions. Times are half open.
    """

    text: str = ""
    source: str = ""
    agency: str = ""
    place: str = ""
    speaker: str = ""
    person: str = ""
    organisation: str = ""
    mentioned_place: str = ""
    language: str = ""
    story_id: int | None = None
    published_from: datetime | None = None
    published_to: datetime | None = None
    seen_from: datetime | None = None
    seen_to: datetime | None = None

    def rows(self) -> list[FilterRow]:
        values = {
            "source": self.source,
            "agency": self.agency,
            "dateline": self.place,
            "speaker": self.speaker,
            "person": self.person,
            "organisation": self.organisation,
            "place": self.mentioned_place,
            "language": self.language,
        }
        return [FilterRow(kind=kind, value=value) for kind, value in values.items() if value.strip()]


@dataclass(frozen=True, slots=True)
class Results:
    """One page of a list. `next_cursor` is null on the last page. `ignored`: the text has no word to search for."""

    articles: list[FoundArticle]
    next_cursor: str | None
    ignored: bool = False


class _Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a page begins: below the article `before`; in a ranked list, after `skip` of the matches below it."""

    before: int
    skip: int = 0


def find(
    settings: Settings,
    filters: Filters,
    *,
    limit: int,
    cursor: str | None = None,
    ranked: bool = True,
    embargoed: bool = False,
) -> Results:
    """A page of articles: by rank where there is a text, else those that were filed last first.

    `ranked` False orders a text's matches by filing too; `embargoed` lists articles under embargo. Raises `UsageError`
    for a text that is no cursor.
    """
    at = _read(cursor)
    rows = filters.rows()
    times = (filters.published_from, filters.published_to, filters.seen_from, filters.seen_to)
    if not rows and not filters.text.strip() and filters.story_id is None and not any(times):
        with db.for_web(settings.database_url, embargoed=embargoed) as connection:
            latest = store.latest_articles(connection, before=at.before if at else None, limit=limit + 1)
        return Results(latest[:limit], cursor_below(latest[limit - 1].article_id) if len(latest) > limit else None)
    catch_up(settings)
    with db.for_web(settings.database_url, embargoed=embargoed) as connection:
        words = store.words_query(connection, filters.text) if filters.text.strip() else None
        if filters.text.strip() and words is None:
            return Results([], None, ignored=True)
        by_rank = words is not None and ranked
        wanted = RANKED if by_rank else limit + 1
        found = _matches(connection, filters, rows, words, before=at.before if at else None, limit=wanted)
        if by_rank:
            skip, before = (at.skip, at.before) if at else (0, max((one.article_id for one in found), default=0) + 1)
            found.sort(key=lambda one: (-one.rank, -one.article_id))
            page, more = found[skip : skip + limit], len(found) > skip + limit
            following = cursor_below(before, skip + limit) if more else None
        else:
            page = found[:limit]
            following = cursor_below(page[-1].article_id) if len(found) > limit else None
        return Results(
            store.found_articles(connection, page, filters.text if words else None, by_rank=by_rank), following
        )


def marks(text: str | None) -> tuple[str | None, tuple[tuple[int, int], ...]]:
    """A marked text without its marks, and where they were: code points [start, end)."""
    if text is None:
        return None, ()
    parts, spans, at = [], [], 0
    for part in _MARKS.split(text):
        if part == _OPENING:
            spans.append((at, at))
        elif part == _CLOSING:
            if spans:
                spans[-1] = (spans[-1][0], at)
        else:
            parts.append(part)
            at += len(part)
    return "".join(parts), tuple(span for span in spans if span[0] < span[1])


def _matches(
    connection: Connection,
    filters: Filters,
    rows: Sequence[FilterRow],
    words: str | None,
    *,
    before: int | None,
    limit: int,
) -> list[Match]:
    narrowed = store.filters_query(connection, rows) if rows else None
    parts = [f"({part})" for part in (words, narrowed) if part]
    of_story = None
    if filters.story_id is not None:
        of_story = store.story_article_ids(connection, filters.story_id, limit=_MOST_OF_STORY)
    return store.matches(
        connection,
        query=" & ".join(parts) or None,
        words=words,
        article_ids=of_story,
        published=(filters.published_from, filters.published_to),
        seen=(filters.seen_from, filters.seen_to),
        before=before,
        limit=limit,
    )


def cursor_below(before: int, skip: int = 0) -> str:
    """Where a list goes on below the article `before`; `skip` as in `_Cursor`."""
    return base64.urlsafe_b64encode(msgspec.json.encode(_Cursor(before, skip))).decode().rstrip("=")


def _read(cursor: str | None) -> _Cursor | None:
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=_Cursor)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise UsageError("cursor: not one that a page of this list gave") from None


# ---- the index


def catch_up(settings: Settings) -> None:
    """Index the last changes, so that a query finds articles filed before it. A long backlog is left to the thread."""
    with db.connected(settings.database_url) as connection:
        if not 0 < store.unindexed(connection, limit=_BEHIND + 1).changes <= _BEHIND:
            return
        while index(connection, _BATCH, wait=True):
            pass


def index(connection: Connection, limit: int, *, wait: bool = False) -> int:
    """Index the next `limit` changes; their number, 0 where another process is at it and `wait` is false."""
    with connection.transaction():
        if not store.lock_progress(connection, wait=wait):
            return 0
        following = store.unindexed(connection, limit=limit)
        if following.cursor is None:
            return 0
        try:
            with connection.transaction():
                store.index_articles(connection, following.article_ids)
        except _OF_ONE_ROW:
            for article_id in following.article_ids:
                _index_alone(connection, article_id)
        store.move_progress(connection, following.cursor)
        return following.changes


def _index_alone(connection: Connection, article_id: int) -> None:
    try:
        with connection.transaction():
            store.index_articles(connection, [article_id])
    except _OF_ONE_ROW as error:
        log.warning(events.SEARCH_UNINDEXED, extra={"article_id": article_id, "error": str(error)})


class Indexer(threading.Thread):
    """Follows the change feed, and leaves the processor to filing while documents wait."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(name="indexer", daemon=True)
        self._settings = settings
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.wait(_IDLE_SECONDS):
            try:
                with db.connected(self._settings.database_url) as connection:
                    self._step(connection)
            except Transient as error:
                log.warning(events.SEARCH_WAITS, extra={"error": str(error)})
            except psycopg.Error:
                log.exception(events.SEARCH_WAITS)

    def stop(self) -> None:
        self._stopping.set()
        self.join()

    def _step(self, connection: Connection) -> None:
        if store.documents_wait(connection):
            oldest = store.unindexed(connection, limit=1).oldest_seconds
            if oldest is not None and oldest > _PATIENCE_SECONDS:
                index(connection, _BUSY_BATCH)
            return
        while index(connection, _BATCH) and not self._stopping.is_set() and not store.documents_wait(connection):
            pass
