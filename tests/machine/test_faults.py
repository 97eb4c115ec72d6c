"""Everything arrives exactly once, whatever is killed in between: real processes, real kills."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bench import door
from bench.soak import BEYOND_THE_LEASE_SECONDS, Soak
from wiredesk.worker.errors import UsageError

FEEDS, ENTRIES = 40, 25


@pytest.mark.timeout(1200)
def test_everything_arrives_once_while_the_parts_are_killed(tmp_path: Path) -> None:
    """Every service, a child, a frozen child, a connection, a consumer, Redis (killed and emptied), PostgreSQL.

    The clock is set forward and back, services are replaced by another version of the code, and the disk is full.
    """
    soak = Soak(tmp_path, feed_count=FEEDS, entries=ENTRIES)
    try:
        soak.__enter__()
    except UsageError as error:
        pytest.skip(str(error))
    try:
        soak.start(seed=1, seconds=8)
        time.sleep(3)  # the services are in the middle of it
        processes = soak.processes
        faults: list[Callable[[], None]] = [
            lambda: processes.kill_worker("ingest"),
            lambda: processes.freeze_child("ingest", BEYOND_THE_LEASE_SECONDS),
            processes.kill_redis,
            lambda: processes.kill_child("dispatch"),
            lambda: processes.kill_worker("fetch"),
            lambda: processes.step_clock(90.0),
            lambda: processes.replace_worker("ingest"),
            soak.consumer.kill,
            processes.empty_redis,
            processes.kill_postgres,
            lambda: processes.kill_worker("dispatch"),
            lambda: processes.step_clock(-15.0),
            lambda: processes.replace_worker("dispatch"),
            processes.cut_connection,
            lambda: processes.kill_child("ingest"),
        ]
        for fault in faults:
            fault()
            processes.mend()
            soak.consumer.mend()
            time.sleep(1.2)
        if processes.disk.is_possible:
            processes.fill_disk()
        account = soak.finish()
        assert account.wrong == []
    finally:
        soak.__exit__()
    assert soak.processes.faults == Counter({
        "worker": 3, "child": 2, "frozen": 1, "redis": 1, "flushall": 1, "postgres": 1, "connection": 1, "clock": 2,
        "other version": 2, "full disk": int(processes.disk.is_possible),
    })  # fmt: skip
    assert soak.consumer.lives >= 2


@pytest.mark.timeout(900)
def test_redis_ways_in_keep_what_they_were_given() -> None:
    """A few rounds of `bench.door`: readers and servers killed and stopped while the stream and the queue are read."""
    try:
        assert door.run(6, seed=11, say=lambda line: None) == []
    except UsageError as error:
        pytest.skip(str(error))
