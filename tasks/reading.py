"""Reading documents."""

from __future__ import annotations

from wiredesk.worker import logs
from wiredesk.worker.app import app, settings
from wiredesk.worker.fetch.learning import learn
from wiredesk.worker.filing.ingest import ingest_documents as ingest


@app.task(name="wiredesk.ingest_documents", queue="ingest")
def ingest_documents(document_ids: list[int], token: str) -> None:
    """Read and file leased documents, and let the schedules of their feeds learn.

    Idempotent by the lease token: a second delivery finds nothing to take.
    """
    with logs.bound(documents=len(document_ids)):
        ingested = ingest(settings(), document_ids, token)
        learn(settings(), ingested.documents, ingested.outcomes, ingested.feeds)
