"""A local site with feeds that answer as a test says, and a desk that polls them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString

from http_server import Answer, Server
from newsroom import file_waiting, outcomes_of, value

from wiredesk.worker.db import Connection
from wiredesk.worker.fetch import feeds as polling
from wiredesk.worker.fetch import pages
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds
from wiredesk.worker.store.records import FeedRow, NewFeed

__all__ = ["Answer", "Site", "add", "age_state", "feed", "poll", "serving"]


class Site(Server):
    """A server whose `answers` a test writes. Unknown paths are 404."""

    @property
    def seen(self) -> list[tuple[str, str | None]]:
        """The path and `If-None-Match` of every request."""
        return [(asked.target, asked.headers.get("if-none-match")) for asked in self.asked]


@contextmanager
def serving() -> Iterator[Site]:
    with Site(only_answers=True) as site:
        yield site


def add(connection: Connection, *urls: str) -> list[int]:
    """Numbers of the feeds that are added."""
    added = feeds.add(connection, [NewFeed(url=url) for url in urls])
    return [added[url] for url in urls]


def poll(connection: Connection, settings: Settings) -> list[str]:
    """Poll every feed, fetch the pages that are due, and file what came; the outcomes, those of known entries first."""
    feeds.make_due(connection)
    outcomes: list[str] = []
    known = value(connection, _KNOWN)
    while hints := [hint for hint in dispatch.tick(settings) if hint.work != "ingest"]:
        for hint in hints:
            work = polling.poll_feeds if hint.work == "poll" else pages.fetch_documents
            work(settings, hint.ids, hint.token, list)
        _release(connection)
        outcomes += outcomes_of(file_waiting(settings))
        _release(connection)
    return ["repeated"] * (value(connection, _KNOWN) - known) + outcomes


_KNOWN: LiteralString = "SELECT coalesce(sum(entries), 0)::integer FROM wiredesk.showing"


def _release(connection: Connection) -> None:
    """End the leases of documents whose messages are not sent in this test."""
    connection.execute(
        "UPDATE wiredesk.document SET due_at = now(), lease_token = NULL WHERE state = 'waiting' AND attempts = 0"
    )


def feed(connection: Connection, feed_id: int) -> FeedRow:
    (row,) = feeds.find(connection, feed_ids=[feed_id], with_moved=True)
    return row


def age_state(connection: Connection, feed_id: int, days: int) -> None:
    """Let what is known of the feed's moves and troubles have begun that many days earlier."""
    for part in ("redirect", "notice", "reaching", "reading"):
        connection.execute(
            "UPDATE wiredesk.feed SET schedule = jsonb_set(schedule, %(path)s, to_jsonb("
            " (schedule #>> %(path)s)::timestamptz - make_interval(days => %(days)s)))"
            " WHERE feed_id = %(feed_id)s AND schedule #>> %(path)s IS NOT NULL",
            {"path": [part, "since"], "days": days, "feed_id": feed_id},
        )
