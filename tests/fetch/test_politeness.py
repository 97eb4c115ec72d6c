"""Four worker processes and one host: its own log shows what they did to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

from local_site import Answer, Site
from newsroom import StartCelery, entry, rss, value, wait_until

from wiredesk.worker.db import Connection
from wiredesk.worker.store import feeds
from wiredesk.worker.store.records import NewFeed

FEEDS = 8
SPACING_SECONDS = 0.3
ANSWER_SECONDS = 0.5


def start_workers(start_celery: StartCelery) -> None:
    environment = {
        "WIREDESK_ALLOWED_NETWORKS": "127.0.0.0/8", "WIREDESK_PER_HOST": "2", "WIREDESK_TICK_SECONDS": "0.2",
        "WIREDESK_HOST_SPACING_SECONDS": str(SPACING_SECONDS), "WIREDESK_FETCH_BATCH": "2",
    }  # fmt: skip
    start_celery("worker", "-Q", "dispatch", "-c", "1", **environment)
    start_celery("worker", "-Q", "fetch", "-c", "4", **environment)
    start_celery("worker", "-Q", "ingest", "-c", "1", **environment)
    beat = ("--schedule", "/dev/null", "--scheduler", "celery.beat:Scheduler", "--pidfile", "")
    start_celery("beat", *beat, **environment)


def test_four_workers_keep_to_the_budget_of_a_host(
    connection: Connection, start_celery: StartCelery, site: Site
) -> None:
    """Eight feeds in four messages, two at a time and 0.3 s apart; slow answers, so that two overlap."""
    lock = threading.Lock()
    begun: list[float] = []
    running = most = 0

    def slowly(number: int, _: Mapping[str, str]) -> Answer:
        nonlocal running, most
        with lock:
            begun.append(time.monotonic())
            running += 1
            most = max(most, running)
        time.sleep(ANSWER_SECONDS)
        with lock:
            running -= 1
        return (200, {}, rss(entry(number)))

    for number in range(FEEDS):
        site.answers[f"/{number}.xml"] = partial(slowly, number)
    start_workers(start_celery)
    feeds.add(connection, [NewFeed(url=site.url(f"/{number}.xml")) for number in range(FEEDS)])
    wait_until(lambda: value(connection, "SELECT count(*) FROM wire_v1.articles") == FEEDS, what="filing")
    assert sorted(path for path, _ in site.seen) == sorted(f"/{number}.xml" for number in range(FEEDS))
    assert most == 2
    gaps = [later - earlier for earlier, later in pairwise(sorted(begun))]
    # The log is late when the server's thread has to wait for a processor.
    assert min(gaps) >= SPACING_SECONDS - 0.1, gaps
    assert value(connection, "SELECT count(*) FROM wire_v1.fetches WHERE status = 200") == FEEDS


def test_a_host_that_asks_to_wait_is_left_alone_by_all_workers(
    connection: Connection, start_celery: StartCelery, site: Site
) -> None:
    wait_seconds = 4
    asked: list[float] = []

    def answer(_: Mapping[str, str]) -> Answer:
        asked.append(time.monotonic())
        if len(asked) <= 1:
            return (429, {"Retry-After": str(wait_seconds)}, b"")
        return (200, {}, rss(entry(len(asked))))

    for number in range(FEEDS):
        site.answers[f"/{number}.xml"] = answer
    start_workers(start_celery)
    feeds.add(connection, [NewFeed(url=site.url(f"/{number}.xml")) for number in range(FEEDS)])
    # The one that was told to wait comes again by its own schedule, the others when the host may be asked.
    wait_until(lambda: len(asked) >= FEEDS, what="the polls")
    first, *others = sorted(asked)
    # What was under way when the answer came is not late; everything after it waits.
    late = [moment for moment in others if moment - first > SPACING_SECONDS + 0.5]
    assert len(others) - len(late) <= 1
    assert min(late) - first >= wait_seconds - 0.1
    told = value(connection, "SELECT min(next_fetch_at) FROM wire_v1.feeds WHERE last_status = 429")
    assert told > datetime.now(UTC)
