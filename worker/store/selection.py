"""Which articles an export writes and a consumer is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from psycopg import sql

from wiredesk import schema
from wiredesk.worker.db import Connection

_SQL = schema.queries("selection")
_NAMES = ("sources", "agencies", "places", "languages", "sections", "tags", "mentions")
START = (date.min, 0)
"""The position before the first article."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which articles. A field of several values asks for one of them; an empty one asks for nothing.

    Names are compared without case; `sources` are slugs or names, `languages` tags or their first parts, `places` those
    of datelines, `mentions` names of persons, organisations and places. Without `embargoed`, articles whose embargo has
    not ended are left out.
    """

    sources: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    embargoed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which part of the archive, and in which order.

    The time of an article is its publication, else the time when it was first seen; with `by_first_seen` always that.
    `starts_at` is in, `ends_at` is not. `changed_after` is a cursor of the change feed. Articles come by their ids, or
    with `by_day` by the day of their time (UTC) and then by their ids.
    """

    by_first_seen: bool = False
    by_day: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    changed_after: int | None = None


def selected(
    connection: Connection,
    selection: Selection,
    span: Span,
    *,
    after: tuple[date, int] = START,
    at_once: int = 2_000,
) -> Iterator[tuple[date, int]]:
    """The day and id of each selected article, in order, after the pair `after`; call it in a transaction.

    Rows come from a cursor of the server, `at_once` at a time; the day is `date.min` where the span is not by day.
    """
    with connection.cursor(name="selected") as cursor:
        cursor.itersize = at_once
        cursor.execute(_SQL["selected"], _selected(selection, span, after, None))
        yield from cursor


def count_selected(connection: Connection, selection: Selection, span: Span, *, after: tuple[date, int]) -> int:
    query = sql.SQL("SELECT count(*) FROM ({}) AS s").format(sql.SQL(_SQL["selected"]))
    (row,) = connection.execute(query, _selected(selection, span, after, None))
    return int(row[0])


def matching(connection: Connection, selection: Selection, article_ids: Sequence[int]) -> set[int]:
    """Which of these articles are selected."""
    found = connection.execute(_SQL["selected"], _selected(selection, Span(), START, article_ids))
    return {article_id for _, article_id in found}


def _selected(
    selection: Selection, span: Span, after: tuple[date, int], article_ids: Sequence[int] | None
) -> dict[str, object]:
    wanted = {name: [text.strip().lower() for text in getattr(selection, name)] or None for name in _NAMES}
    return (
        wanted
        | asdict(span)
        | {
            "embargoed": selection.embargoed,
            "article_ids": list(article_ids) if article_ids is not None else None,
            "after_day": after[0],
            "after_article_id": after[1],
        }
    )
