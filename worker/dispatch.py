"""The dispatcher: finds what is due or was lost in PostgreSQL, leases it, and says which messages to send.

A message is a hint: row ids and the token of their lease. Sending comes after the commit, and a message that gets lost
costs time and nothing else, because its lease ends and the next tick issues the rows again.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from worker.db import Connection, connected
from worker.settings import Settings
from worker.store import desk, feeds, inbox


@dataclass(frozen=True, slots=True)
class Hint:
    """One message to send: which work, which rows, under which lease."""

    work: Literal["ingest", "fetch", "poll"]
    ids: tuple[int, ...]
    token: str


def tick(settings: Settings) -> list[Hint]:
    """Lease what is due, up to `in_flight` of each kind, and return the hints to send once this has returned."""
    with connected(settings.database_url) as connection:
        hints = _lease_documents(connection, "ingest", settings)
        hints += _lease_documents(connection, "fetch", settings)
        hints += _lease_feeds(connection, settings)
        desk.beat_heart(connection, "dispatch")
    return hints


def lease_stored(connection: Connection, document_ids: Sequence[int], settings: Settings) -> list[Hint]:
    """Lease documents that were just stored, so that reading need not wait for the next tick."""
    token = uuid.uuid4()
    leased = inbox.lease_document(connection, list(document_ids), token, lease_seconds=settings.issue_lease_seconds)
    return _hints("ingest", leased, settings.ingest_batch, token)


def housekeep(settings: Settings) -> tuple[int, int]:
    """Make next month's partitions and drop those past their time; how many of outcomes and of fetches."""
    with connected(settings.database_url) as connection:
        desk.make_months(connection)
        return desk.drop_old_months(
            connection, outcome_months=settings.outcome_months, fetch_log_months=settings.fetch_log_months
        )


def _lease_documents(connection: Connection, need: inbox.Need, settings: Settings) -> list[Hint]:
    room = settings.in_flight - inbox.documents_in_flight(connection, need)
    if room <= 0:
        return []
    token = uuid.uuid4()
    leased = inbox.lease_documents(connection, need, token, limit=room, lease_seconds=settings.issue_lease_seconds)
    batch = settings.ingest_batch if need == "ingest" else settings.fetch_batch
    # What was begun before and not finished may have killed its worker: alone it can't take others with it.
    alone = [n for n, attempts in leased if attempts and need == "ingest"]
    together = sorted(n for n, attempts in leased if not (attempts and need == "ingest"))
    return _hints(need, together, batch, token) + _hints(need, alone, 1, token)


def _lease_feeds(connection: Connection, settings: Settings) -> list[Hint]:
    room = settings.in_flight - feeds.in_flight(connection)
    if room <= 0:
        return []
    token = uuid.uuid4()
    leased = feeds.lease(connection, token, limit=room, lease_seconds=settings.issue_lease_seconds)
    return _hints("poll", leased, settings.fetch_batch, token)


def _hints(work: Literal["ingest", "fetch", "poll"], ids: Sequence[int], batch: int, token: uuid.UUID) -> list[Hint]:
    return [Hint(work, tuple(ids[n : n + batch]), str(token)) for n in range(0, len(ids), batch)]
