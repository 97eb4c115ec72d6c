"""The public Celery task in a Celery worker: for brokers whose queues the desk does not read itself."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from celery import Celery
from newsroom import FERRY, StartCelery, file_waiting, value, values, wait_until, waits_at_lock

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings

NAME = "wiredesk.submit_article.v1"


def test_a_producer_without_routing_reaches_the_inbox(
    producer: Celery, start_celery: StartCelery, connection: Connection, settings: Settings
) -> None:
    worker = start_celery("worker", "-Q", "celery", "-c", "1")
    producer.send_task(NAME, [{"content": FERRY, "key": "one"}])
    producer.send_task(NAME, kwargs={"message": {"content": FERRY + "More.", "key": "two"}})
    producer.send_task(
        NAME, [[{"content": "Many.", "key": "three"}, {"key": "bad"}, 7, {"content": "Last.", "key": "four"}]]
    )
    sent = producer.send_task(NAME, [{"content": "Without a key."}], task_id="fixed")
    producer.send_task(NAME, [{"content": "Without a key."}], task_id="fixed")  # as the broker delivers again
    wait_until(lambda: value(connection, "SELECT count(*) FROM wiredesk.submission") == 7, what="every submission")
    assert values(connection, "SELECT key, channel FROM wiredesk.submission WHERE key IS NOT NULL ORDER BY key") == [
        (key, "task") for key in ("bad", "four", "one", "three", "two")
    ]
    assert value(connection, "SELECT count(*) FROM wiredesk.submission WHERE delivery LIKE %s", f"{sent.id}/0/%") == 1
    assert len(file_waiting(settings)) == 7
    assert sorted(values(connection, "SELECT reason FROM wire_v1.outcomes WHERE outcome = 'rejected'")) == [
        "bad_message: content: required, unless url alone is given",
        "wrong_type: message: expected object, got int",
    ]
    assert worker.stop() == 0
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == 7


def test_a_child_killed_while_it_has_the_message_gives_it_back(
    producer: Celery, start_celery: StartCelery, connection: Connection
) -> None:
    """A lock holds the only child inside its transaction; it is killed there, and another child gets the message."""
    worker = start_celery("worker", "-Q", "celery", "-c", "1")
    with connection.transaction():
        connection.execute("LOCK TABLE wiredesk.submission IN ACCESS EXCLUSIVE MODE")
        for n in range(4):
            producer.send_task(NAME, [{"content": FERRY, "key": f"k{n}"}])
        wait_until(lambda: waits_at_lock(connection, "wiredesk.submission"), what="the child at the lock")
        (child,) = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGKILL)
    wait_until(
        lambda: values(connection, "SELECT key FROM wiredesk.submission ORDER BY key") == ["k0", "k1", "k2", "k3"],
        what="every submission",
    )


def test_a_worker_killed_while_it_has_the_message_loses_nothing(
    producer: Celery, start_celery: StartCelery, connection: Connection
) -> None:
    """A lock holds the child inside its transaction; the whole worker is killed there, and another one comes."""
    first = start_celery("worker", "-Q", "celery", "-c", "1")
    with connection.transaction():
        connection.execute("LOCK TABLE wiredesk.submission IN ACCESS EXCLUSIVE MODE")
        producer.send_task(NAME, [{"content": FERRY, "key": "k"}])
        wait_until(lambda: waits_at_lock(connection, "wiredesk.submission"), what="the child at the lock")
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") in (0, 1)
    # The broker restores it after the visibility timeout of fifteen minutes; this makes it at once.
    from wiredesk.worker.app import make_app

    other = make_app(Settings(redis_url=producer.conf.broker_url))
    with other.connection_for_read() as broker:
        channel = broker.default_channel
        for tag in channel.client.zrange(channel.unacked_index_key, 0, -1):
            channel.qos.restore_by_tag(tag.decode())
    start_celery("worker", "-Q", "celery", "-c", "1")
    wait_until(lambda: values(connection, "SELECT key FROM wiredesk.submission") == ["k"], what="the submission")
