"""Fetching pages: documents that have an address and no body yet."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wiredesk.worker.db import Connection, connected
from wiredesk.worker.errors import HostBusy, Rejected, Transient
from wiredesk.worker.fetch.batches import PAGE_TYPES, fetcher, in_groups, product_token
from wiredesk.worker.fetch.feeds import response_columns
from wiredesk.worker.filing.ingest import report
from wiredesk.worker.filing.transaction import Arrival, file
from wiredesk.worker.http.client import Fetcher, Request, Response
from wiredesk.worker.http.robots import RobotsCache
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.inbox.dispatch import Hint, Send
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds, inbox
from wiredesk.worker.store.inbox import Taken
from wiredesk.worker.store.records import FetchedRow, PostponedRow

log = logging.getLogger(__name__)
FETCHED = "page.fetched"
POSTPONED = "page.postponed"

# Passing failures are tried again after 1, 2, 4 … minutes, this often; the last wait is about four hours.
_MAX_TRIES = 9
_FIRST_WAIT_SECONDS = 60.0
# A 404 may be a deploy, a cache that remembers one (Google Cloud CDN: up to half an hour), or an editor who takes a
# page down for some hours to mend it. So it is asked again after one hour and after six before the article is gone.
_GONE_WAITS_SECONDS = (3_600.0, 21_600.0)


@dataclass(frozen=True, slots=True)
class _Fetched:
    document: Taken
    at: datetime
    response: Response | None = None
    error: Transient | Rejected | None = None


def fetch_documents(settings: Settings, document_ids: Sequence[int], token: str, send: Send) -> None:
    """Fetch the pages of leased documents; what came is stored, what can't be had is rejected or tried again later.

    The hints for what is to be read are sent as it is stored.
    """
    with connected(settings.database_url) as connection:
        taken = inbox.take_documents(connection, list(document_ids), token, lease_seconds=settings.task_seconds + 10)

    def store(done: list[_Fetched]) -> None:
        with connected(settings.database_url) as connection:
            hints = _store(connection, settings, done, token)
        send(hints)

    async def fetch() -> None:
        async with fetcher(settings) as client:
            robots = RobotsCache(client, product_token=product_token())
            await in_groups(taken, lambda document: _fetch(client, robots, document), store)

    if taken:
        asyncio.run(fetch())


async def _fetch(client: Fetcher, robots: RobotsCache, document: Taken) -> _Fetched:
    url = document.url or ""
    try:
        await robots.require_allowed(url)
        response = await client.fetch(Request(url=url, accept=PAGE_TYPES, verify_tls=document.verify_tls is not False))
        if response.redirects:
            await robots.require_allowed(response.final_url)  # rules are by origin, and it may be another one
    except (Transient, Rejected) as error:
        return _Fetched(document, datetime.now(UTC), error=error)
    at = datetime.now(UTC)
    if response.status == 200:
        return _Fetched(document, at, response)
    message = f"{response.final_url} answered {response.status}"
    if response.status >= 500:
        return _Fetched(document, at, response, Transient(message))
    return _Fetched(document, at, response, Rejected(f"http_{response.status}", message))


def _store(connection: Connection, settings: Settings, done: Sequence[_Fetched], token: str) -> list[Hint]:
    good = [one for one in done if one.error is None and one.response is not None]
    with connection.transaction():
        bodies = {hashlib.sha256(one.response.body).digest(): one.response.body for one in good if one.response}
        inbox.add_bodies(connection, bodies)
        stored = inbox.store_fetched(connection, [_fetched_row(one) for one in good], token)
        feeds.add_fetches(connection, [_fetch_row(one) for one in done if not _was_never_asked(one)])
        inbox.postpone_documents(connection, [_postponed_row(one) for one in done if _comes_again(one)], token)
        hints = dispatch.lease_stored(connection, stored, settings) if stored else []
        gone = [one.document.context["article"] for one in done if one.document.origin == "recheck" and _is_gone(one)]
        inbox.note_gone(connection, gone, _GONE_WAITS_SECONDS)
    for one in good:
        log.info(FETCHED, extra={"document_id": one.document.document_id, "url": one.document.url})
    refused = [one for one in done if one.error is not None and not _comes_again(one)]
    arrivals = [_arrival(one) for one in refused]
    if arrivals:
        ids = [arrival.document_id for arrival in arrivals]
        for outcome in file(connection, arrivals, ids, token, complete=lambda arrivals: None):
            report(outcome)
    return hints


def _is_gone(one: _Fetched) -> bool:
    return isinstance(one.error, Rejected) and one.error.reason in ("http_404", "http_410")


def _fetched_row(one: _Fetched) -> FetchedRow:
    assert one.response is not None
    return FetchedRow(
        document_id=one.document.document_id,
        body_sha256=hashlib.sha256(one.response.body).hexdigest(),
        body_bytes=len(one.response.body),
        media_type=one.response.headers.get("Content-Type"),
        url=one.response.final_url,
    )


def _fetch_row(one: _Fetched) -> dict[str, Any]:
    """A line of the fetch log."""
    row: dict[str, Any] = {
        "fetched_at": one.at,
        "feed_id": one.document.feed_id,
        "document_id": one.document.document_id,
        "url": one.document.url,
        "status": one.error.status if isinstance(one.error, HostBusy) else None,
        "error": str(one.error) if one.error else None,
    }
    return row | (response_columns(one.response) if one.response else {})


def _was_never_asked(one: _Fetched) -> bool:
    """Our own budget for the host was spent."""
    return isinstance(one.error, HostBusy) and one.error.status is None


def _comes_again(one: _Fetched) -> bool:
    return isinstance(one.error, Transient) and (isinstance(one.error, HostBusy) or one.document.attempts < _MAX_TRIES)


def _postponed_row(one: _Fetched) -> PostponedRow:
    wait = _FIRST_WAIT_SECONDS * 2 ** (one.document.attempts - 1)
    if isinstance(one.error, HostBusy):
        wait = max(one.error.retry_after_seconds, 1.0)
    log.info(
        POSTPONED,
        extra={"document_id": one.document.document_id, "reason": str(one.error), "wait_seconds": round(wait, 1)},
    )
    return PostponedRow(
        document_id=one.document.document_id,
        wait_seconds=wait,
        reason=str(one.error),
        counts=not isinstance(one.error, HostBusy),
    )


def _arrival(one: _Fetched) -> Arrival:
    document = one.document
    error = (
        one.error if isinstance(one.error, Rejected) else Rejected("unreachable", f"{one.error}, {_MAX_TRIES} times")
    )
    return Arrival(
        document_id=document.document_id,
        item_no=0,
        origin=document.origin,
        received_at=document.received_at,
        item=error,
        feed_id=document.feed_id,
        submission_id=document.submission_id,
        key=document.key,
        url=document.url,
    )
