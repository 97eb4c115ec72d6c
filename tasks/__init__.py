"""When wiredesk runs: Celery tasks of a few lines each. `celery -A tasks worker`, `celery -A tasks beat`."""

from tasks.fetching import fetch_documents, poll_feeds
from tasks.intake import drain_stream, submit_article
from tasks.reading import ingest_documents
from tasks.schedule import dispatch, housekeep
from worker.app import app

__all__ = [
    "app",
    "dispatch",
    "drain_stream",
    "fetch_documents",
    "housekeep",
    "ingest_documents",
    "poll_feeds",
    "submit_article",
]
