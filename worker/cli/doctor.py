"""`wiredesk doctor`: what is wrong here, and what to do about it."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import click
import redis

from wiredesk.worker import db, health, settings
from wiredesk.worker.cli import output
from wiredesk.worker.errors import SchemaMismatch, Transient, UsageError
from wiredesk.worker.machine import services
from wiredesk.worker.migrate import require_current
from wiredesk.worker.safe_text import mask_secrets
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import desk

# A tick a second; ten missed are a stall, not a hiccup.
DISPATCH_LATE_SECONDS = 30.0
WORK_LATE_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `advice` says what to do unless it is ok."""

    state: Literal["ok", "warn", "fail"]
    what: str
    advice: str = ""


@click.command("doctor")
@click.option(
    "--health",
    "service",
    type=click.Choice([service.name for service in services.SERVICES]),
    help="Only whether this service, running on this machine, still works; for container health checks.",
)
def doctor(service: str | None) -> None:
    """Look at the settings, the servers and the work; exit 1 when something fails."""
    current = settings.load()
    if service:
        kind = services.by_name(service)
        patience = 2 * current.task_seconds + 60
        signs = (health.complaint(n, kind.queues, current.redis_url, patience_seconds=patience) for n in kind.signs)
        wrong = next(filter(None, signs), "")
        output.say(wrong or f"{service} works")
        raise SystemExit(1 if wrong else 0)
    failed = False
    for finding in examine(current):
        failed = failed or finding.state == "fail"
        output.say(f"{finding.state:<5} {finding.what}")
        if finding.advice:
            output.say(f"      {finding.advice}")
    raise SystemExit(1 if failed else 0)


def examine(current: Settings) -> Iterator[Finding]:
    """Every finding, from the machine to the work."""
    yield Finding("ok", f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    for variable in settings.unknown_variables(os.environ):
        yield Finding("warn", f"{variable} sets nothing", "See `wiredesk settings` for the names.")
    yield from _guarded("PostgreSQL", lambda: _database(current))
    yield from _guarded("Redis", lambda: _redis(current))


def _guarded(server: str, examine_server: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from examine_server()
    except (UsageError, Transient, redis.RedisError) as error:
        yield Finding("fail", f"{server}: {error}")


def _database(current: Settings) -> Iterator[Finding]:
    with db.alone(current.require_database()) as connection:
        row = connection.execute("SELECT current_setting('server_version'), current_setting('fsync')").fetchone()
        assert row is not None
        yield Finding("ok", f"PostgreSQL {row[0]} at {mask_secrets(current.database_url)}")
        if row[1] != "on":
            yield Finding(
                "warn", "fsync is off in PostgreSQL", "A power failure can lose what was accepted; turn it on."
            )
        try:
            require_current(connection)
        except SchemaMismatch as error:
            yield Finding("fail", str(error))
            return
        yield Finding("ok", "the schema is current")
        yield from _work(desk.progress(connection))


def _work(progress: desk.Progress) -> Iterator[Finding]:
    dispatched = progress.dispatch_seconds
    if dispatched is None:
        yield Finding("warn", "the dispatcher has never run", "Start it: `wiredesk up`, or the services of compose.")
    elif dispatched > DISPATCH_LATE_SECONDS:
        advice = "Are beat and the dispatch worker running? Nothing is lost: it waits in PostgreSQL."
        yield Finding("fail", f"the dispatcher ran {dispatched:.0f} s ago", advice)
    else:
        yield Finding("ok", f"the dispatcher ran {max(0.0, dispatched):.0f} s ago")
    waits = (
        ("document to be read", progress.oldest_ingest_seconds, "More ingest workers, or see `wiredesk logs`."),
        ("page to be fetched", progress.oldest_fetch_seconds, "More fetch workers, or hosts that are slow."),
        ("feed to be polled", progress.oldest_feed_seconds, "More fetch workers, or hosts that are slow."),
    )
    for thing, age_seconds, advice in waits:
        if age_seconds is not None and age_seconds > WORK_LATE_SECONDS:
            yield Finding("warn", f"the oldest {thing} waits for {age_seconds:.0f} s", advice)
    yield Finding("ok", f"{progress.documents_waiting} documents wait")


def _redis(current: Settings) -> Iterator[Finding]:
    with redis.Redis.from_url(current.require_redis(), socket_timeout=5, socket_connect_timeout=5) as client:
        information: dict[str, Any] = client.info()
        yield Finding("ok", f"Redis {information['redis_version']} at {mask_secrets(current.redis_url)}")
        if not int(information.get("aof_enabled", 0)):
            yield Finding("warn", "Redis keeps no append-only file", "A restart empties its stream: appendonly yes.")
        policy = str(information.get("maxmemory_policy", "noeviction"))
        if policy != "noeviction":
            yield Finding("fail", f"Redis evicts keys ({policy})", "It can evict a queue: maxmemory-policy noeviction.")
        queues = ["celery", *(queue for service in services.SERVICES for queue in service.queues)]
        waiting = {queue: health.waiting_messages(client, queue) for queue in queues}
        stream = int(client.xlen(current.stream_name))
        lengths = ", ".join(f"{queue} {length}" for queue, length in waiting.items())
        yield Finding("ok", f"messages waiting: {lengths}; submissions in the stream: {stream}")
