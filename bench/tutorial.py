"""The stack that tutorials show: a Celery task a feed, requests, feedparser as it comes, one INSERT an entry.

It extracts, deduplicates and keeps nothing beyond the entry's own fields; it is the yardstick for `bench.feeds`.
"""

from __future__ import annotations

import os

import feedparser
import psycopg
import redis
import requests
from celery import Celery

DONE = "tutorial:done"
TABLE = """
CREATE TABLE IF NOT EXISTS tutorial_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, guid text UNIQUE, url text, title text, body text,
    author text, published text
)
"""
_INSERT = """
INSERT INTO tutorial_entry (guid, url, title, body, author, published) VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (guid) DO NOTHING
"""

app = Celery("tutorial", broker=os.environ["BENCH_REDIS_URL"], set_as_current=False)
app.conf.update(task_ignore_result=True, worker_prefetch_multiplier=1, broker_connection_retry_on_startup=True)
client = redis.Redis.from_url(os.environ["BENCH_REDIS_URL"])


@app.task
def fetch_feed(url: str) -> None:
    parsed = feedparser.parse(requests.get(url, timeout=30).content)
    with psycopg.connect(os.environ["BENCH_DATABASE_URL"], autocommit=True) as connection:
        for entry in parsed.entries:
            body = entry.content[0].value if "content" in entry else entry.get("summary")
            head = [entry.get(name) for name in ("id", "link", "title")]
            connection.execute(_INSERT, [*head, body, entry.get("author"), entry.get("published")])
    client.incr(DONE)  # so that the benchmark knows the end without asking the worker
