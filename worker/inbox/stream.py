"""The submission stream: a way in for any language that speaks Redis and has no database login.

    XADD wiredesk:submissions * message '{"content": …}'

A consumer group reads it. An entry is acknowledged, and then deleted, only after its message is committed to the inbox;
one that a dead consumer had taken is taken over. So an entry is lost only if Redis loses it.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Sequence
from typing import Any

import redis

from wiredesk.worker.db import connected
from wiredesk.worker.errors import Transient
from wiredesk.worker.inbox.intake import accept
from wiredesk.worker.settings import Settings

log = logging.getLogger(__name__)
DRAINED = "intake.drained"

GROUP = "wiredesk"
_COUNT = 200
# What a dead consumer had taken is free for others after this long; accepting a batch takes well under a second.
_CLAIM_AFTER_MS = 30_000


def drain(settings: Settings, *, for_seconds: float | None = None) -> int:
    """Move entries to the inbox until the stream is empty or the time is over; how many. Raises `Transient`."""
    stop_at = time.monotonic() + (for_seconds or max(settings.tick_seconds, 1.0) * 5)
    moved = 0
    try:
        with redis.Redis.from_url(settings.redis_url, socket_timeout=10, socket_connect_timeout=5) as client:
            _make_group(client, settings.stream_name)
            consumer = f"{socket.gethostname()}-{os.getpid()}"
            while time.monotonic() < stop_at:
                entries = _next_entries(client, settings.stream_name, consumer)
                if not entries:
                    break
                _move(client, settings, entries)
                moved += len(entries)
            if moved:
                log.info(DRAINED, extra={"entries": moved})
    except redis.RedisError as error:
        raise Transient(f"Redis can't be reached: {error}") from error
    return moved


def _make_group(client: redis.Redis, name: str) -> None:
    try:
        client.xgroup_create(name, GROUP, id="0", mkstream=True)
    except redis.ResponseError as error:
        if "BUSYGROUP" not in str(error):
            raise


def _next_entries(client: redis.Redis, name: str, consumer: str) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """New entries; when there are none, those that a consumer took and never acknowledged."""
    fresh: Any = client.xreadgroup(GROUP, consumer, {name: ">"}, count=_COUNT)
    if fresh:
        return list(fresh[0][1]) if isinstance(fresh, list) else list(next(iter(fresh.values()))[0])
    claimed: Any = client.xautoclaim(name, GROUP, consumer, min_idle_time=_CLAIM_AFTER_MS, count=_COUNT)
    return [(entry_id, fields) for entry_id, fields in claimed[1] if fields is not None]


def _move(client: redis.Redis, settings: Settings, entries: Sequence[tuple[bytes, dict[bytes, bytes]]]) -> None:
    messages = [fields.get(b"message", b"") for _, fields in entries]
    with connected(settings.database_url) as connection:
        accept(
            connection,
            messages,
            channel="stream",
            max_content_bytes=settings.max_submission_bytes,
            deliveries=[f"{settings.stream_name}/{entry_id.decode()}" for entry_id, _ in entries],
        )
    ids = [entry_id for entry_id, _ in entries]
    with client.pipeline(transaction=True) as pipeline:
        pipeline.xack(settings.stream_name, GROUP, *ids)
        pipeline.xdel(settings.stream_name, *ids)
        pipeline.execute()
