"""Subscriptions at the hubs of feeds (WebSub)."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store.records import HeldSubscription, HubRequest, NamedHub
from wiredesk.worker.store.rows import as_json, record_of

_SQL = schema.queries("subscriptions")


def want(connection: Connection, rows: Sequence[NamedHub]) -> None:
    """Subscribe at these hubs; a subscription at the same hub to the same topic stays as it is."""
    if rows:
        connection.execute(_SQL["want"], {"rows": as_json(rows)})


def note_named(connection: Connection, feed_ids: Collection[int], naming: Collection[int]) -> None:
    """Of the feeds that were read, `naming` name a hub."""
    connection.execute(_SQL["note_named"], {"feed_ids": list(feed_ids), "naming": list(naming)})


def note_missed(connection: Connection, feed_ids: Collection[int]) -> None:
    connection.execute(_SQL["note_missed"], {"feed_ids": list(feed_ids)})


def rebase(connection: Connection, base: str) -> None:
    connection.execute(_SQL["rebase"], {"base": base})


def lease(connection: Connection, token: uuid.UUID, *, limit: int, lease_seconds: float) -> list[int]:
    """The feeds whose hubs are to be asked now."""
    parameters = {"token": token, "limit": limit, "lease_seconds": lease_seconds}
    return [n for (n,) in connection.execute(_SQL["lease"], parameters)]


def take(
    connection: Connection, feed_ids: Sequence[int], token: str, *, base: str, lease_seconds: float
) -> list[HubRequest]:
    """Begin to ask hubs; subscriptions whose token is another are left out."""
    parameters = {"feed_ids": list(feed_ids), "token": token, "base": base, "lease_seconds": lease_seconds}
    with connection.cursor(row_factory=record_of(HubRequest)) as cursor:
        return cursor.execute(_SQL["take"], parameters).fetchall()


def note_accepted(connection: Connection, feed_id: int, token: str, *, wait_seconds: float) -> None:
    connection.execute(_SQL["note_accepted"], {"feed_id": feed_id, "token": token, "wait_seconds": wait_seconds})


def note_failure(connection: Connection, feed_id: int, token: str, *, error: str, wait_seconds: float) -> None:
    parameters = {"feed_id": feed_id, "token": token, "error": error, "wait_seconds": wait_seconds}
    connection.execute(_SQL["note_failure"], parameters)


def postpone(connection: Connection, feed_id: int, token: str, *, wait_seconds: float) -> None:
    connection.execute(_SQL["postpone"], {"feed_id": feed_id, "token": token, "wait_seconds": wait_seconds})


def remove(connection: Connection, feed_id: int, token: str) -> None:
    connection.execute(_SQL["remove"], {"feed_id": feed_id, "token": token})


def verify(connection: Connection, callback: str, topic: str, *, seconds: float) -> int | None:
    """The feed whose subscription is valid for this time now; None: nobody asked for it."""
    row = connection.execute(_SQL["verify"], {"callback": callback, "topic": topic, "seconds": seconds}).fetchone()
    return row[0] if row else None


def leave(connection: Connection, callback: str, topic: str) -> int | None:
    """The feed whose subscription is ended; None: nobody asked for that."""
    row = connection.execute(_SQL["leave"], {"callback": callback, "topic": topic}).fetchone()
    return row[0] if row else None


def deny(connection: Connection, callback: str, topic: str, *, error: str, wait_seconds: float) -> int | None:
    """The feed whose subscription the hub denies; None: there is none."""
    parameters = {"callback": callback, "topic": topic, "error": error, "wait_seconds": wait_seconds}
    row = connection.execute(_SQL["deny"], parameters).fetchone()
    return row[0] if row else None


def feed_of(connection: Connection, callback: str) -> int | None:
    """The feed whose subscription is valid under this callback."""
    row = connection.execute(_SQL["feed_of"], {"callback": callback}).fetchone()
    return row[0] if row else None


def hold(connection: Connection, callback: str) -> HeldSubscription | None:
    """Lock the valid subscription of a callback until the transaction ends."""
    with connection.cursor(row_factory=record_of(HeldSubscription)) as cursor:
        return cursor.execute(_SQL["hold"], {"callback": callback}).fetchone()


def note_pushed(connection: Connection, feed_id: int, body_sha256: bytes) -> None:
    connection.execute(_SQL["note_pushed"], {"feed_id": feed_id, "body_sha256": body_sha256.hex()})


def note_refused(connection: Connection, callback: str, error: str) -> tuple[int, int] | None:
    """The feed, and how many contents in a row were refused; None: the callback has no valid subscription."""
    row = connection.execute(_SQL["note_refused"], {"callback": callback, "error": error}).fetchone()
    return (row[0], row[1]) if row else None


def replace(connection: Connection, feed_id: int, *, callback: str, secret: str, wait_seconds: float) -> None:
    parameters = {"feed_id": feed_id, "callback": callback, "secret": secret, "wait_seconds": wait_seconds}
    connection.execute(_SQL["replace"], parameters)


def poll_soon(connection: Connection, feed_id: int) -> None:
    connection.execute(_SQL["poll_soon"], {"feed_id": feed_id})


def poll_after(connection: Connection, feed_id: int, *, seconds: float) -> None:
    connection.execute(_SQL["poll_after"], {"feed_id": feed_id, "seconds": seconds})
