"""The change feed under eight writers, read by consumers that are killed: nothing is missed, doubled or out of order.

    python -m bench.change_feed [--changes 50000] [--seed 1]

Writers commit transactions of one to eight changes after random delays, some late, some rolled back to a savepoint or
as a whole. One consumer reads `changes_after` by SQL, one is `wiredesk changes --follow`, killed every other second.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench import machine
from bench.consumers import CommandConsumer, SqlConsumer
from bench.servers import server
from wiredesk.worker import db
from wiredesk.worker.machine import embedded
from wiredesk.worker.migrate import migrate

WRITERS = 8
_INSERT = "INSERT INTO wiredesk.change (kind, article_id) VALUES ('created', 0) RETURNING cursor"
_PATIENCE_SECONDS = 120.0


@dataclass(slots=True)
class Written:
    """The cursors that were committed, and whether writers go on."""

    wanted: int
    cursors: set[int] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_enough(self) -> bool:
        return len(self.cursors) >= self.wanted


def run(database_url: str, folder: Path, *, changes: int, seed: int, kill_seconds: float = 2.0) -> list[str]:
    """Write at least that many changes, and compare: every fault, in words."""
    written = Written(changes)
    writers = [
        threading.Thread(target=_write, args=(database_url, random.Random(seed * 100 + n), written))
        for n in range(WRITERS)
    ]
    environment = {**os.environ, "WIREDESK_DATABASE_URL": database_url, "WIREDESK_DATA_DIR": str(folder / "data")}
    by_sql, by_command = SqlConsumer(database_url), CommandConsumer(folder, environment)
    try:
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            time.sleep(kill_seconds)
            by_command.kill()
        _await_consumers(database_url, by_sql)
    finally:
        by_sql.stop()
        by_command.stop()
    lives = by_command.cursors()
    print(f"{len(written.cursors):,} changes; the command lived {len(lives)} times")
    return [*_compared("by SQL", written.cursors, [by_sql.cursors]), *_compared("by command", written.cursors, lives)]


def _write(database_url: str, rng: random.Random, written: Written) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        while not written.is_enough():
            mine: list[int] = []
            with connection.transaction(force_rollback=rng.random() < 0.05) as whole:
                for _ in range(rng.randint(1, 8)):
                    with connection.transaction(force_rollback=rng.random() < 0.1) as part:
                        row = connection.execute(_INSERT).fetchone()
                    if row is not None and not part.force_rollback:
                        mine.append(row[0])
                if rng.random() < 0.3:
                    time.sleep(rng.uniform(0.3, 1.5) if rng.random() < 0.02 else rng.expovariate(1 / 0.02))
            if not whole.force_rollback:
                with written.lock:
                    written.cursors.update(mine)


def _await_consumers(database_url: str, by_sql: SqlConsumer) -> None:
    """Until both have come to the end, or nothing moves any more."""
    seen, give_up_at = (0, 0), time.monotonic() + _PATIENCE_SECONDS
    with db.alone(database_url) as connection:
        while time.monotonic() < give_up_at:
            row = connection.execute(
                "SELECT (SELECT max(cursor) FROM wiredesk.change), (SELECT max(cursor) FROM wiredesk.consumer)"
            ).fetchone()
            top, confirmed = row or (0, 0)
            if confirmed == top and by_sql.cursors[-1:] == [top]:
                return
            if (confirmed or 0, len(by_sql.cursors)) != seen:
                seen, give_up_at = (confirmed or 0, len(by_sql.cursors)), time.monotonic() + _PATIENCE_SECONDS
            time.sleep(0.2)


def _compared(consumer: str, written: set[int], lives: list[list[int]]) -> Iterator[str]:
    seen = {cursor for life in lives for cursor in life}
    if missed := sorted(written - seen):
        yield f"{consumer}: {len(missed)} changes were missed, the first is {missed[0]}"
    if invented := sorted(seen - written):
        yield f"{consumer}: {len(invented)} changes were never committed, the first is {invented[0]}"
    for number, life in enumerate(lives, 1):
        if life != sorted(set(life)):
            yield f"{consumer}: changes are out of order or doubled in its life {number}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.change_feed", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--changes", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(machine.description())
    with tempfile.TemporaryDirectory() as folder, server(embedded.start_postgres) as postgres:
        with db.alone(postgres.url) as connection:
            list(migrate(connection))
        wrong = run(postgres.url, Path(folder), changes=options.changes, seed=options.seed)
    print("\n".join(wrong) or "both consumers saw every change, in order")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
