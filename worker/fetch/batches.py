"""Concurrent fetches within one task: a fetcher with the limits of the settings; results come as they are ready."""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import TypeVar

import psycopg

from wiredesk.worker import events
from wiredesk.worker.errors import HostBusy, WiredeskError
from wiredesk.worker.http.budget import HostBudget
from wiredesk.worker.http.client import Fetcher, FetchLimits
from wiredesk.worker.http.response import Response
from wiredesk.worker.news.values import urls
from wiredesk.worker.news.values.sites import site_of
from wiredesk.worker.settings import Settings
from wiredesk.worker.store.records import FetchRow

log = logging.getLogger(__name__)

# Results are stored in groups: a transaction costs more than a row, and a slow host must not hold the others back.
_GATHER_SECONDS = 0.2
_MAX_WAIT_SECONDS = 10.0

Job = TypeVar("Job")
Done = TypeVar("Done")
Stored = TypeVar("Stored")

FEED_TYPES = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
PAGE_TYPES = "text/html, application/xhtml+xml, */*;q=0.5"


def product_token() -> str:
    return "wiredesk"


def user_agent(settings: Settings) -> str:
    version = importlib.metadata.version("wiredesk")
    return settings.user_agent.replace("{version}", version).replace("{contact}", settings.contact)


@asynccontextmanager
async def fetcher(settings: Settings) -> AsyncIterator[Fetcher]:
    """A fetcher with the limits of the settings and the budget that all workers share."""
    async with AsyncExitStack() as stack:
        budget = await stack.enter_async_context(
            HostBudget(
                settings.require_redis(),
                per_host=settings.per_host,
                spacing_seconds=settings.host_spacing_seconds,
                lease_seconds=settings.fetch_seconds + 10,
                max_wait_seconds=min(_MAX_WAIT_SECONDS, settings.task_seconds - settings.fetch_seconds),
            )
        )
        limits = FetchLimits(
            connect_seconds=settings.connect_seconds,
            first_byte_seconds=settings.first_byte_seconds,
            total_seconds=settings.fetch_seconds,
            max_wire_bytes=settings.max_document_bytes,
            max_body_bytes=settings.max_document_bytes,
            max_redirects=settings.max_redirects,
        )
        yield await stack.enter_async_context(
            Fetcher(user_agent=user_agent(settings), limits=limits, allowed_networks=settings.networks(), budget=budget)
        )


async def in_groups(
    jobs: Sequence[Job],
    work: Callable[[Job], Awaitable[Done]],
    failed: Callable[[Job, str], Done],
    store: Callable[[list[Done]], None],
) -> None:
    """Run all jobs at once, and five times a second store what is done, in a thread: no fetch waits for it.

    A job that raises is `failed(job, what)`; it stops no other.
    """

    async def one(job: Job) -> Done:
        try:
            return await work(job)
        except Exception as error:  # noqa: BLE001 - it is one job's, whatever it is, and logged with its traceback
            return failed(job, unexpected(error, job))

    pending = {asyncio.ensure_future(one(job)) for job in jobs}
    try:
        while pending:
            ready: set[asyncio.Future[Done]] = set()
            store_at = time.monotonic() + _GATHER_SECONDS
            while pending and (left := store_at - time.monotonic()) > 0:
                done, pending = await asyncio.wait(pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                ready |= done
            if ready:
                await asyncio.to_thread(store, [future.result() for future in ready])
    finally:
        for future in pending:
            future.cancel()


def store_apart(
    items: Sequence[Done], store: Callable[[Sequence[Done]], Stored], failed: Callable[[Done, str], Stored]
) -> list[Stored]:
    """Store items together; where that raises, each by itself, and what raises alone as `failed(item, what)`.

    `store` is one transaction. Errors of the connection and `WiredeskError` are raised: no single item causes them.
    """
    try:
        return [store(items)] if items else []
    except (psycopg.OperationalError, WiredeskError):
        raise
    except Exception as error:  # noqa: BLE001 - it is one item's, whatever it is, and logged with its traceback
        if len(items) == 1:
            return [failed(items[0], unexpected(error, items[0]))]
        log.info(events.FETCH_STORED_APART, extra={"items": len(items), "error": type(error).__name__})
    return [stored for item in items for stored in store_apart([item], store, failed)]


def unexpected(error: Exception, item: object) -> str:
    """The reason in an item's row for an unexpected error, whose traceback is logged once."""
    what = f"internal: {type(error).__name__}: {' '.join(str(error).split())[:200]}"
    log.error(events.FETCH_UNSTORABLE, extra={"reason": what, "item": type(item).__name__}, exc_info=error)
    return what


def report_waiting(waiting: Sequence[tuple[str, HostBusy]]) -> None:
    """One line for each host whose budget was spent: what it said, how many wait for it, and how long the last does.

    `waiting` has the address and the error of each that was not asked.
    """
    hosts: dict[tuple[str, str], list[float]] = {}
    for url, error in waiting:
        hosts.setdefault((site_of(urls.host_of(url) or ""), str(error)), []).append(error.retry_after_seconds)
    for (host, reason), seconds in hosts.items():
        fields = {"host": host, "reason": reason, "waiting": len(seconds), "wait_seconds": round(max(seconds), 1)}
        log.info(events.HOST_WAITING, extra=fields)


def fetch_row(
    at: datetime,
    url: str,
    response: Response | None,
    *,
    feed_id: int | None = None,
    document_id: int | None = None,
    status: int | None = None,
    sent_etag: str | None = None,
    error: str | None = None,
) -> FetchRow:
    """A line of the fetch log; `status` is for answers that are no response (429, 503)."""
    return FetchRow(
        fetched_at=at,
        feed_id=feed_id,
        document_id=document_id,
        url=url,
        final_url=response.final_url if response else None,
        status=response.status if response else status,
        address=response.address if response else None,
        wire_bytes=response.wire_bytes if response else None,
        body_bytes=len(response.body) if response else None,
        seconds=response.seconds.total if response else None,
        sent_etag=sent_etag,
        error=error,
    )
