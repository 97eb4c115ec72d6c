"""Fetching feeds and pages."""

from __future__ import annotations

from collections.abc import Sequence

from wiredesk.tasks.reading import ingest_documents
from wiredesk.tasks.sending import send
from wiredesk.worker import logs
from wiredesk.worker.app import app, settings
from wiredesk.worker.fetch import feeds as polling
from wiredesk.worker.fetch import pages, websub
from wiredesk.worker.inbox.dispatch import Hint


@app.task(name="wiredesk.poll_feeds", queue="fetch")
def poll_feeds(feed_ids: list[int], token: str) -> None:
    """Poll leased feeds. Idempotent by the lease token."""
    with logs.bound(feeds=len(feed_ids)):
        polling.poll_feeds(settings(), feed_ids, token, _send)


@app.task(name="wiredesk.fetch_documents", queue="fetch")
def fetch_documents(document_ids: list[int], token: str) -> None:
    """Fetch the pages of leased documents. Idempotent by the lease token."""
    with logs.bound(documents=len(document_ids)):
        pages.fetch_documents(settings(), document_ids, token, _send)


@app.task(name="wiredesk.ask_hubs", queue="fetch")
def ask_hubs(feed_ids: list[int], token: str) -> None:
    """Subscribe and unsubscribe at the hubs of feeds. Idempotent by the lease token."""
    with logs.bound(feeds=len(feed_ids)):
        websub.ask_hubs(settings(), feed_ids, token)


def _send(hints: Sequence[Hint]) -> None:
    send(hints, {"ingest": ingest_documents})
