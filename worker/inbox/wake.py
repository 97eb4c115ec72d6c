"""Waking the dispatcher when submissions arrive: PostgreSQL's notifications, which come after the commit.

The tick remains the guarantee: a lost notification delays work by at most `tick_seconds`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import psycopg

from wiredesk.worker import db, events
from wiredesk.worker.errors import WiredeskError

log = logging.getLogger(__name__)

_CHANNEL = "wiredesk_inbox"
# Submissions that arrive one by one in a hurry wake the dispatcher ten times a second, not a thousand.
_LEAST_GAP_SECONDS = 0.1
_LOOK_SECONDS = 5.0
_PAUSE_SECONDS = 1.0


def listen(database_url: str, wake: Callable[[], object], stopping: threading.Event) -> None:
    """Call `wake` when documents were put into the inbox, until `stopping` is set; connect again when it must."""
    is_said = False
    while not stopping.is_set():
        try:
            with db.alone(database_url) as connection:
                connection.execute(f"LISTEN {_CHANNEL}")
                is_said = False
                wake()  # for submissions that came before this connection listened
                while not stopping.is_set():
                    if _is_notified(connection):
                        wake()
                        stopping.wait(_LEAST_GAP_SECONDS)
        except (WiredeskError, psycopg.Error) as error:
            if not is_said:
                log.warning(events.DISPATCH_UNWOKEN, extra={"error": str(error)})
            is_said = True
            stopping.wait(_PAUSE_SECONDS)


def _is_notified(connection: db.Connection) -> bool:
    """Wait for a notification, and take all that have come."""
    first = list(connection.notifies(timeout=_LOOK_SECONDS, stop_after=1))
    return bool(first) and bool([*first, *connection.notifies(timeout=0)])
