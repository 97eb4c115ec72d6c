"""The schedule: the messages that beat sends. A tick carries nothing."""

from __future__ import annotations

import contextlib
import threading
from datetime import datetime
from typing import Any

from celery import signals
from celery.schedules import schedstate, schedule
from kombu.exceptions import OperationalError

from wiredesk.tasks.fetching import ask_hubs, fetch_documents, poll_feeds
from wiredesk.tasks.pushing import push_changes
from wiredesk.tasks.reading import ingest_documents
from wiredesk.tasks.sending import send
from wiredesk.worker.app import app, settings
from wiredesk.worker.inbox import dispatch as dispatching
from wiredesk.worker.inbox import wake

BY_WORK = {
    "ingest": ingest_documents,
    "fetch": fetch_documents,
    "poll": poll_feeds,
    "push": push_changes,
    "hub": ask_hubs,
}


@app.task(name="wiredesk.dispatch", queue="dispatch")
def dispatch() -> None:
    """Lease what is due and send it. Idempotent: a row is leased once, so several beats are safe."""
    send(dispatching.tick(settings()), BY_WORK)


@app.task(name="wiredesk.housekeep", queue="dispatch")
def housekeep() -> None:
    """Make and drop monthly partitions. Idempotent."""
    dispatching.housekeep(settings())


def expires_seconds() -> float:
    """Seconds until a tick expires. Long, because the clocks of beat and the dispatcher may differ."""
    return settings().issue_lease_seconds


@signals.beat_init.connect(weak=False)
def _listen(**_: Any) -> None:
    """Beat sends a tick too when a submission arrives; one that can't be sent is left to the next tick."""

    def wake_dispatcher() -> None:
        with contextlib.suppress(OperationalError):
            dispatch.apply_async(expires=expires_seconds())

    arguments = (settings().database_url, wake_dispatcher, threading.Event())
    if settings().database_url:
        threading.Thread(target=wake.listen, args=arguments, name="wake", daemon=True).start()


class Tick(schedule):
    """An interval that a clock set back does not stretch: Celery's own waits until the old time has come again."""

    def is_due(self, last_run_at: datetime) -> tuple[bool, float]:
        if self.maybe_make_aware(last_run_at) > self.now():
            return schedstate(True, self.seconds)
        return super().is_due(last_run_at)


app.conf.beat_schedule = {
    "dispatch": {
        "task": dispatch.name,
        "schedule": Tick(settings().tick_seconds),
        "options": {"queue": "dispatch", "expires": expires_seconds()},
    },
    "housekeep": {"task": housekeep.name, "schedule": Tick(3600.0), "options": {"queue": "dispatch", "expires": 3000}},
}
