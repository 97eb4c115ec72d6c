"""Accepting submissions: the receipt is given after the inbox rows are committed, and not before.

Every channel (command line, client, Redis stream, Celery message) ends here. A message that breaks the contract is
refused with the field and the limit. Its start is kept as a document too, and the ingest worker that takes it writes
its outcome `rejected`: outcomes and their log lines have one origin, whatever the channel.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import msgspec
import psycopg

from wiredesk.worker import events
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.news import submission
from wiredesk.worker.news.compare.identity import hashed_key
from wiredesk.worker.news.formats.given import Part
from wiredesk.worker.news.formats.table import media_type_by_name
from wiredesk.worker.news.values import urls
from wiredesk.worker.store import inbox, sequences
from wiredesk.worker.store.records import Channel, DocumentRow, SubmissionKeyRow, SubmissionRow

log = logging.getLogger(__name__)

# The longest part of a refused message that is kept, to tell which it was.
KEPT_OF_REFUSED_BYTES = 65_536
# One transaction. Larger ones gain nothing (docs/benchmarks.md) and are read again as a whole after a kill.
BATCH = 200
BATCH_BYTES = 8_000_000
_TRIES = 8
# What PostgreSQL raises because of a value, and not because of itself.
_OF_ONE_ROW = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)


@dataclass(frozen=True, slots=True)
class FileMessage:
    """A file as it is: `fields` without content, and the bytes, whose encoding is found when they are read."""

    fields: submission.Submission
    content: bytes


@dataclass(frozen=True, slots=True)
class Unread:
    """A message whose envelope could not be read: the start of its bytes, the reason, and its key where one is seen."""

    raw: bytes
    reason: Rejected
    key: str | None = None


Message = bytes | str | Mapping[str, Any] | FileMessage | Unread


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to one message: `accepted`, `repeated` (same source, key and content as before), or `refused`.

    `submission_id` names it in `wiredesk status`; `reason` says why it was refused.
    """

    status: Literal["accepted", "repeated", "refused"]
    submission_id: int
    key: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """One message that was checked. `refusal`: why it broke the contract; `content` is then its start.

    `token` is the name of the token with which it came over HTTP; `position` and `submission_id` are given when it is
    stored.
    """

    received_at: datetime
    content: bytes | None
    digest: bytes
    key: str | None = None
    source: str = ""
    fields: submission.Submission = submission.Submission()
    refusal: str | None = None
    delivery: str | None = None
    token: str | None = None
    due_at: datetime | None = None
    position: int = 0
    submission_id: int = 0

    @property
    def is_version(self) -> bool:
        """Whether it is one of the versions of its key; a refused message is none."""
        return self.key is not None and self.refusal is None

    def receipt(self) -> Receipt:
        status: Literal["accepted", "refused"] = "accepted" if self.refusal is None else "refused"
        return Receipt(status, self.submission_id, self.key, self.refusal)


def accept(
    connection: Connection,
    messages: Sequence[Message],
    *,
    channel: Channel,
    max_content_bytes: int,
    deliveries: Sequence[str] = (),
    now: datetime | None = None,
) -> list[Receipt]:
    """Check messages and put them into the inbox in one transaction; a receipt for each, in order.

    When this returns, what was accepted is committed and will end in exactly one outcome; when it raises, nothing was
    accepted, and the same messages with the same keys may be handed in again. `deliveries`, one a message, are the
    transport's own ids: what it delivers again is `repeated`, with or without a key.
    """
    now = now or datetime.now(UTC)
    checked = [check(message, max_content_bytes=max_content_bytes, now=now) for message in messages]
    if deliveries:
        checked = [replace(one, delivery=delivery) for one, delivery in zip(checked, deliveries, strict=True)]
    return store(connection, checked, channel=channel)


def store(connection: Connection, checked: Sequence[Checked], *, channel: Channel) -> list[Receipt]:
    """Put checked messages into the inbox, as `accept` does. One that can't be stored is refused alone, `internal`."""
    if not checked:
        return []
    with connection.transaction():
        ids = sequences.reserve_ids(connection, "wiredesk.submission_id_seq", len(checked))
        incoming = [replace(one, position=n, submission_id=ids[n]) for n, one in enumerate(checked)]
        try:
            with connection.transaction():
                receipts = _store(connection, incoming, channel)
        except _OF_ONE_ROW:
            receipts = {}
            for one in incoming:
                receipts |= _store_alone(connection, one, channel)
        if any(receipt.status != "repeated" for receipt in receipts.values()):
            inbox.announce(connection)
    for one in (one for one in incoming if receipts[one.position].status == "accepted"):
        fields = {"submission_id": one.submission_id, "key": one.key, "source": one.source, "channel": channel}
        log.info(events.SUBMISSION_ACCEPTED, extra=fields)
    return [receipts[position] for position in range(len(checked))]


T = TypeVar("T")


def in_transactions(arriving: Iterable[T], size_of: Callable[[T], int]) -> Iterator[list[T]]:
    """The same in order, in lists that fit into one transaction: by number, and by size in bytes."""
    batch: list[T] = []
    size = 0
    for one in arriving:
        batch.append(one)
        size += size_of(one)
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


# ---- checking


def of_part(part: Part | Rejected, fields: submission.Submission) -> FileMessage | Unread:
    """A document of a package as a message; `fields` are those of the package."""
    if isinstance(part, Rejected):
        return Unread(part.detail.encode(), part)
    return FileMessage(
        msgspec.structs.replace(
            fields,
            media_type=part.media_type or media_type_by_name(part.name, part.body) or fields.media_type,
            url=part.url or fields.url,
            received_at=part.received_at.isoformat() if part.received_at else fields.received_at,
        ),
        part.body,
    )


def check(message: Message, *, max_content_bytes: int, now: datetime) -> Checked:
    """Read one message of any shape; `now` is when it was received, unless its submitter says so. Raises nothing."""
    try:
        fields, content = _checked(message, max_content_bytes)
        return Checked(
            received_at=submission.received_at(fields, now),
            content=content,
            digest=submission.digest(fields, content),
            key=fields.key,
            source=urls.source_slug(fields.source) if fields.source else "",
            fields=fields,
        )
    except Rejected as rejected:
        return _refused(_raw(message), _key_of(message), rejected, now)
    except Exception as error:
        log.exception(events.INTAKE_FAILED)
        return _refused(_raw(message), _key_of(message), Rejected("internal", type(error).__name__), now)


def _checked(message: Message, max_content_bytes: int) -> tuple[submission.Submission, bytes | None]:
    """The message without its content, and the content as bytes; null where it must be fetched."""
    if isinstance(message, Unread):
        raise message.reason
    if isinstance(message, FileMessage):
        submission.check_content(message.content, max_content_bytes=max_content_bytes)
        submission.check_fields(message.fields)
        return message.fields, message.content
    return submission.read_submission(message, max_content_bytes=max_content_bytes)


def _refused(raw: bytes, key: str | None, rejected: Rejected, now: datetime) -> Checked:
    start = raw[:KEPT_OF_REFUSED_BYTES]
    digest = hashlib.sha256(start).digest()
    return Checked(received_at=now, content=start, digest=digest, key=key, refusal=str(rejected))


def _raw(message: Message) -> bytes:
    if isinstance(message, bytes):
        return message
    if isinstance(message, FileMessage):
        return message.content
    if isinstance(message, Unread):
        return message.raw
    if isinstance(message, str):
        return message.encode("utf-8", "replace")
    try:
        return msgspec.json.encode(message, enc_hook=str)
    except (ValueError, RecursionError):  # lone surrogates, numbers or depths that JSON has no place for
        return repr(message)[:KEPT_OF_REFUSED_BYTES].encode("utf-8", "backslashreplace")


def _key_of(message: Message) -> str | None:
    """The key of a message that may be broken in any way, so that its refusal can be found by it."""
    if isinstance(message, FileMessage):
        return message.fields.key
    if isinstance(message, Unread):
        return message.key
    try:
        decoded = msgspec.json.decode(message) if isinstance(message, bytes | str) else message
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None
    return key_in(decoded)


def key_in(decoded: object) -> str | None:
    """The key of a decoded message of any shape."""
    key = decoded.get("key") if isinstance(decoded, Mapping) else None
    return key[:512] or None if isinstance(key, str) else None


# ---- storing


def _store_alone(connection: Connection, one: Checked, channel: Channel) -> dict[int, Receipt]:
    """Store one message; where PostgreSQL refuses one of its values, keep it as refused."""
    try:
        with connection.transaction():
            return _store(connection, [one], channel)
    except _OF_ONE_ROW as error:
        log.exception(events.INTAKE_FAILED, extra={"submission_id": one.submission_id})
        raw = one.content or msgspec.json.encode(one.fields)
        refused = _refused(raw, one.key, Rejected("internal", type(error).__name__), one.received_at)
        refused = replace(refused, delivery=one.delivery, position=one.position, submission_id=one.submission_id)
        return _store(connection, [refused], channel)


def _store(connection: Connection, incoming: Sequence[Checked], channel: Channel) -> dict[int, Receipt]:
    """Receipts by position."""
    receipts, fresh = _without_delivered(connection, incoming)
    for wave in _waves(fresh):
        receipts |= _store_wave(connection, wave, channel)
    return receipts


def _without_delivered(connection: Connection, incoming: Sequence[Checked]) -> tuple[dict[int, Receipt], list[Checked]]:
    """Receipts of messages that were delivered before, and the other messages."""
    wanted = [one.delivery for one in incoming if one.delivery is not None]
    known = inbox.deliveries(connection, wanted) if wanted else {}
    receipts: dict[int, Receipt] = {}
    fresh: list[Checked] = []
    for one in incoming:
        before = known.get(one.delivery) if one.delivery is not None else None
        if before is None:
            fresh.append(one)
        else:
            receipts[one.position] = Receipt("repeated", before.submission_id, before.key)
    return receipts, fresh


def _waves(incoming: Sequence[Checked]) -> list[list[Checked]]:
    """Batches in which no source and key stands twice, so that later contents of one key become its later versions."""
    waves: list[list[Checked]] = []
    seen: dict[tuple[str, str | None], int] = {}
    for one in incoming:
        number = 0
        if one.is_version:
            name = (one.source, one.key)
            number = seen[name] = seen.get(name, -1) + 1
        if number == len(waves):
            waves.append([])
        waves[number].append(one)
    return waves


def _store_wave(connection: Connection, wave: list[Checked], channel: Channel) -> dict[int, Receipt]:
    receipts: dict[int, Receipt] = {}
    for _ in range(_TRIES):
        latest = inbox.latest_versions(
            connection, [_key_row(one, one.key) for one in wave if one.is_version and one.key]
        )
        fresh: list[Checked] = []
        for one in wave:
            found = latest.get(one.submission_id)
            if found is not None and found.is_same:
                receipts[one.position] = Receipt("repeated", found.submission_id, one.key)
            else:
                fresh.append(one)
        versions = {incoming_id: found.version + 1 for incoming_id, found in latest.items()}
        rows = [_submission_row(one, channel, versions.get(one.submission_id, 1)) for one in fresh]
        added = inbox.add_submissions(connection, rows)
        _add_documents(connection, [one for one in fresh if one.submission_id in added])
        receipts |= {one.position: one.receipt() for one in fresh if one.submission_id in added}
        # Another writer had the same key, or was brought the same delivery: look again.
        delivered, wave = _without_delivered(connection, [one for one in fresh if one.submission_id not in added])
        receipts |= delivered
        if not wave:
            return receipts
    raise Transient("other writers keep submitting the same keys")


def _add_documents(connection: Connection, incoming: Sequence[Checked]) -> None:
    contents = {one.submission_id: one.content for one in incoming if one.content is not None}
    hashes = {submission_id: hashlib.sha256(content).digest() for submission_id, content in contents.items()}
    inbox.add_bodies(connection, {hashes[n]: content for n, content in contents.items()})
    ids = sequences.reserve_ids(connection, "wiredesk.document_id_seq", len(incoming))
    rows = [_document_row(n, one, hashes.get(one.submission_id)) for n, one in zip(ids, incoming, strict=True)]
    inbox.add_documents(connection, rows)


def _key_row(one: Checked, key: str) -> SubmissionKeyRow:
    return SubmissionKeyRow(
        submission_id=one.submission_id,
        source=one.source,
        key=key,
        digest=one.digest.hex(),
        received_at=one.received_at,
    )


def _submission_row(one: Checked, channel: Channel, version: int) -> SubmissionRow:
    return SubmissionRow(
        submission_id=one.submission_id,
        channel=channel,
        source=one.source,
        key=one.key,
        version=version,
        digest=one.digest.hex(),
        delivery=one.delivery,
        submitter=one.fields.submitter,
        token=one.token,
        received_at=one.received_at,
        known=submission.known(one.fields),
        refusal=one.refusal,
    )


def _document_row(document_id: int, one: Checked, sha256: bytes | None) -> DocumentRow:
    return DocumentRow(
        document_id=document_id,
        origin="submission",
        needs="fetch" if sha256 is None else "ingest",
        body_sha256=sha256.hex() if sha256 is not None else None,
        body_bytes=len(one.content or b""),
        media_type=one.fields.media_type if one.refusal is None else "application/json",
        url=one.fields.url,
        submission_id=one.submission_id,
        received_at=one.received_at,
        lane=_lane(one),
        due_at=one.due_at,
    )


def _lane(one: Checked) -> uuid.UUID | None:
    """Contents of one key, or of one URL, are filed in the order in which they were handed in."""
    if one.refusal is not None:
        return None
    if one.key is not None:
        return hashed_key("key", one.source, one.key)
    url_key = urls.url_key(one.fields.url) if one.fields.url else None
    return hashed_key("url", "", url_key) if url_key else None
