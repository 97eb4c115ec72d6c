"""Consumers that are sent the changes: their targets, cursors, leases and failures."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store.rows import record_of
from wiredesk.worker.store.selection import Selection

_SQL = schema.queries("push")
Kind = Literal["webhook", "stream", "task"]


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `push` with its cursor. `sent` are changes after the cursor that are sent already."""

    push_id: int
    name: str
    kind: Kind
    target: str
    queue: str | None
    secret: str | None
    kinds: tuple[str, ...]
    selection: Selection
    state: Literal["active", "paused"]
    sent: tuple[int, ...]
    failing_since: datetime | None
    failures: int
    last_error: str | None
    sent_at: datetime | None
    next_at: datetime
    cursor: int


def add(
    connection: Connection,
    *,
    name: str,
    kind: Kind,
    target: str,
    queue: str | None,
    secret: str | None,
    kinds: Sequence[str],
    selection: Selection,
    cursor: int,
) -> bool:
    """Whether it was added: a name is taken once."""
    parameters = {
        "name": name,
        "kind": kind,
        "target": target,
        "queue": queue,
        "secret": secret,
        "kinds": list(kinds),
        "selection": msgspec.json.encode(selection).decode(),
        "cursor": cursor,
    }
    return connection.execute(_SQL["add"], parameters).fetchone() is not None


def remove(connection: Connection, name: str) -> bool:
    return connection.execute(_SQL["remove"], {"name": name}).fetchone() is not None


def pushes(connection: Connection, name: str | None = None) -> list[Push]:
    """All, or the one of that name."""
    with connection.cursor(row_factory=record_of(Push)) as cursor:
        return cursor.execute(_SQL["pushes"], {"name": name}).fetchall()


def lease(connection: Connection, token: uuid.UUID, *, lease_seconds: float) -> list[int]:
    """Lease those that are due and have changes to send."""
    rows = connection.execute(_SQL["lease"], {"token": token, "lease_seconds": lease_seconds})
    return [push_id for (push_id,) in rows]


def take(connection: Connection, push_id: int, token: uuid.UUID, *, lease_seconds: float) -> Push | None:
    """Own a leased one; None: it is another's now."""
    parameters = {"push_id": push_id, "token": token, "lease_seconds": lease_seconds}
    with connection.cursor(row_factory=record_of(Push)) as cursor:
        return cursor.execute(_SQL["take"], parameters).fetchone()


def note_sent(
    connection: Connection,
    push_id: int,
    token: uuid.UUID,
    *,
    cursor: int,
    sent: Sequence[int],
    any_sent: bool,
    lease_seconds: float,
) -> bool:
    """Store the cursor and the sent changes after it; false: it is another's now."""
    parameters = {
        "push_id": push_id,
        "token": token,
        "cursor": cursor,
        "sent": list(sent),
        "any_sent": any_sent,
        "lease_seconds": lease_seconds,
    }
    return connection.execute(_SQL["note_sent"], parameters).fetchone() is not None


def release(connection: Connection, push_id: int, token: uuid.UUID) -> None:
    connection.execute(_SQL["release"], {"push_id": push_id, "token": token})


def note_failure(
    connection: Connection, push_id: int, token: uuid.UUID, *, error: str, wait_seconds: float, pause: bool
) -> None:
    parameters = {"push_id": push_id, "token": token, "error": error, "wait_seconds": wait_seconds, "pause": pause}
    connection.execute(_SQL["note_failure"], parameters)


def set_state(connection: Connection, name: str, state: Literal["active", "paused"]) -> bool:
    """Whether there is one of that name."""
    return connection.execute(_SQL["set_state"], {"name": name, "state": state}).fetchone() is not None


def set_cursor(connection: Connection, name: str, cursor: int) -> None:
    connection.execute(_SQL["set_cursor"], {"name": name, "cursor": cursor})
