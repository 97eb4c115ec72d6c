"""Reading documents and filing their items: take → read → file, a batch at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import msgspec

from wiredesk.worker import events, logs
from wiredesk.worker.db import Connection, connected
from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.filing.deadline import Stalled, cpu_limit
from wiredesk.worker.filing.items import Arrival, Item, Outcome, Provenance, Refused, publisher_of, report_filed
from wiredesk.worker.filing.shown import reading_context
from wiredesk.worker.filing.transaction import Batch, file_batch
from wiredesk.worker.news.compare.identity import distinct, identify
from wiredesk.worker.news.feeds.entries import Feed
from wiredesk.worker.news.feeds.split import split
from wiredesk.worker.news.model import Draft, Entry, Known
from wiredesk.worker.news.pages import refusals
from wiredesk.worker.news.read import Document, Reading, internal, mark_up, read_document, read_whole
from wiredesk.worker.news.values import urls
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds, inbox
from wiredesk.worker.store.inbox import TakenDocument
from wiredesk.worker.store.records import RefusedPage

log = logging.getLogger(__name__)
_STALLED_WAIT_SECONDS = 60.0
_NO_TIME = "the time of the task is over (task_seconds)"


@dataclass(frozen=True, slots=True)
class Ingested:
    """The result of a batch: its outcomes, and the documents that are closed now.

    `feeds` holds by document what its feed says of itself.
    """

    outcomes: tuple[Outcome, ...] = ()
    documents: tuple[TakenDocument, ...] = ()
    feeds: Mapping[int, Feed] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """The items of one document, and its feed; None where the document is not a feed."""

    document: TakenDocument
    items: tuple[Item, ...]
    feed: Feed | None = None


@dataclass(slots=True)
class _Work:
    """The documents of a batch: `waiting` and read ones."""

    waiting: list[TakenDocument] = field(default_factory=list)
    read: list[ReadDocument] = field(default_factory=list)


def ingest_documents(settings: Settings, document_ids: Sequence[int], token: str) -> Ingested:
    """Read leased documents and file their items in one transaction; with a stale token nothing is filed.

    A document that can't be read in time is given back. One that was begun more than `max_attempts` times is rejected
    as `poison` and kept for replay: its reader was killed each time.
    """
    work = _Work()
    try:
        ingested = _ingest(settings, document_ids, token, work)
    except Transient:
        _give_back(settings, [*work.waiting, *(one.document for one in work.read)], token)
        raise
    return ingested


def _ingest(settings: Settings, document_ids: Sequence[int], token: str, work: _Work) -> Ingested:
    with connected(settings.database_url) as connection:
        work.waiting = inbox.take_documents(
            connection, list(document_ids), token, lease_seconds=settings.task_seconds + 10
        )
    if len(work.waiting) < len(document_ids):
        log.info(events.INGEST_STALE, extra={"stale": len(document_ids) - len(work.waiting)})
    for document in work.waiting:
        logs.step(events.DOCUMENT_TAKEN, document, waited_seconds=logs.seconds_since(document.received_at))
    # Half of the task's time is for reading and marking up; the rest is for filing before the hard limit.
    stop_at = time.monotonic() + settings.wall_seconds
    stalled: list[TakenDocument] = []
    while work.waiting and (time.monotonic() < stop_at or not work.read):
        document, began = work.waiting[0], time.monotonic()
        try:
            done = read(document, settings, wall_seconds=settings.wall_seconds)
        except Stalled as error:
            logs.step(events.DOCUMENT_GIVEN_BACK, document, level="warning", reason=str(error))
            stalled.append(document)
        else:
            logs.step(events.DOCUMENT_READ, document, items=len(done.items), seconds=time.monotonic() - began)
            work.read.append(done)
        work.waiting.pop(0)
    with connected(settings.database_url) as connection:
        inbox.give_back_documents(connection, [late.document_id for late in work.waiting], token)
        inbox.give_back_documents(
            connection, [late.document_id for late in stalled], token, wait_seconds=_STALLED_WAIT_SECONDS
        )
        for late in work.waiting:
            logs.step(events.DOCUMENT_GIVEN_BACK, late, level="warning", reason=_NO_TIME)
        work.waiting = []
        if not work.read:
            return Ingested()
        batch = Batch(
            items=tuple(item for one in work.read for item in one.items),
            document_ids=tuple(one.document.document_id for one in work.read),
            token=token,
            mark_up_until=stop_at,
        )
        began = time.monotonic()
        filed = file_batch(connection, settings, batch)
        report_filed(filed.document_ids, filed.outcomes, seconds=time.monotonic() - began)
        _note_refused_pages(connection, [one.document for one in work.read], filed.outcomes)
    closed = [one for one in work.read if one.document.document_id in filed.document_ids]
    return Ingested(
        outcomes=filed.outcomes,
        documents=tuple(one.document for one in closed),
        feeds={one.document.document_id: one.feed for one in closed if one.feed is not None},
    )


def _note_refused_pages(
    connection: Connection, documents: Sequence[TakenDocument], outcomes: Sequence[Outcome]
) -> None:
    """Write into the fetch log why pages of a feed's entries were not articles."""
    fetched = {document.document_id: document for document in documents}
    feeds.note_refused_pages(
        connection,
        [
            RefusedPage(
                feed_id=document.feed_id,
                document_id=document.document_id,
                fetched_at=document.fetched_at,
                error=outcome.reason,
            )
            for outcome in outcomes
            if isinstance(outcome.item, Refused)
            and outcome.reason is not None
            and outcome.item.rejected.reason in refusals.REASONS
            and (document := fetched[outcome.at.document_id]).feed_id is not None
            and document.fetched_at is not None
        ],
    )


def warm_up() -> None:
    """Read and mark up two samples: a process loads word lists and libraries so, before it forks or measures."""
    copy = "PARIS, 3 mars (AFP) - « Le gouvernement a décidé », a dit mardi Jeanne Martin, ministre, à Lyon."
    page = f"<html><body><article><h1>Paris</h1>{f'<p>{copy}</p>' * 5}</article></body></html>"
    for media_type, sample in (("text/plain", copy), ("text/html", page)):
        document = Document(body=sample.encode(), received_at=datetime.now(UTC), media_type=media_type)
        for draft in read_document(document):
            if isinstance(draft, Draft):
                mark_up(draft, received_at=document.received_at)


def _give_back(settings: Settings, documents: Sequence[TakenDocument], token: str) -> None:
    """Return documents when PostgreSQL was away, and wait for it a while; `attempts` is not incremented."""
    give_up_at = time.monotonic() + settings.parse_seconds
    while documents and time.monotonic() < give_up_at:
        try:
            with connected(settings.database_url) as connection:
                inbox.give_back_documents(connection, [document.document_id for document in documents], token)
            for document in documents:
                logs.step(events.DOCUMENT_GIVEN_BACK, document, level="warning", reason="PostgreSQL was away")
            return
        except Transient:
            time.sleep(1)


def read(document: TakenDocument, settings: Settings, *, wall_seconds: float | None = None) -> ReadDocument:
    """The items of one document; a document that can't be read is one refused item, number 0.

    Raises `Stalled` when the machine gave too little CPU time to read it in `wall_seconds`.
    """
    try:
        return _read(document, settings, wall_seconds)
    except Rejected as rejected:
        return _refused(document, rejected, settings)
    except MemoryError:
        too_large = Rejected("too_large", "reading it takes more memory than a worker has")
        return _refused(document, too_large, settings)
    except Stalled:
        raise
    except Exception as error:  # noqa: BLE001  (reported with its outcome)
        return _refused(document, internal(error), settings)


def _read(document: TakenDocument, settings: Settings, wall_seconds: float | None) -> ReadDocument:
    if document.refusal is not None:
        raise Rejected(*document.refusal.split(": ", 1))
    if document.attempts > settings.max_attempts:
        raise Rejected("poison", f"its worker died {document.attempts - 1} times while reading it (max_attempts)")
    with cpu_limit(settings.parse_seconds, wall_seconds=wall_seconds):
        reading = read_whole(_document(document, settings))
        items = tuple(
            _item(document, number, item, settings, is_feed=reading.feed is not None, is_only=len(reading.items) == 1)
            for number, item in enumerate(reading.items, 1)
        )
        items = _told_apart(_with_digests(document, items, reading))
    if not items and document.origin != "feed":
        raise Rejected("no_items", "a feed document without entries")
    if document.fetched_at is not None and reading.feed is None:
        first = _first_recheck_seconds(document, settings)
        items = tuple(
            replace(item, is_page=True, recheck_seconds=first) if isinstance(item, Arrival) else item for item in items
        )
    return ReadDocument(document, items, reading.feed)


def _refused(document: TakenDocument, rejected: Rejected, settings: Settings) -> ReadDocument:
    """A document that can't be read. An entry's page that is no article is fetched again on the re-check ladder."""
    refused = Refused(_provenance(document, 0, document.url), rejected)
    if rejected.reason in refusals.REASONS and document.fetched_at is not None:
        seconds = _first_recheck_seconds(document, settings)
        refused = replace(refused, page_of=document.context.get("page_of"), recheck_seconds=seconds)
    return ReadDocument(document, (refused,))


def _first_recheck_seconds(document: TakenDocument, settings: Settings) -> float | None:
    ladder = settings.ladder() if document.recheck_ladder is None else document.recheck_ladder
    return next(iter(ladder), None)


def _with_digests(document: TakenDocument, items: tuple[Item, ...], reading: Reading) -> tuple[Item, ...]:
    """The entries of a feed that is polled, with the digests of their bytes where the document can be split."""
    if document.origin != "feed" or reading.feed is None or reading.feed.faults or reading.feed.truncated:
        return items
    parts = split(document.body or b"", content_type=document.media_type)
    if parts is None or len(parts.entries) != len(items):
        return items
    digests = parts.digests(reading_context(url=document.url, source=document.feed_source))
    return tuple(
        replace(item, digest=digest) if isinstance(item, Arrival) else item
        for item, digest in zip(items, digests, strict=True)
    )


def _told_apart(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items with identities in which no alias leads from one of them to another."""
    arrivals = [item for item in items if isinstance(item, Arrival)]
    if len(arrivals) < 2:
        return items
    apart = distinct(item.identity for item in arrivals)
    changed: Mapping[Provenance, Item] = {
        item.at: replace(item, identity=identity)
        for item, identity in zip(arrivals, apart, strict=True)
        if identity is not item.identity
    }
    return tuple(changed.get(item.at, item) for item in items) if changed else items


def _document(document: TakenDocument, settings: Settings) -> Document:
    return Document(
        body=document.body or b"",
        received_at=document.received_at,
        media_type=document.media_type,
        url=document.url,
        expects_feed=document.origin == "feed",
        known=msgspec.convert(document.known, Known),
        entry=msgspec.convert(document.context.get("entry"), Entry | None),
        max_entries=settings.max_feed_entries,
    )


def _provenance(document: TakenDocument, number: int, url: str | None) -> Provenance:
    return Provenance(
        document_id=document.document_id,
        item_no=number,
        origin=document.origin,
        received_at=document.received_at,
        feed_id=document.feed_id,
        submission_id=document.submission_id,
        key=document.key,
        url=url,
        recheck_of=document.context.get("article"),
        showing=document.context.get("showing") or None if document.origin == "feed" else None,
    )


def _item(
    document: TakenDocument, number: int, draft: Draft | Rejected, settings: Settings, *, is_feed: bool, is_only: bool
) -> Item:
    """One item as it arrived; `is_only`: it is the document's only one, so the submitter's key is its key."""
    if isinstance(draft, Rejected):
        return Refused(_provenance(document, number, document.url), draft)
    at = _provenance(document, number, draft.url or document.url)
    try:
        declared = document.known.get("source") or document.feed_source
        publisher = publisher_of(draft, declared=declared, url=document.url)
        identity = identify(
            draft,
            source=urls.source_slug(publisher) or "unknown",
            key=document.key if is_only else None,
            document_url=document.url,
            from_feed=document.origin == "feed",
            is_feed=is_feed,
        )
    except Rejected:
        raise
    except Exception as error:  # noqa: BLE001  (reported with its outcome)
        return Refused(at, internal(error))
    return Arrival(at, draft, identity, publisher, wants_page=_wants_page(document, draft, settings))


def _wants_page(document: TakenDocument, draft: Draft, settings: Settings) -> bool:
    """Whether the page of a feed's entry is fetched. A page of which the entry is only a part is not its page."""
    full_text = document.full_text or settings.full_text
    if document.origin != "feed" or not (full_text == "always" or (full_text == "short" and draft.teaser)):
        return False
    return bool(draft.url and urls.canonical_url(draft.url)) and not urls.names_part_of_page(draft.url or "")
