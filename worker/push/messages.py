"""The message for a change, and its signature (standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from wiredesk.worker.errors import UsageError
from wiredesk.worker.store.records import ArticleRecord, Change

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """A change, and its article as it is when the message is made; null for a change that has none."""

    cursor: int
    kind: str
    article_id: int | None
    revision_no: int | None
    story_id: int | None
    merged_story_id: int | None
    article: ArticleRecord | None


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a webhook, in the form of Standard Webhooks. `timestamp` is when the change occurred."""

    type: str
    timestamp: datetime
    data: Data | None


@dataclass(frozen=True, slots=True)
class Message:
    """A change that is sent. `id` is the same each time it is sent; changes of one `group` are sent in their order."""

    cursor: int
    group: str
    id: str
    type: str
    body: bytes


def of_change(push_name: str, change: Change, article: ArticleRecord | None) -> Message:
    data = Data(
        cursor=change.cursor,
        kind=change.kind,
        article_id=change.article_id,
        revision_no=change.revision_no,
        story_id=change.story_id,
        merged_story_id=change.merged_story_id,
        article=article,
    )
    subject, number = ("article", change.article_id) if change.article_id is not None else ("story", change.story_id)
    kind, group = f"{subject}.{change.kind}", f"{subject} {number}"
    body = msgspec.json.encode(Envelope(type=kind, timestamp=change.occurred_at, data=data))
    return Message(change.cursor, group, f"msg_{push_name}_{change.cursor}", kind, body)


def of_test(push_name: str, now: datetime) -> Message:
    """A message that says nothing, to try a target with."""
    body = msgspec.json.encode(Envelope(type="wiredesk.test", timestamp=now, data=None))
    return Message(0, "", f"msg_{push_name}_test_{now:%Y%m%d%H%M%S%f}", "wiredesk.test", body)


def signing_key(text: str) -> bytes:
    """The key in `whsec_BASE64`. Raises `UsageError`, whose message does not hold it."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(_PREFIX) or len(key) not in _KEY_BYTES:
        raise UsageError(
            "a signing key is whsec_ and 24 to 64 bytes as base64: (printf whsec_; openssl rand -base64 32)"
        )
    return key


def signature_headers(key: bytes, message: Message, now: datetime) -> Mapping[str, str]:
    """The headers of Standard Webhooks: HMAC-SHA256 over id, time and body."""
    seconds = str(int(now.timestamp()))
    signed = hmac.digest(key, b".".join((message.id.encode(), seconds.encode(), message.body)), hashlib.sha256)
    return {
        "webhook-id": message.id,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
