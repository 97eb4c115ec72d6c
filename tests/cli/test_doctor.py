"""`wiredesk doctor` says what is wrong, in one line each, with what to do."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import redis
from newsroom import entry, file_waiting, hand_in, rss, run, show_feed

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import health
from wiredesk.worker.upkeep import diagnosis


def findings(settings: Settings, redis_url: str = "") -> dict[str, diagnosis.Finding]:
    """The worst finding of each check."""
    found: dict[str, diagnosis.Finding] = {}
    for one in diagnosis.examine(replace(settings, redis_url=redis_url)):
        if one.check not in found or diagnosis.STATES.index(one.state) > diagnosis.STATES.index(found[one.check].state):
            found[one.check] = one
    return found


def test_a_sound_desk(connection: Connection, settings: Settings, redis_url: str) -> None:
    file_waiting(settings)  # a tick
    found = findings(settings, redis_url)
    bad = {name for name, one in found.items() if one.state != "ok"}
    assert bad <= {"PostgreSQL", "Redis writes", "settings"}  # the test's servers are not durable
    assert found["PostgreSQL writes"].what.startswith("a write of 256 kB works; the data take ")
    assert found["feeds"].what == "no feed is overdue, failing or silent"


def test_feeds_that_are_overdue_failing_and_silent(connection: Connection, settings: Settings) -> None:
    ids = [show_feed(connection, f"https://e.example/{n}", rss(entry(n))) for n in range(4)]
    for feed_id, change in zip(ids, (
        "next_fetch_at = now() - interval '1 hour', succeeded_at = now(), changed_at = now()",
        "next_fetch_at = now() + interval '1 hour', succeeded_at = now() - interval '2 days'",
        "next_fetch_at = now() + interval '1 hour', succeeded_at = now(), changed_at = now() - interval '40 days'",
        "next_fetch_at = now() + interval '1 hour', succeeded_at = now(), changed_at = now()",
    ), strict=True):  # fmt: skip
        connection.execute(f"UPDATE wiredesk.feed SET {change} WHERE feed_id = %s", (feed_id,))
    said = [one.what for one in diagnosis.examine(settings) if one.check == "feeds"]
    assert said == [
        "1 feed is overdue by more than 10 minutes",
        f"1 feed is failing for a day or longer: {ids[1]}",
        f"1 feed is silent: nothing new for 30 days: {ids[2]}",
    ]


def test_a_stage_that_stalls(connection: Connection, settings: Settings) -> None:
    hand_in(connection, {"content": "A text that waits."}, now=datetime.now(UTC) - timedelta(hours=1))
    found = findings(settings)["ingest"]
    assert found.state == "fail"
    assert found.what.endswith(" s, and nothing was filed since")
    assert found.advice.startswith("Is its worker running? `wiredesk logs --service ingest`")


def test_a_long_transaction_is_lag_of_the_change_feed(
    connection: Connection, settings: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis, "LONG_TRANSACTION_SECONDS", 0.0)
    with psycopg.connect(database_url, application_name="forgotten") as other:
        other.execute("SELECT pg_current_xact_id()")
        hand_in(connection, {"content": "Harbour\n\nA text of some words for an article."})
        file_waiting(settings)
        found = findings(settings)["change feed"]
        assert found.state == "warn"
        assert "hides 1 changes from consumers: process" in found.what and "(forgotten)" in found.what
        assert found.advice.endswith(f"SELECT pg_terminate_backend({other.info.backend_pid}).")


def test_a_consumer_that_stopped(connection: Connection, settings: Settings) -> None:
    hand_in(connection, {"content": "Harbour\n\nA text of some words for an article."})
    file_waiting(settings)
    connection.execute(
        "INSERT INTO wiredesk.consumer (name, cursor, moved_at) VALUES ('archive', 0, now() - interval '50 hours'),"
        " ('new', 0, now()), ('done', 9223372036854775807, now() - interval '50 hours')"
    )
    assert "consumers" not in findings(settings)  # the changes are new
    connection.execute("UPDATE wiredesk.change SET occurred_at = now() - interval '2 days'")
    found = findings(settings)["consumers"]
    assert (found.state, found.what) == ("warn", "the consumer archive has not read the change feed for 50 hours")
    assert found.advice.endswith("DELETE FROM wiredesk.consumer WHERE name = 'archive'.")


def test_servers_that_are_too_old(settings: Settings, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagnosis, "OLDEST_POSTGRESQL", 99)
    monkeypatch.setattr(diagnosis, "OLDEST_REDIS", (99, 0))
    found = findings(settings, redis_url)
    for server, advice in (
        ("PostgreSQL", "Use PostgreSQL 99 or later."),
        ("Redis", "Use Redis 99.0 or later, or Valkey."),
    ):
        assert (found[server].state, found[server].advice) == ("fail", advice)
        assert re.fullmatch(rf"{server} [\d.]+ is too old", found[server].what)


def test_a_stream_without_a_reader(connection: Connection, settings: Settings, redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        seconds, _ = client.time()
        client.xadd(settings.stream_name, {"message": "{}"}, id=f"{(int(seconds) - 700) * 1000}-0")
    found = findings(settings, redis_url)["stream"]
    assert found.state == "fail"
    assert re.fullmatch(r"the oldest submission in the stream waits for 70\d s", found.what)


def test_a_full_disk_of_postgresql_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise psycopg.errors.DiskFull("could not extend file: No space left on device\nHINT:  Check free disk space.")

    monkeypatch.setattr(health, "probe_write", full)
    found = findings(settings)["PostgreSQL"]
    assert found.state == "fail"
    assert found.what.startswith("PostgreSQL's disk is full, make room: nothing of this was stored: could not extend")


def test_clocks_that_differ(settings: Settings) -> None:
    finding = diagnosis._clock("Redis", datetime.now(UTC) - timedelta(seconds=90))
    assert (finding.state, finding.what) == ("warn", "this clock and that of Redis differ by 90 s")


def test_for_machines_each_finding_is_a_line(settings: Settings, redis_url: str) -> None:
    environment = {
        "WIREDESK_DATABASE_URL": settings.database_url,
        "WIREDESK_REDIS_URL": "redis://:secret@127.0.0.1:1/0",
    }
    ran = run("doctor", "--format", "json", environment=environment)
    assert ran.code == 1
    lines = [json.loads(line) for line in ran.lines()]
    assert all(set(line) == {"state", "check", "what", "advice"} for line in lines)
    (redis,) = [line for line in lines if line["check"] == "Redis"]
    assert redis["state"] == "fail"
    assert (
        redis["advice"] == "Nothing is lost: work goes on when it is back. Is it running, and WIREDESK_REDIS_URL right?"
    )
