"""A local site with feeds that answer as a test says, and a desk that polls them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from newsroom import file_waiting, outcomes_of

from wiredesk.worker.db import Connection
from wiredesk.worker.fetch import feeds as polling
from wiredesk.worker.fetch import pages
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds
from wiredesk.worker.store.records import FeedRow, NewFeed

Answer = tuple[int, dict[str, str], bytes]


class Site(ThreadingHTTPServer):
    """Answers by path; `seen` holds the path and `If-None-Match` of every request. Unknown paths are 404."""

    daemon_threads = True
    answers: dict[str, Answer | Callable[[Mapping[str, str]], Answer]]
    seen: list[tuple[str, str | None]]

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_address[1]}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        validator = self.headers.get("If-None-Match")
        self.server.seen.append((self.path, validator))
        answer = self.server.answers.get(self.path, (404, {}, b"not here"))
        status, headers, body = answer(dict(self.headers)) if callable(answer) else answer
        if status == 200 and validator and headers.get("ETag") == validator:
            status, body = 304, b""
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[Site]:
    site = Site(("127.0.0.1", 0), _Handler)
    site.answers, site.seen = {}, []
    thread = threading.Thread(target=site.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield site
    site.shutdown()
    site.server_close()
    thread.join(5)


def add(connection: Connection, *urls: str) -> list[int]:
    """Numbers of the feeds that are added."""
    added = feeds.add(connection, [NewFeed(url=url) for url in urls])
    return [added[url] for url in urls]


def poll(connection: Connection, settings: Settings) -> list[str]:
    """Poll every feed, fetch the pages that are due, and file what came; the outcomes."""
    feeds.make_due(connection)
    outcomes: list[str] = []
    while hints := [hint for hint in dispatch.tick(settings) if hint.work != "ingest"]:
        for hint in hints:
            work = polling.poll_feeds if hint.work == "poll" else pages.fetch_documents
            work(settings, hint.ids, hint.token, list)
        _release(connection)
        outcomes += outcomes_of(file_waiting(settings))
        _release(connection)
    return outcomes


def _release(connection: Connection) -> None:
    """End the leases of documents that were issued in messages which nobody sends here."""
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
