"""The services: the queues that each reads, and the command that starts it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wiredesk.worker.errors import UsageError
from wiredesk.worker.settings import Settings

# A worker that is told to stop lets its tasks go on for this long and then hands them back to the queue.
SOFT_STOP_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of process; those of kind `command` are the command of `wiredesk` with that name.

    `processes` is how many tasks a worker runs at a time; 0 means one for each core.
    `queues` are the Celery queues that a worker reads. `signs` are the names under which its processes leave their
    signs of life (`wiredesk.worker.health`).
    """

    name: str
    meaning: str
    kind: Literal["worker", "beat", "readers", "web", "command"] = "worker"
    queues: tuple[str, ...] = ()
    processes: int = 1

    @property
    def signs(self) -> tuple[str, ...]:
        return tuple(f"{self.name}-{kind}" for kind in READERS) if self.kind == "readers" else (self.name,)


# The stream and Celery's public queue have a process each: a message that kills one reader does not stop the other.
READERS = ("stream", "celery")
INTAKE = Service("intake", "takes submissions from the stream and the public Celery queue", kind="readers")
# Two, because housekeeping must not keep the ticks waiting.
DISPATCH = Service("dispatch", "finds what is due and issues it", queues=("dispatch",), processes=2)
# The one service that reaches the outside, so it sends to webhooks too.
FETCH = Service("fetch", "polls feeds, fetches pages, sends changes", queues=("fetch", "push"), processes=2)
INGEST = Service("ingest", "reads documents and files what is in them", queues=("ingest",), processes=0)
BEAT = Service("beat", "ticks, so that the dispatcher looks", kind="beat")
WEB = Service("web", "answers over HTTP: the API and the pages", kind="web")
SERVICES = (INTAKE, DISPATCH, FETCH, INGEST, BEAT, WEB)
# These run only where a hot folder or a mail box is set.
WATCH = Service("watch", "hands in the files of the hot folder", kind="command")
MAIL = Service("mail", "hands in the mails of the mail box", kind="command")
ALL = (*SERVICES, WATCH, MAIL)
NAMES = tuple(service.name for service in ALL)


def wanted(settings: Settings) -> tuple[Service, ...]:
    """The services that run with these settings."""
    left_out = {service for service, given in ((WATCH, settings.watch_dir), (MAIL, settings.mail_url)) if not given}
    return tuple(service for service in ALL if service not in left_out)


def by_name(name: str) -> Service:
    for service in ALL:
        if service.name == name:
            return service
    raise UsageError(f"no service {name!r}: one of {', '.join(NAMES)}")


def command(service: Service, *, processes: int = 0) -> list[str]:
    """The command that runs it in the foreground; `processes` 0 means as many as it usually has."""
    if service.kind == "readers":
        return [sys.executable, "-m", "wiredesk.worker.machine.readers"]
    if service.kind == "web":
        return [sys.executable, "-m", "wiredesk.worker.web.serve"]
    if service.kind == "command":
        return [sys.executable, "-m", "wiredesk.worker.cli", service.name]
    celery = [sys.executable, "-m", "celery", "--quiet", "--app", "wiredesk.tasks"]
    if service.kind == "beat":
        # The schedule is one tick, which needs no file, and the file system may be read-only.
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
        # Workers exchange no messages: leases in PostgreSQL decide which worker does what.
        "--without-gossip",
        "--without-mingle",
        f"worker.soft_shutdown_timeout={SOFT_STOP_SECONDS}",
    ]


def environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """`inherited` with the variables of a worker."""
    return {
        **inherited,
        # SIGTERM hands running tasks back instead of waiting for them; measured without it: 1 stop of 12 took 32 s.
        "REMAP_SIGTERM": "SIGQUIT",
        "PYTHONUNBUFFERED": "1",
    }
