"""Everything arrives exactly once, whatever is killed in between: real processes, real kills."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import door
from bench.soak import BEYOND_THE_LEASE_SECONDS, Soak
from wiredesk.worker.errors import UsageError

FEEDS, ENTRIES = 40, 25


@pytest.mark.timeout(1200)
def test_everything_arrives_once_while_the_parts_are_killed(tmp_path: Path) -> None:
    """Every service, a child, a frozen child, a connection, a consumer, Redis (killed and emptied), PostgreSQL."""
    soak = Soak(tmp_path, 1, feed_count=FEEDS, entries=ENTRIES)
    try:
        soak.__enter__()
    except UsageError as error:
        pytest.skip(str(error))
    try:
        soak.start(8)
        time.sleep(4)  # the services are up, and in the middle of it
        processes = soak.processes
        faults: list[Callable[[], None]] = [
            lambda: processes.kill_worker("ingest"),
            lambda: processes.freeze_child("ingest", BEYOND_THE_LEASE_SECONDS),
            processes.kill_redis,
            lambda: processes.kill_child("dispatch"),
            lambda: processes.kill_worker("fetch"),
            soak.consumer.kill,
            processes.empty_redis,
            processes.kill_postgres,
            lambda: processes.kill_worker("dispatch"),
            processes.cut_connection,
            lambda: processes.kill_child("ingest"),
        ]
        for fault in faults:
            fault()
            processes.mend()
            soak.consumer.mend()
            time.sleep(1.2)
        account = soak.finish()
        assert account.wrong == []
    finally:
        soak.__exit__()
    assert soak.processes.faults == {
        "worker": 3, "child": 2, "frozen": 1, "redis": 1, "flushall": 1, "postgres": 1, "connection": 1,
    }  # fmt: skip
    assert soak.consumer.lives >= 2


@pytest.mark.timeout(900)
def test_redis_ways_in_keep_what_they_were_given() -> None:
    """A few rounds of `bench.door`: readers and servers killed and stopped while the stream and the queue are read."""
    try:
        assert door.run(6, seed=11, say=lambda line: None) == []
    except UsageError as error:
        pytest.skip(str(error))
