"""Accepting wakes the dispatcher: a submission does not wait for the tick."""

from __future__ import annotations

import threading

from newsroom import FERRY, StartCelery, hand_in, value, values, wait_until

from wiredesk.worker.db import Connection
from wiredesk.worker.inbox import wake

OF_OTHERS = "FROM pg_stat_activity WHERE query LIKE 'LISTEN%%' AND datname = current_database()"


def test_a_submission_does_not_wait_for_the_tick(start_celery: StartCelery, connection: Connection) -> None:
    """Beat ticks once a minute here, and what is handed in is filed long before."""
    start_celery("worker", "-Q", "dispatch,ingest", "-c", "1", WIREDESK_TICK_SECONDS="60")
    start_celery("beat", "--schedule", "/dev/null", "--scheduler", "celery.beat:Scheduler", "--pidfile", "",
                 WIREDESK_TICK_SECONDS="60")  # fmt: skip
    wait_until(lambda: value(connection, f"SELECT count(*) {OF_OTHERS}") == 1, what="the listener")
    for n in range(3):
        hand_in(connection, {"content": f"{FERRY} {n}", "key": f"k{n}"})
        wait_until(lambda n=n: value(connection, "SELECT count(*) FROM wire_v1.outcomes") == n + 1, what="the outcome")  # type: ignore[misc]


def test_the_listener_hears_again_after_its_connection_was_cut(connection: Connection, database_url: str) -> None:
    heard: list[str] = []
    free, stopping = threading.Event(), threading.Event()

    def hear() -> None:
        heard.append("wake")
        free.wait()

    thread = threading.Thread(target=wake.listen, args=(database_url, hear, stopping))
    thread.start()
    try:
        wait_until(lambda: len(heard) == 1, what="the first look")
        for n in range(50):
            hand_in(connection, {"content": f"Text {n}."})
        free.set()
        wait_until(lambda: len(heard) > 1, what="the notification")
        wait_until(lambda: value(connection, f"SELECT count(*) {OF_OTHERS}") == 1, what="the listener")
        values(connection, f"SELECT pg_terminate_backend(pid) {OF_OTHERS}")
        seen = len(heard)
        wait_until(lambda: len(heard) > seen, what="the look after it connected again")
        seen = len(heard)
        hand_in(connection, {"content": "One more."})
        wait_until(lambda: len(heard) > seen, what="the notification")
        assert len(heard) <= 5  # fifty during one look are one; the others are the steps above
        seen = len(heard)
        hand_in(connection, {"content": "One more.", "key": "k"})
        wait_until(lambda: len(heard) > seen, what="the notification")
        hand_in(connection, {"content": "One more.", "key": "k"})
    finally:
        free.set()
        stopping.set()
        thread.join()
    assert len(heard) == seen + 1  # what is repeated wakes nobody
