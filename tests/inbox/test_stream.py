"""The submission stream: acknowledged after the commit and not before, whoever dies in between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from newsroom import FERRY, StartCelery, counts, file_waiting, settings_of, value, values, wait_until

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Transient
from wiredesk.worker.inbox import stream
from wiredesk.worker.inbox.intake import accept
from wiredesk.worker.settings import Settings

STREAM = "wiredesk:submissions"


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def both(database_url: str, redis_url: str) -> Iterator[Settings]:
    yield settings_of(database_url, redis_url)
    db.close()


def add(client: redis.Redis, **message: Any) -> None:
    client.xadd(STREAM, {"message": json.dumps(message)})


def test_entries_become_submissions_in_order_and_leave_the_stream(
    client: redis.Redis, both: Settings, connection: Connection
) -> None:
    for n in range(450):
        add(client, content=f"Text {n}.", key=f"k{n:03}", source="Harbour Wire")
    assert stream.drain(both) == 450
    assert values(connection, "SELECT key FROM wiredesk.submission ORDER BY submission_id") == [
        f"k{n:03}" for n in range(450)
    ]
    assert values(connection, "SELECT DISTINCT channel FROM wiredesk.submission") == ["stream"]
    assert client.xlen(STREAM) == 0
    assert client.xpending(STREAM, "wiredesk")["pending"] == 0
    assert stream.drain(both) == 0


def test_what_was_added_before_the_group_existed_is_read(
    client: redis.Redis, both: Settings, connection: Connection
) -> None:
    add(client, content=FERRY, key="early")
    assert client.exists(STREAM) == 1
    assert stream.drain(both) == 1
    assert values(connection, "SELECT key FROM wiredesk.submission") == ["early"]


def test_an_empty_or_missing_stream_is_no_error(client: redis.Redis, both: Settings, connection: Connection) -> None:
    before = counts(connection)
    assert stream.drain(both) == 0
    assert counts(connection) == before


@pytest.mark.parametrize("committed", [False, True], ids=["killed before the commit", "killed after the commit"])
def test_an_entry_that_a_dead_consumer_had_is_taken_over(
    client: redis.Redis, both: Settings, connection: Connection, committed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A consumer read two entries, and maybe committed them, but never acknowledged: they arrive exactly once."""
    add(client, content="First.")
    add(client, content="Second.", key="k")
    stream._make_group(client, STREAM)
    entries = stream._next_entries(client, STREAM, "a consumer that dies now")
    assert len(entries) == 2
    if committed:
        with db.alone(both.database_url) as other:
            accept(
                other, [fields[b"message"] for _, fields in entries], channel="stream", max_content_bytes=1_000,
                deliveries=[f"{STREAM}/{entry_id.decode()}" for entry_id, _ in entries],
            )  # fmt: skip
    assert stream.drain(both) == 0  # it might still be alive
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == (2 if committed else 0)
    monkeypatch.setattr(stream, "_CLAIM_AFTER_MS", 0)
    assert stream.drain(both) == 2
    assert value(connection, "SELECT count(*) FROM wiredesk.document") == 2
    assert client.xlen(STREAM) == 0
    assert stream.drain(both) == 0


def test_while_postgresql_is_away_entries_stay(client: redis.Redis, both: Settings, connection: Connection) -> None:
    add(client, content=FERRY, key="k")
    away = settings_of("postgresql://nobody@127.0.0.1:1/none", both.redis_url)
    with pytest.raises(Transient, match=r"^PostgreSQL can't be reached"):
        stream.drain(away)
    assert client.xlen(STREAM) == 1
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == 0


def test_while_redis_is_away_it_is_a_passing_failure(database_url: str) -> None:
    with pytest.raises(Transient, match=r"^Redis can't be reached"):
        stream.drain(settings_of(database_url, "redis://127.0.0.1:1/0"))


def test_broken_entries_are_refused_and_the_others_accepted(
    client: redis.Redis, both: Settings, connection: Connection
) -> None:
    add(client, content="Good.", key="a")
    client.xadd(STREAM, {"message": b"\xff not json"})
    client.xadd(STREAM, {"mesage": "misspelled"})
    client.xadd(STREAM, {"message": b'{"x": ' + b"[" * 100_000})
    client.xadd(STREAM, {"message": json.dumps({"content": "x" * 5_000_000, "key": "huge"})})
    add(client, content="Good too.", key="b")
    assert stream.drain(both) == 6
    assert values(connection, "SELECT key FROM wiredesk.submission WHERE key IS NOT NULL ORDER BY key") == [
        "a", "b", "huge",
    ]  # fmt: skip
    file_waiting(both)
    reasons = values(
        connection, "SELECT left(reason, 60) FROM wire_v1.outcomes WHERE outcome = 'rejected' ORDER BY submission_id"
    )
    assert reasons == [
        "bad_message: not a JSON object: JSON is malformed: invalid c",
        "bad_message: not a JSON object: Input data was truncated",
        "unknown_field: unknown field x; known: content, media_type, ",
        "too_large: content: 5,000,000 bytes, the limit is 4,194,304 ",
    ]
    assert client.xlen(STREAM) == 0


def test_an_entry_becomes_an_article(client: redis.Redis, start_celery: StartCelery, connection: Connection) -> None:
    """All of the desk: beat ticks, the dispatcher drains and leases, ingest files."""
    start_celery("worker", "-Q", "dispatch,ingest", "-c", "2", WIREDESK_TICK_SECONDS="0.2")
    start_celery("beat", "--schedule", "/dev/null", "--scheduler", "celery.beat:Scheduler", "--pidfile", "",
                 WIREDESK_TICK_SECONDS="0.2")  # fmt: skip
    add(client, content=FERRY, key="HW-17", source="Harbour Wire")
    wait_until(lambda: value(connection, "SELECT count(*) FROM wire_v1.articles") == 1, what="the article")
    assert values(connection, "SELECT headline, source FROM wire_v1.articles") == [
        ("Island ferry returns after nine weeks", "Harbour Wire")
    ]
    assert values(connection, "SELECT key, outcome FROM wire_v1.outcomes") == [("HW-17", "created")]
    wait_until(lambda: client.xlen(STREAM) == 0, what="the acknowledgement")
