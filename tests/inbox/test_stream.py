"""The submission stream: acknowledged after the commit and not before, whoever dies in between."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import redis
from newsroom import FERRY, counts, drain, file_waiting, settings_of, value, values

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Transient
from wiredesk.worker.inbox import stream
from wiredesk.worker.inbox.intake import accept
from wiredesk.worker.inbox.reader import Reader
from wiredesk.worker.inbox.stream import StreamSource
from wiredesk.worker.settings import Settings

STREAM = "wiredesk:submissions"


def add(client: redis.Redis, **message: Any) -> None:
    client.xadd(STREAM, {"message": json.dumps(message)})


def test_entries_become_submissions_in_order_and_leave_the_stream(
    client: redis.Redis, both: Settings, connection: Connection
) -> None:
    for n in range(450):
        add(client, content=f"Text {n}.", key=f"k{n:03}", source="Harbour Wire")
    assert drain(both, StreamSource) == 450
    assert values(connection, "SELECT key FROM wiredesk.submission ORDER BY submission_id") == [
        f"k{n:03}" for n in range(450)
    ]
    assert values(connection, "SELECT DISTINCT channel FROM wiredesk.submission") == ["stream"]
    assert client.xlen(STREAM) == 0
    assert client.xpending(STREAM, "wiredesk")["pending"] == 0
    assert drain(both, StreamSource) == 0


def test_entries_older_than_the_group_are_read(client: redis.Redis, both: Settings, connection: Connection) -> None:
    add(client, content=FERRY, key="early")
    assert client.exists(STREAM) == 1
    assert drain(both, StreamSource) == 1
    assert values(connection, "SELECT key FROM wiredesk.submission") == ["early"]


def test_an_empty_or_missing_stream_is_no_error(client: redis.Redis, both: Settings, connection: Connection) -> None:
    before = counts(connection)
    assert drain(both, StreamSource) == 0
    assert counts(connection) == before


@pytest.mark.parametrize("committed", [False, True], ids=["killed before the commit", "killed after the commit"])
def test_messages_of_a_dead_reader_are_read_by_the_next_of_its_name(
    client: redis.Redis, both: Settings, connection: Connection, committed: bool
) -> None:
    """It read two entries, and maybe committed them, but never acknowledged: they arrive exactly once."""
    add(client, content="First.")
    add(client, content="Second.", key="k")
    entries = StreamSource(client, both, "host-0").take()
    assert [json.loads(entry.raw).get("key") for entry in entries] == [None, "k"]
    if committed:
        with db.alone(both.database_url) as other:
            accept(
                other, [entry.raw for entry in entries], channel="stream", max_content_bytes=1_000,
                deliveries=[f"{STREAM}/{entry.token.decode()}" for entry in entries],
            )  # fmt: skip
    assert drain(both, StreamSource, "host-1") == 0  # it might still be alive
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == (2 if committed else 0)
    assert drain(both, StreamSource, "host-0") == 2
    assert value(connection, "SELECT count(*) FROM wiredesk.document") == 2
    assert client.xlen(STREAM) == 0
    assert drain(both, StreamSource, "host-0") == 0


def test_a_silent_consumer_is_taken_over_while_the_stream_is_busy_and_removed(
    client: redis.Redis, both: Settings, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gone-0", "gone-1"):
        add(client, content=f"Taken by {name}.", key=name)
        assert len(StreamSource(client, both, name).take()) == 1
    StreamSource(client, both, "gone-2").take()  # it has nothing
    for n in range(300):
        add(client, content=f"Text {n}.", key=f"k{n:03}")
    monkeypatch.setattr(stream, "DEAD_AFTER_SECONDS", 0.05)
    time.sleep(0.1)
    reader = Reader(client, StreamSource(client, both, "here-0"), both)
    assert [reader.step(), reader.step()] == [1, 1]  # before anything new
    assert values(connection, "SELECT key FROM wiredesk.submission ORDER BY key") == ["gone-0", "gone-1"]
    assert [reader.step(), reader.step(), reader.step()] == [200, 100, 0]
    assert [consumer["name"] for consumer in client.xinfo_consumers(STREAM, "wiredesk")] == [b"here-0"]
    assert client.xpending(STREAM, "wiredesk")["pending"] == 0


def test_an_entry_that_was_deleted_after_it_was_taken_is_forgotten(
    client: redis.Redis, both: Settings, connection: Connection
) -> None:
    add(client, content="First.", key="a")
    add(client, content="Second.", key="b")
    first, _ = StreamSource(client, both, "host-0").take()
    client.xdel(STREAM, first.token)
    assert drain(both, StreamSource, "host-0") == 1
    assert values(connection, "SELECT key FROM wiredesk.submission") == ["b"]
    assert client.xpending(STREAM, "wiredesk")["pending"] == 0


def test_while_postgresql_is_away_entries_stay(client: redis.Redis, both: Settings, connection: Connection) -> None:
    add(client, content=FERRY, key="k")
    away = settings_of("postgresql://nobody@127.0.0.1:1/none", both.redis_url)
    with pytest.raises(Transient, match=r"^PostgreSQL can't be reached"):
        drain(away, StreamSource)
    assert client.xlen(STREAM) == 1
    assert value(connection, "SELECT count(*) FROM wiredesk.submission") == 0


def test_while_redis_is_away_it_is_a_passing_failure(database_url: str) -> None:
    with pytest.raises(Transient, match=r"^Redis can't be reached"):
        drain(settings_of(database_url, "redis://127.0.0.1:1/0"), StreamSource)


def test_broken_entries_are_refused_and_the_others_accepted(
    client: redis.Redis, both: Settings, connection: Connection
) -> None:
    add(client, content="Good.", key="a")
    client.xadd(STREAM, {"message": b"\xff not json"})
    client.xadd(STREAM, {"mesage": "misspelled"})
    client.xadd(STREAM, {"message": b'{"x": ' + b"[" * 100_000})
    client.xadd(STREAM, {"message": json.dumps({"content": "x" * 5_000_000, "key": "huge"})})
    add(client, content="Good too.", key="b")
    assert drain(both, StreamSource) == 6
    assert values(connection, "SELECT key FROM wiredesk.submission WHERE key IS NOT NULL ORDER BY key") == [
        "a", "b", "huge",
    ]  # fmt: skip
    file_waiting(both)
    reasons = values(
        connection, "SELECT left(reason, 60) FROM wire_v1.outcomes WHERE outcome = 'rejected' ORDER BY submission_id"
    )
    assert reasons == [
        "bad_message: not a JSON object: JSON is malformed: invalid c",
        "bad_message: the entry has no field message; it has mesage",
        "unknown_field: unknown field x; known: content, content_base",
        "too_large: content: 5,000,000 bytes, the limit is 4,194,304 ",
    ]
    assert client.xlen(STREAM) == 0
