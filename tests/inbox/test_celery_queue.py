"""Celery's public queue, read by the desk itself: nothing is lost or doubled whoever dies, and no message stops it."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import redis
from celery import Celery
from newsroom import FERRY, StartCelery, drain, file_waiting, settings_of, value, values, wait_until, waits_at_lock
from test_celery_message import BAD, envelope

from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Transient
from wiredesk.worker.inbox import celery_queue
from wiredesk.worker.inbox.celery_queue import LISTS, READERS, CelerySource
from wiredesk.worker.inbox.reader import Reader, reader_name
from wiredesk.worker.settings import Settings

NAME = "wiredesk.submit_article.v1"


def keys(connection: Connection) -> list[str]:
    return values(connection, "SELECT key FROM wiredesk.submission WHERE refusal IS NULL ORDER BY submission_id")


def is_empty(client: redis.Redis) -> bool:
    """No list of producers or readers is left, and no state; only who reads."""
    found: Any = client.keys()
    return [name for name in found if not name.startswith(b"_kombu") and name != READERS.encode()] == []


def test_a_producer_without_routing_reaches_the_inbox(
    producer: Celery, client: redis.Redis, both: Settings, connection: Connection
) -> None:
    producer.send_task(NAME, [{"content": FERRY, "key": "one"}])
    producer.send_task(NAME, kwargs={"message": {"content": FERRY + "More.", "key": "two"}})
    producer.send_task(NAME, [[{"content": "3.", "key": "three"}, {"key": "bad"}, 7, {"content": "4.", "key": "four"}]])
    producer.send_task(NAME, [{"content": "Without a key."}], task_id="fixed")
    producer.send_task(NAME, [{"content": "Without a key."}], task_id="fixed")  # as a producer that tries again
    producer.send_task(NAME, [{"content": "Another text."}], task_id="fixed")
    assert drain(both, CelerySource) == 6
    assert keys(connection) == ["one", "two", "three", "four", None, None]
    assert values(connection, "SELECT DISTINCT channel FROM wiredesk.submission") == ["task"]
    assert len(file_waiting(both)) == 8
    assert sorted(
        values(connection, "SELECT key, reason FROM wire_v1.outcomes WHERE outcome = 'rejected'"), key=str
    ) == [
        ("bad", "bad_message: content: required, unless url alone is given"),
        (None, "wrong_type: message: expected object, got int"),
    ]
    assert is_empty(client)


def test_priorities_first_and_order_within_them(
    producer: Celery, client: redis.Redis, both: Settings, connection: Connection
) -> None:
    for n in range(450):
        producer.send_task(NAME, [{"content": f"Text {n}.", "key": f"k{n:03}"}], priority=(9, 3, 0)[n % 3])
    assert client.llen(LISTS[0]) == 150
    assert drain(both, CelerySource) == 450
    order = sorted(range(450), key=lambda n: (-(n % 3), n))
    assert keys(connection) == [f"k{n:03}" for n in order]
    assert is_empty(client)


def test_an_eta_is_when_it_is_filed(producer: Celery, both: Settings, connection: Connection) -> None:
    producer.send_task(NAME, [{"content": FERRY, "key": "later"}], countdown=3600)
    producer.send_task(NAME, [{"content": "Now."}], countdown=-5)
    assert drain(both, CelerySource) == 2
    assert [outcome.outcome for outcome in file_waiting(both)] == ["created"]
    connection.execute("UPDATE wiredesk.document SET due_at = due_at - interval '1 hour' WHERE state = 'waiting'")
    assert [outcome.outcome for outcome in file_waiting(both)] == ["created"]


def test_bad_messages_are_named_and_kept_and_the_good_between_them_arrive(
    client: redis.Redis, both: Settings, connection: Connection
) -> None:
    for n, (raw, _, _) in enumerate(BAD):
        client.lpush("celery", raw.replace(b"id-1", f"bad-{n}".encode()))
        client.lpush("celery", envelope(({"content": f"Good {n}.", "key": f"good-{n}"},), headers={"id": f"id-{n}"}))
    assert drain(both, CelerySource) == 2 * len(BAD)
    assert keys(connection) == [f"good-{n}" for n in range(len(BAD))]
    file_waiting(both)
    rejected = "SELECT reason FROM wire_v1.outcomes WHERE outcome = 'rejected' ORDER BY submission_id"
    for kept, (_, reason, _) in zip(values(connection, rejected), BAD, strict=True):
        assert kept == reason or reason.startswith("too_large")  # the desk's limit is another than that of the table
    assert is_empty(client)


def test_a_list_of_thousands_is_one_message_in_many_transactions(
    producer: Celery, both: Settings, connection: Connection
) -> None:
    producer.send_task(NAME, [[{"content": f"Text {n}."} for n in range(1_001)]])
    assert drain(both, CelerySource) == 1
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == 1_001
    assert value(connection, "SELECT count(DISTINCT xmin::text) FROM wiredesk.submission") == 6


# ---- who dies, and when


def run_reader(settings: Settings, fail: Callable[[], None] | None, at: str) -> None:
    """One step of a reader in a process of its own, which `fail` ends at one place."""
    with redis.Redis.from_url(settings.redis_url) as client:
        source = CelerySource(client, settings, "reader-0")
        if fail is not None:
            getattr(celery_queue, at)  # the name must exist
            setattr(celery_queue, at, lambda *_, **__: fail())
        Reader(client, source, settings).step()


def in_a_process(settings: Settings, fail: Callable[[], None] | None = None, at: str = "read_call") -> int | None:
    process = multiprocessing.get_context("spawn").Process(target=run_reader, args=(settings, fail, at))
    process.start()
    process.join(240)
    return process.exitcode


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_message_that_kills_its_reader_twice_is_set_aside_and_its_neighbours_arrive(
    client: redis.Redis, both: Settings, connection: Connection
) -> None:
    """Whatever is read kills the process: at first in a batch, then alone; it is set aside without being read again."""
    client.lpush("celery", envelope(({"content": "Deadly.", "key": "deadly"},), headers={"id": "deadly"}))
    client.lpush("celery", envelope(({"content": "Good.", "key": "good"},), headers={"id": "good"}))
    assert in_a_process(both, die) == -signal.SIGKILL
    assert in_a_process(both, die) == -signal.SIGKILL
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == 0
    assert in_a_process(both, die) == 0
    assert values(connection, "SELECT refusal FROM wiredesk.submission") == [
        "poison: its reader died 2 times while reading it"
    ]
    assert drain(both, CelerySource) == 1
    assert keys(connection) == ["good"]
    assert is_empty(client)
    file_waiting(both)
    assert sorted(values(connection, "SELECT outcome FROM wire_v1.outcomes")) == ["created", "rejected"]


def test_a_reader_killed_before_the_commit_again_and_again_loses_and_condemns_nothing(
    client: redis.Redis, both: Settings, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL is away, and whoever waits for it is killed: that says nothing of the message."""
    client.lpush("celery", envelope())
    away = settings_of("postgresql://nobody@127.0.0.1:1/none", both.redis_url)
    for _ in range(5):
        with pytest.raises(Transient, match=r"^PostgreSQL can't be reached"):
            Reader(client, CelerySource(client, away, "reader-0"), away).step()
    assert drain(both, CelerySource) == 1
    assert keys(connection) == ["k1"]
    assert is_empty(client)


def test_after_the_commit_and_before_the_removal(client: redis.Redis, both: Settings, connection: Connection) -> None:
    client.lpush("celery", envelope())

    class Dies(CelerySource):
        def remove(self, deliveries: Any) -> None:
            raise redis.ConnectionError("gone")

    with pytest.raises(Transient, match=r"^Redis can't be reached: gone"):
        drain(both, Dies)
    assert keys(connection) == ["k1"]
    assert drain(both, CelerySource) == 1
    assert keys(connection) == ["k1"]
    assert is_empty(client)


def test_messages_of_a_silent_reader_go_to_another(
    client: redis.Redis, both: Settings, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        client.lpush("celery", envelope(({"content": f"Text {n}.", "key": f"k{n}"},), headers={"id": f"{n}"}))
    silent = CelerySource(client, both, "gone-0")
    assert len(silent.take()) == 3
    client.lpush("celery", envelope(({"content": "New.", "key": "new"},), headers={"id": "new"}))
    assert drain(both, CelerySource, "here-0") == 1
    client.zadd(READERS, {"gone-0": time.time() - 31})
    assert drain(both, CelerySource, "here-0") == 3
    assert keys(connection) == ["new", "k0", "k1", "k2"]
    assert client.zrange(READERS, 0, -1) == [b"here-0"]
    silent.remove([])  # it comes back and finds nothing of its own
    assert is_empty(client)


def test_a_name_is_had_by_one_running_reader_and_comes_back(redis_url: str) -> None:
    with reader_name("celery", redis_url) as first, reader_name("celery", redis_url) as second:
        assert (first.rpartition("-")[2], second.rpartition("-")[2]) == ("0", "1")
        with reader_name("celery", "redis://other") as elsewhere, reader_name("stream", redis_url) as stream:
            assert elsewhere == stream == first
    with reader_name("celery", redis_url) as again:
        assert again == first


# ---- the service


def children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:  # noqa: PTH123
        return [int(n) for n in file.read().split()]


def test_the_service_reads_both_doors_and_outlives_its_readers(
    producer: Celery, client: redis.Redis, start_service: StartCelery, connection: Connection
) -> None:
    service = start_service("intake")
    wait_until(lambda: len(children(service.pid)) == 2, what="two readers")
    for n in range(6):
        producer.send_task(NAME, [{"content": f"Task {n}.", "key": f"task-{n}"}])
        client.xadd("wiredesk:submissions", {"message": json.dumps({"content": f"Entry {n}.", "key": f"entry-{n}"})})
        client.lpush("celery", envelope(({"content": "x"},), task=f"no.such.task{n}", headers={"id": f"bad-{n}"}))
        for pid in children(service.pid)[: n % 3]:
            os.kill(pid, signal.SIGKILL)
    expected = sorted([f"task-{n}" for n in range(6)] + [f"entry-{n}" for n in range(6)])
    wait_until(lambda: sorted(keys(connection)) == expected, what="every submission")
    wait_until(
        lambda: value(connection, "SELECT count(*) FROM wiredesk.submission WHERE refusal IS NOT NULL") == 6,
        what="the refusals",
    )
    assert service.stop() == 0
    assert client.xlen("wiredesk:submissions") == 0
    assert "Traceback" not in service.log()


def test_the_whole_service_killed_while_postgresql_stands_still_loses_nothing(
    producer: Celery, client: redis.Redis, start_service: StartCelery, connection: Connection
) -> None:
    """A lock holds the readers inside their transactions; all is killed there, and started again."""
    first = start_service("intake")
    with connection.transaction():
        connection.execute("LOCK TABLE wiredesk.submission IN ACCESS EXCLUSIVE MODE")
        for n in range(4):
            producer.send_task(NAME, [{"content": f"Task {n}.", "key": f"task-{n}"}])
        # A reader takes what the queue holds at that moment: the first message can be one reader's whole list.
        wait_until(lambda: waits_at_lock(connection, "wiredesk.submission"), what="a reader at the lock")
        assert client.llen("celery") < 4
        for pid in (*children(first.pid), first.pid):
            os.kill(pid, signal.SIGKILL)
        first.process.wait()
    start_service("intake")
    wait_until(lambda: len(keys(connection)) == 4, what="every submission")
    assert keys(connection) == [f"task-{n}" for n in range(4)]


def test_while_postgresql_is_away_nothing_is_lost(
    producer: Celery, start_service: StartCelery, connection: Connection, database_url: str
) -> None:
    """The desk closes its database to connections, as a restart does, while producers go on."""
    start_service("intake")
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    admin_url = database_url.rpartition("/")[0] + "/postgres"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        connection.close()
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        producer.send_task(NAME, [{"content": FERRY, "key": "during"}])
        time.sleep(2)
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    with psycopg.connect(database_url, autocommit=True) as again:
        wait_until(
            lambda: again.execute("SELECT key FROM wiredesk.submission").fetchall() == [("during",)],
            what="the submission",
        )
