"""Sending hints: the one place that turns leased rows into messages."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from celery import Task
from kombu.exceptions import OperationalError

from wiredesk.worker import events
from wiredesk.worker.app import settings
from wiredesk.worker.inbox.dispatch import Hint

log = logging.getLogger(__name__)
# On Redis 0 is the highest priority, and what a message has that names none.
URGENT, USUAL = 0, 3


def send(hints: Iterable[Hint], by_work: dict[str, Task]) -> int:
    """Send each hint; how many were sent. Redis away is no error: the leases end, and a later tick sends again.

    A hint expires with its lease: a queue that was long without a reader must not keep one busy with stale tokens.
    """
    sent = 0
    try:
        for hint in hints:
            by_work[hint.work].apply_async(
                args=[list(hint.ids), hint.token],
                expires=settings().issue_lease_seconds,
                priority=URGENT if hint.is_urgent or hint.work == "ingest" else USUAL,
            )
            sent += 1
    except OperationalError as error:
        log.warning(events.DISPATCH_UNSENT, extra={"error": str(error)})
    return sent
