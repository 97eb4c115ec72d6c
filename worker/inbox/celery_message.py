"""Celery messages as bytes: protocol versions 1 and 2 in the envelope that kombu's Redis transport writes.

Nothing of Celery runs here, so that no header can make a worker exit: what a message asks of a worker (time limits,
callbacks, results) is ignored, and what can't be read is refused. The protocol is described at
https://docs.celeryq.dev/en/stable/internals/protocol.html.
"""

from __future__ import annotations

import base64
import binascii
import bz2
import hashlib
import json
import lzma
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from wiredesk.worker.errors import Rejected
from wiredesk.worker.inbox.intake import KEPT_OF_REFUSED_BYTES, Message, Unread, key_in

TASK = "wiredesk.submit_article.v1"
# An ETA beyond this is a mistake (a date in milliseconds), and the document would wait for it without a word.
_LONGEST_ETA = timedelta(days=366)
# PostgreSQL keeps a delivery's id in a unique index, whose rows end at 2,704 bytes.
_LONGEST_ID = 200
_TEXT_ENCODINGS = ("utf-8", "utf8", "us-ascii", "ascii")


class _Decompressor(Protocol):
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


_DECOMPRESSORS: dict[str, type[Any]] = {
    "application/x-bz2": bz2.BZ2Decompressor,
    "application/x-lzma": lzma.LZMADecompressor,
}


@dataclass(frozen=True, slots=True)
class TaskCall:
    """The content of one message: submissions, each with the id of its delivery, and the earliest time of filing."""

    messages: tuple[Message, ...]
    deliveries: tuple[str, ...]
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Call:
    """The task's name and arguments, whichever version of the protocol they came in."""

    task: object
    args: object
    kwargs: object
    eta: object
    expires: object


def read_call(raw: bytes, *, max_body_bytes: int, now: datetime) -> TaskCall:
    """The submissions of one message; what can't be read is one `Unread`, with the key where one is seen."""
    envelope: dict[str, Any] = {}
    messages: list[Message] = []
    due_at = None
    try:
        envelope = _object(_from_json(raw, "the message"), "the message")
        call = _call(envelope, max_body_bytes)
        try:
            messages = _submissions(call)
        finally:
            _check_task(call.task)  # of another task it says more than that its arguments are wrong
        due_at = _check_times(call, now)
    except Rejected as rejected:
        messages = [refused(one, rejected) for one in messages] or [Unread(raw[:KEPT_OF_REFUSED_BYTES], rejected)]
    task_id = _task_id(envelope, raw)
    return TaskCall(tuple(messages), deliveries(task_id, messages), due_at)


def deliveries(task_id: str, messages: Sequence[Message]) -> tuple[str, ...]:
    """An id for each message of one task: the same again is the same delivery, another content under that id is not."""
    return tuple(f"{task_id}/{n}/{_digest(message)}" for n, message in enumerate(messages))


def refused(message: Message, rejected: Rejected) -> Unread:
    """A submission that can be read, but is refused with the message that it came in."""
    raw = message if isinstance(message, bytes) else json.dumps(message, default=str).encode("utf-8", "replace")
    return Unread(raw[:KEPT_OF_REFUSED_BYTES], rejected, key_in(message))


# ---- the envelope


def _call(envelope: dict[str, Any], max_body_bytes: int) -> _Call:
    headers = _object(envelope.get("headers") or {}, "headers")
    body = _from_json(_body(envelope, headers, max_body_bytes), "the body")
    if "task" in headers:
        if not isinstance(body, list) or len(body) < 2:
            raise Rejected("bad_message", "the body is not [args, kwargs, embed] (Celery's protocol 2)")
        return _Call(headers["task"], body[0], body[1], headers.get("eta"), headers.get("expires"))
    if isinstance(body, dict) and "task" in body:
        return _Call(
            body["task"], body.get("args") or [], body.get("kwargs") or {}, body.get("eta"), body.get("expires")
        )
    raise Rejected("bad_message", "not a Celery message: neither its headers nor its body name a task")


def _body(envelope: dict[str, Any], headers: dict[str, Any], max_body_bytes: int) -> bytes:
    content_type = envelope.get("content-type")
    if content_type != "application/json":
        raise Rejected("bad_message", f"content-type {_shown(content_type)}: only application/json is read")
    encoding = envelope.get("content-encoding") or "utf-8"
    if not isinstance(encoding, str) or encoding.lower() not in _TEXT_ENCODINGS:
        raise Rejected("bad_message", f"content-encoding {_shown(encoding)}: only utf-8 is read")
    body = envelope.get("body")
    if not isinstance(body, str):
        raise Rejected("bad_message", f"body: expected str, got {_kind(body)}")
    body_encoding = _object(envelope.get("properties") or {}, "properties").get("body_encoding")
    if body_encoding not in (None, "", "base64"):
        raise Rejected("bad_message", f"body_encoding {_shown(body_encoding)}: only base64 is read")
    data = body.encode("utf-8", "surrogatepass")
    if body_encoding == "base64":
        try:
            data = base64.b64decode(data, validate=True)
        except binascii.Error as error:
            raise Rejected("bad_message", f"body: not base64: {error}") from None
    return _decompressed(data, headers.get("compression"), max_body_bytes)


def _decompressed(data: bytes, compression: object, max_body_bytes: int) -> bytes:
    if compression in (None, ""):
        return data
    if compression == "application/x-gzip":  # kombu calls what zlib.compress gives so
        decompressor: _Decompressor = zlib.decompressobj()
    elif isinstance(compression, str) and compression in _DECOMPRESSORS:
        decompressor = _DECOMPRESSORS[compression]()
    else:
        known = ", ".join(("application/x-gzip", *_DECOMPRESSORS))
        raise Rejected("bad_message", f"compression {_shown(compression)}: one of {known}, or none")
    try:
        content = decompressor.decompress(data, max_body_bytes + 1)
    except (zlib.error, OSError, ValueError, EOFError, lzma.LZMAError) as error:
        raise Rejected("bad_message", f"body: not {compression}: {error}") from None
    if len(content) > max_body_bytes:
        raise Rejected("too_large", f"body: more than {max_body_bytes:,} bytes when it is decompressed")
    return content


# ---- the call


def _submissions(call: _Call) -> list[Message]:
    """The submissions among the arguments: `message`, one or a list of them."""
    args, kwargs = call.args, call.kwargs
    if not isinstance(args, list) or not isinstance(kwargs, dict):
        raise Rejected(
            "bad_message", f"args and kwargs: expected array and object, got {_kind(args)} and {_kind(kwargs)}"
        )
    given = [*args, *(value for name, value in kwargs.items() if name == "message")]
    if len(given) != 1 or len(args) + len(kwargs) != 1:
        names = ", ".join(_shown(name) for name in kwargs)
        words = f"{len(args)} positional" + (f" and {names}" if names else "")
        raise Rejected("bad_message", f"arguments: expected one, message; got {words}")
    (message,) = given
    many = message if isinstance(message, list) else [message]
    return [_plain(one) for one in many] if many else [[]]  # type: ignore[list-item]  # an empty list is refused as one


def _plain(message: Any) -> Any:
    """A submission whose times and ids are text: kombu writes what JSON lacks as {"__type__": …, "__value__": …}."""
    if not isinstance(message, dict):
        return message
    return {name: _plain_value(value) for name, value in message.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Mapping) and value.keys() == {"__type__", "__value__"} and isinstance(value["__value__"], str):
        return value["__value__"]
    return value


def _check_task(task: object) -> None:
    if task != TASK:
        raise Rejected("unknown_task", f"{_shown(task)}: this queue takes {TASK}")


def _check_times(call: _Call, now: datetime) -> datetime | None:
    """When the submissions may be filed; None: at once. Raises `Rejected` for a message that came too late."""
    expires, eta = _time(call.expires, "expires"), _time(call.eta, "eta")
    if expires is not None and expires <= now:
        raise Rejected("expired", f"expires: it was to be read before {expires:%Y-%m-%d %H:%M:%S} UTC")
    if eta is not None and eta > now + _LONGEST_ETA:
        raise Rejected("bad_message", f"eta: {eta:%Y-%m-%d} is more than {_LONGEST_ETA.days} days ahead")
    return eta


def _time(value: object, name: str) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None:
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Rejected("bad_message", f"{name}: {_shown(value)} is not a time such as 2026-03-09T12:00:00+00:00")


# ---- ids, and words


def _task_id(envelope: dict[str, Any], raw: bytes) -> str:
    """The task's id; a hash of the message where there is none that can be kept."""
    headers, properties = envelope.get("headers"), envelope.get("properties")
    found = headers.get("id") if isinstance(headers, dict) else None
    if found is None and isinstance(properties, dict):
        found = properties.get("correlation_id")
    if isinstance(found, str) and 0 < len(found) <= _LONGEST_ID and found.isascii() and found.isprintable():
        return found
    return hashlib.sha256(raw).hexdigest()


def _digest(message: Message) -> str:
    raw = message.raw if isinstance(message, Unread) else json.dumps(message, default=str).encode("utf-8", "replace")
    return hashlib.sha256(raw).hexdigest()[:12]


def _from_json(raw: bytes, what: str) -> Any:
    """As Celery reads it: Python's own reader takes the lone surrogates and the NaN that Python producers write."""
    try:
        return json.loads(raw.decode())
    except UnicodeDecodeError as error:
        raise Rejected("bad_message", f"{what} is not UTF-8 at byte {error.start}") from None
    except (ValueError, RecursionError) as error:
        words = str(error) if isinstance(error, ValueError) else "it is nested too deeply"
        raise Rejected("bad_message", f"{what} is not JSON: {words}") from None


def _object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Rejected("bad_message", f"{what}: expected object, got {_kind(value)}")
    return value


def _kind(value: object) -> str:
    kinds = {dict: "object", list: "array", str: "str", int: "int", float: "float", bool: "bool", type(None): "null"}
    return kinds.get(type(value), type(value).__name__)


def _shown(value: object) -> str:
    return repr(value)[:80] if not isinstance(value, str) or not value.isprintable() else value[:80]
