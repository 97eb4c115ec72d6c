"""Everything arrives exactly once, whatever is killed in between: real processes, real kills."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.feed_server import FeedServer
from bench.soak import DeskUnderFaults, wrong
from wiredesk.worker.errors import UsageError

FEEDS, ENTRIES, SUBMISSIONS = 40, 25, 300


@pytest.mark.timeout(240)
def test_everything_arrives_once_while_the_parts_are_killed(tmp_path: Path) -> None:
    """A worker, its child, the dispatcher, the fetcher, Redis (killed and emptied), PostgreSQL, one after the other."""
    desk = DeskUnderFaults(tmp_path)
    try:
        desk.__enter__()
    except UsageError as error:
        pytest.skip(str(error))
    try:
        with FeedServer(FEEDS, ENTRIES) as server:
            urls = server.urls()

            def work() -> None:
                for n in range(10):
                    desk.persist(lambda n=n: desk.add_feeds(urls[n * 4 : n * 4 + 4]))  # type: ignore[misc]
                    desk.submit(n * 30, 30)
                    time.sleep(0.8)

            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            time.sleep(4)  # the services are up, and in the middle of it
            faults: list[Callable[[], None]] = [
                lambda: desk.kill_worker("ingest"),
                lambda: desk.kill_child("ingest"),
                desk.kill_redis,
                lambda: desk.kill_worker("fetch"),
                desk.empty_redis,
                desk.kill_postgres,
                lambda: desk.kill_worker("dispatch"),
                desk.empty_redis,
            ]
            for fault in faults:
                fault()
                desk.mend()
                time.sleep(1.2)
            thread.join(60)
            assert desk.drain(90), desk.count()
            found = desk.count()
    finally:
        desk.__exit__()
    assert wrong(found, FEEDS * ENTRIES + SUBMISSIONS) == []
    assert desk.faults == {"worker": 3, "child": 1, "redis": 1, "flushall": 2, "postgres": 1}
