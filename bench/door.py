"""Whether Redis' ways in keep what they were given: submissions under faults, and a count of what arrived.

    python -m bench.door [--rounds 200] [--seed N]

Each round hands in submissions by the Celery task and the stream, some of them broken, and does one fault while they
are read: a reader killed with -9, the whole service `intake` killed, PostgreSQL standing still (SIGSTOP) or killed,
Redis killed. At the end every key must be in the inbox exactly once, and every broken message refused once.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import redis
from celery import Celery
from kombu.exceptions import OperationalError

from bench.servers import start_again
from wiredesk.worker import db
from wiredesk.worker.machine import embedded, services
from wiredesk.worker.machine.embedded import die_with_parent
from wiredesk.worker.migrate import migrate

TASK = "wiredesk.submit_article.v1"
PER_ROUND = 12
# Messages that are no submission to any reader; each is sent with a mark, so that it is counted once.
BROKEN: tuple[dict[str, Any], ...] = (
    {"name": "no.such.task", "args": [{"content": "A text."}]},
    {"name": TASK, "args": []},
    {"name": TASK, "args": [5]},
    {"name": TASK, "args": [{"content": "A text."}], "expires": -5.0},
    {"name": "wiredesk.dispatch", "args": [], "headers": {"timelimit": ["a", "b"]}},
)


class Door:
    """PostgreSQL, Redis and the service `intake`, each of which can be hurt."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.postgres = embedded.start_postgres(folder / "postgres")
        self.redis = embedded.start_redis(folder / "redis")
        with db.alone(self.postgres.url) as connection:
            list(migrate(connection))
        self.faults: Counter[str] = Counter()
        self._start()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self.redis.stop()
        self.postgres.stop()

    def keep_running(self) -> None:
        if self._process.poll() is not None:
            self._start()

    def kill_readers(self) -> None:
        for pid in self._children():
            os.kill(pid, signal.SIGKILL)

    def kill_one_reader(self) -> None:
        for pid in self._children()[:1]:
            os.kill(pid, signal.SIGKILL)

    def kill_service(self) -> None:
        self.kill_readers()
        self._process.kill()
        self._process.wait()
        self._start()

    def stop_postgres(self, seconds: float) -> None:
        """SIGSTOP its processes, and SIGCONT them later."""
        group = [self.postgres.pid, *_children(self.postgres.pid)]
        for pid in group:
            _signal(pid, signal.SIGSTOP)
        time.sleep(seconds)
        for pid in [*group, *_children(self.postgres.pid)]:
            _signal(pid, signal.SIGCONT)

    def kill_postgres(self) -> None:
        self.postgres.process.send_signal(signal.SIGQUIT)
        self.postgres.process.wait()
        self.postgres = start_again(lambda: embedded.start_postgres(self._folder / "postgres", port=self.postgres.port))

    def kill_redis(self) -> None:
        self.redis.process.kill()
        self.redis.process.wait()
        self.redis = start_again(lambda: embedded.start_redis(self._folder / "redis", port=self.redis.port))

    def _children(self) -> list[int]:
        return _children(self._process.pid)

    def _start(self) -> None:
        own = {"WIREDESK_DATABASE_URL": self.postgres.url, "WIREDESK_REDIS_URL": self.redis.url}
        with (self._folder / "intake.log").open("ab") as log:
            self._process = subprocess.Popen(
                services.command(services.INTAKE),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=services.environment({**os.environ, "WIREDESK_LOG_LEVEL": "warning", **own}),
                process_group=0,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )


def run(rounds: int, seed: int, say: Callable[[str], object] = print) -> list[str]:
    """The whole of it; what is wrong at the end, in words."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="wiredesk-door-") as folder:
        door = Door(Path(folder))
        try:
            expected, refused = _rounds(door, rng, rounds)
            say(f"faults: {', '.join(f'{n} {name}' for name, n in sorted(door.faults.items()))}")
            return _wrong(door, expected, refused, say)
        finally:
            door.close()


def _rounds(door: Door, rng: random.Random, rounds: int) -> tuple[set[str], int]:
    faults: dict[str, Callable[[], None]] = {
        "reader killed": door.kill_one_reader,
        "both readers killed": door.kill_readers,
        "service killed": door.kill_service,
        "PostgreSQL stopped": lambda: door.stop_postgres(rng.choice((0.3, 1.0, 3.0))),
        "PostgreSQL killed": door.kill_postgres,
        "Redis killed": door.kill_redis,
        "none": lambda: None,
    }
    weights = (6, 6, 4, 3, 1, 1, 2)
    expected: set[str] = set()
    refused = 0
    with Celery(broker=door.redis.url, set_as_current=False) as app, redis.Redis.from_url(door.redis.url) as client:
        for number in range(rounds):
            for n in range(PER_ROUND):
                key = f"{number}-{n}"
                message = {"content": f"Bridge {key} opens.", "key": key, "source": "Door"}
                if rng.random() < 0.15:
                    broken = rng.choice(BROKEN)
                    _persist(lambda broken=broken, key=key: app.send_task(**broken, task_id=key))  # type: ignore[misc]
                    refused += 1
                elif rng.random() < 0.5:
                    _persist(lambda message=message, key=key: app.send_task(TASK, [message], task_id=key))  # type: ignore[misc]
                    expected.add(key)
                else:
                    entry = {"message": json.dumps(message)}
                    _persist(lambda entry=entry: client.xadd("wiredesk:submissions", entry))  # type: ignore[misc]
                    expected.add(key)
            time.sleep(rng.uniform(0, 0.15))  # in the middle of it
            (name,) = rng.choices(list(faults), weights)
            door.faults[name] += 1
            faults[name]()
            door.keep_running()
    return expected, refused


def _wrong(door: Door, expected: set[str], refused: int, say: Callable[[str], object]) -> list[str]:
    found: Counter[str] = Counter()
    refusals = 0
    give_up_at = time.monotonic() + 120
    while time.monotonic() < give_up_at:
        with psycopg.connect(door.postgres.url, autocommit=True) as connection:
            rows = connection.execute("SELECT key, times FROM wiredesk.submission WHERE refusal IS NULL").fetchall()
            (refusals,) = connection.execute(
                "SELECT count(*) FROM wiredesk.submission WHERE refusal IS NOT NULL"
            ).fetchone() or (0,)
        found = Counter(key for key, _ in rows)
        if found.keys() == expected and refusals >= refused:
            break
        time.sleep(0.5)
    time.sleep(1)  # committed messages are removed from Redis
    say(f"{len(expected):,} handed in, {len(found):,} in the inbox; {refused:,} broken, {refusals:,} refused")
    wrong = [f"lost: {key}" for key in sorted(expected - found.keys())]
    wrong += [f"{n} times: {key}" for key, n in found.items() if n != 1 or key not in expected]
    with redis.Redis.from_url(door.redis.url) as client:
        names: Any = client.keys("wiredesk:*:taken:*")
        left = int(client.llen("celery")) + int(client.xlen("wiredesk:submissions")) + len(names)
    return (
        wrong
        + ([f"{refusals} refused, not {refused}"] if refusals != refused else [])
        + ([f"left: {left}"] * (left > 0))
    )


def _persist(hand_in: Callable[[], object]) -> None:
    """Again under the same id until Redis took it, as a producer does."""
    while True:
        try:
            hand_in()
            return
        except (redis.RedisError, OperationalError):
            time.sleep(0.1)


def _children(pid: int) -> list[int]:
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.door", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.rounds} rounds", flush=True)
    wrong = run(options.rounds, options.seed)
    for line in wrong[:20]:
        print(f"WRONG: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
