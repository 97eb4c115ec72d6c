"""The dispatcher: leases due feeds and documents in PostgreSQL, and returns the messages to send.

A message is a hint: row ids and the token of their lease. Sending comes after the commit, and a message that gets lost
costs time and nothing else, because its lease ends and the next tick issues the rows again.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeVar

import psycopg

from wiredesk.worker import events, logs
from wiredesk.worker.db import Connection, connected
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import articles, feeds, health, inbox, push, showings, stories, subscriptions
from wiredesk.worker.store.records import Need

T = TypeVar("T")
log = logging.getLogger(__name__)

# About a hundred articles: larger transactions gain nothing (docs/benchmarks.md) and lose more when their worker dies.
_BATCH_BYTES = 400_000
# Rows that are deleted in one transaction.
_EXPIRED_AT_ONCE = 1_000
# Embargoes that one tick ends; those that are left end at the next.
_RELEASED_AT_ONCE = 1_000
_LONGEST_MONTH = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Hint:
    """One message to send: which work, which rows, under which lease.

    `is_urgent` is true for first polls and work that a person asked for; such messages go before others of their queue.
    """

    work: Literal["ingest", "fetch", "poll", "push", "hub"]
    ids: tuple[int, ...]
    token: str
    is_urgent: bool = False


Send = Callable[[Sequence[Hint]], object]


def tick(settings: Settings) -> list[Hint]:
    """Lease what is due, up to `in_flight` of each kind, and return the hints to send once this has returned.

    Articles whose embargo is over are put into the change feed. The steps don't depend on each other: one that fails is
    logged, and the others go on.
    """
    hints: list[Hint] = []
    with connected(settings.database_url) as connection:
        _try("issue_rechecks", lambda: _issue_rechecks(connection, settings))
        _try("lease_documents", lambda: hints.extend(_lease_documents(connection, "ingest", settings)))
        _try("lease_pages", lambda: hints.extend(_lease_documents(connection, "fetch", settings)))
        _try("lease_feeds", lambda: hints.extend(_lease_feeds(connection, settings)))
        _try("release_articles", lambda: articles.release_articles(connection, limit=_RELEASED_AT_ONCE))
        _try("lease_pushes", lambda: hints.extend(_lease_pushes(connection, settings)))
        if settings.public_url:
            _try("lease_subscriptions", lambda: hints.extend(_lease_subscriptions(connection, settings)))
        health.note_heartbeat(connection, "dispatch")
    return hints


def lease_stored(connection: Connection, document_ids: Sequence[int], settings: Settings) -> list[Hint]:
    """Lease documents that were just stored, so that reading need not wait for the next tick."""
    token = uuid.uuid4()
    leased = inbox.lease_stored(connection, list(document_ids), token, lease_seconds=settings.issue_lease_seconds)
    return _document_hints("ingest", leased, token, settings)


def housekeep(settings: Settings) -> tuple[int, int]:
    """Make next month's partitions, drop those past their time, delete other rows past theirs in small steps.

    How many partitions of outcomes and of fetches were dropped. The steps don't depend on each other.
    """
    now = datetime.now(UTC)
    outcomes_from, documents_from = (
        now - _LONGEST_MONTH * months for months in (settings.outcome_months, settings.document_months)
    )

    def delete_fingerprints() -> None:
        before = now - timedelta(days=settings.story_window_days)
        while stories.expire(connection, before, _EXPIRED_AT_ONCE):
            pass

    def delete_entries() -> None:
        while showings.delete_ended(connection, outcomes_from, _EXPIRED_AT_ONCE):
            pass

    def delete_documents() -> None:
        while inbox.delete_documents(connection, documents_from, _EXPIRED_AT_ONCE):
            pass
        after: datetime | None = None
        while after := inbox.delete_bodies(connection, documents_from, _EXPIRED_AT_ONCE, after):
            pass

    months = {"outcome_months": settings.outcome_months, "fetch_log_months": settings.fetch_log_months}
    with connected(settings.database_url) as connection:
        _try("make_months", lambda: health.make_months(connection))
        _try("delete_fingerprints", delete_fingerprints)
        _try("delete_entries", delete_entries)
        _try("delete_documents", delete_documents)
        return _try("drop_old_months", lambda: health.drop_old_months(connection, **months)) or (0, 0)


def _try(step: str, work: Callable[[], T]) -> T | None:
    """Do one step. What its rows make PostgreSQL raise is logged; that PostgreSQL is away is raised."""
    try:
        return work()
    except psycopg.OperationalError:
        raise
    except psycopg.Error:
        log.exception(events.DISPATCH_FAILED, extra={"step": step})
        return None


def _issue_rechecks(connection: Connection, settings: Settings) -> None:
    """Put due pages into the inbox; where one of them can't be, that one is stopped and the others are issued."""
    try:
        inbox.issue_rechecks(connection, settings.ladder(), limit=settings.fetch_batch)
    except psycopg.DataError:
        for article_id in inbox.due_rechecks(connection, limit=settings.fetch_batch):
            try:
                inbox.issue_rechecks(connection, settings.ladder(), limit=1, article_id=article_id)
            except psycopg.DataError as error:
                log.warning(events.RECHECK_STOPPED, extra={"article_id": article_id, "error": str(error)})
                inbox.stop_recheck(connection, article_id)


def _lease_documents(connection: Connection, need: Need, settings: Settings) -> list[Hint]:
    room = settings.in_flight - inbox.documents_in_flight(connection, need)
    if room <= 0:
        return []
    token = uuid.uuid4()
    leased = inbox.lease_documents(connection, need, token, limit=room, lease_seconds=settings.issue_lease_seconds)
    return _document_hints(need, leased, token, settings)


def _document_hints(
    need: Need, leased: Sequence[inbox.LeasedDocument], token: uuid.UUID, settings: Settings
) -> list[Hint]:
    """Messages of as many documents as one transaction should file, by number and by size, in the order of arrival."""
    most = settings.ingest_batch if need == "ingest" else settings.fetch_batch
    batches: list[list[int]] = []
    room = 0
    for document in sorted(leased, key=lambda document: document.document_id):
        # A document that was begun before and not finished may have killed its worker: it is issued alone.
        alone = need == "ingest" and document.attempts > 0
        if alone or not batches or room < document.body_bytes or len(batches[-1]) >= most:
            batches.append([])
            room = _BATCH_BYTES
        batches[-1].append(document.document_id)
        room = -1 if alone else room - document.body_bytes
        logs.step(events.DOCUMENT_ISSUED, document, needs=need, waited_seconds=logs.seconds_since(document.received_at))
    return [Hint(need, tuple(ids), str(token)) for ids in batches]


def _lease_feeds(connection: Connection, settings: Settings) -> list[Hint]:
    room = settings.in_flight - feeds.in_flight(connection)
    if room <= 0:
        return []
    token = uuid.uuid4()
    urgent = feeds.lease_urgent(connection, token, limit=room, lease_seconds=settings.issue_lease_seconds)
    leased = feeds.lease(connection, token, limit=room - len(urgent), lease_seconds=settings.issue_lease_seconds)
    return [
        Hint("poll", tuple(ids[n : n + settings.fetch_batch]), str(token), is_urgent=ids is urgent)
        for ids in (urgent, leased)
        for n in range(0, len(ids), settings.fetch_batch)
    ]


def _lease_subscriptions(connection: Connection, settings: Settings) -> list[Hint]:
    token = uuid.uuid4()
    leased = subscriptions.lease(
        connection, token, limit=settings.fetch_batch, lease_seconds=settings.issue_lease_seconds
    )
    return [Hint("hub", tuple(leased), str(token))] if leased else []


def _lease_pushes(connection: Connection, settings: Settings) -> list[Hint]:
    """A message for each, so that a slow target holds up no other."""
    token = uuid.uuid4()
    leased = push.lease(connection, token, lease_seconds=settings.issue_lease_seconds)
    return [Hint("push", (push_id,), str(token)) for push_id in leased]
