"""Reading documents and filing what is in them: take → read → file, for a batch at a time."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial

from wiredesk.worker import events, logs
from wiredesk.worker.db import Connection, connected
from wiredesk.worker.errors import Rejected, SettingsError, Transient
from wiredesk.worker.fetch.learning import learn
from wiredesk.worker.filing.deadline import deadline
from wiredesk.worker.filing.transaction import Arrival, Outcome, file, publisher, unseen
from wiredesk.worker.news.compare.fingerprint import fingerprints
from wiredesk.worker.news.compare.identity import distinct, identify
from wiredesk.worker.news.feeds.parser import Feed
from wiredesk.worker.news.marks import spacy_mentions
from wiredesk.worker.news.model import Draft, Mention
from wiredesk.worker.news.pages import refusals
from wiredesk.worker.news.read import Document, read_document, read_whole
from wiredesk.worker.news.read import mark_up as marked_up
from wiredesk.worker.news.values import urls
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds, inbox
from wiredesk.worker.store.inbox import Taken
from wiredesk.worker.store.records import RefusedPage

log = logging.getLogger(__name__)


def ingest_documents(settings: Settings, document_ids: Sequence[int], token: str) -> list[Outcome]:
    """Read leased documents and file their items in one transaction; whoever comes with a stale token does nothing.

    What can't be read in time is given back; a document that was begun more than `max_attempts` times has killed its
    workers and is set aside as `poison`, kept for replay.
    """
    taken: list[Taken] = []
    try:
        outcomes = _ingest(settings, document_ids, token, taken)
    except Transient:
        _give_back(settings, taken, token)
        raise
    return outcomes


def _ingest(settings: Settings, document_ids: Sequence[int], token: str, taken: list[Taken]) -> list[Outcome]:
    with connected(settings.database_url) as connection:
        taken += inbox.take_documents(connection, list(document_ids), token, lease_seconds=settings.task_seconds + 10)
        if len(taken) < len(document_ids):
            log.info(events.INGEST_STALE, extra={"stale": len(document_ids) - len(taken)})
        for document in taken:
            logs.step(events.DOCUMENT_TAKEN, document, waited_seconds=logs.seconds_since(document.received_at))
        # Half of the task's time is for reading, so that what was read can be filed before the hard limit.
        stop_at = time.monotonic() + (settings.task_seconds - settings.parse_seconds) / 2
        done: list[Taken] = []
        arrivals: list[Arrival] = []
        fresh: list[Arrival] = []
        said: dict[int, Feed] = {}
        for document in taken:
            if time.monotonic() > stop_at:
                break
            began = time.monotonic()
            items = read(document, settings, said)
            for arrival in unseen(connection, items):
                mark_up(arrival, settings)
                fresh.append(arrival)
            arrivals += items
            logs.step(events.DOCUMENT_READ, document, items=len(items), seconds=time.monotonic() - began)
            done.append(document)
        complete(fresh, settings)
        late = taken[len(done) :]
        inbox.give_back_documents(connection, [document.document_id for document in late], token)
        for document in late:
            logs.step(events.DOCUMENT_GIVEN_BACK, document, reason="the time of the task is over (task_seconds)")
        ids = [document.document_id for document in done]
        began = time.monotonic()
        outcomes = _file(connection, arrivals, ids, token, settings) if done else []
        if done:
            report_filed(ids, outcomes, seconds=time.monotonic() - began)
        _note_refused_pages(connection, done, outcomes)
    learn(settings, done, outcomes, said)
    return outcomes


def _note_refused_pages(connection: Connection, done: Sequence[Taken], outcomes: Sequence[Outcome]) -> None:
    """Write into the fetch log which pages of a feed's entries were no article."""
    fetched = {document.document_id: document for document in done}
    feeds.note_refused_pages(
        connection,
        [
            RefusedPage(
                feed_id=document.feed_id,
                document_id=document.document_id,
                fetched_at=document.fetched_at,
                error=o.reason,
            )
            for o in outcomes
            if isinstance(o.arrival.item, Rejected)
            and o.reason is not None
            and o.arrival.item.reason in refusals.REASONS
            and (document := fetched[o.arrival.document_id]).feed_id is not None
            and document.fetched_at is not None
        ],
    )


def _give_back(settings: Settings, taken: Sequence[Taken], token: str) -> None:
    """Return documents while PostgreSQL comes and goes: they did nothing to deserve that the attempt counts."""
    give_up_at = time.monotonic() + settings.parse_seconds
    while taken and time.monotonic() < give_up_at:
        try:
            with connected(settings.database_url) as connection:
                inbox.give_back_documents(connection, [document.document_id for document in taken], token)
            for document in taken:
                logs.step(events.DOCUMENT_GIVEN_BACK, document, reason="PostgreSQL was away")
            return
        except Transient:
            time.sleep(1)


def _file(
    connection: Connection, arrivals: Sequence[Arrival], document_ids: Sequence[int], token: str, settings: Settings
) -> list[Outcome]:
    return file(
        connection,
        arrivals,
        document_ids,
        token,
        complete=partial(complete, settings=settings),
        story_window=timedelta(days=settings.story_window_days),
    )


def read(document: Taken, settings: Settings, said: dict[int, Feed] | None = None) -> list[Arrival]:
    """The items of one document as arrivals; a document that can't be read is one rejected arrival, number 0.

    What a feed says of itself is put into `said`, by document.
    """
    try:
        if document.refusal is not None:
            raise Rejected(*document.refusal.split(": ", 1))
        if document.attempts > settings.max_attempts:
            raise Rejected("poison", f"its worker died {document.attempts - 1} times while reading it (max_attempts)")
        with deadline(settings.parse_seconds):
            reading = read_whole(_document(document, settings))
    except Rejected as rejected:
        return [_refused(document, rejected, settings)]
    except MemoryError:
        too_large = Rejected("too_large", "reading it takes more memory than a worker has")
        return [_arrival(document, 0, too_large, settings)]
    if reading.feed is not None and said is not None:
        said[document.document_id] = reading.feed
    if not reading.items and document.origin != "feed":
        return [_arrival(document, 0, Rejected("no_items", "a feed document without entries"), settings)]
    arrivals = [_arrival(document, number, item, settings) for number, item in enumerate(reading.items, 1)]
    named = [arrival for arrival in arrivals if arrival.identity is not None]
    for arrival, identity in zip(named, distinct(a.identity for a in named if a.identity), strict=True):
        arrival.identity = identity
    if document.fetched_at is not None and reading.feed is None:
        for arrival in named:
            arrival.is_page, arrival.recheck_seconds = True, _first_recheck_seconds(document, settings)
    return arrivals


def warm_up() -> None:
    """Read and mark up two samples, so that a process has loaded what reading needs, before it forks or measures."""
    copy = "PARIS, 3 mars (AFP) - « Le gouvernement a décidé », a dit mardi Jeanne Martin, ministre, à Lyon."
    page = f"<html><body><article><h1>Paris</h1>{f'<p>{copy}</p>' * 5}</article></body></html>"
    for media_type, sample in (("text/plain", copy), ("text/html", page)):
        document = Document(body=sample.encode(), received_at=datetime.now(UTC), media_type=media_type)
        for draft in read_document(document):
            if isinstance(draft, Draft):
                marked_up(draft, received_at=document.received_at)


def _refused(document: Taken, rejected: Rejected, settings: Settings) -> Arrival:
    """A document that can't be read. An entry's page that is no article is asked for again on the re-check ladder."""
    arrival = _arrival(document, 0, rejected, settings)
    if rejected.reason in refusals.REASONS and document.fetched_at is not None:
        arrival.page_of = document.context.get("page_of")
        arrival.recheck_seconds = _first_recheck_seconds(document, settings)
    return arrival


def _first_recheck_seconds(document: Taken, settings: Settings) -> float | None:
    ladder = settings.ladder() if document.recheck_ladder is None else document.recheck_ladder
    return next(iter(ladder), None)


@cache
def spacy_pipeline(name: str) -> Callable[[str], Sequence[Mention]]:
    """The mentions of an installed spaCy pipeline, loaded once. Raises `SettingsError` where there is none."""
    try:
        import spacy
    except ImportError:
        raise SettingsError(f"WIREDESK_SPACY_PIPELINE={name}: install spaCy (pip install 'wiredesk[spacy]')") from None
    try:
        pipeline = spacy.load(name)
    except OSError as error:
        raise SettingsError(f"WIREDESK_SPACY_PIPELINE={name}: {str(error).splitlines()[0]}") from None
    return partial(spacy_mentions.find_mentions, pipeline=pipeline)


def mark_up(arrival: Arrival, settings: Settings) -> None:
    """Complete an arrival's draft in time; one that takes too long is filed as it was read, and its flags say so."""
    if arrival.is_marked_up or not isinstance(arrival.item, Draft):
        return
    arrival.is_marked_up = True
    try:
        with deadline(settings.parse_seconds):
            arrival.item = marked_up(
                arrival.item,
                received_at=arrival.received_at,
                more_mentions=spacy_pipeline(settings.spacy_pipeline) if settings.spacy_pipeline else None,
            )
    except Rejected:
        arrival.item = replace(arrival.item, flags=(*arrival.item.flags, "not_marked_up"))


def complete(arrivals: Sequence[Arrival], settings: Settings) -> None:
    """Mark up what is to be filed, and take the fingerprints of the texts, all at once."""
    for arrival in arrivals:
        mark_up(arrival, settings)
    drafts = [(a, a.item) for a in arrivals if a.print is None and isinstance(a.item, Draft)]
    prints = fingerprints([f"{draft.headline or ''}\n\n{draft.body_text}" for _, draft in drafts])
    for (arrival, _), taken in zip(drafts, prints, strict=True):
        arrival.print = taken


def report_filed(document_ids: Sequence[int], outcomes: Sequence[Outcome], *, seconds: float) -> None:
    """Log what one transaction filed: a line for each item, then one for the documents. `seconds`: how long it took."""
    for outcome in outcomes:
        report(outcome)
    counts = Counter(outcome.outcome for outcome in outcomes)
    fields = {"document_ids": list(document_ids), "seconds": seconds, "outcomes": dict(counts)}
    log.info(events.DOCUMENTS_FILED, extra=fields)


def report(outcome: Outcome) -> None:
    """One log line for what became of one item."""
    arrival = outcome.arrival
    logs.outcome(
        outcome=outcome.outcome,
        reason=outcome.reason,
        article_id=outcome.article_id,
        revision_no=outcome.revision_no,
        change_kind=outcome.change_kind if outcome.outcome == "revised" else None,
        headline=outcome.headline,
        source=arrival.publisher,
        url=arrival.url,
        key=arrival.key,
        feed_id=arrival.feed_id,
        submission_id=arrival.submission_id,
        document_id=arrival.document_id,
    )


def _document(document: Taken, settings: Settings) -> Document:
    return Document(
        body=document.body or b"",
        received_at=document.received_at,
        media_type=document.media_type,
        url=document.url,
        expects_feed=document.origin == "feed",
        known=document.known,
        entry=document.context.get("entry", {}),
        max_entries=settings.max_feed_entries,
    )


def _arrival(document: Taken, number: int, item: Draft | Rejected, settings: Settings) -> Arrival:
    arrival = Arrival(
        document_id=document.document_id,
        item_no=number,
        origin=document.origin,
        received_at=document.received_at,
        item=item,
        feed_id=document.feed_id,
        submission_id=document.submission_id,
        key=document.key,
        url=(item.url if isinstance(item, Draft) else None) or document.url,
        recheck_of=document.context.get("article"),
    )
    if isinstance(item, Draft):
        said = document.known.get("source") or document.feed_source
        arrival.publisher = publisher(item, said=said, url=document.url)
        slug = urls.source_slug(arrival.publisher) or "unknown"
        arrival.identity = identify(item, source=slug, key=document.key)
        full_text = document.full_text or settings.full_text
        wanted = full_text == "always" or (full_text == "short" and item.teaser)
        arrival.wants_page = wanted and document.origin == "feed" and bool(item.url and urls.canonical_url(item.url))
    return arrival
