"""The publisher of `wiredesk demo`: within a minute its feeds show everything that the desk can tell apart."""

from __future__ import annotations

import time

import pytest
from local_site import poll
from newsroom import settings_of, values

from wiredesk.worker.db import Connection
from wiredesk.worker.machine.publisher import publishing
from wiredesk.worker.store import feeds
from wiredesk.worker.store.records import NewFeed


def test_created_revised_repeated_stories_and_a_refusal(
    connection: Connection, database_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(
        database_url, redis_url, allowed_networks="127.0.0.1/32", host_spacing_seconds="0", full_text="never"
    )
    with publishing() as publisher:
        feeds.add(connection, [NewFeed(url=url) for url in publisher.feeds()])
        outcomes: list[str] = []
        began = publisher.began
        for age in (0.0, 9.0, 16.0, 26.0):
            publisher.began = time.monotonic() - age
            outcomes += poll(connection, settings)
        assert began
    assert {"created", "revised", "repeated", "rejected"} <= set(outcomes)
    assert outcomes.count("created") == 5
    assert outcomes.count("revised") == 1
    stories = values(connection, "SELECT article_count FROM wire_v1.stories WHERE article_count > 1")
    assert stories == [3]
    (reason,) = values(connection, "SELECT DISTINCT reason FROM wire_v1.outcomes WHERE outcome = 'rejected'")
    assert reason.startswith("empty: ")
