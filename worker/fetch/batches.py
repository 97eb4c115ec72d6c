"""Many fetches at once within one task: a fetcher with the desk's limits, and results as they come in."""

from __future__ import annotations

import asyncio
import importlib.metadata
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

from wiredesk.worker.http.budget import HostBudget
from wiredesk.worker.http.client import Fetcher, FetchLimits
from wiredesk.worker.settings import Settings

# Results are stored in groups: a transaction costs more than a row, and a slow host must not hold the others back.
_GATHER_SECONDS = 0.2
_MAX_WAIT_SECONDS = 10.0

Job = TypeVar("Job")
Done = TypeVar("Done")

FEED_TYPES = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
PAGE_TYPES = "text/html, application/xhtml+xml, */*;q=0.5"


def product_token() -> str:
    return "wiredesk"


def user_agent(settings: Settings) -> str:
    version = importlib.metadata.version("wiredesk")
    return settings.user_agent.replace("{version}", version).replace("{contact}", settings.contact)


@asynccontextmanager
async def fetcher(settings: Settings) -> AsyncIterator[Fetcher]:
    """A fetcher with the desk's limits and the budget that all workers share."""
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
    jobs: Sequence[Job], work: Callable[[Job], Awaitable[Done]], store: Callable[[list[Done]], None]
) -> None:
    """Run all jobs at once, and five times a second store what is done, in a thread: no fetch waits for it."""

    async def one(job: Job) -> Done:
        return await work(job)

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
