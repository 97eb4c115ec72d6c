"""PostgreSQL, Redis and wiredesk's services in processes of their own, and faults that are caused in them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

import psycopg
import redis

from bench.host import ROOT, SettableClock, SmallDisk, earlier_code
from bench.servers import start_again
from wiredesk.worker import db
from wiredesk.worker.machine import embedded, services
from wiredesk.worker.machine.embedded import Server, die_with_parent
from wiredesk.worker.migrate import migrate

# Short leases, so that the documents of a dead worker are leased again in seconds; the defaults are for a real network.
# Small batches, so that a busy machine ends one well within the limit of a task.
QUICK = {
    "WIREDESK_LOG_LEVEL": "warning",
    "WIREDESK_TICK_SECONDS": "0.5",
    "WIREDESK_ISSUE_LEASE_SECONDS": "4",
    "WIREDESK_TASK_SECONDS": "12",
    "WIREDESK_PARSE_SECONDS": "3",
    "WIREDESK_INGEST_BATCH": "15",
    "WIREDESK_FETCH_SECONDS": "3",
    "WIREDESK_MIN_INTERVAL_SECONDS": "3",
    "WIREDESK_MAX_INTERVAL_SECONDS": "5",
    "WIREDESK_ALLOWED_NETWORKS": "127.0.0.0/8",
    "WIREDESK_WEB_LISTEN": "127.0.0.1:0",
    "WIREDESK_HOST_SPACING_SECONDS": "0",
    "WIREDESK_PER_HOST": "64",
    "WIREDESK_FULL_TEXT": "never",
}
# The services that an article passes.
PIPELINE = [service.name for service in services.SERVICES if service.kind in ("worker", "readers", "beat")]
_DISK_MEGABYTES = 1_000
_FULL_SECONDS = 3.0
_STOP_SECONDS = 20.0


@dataclass(slots=True)
class ProcessesUnderFaults:
    """PostgreSQL, Redis and wiredesk's services in processes of their own, which can be killed and come back.

    Both servers' data are on `disk`, the services go by `clock`, and some of them may run `earlier` code.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    beats: int = 1
    disk: SmallDisk = field(init=False)
    clock: SettableClock = field(init=False)
    earlier: Path | None = field(init=False)
    postgres: Server = field(init=False)
    redis: Server = field(init=False)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    emptied_at: float = 0.0
    _started: contextlib.ExitStack = field(init=False)
    _code: dict[str, Path] = field(default_factory=dict)
    _frozen: list[tuple[float, int]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> ProcessesUnderFaults:
        self.clock = SettableClock(self.folder / "clock")
        self.earlier = earlier_code(self.folder / "earlier")
        self.disk = SmallDisk(self.folder / "disk", _DISK_MEGABYTES)
        with contextlib.ExitStack() as started:
            started.callback(self.disk.unmount)
            self.postgres = embedded.start_postgres(self.disk.folder / "postgres")
            started.callback(lambda: self.postgres.stop())
            self.redis = embedded.start_redis(self.disk.folder / "redis")
            started.callback(lambda: self.redis.stop())
            with db.alone(self.postgres.url) as connection:
                list(migrate(connection))
            started.callback(self._kill_all)
            for name in PIPELINE:
                self._start(name)
            if self.beats > 1:
                self._start("second beat")
            self._started = started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.wake(everything=True)
        with self._lock:
            self._started.close()

    def _kill_all(self) -> None:
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def all_environment(self, code: Path = ROOT) -> dict[str, str]:
        own = {"WIREDESK_DATABASE_URL": self.postgres.url, "WIREDESK_REDIS_URL": self.redis.url}
        data = {"WIREDESK_DATA_DIR": str(self.folder / "data")}
        return {**os.environ, **QUICK, **self.environment, **own, **data, **self.clock.environment(code)}

    def mend(self) -> None:
        """Start ended processes again, as a supervisor does, and wake those that were frozen for long enough."""
        self.wake()
        with self._lock:
            for name, process in list(self.processes.items()):
                if process.poll() is not None:
                    self._start(name)

    # ---- faults

    def kill_worker(self, name: str = "ingest") -> None:
        """Kill a service with -9, its children left to find out."""
        self.faults["worker"] += 1
        with self._lock:
            self.processes[name].kill()
            self.processes[name].wait()
            self._start(name)

    def replace_worker(self, name: str) -> None:
        """Stop a service as a rolling restart does, and start the other version of the code in its place."""
        self.faults["other version"] += 1
        with self._lock:
            process = self.processes[name]
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if self.earlier is not None:
                self._code[name] = self.earlier if self._code.get(name, ROOT) == ROOT else ROOT
            self._start(name)

    def kill_child(self, name: str = "ingest") -> None:
        self.faults["child"] += 1
        for pid in self._children(name)[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def freeze_child(self, name: str, seconds: float) -> None:
        """Stop a child for that long, as a paused machine does; `mend` wakes it up."""
        self.faults["frozen"] += 1
        for pid in self._children(name)[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                self._frozen.append((time.monotonic() + seconds, pid))

    def wake(self, *, everything: bool = False) -> None:
        """Let frozen processes go on whose time is over."""
        for at, pid in list(self._frozen):
            if everything or time.monotonic() > at:
                self._frozen.remove((at, pid))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def _children(self, name: str) -> list[int]:
        found = subprocess.run(["pgrep", "-P", str(self.processes[name].pid)], capture_output=True, text=True)
        return [int(pid) for pid in found.stdout.split()]

    def step_clock(self, seconds: float) -> None:
        """Set the services' clock forward by `seconds`, or back; PostgreSQL and Redis keep their own."""
        self.faults["clock"] += 1
        self.clock.step(seconds)

    def fill_disk(self) -> None:
        """Leave both servers without a free page for some seconds; one that ended of it is started again after."""
        self.faults["full disk"] += 1
        with self._lock:
            self.disk.fill()
            time.sleep(_FULL_SECONDS)
            self.disk.free()
            if not self.postgres.is_running():
                self._start_postgres_again()
            if not self.redis.is_running():
                self._start_redis_again()
            self._await_redis_writes()

    def _await_redis_writes(self) -> None:
        """Until Redis has written what it held back; a kill before that would lose what a power failure may lose."""
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.redis.url, socket_timeout=5) as client:
            for _ in range(100):
                if client.info("persistence")["aof_last_write_status"] == "ok":
                    return
                time.sleep(0.1)

    def kill_redis(self) -> None:
        self.faults["redis"] += 1
        with self._lock:
            self.redis.process.kill()
            self.redis.process.wait()
            self._start_redis_again()

    def _start_redis_again(self) -> None:
        self.redis = start_again(lambda: embedded.start_redis(self.disk.folder / "redis", port=self.redis.port))

    def empty_redis(self) -> None:
        self.faults["flushall"] += 1
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.redis.url) as client:
            client.flushall()
            self.emptied_at = time.monotonic()

    def cut_connection(self) -> None:
        """End one of wiredesk's connections to PostgreSQL, in the middle of whatever it does."""
        self.faults["connection"] += 1
        self.number(
            "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE datname ="
            " current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1) one"
        )

    def kill_postgres(self) -> None:
        """PostgreSQL's immediate stop: every connection drops and the next start recovers, as after a crash."""
        self.faults["postgres"] += 1
        with self._lock:
            self.postgres.process.send_signal(signal.SIGQUIT)
            self.postgres.process.wait()
            self._start_postgres_again()

    def _start_postgres_again(self) -> None:
        port = self.postgres.port
        self.postgres = start_again(lambda: embedded.start_postgres(self.disk.folder / "postgres", port=port))

    # ---- state

    def number(self, query: LiteralString) -> int:
        """The only number that a query answers; -1 while PostgreSQL is away."""
        try:
            with psycopg.connect(self.postgres.url, autocommit=True, connect_timeout=3) as connection:
                row = connection.execute(query).fetchone()
                return int(row[0]) if row else 0
        except psycopg.OperationalError:
            return -1

    def await_dispatcher(self, seconds: float) -> None:
        """Until it has run once."""
        give_up_at = time.monotonic() + seconds
        while self.number("SELECT count(*) FROM wiredesk.heartbeat") < 1 and time.monotonic() < give_up_at:
            time.sleep(0.5)

    def is_drained(self) -> bool:
        """Whether nothing waits: in the stream and the public queue, in the inbox, and no feed for its first poll."""
        try:
            with redis.Redis.from_url(self.redis.url, socket_timeout=5) as client:
                taken = client.scan_iter("wiredesk:celery:taken:*")
                if client.xlen("wiredesk:submissions") or any(client.llen(key) for key in ("celery", *taken)):
                    return False
        except redis.RedisError:
            return False
        waiting = self.number("SELECT count(*) FROM wiredesk.document WHERE state = 'waiting'")
        unpolled = self.number("SELECT count(*) FROM wiredesk.feed WHERE succeeded_at IS NULL")
        return waiting == 0 and unpolled == 0

    def drain(self, patience_seconds: float) -> bool:
        """Wait until nothing is left to do; false when no document was closed for that long."""
        closed, give_up_at = -1, time.monotonic() + patience_seconds
        while time.monotonic() < give_up_at:
            self.mend()
            if self.is_drained():
                return True
            now_closed = self.number("SELECT count(*) FROM wiredesk.document WHERE state = 'done'")
            if now_closed > closed:
                closed, give_up_at = now_closed, time.monotonic() + patience_seconds
            time.sleep(0.5)
        return False

    def _start(self, name: str) -> None:
        """Start a process; `second beat` is one more of the service beat."""
        service = services.by_name("beat" if name == "second beat" else name)
        code = self._code.get(name, ROOT)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                services.command(service, processes=2 if name == "ingest" else 0),
                cwd=code,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=services.environment(self.all_environment(code)),
                process_group=0,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
