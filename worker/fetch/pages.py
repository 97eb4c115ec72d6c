"""Fetching pages: take leased documents without a body → fetch them → store each body, or why there is none."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from wiredesk.worker import events, logs
from wiredesk.worker.db import Connection, connected
from wiredesk.worker.errors import HostBusy, Rejected, Transient
from wiredesk.worker.fetch.batches import (
    PAGE_TYPES,
    fetch_row,
    fetcher,
    in_groups,
    product_token,
    report_waiting,
    store_apart,
)
from wiredesk.worker.http.budget import USUAL, Turn
from wiredesk.worker.http.client import Fetcher, Request
from wiredesk.worker.http.headers import robot_check
from wiredesk.worker.http.response import Response
from wiredesk.worker.http.robots import RobotsCache
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.inbox.dispatch import Hint, Send
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds, inbox
from wiredesk.worker.store.inbox import TakenDocument
from wiredesk.worker.store.records import FetchedRow, FetchRow, PostponedRow, RefusedRow

# Passing failures are tried again after 1, 2, 4 … minutes, nine times in all; the last wait is about four hours.
_MAX_TRIES = 9
_FIRST_WAIT_SECONDS = 60.0
# A page that waited while WIREDESK_ALLOWED_NETWORKS lost its network waits for the setting to come back: the waits grow
# to a day, sixteen tries take a week.
_MAX_BLOCKED_TRIES = 16
_MAX_WAIT_SECONDS = 86_400.0
# A 404 may be a deploy, a cache that remembers one (Google Cloud CDN: up to half an hour), or an editor who takes a
# page down for some hours to mend it. So it is asked again after one hour and after six before the article is gone.
_GONE_WAITS_SECONDS = (3_600.0, 21_600.0)


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """One fetch of one document at `at`: a response, an error, or both where the response's status is the error."""

    document: TakenDocument
    at: datetime
    response: Response | None = None
    error: Transient | Rejected | None = None

    @property
    def body(self) -> bytes | None:
        return self.response.body if self.response is not None and self.error is None else None

    @property
    def was_asked(self) -> bool:
        """False where the budget of the host was spent."""
        return not isinstance(self.error, HostBusy) or self.error.status is not None

    @property
    def is_gone(self) -> bool:
        return isinstance(self.error, Rejected) and self.error.reason in ("http_404", "http_410")

    @property
    def comes_again(self) -> bool:
        if isinstance(self.error, HostBusy):
            return True
        if isinstance(self.error, Transient):
            return self.document.attempts < _MAX_TRIES
        return self._is_newly_blocked and self.document.attempts < _MAX_BLOCKED_TRIES

    @property
    def _is_newly_blocked(self) -> bool:
        """The address is not public, and the document was accepted or tried when it could be fetched.

        A submitted address that is not public at its first try is rejected at once.
        """
        blocked = isinstance(self.error, Rejected) and self.error.reason == "blocked_address"
        return blocked and (self.document.origin != "submission" or self.document.reason is not None)

    @property
    def wait_seconds(self) -> float:
        if isinstance(self.error, HostBusy):
            return max(self.error.retry_after_seconds, 1.0)
        return float(min(_FIRST_WAIT_SECONDS * 2 ** (self.document.attempts - 1), _MAX_WAIT_SECONDS))

    @property
    def refusal(self) -> str:
        """The reason of the rejection, and what is wrong in words."""
        return str(self.error) if isinstance(self.error, Rejected) else f"unreachable: {self.error}, {_MAX_TRIES} times"


def fetch_documents(settings: Settings, document_ids: Sequence[int], token: str, send: Send) -> None:
    """Fetch the pages of leased documents concurrently; `send` gets the messages for the stored ones.

    A page that can't be fetched now is tried later. One that never can is passed to ingest without a body, which files
    the rejection. What goes wrong with one page is noted in its document; the others are stored.
    """
    with connected(settings.database_url) as connection:
        taken = inbox.take_documents(connection, list(document_ids), token, lease_seconds=settings.task_seconds + 10)
    for document in taken:
        logs.step(events.DOCUMENT_TAKEN, document, waited_seconds=logs.seconds_since(document.received_at))

    def store(done: list[FetchedPage]) -> None:
        with connected(settings.database_url) as connection:
            stored = store_apart(
                done,
                lambda pages: _store(connection, settings, pages, token),
                lambda page, what: _store(connection, settings, [_failed(page.document, what)], token),
            )
        send([hint for hints in stored for hint in hints])

    async def fetch() -> None:
        async with fetcher(settings) as client:
            robots = RobotsCache(client, product_token=product_token())
            await in_groups(taken, lambda document: _fetch(client, robots, document), _failed, store)

    if taken:
        asyncio.run(fetch())


def _failed(document: TakenDocument, what: str) -> FetchedPage:
    """A fetch with an unexpected error, in fetching or in storing: it is tried again."""
    return FetchedPage(document, datetime.now(UTC), error=Transient(what))


async def _fetch(client: Fetcher, robots: RobotsCache, document: TakenDocument) -> FetchedPage:
    url = document.url or ""
    try:
        await robots.require_allowed(url)
        turn = Turn(f"document {document.document_id}", USUAL)
        verify_tls = document.verify_tls is not False
        response = await client.fetch(Request(url=url, accept=PAGE_TYPES, verify_tls=verify_tls, turn=turn))
        if response.redirects:
            await robots.require_allowed(response.final_url)  # rules are by origin, and it may be another one
    except (Transient, Rejected) as error:
        return FetchedPage(document, datetime.now(UTC), error=error)
    at = datetime.now(UTC)
    if response.status == 200:
        return FetchedPage(document, at, response)
    message = f"{response.final_url} answered {response.status}"
    if check := robot_check(response.headers):
        return FetchedPage(document, at, response, Rejected("challenge", f"{message}, a check for robots ({check})"))
    if response.status >= 500:
        return FetchedPage(document, at, response, Transient(message))
    return FetchedPage(document, at, response, Rejected(f"http_{response.status}", message))


def _store(connection: Connection, settings: Settings, pages: Sequence[FetchedPage], token: str) -> list[Hint]:
    """Bodies, documents and the fetch log in one transaction, which leases what is to be read too."""
    with connection.transaction():
        bodies = [page.body for page in pages if page.body is not None]
        inbox.add_bodies(connection, {hashlib.sha256(body).digest(): body for body in bodies})
        stored = inbox.store_fetched(connection, [_fetched_row(page) for page in pages if page.body is not None], token)
        refused = [page for page in pages if page.error is not None and not page.comes_again]
        stored += inbox.refuse_documents(connection, [_refused_row(page) for page in refused], token)
        later = [page for page in pages if page.comes_again]
        inbox.postpone_documents(connection, [_postponed_row(page) for page in later], token)
        feeds.add_fetches(connection, [_fetch_log_row(page) for page in pages if page.was_asked])
        gone = [
            page.document.context["article"] for page in pages if page.document.origin == "recheck" and page.is_gone
        ]
        inbox.mark_gone(connection, gone, _GONE_WAITS_SECONDS)
        hints = dispatch.lease_stored(connection, stored, settings) if stored else []
    report_waiting(
        [(p.document.url or "", p.error) for p in pages if isinstance(p.error, HostBusy) and not p.was_asked]
    )
    for page in pages:
        _report(page)
    return hints


def _fetched_row(page: FetchedPage) -> FetchedRow:
    assert page.response is not None
    return FetchedRow(
        document_id=page.document.document_id,
        body_sha256=hashlib.sha256(page.response.body).hexdigest(),
        body_bytes=len(page.response.body),
        media_type=page.response.headers.get("Content-Type"),
        url=page.response.final_url,
    )


def _refused_row(page: FetchedPage) -> RefusedRow:
    return RefusedRow(document_id=page.document.document_id, reason=page.refusal)


def _postponed_row(page: FetchedPage) -> PostponedRow:
    return PostponedRow(
        document_id=page.document.document_id,
        wait_seconds=page.wait_seconds,
        reason=str(page.error),
        counts=not isinstance(page.error, HostBusy),
    )


def _fetch_log_row(page: FetchedPage) -> FetchRow:
    return fetch_row(
        page.at,
        page.document.url or "",
        page.response,
        feed_id=page.document.feed_id,
        document_id=page.document.document_id,
        status=page.error.status if isinstance(page.error, HostBusy) else None,
        error=str(page.error) if page.error else None,
    )


def _report(page: FetchedPage) -> None:
    document = page.document
    if page.comes_again:
        level: events.Level = "warning"
        if isinstance(page.error, HostBusy):
            level = "info" if page.was_asked else "debug"
        fields = {"reason": str(page.error), "wait_seconds": page.wait_seconds}
        logs.step(events.PAGE_POSTPONED, document, level=level, **fields)
    elif page.error is not None:
        logs.step(events.PAGE_REFUSED, document, reason=page.refusal)
    elif page.response is not None:
        seconds = page.response.seconds
        logs.step(
            events.PAGE_FETCHED,
            document,
            status=page.response.status,
            bytes=len(page.response.body),
            seconds=seconds.total,
            waited_seconds=seconds.waited,
        )
