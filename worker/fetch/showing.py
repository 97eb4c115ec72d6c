"""What a changed body shows again: entries whose bytes were read before need no reading.

A body is compared with the open rows of `feed_entry` by the poll that leases the feed. While a document of the feed is
not done, its entries are not known yet, and an open entry may have been edited in it: the body is then read as a whole.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wiredesk.worker.db import Connection
from wiredesk.worker.fetch.batches import unexpected
from wiredesk.worker.filing.shown import reading_context
from wiredesk.worker.http.response import Response
from wiredesk.worker.news.compare.identity import hashed_key
from wiredesk.worker.news.feeds.split import compare
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import showings
from wiredesk.worker.store.records import EndedEntryRow, FeedToPoll, OpenEntry


@dataclass(frozen=True, slots=True)
class Showing:
    """A changed body beside the entries that its feed showed before.

    `known` are entries that it shows again, `ended` those that it does not, or that must be read again. `document` is
    what must be read: the head of the feed with its other entries, the whole body where none is known, None where all
    are.
    """

    known: tuple[OpenEntry, ...]
    ended: tuple[EndedEntryRow, ...]
    document: bytes | None


def lane_of(feed_id: int) -> uuid.UUID:
    """The lane of a feed's documents."""
    return hashed_key("feed", "", str(feed_id))


def compare_with_shown(
    connection: Connection, settings: Settings, answers: Sequence[tuple[FeedToPoll, Response]]
) -> dict[int, Showing]:
    """What the new bodies of feeds show again, by feed."""
    feed_ids = [feed.feed_id for feed, _ in answers]
    if not feed_ids:
        return {}
    # The order matters: a document that is done has all its entries in the rows that are read after.
    waiting = showings.lanes_with_documents(connection, map(lane_of, feed_ids))
    entries: dict[int, list[OpenEntry]] = defaultdict(list)
    for entry in showings.open_entries(connection, feed_ids):
        entries[entry.feed_id].append(entry)
    found: dict[int, Showing] = {}
    for feed, response in answers:
        shown = entries[feed.feed_id]
        usable = [] if lane_of(feed.feed_id) in waiting else [entry for entry in shown if not entry.stale]
        found[feed.feed_id] = _compare(settings, feed, response, shown, usable)
    return found


def _compare(
    settings: Settings,
    feed: FeedToPoll,
    response: Response,
    shown: Iterable[OpenEntry],
    usable: Sequence[OpenEntry],
) -> Showing:
    known: list[OpenEntry] = []
    document: bytes | None = response.body
    by_digest: dict[bytes, list[OpenEntry]] = defaultdict(list)
    for entry in usable:
        by_digest[entry.digest].append(entry)
    try:
        compared = (
            compare(
                response.body,
                content_type=response.headers.get("Content-Type"),
                context=reading_context(url=response.final_url, source=feed.feed_source),
                shown=Counter(entry.digest for entry in usable),
            )
            if usable
            else None
        )
    except Exception as error:  # noqa: BLE001  (logged with its traceback; the body is read as a whole)
        unexpected(error, feed)
        compared = None
    if compared is not None and len(compared.digests) <= settings.max_feed_entries:
        document = compared.document
        known = [by_digest[digest].pop() for digest in compared.digests if by_digest[digest]]
    again = {(entry.document_id, entry.item_no) for entry in known}
    ended = (entry for entry in shown if (entry.document_id, entry.item_no) not in again)
    return Showing(tuple(known), tuple(_ended(feed, entry) for entry in ended), document)


def _ended(feed: FeedToPoll, entry: OpenEntry) -> EndedEntryRow:
    return EndedEntryRow(
        feed_id=entry.feed_id,
        document_id=entry.document_id,
        item_no=entry.item_no,
        article_id=entry.article_id,
        shown_until=feed.showings,
        times=feed.showings - entry.shown_after,
        last_seen_at=feed.shown_at,
    )
