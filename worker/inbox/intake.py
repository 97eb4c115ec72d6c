"""Accepting submissions: the receipt is given after the inbox row is committed, and not before.

Every way in (command line, client, Redis stream, Celery task) ends here. A message that breaks the contract is refused
with the field and the limit, and kept as a rejected outcome, so that it can be looked at and handed in again.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.news import submission
from wiredesk.worker.news.compare.identity import alias
from wiredesk.worker.news.values import urls
from wiredesk.worker.store import articles, inbox

Channel = Literal["cli", "client", "stream", "task"]
# What is kept of a refused message; the largest are refused for their size, and their start tells what they were.
_KEPT_OF_REFUSED_BYTES = 65_536
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Copy:
    """A file as it is: `fields` without content, and the bytes, whose encoding is found out when they are read."""

    fields: submission.Submission
    content: bytes


Message = bytes | str | Mapping[str, Any] | Copy


@dataclass(frozen=True, slots=True)
class Receipt:
    """The desk's answer to one message: `accepted`, `repeated` (same source, key and content as before), or `refused`.

    `submission_id` names it in `wiredesk status`; `reason` says why it was refused.
    """

    status: Literal["accepted", "repeated", "refused"]
    submission_id: int
    key: str | None = None
    reason: str | None = None


@dataclass(slots=True)
class _Incoming:
    position: int
    message: submission.Submission
    content: bytes | None
    submission_id: int
    source: str
    received_at: datetime
    delivery: str | None = None

    def row(self) -> dict[str, Any]:
        return {
            "submission_id": self.submission_id,
            "source": self.source,
            "key": self.message.key,
            "digest": submission.digest(self.message, self.content).hex(),
            "received_at": self.received_at,
        }


def accept(
    connection: Connection,
    messages: Sequence[Message],
    *,
    channel: Channel,
    max_content_bytes: int,
    deliveries: Sequence[str] = (),
    now: datetime | None = None,
) -> list[Receipt]:
    """Put messages into the inbox in one transaction; a receipt for each, in order.

    When this returns, what was accepted is committed and will end in exactly one outcome; when it raises, nothing was
    accepted, and the same messages with the same keys may be handed in again. `deliveries`, one a message, are the
    transport's own ids: what it delivers again is `repeated`, key or not.
    """
    now = now or datetime.now(UTC)
    receipts: dict[int, Receipt] = {}
    refused: list[tuple[int, Message, Rejected, str | None]] = []
    incoming: list[_Incoming] = []
    with connection.transaction():
        before = inbox.delivered_before(connection, deliveries) if deliveries else {}
        ids = articles.reserve_ids(connection, "wiredesk.submission_id_seq", len(messages))
        for position, (message, submission_id) in enumerate(zip(messages, ids, strict=True)):
            delivery = deliveries[position] if deliveries else None
            if delivery in before:
                receipts[position] = Receipt("repeated", *before[delivery])
                continue
            try:
                checked, content = _checked(message, max_content_bytes)
            except Rejected as rejected:
                refused.append((submission_id, message, rejected, delivery))
                receipts[position] = Receipt("refused", submission_id, _key_of(message), str(rejected))
                continue
            source = urls.source_slug(checked.source) if checked.source else ""
            received = submission.received_at(checked, now)
            incoming.append(_Incoming(position, checked, content, submission_id, source, received, delivery))
        for wave in _waves(incoming):
            receipts |= _accept_wave(connection, wave, channel)
        _keep_refused(connection, refused, channel, now)
    return [receipts[position] for position in range(len(messages))]


def _checked(message: Message, max_content_bytes: int) -> tuple[submission.Submission, bytes | None]:
    """The message without its content, and the content as bytes; null where it must be fetched."""
    if isinstance(message, Copy):
        submission.check_content(message.content, max_content_bytes=max_content_bytes)
        submission.check_fields(message.fields)
        return message.fields, message.content
    return submission.read_submission(message, max_content_bytes=max_content_bytes)


def _waves(incoming: Sequence[_Incoming]) -> list[list[_Incoming]]:
    """Batches in which no source and key stands twice, so that later contents of one key become its later versions."""
    waves: list[list[_Incoming]] = []
    seen: dict[tuple[str, str], int] = {}
    for one in incoming:
        number = 0
        if one.message.key is not None:
            name = (one.source, one.message.key)
            number = seen[name] = seen.get(name, -1) + 1
        if number == len(waves):
            waves.append([])
        waves[number].append(one)
    return waves


def _accept_wave(connection: Connection, wave: list[_Incoming], channel: Channel) -> dict[int, Receipt]:
    receipts: dict[int, Receipt] = {}
    for _ in range(_TRIES):
        known = inbox.repeat_submissions(connection, [one.row() for one in wave if one.message.key is not None])
        fresh: list[_Incoming] = []
        for one in wave:
            submission_id, _, same = known.get(one.submission_id, (0, 0, False))
            if same:
                receipts[one.position] = Receipt("repeated", submission_id, one.message.key)
            else:
                fresh.append(one)
        added = inbox.add_submissions(
            connection,
            [
                one.row()
                | {
                    "channel": channel,
                    "delivery": one.delivery,
                    "version": known[one.submission_id][1] + 1 if one.submission_id in known else 1,
                    "submitter": one.message.submitter,
                    "known": submission.known(one.message),
                }
                for one in fresh
            ],
        )
        _add_documents(connection, [one for one in fresh if one.submission_id in added])
        for one in fresh:
            if one.submission_id in added:
                receipts[one.position] = Receipt("accepted", one.submission_id, one.message.key)
        # Another writer had the same key, or was brought the same delivery: look again.
        late = [one for one in fresh if one.submission_id not in added]
        before = inbox.delivered_before(connection, [one.delivery for one in late if one.delivery])
        wave = [one for one in late if one.delivery not in before]
        for one in late:
            if one.delivery in before:
                receipts[one.position] = Receipt("repeated", *before[one.delivery])
        if not wave:
            return receipts
    raise Transient("other writers keep submitting the same keys")


def _add_documents(connection: Connection, incoming: Sequence[_Incoming]) -> None:
    contents = {one.submission_id: one.content for one in incoming if one.content is not None}
    hashes = {submission_id: hashlib.sha256(content).digest() for submission_id, content in contents.items()}
    inbox.add_bodies(connection, {hashes[n]: content for n, content in contents.items()})
    ids = articles.reserve_ids(connection, "wiredesk.document_id_seq", len(incoming))
    inbox.add_documents(
        connection,
        [
            {
                "document_id": document_id,
                "origin": "submission",
                "needs": "ingest" if one.submission_id in contents else "fetch",
                "body_sha256": hashes[one.submission_id].hex() if one.submission_id in contents else None,
                "body_bytes": len(one.content or b""),
                "media_type": one.message.media_type,
                "url": one.message.url,
                "submission_id": one.submission_id,
                "received_at": one.received_at,
                "lane": _lane(one),
            }
            for document_id, one in zip(ids, incoming, strict=True)
        ],
    )


def _lane(one: _Incoming) -> uuid.UUID | None:
    """Contents of one key, or of one URL, are filed in the order in which they were handed in."""
    if one.message.key is not None:
        return alias("key", one.source, one.message.key).key
    url_key = urls.url_key(one.message.url) if one.message.url else None
    return alias("url", "", url_key).key if url_key else None


def _keep_refused(
    connection: Connection,
    refused: Sequence[tuple[int, Message, Rejected, str | None]],
    channel: Channel,
    now: datetime,
) -> None:
    """A refused message leaves a closed document with its reason, and the start of what was sent."""
    if not refused:
        return
    raws = {submission_id: _raw(message)[:_KEPT_OF_REFUSED_BYTES] for submission_id, message, _, _ in refused}
    hashes = {submission_id: hashlib.sha256(raw).digest() for submission_id, raw in raws.items()}
    inbox.add_bodies(connection, {hashes[n]: raw for n, raw in raws.items()})
    added = inbox.add_submissions(
        connection,
        [
            {
                "submission_id": submission_id,
                "channel": channel,
                "source": "",
                "key": None,
                "version": 1,
                "delivery": delivery,
                "digest": hashes[submission_id].hex(),
                "received_at": now,
                "known": {"refused_key": _key_of(message)},
            }
            for submission_id, message, _, delivery in refused
        ],
    )
    refused = [one for one in refused if one[0] in added]  # the others were kept when they were delivered before
    ids = articles.reserve_ids(connection, "wiredesk.document_id_seq", len(refused))
    inbox.add_documents(
        connection,
        [
            {
                "document_id": document_id,
                "origin": "submission",
                "needs": "ingest",
                "body_sha256": hashes[submission_id].hex(),
                "media_type": "application/json",
                "submission_id": submission_id,
                "received_at": now,
            }
            for document_id, (submission_id, _, _, _) in zip(ids, refused, strict=True)
        ],
    )
    articles.add_outcomes(
        connection,
        [
            {
                "received_at": now,
                "document_id": document_id,
                "item_no": 0,
                "origin": "submission",
                "submission_id": submission_id,
                "key": _key_of(message),
                "outcome": "rejected",
                "reason": str(rejected),
            }
            for document_id, (submission_id, message, rejected, _) in zip(ids, refused, strict=True)
        ],
    )
    inbox.finish_documents(
        connection,
        [
            {
                "document_id": document_id,
                "created": 0,
                "revised": 0,
                "repeated": 0,
                "rejected": 1,
                "reason": str(rejected),
            }
            for document_id, (_, _, rejected, _) in zip(ids, refused, strict=True)
        ],
    )


def _raw(message: Message) -> bytes:
    if isinstance(message, bytes):
        return message
    if isinstance(message, Copy):
        return message.content
    if isinstance(message, str):
        return message.encode("utf-8", "replace")
    try:
        return msgspec.json.encode(message, enc_hook=str)
    except (ValueError, RecursionError):  # lone surrogates, numbers or depths that JSON has no place for
        return repr(message)[:_KEPT_OF_REFUSED_BYTES].encode("utf-8", "backslashreplace")


def _key_of(message: Message) -> str | None:
    """The key of a message that may be broken in any way, so that its refusal can be found by it."""
    if isinstance(message, Copy):
        return message.fields.key
    try:
        decoded = msgspec.json.decode(message) if isinstance(message, bytes | str) else message
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None
    key = decoded.get("key") if isinstance(decoded, Mapping) else None
    return key[:512] if isinstance(key, str) else None
