"""The public Celery task."""

from __future__ import annotations

from typing import Any

from celery import Task

from wiredesk.worker.app import app, settings
from wiredesk.worker.db import connected
from wiredesk.worker.errors import Transient
from wiredesk.worker.inbox.celery_message import TASK, deliveries
from wiredesk.worker.inbox.intake import Message, accept

# The message exists nowhere else: it goes round while PostgreSQL is away, goes back when its process is killed, and the
# time limit is longer than a server may stand still.
_TIME_LIMIT_SECONDS = 86_400


@app.task(
    name=TASK,
    queue="celery",
    bind=True,
    reject_on_worker_lost=True,
    time_limit=_TIME_LIMIT_SECONDS,
    autoretry_for=(Transient,),
    max_retries=None,
    retry_backoff=2,
    retry_backoff_max=60,
)
def submit_article(self: Task, message: dict[str, Any] | list[dict[str, Any]]) -> None:
    """One `submit_article.v1` message, or a list of them. Idempotent by the task's id and by source and key.

    For producers that import it, and for a worker of one's own (`celery -A wiredesk.tasks worker -Q celery`); the desk
    reads the queue itself (`wiredesk.worker.inbox.celery_queue`).
    """
    messages: list[Message] = list(message) if isinstance(message, list) else [message]
    with connected(settings().database_url) as connection:
        accept(
            connection,
            messages,
            channel="task",
            max_content_bytes=settings().max_submission_bytes,
            deliveries=deliveries(str(self.request.id), messages),
        )
