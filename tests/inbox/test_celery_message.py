"""Celery's envelope: both versions of the protocol, what producers may add, and every way to get it wrong."""

from __future__ import annotations

import base64
import bz2
import json
import lzma
import pickle
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from celery import Celery
from newsroom import NOW

from wiredesk.worker.inbox.celery_message import TASK, TaskCall, read_call
from wiredesk.worker.inbox.intake import Unread, check

LIMIT = 100_000
TEXT = {"content": "A text.", "key": "k1"}


def envelope(
    args: Any = (TEXT,), kwargs: Any = None, *, task: Any = TASK, body: Any = None, headers: Any = None,
    pack: Callable[[bytes], bytes] = bytes, encoding: Any = "base64", **changes: Any,
) -> bytes:  # fmt: skip
    """A message of protocol 2 as kombu's Redis transport writes it; None drops a part."""
    data = body if body is not None else json.dumps([list(args), kwargs or {}, {"callbacks": None}]).encode()
    data = pack(data)
    whole = {
        "body": base64.b64encode(data).decode() if encoding == "base64" else data.decode("latin-1"),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": task, "id": "id-1", "retries": 0} | (headers or {}),
        "properties": {"correlation_id": "id-1", "delivery_tag": "tag", "body_encoding": encoding, "priority": 0},
    } | {name.replace("_", "-"): value for name, value in changes.items()}
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


def version_1(**changes: Any) -> bytes:
    body = {"task": TASK, "id": "id-1", "args": [TEXT], "kwargs": {}, "retries": 0, "eta": None, "expires": None}
    return envelope(body=json.dumps(body | changes).encode(), headers={"task": None}).replace(b'"task": null, ', b"")


def read(raw: bytes) -> TaskCall:
    return read_call(raw, max_body_bytes=LIMIT, now=NOW)


def kept(call: TaskCall) -> list[tuple[str, str | None]]:
    """The reason and the key of each message, all of which are refused."""
    checked = [check(message, max_content_bytes=LIMIT, now=NOW) for message in call.messages]
    return [(str(one.refusal), one.key) for one in checked]


@pytest.mark.parametrize(
    "raw",
    [
        envelope(),
        envelope((), {"message": TEXT}),
        envelope(([TEXT],)),
        envelope(encoding=None),
        envelope(content_encoding=None),
        envelope(pack=zlib.compress, headers={"compression": "application/x-gzip"}),
        envelope(pack=bz2.compress, headers={"compression": "application/x-bz2"}),
        envelope(pack=lzma.compress, headers={"compression": "application/x-lzma"}),
        # What a message asks of a Celery worker means nothing here.
        envelope(headers={"timelimit": ["a", "b"], "stamps": 5, "stamped_headers": 7, "retries": "x", "argsrepr": 3}),
        envelope(body=json.dumps([[TEXT], {}, "no object"]).encode()),
        version_1(),
        version_1(args=[], kwargs={"message": TEXT}),
        version_1(timelimit=["a", "b"], callbacks=5),
    ],
)  # fmt: skip
def test_one_submission(raw: bytes) -> None:
    call = read(raw)
    assert call.messages == (TEXT,)
    assert call.deliveries == read(envelope()).deliveries  # the same delivery, however it is wrapped
    assert call.deliveries[0].startswith("id-1/0/")
    assert call.due_at is None


def test_as_celery_itself_writes_it(redis_url: str) -> None:
    """Arguments that JSON lacks too: kombu writes times and ids as objects, and they are read as text."""
    import redis

    with Celery("producer", broker=redis_url, set_as_current=False) as app, redis.Redis.from_url(redis_url) as client:
        at = datetime(2026, 3, 9, 12, 30, tzinfo=UTC)
        app.send_task(
            TASK, [TEXT | {"published_at": at, "key": UUID(int=7).hex}], task_id="t-1", eta=at, compression="gzip"
        )
        (raw,) = client.lrange("celery", 0, -1)
    call = read(raw)
    assert call.messages == (TEXT | {"published_at": "2026-03-09T12:30:00+00:00", "key": UUID(int=7).hex},)
    assert call.due_at == at
    assert call.deliveries[0].startswith("t-1/0/")


def test_each_of_a_list_is_a_delivery_and_another_content_is_another_delivery() -> None:
    other = {"content": "Another."}
    call = read(envelope(([TEXT, other, 7],)))
    assert list[Any](call.messages) == [TEXT, other, 7]
    assert [delivery.rpartition("/")[0] for delivery in call.deliveries] == ["id-1/0", "id-1/1", "id-1/2"]
    assert read(envelope(([other],))).deliveries[0] != call.deliveries[0]


def test_a_message_without_a_usable_id_is_known_by_its_bytes() -> None:
    for bad in (None, "", 7, "x" * 201, "nul\0"):
        raw = envelope(headers={"id": bad}, properties={"body_encoding": "base64"})
        assert read(raw).deliveries == read(raw).deliveries
        assert len(read(raw).deliveries[0].partition("/")[0]) == 64


def test_the_eta_is_when_it_may_be_filed() -> None:
    for eta, at in (
        ("2026-03-11T08:00:00+02:00", datetime(2026, 3, 11, 6, tzinfo=UTC)),
        ("2026-03-11T08:00:00", datetime(2026, 3, 11, 8, tzinfo=UTC)),
        ("2020-01-01T00:00:00Z", datetime(2020, 1, 1, tzinfo=UTC)),
    ):
        assert read(envelope(headers={"eta": eta})).due_at == at
        assert read(version_1(eta=eta)).due_at == at
    assert read(envelope(headers={"expires": "2026-03-10T12:00:01Z"})).messages == (TEXT,)


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit('unpickled')",))


ARGUMENTS = "bad_message: arguments: expected one, message; got"
PACKED = "one of application/x-gzip, application/x-bz2, application/x-lzma, or none"
BAD: list[tuple[bytes, str, str | None]] = [
    (b"garbage", "bad_message: the message is not JSON: Expecting value: line 1 column 1 (char 0)", None),
    (b"", "bad_message: the message is not JSON: Expecting value: line 1 column 1 (char 0)", None),
    (b"\0", "bad_message: the message is not JSON: Expecting value: line 1 column 1 (char 0)", None),
    (b"\xff\xfe", "bad_message: the message is not UTF-8 at byte 0", None),
    (b"[" * 100_000, "bad_message: the message is not JSON: it is nested too deeply", None),
    (b"5", "bad_message: the message: expected object, got int", None),
    (b"[]", "bad_message: the message: expected object, got array", None),
    (b"{}", "bad_message: content-type None: only application/json is read", None),
    (b'{"body": "e30=", "properties": {}}', "bad_message: content-type None: only application/json is read", None),
    (envelope(headers=None, properties=7), "bad_message: properties: expected object, got int", None),
    (envelope(body=pickle.dumps(Evil()), content_type="application/x-python-serialize"),
     "bad_message: content-type application/x-python-serialize: only application/json is read", None),
    (envelope(content_type="application/x-yaml"),
     "bad_message: content-type application/x-yaml: only application/json is read", None),
    (envelope(content_encoding="binary"), "bad_message: content-encoding binary: only utf-8 is read", None),
    (envelope(content_encoding=[1]), "bad_message: content-encoding [1]: only utf-8 is read", None),
    (envelope(properties={"body_encoding": "rot13"}), "bad_message: body_encoding rot13: only base64 is read", None),
    (b'{"body": "!!!", "content-type": "application/json", "properties": {"body_encoding": "base64"}}',
     "bad_message: body: not base64: Only base64 data is allowed", None),
    (json.dumps({"body": {"a": 1}, "content-type": "application/json"}).encode(),
     "bad_message: body: expected str, got object", None),
    (envelope(headers={"compression": "application/zstd"}),
     f"bad_message: compression application/zstd: {PACKED}", None),
    (envelope(headers={"compression": ["x"]}),
     f"bad_message: compression ['x']: {PACKED}", None),
    (envelope(headers={"compression": "application/x-gzip"}),
     "bad_message: body: not application/x-gzip: Error -3 while decompressing data: incorrect header check", None),
    (envelope(body=b" " * 1_000_000, pack=zlib.compress, headers={"compression": "application/x-gzip"}),
     "too_large: body: more than 100,000 bytes when it is decompressed", None),
    (envelope(body=b"{{{"),
     "bad_message: the body is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
     None),
    (envelope(body=b"\xff"), "bad_message: the body is not UTF-8 at byte 0", None),
    (envelope(body=b"[" * 100_000), "bad_message: the body is not JSON: it is nested too deeply", None),
    (envelope(body=b"{}"), "bad_message: the body is not [args, kwargs, embed] (Celery's protocol 2)", None),
    (envelope(body=b"[]"), "bad_message: the body is not [args, kwargs, embed] (Celery's protocol 2)", None),
    (envelope(body=b'{"args": []}', headers={}).replace(b'"task"', b'"tusk"'),
     "bad_message: not a Celery message: neither its headers nor its body name a task", None),
    (envelope(body=b'["x", {}, {}]'),
     "bad_message: args and kwargs: expected array and object, got str and object", None),
    (envelope(()), f"{ARGUMENTS} 0 positional", None),
    (envelope((TEXT, TEXT)), f"{ARGUMENTS} 2 positional", None),
    (envelope((TEXT,), {"now": 1}), f"{ARGUMENTS} 1 positional and now", None),
    (envelope((), {"mesage": TEXT}), f"{ARGUMENTS} 0 positional and mesage", None),
    (envelope((5,)), "wrong_type: message: expected object, got int", None),
    (envelope((None,)), "wrong_type: message: expected object, got null", None),
    (envelope(("x",)), "bad_message: not a JSON object: JSON is malformed: invalid character (byte 0)", None),
    (envelope(([],)), "wrong_type: message: expected object, got array", None),
    (envelope(([[TEXT]],)), "wrong_type: message: expected object, got array", None),
    (envelope(task="no.such.task"), f"unknown_task: no.such.task: this queue takes {TASK}", "k1"),
    (envelope(task="wiredesk.submit_article.v2"), f"unknown_task: {TASK[:-1]}2: this queue takes {TASK}", "k1"),
    (envelope([], task="wiredesk.dispatch"), f"unknown_task: wiredesk.dispatch: this queue takes {TASK}", None),
    (envelope(task=["x"]), f"unknown_task: ['x']: this queue takes {TASK}", "k1"),
    (envelope(headers={"eta": "x"}), "bad_message: eta: x is not a time such as 2026-03-09T12:00:00+00:00", "k1"),
    (envelope(headers={"expires": 7}), "bad_message: expires: 7 is not a time such as 2026-03-09T12:00:00+00:00", "k1"),
    (envelope(headers={"eta": "9999-12-31T23:59:59+00:00"}),
     "bad_message: eta: 9999-12-31 is more than 366 days ahead", "k1"),
    (envelope(headers={"eta": "0001-01-01T00:00:00+14:00"}),
     "bad_message: eta: 0001-01-01T00:00:00+14:00 is not a time such as 2026-03-09T12:00:00+00:00", "k1"),
    (envelope(headers={"expires": "2026-03-10T11:59:59Z"}),
     "expired: expires: it was to be read before 2026-03-10 11:59:59 UTC", "k1"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "reason", "key"), BAD, ids=lambda value: str(value)[:50])
def test_a_bad_message_is_one_refused_item_with_its_reason_and_key(raw: bytes, reason: str, key: str | None) -> None:
    assert kept(read(raw)) == [(reason, key)]


def test_a_refused_list_is_refused_item_by_item() -> None:
    call = read(envelope(([TEXT, {"content": "B.", "key": "k2"}],), headers={"expires": "2020-01-01T00:00:00Z"}))
    reason = "expired: expires: it was to be read before 2020-01-01 00:00:00 UTC"
    assert kept(call) == [(reason, "k1"), (reason, "k2")]
    assert [message.raw for message in call.messages if isinstance(message, Unread)] == [
        json.dumps(TEXT).encode(), b'{"content": "B.", "key": "k2"}',
    ]  # fmt: skip
