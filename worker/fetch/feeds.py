"""Polling feeds: take leased feeds → fetch them → store each document with the feed's new row."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from wiredesk.worker import events
from wiredesk.worker.db import Connection, connected
from wiredesk.worker.errors import HostBusy, Rejected, Transient
from wiredesk.worker.fetch.batches import FEED_TYPES, fetcher, in_groups, report_waiting, store_apart
from wiredesk.worker.fetch.credentials import credential_headers
from wiredesk.worker.fetch.showing import compare_with_shown, lane_of
from wiredesk.worker.fetch.state import FetchedFeed, fetch_log_row, poll_row, postponement
from wiredesk.worker.http.budget import FIRST, USUAL, Turn
from wiredesk.worker.http.client import Fetcher, Request
from wiredesk.worker.http.response import Response
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.inbox.dispatch import Hint, Send
from wiredesk.worker.news.feeds.parser import is_feed
from wiredesk.worker.news.polls.troubles import may_take_over
from wiredesk.worker.news.values import urls
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import articles, feeds, inbox, sequences, showings
from wiredesk.worker.store.records import DocumentRow, FeedToPoll, ShowingRow

log = logging.getLogger(__name__)


def poll_feeds(settings: Settings, feed_ids: Sequence[int], token: str, send: Send) -> None:
    """Fetch leased feeds at once and store what came; `send` gets the messages for its documents as they are stored.

    An error of one feed becomes that feed's `last_error`; the others are stored.
    """
    with connected(settings.database_url) as connection:
        taken = feeds.take(connection, list(feed_ids), token, lease_seconds=settings.task_seconds + 10)
    if len(taken) < len(feed_ids):
        log.info(events.FEED_STALE, extra={"stale": len(feed_ids) - len(taken)})

    def store(done: list[FetchedFeed]) -> None:
        with connected(settings.database_url) as connection:
            stored = store_apart(
                _with_showings(connection, settings, done),
                lambda items: _store(connection, settings, items, token),
                lambda item, what: _store(connection, settings, [_failed(item.feed, what)], token),
            )
        send([hint for hints in stored for hint in hints])

    async def poll() -> None:
        async with fetcher(settings) as client:
            await in_groups(taken, lambda feed: _fetch(client, settings, feed), _failed, store)

    if taken:
        asyncio.run(poll())


def _failed(feed: FeedToPoll, what: str) -> FetchedFeed:
    """A fetch with an unexpected error, in fetching or in storing. The feed keeps its state."""
    return FetchedFeed(feed, datetime.now(UTC), error=Transient(what))


async def _fetch(client: Fetcher, settings: Settings, feed: FeedToPoll) -> FetchedFeed:
    state = feed.schedule
    if state.notice is not None and may_take_over(feed.url, state.notice, now=datetime.now(UTC)):
        response = await _look_at_new_address(client, state.notice.to)
        if response is not None:
            return FetchedFeed(feed, datetime.now(UTC), response, noticed=state.notice.to)
    # A feed that was never read is asked for its content whatever validators its row has.
    sends = state.validators.send and feed.body_sha256 is not None and bool(feed.etag or feed.last_modified)
    try:
        headers = feed.headers | credential_headers(settings, feed.credentials)
    except Rejected as error:
        return FetchedFeed(feed, datetime.now(UTC), error=error)
    request = Request(
        url=feed.url,
        etag=feed.etag if sends else None,
        last_modified=feed.last_modified if sends else None,
        accept=FEED_TYPES,
        verify_tls=feed.verify_tls,
        turn=Turn(f"feed {feed.feed_id}", FIRST if feed.is_urgent else USUAL),
        user_agent=feed.user_agent,
        headers=headers,
    )
    try:
        response = await client.fetch(request)
    except (Transient, Rejected) as error:
        return FetchedFeed(feed, datetime.now(UTC), error=error, sent_validators=sends)
    return FetchedFeed(feed, datetime.now(UTC), response, sent_validators=sends)


async def _look_at_new_address(client: Fetcher, url: str) -> Response | None:
    """The answer of an address that a document named, if it is a feed: such an address may never have worked."""
    try:
        response = await client.fetch(Request(url=url, accept=FEED_TYPES, turn=Turn(f"look {url}", USUAL)))
    except (Transient, Rejected):
        return None
    good = response.status == 200 and is_feed(response.body, content_type=response.headers.get("Content-Type"))
    return response if good else None


def _with_showings(connection: Connection, settings: Settings, done: Sequence[FetchedFeed]) -> list[FetchedFeed]:
    """The fetches with what their new bodies show again."""
    changed = [(f.feed, f.response) for f in done if f.new_body is not None and f.response is not None]
    found = compare_with_shown(connection, settings, changed)
    return [replace(fetched, showing=found.get(fetched.feed.feed_id)) for fetched in done]


def _store(connection: Connection, settings: Settings, done: Sequence[FetchedFeed], token: str) -> list[Hint]:
    """The feeds' rows, bodies, documents and the fetch log in one transaction, which leases the documents too."""
    polled = [fetched for fetched in done if not fetched.is_postponed]
    with connection.transaction():
        feeds.postpone(connection, [postponement(fetched) for fetched in done if fetched.is_postponed], token)
        ours = feeds.store_polls(connection, [poll_row(settings, fetched) for fetched in polled], token)
        kept = [fetched for fetched in polled if fetched.feed.feed_id in ours]
        _store_showings(connection, kept)
        ids = _store_documents(connection, kept)
        feeds.add_fetches(connection, [fetch_log_row(fetched) for fetched in kept])
        _store_moves(connection, kept)
        hints = dispatch.lease_stored(connection, ids, settings) if ids else []
    for fetched in done:
        if fetched.is_postponed:
            fields = {"feed_id": fetched.feed.feed_id, "url": fetched.feed.url, "reason": fetched.failure}
            log.debug(events.FEED_POSTPONED, extra=fields)
    report_waiting([(f.feed.url, f.error) for f in done if f.is_postponed and isinstance(f.error, HostBusy)])
    for fetched in kept:
        _report(fetched)
    return hints


def _store_showings(connection: Connection, kept: Sequence[FetchedFeed]) -> None:
    """Note which entries were shown again, and end those that were not."""
    showings.add_showings(
        connection,
        [
            ShowingRow(
                received_at=fetched.at,
                feed_id=fetched.feed.feed_id,
                number=fetched.number,
                entries=len(fetched.known),
            )
            for fetched in kept
            if fetched.number is not None
        ],
    )
    ended = [row for fetched in kept if fetched.showing is not None for row in fetched.showing.ended]
    if ended:
        articles.lock_articles(connection, sorted({row.article_id for row in ended}))
        showings.end_entries(connection, ended)
        showings.count_sightings(connection, ended)


def _store_documents(connection: Connection, kept: Sequence[FetchedFeed]) -> list[int]:
    """Put what must be read of the new bodies into the inbox; the numbers of the documents."""
    fresh = [
        (fetched, fetched.response, body, hashlib.sha256(body).digest())
        for fetched in kept
        if fetched.response is not None and (body := fetched.document) is not None
    ]
    inbox.add_bodies(connection, {sha256: body for _, _, body, sha256 in fresh})
    ids = sequences.reserve_ids(connection, "wiredesk.document_id_seq", len(fresh))
    rows = [
        DocumentRow(
            document_id=document_id,
            origin="feed",
            body_sha256=sha256.hex(),
            body_bytes=len(body),
            media_type=answer.headers.get("Content-Type"),
            url=answer.final_url,
            feed_id=fetched.feed.feed_id,
            received_at=fetched.at,
            lane=lane_of(fetched.feed.feed_id),
            context=msgspec.to_builtins(fetched.context(answer)),
        )
        for document_id, (fetched, answer, body, sha256) in zip(ids, fresh, strict=True)
    ]
    inbox.add_documents(connection, rows)
    return ids


def _store_moves(connection: Connection, kept: Sequence[FetchedFeed]) -> None:
    """Poll feeds at their new addresses, in the order of the addresses: two workers lock rows in the same order."""
    moves = [(url, fetched.feed) for fetched in kept if (url := fetched.new_address) is not None]
    for url, feed in sorted(moves, key=lambda move: move[0]):
        same_as = None
        if not feeds.move(connection, feed.feed_id, url, other_host=urls.host_of(feed.url) != urls.host_of(url)):
            same_as = feeds.merge(connection, feed.feed_id, url)
            if same_as is None:
                continue  # the feed at that address is paused or removed: this one follows the redirect as before
        log.info(
            events.FEED_MOVED, extra={"feed_id": feed.feed_id, "url": feed.url, "moved_to": url, "same_as": same_as}
        )


def _report(fetched: FetchedFeed) -> None:
    fields = {"feed_id": fetched.feed.feed_id, "url": fetched.feed.url, "status": fetched.status}
    if fetched.failure:
        log.warning(events.FEED_FAILED, extra=fields | {"reason": fetched.failure})
    elif fetched.response is not None:
        changed, size = fetched.new_body is not None, len(fetched.response.body)
        seconds = {
            "seconds": round(fetched.response.seconds.total, 3),
            "waited_seconds": round(fetched.response.seconds.waited, 3),
        }
        counts = {"changed": changed, "bytes": size, "known": len(fetched.known)}
        log.info(events.FEED_POLLED, extra=fields | seconds | counts)
