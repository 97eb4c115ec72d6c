"""Where messages are sent: an address, a Redis stream, or a Celery task of another program."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
import redis
from celery import Celery
from kombu.exceptions import KombuError, OperationalError

from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.http.client import Fetcher, FetchLimits, Request
from wiredesk.worker.push import messages
from wiredesk.worker.push.messages import Message
from wiredesk.worker.settings import Settings, read_credentials
from wiredesk.worker.store.push import Push

# The receiver's answer is not read; a longer one is refused.
_ANSWER_BYTES = 1_048_576
# A webhook that needs longer should put the message into a queue of its own.
_WEBHOOK_SECONDS = 15.0
# Answers that are about the time and not about the message: 408 timeout, 425 too early; 429 is a HostBusy.
_PASSING = (408, 425)
# The stream is trimmed at this length, so that it can't fill its Redis.
STREAM_LENGTH = 100_000
_BROKER_RETRIES = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5}


class Refused(Transient):
    """The target answered that it does not take this message; it may take others."""


class Gone(Rejected):
    """The target said that it takes no message any more (410)."""


class Target(Protocol):
    async def send(self, message: Message) -> None:
        """Return once the message is taken. Raises Transient, or Rejected for what only a person can mend."""


@asynccontextmanager
async def opened(settings: Settings, push: Push) -> AsyncIterator[Target]:
    """The target of a push; close it in the loop that opened it."""
    secret = read_credentials(settings, push.secret)[1] if push.secret is not None else None
    async with AsyncExitStack() as stack:
        if push.kind == "webhook":
            seconds = min(_WEBHOOK_SECONDS, settings.fetch_seconds)
            limits = FetchLimits(
                connect_seconds=settings.connect_seconds,
                first_byte_seconds=seconds,
                total_seconds=seconds,
                max_wire_bytes=_ANSWER_BYTES,
                max_body_bytes=_ANSWER_BYTES,
            )
            fetcher = Fetcher(user_agent="wiredesk", limits=limits, allowed_networks=settings.networks())
            key = messages.signing_key(secret or "")
            yield _Webhook(await stack.enter_async_context(fetcher), push.target, key)
        elif push.kind == "stream":
            client = redis.Redis.from_url(
                secret or settings.require_redis(), socket_timeout=10, socket_connect_timeout=5
            )
            stack.callback(client.close)
            yield _Stream(client, push.target)
        else:
            app = Celery("wiredesk-push", broker=secret or settings.require_redis(), set_as_current=False)
            stack.callback(app.close)
            yield _Task(app, push.target, push.queue)


class _Webhook:
    def __init__(self, fetcher: Fetcher, url: str, key: bytes) -> None:
        self._fetcher, self._url, self._key = fetcher, url, key

    async def send(self, message: Message) -> None:
        headers = messages.signature_headers(self._key, message, datetime.now(UTC))
        headers = {**headers, "Content-Type": "application/json"}
        response = await self._fetcher.fetch(Request(self._url, headers=headers, body=message.body))
        if response.status == 410:
            raise Gone("gone", "it answered 410: it takes no message any more")
        if 400 <= response.status < 500 and response.status not in _PASSING:
            raise Refused(f"it answered {response.status}")
        if not 200 <= response.status < 300:
            raise Transient(f"it answered {response.status}")


class _Stream:
    def __init__(self, client: redis.Redis, name: str) -> None:
        self._client, self._name = client, name

    async def send(self, message: Message) -> None:
        entry: dict[Any, Any] = {"id": message.id, "type": message.type, "message": message.body}
        try:
            await asyncio.to_thread(self._client.xadd, self._name, entry, maxlen=STREAM_LENGTH)
        except redis.RedisError as error:
            raise Transient(f"Redis: {error or type(error).__name__}") from None


class _Task:
    def __init__(self, app: Celery, name: str, queue: str | None) -> None:
        self._app, self._name, self._queue = app, name, queue

    async def send(self, message: Message) -> None:
        await asyncio.to_thread(self._send, message)

    def _send(self, message: Message) -> None:
        try:
            self._app.send_task(
                self._name,
                args=[msgspec.json.decode(message.body)],
                task_id=message.id,
                queue=self._queue,
                retry_policy=_BROKER_RETRIES,
            )
        except (OperationalError, KombuError, OSError) as error:
            raise Transient(f"the broker: {error or type(error).__name__}") from None
