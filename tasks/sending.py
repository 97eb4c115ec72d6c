"""Sending hints: the one place that turns leased rows into messages."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from celery import Task
from kombu.exceptions import OperationalError

from wiredesk.worker import events
from wiredesk.worker.inbox.dispatch import Hint

log = logging.getLogger(__name__)
# On Redis 0 is the highest priority, and what a message has that names none.
URGENT, USUAL = 0, 3
# A message that was sent longer ago is dropped unread: a queue without readers must not keep them busy for long when they
# are back. The two clocks may be those of two machines, so it is not shorter; what is read late does no harm: a tick
# looks once more, and a hint's token is stale.
EXPIRES_SECONDS = 60.0


def send(hints: Iterable[Hint], by_work: dict[str, Task]) -> int:
    """Send each hint; how many were sent. Redis away is no error: the leases end, and a later tick sends again."""
    sent = 0
    try:
        for hint in hints:
            by_work[hint.work].apply_async(
                args=[list(hint.ids), hint.token],
                expires=EXPIRES_SECONDS,
                priority=URGENT if hint.is_urgent or hint.work == "ingest" else USUAL,
            )
            sent += 1
    except OperationalError as error:
        log.warning(events.DISPATCH_UNSENT, extra={"error": str(error)})
    return sent
