"""Faults of the running services and how to mend them: the findings of `wiredesk doctor` and of `/readyz`."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import redis
from psycopg import sql

from wiredesk.worker import db, health, settings
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import SchemaMismatch, Transient, UsageError
from wiredesk.worker.machine import services
from wiredesk.worker.migrate import require_current
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import health as store
from wiredesk.worker.store import push

# A tick a second; ten missed are a stall, not a hiccup.
DISPATCH_LATE_SECONDS = 30.0
WORK_LATE_SECONDS = 600.0
CLOCK_SECONDS = 5.0
LONG_TRANSACTION_SECONDS = 60.0
FAILING_SECONDS = 86_400.0
SILENT_SECONDS = 30 * 86_400.0
CONSUMER_SECONDS = 86_400.0
# PostgreSQL before 15 was never tried. Redis 6.2 brought LMOVE, with which messages of the public queue are taken.
OLDEST_POSTGRESQL = 15
OLDEST_REDIS = (6, 2)
_LOW_BYTES = 5_000_000_000
_FULL_BYTES = 500_000_000
# More than the free space that PostgreSQL finds in pages it has: the files must grow.
_PROBE_BYTES = 262_144

State = Literal["ok", "warn", "fail"]
STATES: tuple[State, ...] = ("ok", "warn", "fail")


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `advice` says what to do unless it is ok."""

    state: State
    check: str
    what: str
    advice: str = ""


def examine(current: Settings) -> Iterator[Finding]:
    """Every finding: machine, servers, schema, work."""
    yield Finding("ok", "program", f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    for variable in settings.unknown_variables(os.environ):
        yield Finding("warn", "settings", f"{variable} sets nothing", "See `wiredesk settings` for the names.")
    yield from _disk(Path(current.data_dir))
    yield from _guarded("PostgreSQL", lambda: _database(current))
    yield from _guarded("Redis", lambda: _redis(current))


def examine_flow(current: Settings) -> Iterator[Finding]:
    """Whether copy flows: the findings of `examine` on the schema, the dispatcher, the waiting work, and Redis."""
    yield from _guarded("PostgreSQL", lambda: _flow_of_database(current))
    yield from _guarded("Redis", lambda: _flow_of_redis(current))


def _flow_of_database(current: Settings) -> Iterator[Finding]:
    with db.for_web(current.require_database()) as connection:
        try:
            require_current(connection)
        except SchemaMismatch as error:
            yield Finding("fail", "schema", str(error), "Run `wiredesk migrate`.")
            return
        yield from _work(store.progress(connection))


def _flow_of_redis(current: Settings) -> Iterator[Finding]:
    with _redis_client(current) as client:
        yield from _redis_persistence(client, client.info())


def _guarded(server: str, examine_server: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from examine_server()
    except (UsageError, Transient) as error:
        yield Finding("fail", server, str(error), _ADVICE[server])
    except redis.RedisError as error:
        words = str(error) or type(error).__name__
        if isinstance(error, redis.AuthenticationError):
            words = f"it refuses the password of WIREDESK_REDIS_URL, or asks for one: {words}"
        yield Finding("fail", server, f"can't be used: {words}", _ADVICE[server])


_ADVICE = {
    "PostgreSQL": "Nothing is accepted until it is back. Is it running, and WIREDESK_DATABASE_URL right?",
    "Redis": "Nothing is lost: work goes on when it is back. Is it running, and WIREDESK_REDIS_URL right?",
}


def _disk(folder: Path) -> Iterator[Finding]:
    """The file system of the data folder, where there is one here."""
    if not folder.is_dir():
        return
    usage = shutil.disk_usage(folder)
    free = f"{usage.free / 1e9:,.1f} GB of {usage.total / 1e9:,.1f} GB are free in {folder}"
    if usage.free < _FULL_BYTES:
        yield Finding("fail", "disk", free, "Make room: PostgreSQL and Redis refuse writes when it is full.")
    elif usage.free < _LOW_BYTES:
        yield Finding("warn", "disk", free, "Make room soon, or lower outcome_months and fetch_log_months.")
    else:
        yield Finding("ok", "disk", free)


def _database(current: Settings) -> Iterator[Finding]:
    with db.alone(current.require_database()) as connection:
        row = connection.execute("SELECT current_setting('server_version'), current_setting('fsync')").fetchone()
        assert row is not None
        if connection.info.server_version < OLDEST_POSTGRESQL * 10_000:
            what = f"PostgreSQL {row[0]} is too old"
            yield Finding("fail", "PostgreSQL", what, f"Use PostgreSQL {OLDEST_POSTGRESQL} or later.")
        else:
            yield Finding("ok", "PostgreSQL", f"PostgreSQL {row[0]} at {current.database_url}")
        if row[1] != "on":
            advice = "A power failure can lose what was accepted; turn it on."
            yield Finding("warn", "PostgreSQL", "fsync is off in PostgreSQL", advice)
        try:
            require_current(connection)
        except SchemaMismatch as error:
            yield Finding("fail", "schema", str(error), "Run `wiredesk migrate`.")
            return
        yield Finding("ok", "schema", "the schema is current")
        yield from _clock_and_writing(connection)
        yield from _work(store.progress(connection))
        yield from _feeds(connection)
        yield from _change_feed(connection)
        yield from _consumers(connection)
        yield from _pushes(connection)


def _clock_and_writing(connection: Connection) -> Iterator[Finding]:
    there, size = store.server_clock(connection)
    store.probe_write(connection, os.urandom(_PROBE_BYTES))
    yield Finding(
        "ok", "PostgreSQL writes", f"a write of {_PROBE_BYTES // 1024} kB works; the data take {size / 1e9:,.2f} GB"
    )
    yield _clock("PostgreSQL", there)


def _clock(server: str, there: datetime) -> Finding:
    off = abs((datetime.now(UTC) - there).total_seconds())
    if off > CLOCK_SECONDS:
        advice = "Leases and due times go by PostgreSQL's clock, dates of articles by this one: synchronise both (NTP)."
        return Finding("warn", "clock", f"this clock and that of {server} differ by {off:,.0f} s", advice)
    return Finding("ok", "clock", f"this clock and that of {server} agree")


def _work(progress: store.Progress) -> Iterator[Finding]:
    dispatched = progress.dispatch_seconds
    if dispatched is None:
        advice = "Start it: `wiredesk up`, or the services of compose."
        yield Finding("warn", "dispatch", "the dispatcher has never run", advice)
    elif dispatched > DISPATCH_LATE_SECONDS:
        advice = "Are beat and the dispatch worker running? Nothing is lost: it waits in PostgreSQL."
        yield Finding("fail", "dispatch", f"the dispatcher ran {dispatched:.0f} s ago", advice)
    else:
        yield Finding("ok", "dispatch", f"the dispatcher ran {max(0.0, dispatched):.0f} s ago")
    stages = (
        ("ingest", "document to be read", progress.oldest_ingest_seconds, "`wiredesk logs --service ingest`"),
        ("fetch", "page to be fetched", progress.oldest_fetch_seconds, "`wiredesk logs --service fetch`"),
    )
    for stage, thing, age_seconds, look in stages:
        if age_seconds is None or age_seconds <= WORK_LATE_SECONDS:
            continue
        done = progress.last_done_seconds
        stalled = stage == "ingest" and (done is None or done > WORK_LATE_SECONDS)
        advice = f"Is its worker running? {look} shows what it does; more workers help when it is busy."
        what = f"the oldest {thing} waits for {age_seconds:,.0f} s" + (
            ", and nothing was filed since" if stalled else ""
        )
        yield Finding("fail" if stalled else "warn", stage, what, advice)
    yield Finding("ok", "inbox", f"{progress.documents_waiting:,} documents wait")


def _feeds(connection: Connection) -> Iterator[Finding]:
    found = store.feed_health(
        connection,
        late_seconds=WORK_LATE_SECONDS,
        failing_seconds=FAILING_SECONDS,
        silent_seconds=SILENT_SECONDS,
    )
    if found.overdue:
        what = f"{_feeds_are(found.overdue)} overdue by more than {WORK_LATE_SECONDS / 60:.0f} minutes"
        yield Finding("warn", "feeds", what, "More fetch workers, or slow hosts: `wiredesk logs --event feed`.")
    if found.failing:
        what = f"{_feeds_are(found.failing)} failing for a day or longer: {_numbers(found.failing_ids)}"
        yield Finding("warn", "feeds", what, "`wiredesk feeds list --problems` says why.")
    if found.silent:
        days = SILENT_SECONDS / 86_400
        what = f"{_feeds_are(found.silent)} silent: nothing new for {days:.0f} days: {_numbers(found.silent_ids)}"
        yield Finding("warn", "feeds", what, "`wiredesk feeds check URL` shows what it answers now.")
    if not (found.overdue or found.failing or found.silent):
        yield Finding("ok", "feeds", "no feed is overdue, failing or silent")


def _feeds_are(number: int) -> str:
    return "1 feed is" if number == 1 else f"{number:,} feeds are"


def _numbers(ids: list[int] | None) -> str:
    return ", ".join(map(str, ids or ()))


def _change_feed(connection: Connection) -> Iterator[Finding]:
    if store.is_restored(connection):
        what = "the database was restored, and the cursors of its change feed don't say so yet"
        yield Finding("fail", "change feed", what, "Run `wiredesk migrate`, so that no consumer misses a change.")
    lag = store.change_lag(connection)
    if lag is None or lag.seconds < LONG_TRANSACTION_SECONDS:
        yield Finding("ok", "change feed", "no transaction holds the change feed back")
        return
    what = (
        f"a transaction is open for {lag.seconds:,.0f} s and hides {lag.hidden_changes:,} changes from consumers: "
        f"process {lag.pid} ({lag.application_name or 'unnamed'})"
    )
    yield Finding("warn", "change feed", what, f"If it is nobody's work: SELECT pg_terminate_backend({lag.pid}).")


def _consumers(connection: Connection) -> Iterator[Finding]:
    for one in store.stopped_consumers(connection, seconds=CONSUMER_SECONDS):
        what = f"the consumer {one.name} has not read the change feed for {one.seconds / 3600:,.0f} hours"
        statement = sql.SQL("DELETE FROM wiredesk.consumer WHERE name = {}").format(one.name).as_string(connection)
        advice = f"Start it; or, if it is used no longer: {statement}."
        yield Finding("warn", "consumers", what, advice)


def _pushes(connection: Connection) -> Iterator[Finding]:
    wrong = False
    for one in push.pushes(connection):
        if one.state == "paused":
            what = f"changes are not sent to {one.name}: it is paused ({one.last_error})"
            yield Finding("warn", "push", what, f"`wiredesk push resume {one.name}` goes on without a gap.")
        elif one.failing_since is not None:
            what = f"{one.name} takes no changes since {one.failing_since:%Y-%m-%d %H:%M} UTC: {one.last_error}"
            yield Finding("warn", "push", what, f"`wiredesk push test {one.name}` shows what it answers now.")
        else:
            continue
        wrong = True
    if not wrong:
        yield Finding("ok", "push", "changes reach every target")


def _redis_client(current: Settings) -> redis.Redis:
    return redis.Redis.from_url(current.require_redis(), socket_timeout=5, socket_connect_timeout=5)


def _redis(current: Settings) -> Iterator[Finding]:
    with _redis_client(current) as client:
        information: dict[str, Any] = client.info()
        version = str(information["redis_version"])
        if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
            oldest = ".".join(map(str, OLDEST_REDIS))
            yield Finding("fail", "Redis", f"Redis {version} is too old", f"Use Redis {oldest} or later, or Valkey.")
        else:
            yield Finding("ok", "Redis", f"Redis {version} at {current.redis_url}")
        yield from _redis_persistence(client, information)
        seconds, microseconds = client.time()
        yield _clock("Redis", datetime.fromtimestamp(int(seconds) + int(microseconds) / 1e6, UTC))
        queues = ["celery", *(queue for service in services.SERVICES for queue in service.queues)]
        waiting = {queue: health.waiting_messages(client, queue) for queue in queues}
        stream = int(client.xlen(current.stream_name))
        lengths = ", ".join(f"{queue} {length}" for queue, length in waiting.items())
        yield Finding("ok", "queues", f"messages waiting: {lengths}; submissions in the stream: {stream}")
        first: Any = client.xrange(current.stream_name, count=1)
        waited = seconds - int(first[0][0].partition(b"-")[0]) / 1000 if first else 0.0
        if waited > WORK_LATE_SECONDS:
            what = f"the oldest submission in the stream waits for {waited:,.0f} s"
            yield Finding("fail", "stream", what, "Is the service intake running? `wiredesk logs --service intake`.")


def _redis_persistence(client: redis.Redis, information: Mapping[str, Any]) -> Iterator[Finding]:
    if not int(information.get("aof_enabled", 0)):
        advice = "A restart empties its stream: appendonly yes."
        yield Finding("warn", "Redis writes", "Redis keeps no append-only file", advice)
    for name in ("aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status"):
        if str(information.get(name, "ok")) != "ok":
            yield Finding(
                "fail", "Redis writes", f"Redis can't write its data ({name})", "Look at its disk and its log."
            )
    policy = str(information.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction":
        advice = "It can evict a queue: maxmemory-policy noeviction."
        yield Finding("fail", "Redis memory", f"Redis evicts keys ({policy})", advice)
    limit, used = int(information.get("maxmemory", 0)), int(information.get("used_memory", 0))
    if limit and used > limit * 0.8:
        advice = "It refuses messages when it is full: raise maxmemory, or see which queue grows below."
        state: State = "fail" if used > limit * 0.95 else "warn"
        yield Finding(state, "Redis memory", f"Redis uses {used / limit:.0%} of its maxmemory", advice)
    try:
        client.set("wiredesk:doctor", "1", ex=10)
    except redis.ResponseError as error:
        yield Finding("fail", "Redis writes", f"Redis refuses writes: {error}", "Look at its disk, memory and log.")
    else:
        yield Finding("ok", "Redis writes", "a write works")
