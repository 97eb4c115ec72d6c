"""The clock: what beat sends. A tick carries nothing and expires before the next one."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from celery import signals
from kombu.exceptions import OperationalError

from wiredesk.tasks.fetching import fetch_documents, poll_feeds
from wiredesk.tasks.pushing import push_changes
from wiredesk.tasks.reading import ingest_documents
from wiredesk.tasks.sending import send
from wiredesk.worker.app import app, settings
from wiredesk.worker.inbox import dispatch as dispatching
from wiredesk.worker.inbox import wake

BY_WORK = {"ingest": ingest_documents, "fetch": fetch_documents, "poll": poll_feeds, "push": push_changes}


@app.task(name="wiredesk.dispatch", queue="dispatch")
def dispatch() -> None:
    """Lease what is due and send it. Idempotent: a row is leased once, so any number of beats does no harm."""
    send(dispatching.tick(settings()), BY_WORK)


@app.task(name="wiredispatching.housekeep", queue="dispatch")
def housekeep() -> None:
    """Make and drop monthly partitions. Idempotent."""
    dispatching.housekeep(settings())


@signals.beat_init.connect(weak=False)
def _listen(**_: Any) -> None:
    """Beat sends a tick too when a submission arrives; one that can't be sent is left to the next tick."""

    def wake_dispatcher() -> None:
        with contextlib.suppress(OperationalError):
            dispatch.apply_async(expires=settings().tick_seconds)

    arguments = (settings().database_url, wake_dispatcher, threading.Event())
    if settings().database_url:
        threading.Thread(target=wake.listen, args=arguments, name="wake", daemon=True).start()


app.conf.beat_schedule = {
    "dispatch": {
        "task": dispatch.name,
        "schedule": settings().tick_seconds,
        "options": {"queue": "dispatch", "expires": settings().tick_seconds},
    },
    "housekeep": {"task": housekeep.name, "schedule": 3600.0, "options": {"queue": "dispatch", "expires": 3000}},
}
