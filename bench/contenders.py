"""What `bench.feeds` compares with: three stacks of Celery, requests and psycopg, a task a feed, and lemon24/reader.

    python -m pip install --target FOLDER fastfeedparser nh3 reader sgmllib3k

They are no part of the project; reader 3.26 imports sgmllib without saying so in its requirements.
None of them marks up, compares or keeps revisions.
"""

from __future__ import annotations

import hashlib
import html
import os
import sys
from typing import Any
from xml.sax import expatreader

import feedparser
import psycopg
import redis
import requests
from celery import Celery

DONE = "contender:done"
TABLE = """
CREATE TABLE IF NOT EXISTS contender_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, guid text UNIQUE, url text, title text, body text,
    author text, published text, plain text, digest bytea
)
"""
_INSERT = """
INSERT INTO contender_entry (guid, url, title, body, author, published) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (guid) DO NOTHING
"""
_INSERT_FEED = """
INSERT INTO contender_entry (guid, url, title, body, author, published, plain, digest)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[])
ON CONFLICT (guid) DO NOTHING
"""

app = Celery("contenders", broker=os.environ.get("BENCH_REDIS_URL"), set_as_current=False)
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1, broker_connection_retry_on_startup=True)


@app.task
def tutorial(url: str) -> None:
    """The stack that tutorials show: feedparser as it comes, one INSERT an entry."""
    parsed = feedparser.parse(requests.get(url, timeout=30).content)
    with psycopg.connect(os.environ["BENCH_DATABASE_URL"], autocommit=True) as connection:
        for entry in parsed.entries:
            connection.execute(_INSERT, _row(entry))
    _count()


@app.task
def tuned(url: str) -> None:
    """feedparser without its HTML passes and with expat's buffer, nh3 for cleaning, executemany in one transaction."""
    import nh3

    if not _Buffered.is_used:
        _Buffered.use()
    parsed = feedparser.parse(requests.get(url, timeout=30).content, sanitize_html=False, resolve_relative_uris=False)
    rows = [_row(entry) for entry in parsed.entries]
    for row in rows:
        row[3] = nh3.clean(row[3] or "")
    with psycopg.connect(os.environ["BENCH_DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)
    _count()


@app.task
def fast(url: str) -> None:
    """fastfeedparser, nh3 for plain text, a hash of it, one statement a feed."""
    import fastfeedparser
    import nh3

    rows = []
    for entry in fastfeedparser.parse(requests.get(url, timeout=30).content).entries:
        row = _row(entry)
        plain = " ".join(html.unescape(nh3.clean(row[3] or "", tags=set())).split())
        rows.append((*row, plain, hashlib.sha256(plain.encode()).digest()))
    with psycopg.connect(os.environ["BENCH_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(_INSERT_FEED, [list(column) for column in zip(*rows, strict=True)])
    _count()


def _row(entry: Any) -> list[Any]:
    contents = entry.get("content")
    body = contents[0]["value"] if contents else entry.get("summary") or entry.get("description")
    return [*(entry.get(name) for name in ("id", "link", "title")), body, entry.get("author"), entry.get("published")]


def _count() -> None:
    """So that the benchmark knows the end without asking the worker."""
    with redis.Redis.from_url(os.environ["BENCH_REDIS_URL"]) as client:
        client.incr(DONE)


class _Buffered(expatreader.ExpatParser):
    """CPython's SAX reader with expat's `buffer_text`: it makes forty times fewer text events."""

    is_used = False

    def reset(self) -> None:
        super().reset()
        self._parser.buffer_text = True  # type: ignore[attr-defined]

    @classmethod
    def use(cls) -> None:
        """Let feedparser of this process use it; each contender has processes of its own."""
        expatreader.create_parser = lambda *arguments, **named: cls(*arguments, **named)
        cls.is_used = True


def read_with_reader() -> None:
    """lemon24/reader: the file of its database and the addresses are arguments; it updates at each line of input."""
    from reader import make_reader

    path, *urls = sys.argv[1:]
    desk = make_reader(path)
    for url in urls:
        desk.add_feed(url)
    for _ in sys.stdin:
        desk.update_feeds(scheduled=False, workers=2)
        print(desk.get_entry_counts().total, flush=True)


if __name__ == "__main__":
    read_with_reader()
