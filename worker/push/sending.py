"""Sending the changes of one push: read a page, send what is selected, move the cursor.

A page is sent with several messages at once, those of one article in their order. The cursor stops before the first
change that was not taken, and the changes after it that were taken are noted, so that they are not sent again after a
pause. A process that is killed between sending and noting leads to messages that come twice, under the same ids.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from wiredesk.worker import events
from wiredesk.worker.db import Connection, connected
from wiredesk.worker.errors import HostBusy, Rejected, Transient, WiredeskError
from wiredesk.worker.push import messages, targets
from wiredesk.worker.push.messages import Message
from wiredesk.worker.push.targets import Target
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import push as store
from wiredesk.worker.store import reading, selection
from wiredesk.worker.store.push import Push
from wiredesk.worker.store.records import Change

log = logging.getLogger(__name__)

_PAGE = 100
_AT_ONCE = 8
FIRST_PAUSE_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 3600.0
DEAD_AFTER_SECONDS = 3 * 86_400.0
# The class of errors that `wire_v1` raises: a cursor that the archive does not have.
_UNKNOWN_CURSOR = "WD"


@dataclass(slots=True)
class _Sent:
    """The cursors of a page that were taken, the first error, and whether it is about the target as a whole."""

    cursors: set[int] = field(default_factory=set)
    error: WiredeskError | None = None
    is_away: bool = False


def send_changes(settings: Settings, push_id: int, token: str) -> None:
    """Send the changes of a leased push until none is left, one is not taken, or half of the task's time is over."""
    lease_seconds = settings.task_seconds + 10
    lease = uuid.UUID(token)
    with connected(settings.database_url) as connection:
        push = store.take(connection, push_id, lease, lease_seconds=lease_seconds)
        if push is None:
            return
        try:
            asyncio.run(_send(settings, connection, push, lease, lease_seconds))
        except WiredeskError as error:
            _note_failure(connection, push, lease, error)
        except psycopg.Error as error:
            if not (error.sqlstate or "").startswith(_UNKNOWN_CURSOR):
                raise
            _note_failure(connection, push, lease, Rejected("cursor", str(error).splitlines()[0]))


async def send_test(settings: Settings, push: Push) -> None:
    """Send a message of type `wiredesk.test`. Raises the errors of the target."""
    async with targets.opened(settings, push) as target:
        await target.send(messages.of_test(push.name, datetime.now(UTC)))


async def _send(settings: Settings, connection: Connection, push: Push, lease: uuid.UUID, lease_seconds: float) -> None:
    """Raises the first error of a message that was not taken, once the others of its page are noted."""
    ends_at = time.monotonic() + settings.task_seconds / 2
    cursor, before = push.cursor, set(push.sent)
    async with targets.opened(settings, push) as target:
        while True:
            page = reading.changes_after(connection, cursor, limit=_PAGE)
            wanted = _messages(connection, push, [change for change in page if change.cursor not in before])
            sent = await _send_page(target, wanted, ends_at)
            missing = {message.cursor for message in wanted} - sent.cursors
            done = [change.cursor for change in page if change.cursor not in missing]
            first_missing = min(missing, default=None)
            if first_missing is None:
                cursor, before = (page[-1].cursor if page else cursor), set()
            else:
                cursor = max((one for one in done if one < first_missing), default=cursor)
                before = {one for one in done if one > first_missing}
            if not store.note_sent(
                connection,
                push.push_id,
                lease,
                cursor=cursor,
                sent=sorted(before),
                any_sent=bool(sent.cursors),
                lease_seconds=lease_seconds,
            ):
                return
            if sent.cursors:
                log.info(events.PUSH_SENT, extra={"push": push.name, "messages": len(sent.cursors), "cursor": cursor})
            if sent.error is not None:
                raise sent.error
            if missing or len(page) < _PAGE or time.monotonic() > ends_at:
                store.release(connection, push.push_id, lease)
                return


def _messages(connection: Connection, push: Push, changes: Sequence[Change]) -> list[Message]:
    """The messages of those changes that are selected, with the articles as they are now."""
    of_kind = [change for change in changes if not push.kinds or change.kind in push.kinds]
    ids = sorted({change.article_id for change in of_kind if change.article_id is not None})
    chosen = selection.matching(connection, push.selection, ids) if ids else set()
    articles = {article.article_id: article for article in reading.article_records(connection, chosen)}
    return [
        messages.of_change(push.name, change, articles.get(change.article_id or 0))
        for change in of_kind
        if change.article_id is None or change.article_id in articles
    ]


async def _send_page(target: Target, wanted: Sequence[Message], ends_at: float) -> _Sent:
    """Send several groups at once, each in order. A refused message ends its group, any other error all of them."""
    groups: dict[str, list[Message]] = {}
    for message in wanted:
        groups.setdefault(message.group, []).append(message)
    sent = _Sent()
    slots = asyncio.Semaphore(_AT_ONCE)

    async def send_group(group: Sequence[Message]) -> None:
        async with slots:
            for message in group:
                # The rest of a page that takes too long is sent by the next task.
                if sent.is_away or time.monotonic() > ends_at:
                    return
                try:
                    await target.send(message)
                except (Transient, Rejected) as error:
                    sent.error = sent.error or error
                    sent.is_away = sent.is_away or not isinstance(error, targets.Refused)
                    return
                sent.cursors.add(message.cursor)

    await asyncio.gather(*(send_group(group) for group in groups.values()))
    return sent


def _note_failure(connection: Connection, push: Push, lease: uuid.UUID, error: WiredeskError) -> None:
    """Wait twice as long as the last time; pause a target that is gone, or took nothing for three days."""
    since = push.failing_since or datetime.now(UTC)
    failing_seconds = (datetime.now(UTC) - since).total_seconds()
    wait_seconds = min(FIRST_PAUSE_SECONDS * 2.0 ** min(push.failures, 20), LONGEST_PAUSE_SECONDS)
    wait_seconds *= random.uniform(0.8, 1.2)
    if isinstance(error, HostBusy):
        wait_seconds = max(wait_seconds, min(error.retry_after_seconds, LONGEST_PAUSE_SECONDS))
    is_final = isinstance(error, targets.Gone) or (isinstance(error, Rejected) and error.reason == "cursor")
    pause = is_final or failing_seconds > DEAD_AFTER_SECONDS
    store.note_failure(connection, push.push_id, lease, error=str(error), wait_seconds=wait_seconds, pause=pause)
    said = {"push": push.name, "reason": str(error), "failing_seconds": round(failing_seconds)}
    if pause:
        log.error(events.PUSH_PAUSED, extra=said)
    else:
        log.warning(events.PUSH_FAILED, extra={**said, "wait_seconds": round(wait_seconds, 1)})
