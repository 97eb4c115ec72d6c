"""The durable inbox: bodies, submissions, and the documents that wait, are leased, taken and closed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg.rows import class_row

from wiredesk import schema
from wiredesk.worker.db import Connection
from wiredesk.worker.store.records import (
    ClosingRow,
    DocumentRow,
    DocumentState,
    FetchedRow,
    FiledItem,
    Need,
    Origin,
    PageRow,
    PostponedRow,
    RecheckRow,
    RefusedRow,
    SubmissionKeyRow,
    SubmissionRow,
)
from wiredesk.worker.store.rows import as_json, record_of
from wiredesk.worker.zstd import zstd

_SQL = schema.queries("inbox")
# Feeds shrink to a quarter at 2 µs a kB; level 3 takes a fifth longer for 4 % less.
_LEVEL = 1


@dataclass(frozen=True, slots=True)
class LeasedDocument:
    """A document to be issued; `attempts` counts the attempts before."""

    document_id: int
    body_bytes: int
    attempts: int
    origin: str
    received_at: datetime
    url: str | None
    feed_id: int | None
    submission_id: int | None
    key: str | None


@dataclass(frozen=True, slots=True)
class LatestVersion:
    """The latest version in the inbox under the source and key of a submission; `is_same`: with the same content."""

    incoming_id: int
    submission_id: int
    version: int
    is_same: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivery of a transport that is in the inbox."""

    delivery: str
    submission_id: int
    key: str | None


@dataclass(frozen=True, slots=True)
class RejectedDelivery:
    """A delivery with rejected items: their reasons, a line each, and how many of its items were filed."""

    delivery: str
    submission_id: int
    filed: int
    reasons: str


@dataclass(frozen=True, slots=True)
class MailBoxRead:
    """Up to where a mail box was read: the validity of its numbers, the highest number, the time of its outcomes."""

    uidvalidity: int
    uid: int
    outcomes_at: datetime


@dataclass(frozen=True, slots=True)
class TakenDocument:
    """A document that this worker has begun; `attempts` counts this one. `body` is None where it must be fetched.

    `known` holds the submitter's fields; `context` what belongs to the request: the entry of a page, the article that
    is re-checked, the headers of a feed. `refusal` is set where the message broke the contract or its page could not
    be fetched.
    """

    document_id: int
    origin: Origin
    attempts: int
    received_at: datetime
    media_type: str | None
    url: str | None
    feed_id: int | None
    submission_id: int | None
    body: bytes | None
    key: str | None
    known: dict[str, Any]
    context: dict[str, Any]
    fetched_at: datetime | None
    feed_source: str | None
    full_text: str | None
    recheck_ladder: list[float] | None
    verify_tls: bool | None
    reason: str | None
    refusal: str | None


def add_bodies(connection: Connection, bodies: Mapping[bytes, bytes]) -> None:
    """Store bodies by their SHA-256, compressed: PostgreSQL's own compression took 4 × the time and 4/3 of the disk."""
    if bodies:
        parameters = {"sha256s": list(bodies), "contents": [zstd.compress(body, _LEVEL) for body in bodies.values()]}
        connection.execute(_SQL["add_bodies"], parameters)


def delete_documents(connection: Connection, before: datetime, limit: int) -> int:
    """Delete those of the `limit` oldest documents that were done before that time; how many there were."""
    return connection.execute(_SQL["delete_documents"], {"before": before, "limit": limit}).rowcount


def delete_bodies(connection: Connection, before: datetime, limit: int, after: datetime | None) -> datetime | None:
    """Look at `limit` bodies that arrived before that time, and delete those that no document has.

    They are looked at in the order of their arrival from `after` on; the answer is where the next call goes on, None at
    the end.
    """
    parameters = {"before": before, "limit": limit, "after": after}
    row = connection.execute(_SQL["delete_bodies"], parameters).fetchone()
    return row[0] if row else None


def latest_versions(connection: Connection, rows: Sequence[SubmissionKeyRow]) -> dict[int, LatestVersion]:
    """For each incoming id whose source and key are in the inbox, the latest version; the same again is counted."""
    if not rows:
        return {}
    with connection.cursor(row_factory=class_row(LatestVersion)) as cursor:
        found = cursor.execute(_SQL["latest_versions"], {"rows": as_json(rows)})
        return {latest.incoming_id: latest for latest in found}


def deliveries(connection: Connection, wanted: Iterable[str]) -> dict[str, Delivered]:
    """Which of these deliveries are in the inbox already."""
    with connection.cursor(row_factory=class_row(Delivered)) as cursor:
        return {found.delivery: found for found in cursor.execute(_SQL["deliveries"], {"deliveries": list(wanted)})}


def server_time(connection: Connection) -> datetime:
    (row,) = connection.execute(_SQL["server_time"])
    assert isinstance(row[0], datetime)
    return row[0]


def rejected_deliveries(connection: Connection, prefix: str, *, since: datetime) -> list[RejectedDelivery]:
    """Deliveries whose ids begin with `prefix`, that were accepted, and of which items were rejected since then.

    The answer overlaps with the one before by two minutes.
    """
    with connection.cursor(row_factory=class_row(RejectedDelivery)) as cursor:
        return cursor.execute(_SQL["rejected_deliveries"], {"prefix": prefix, "since": since}).fetchall()


def mail_box(connection: Connection, name: str) -> MailBoxRead:
    """Up to where the mail box of that name was read; a new one from its first message."""
    with connection.cursor(row_factory=class_row(MailBoxRead)) as cursor:
        (found,) = cursor.execute(_SQL["mail_box"], {"name": name})
    return found


def note_mail_box(connection: Connection, name: str, read: MailBoxRead) -> None:
    values = {"name": name, "uidvalidity": read.uidvalidity, "uid": read.uid, "outcomes_at": read.outcomes_at}
    connection.execute(_SQL["note_mail_box"], values)


def add_submissions(connection: Connection, rows: Sequence[SubmissionRow]) -> set[int]:
    """Add submissions; the answer leaves out those whose key and version, or delivery, another writer added first."""
    if not rows:
        return set()
    return {n for (n,) in connection.execute(_SQL["add_submissions"], {"rows": as_json(rows)})}


def announce(connection: Connection) -> None:
    """Notify the listeners of the channel `wiredesk_inbox` that documents wait, once this transaction is committed."""
    connection.execute(_SQL["announce"])


def add_documents(connection: Connection, rows: Sequence[DocumentRow]) -> None:
    if rows:
        connection.execute(_SQL["add_documents"], {"rows": as_json(rows)})


def add_pages(connection: Connection, rows: Sequence[PageRow]) -> None:
    """Pages to be fetched for entries that were just filed."""
    if rows:
        connection.execute(_SQL["add_pages"], {"rows": as_json(rows)})


def lease_documents(
    connection: Connection, need: Need, token: uuid.UUID, *, limit: int, lease_seconds: float
) -> list[LeasedDocument]:
    """Lease due documents to be issued."""
    parameters = {"needs": need, "token": token, "limit": limit, "lease_seconds": lease_seconds}
    with connection.cursor(row_factory=class_row(LeasedDocument)) as cursor:
        return cursor.execute(_SQL["lease_documents"], parameters).fetchall()


def lease_stored(
    connection: Connection, document_ids: list[int], token: uuid.UUID, *, lease_seconds: float
) -> list[LeasedDocument]:
    """Lease just these, where they are due and first in their lane."""
    parameters = {"document_ids": document_ids, "token": token, "lease_seconds": lease_seconds}
    with connection.cursor(row_factory=class_row(LeasedDocument)) as cursor:
        return cursor.execute(_SQL["lease_stored"], parameters).fetchall()


def documents_in_flight(connection: Connection, need: Need) -> int:
    row = connection.execute(_SQL["documents_in_flight"], {"needs": need}).fetchone()
    return int(row[0]) if row else 0


def take_documents(
    connection: Connection, document_ids: list[int], token: str, *, lease_seconds: float
) -> list[TakenDocument]:
    """Begin work: count the attempt and extend the lease. Documents with another token are left out."""
    parameters = {"document_ids": document_ids, "token": token, "lease_seconds": lease_seconds}
    with connection.cursor(row_factory=class_row(TakenDocument)) as cursor:
        taken = cursor.execute(_SQL["take_documents"], parameters).fetchall()
    return sorted(map(_unpacked, taken), key=lambda taken: taken.document_id)


def _unpacked(taken: TakenDocument) -> TakenDocument:
    return taken if taken.body is None else replace(taken, body=zstd.decompress(taken.body))


def give_back_documents(
    connection: Connection, document_ids: list[int], token: str, *, wait_seconds: float = 0.0
) -> None:
    """Return documents unworked, due after `wait_seconds`; the attempt does not count."""
    if document_ids:
        parameters = {"document_ids": document_ids, "token": token, "wait_seconds": wait_seconds}
        connection.execute(_SQL["give_back_documents"], parameters)


def bound_transaction(connection: Connection, *, idle_seconds: float, seconds: float) -> None:
    """Let PostgreSQL end this transaction after a time; versions before 17 limit only the time in which it idles."""
    connection.execute(_SQL["bound_idling"], {"milliseconds": f"{idle_seconds * 1_000:.0f}"})
    if connection.info.server_version >= 170_000:
        connection.execute(_SQL["bound_transaction"], {"milliseconds": f"{seconds * 1_000:.0f}"})


def hold_documents(connection: Connection, document_ids: Iterable[int], token: str) -> set[int]:
    """Lock the documents that the token still owns until the transaction ends; the answer holds their ids."""
    return {
        n for (n,) in connection.execute(_SQL["hold_documents"], {"document_ids": list(document_ids), "token": token})
    }


def finish_documents(connection: Connection, rows: Sequence[ClosingRow]) -> None:
    if rows:
        connection.execute(_SQL["finish_documents"], {"rows": as_json(rows)})


def store_fetched(connection: Connection, rows: Sequence[FetchedRow], token: str) -> list[int]:
    """Attach fetched bodies; the answer holds the documents that the token still leased."""
    if not rows:
        return []
    return [n for (n,) in connection.execute(_SQL["store_fetched"], {"rows": as_json(rows), "token": token})]


def refuse_documents(connection: Connection, rows: Sequence[RefusedRow], token: str) -> list[int]:
    """Pass pages that can't be fetched to ingest, which rejects them; the answer holds those that the token leased."""
    if not rows:
        return []
    return [n for (n,) in connection.execute(_SQL["refuse_documents"], {"rows": as_json(rows), "token": token})]


def postpone_documents(connection: Connection, rows: Sequence[PostponedRow], token: str) -> None:
    if rows:
        connection.execute(_SQL["postpone_documents"], {"rows": as_json(rows), "token": token})


def documents_to_replay(
    connection: Connection, *, after: int, limit: int, rejected: bool, document_ids: Iterable[int] | None = None
) -> list[int]:
    """The next closed documents after one that can be read again; only those with rejections, or only these."""
    parameters = {
        "after": after,
        "limit": limit,
        "rejected": rejected,
        "document_ids": None if document_ids is None else list(document_ids),
    }
    return [n for (n,) in connection.execute(_SQL["documents_to_replay"], parameters)]


def document(connection: Connection, document_id: int) -> DocumentState | None:
    with connection.cursor(row_factory=record_of(DocumentState)) as cursor:
        return cursor.execute(_SQL["document"], {"document_id": document_id}).fetchone()


def without_content(connection: Connection) -> int:
    """The number of rejected documents that are pages which could not be fetched."""
    row = connection.execute(_SQL["without_content"]).fetchone()
    return int(row[0]) if row else 0


def documents_of_article(connection: Connection, article_id: int) -> list[int]:
    """The documents that the revisions of an article were read from."""
    return [n for (n,) in connection.execute(_SQL["documents_of_article"], {"article_id": article_id})]


def stored_documents(connection: Connection, document_ids: Iterable[int]) -> list[TakenDocument]:
    """Closed documents with their bytes, as they were taken the first time."""
    with connection.cursor(row_factory=class_row(TakenDocument)) as cursor:
        return [_unpacked(t) for t in cursor.execute(_SQL["stored_documents"], {"document_ids": list(document_ids)})]


def lease_closed(connection: Connection, document_ids: Iterable[int], token: str) -> None:
    """Take closed documents to be replayed; a token that took them before is no longer valid."""
    connection.execute(_SQL["lease_closed"], {"document_ids": list(document_ids), "token": token})


def close_replayed(connection: Connection, document_ids: Iterable[int]) -> None:
    connection.execute(_SQL["close_replayed"], {"document_ids": list(document_ids)})


def filed_items(connection: Connection, document_ids: Iterable[int]) -> list[FiledItem]:
    """The outcomes of the items of documents, by document and item number."""
    with connection.cursor(row_factory=record_of(FiledItem)) as cursor:
        return cursor.execute(_SQL["filed_items"], {"document_ids": list(document_ids)}).fetchall()


def add_rechecks(connection: Connection, rows: Sequence[RecheckRow]) -> None:
    """Fetch the pages of articles again."""
    if rows:
        connection.execute(_SQL["add_rechecks"], {"rows": as_json(rows)})


def issue_rechecks(
    connection: Connection, ladder: Sequence[float], *, limit: int, article_id: int | None = None
) -> None:
    """Put due pages, or that of one article, into the inbox.

    `ladder` is for those whose feed has none of its own: seconds after filing.
    """
    parameters = {"ladder": list(ladder), "limit": limit, "article_id": article_id}
    connection.execute(_SQL["issue_rechecks"], parameters)


def due_rechecks(connection: Connection, *, limit: int) -> list[int]:
    """The articles whose pages are due for a re-check."""
    return [n for (n,) in connection.execute(_SQL["due_rechecks"], {"limit": limit})]


def stop_recheck(connection: Connection, article_id: int) -> None:
    """End the re-checks of the article's page."""
    connection.execute(_SQL["stop_recheck"], {"article_id": article_id})


def mark_gone(connection: Connection, article_ids: list[int], waits: Sequence[float]) -> None:
    """Note that articles' pages answered 404 or 410; `waits`: seconds from the first such answer to each re-check."""
    if article_ids:
        parameters = {"article_ids": article_ids, "waits": list(waits), "last_wait": waits[-1]}
        connection.execute(_SQL["mark_gone"], parameters)


def clear_gone(connection: Connection, article_ids: list[int]) -> None:
    """Clear `gone_since` and `gone_at` of articles whose pages answer again. Lock the articles first."""
    if article_ids:
        connection.execute(_SQL["clear_gone"], {"article_ids": article_ids})
