"""The service `intake`: a process for each reader of submissions, started again when it ends.

A message that kills the reader of one source does not stop the other, nor this process, which reads no messages.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess

import redis

from wiredesk.worker import db, events, health
from wiredesk.worker.inbox.celery_queue import CelerySource
from wiredesk.worker.inbox.reader import Reader, Source, reader_name
from wiredesk.worker.inbox.stream import StreamSource
from wiredesk.worker.machine import startup
from wiredesk.worker.machine.embedded import die_with_parent
from wiredesk.worker.machine.services import INTAKE, READERS, SOFT_STOP_SECONDS
from wiredesk.worker.settings import Settings

log = logging.getLogger(__name__)

_SOURCES: dict[str, Callable[[redis.Redis, Settings, str], Source]] = {"stream": StreamSource, "celery": CelerySource}
# A reader that ends at once is started again after 0.2, 0.4, 0.8 … seconds.
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 10.0
_SOUND_AFTER_SECONDS = 30.0
_WATCH_SECONDS = 0.1


@dataclass(slots=True)
class _Child:
    kind: str
    process: BaseProcess
    started_at: float
    pause_seconds: float = _FIRST_PAUSE_SECONDS
    start_at: float | None = None


def main() -> int:
    """Run the readers until SIGTERM, SIGINT or SIGQUIT; the exit code."""
    return startup.run(INTAKE.name, _serve)


def _serve(settings: Settings) -> None:
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, lambda *_: stopping.set())
    # Of this thread's own making: a child must not end with a thread that is gone.
    tie = die_with_parent(signal.SIGTERM)
    children = [_Child(kind, _started(kind, settings, tie), time.monotonic()) for kind in READERS]
    while not stopping.wait(_WATCH_SECONDS):
        for child in children:
            _mend(child, settings, tie)
    _stop(children)
    log.info(events.WORKER_STOPPED)


def read(kind: str, settings: Settings, tie: Callable[[], None]) -> None:
    """Run one reader in a child process, until SIGTERM."""
    tie()
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGQUIT):
        signal.signal(number, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    alive = health.leave_signs_as(f"{INTAKE.name}-{kind}")
    with (
        reader_name(kind, settings.redis_url) as name,
        redis.Redis.from_url(settings.redis_url, socket_timeout=10, socket_connect_timeout=5) as client,
    ):
        log.info(events.WORKER_READY, extra={"queues": [kind], "reader": name})
        Reader(client, _SOURCES[kind](client, settings, name), settings).run(stopping, alive)
    db.close()


def _started(kind: str, settings: Settings, tie: Callable[[], None]) -> BaseProcess:
    process = multiprocessing.get_context("fork").Process(target=read, args=(kind, settings, tie), name=kind)
    process.start()
    return process


def _mend(child: _Child, settings: Settings, tie: Callable[[], None]) -> None:
    now = time.monotonic()
    if child.start_at is not None:
        if now >= child.start_at:
            child.process, child.started_at, child.start_at = _started(child.kind, settings, tie), now, None
        return
    if child.process.is_alive():
        return
    if now - child.started_at >= _SOUND_AFTER_SECONDS:
        child.pause_seconds = _FIRST_PAUSE_SECONDS
    log.error(
        events.READER_ENDED,
        extra={"reader": child.kind, "exit_code": child.process.exitcode, "again_in_seconds": child.pause_seconds},
    )
    child.start_at = now + child.pause_seconds
    child.pause_seconds = min(child.pause_seconds * 2, _LONGEST_PAUSE_SECONDS)


def _stop(children: list[_Child]) -> None:
    """Let each reader finish its batch; one that waits for a server is killed, and its messages are read again."""
    for child in children:
        child.process.terminate()
    deadline = time.monotonic() + SOFT_STOP_SECONDS
    for child in children:
        child.process.join(max(0.0, deadline - time.monotonic()))
        child.process.kill()
        child.process.join()


if __name__ == "__main__":
    sys.exit(main())
