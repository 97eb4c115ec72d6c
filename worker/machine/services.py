"""The processes of the desk: which Celery worker reads which queues, and how it is started."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from wiredesk.worker.errors import UsageError

# A worker that is told to stop lets its tasks go on for this long and then hands them back to the queue.
SOFT_STOP_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of process. `processes` is how many tasks it runs at a time; 0 means one for each core."""

    name: str
    meaning: str
    queues: tuple[str, ...] = ()
    processes: int = 1

    @property
    def is_beat(self) -> bool:
        return not self.queues


# `celery` is the public queue of submit_article.v1. Two, because the stream and the ticks must not wait for each other.
DISPATCH = Service(
    "dispatch", "takes submissions in, finds what is due and issues it", ("dispatch", "celery"), processes=2
)
FETCH = Service("fetch", "polls feeds and fetches pages", ("fetch",), processes=2)
INGEST = Service("ingest", "reads documents and files what is in them", ("ingest",), processes=0)
BEAT = Service("beat", "ticks, so that the dispatcher looks")
SERVICES = (DISPATCH, FETCH, INGEST, BEAT)


def by_name(name: str) -> Service:
    for service in SERVICES:
        if service.name == name:
            return service
    raise UsageError(f"no service {name!r}: one of {', '.join(service.name for service in SERVICES)}")


def command(service: Service, *, processes: int = 0) -> list[str]:
    """The command that runs it in the foreground; `processes` 0 means as many as it usually has."""
    celery = [sys.executable, "-m", "celery", "--quiet", "--app", "wiredesk.tasks"]
    if service.is_beat:
        # The schedule is one tick: nothing worth a file, and a read-only file system has no place for it.
        return [*celery, "beat", "--schedule", os.devnull, "--scheduler", "celery.beat:Scheduler", "--pidfile", ""]
    return [
        *celery,
        "worker",
        "--queues",
        ",".join(service.queues),
        "--hostname",
        f"{service.name}@%h",
        "--concurrency",
        str(processes or service.processes or os.cpu_count() or 1),
        # Workers have nothing to tell each other: who does what is decided in PostgreSQL.
        "--without-gossip",
        "--without-mingle",
        f"worker.soft_shutdown_timeout={SOFT_STOP_SECONDS}",
    ]


def environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """`inherited`, and what a worker needs beside it."""
    return {
        **inherited,
        # SIGTERM hands running tasks back instead of waiting for them; measured without it: 1 stop of 12 took 32 s.
        "REMAP_SIGTERM": "SIGQUIT",
        "PYTHONUNBUFFERED": "1",
    }
