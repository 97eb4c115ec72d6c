"""What machines ask the service web."""

from __future__ import annotations

import time

from web_site import Site

from wiredesk.worker.db import Connection
from wiredesk.worker.store.health import note_heartbeat


def test_a_process_that_answers_is_alive(web: Site) -> None:
    answer = web.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_is_ready_when_the_dispatcher_ran_and_not_before_a_stall_is_over(web: Site, connection: Connection) -> None:
    note_heartbeat(connection, "dispatch")
    ready = web.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    connection.execute("UPDATE wiredesk.heartbeat SET at = now() - interval '1 minute'")
    time.sleep(2.1)  # the answer is kept for two seconds
    stalled = web.get("/readyz")
    assert (stalled.status_code, stalled.json()["status"]) == (503, "not_ready")
    assert {"check": "dispatch", "state": "fail"} in stalled.json()["checks"]
