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

from bench.servers import start_again
from wiredesk.worker import db
from wiredesk.worker.machine import embedded, services
from wiredesk.worker.machine.embedded import Server, die_with_parent
from wiredesk.worker.migrate import migrate

# Short leases, so that the documents of a dead worker are leased again in seconds; the defaults are for a real network.
QUICK = {
    "WIREDESK_LOG_LEVEL": "warning",
    "WIREDESK_TICK_SECONDS": "0.2",
    "WIREDESK_ISSUE_LEASE_SECONDS": "2",
    "WIREDESK_TASK_SECONDS": "6",
    "WIREDESK_PARSE_SECONDS": "2",
    "WIREDESK_FETCH_SECONDS": "3",
    "WIREDESK_MIN_INTERVAL_SECONDS": "3",
    "WIREDESK_MAX_INTERVAL_SECONDS": "5",
    "WIREDESK_ALLOWED_NETWORKS": "127.0.0.0/8",
    "WIREDESK_WEB_LISTEN": "127.0.0.1:0",
    "WIREDESK_HOST_SPACING_SECONDS": "0",
    "WIREDESK_PER_HOST": "64",
    "WIREDESK_FULL_TEXT": "never",
}


@dataclass(slots=True)
class ProcessesUnderFaults:
    """PostgreSQL, Redis and wiredesk's services in processes of their own, which can be killed and come back."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    beats: int = 1
    postgres: Server = field(init=False)
    redis: Server = field(init=False)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    emptied_at: float = 0.0
    _frozen: list[tuple[float, int]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> ProcessesUnderFaults:
        self.postgres = embedded.start_postgres(self.folder / "postgres")
        self.redis = embedded.start_redis(self.folder / "redis")
        with db.alone(self.postgres.url) as connection:
            list(migrate(connection))
        for service in services.SERVICES:
            self._start(service.name)
        if self.beats > 1:
            self._start("beat", "second beat")
        return self

    def __exit__(self, *_: object) -> None:
        self.wake(everything=True)
        with self._lock:
            for process in self.processes.values():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            self.redis.stop()
            self.postgres.stop()

    def all_environment(self) -> dict[str, str]:
        own = {"WIREDESK_DATABASE_URL": self.postgres.url, "WIREDESK_REDIS_URL": self.redis.url}
        return {**os.environ, **QUICK, **self.environment, **own, "WIREDESK_DATA_DIR": str(self.folder / "data")}

    def mend(self) -> None:
        """Start ended processes again, as a supervisor does, and wake those that were frozen for long enough."""
        self.wake()
        with self._lock:
            for name, process in list(self.processes.items()):
                if process.poll() is not None:
                    self._start("beat" if name == "second beat" else name, name)

    # ---- faults

    def kill_worker(self, name: str = "ingest") -> None:
        """Kill a service with -9, its children left to find out."""
        self.faults["worker"] += 1
        with self._lock:
            self.processes[name].kill()
            self.processes[name].wait()
            self._start("beat" if name == "second beat" else name, name)

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

    def kill_redis(self) -> None:
        self.faults["redis"] += 1
        with self._lock:
            self.redis.process.kill()
            self.redis.process.wait()
            self.redis = start_again(lambda: embedded.start_redis(self.folder / "redis", port=self.redis.port))

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
            self.postgres = start_again(
                lambda: embedded.start_postgres(self.folder / "postgres", port=self.postgres.port)
            )

    # ---- state

    def number(self, query: LiteralString) -> int:
        """The only number that a query answers; -1 while PostgreSQL is away."""
        try:
            with psycopg.connect(self.postgres.url, autocommit=True, connect_timeout=3) as connection:
                row = connection.execute(query).fetchone()
                return int(row[0]) if row else 0
        except psycopg.OperationalError:
            return -1

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

    def drain(self, seconds: float) -> bool:
        """Wait until nothing is left to do; false when it takes longer."""
        give_up_at = time.monotonic() + seconds
        while time.monotonic() < give_up_at:
            self.mend()
            if self.is_drained():
                return True
            time.sleep(0.3)
        return False

    def _start(self, name: str, process: str = "") -> None:
        with (self.folder / f"{process or name}.log").open("ab") as log:
            self.processes[process or name] = subprocess.Popen(
                services.command(services.by_name(name), processes=2 if name == "ingest" else 0),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=services.environment(self.all_environment()),
                process_group=0,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )
