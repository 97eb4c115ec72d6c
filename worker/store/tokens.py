"""Tokens of the service web, and the sessions of browsers that logged in with one."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store.records import Scope, Token
from wiredesk.worker.store.rows import record_of

_SQL = schema.queries("tokens")
_MOST = 10_000
_PREFIX = "wd_"


def new_token() -> tuple[str, bytes]:
    """A token, and the hash by which it is stored."""
    token = _PREFIX + secrets.token_urlsafe(32)
    return token, sha256(token)


def sha256(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def add_token(
    connection: Connection,
    *,
    name: str | None,
    sha256: bytes,
    scopes: Sequence[Scope],
    source: str | None,
    expires_at: datetime | None,
) -> Token | None:
    """None: the name is taken. Without a name it gets one."""
    parameters = {
        "name": name,
        "sha256": sha256,
        "scopes": list(scopes),
        "source": source,
        "expires_at": expires_at,
    }
    with connection.cursor(row_factory=record_of(Token)) as cursor:
        return cursor.execute(_SQL["add_token"], parameters).fetchone()


def tokens(connection: Connection) -> list[Token]:
    with connection.cursor(row_factory=record_of(Token)) as cursor:
        return cursor.execute(_SQL["tokens"], {"limit": _MOST}).fetchall()


def revoke_token(connection: Connection, name: str) -> bool:
    """False: there is no such token, or it is revoked already."""
    return connection.execute(_SQL["revoke_token"], {"name": name}).fetchone() is not None


def note_token_use(connection: Connection, token_ids: Iterable[int]) -> None:
    connection.execute(_SQL["note_token_use"], {"token_ids": list(token_ids)})


def add_session(connection: Connection, sha256: bytes, token_id: int, *, seconds: float) -> None:
    connection.execute(_SQL["add_session"], {"sha256": sha256, "token_id": token_id, "seconds": seconds})


def session_token(connection: Connection, sha256: bytes) -> int | None:
    row = connection.execute(_SQL["session_token"], {"sha256": sha256}).fetchone()
    return int(row[0]) if row else None


def end_session(connection: Connection, sha256: bytes) -> None:
    connection.execute(_SQL["end_session"], {"sha256": sha256})
