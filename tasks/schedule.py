"""The clock: what beat sends. A tick carries nothing and expires before the next one."""

from __future__ import annotations

from wiredesk.tasks.fetching import fetch_documents, poll_feeds
from wiredesk.tasks.reading import ingest_documents
from wiredesk.tasks.sending import send
from wiredesk.worker.app import app, settings
from wiredesk.worker.inbox import dispatch as desk

BY_WORK = {"ingest": ingest_documents, "fetch": fetch_documents, "poll": poll_feeds}


@app.task(name="wiredesk.dispatch", queue="dispatch")
def dispatch() -> None:
    """Lease what is due and send it. Idempotent: a row is leased once, so any number of beats does no harm."""
    send(desk.tick(settings()), BY_WORK)


@app.task(name="wiredesk.housekeep", queue="dispatch")
def housekeep() -> None:
    """Make and drop monthly partitions. Idempotent."""
    desk.housekeep(settings())


app.conf.beat_schedule = {
    "dispatch": {
        "task": dispatch.name,
        "schedule": settings().tick_seconds,
        "options": {"queue": "dispatch", "expires": settings().tick_seconds},
    },
    "housekeep": {"task": housekeep.name, "schedule": 3600.0, "options": {"queue": "dispatch", "expires": 3000}},
}
