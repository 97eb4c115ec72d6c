"""When wiredesk runs: Celery tasks of a few lines each. `celery -A wiredesk.tasks worker` runs them."""

from wiredesk.tasks.fetching import ask_hubs, fetch_documents, poll_feeds
from wiredesk.tasks.intake import submit_article
from wiredesk.tasks.pushing import push_changes
from wiredesk.tasks.reading import ingest_documents
from wiredesk.tasks.schedule import dispatch, housekeep
from wiredesk.worker.app import app

__all__ = [
    "app",
    "ask_hubs",
    "dispatch",
    "fetch_documents",
    "housekeep",
    "ingest_documents",
    "poll_feeds",
    "push_changes",
    "submit_article",
]
