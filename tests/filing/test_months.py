"""Outcomes and the fetch log are kept by the month: old ones go in one DROP each, and nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime

from newsroom import settings_of, values

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.store.rows import as_json


def months_ago(number: int) -> datetime:
    now = datetime.now(UTC)
    month = now.year * 12 + now.month - 1 - number
    return datetime(month // 12, month % 12 + 1, 15, tzinfo=UTC)


def parts(connection: Connection, table: str) -> list[str]:
    return values(
        connection,
        "SELECT c.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
        " WHERE inhparent = %s::regclass ORDER BY 1",
        f"wiredesk.{table}",
    )


def test_old_months_are_dropped_and_new_ones_made(connection: Connection, database_url: str) -> None:
    settings = settings_of(database_url, fetch_log_months="3", outcome_months="6")
    for table in ("fetch", "outcome"):
        connection.execute("SELECT wiredesk.make_months(%s, %s, 9)", [table, months_ago(8).date()])
    for age in range(9):
        connection.execute(
            "INSERT INTO wiredesk.fetch (fetched_at, url) VALUES (%s, %s)",
            [months_ago(age), f"https://a.example/{age}"],
        )
        connection.execute(
            "INSERT INTO wiredesk.outcome (received_at, document_id, item_no, origin, outcome, reason)"
            " VALUES (%s, %s, 0, 'feed', 'rejected', 'empty')",
            [months_ago(age), age],
        )
    assert dispatch.housekeep(settings) == (2, 5)
    assert values(connection, "SELECT url FROM wire_v1.fetches ORDER BY fetched_at DESC") == [
        f"https://a.example/{age}" for age in range(4)
    ]
    assert values(connection, "SELECT document_id FROM wire_v1.outcomes ORDER BY received_at DESC") == list(range(7))
    names = [f"fetch_{months_ago(age):%Y_%m}" for age in (3, 2, 1, 0, -1, -2)]
    assert parts(connection, "fetch") == [*names, "fetch_other"]
    assert dispatch.housekeep(settings) == (0, 0)


def test_a_fetch_is_found_by_its_feed_and_time_in_one_month(connection: Connection) -> None:
    """What completes a row of the log after reading looks into one partition, by its index."""
    connection.execute("SELECT wiredesk.make_months('fetch', %s, 9)", [months_ago(8).date()])
    connection.execute(
        "INSERT INTO wiredesk.fetch (fetched_at, feed_id, url) SELECT now() - make_interval(mins => n), n % 500, 'u'"
        " FROM generate_series(1, 20000) n"
    )
    connection.execute("ANALYZE wiredesk.fetch")
    at = datetime.now(UTC)
    rows = [{"feed_id": 7, "fetched_at": at, "entries": 1, "new_entries": 0}]
    explained = connection.execute(
        "EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) " + schema.queries("feeds")["count_entries"],
        {"rows": as_json(rows), "feed_ids": [7], "first": at, "last": at},
    )
    plan = "\n".join(line for (line,) in explained)
    assert "Seq Scan" not in plan, plan
    assert f"fetch_{at:%Y_%m}" in plan and f"fetch_{months_ago(1):%Y_%m}" not in plan, plan
