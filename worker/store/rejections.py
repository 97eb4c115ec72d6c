"""Rejected items for people: listed, shown, and closed by a retry or by discarding them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store.records import RejectedContent, Rejection
from wiredesk.worker.store.rows import record_of
from wiredesk.worker.zstd import zstd

_SQL = schema.queries("rejections")


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
    with connection.cursor(row_factory=record_of(Rejection)) as cursor:
        return cursor.execute(_SQL["rejections"], parameters).fetchall()


def rejected_content(connection: Connection, document_id: int) -> RejectedContent | None:
    with connection.cursor(row_factory=record_of(RejectedContent)) as cursor:
        found = cursor.execute(_SQL["rejected_content"], {"document_id": document_id}).fetchone()
    if found is None or found.content is None:
        return found
    return msgspec.structs.replace(found, content=zstd.decompress(found.content))


def discard_rejections(connection: Connection, document_ids: Iterable[int]) -> int:
    """Close rejected items; their number."""
    return connection.execute(_SQL["discard_rejections"], {"document_ids": list(document_ids)}).rowcount


def link_retry(connection: Connection, document_id: int, submission_id: int) -> None:
    connection.execute(_SQL["link_retry"], {"document_id": document_id, "submission_id": submission_id})
