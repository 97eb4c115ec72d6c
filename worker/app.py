"""The Celery application: reliability settings, queues, and what happens when a process starts and ends.

Each setting that isn't Celery's default is here because the default loses or repeats work with Redis, or is slow;
docs/decisions.md tells what was measured.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Any

from celery import Celery, signals
from kombu.entity import Queue

from wiredesk.worker import broker, db, logs
from wiredesk.worker.db import connected
from wiredesk.worker.errors import SettingsError, Transient, WiredeskError
from wiredesk.worker.filing.ingest import warm_up
from wiredesk.worker.filing.marking import spacy_pipeline
from wiredesk.worker.migrate import require_current
from wiredesk.worker.settings import Settings, load

# A message is unacknowledged for at most its time in one worker's queue plus `task_seconds`. By this time the lease in
# PostgreSQL has ended, and a message that kombu restores finds its token stale.
_VISIBILITY_SECONDS = 900

# `celery` is the queue that a producer without any routing sends to. The service `intake` reads it, and no worker of
# the desk does; it is declared for those who run a worker for `wiredesk.submit_article.v1` of their own.
QUEUES = ("dispatch", "fetch", "push", "ingest", broker.PUBLIC_QUEUE)


def settings() -> Settings:
    """The settings of this process, read once."""
    global _settings
    if _settings is None:
        _settings = load()
    return _settings


_settings: Settings | None = None


def make_app(configured: Settings) -> Celery:
    app = Celery("wiredesk", broker=configured.redis_url or "redis://redis.invalid", set_as_current=False)
    app.conf.update(
        broker_transport=f"{broker.__name__}:Transport",
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,  # else a Redis that refuses writes (full, read-only) ends the worker
        broker_pool_acquire_timeout=10,
        broker_transport_options={
            "visibility_timeout": _VISIBILITY_SECONDS,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            # Without these a connection that was dropped silently hangs the worker for minutes.
            "socket_timeout": 10,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "client_name": "wiredesk",
        },
        task_acks_late=True,
        # The lease in PostgreSQL brings lost work back, and counts; Celery's own redelivery would loop on poison.
        task_reject_on_worker_lost=False,
        task_acks_on_failure=True,
        task_acks_on_timeout=True,
        task_ignore_result=True,
        result_backend=None,
        task_time_limit=configured.task_seconds,
        task_serializer="json",
        accept_content=["json"],
        task_publish_retry_policy={"max_retries": 2, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5},
        task_queues=[Queue(name) for name in QUEUES],
        task_default_queue=broker.PUBLIC_QUEUE,
        task_create_missing_queues=False,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_soft_shutdown_timeout=20,
        worker_max_tasks_per_child=1000,
        worker_max_memory_per_child=500_000,  # kB
        worker_send_task_events=configured.task_events == "on",
        worker_hijack_root_logger=False,
        timezone="UTC",
    )
    app.Task.throws = (Transient,)  # logged in a line, not with a traceback: the lease brings the work back
    return app


@signals.worker_process_init.connect(weak=False)
def _start_child(**_: Any) -> None:
    db.close()
    # Reference counting frees nearly everything a task makes. The cycle collector visits all objects loaded at the
    # start each time it runs: with its defaults it took 6 % of the processor time in `bench.feeds`.
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


@signals.worker_process_shutdown.connect(weak=False)
def _end_child(**_: Any) -> None:
    db.close()


@signals.worker_init.connect(weak=False)
def _refuse_to_start(**_: Any) -> None:
    """A worker starts with the schema and the pipeline it needs, or says what to run and doesn't start."""
    try:
        with connected(settings().require_database()) as connection:
            require_current(connection)
        if settings().spacy_pipeline:
            spacy_pipeline(settings().spacy_pipeline)
    except WiredeskError as error:
        # Celery logs what a signal's receiver raises and starts all the same; only `SystemExit` ends it.
        print(f"wiredesk: {error}", file=sys.stderr, flush=True)  # noqa: T201
        raise SystemExit(1) from None
    finally:
        db.close()


@signals.worker_init.connect(weak=False)
def _warm_up(**_: Any) -> None:
    """Before the fork: loading the language model takes each child half a second otherwise."""
    warm_up()


def _app() -> Celery:
    """The application; a wrong setting ends the program `celery` in one line, without a traceback."""
    try:
        return make_app(settings())
    except SettingsError as error:
        if "celery" in Path(sys.argv[0]).with_suffix("").parts[-2:]:
            raise SystemExit(f"wiredesk: {error}") from None
        raise


app = _app()
logs.follow_celery(
    settings().log_format, settings().log_level, task_seconds=settings().task_seconds, count_in=settings().redis_url
)
