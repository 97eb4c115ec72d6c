"""Celery's queues on Redis, read so that no message ends a worker.

kombu and Celery read a message inside the worker's event loop. An exception about one, such as a time limit that is no
number, ends the worker; the message goes back to its queue and ends the next one. Here the envelope of a message in an
inner queue is checked first, only the fields that wiredesk's own senders set are passed on, and a message that still
can't be taken is named in the log and dropped: the leases bring its work back. Of Celery's remote control only
questions are passed on: its commands stop workers.
"""

from __future__ import annotations

import base64
import logging
from queue import Empty
from typing import Annotated, Any, Literal

import msgspec
import redis
from kombu.transport import redis as kombu_redis

from wiredesk.worker import events

log = logging.getLogger(__name__)

PUBLIC_QUEUE = "celery"
"""The queue of a producer without routing. A worker of one's own may read it, with all that Celery's producers send."""

_SHOWN_CHARACTERS = 200
# The ends of the names of kombu's queues for remote control: a worker's, and that of the command that asked.
_QUESTIONS, _ANSWERS = ".celery.pidbox", ".reply.celery.pidbox"


class _Headers(msgspec.Struct):
    task: Annotated[str, msgspec.Meta(pattern=r"^wiredesk\.")]  # none of those that Celery itself brings
    id: str
    lang: str | None = None
    root_id: str | None = None
    parent_id: str | None = None
    origin: str | None = None
    argsrepr: str | None = None
    kwargsrepr: str | None = None
    retries: int = 0
    expires: str | None = None


class _DeliveryInfo(msgspec.Struct):
    exchange: str = ""
    routing_key: str = ""


class _Properties(msgspec.Struct):
    delivery_tag: str
    body_encoding: Literal["base64"]
    delivery_info: _DeliveryInfo
    correlation_id: str | None = None
    delivery_mode: int = 2
    priority: int = 0


class _Envelope(msgspec.Struct):
    body: str
    headers: _Headers
    properties: _Properties
    content_type: Literal["application/json"] = msgspec.field(name="content-type")
    content_encoding: Literal["utf-8"] = msgspec.field(name="content-encoding")


class _ReplyTo(msgspec.Struct):
    exchange: str
    routing_key: str


class _Question(msgspec.Struct):
    """A message of Celery's remote control that changes nothing; those that command, such as `shutdown`, don't fit."""

    method: Literal["ping", "heartbeat", "stats", "active", "reserved", "scheduled", "active_queues", "registered"]
    destination: list[str] | None = None
    ticket: str | None = None
    reply_to: _ReplyTo | None = None
    arguments: dict[str, None] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        self.arguments = {}


class _QuestionHeaders(msgspec.Struct):
    clock: int = 0
    expires: float | None = None


class _QuestionEnvelope(msgspec.Struct):
    body: str
    headers: _QuestionHeaders
    properties: _Properties
    content_type: Literal["application/json"] = msgspec.field(name="content-type")
    content_encoding: Literal["utf-8"] = msgspec.field(name="content-encoding")


class _QoS(kombu_redis.QoS):
    def restore_by_tag(self, tag: bytes, client: Any = None, leftmost: bool = False) -> None:
        """Put a message that a dead worker had taken back into its queue; drop one that can't be read."""
        try:
            super().restore_by_tag(tag, client, leftmost)
        except (redis.RedisError, OSError):
            raise
        except Exception as error:  # noqa: BLE001
            _say("unacked", error, tag)
            with self.channel.conn_or_acquire(client) as connection:
                connection.hdel(self.unacked_key, tag)
                connection.zrem(self.unacked_index_key, tag)


class _Channel(kombu_redis.Channel):
    QoS = _QoS

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)
        except (Empty, redis.RedisError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 (it was taken from its list, and kombu can't read its JSON)
            _say("", error, getattr(error, "doc", getattr(error, "object", "")))
            return True


class Transport(kombu_redis.Transport):
    """kombu's transport for Redis, for `broker_transport`."""

    Channel = _Channel

    def _deliver(self, message: Any, queue: str) -> None:
        try:
            if queue.endswith(_ANSWERS):
                pass  # to a command that asked the workers, such as `wiredesk top`
            elif queue.endswith(_QUESTIONS):
                question = msgspec.convert(message, _QuestionEnvelope)
                asked = msgspec.json.decode(base64.b64decode(question.body), type=_Question)
                question.body = base64.b64encode(msgspec.json.encode(asked)).decode()
                message = msgspec.to_builtins(question)
            elif queue != PUBLIC_QUEUE:
                envelope = msgspec.convert(message, _Envelope)
                envelope.body = _alone(envelope.body)
                message = msgspec.to_builtins(envelope)
            super()._deliver(message, queue)
        except (redis.RedisError, OSError):
            raise
        except Exception as error:  # noqa: BLE001
            _say(queue, error, message)
            self._forget(message)

    def _forget(self, message: Any) -> None:
        """Acknowledge a message that Celery took and then failed on."""
        try:
            tag = message["properties"]["delivery_tag"]
        except (KeyError, TypeError, IndexError):
            return
        for channel in self.channels:
            if tag in channel.qos._delivered:
                channel.basic_ack(tag)


def _alone(body: str) -> str:
    """The body without callbacks, chains and chords, which Celery would send. Another shape stays as it is."""
    try:
        match msgspec.json.decode(base64.b64decode(body)):
            case [arguments, keywords, _]:
                return base64.b64encode(msgspec.json.encode([arguments, keywords, {}])).decode()
    except (ValueError, RecursionError, msgspec.MsgspecError):
        pass
    return body


def _say(queue: str, error: Exception, message: object) -> None:
    start = message if isinstance(message, str) else repr(message)
    fields = {"queue": queue, "error": f"{type(error).__name__}: {error}", "start": start[:_SHOWN_CHARACTERS]}
    log.error(events.QUEUE_UNREADABLE, extra=fields)
