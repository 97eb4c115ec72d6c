"""Rejected items for people: listed, shown, and closed by a retry or by discarding them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.zstd import zstd

_SQL = schema.queries("rejections")


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rejected item. `is_refused`: its message broke the contract; `retried_by`: its next submission."""

    document_id: int
    item_no: int
    decided_at: datetime
    origin: str
    reason: str
    url: str | None
    key: str | None
    headline: str | None
    submission_id: int | None
    feed_id: int | None
    source: str
    feed_title: str | None
    discarded_at: datetime | None
    retried_by: int | None
    is_refused: bool
    has_content: bool


@dataclass(frozen=True, slots=True)
class RejectedContent:
    """`content` is None where a page could not be fetched; `known` holds the submitter's other fields."""

    content: bytes | None
    known: dict[str, Any]
    media_type: str | None
    body_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A filter of rejections; an empty field filters nothing. `reason` is a code or a part of the message."""

    document_ids: Sequence[int] = ()
    reason: str = ""
    source: str = ""
    since: datetime | None = None
    until: datetime | None = None
    with_closed: bool = False


def rejections(connection: Connection, wanted: Filter, *, limit: int) -> list[Rejection]:
    """The latest first."""
    parameters = {
        "document_ids": list(wanted.document_ids) or None,
        "reason": wanted.reason,
        "source": wanted.source,
        "since": wanted.since,
        "until": wanted.until,
        "with_closed": wanted.with_closed,
        "limit": limit,
    }
    with connection.cursor(row_factory=class_row(Rejection)) as cursor:
        return cursor.execute(_SQL["rejections"], parameters).fetchall()


def rejected_content(connection: Connection, document_id: int) -> RejectedContent | None:
    row = connection.execute(_SQL["rejected_content"], {"document_id": document_id}).fetchone()
    if row is None:
        return None
    packed, known, media_type, body_bytes = row
    return RejectedContent(zstd.decompress(packed) if packed is not None else None, known, media_type, body_bytes)


def discard_rejections(connection: Connection, document_ids: Iterable[int]) -> int:
    """Close rejected items; their number."""
    return connection.execute(_SQL["discard_rejections"], {"document_ids": list(document_ids)}).rowcount


def link_retry(connection: Connection, document_id: int, submission_id: int) -> None:
    connection.execute(_SQL["link_retry"], {"document_id": document_id, "submission_id": submission_id})
