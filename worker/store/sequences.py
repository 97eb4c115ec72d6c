"""Ids that are taken before their rows are written."""

from __future__ import annotations

from typing import Literal

from wiredesk import schema
from wiredesk.worker.db import Connection

_SQL = schema.queries("sequences")

Sequence = Literal["wiredesk.article_id_seq", "wiredesk.document_id_seq", "wiredesk.submission_id_seq"]


def reserve_ids(connection: Connection, sequence: Sequence, count: int) -> list[int]:
    """The next `count` ids of a sequence; ids that are not used leave gaps."""
    if not count:
        return []
    return [n for (n,) in connection.execute(_SQL["reserve_ids"], {"sequence": sequence, "count": count})]
