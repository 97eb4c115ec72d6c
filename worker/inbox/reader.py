"""Reading submissions out of Redis: take → read → commit → remove, for the stream and for Celery's public queue.

What a reader takes stays in Redis, under its name, until it is committed to the inbox: a reader may be killed at any
time, and the next one of that name, or another that finds it silent, goes on with what it left. That is read one by
one, so that a message which kills its reader is found, and set aside as `poison` when it did so twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import redis

from wiredesk.worker import events
from wiredesk.worker.db import connected
from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.inbox.celery_message import TaskCall
from wiredesk.worker.inbox.intake import Checked, check, in_transactions, store
from wiredesk.worker.settings import Settings
from wiredesk.worker.store.records import Channel

log = logging.getLogger(__name__)

# A reader that sent Redis no command for this long is dead or hangs: another takes its messages.
# Accepting a batch takes well under a second, and what both accept is `repeated` for the later one.
DEAD_AFTER_SECONDS = 30.0
# How many times a message may kill its reader before it is set aside unread.
_KILLS = 2
_LOOK_SECONDS = 0.05
_TAKE_OVER_SECONDS = 5.0
_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as Redis gives it. `raw` is its start only where `length` is above the limit of its source."""

    token: bytes
    length: int
    raw: bytes
    note: str = ""


class Source(Protocol):
    """The submissions that wait in Redis, as one reader sees them. Raises `redis.RedisError`."""

    channel: Channel
    state_key: str

    def take(self) -> list[Delivery]:
        """Take what waits, up to `intake.BATCH` and `intake.BATCH_BYTES`, and set the field `batch` of the state."""

    def oldest_taken(self) -> Delivery | None:
        """The first that was taken under this name and not removed."""

    def remove(self, deliveries: Sequence[Delivery]) -> None:
        """Remove these, the oldest that were taken, because they are committed."""

    def take_over(self) -> None:
        """Take what silent readers had taken, and forget those readers."""

    def read(self, delivery: Delivery, *, now: datetime) -> TaskCall:
        """The submissions in it; what can't be read is in them, as `Unread`."""

    def unread(self, delivery: Delivery, reason: Rejected) -> TaskCall:
        """One refused submission in place of the message's content."""


def deliveries_of(answer: Any) -> list[Delivery]:
    """The answer of the sources' scripts: token, length, start, note."""
    return [Delivery(token, length, raw or b"", note.decode("utf-8", "replace")) for token, length, raw, note in answer]


class Reader:
    """Moves what waits in a source into the inbox."""

    def __init__(self, client: redis.Redis, source: Source, settings: Settings) -> None:
        self._client, self._source, self._settings = client, source, settings
        self._take_over_at = 0.0
        # Whether something may be taken that is not committed: at the start, and after a failure.
        self._has_taken = True

    def run(self, stopping: threading.Event, alive: Callable[[], None]) -> None:
        """Go on until `stopping` is set; `alive` is called after each step that Redis and PostgreSQL answered."""
        trouble = ""
        while not stopping.is_set():
            try:
                moved = self.step()
            except Transient as error:
                if str(error) != trouble:  # one line for each trouble, not one a second
                    trouble = str(error)
                    log.warning(events.INTAKE_WAITS, extra={"channel": self._source.channel, "error": trouble})
                stopping.wait(_PAUSE_SECONDS)
                continue
            trouble = ""
            alive()
            if not moved:
                stopping.wait(_LOOK_SECONDS)

    def step(self) -> int:
        """Move one batch, or one message that was taken before; how many. Raises `Transient`."""
        try:
            if time.monotonic() >= self._take_over_at:
                self._source.take_over()
                self._take_over_at = time.monotonic() + _TAKE_OVER_SECONDS
                self._has_taken = True
            if self._has_taken:
                delivery = self._source.oldest_taken()
                if delivery is not None:
                    self._move_alone(delivery)
                    return 1
                self._client.delete(self._source.state_key)
            self._has_taken = True
            batch = self._source.take()
            if batch:
                checked = [one for delivery in batch for one in self._read(delivery)]
                self._client.hdel(self._source.state_key, "batch")
                self._store(checked)
                self._source.remove(batch)
            self._has_taken = False
            return len(batch)
        except redis.ResponseError as error:
            raise Transient(f"Redis refused: {error}") from error
        except redis.RedisError as error:
            raise Transient(f"Redis can't be reached: {error}") from error

    def _move_alone(self, delivery: Delivery) -> None:
        """Move the messages of a dead reader or a failed try. Only a death while reading counts as a kill."""
        state = self._source.state_key
        attempts = int(self._client.hincrby(state, "attempts", 1))
        kills = attempts - 1 + int(bool(self._client.hexists(state, "batch")))
        if kills < _KILLS:
            checked = self._read(delivery)
        else:
            log.error(
                events.INTAKE_POISON, extra={"channel": self._source.channel, "bytes": delivery.length, "kills": kills}
            )
            reason = Rejected("poison", f"its reader died {kills} times while reading it")
            checked = self._check(self._source.unread(delivery, reason))
        self._client.hset(state, "attempts", 0)
        self._store(checked)
        self._source.remove([delivery])

    def _read(self, delivery: Delivery) -> list[Checked]:
        try:
            call = self._source.read(delivery, now=datetime.now(UTC))
        except Exception as error:
            log.exception(events.INTAKE_FAILED, extra={"channel": self._source.channel})
            call = self._source.unread(delivery, Rejected("internal", type(error).__name__))
        return self._check(call)

    def _check(self, call: TaskCall) -> list[Checked]:
        limit, now = self._settings.max_submission_bytes, datetime.now(UTC)
        return [
            replace(check(message, max_content_bytes=limit, now=now), delivery=delivery, due_at=call.due_at)
            for message, delivery in zip(call.messages, call.deliveries, strict=True)
        ]

    def _store(self, checked: Sequence[Checked]) -> None:
        """Commit in transactions of their own size: one message may hold thousands of submissions."""
        with connected(self._settings.database_url) as connection:
            for some in in_transactions(checked, lambda one: len(one.content or b"")):
                store(connection, some, channel=self._source.channel)


@contextmanager
def reader_name(kind: str, redis_url: str) -> Iterator[str]:
    """A name that no other running reader of this machine has: the host and the first free number.

    A reader that is started again gets the name of the one that died, and with it what that one had taken. The number
    is a file lock, which the kernel opens when the process ends, however it ends.
    """
    folder = Path(tempfile.gettempdir()) / f"wiredesk-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    server = hashlib.sha256(redis_url.encode()).hexdigest()[:12]
    for number in count():
        with (folder / f"{kind}-{server}-{number}.lock").open("wb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield f"{socket.gethostname()}-{number}"
            return
