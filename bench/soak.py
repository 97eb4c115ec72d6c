"""The whole desk under faults: `python -m bench.soak [--seconds N]`.

Feeds are polled and copy is handed in while, every one to three seconds, a worker, a child of one, Redis or PostgreSQL
is killed with -9, or Redis is emptied. Then the faults end, the desk drains, and everything must be there exactly once:
one outcome for every item, one article for every piece, revisions without gaps. Exit code 1 says that it is not.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString

import psycopg
import redis

from bench.feed_server import FeedServer
from bench.newswire import piece
from wiredesk.worker import db
from wiredesk.worker.errors import Transient, UsageError
from wiredesk.worker.inbox.client import Desk
from wiredesk.worker.machine import embedded, services
from wiredesk.worker.machine.embedded import Server, die_with_parent
from wiredesk.worker.migrate import migrate
from wiredesk.worker.settings import load
from wiredesk.worker.store import feeds
from wiredesk.worker.store.records import NewFeed

# Short leases, so that what a dead worker had comes back in seconds; the desk's own defaults are for a real network.
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
    "WIREDESK_HOST_SPACING_SECONDS": "0",
    "WIREDESK_PER_HOST": "64",
    "WIREDESK_FULL_TEXT": "never",
}
FIRST_SUBMITTED_PIECE = 1_000_000  # feeds show the pieces from 0 on


@dataclass(slots=True)
class DeskUnderFaults:
    """PostgreSQL, Redis and the desk's services in processes of their own, which can be killed and come back."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    postgres: Server = field(init=False)
    redis: Server = field(init=False)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> DeskUnderFaults:
        self.postgres = embedded.start_postgres(self.folder / "postgres")
        self.redis = embedded.start_redis(self.folder / "redis")
        with db.alone(self.postgres.url) as connection:
            list(migrate(connection))
        for service in services.SERVICES:
            self._start(service.name)
        return self

    def __exit__(self, *_: object) -> None:
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
        """Start again what has ended, as a supervisor does."""
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

    def kill_child(self, name: str = "ingest") -> None:
        self.faults["child"] += 1
        found = subprocess.run(["pgrep", "-P", str(self.processes[name].pid)], capture_output=True, text=True)
        for pid in found.stdout.split()[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def kill_redis(self) -> None:
        self.faults["redis"] += 1
        with self._lock:
            self.redis.process.kill()
            self.redis.process.wait()
            self.redis = _again(lambda: embedded.start_redis(self.folder / "redis", port=self.redis.port))

    def empty_redis(self) -> None:
        self.faults["flushall"] += 1
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.redis.url) as client:
            client.flushall()

    def kill_postgres(self) -> None:
        """PostgreSQL's immediate stop: every connection drops and the next start recovers, as after a crash."""
        self.faults["postgres"] += 1
        with self._lock:
            self.postgres.process.send_signal(signal.SIGQUIT)
            self.postgres.process.wait()
            self.postgres = _again(lambda: embedded.start_postgres(self.folder / "postgres", port=self.postgres.port))

    # ---- work

    def add_feeds(self, urls: list[str]) -> None:
        with db.alone(self.postgres.url) as connection:
            feeds.add(connection, [NewFeed(url=url) for url in urls])

    def submit(self, first: int, count: int) -> None:
        """Hand in pieces by the client, again and again under their keys until there is a receipt."""
        messages = [
            {
                "content": f"{p.headline}\n\n{p.text}",
                "headline": p.headline,
                "key": f"piece-{p.number}",
                "source": "Soak",
            }
            for p in (piece(FIRST_SUBMITTED_PIECE + n, words=120) for n in range(first, first + count))
        ]

        def hand_in() -> None:
            with Desk(load(self.all_environment())) as desk:
                desk.submit(messages)

        self.persist(hand_in)

    def persist(self, work: Callable[[], None]) -> None:
        """Do it again until PostgreSQL is there."""
        while True:
            try:
                return work()
            except Transient:
                time.sleep(0.2)

    def number(self, query: LiteralString) -> int:
        """The only number that a query answers; -1 while PostgreSQL is away."""
        try:
            with psycopg.connect(self.postgres.url, autocommit=True, connect_timeout=3) as connection:
                row = connection.execute(query).fetchone()
                return int(row[0]) if row else 0
        except psycopg.OperationalError:
            return -1

    def is_drained(self) -> bool:
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

    def count(self) -> dict[str, int]:
        """What there is, and how much of it breaks a rule: every number but the first four must be 0."""
        return {
            "articles": self.number("SELECT count(*) FROM wire_v1.articles"),
            "created": self.number("SELECT count(*) FROM wire_v1.outcomes WHERE outcome = 'created'"),
            "repeated": self.number("SELECT count(*) FROM wire_v1.outcomes WHERE outcome = 'repeated'"),
            "changes": self.number("SELECT count(*) FROM wire_v1.changes"),
            "rejected": self.number("SELECT count(*) FROM wire_v1.outcomes WHERE outcome = 'rejected'"),
            "revised": self.number("SELECT count(*) FROM wire_v1.outcomes WHERE outcome = 'revised'"),
            "waiting": self.number("SELECT count(*) FROM wiredesk.document WHERE state = 'waiting'"),
            "headlines filed twice": self.number(
                "SELECT count(*) FROM (SELECT FROM wire_v1.articles GROUP BY headline HAVING count(*) > 1) twice"
            ),
            "items with two outcomes": self.number(
                "SELECT count(*) FROM "
                "(SELECT FROM wire_v1.outcomes GROUP BY document_id, item_no HAVING count(*) > 1) two"
            ),
            "documents whose outcomes don't add up": self.number(
                "SELECT count(*) FROM wiredesk.document d WHERE created + revised + repeated + rejected <> "
                "(SELECT count(*) FROM wiredesk.outcome o WHERE o.document_id = d.document_id)"
            ),
            "articles without their revision": self.number(
                "SELECT count(*) FROM wiredesk.article a WHERE revision_no <> "
                "(SELECT count(*) FROM wiredesk.revision r WHERE r.article_id = a.article_id)"
            ),
        }

    def _start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                services.command(services.by_name(name), processes=2 if name == "ingest" else 0),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=services.environment(self.all_environment()),
                process_group=0,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )


def _again(start: Callable[[], Server]) -> Server:
    """Start a server on its old port, which the kernel may hold for a moment."""
    for _ in range(20):
        try:
            return start()
        except UsageError:
            time.sleep(0.5)
    return start()


def wrong(found: Mapping[str, int], articles: int) -> list[str]:
    """What is not as it must be, in words."""
    said = [
        f"{name}: {found[name]}, not {articles}"
        for name in ("articles", "created", "changes")
        if found[name] != articles
    ]
    return said + [f"{name}: {number}" for name, number in list(found.items())[4:] if number]


def cause_faults(desk: DeskUnderFaults, rng: random.Random, is_over: Callable[[], bool]) -> None:
    """One fault every one to three seconds. From the main thread: servers end with the thread that started them."""
    names = [service.name for service in services.SERVICES]
    kinds: list[Callable[[], None]] = [
        lambda: desk.kill_worker(rng.choice(names)),
        lambda: desk.kill_child(rng.choice(("ingest", "fetch", "dispatch"))),
        desk.kill_redis,
        desk.empty_redis,
        desk.kill_postgres,
    ]
    while not is_over():
        time.sleep(rng.uniform(1, 3))
        rng.choice(kinds)()
        desk.mend()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120, help="how long faults happen (default: 120)")
    parser.add_argument("--feeds", type=int, default=40)
    parser.add_argument("--entries", type=int, default=25)
    parser.add_argument("--submissions", type=int, default=600)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    options = parser.parse_args()
    print(
        f"seed {options.seed}: {options.feeds} feeds of {options.entries}, {options.submissions} submissions",
        flush=True,
    )
    # Random kills hit the same document more often than bad luck does in years: poison is not what is tested here.
    environment = {"WIREDESK_MAX_ATTEMPTS": "20"}
    with (
        tempfile.TemporaryDirectory() as folder,
        FeedServer(options.feeds, options.entries) as server,
        DeskUnderFaults(Path(folder), environment) as desk,
    ):
        stop_at = time.monotonic() + options.seconds
        work = threading.Thread(
            target=_work, args=(desk, server.urls(), options.submissions, options.seconds), daemon=True
        )
        work.start()
        rng = random.Random(options.seed)
        cause_faults(desk, rng, lambda: time.monotonic() > stop_at)
        work.join(60)
        print("faults:", ", ".join(f"{n} {name}" for name, n in sorted(desk.faults.items())), flush=True)
        started = time.monotonic()
        drained = desk.drain(120)
        print(f"{'drained' if drained else 'NOT drained'} after {time.monotonic() - started:.1f} s", flush=True)
        found = desk.count()
    for name, number in found.items():
        print(f"{number:>8,} {name}")
    expected = options.feeds * options.entries + options.submissions
    problems = wrong(found, expected)
    for problem in problems:
        print(f"WRONG: {problem}", file=sys.stderr)
    if not problems and drained:
        print(f"{expected:,} pieces went in, {found['articles']:,} articles came out, each once")
    return 1 if problems or not drained else 0


def _work(desk: DeskUnderFaults, urls: list[str], submissions: int, seconds: float) -> None:
    """Add the feeds and hand in the copy, spread over the time."""
    batches = max(1, int(seconds))
    for n in range(batches):
        some = urls[len(urls) * n // batches : len(urls) * (n + 1) // batches]
        first, end = submissions * n // batches, submissions * (n + 1) // batches
        desk.persist(lambda some=some: desk.add_feeds(some))  # type: ignore[misc]
        desk.submit(first, end - first)
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
