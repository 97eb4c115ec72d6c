"""Leasing feeds costs what the batch costs, however many are due; the longest due go first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from newsroom import value, values

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store import feeds


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


@pytest.mark.parametrize("query", ["lease", "lease_urgent"])
def test_100_000_due_feeds_are_leased_by_reading_the_batch(connection: Connection, query: str) -> None:
    connection.execute(
        "INSERT INTO wiredesk.feed (url, next_fetch_at)"
        " SELECT 'https://harbour.example/' || n, now() - make_interval(secs => n) FROM generate_series(1, 100000) n"
    )
    connection.execute("ANALYZE wiredesk.feed")
    explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + schema.queries("feeds")[query]
    index = "feed_due" if query == "lease" else "feed_urgent"
    read: dict[int, int] = {}
    for limit in (100, 1_000):
        parameters = {"token": uuid.uuid4(), "limit": limit, "lease_seconds": 30}
        ((plan,),) = connection.execute(explain, parameters)
        found = list(nodes(plan[0]["Plan"]))
        (scan,) = [node for node in found if node.get("Index Name") == index]
        assert scan["Actual Rows"] * scan["Actual Loops"] == limit
        assert not [node for node in found if node["Node Type"] == "Seq Scan"]
        assert max(node["Actual Rows"] for node in found) <= limit
        read[limit] = plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]
    assert read[100] < 3_000 and read[1_000] < 10 * read[100] * 2, read
    assert values(connection, "SELECT count(*) FROM wiredesk.feed WHERE lease_token IS NOT NULL") == [1_100]
    assert (
        value(connection, "SELECT max(feed_id) - min(feed_id) FROM wiredesk.feed WHERE lease_token IS NOT NULL")
        == 1_099
    )


def test_the_longest_due_are_leased_first_and_a_lease_that_ended_goes_out_again(connection: Connection) -> None:
    connection.execute(
        "INSERT INTO wiredesk.feed (url, next_fetch_at)"
        " SELECT 'https://harbour.example/' || n, now() - make_interval(secs => n) FROM generate_series(1, 10) n"
    )
    by_age = values(connection, "SELECT feed_id FROM wiredesk.feed ORDER BY next_fetch_at")
    first = feeds.lease(connection, uuid.uuid4(), limit=4, lease_seconds=30)
    assert sorted(first) == sorted(by_age[:4])
    connection.execute("UPDATE wiredesk.feed SET next_fetch_at = now() WHERE feed_id = %s", [first[0]])
    rest = feeds.lease(connection, uuid.uuid4(), limit=100, lease_seconds=30)
    assert sorted(rest) == sorted([*by_age[4:], first[0]])
    assert feeds.lease(connection, uuid.uuid4(), limit=100, lease_seconds=30) == []
