"""The dispatcher: exclusive leases, limits, lanes, poison, and queries that stay fast."""

from __future__ import annotations

import os
import signal
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest
from newsroom import (
    NOW,
    StartCelery,
    file_waiting,
    hand_in,
    ingest_documents,
    outcomes_of,
    prose,
    settings_of,
    value,
    values,
    wait_until,
)

from wiredesk import schema
from wiredesk.worker import db, events
from wiredesk.worker.db import Connection
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds, health, inbox, stories


def submit(connection: Connection, count: int, *, size: int = 0, prefix: str = "k") -> list[int]:
    """Documents with a key each, so of a lane each; their ids in order."""
    for start in range(0, count, 500):
        hand_in(
            connection,
            *(
                {"content": f"Text {prefix} {n} " + "x" * size, "key": f"{prefix}{n}"}
                for n in range(start, min(count, start + 500))
            ),
        )
    found = values(connection, "SELECT document_id FROM wiredesk.document WHERE state = 'waiting' ORDER BY document_id")
    return [int(n) for n in found[-count:]]


def ingest_hints(settings: Settings) -> list[dispatch.Hint]:
    return [hint for hint in dispatch.tick(settings) if hint.work == "ingest"]


def expire(connection: Connection) -> None:
    connection.execute("UPDATE wiredesk.document SET due_at = now() - interval '1 millisecond' WHERE state = 'waiting'")


def test_a_lease_is_given_once_until_it_ends(connection: Connection, settings: Settings) -> None:
    ids = submit(connection, 3)
    (first,) = ingest_hints(settings)
    assert first.ids == tuple(ids)
    assert ingest_hints(settings) == []
    expire(connection)
    (second,) = ingest_hints(settings)
    assert second.ids == first.ids
    assert second.token != first.token
    assert values(connection, "SELECT DISTINCT attempts FROM wiredesk.document") == [0]  # nobody began


def test_two_dispatchers_share_the_work(connection: Connection, settings: Settings) -> None:
    """One holds its rows in an open transaction: the other skips them without waiting."""
    ids = submit(connection, 10)
    with db.alone(settings.database_url) as other, other.transaction():
        mine = inbox.lease_documents(other, "ingest", uuid.uuid4(), limit=4, lease_seconds=30)
        started = time.monotonic()
        theirs = inbox.lease_documents(connection, "ingest", uuid.uuid4(), limit=10, lease_seconds=30)
        assert time.monotonic() - started < 2
    assert sorted(d.document_id for d in mine) == ids[:4]
    assert sorted(d.document_id for d in theirs) == ids[4:]


def test_many_dispatchers_at_once_lease_each_document_once(connection: Connection, settings: Settings) -> None:
    ids = submit(connection, 400)
    leased: list[int] = []

    def lease() -> None:
        with db.alone(settings.database_url) as mine:
            while got := inbox.lease_documents(mine, "ingest", uuid.uuid4(), limit=7, lease_seconds=30):
                leased.extend(d.document_id for d in got)

    threads = [threading.Thread(target=lease) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(leased) == ids


def test_no_more_than_in_flight_are_leased(connection: Connection, database_url: str) -> None:
    settings = settings_of(database_url, in_flight="5", ingest_batch="2")
    ids = submit(connection, 12)
    hints = ingest_hints(settings)
    assert [hint.ids for hint in hints] == [tuple(ids[0:2]), tuple(ids[2:4]), tuple(ids[4:5])]
    assert ingest_hints(settings) == []
    assert outcomes_of(ingest_documents(settings, hints[0].ids, hints[0].token)) == ["created"] * 2
    assert [hint.ids for hint in ingest_hints(settings)] == [tuple(ids[5:7])]


def test_documents_of_a_lane_are_issued_one_after_the_other(connection: Connection, settings: Settings) -> None:
    hand_in(connection, *({"content": f"{prose(1)} Version {n}.", "key": "same"} for n in range(3)))
    hand_in(connection, {"content": "Another.", "key": "other"})
    a, b, c, other = values(connection, "SELECT document_id FROM wiredesk.document ORDER BY document_id")
    (hint,) = ingest_hints(settings)
    assert hint.ids == (a, other)
    assert ingest_hints(settings) == []
    ingest_documents(settings, hint.ids, hint.token)
    (hint,) = ingest_hints(settings)
    assert hint.ids == (b,)
    ingest_documents(settings, hint.ids, hint.token)
    (hint,) = ingest_hints(settings)
    assert hint.ids == (c,)


def test_an_attempt_counts_when_it_is_begun(connection: Connection, settings: Settings) -> None:
    (document_id,) = submit(connection, 1)
    (hint,) = ingest_hints(settings)
    taken = inbox.take_documents(connection, [document_id], hint.token, lease_seconds=60)
    assert [t.attempts for t in taken] == [1]
    assert value(connection, "SELECT attempts FROM wiredesk.document") == 1
    assert value(connection, "SELECT due_at > now() + interval '50 seconds' FROM wiredesk.document") is True
    inbox.give_back_documents(connection, [document_id], hint.token)
    assert values(connection, "SELECT attempts, lease_token FROM wiredesk.document") == [(0, None)]


def test_a_document_that_was_begun_before_is_issued_alone(connection: Connection, settings: Settings) -> None:
    ids = submit(connection, 6)
    connection.execute("UPDATE wiredesk.document SET attempts = 1 WHERE document_id = ANY(%s)", [[ids[1], ids[4]]])
    assert [hint.ids for hint in ingest_hints(settings)] == [
        (ids[0],), (ids[1],), (ids[2], ids[3]), (ids[4],), (ids[5],),
    ]  # fmt: skip


def test_poison_is_set_aside_after_max_attempts_and_kept(connection: Connection, database_url: str) -> None:
    settings = settings_of(database_url, max_attempts="2")
    bad, good = submit(connection, 2)
    for attempt in (1, 2):  # its worker dies twice: begun, and never finished
        hint = next(hint for hint in ingest_hints(settings) if bad in hint.ids)
        assert inbox.take_documents(connection, [bad], hint.token, lease_seconds=60)[0].attempts == attempt
        expire(connection)
    outcomes = file_waiting(settings)
    assert {(o.at.document_id, o.outcome, o.reason) for o in outcomes} == {
        (bad, "rejected", "poison: its worker died 2 times while reading it (max_attempts)"),
        (good, "created", None),
    }
    assert values(
        connection,
        "SELECT d.state, d.attempts, d.reason, length(b.content) > 0 FROM wiredesk.document d "
        "JOIN wiredesk.body b ON b.sha256 = d.body_sha256 WHERE document_id = %s",
        bad,
    ) == [("done", 3, "poison: its worker died 2 times while reading it (max_attempts)", True)]
    assert ingest_hints(settings) == []


def test_batches_end_by_bytes(connection: Connection, settings: Settings) -> None:
    ids = submit(connection, 5, size=150_000)
    assert [hint.ids for hint in ingest_hints(settings)] == [tuple(ids[0:2]), tuple(ids[2:4]), tuple(ids[4:5])]


def test_one_document_above_the_batch_size_is_still_issued(connection: Connection, settings: Settings) -> None:
    ids = submit(connection, 3, size=900_000)
    assert [hint.ids for hint in ingest_hints(settings)] == [(n,) for n in ids]


def test_a_child_that_is_killed_does_not_take_the_batch_with_it(
    connection: Connection, start_celery: StartCelery, settings: Settings, tmp_path: Path
) -> None:
    """A lock holds the child while it files five documents; it is killed there, and they are filed once each later."""
    environment = {"WIREDESK_TICK_SECONDS": "0.2", "WIREDESK_TASK_SECONDS": "5", "WIREDESK_FETCH_SECONDS": "2",
                   "WIREDESK_PARSE_SECONDS": "1", "WIREDESK_ISSUE_LEASE_SECONDS": "1"}  # fmt: skip
    submit(connection, 5)
    start_celery("worker", "-Q", "dispatch,ingest", "-c", "1", **environment)
    with connection.transaction():
        connection.execute("LOCK TABLE wiredesk.alias IN ACCESS EXCLUSIVE MODE")
        start_celery(
            "beat", "--schedule", "/dev/null", "--scheduler", "celery.beat:Scheduler", "--pidfile", "", **environment
        )
        with db.alone(settings.database_url) as other:
            wait_until(lambda: value(other, "SELECT min(attempts) FROM wiredesk.document") == 1, what="the attempt")
            wait_until(
                lambda: (
                    value(
                        other,
                        "SELECT count(*) FROM pg_stat_activity "
                        "WHERE wait_event_type = 'Lock' AND datname = current_database()",
                    )
                    > 0
                ),
                what="the child in its transaction",
            )
            pid = value(
                other,
                "SELECT client_port FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND datname = current_database() LIMIT 1",
            )
            kill_owner_of_port(int(pid))
    # The lease of what was begun is task_seconds + 10.
    connection.execute("UPDATE wiredesk.document SET due_at = now() WHERE state = 'waiting' AND attempts > 0")
    wait_until(
        lambda: value(connection, "SELECT count(*) FROM wire_v1.outcomes") == 5, seconds=30, what="five outcomes"
    )
    assert values(connection, "SELECT DISTINCT outcome FROM wire_v1.outcomes") == ["created"]
    assert value(connection, "SELECT count(*) FROM wire_v1.articles") == 5
    assert values(connection, "SELECT DISTINCT attempts FROM wiredesk.document") == [2]


def kill_owner_of_port(port: int) -> None:
    """Kill -9 the process of this machine that has this local TCP port: the child that is waiting in PostgreSQL."""
    wanted = f":{port:04X}"
    inodes = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(wanted)
    }

    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            links = [str(descriptor.readlink()) for descriptor in (folder / "fd").iterdir()]
            if any(f"socket:[{inode}]" in links for inode in inodes) and b"celery" in (folder / "cmdline").read_bytes():
                os.kill(int(folder.name), signal.SIGKILL)
                return
        except OSError:
            continue
    raise AssertionError(f"nobody has port {port}")


# ---- hot queries at size


def plan_of(connection: Connection, query: str, parameters: dict[str, Any]) -> str:
    explained = connection.execute("EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) " + query, parameters)
    return "\n".join(line for (line,) in explained)


def test_statements_of_workers_are_not_compiled(database_url: str) -> None:
    """On PostgreSQL 17 compiling took a second of each transaction; it is the server's default."""
    with db.connected(database_url) as as_workers:
        assert as_workers.execute("SHOW jit").fetchone() == ("off",)
    db.close()


@pytest.mark.parametrize("analysed", ["never", "while empty", "while full"])
def test_a_backlog_costs_one_look_a_document_whatever_is_known_of_the_table(
    connection: Connection, database_url: str, analysed: str
) -> None:
    """Each with a lane of its own. The planner once compared each with each: 13 s at 10,000, a hundred times that at
    100,000."""
    if analysed == "while empty":
        connection.execute("ANALYZE wiredesk.document")
    connection.execute(
        "INSERT INTO wiredesk.document (origin, received_at, lane, due_at) "
        "SELECT 'submission', %s, gen_random_uuid(), now() - interval '1 minute' FROM generate_series(1, 3000)",
        [NOW],
    )
    if analysed == "while full":
        connection.execute("ANALYZE wiredesk.document")
    ids = values(connection, "SELECT document_id FROM wiredesk.document")
    token = uuid.uuid4()
    queries = schema.queries("inbox")
    lease = {"needs": "ingest", "token": token, "limit": 2000, "lease_seconds": 30}
    stored = {"document_ids": ids[2000:], "token": token, "lease_seconds": 30}
    with db.connected(database_url) as as_workers:
        plans = [
            plan_of(as_workers, queries["lease_documents"], lease),
            plan_of(as_workers, queries["lease_stored"], stored),
        ]
    db.close()
    for plan in plans:
        assert "Index Scan using document_lane on document e" in plan, plan
        assert "Index Cond: ((lane = d.lane) AND (document_id < d.document_id))" in plan, plan
        assert "Rows Removed by Join Filter" not in plan, plan
    assert value(connection, "SELECT count(*) FROM wiredesk.document WHERE lease_token = %s", token) == 3000


def test_leasing_uses_its_indexes_with_100_000_rows(connection: Connection) -> None:
    connection.execute(
        """INSERT INTO wiredesk.document (origin, state, needs, received_at, lane, due_at, done_at)
           SELECT 'submission', CASE WHEN n %% 10 = 0 THEN 'waiting' ELSE 'done' END,
                  CASE WHEN n %% 20 = 0 THEN 'fetch' ELSE 'ingest' END, %s, gen_random_uuid(),
                  now() - interval '1 minute', now()
           FROM generate_series(1, 100000) n""",
        [NOW],
    )
    connection.execute(
        "INSERT INTO wiredesk.feed (url, next_fetch_at) SELECT 'https://harbour.example/' || n, "
        "now() + make_interval(secs => n - 500) FROM generate_series(1, 100000) n"
    )
    connection.execute("ANALYZE wiredesk.document")
    connection.execute("ANALYZE wiredesk.feed")
    queries = schema.queries("inbox")
    lease = {"needs": "ingest", "token": uuid.uuid4(), "limit": 100, "lease_seconds": 30}
    plan = plan_of(connection, queries["lease_documents"], lease)
    assert "document_due" in plan and "document_lane" in plan
    assert "Seq Scan on document" not in plan, plan
    plan = plan_of(connection, queries["documents_in_flight"], {"needs": "ingest"})
    assert "document_leased" in plan and "Seq Scan" not in plan, plan
    plan = plan_of(
        connection, schema.queries("feeds")["lease"], {"token": uuid.uuid4(), "limit": 100, "lease_seconds": 30}
    )
    assert "feed_due" in plan and "Seq Scan" not in plan, plan
    plan = plan_of(connection, schema.queries("feeds")["in_flight"], {})
    assert "feed_leased" in plan and "Seq Scan" not in plan, plan
    started = time.monotonic()
    assert len(inbox.lease_documents(connection, "ingest", uuid.uuid4(), limit=2_000, lease_seconds=30)) == 2_000
    assert len(feeds.lease(connection, uuid.uuid4(), limit=300, lease_seconds=30)) == 300
    assert time.monotonic() - started < 3


def test_one_busy_lane_does_not_slow_the_others(connection: Connection, database_url: str) -> None:
    """Twenty thousand versions of one key wait: a tick still finds the first of it, and the others."""
    connection.execute(
        """INSERT INTO wiredesk.document (origin, needs, received_at, lane, due_at)
           SELECT 'submission', 'ingest', %s, 'e3bb2c1a-0000-4000-8000-000000000000', now() - interval '1 minute'
           FROM generate_series(1, 20000) n""",
        [NOW],
    )
    submit(connection, 3)
    started = time.monotonic()
    with db.connected(database_url) as as_workers:
        assert len(inbox.lease_documents(as_workers, "ingest", uuid.uuid4(), limit=100, lease_seconds=30)) == 4
    db.close()
    assert time.monotonic() - started < 2


# ---- one bad row


def test_a_recheck_that_can_not_be_issued_stops_alone(
    connection: Connection, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The ladder of one feed holds a time that PostgreSQL can't add: the others' pages are issued."""
    for n in range(3):
        ladder = [1e300] if n == 1 else [60.0]
        connection.execute(
            "WITH f AS (INSERT INTO wiredesk.feed (url, recheck_ladder) VALUES (%s, %s) RETURNING feed_id) "
            "INSERT INTO wiredesk.recheck (article_id, url, feed_id, context, due_at) "
            "SELECT %s, %s, feed_id, '{}', now() - interval '1 minute' FROM f",
            [f"https://harbour.example/{n}", ladder, n, f"https://harbour.example/news/{n}"],
        )
    submit(connection, 1)
    hints = dispatch.tick(settings)
    assert sorted((hint.work, len(hint.ids)) for hint in hints) == [("fetch", 2), ("ingest", 1), ("poll", 3)]
    assert values(connection, "SELECT article_id FROM wiredesk.recheck WHERE due_at = 'infinity'") == [1]
    assert [r.message for r in caplog.records if r.levelname == "WARNING"] == [events.RECHECK_STOPPED]
    assert sum(len(hint.ids) for hint in dispatch.tick(settings)) == 0


@pytest.mark.parametrize("broken", ["issue_rechecks", "documents_in_flight", "lease_documents", "lease"])
def test_a_step_of_the_tick_that_fails_leaves_the_others(
    connection: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    submit(connection, 1)
    connection.execute("INSERT INTO wiredesk.feed (url) VALUES ('https://harbour.example/feed')")

    def fail(*_: Any, **__: Any) -> None:
        raise psycopg.ProgrammingError("this step is broken")

    monkeypatch.setattr(feeds if broken == "lease" else inbox, broken, fail)
    works = [hint.work for hint in dispatch.tick(settings)]
    assert works == {"lease": ["ingest"], "issue_rechecks": ["ingest", "poll"]}.get(broken, ["poll"])
    assert value(connection, "SELECT count(*) FROM wiredesk.heartbeat") == 1


@pytest.mark.parametrize("broken", ["make_months", "drop_old_months", "expire"])
def test_a_step_of_housekeeping_that_fails_leaves_the_others(
    connection: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    done: list[str] = []

    def fail(*_: Any, **__: Any) -> None:
        raise psycopg.ProgrammingError("this step is broken")

    for module, name in ((health, "make_months"), (health, "drop_old_months"), (stories, "expire")):
        work = fail if name == broken else (lambda *_, name=name, **__: done.append(name))
        monkeypatch.setattr(module, name, work)
    dispatch.housekeep(settings)
    assert done == [name for name in ("make_months", "expire", "drop_old_months") if name != broken]
