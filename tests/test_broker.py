"""The workers' own queues: whatever is put into them, the worker goes on and names it."""

from __future__ import annotations

import base64
import json
from typing import Any

import redis
from celery import Celery
from newsroom import FERRY, hand_in, value, wait_until

from wiredesk.worker.db import Connection
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.settings import Settings

TASK = "wiredesk.ingest_documents"


def message(
    *arguments: Any, task: Any = TASK, body: bytes | None = None, properties: Any = None, **changes: Any
) -> bytes:
    """A message as Celery writes it; `changes` are headers, and `content_type`."""
    data = body if body is not None else json.dumps([list(arguments), {}, {"callbacks": None}]).encode()
    given = {
        "delivery_tag": "tag",
        "body_encoding": "base64",
        "delivery_info": {"exchange": "", "routing_key": "ingest"},
    }
    content_type = changes.pop("content_type", "application/json")
    return json.dumps(
        {
            "body": base64.b64encode(data).decode(),
            "content-encoding": "utf-8",
            "content-type": content_type,
            "headers": {"lang": "py", "task": task, "id": "id-1", "retries": 0, **changes},
            "properties": given | {"correlation_id": "id-1", "priority": 0} | (properties or {}),
        }
    ).encode()


TOKEN = "00000000-0000-0000-0000-000000000000"
# Those that can't be read are dropped; of the others the task itself says what is wrong, or nothing is.
UNREADABLE = [
    b"garbage",
    b"",
    b"\0",
    b"\xff\xfe",
    b"5",
    b"[]",
    b"{}",
    b"[" * 100_000,
    b'{"__type__": "datetime", "__value__": 5}',
    b'{"body": "e30=", "properties": {}}',
    b'{"body": 5, "headers": 5, "properties": 5}',
    message([1], TOKEN, task=None),
    message([1], TOKEN, task=["x"]),
    message([1], TOKEN, task="no.such.task"),
    message([1], TOKEN, task="celery.chord_unlock"),
    message([1], TOKEN, id=None),
    message([1], TOKEN, retries="x"),
    message([1], TOKEN, expires=5),
    message([1], TOKEN, content_type="application/x-python-serialize"),
    message([1], TOKEN, properties={"delivery_tag": None}),
    message([1], TOKEN, properties={"delivery_tag": ["x"]}),
    message([1], TOKEN, properties={"delivery_info": 7}),
    message([1], TOKEN, properties={"body_encoding": "rot13"}),
    message([1], TOKEN).replace(b'"body": "', b'"body": "!'),
]
HARMLESS = [
    message([1], TOKEN, timelimit=["a", "b"]),
    message([1], TOKEN, timelimit=5),
    message([1], TOKEN, eta="9999-12-31T23:59:59+00:00"),
    message([1], TOKEN, eta="x"),
    message([1], TOKEN, stamps=5, stamped_headers=7),
    message([1], TOKEN, compression="application/x-gzip"),
    message([1], TOKEN, shadow=5, group=7, group_index="x", ignore_result="x"),
    message([1], TOKEN, expires="x"),
    message([1], TOKEN, task="wiredesk.no_such_task"),
    message(body=b"{{{"),
    message(body=b"[" * 100_000),
    message(body=b"\xff"),
    message(body=b"5"),
    message(body=b"[5, 5, 5]"),
    message(body=json.dumps([[[1], TOKEN], {}, {"callbacks": 5, "chain": 7, "errbacks": "x"}]).encode()),
    message(),
    message([1, 2], "x"),
    message([10**30], TOKEN),
    message(["1); DROP TABLE wiredesk.body"], TOKEN),
    message([{"a": 1}], None),
]


def test_no_message_in_an_inner_queue_ends_the_worker_or_comes_back(
    connection: Connection, start_celery: Any, redis_url: str, settings: Settings
) -> None:
    """Each in turn, and a lost one of a dead worker; then the same worker files a submission, and nothing is left."""
    with redis.Redis.from_url(redis_url) as client:
        for number, bad in enumerate((b"garbage", b"5", b'[{"headers": 5}, "", "ingest"]')):
            client.hset("unacked", f"tag-{number}", bad)
            client.zadd("unacked_index", {f"tag-{number}": 1})
        worker = start_celery("worker", "-Q", "ingest", "-c", "1")
        for bad in (*UNREADABLE, *HARMLESS):
            client.lpush("ingest", bad)
        hand_in(connection, {"content": FERRY, "key": "one"})
        (hint,) = dispatch.tick(settings)
        with Celery(broker=redis_url, set_as_current=False) as sender:
            sender.control.broadcast("shutdown")
            sender.send_task(TASK, [list(hint.ids), hint.token], queue="ingest")
        wait_until(
            lambda: value(connection, "SELECT count(*) FROM wire_v1.outcomes") == 1, seconds=60, what="the outcome"
        )
        wait_until(lambda: client.hlen("unacked") == 0, seconds=60, what="no message that is taken")
        assert [client.llen(queue) for queue in ("ingest", "ingest\x06\x163", "celery")] == [0, 0, 0]
    assert worker.process.poll() is None
    # The first is named at once; of those within the next minute the log says how many there were.
    assert '"event":"queue.unreadable"' in worker.log()
    assert worker.stop() == 0


def test_of_remote_control_only_questions_are_answered(start_celery: Any, redis_url: str) -> None:
    worker = start_celery("worker", "-Q", "ingest", "-c", "1")
    with Celery(broker=redis_url, set_as_current=False) as sender:
        for command in ("shutdown", "pool_restart", "cancel_consumer", "rate_limit", "conf"):
            sender.control.broadcast(command, arguments={"queue": "ingest", "task_name": TASK, "rate_limit": "1/h"})
        asked = sender.control.inspect(timeout=5)
        (answer,) = (asked.active_queues() or {}).values()
        assert [queue["name"] for queue in answer] == ["ingest"]
        assert list((asked.active() or {}).values()) == [[]]
        assert asked.conf() is None
    assert worker.process.poll() is None
    assert worker.stop() == 0
