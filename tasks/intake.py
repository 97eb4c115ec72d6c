"""Accepting submissions from Redis: the stream, and the public Celery task."""

from __future__ import annotations

from typing import Any

from celery import Task

from wiredesk.worker.app import app, settings
from wiredesk.worker.db import connected
from wiredesk.worker.errors import Transient
from wiredesk.worker.inbox import stream
from wiredesk.worker.inbox.intake import accept


# A failed task is acknowledged, and nothing else has the message: while PostgreSQL is away it must go round.
@app.task(
    name="wiredesk.submit_article.v1",
    queue="celery",
    bind=True,
    autoretry_for=(Transient,),
    max_retries=None,
    retry_backoff=2,
    retry_backoff_max=60,
)
def submit_article(self: Task, message: dict[str, Any] | list[dict[str, Any]]) -> None:
    """One `submit_article.v1` message, or a list of them. Idempotent by source and key.

    Guarantee: once this task has run, they are in the inbox. Before that the broker has them, and Celery on Redis can
    lose a message between taking it off the queue and noting that it did; the stream can't.
    """
    messages = message if isinstance(message, list) else [message]
    deliveries = [f"{self.request.id}/{n}" for n in range(len(messages))]
    limit = settings().max_submission_bytes
    with connected(settings().database_url) as connection:
        accept(connection, messages, channel="task", max_content_bytes=limit, deliveries=deliveries)


@app.task(name="wiredesk.drain_stream", queue="dispatch")
def drain_stream() -> None:
    """Move what waits in the submission stream to the inbox. Idempotent: entries are acknowledged after the commit."""
    stream.drain(settings())
