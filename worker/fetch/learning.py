"""The schedule of feeds after their documents were read: next poll, validators, troubles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from wiredesk.worker.db import Connection, connected
from wiredesk.worker.fetch import websub
from wiredesk.worker.fetch.batches import store_apart
from wiredesk.worker.fetch.state import Seen, after_reading
from wiredesk.worker.filing.items import Outcome
from wiredesk.worker.news.feeds.parser import Feed
from wiredesk.worker.news.polls.schedule import ServerWaits
from wiredesk.worker.news.polls.state import PollContext, State
from wiredesk.worker.news.polls.troubles import judge_move
from wiredesk.worker.news.values import urls
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds, showings, subscriptions
from wiredesk.worker.store.inbox import TakenDocument
from wiredesk.worker.store.records import EntryCount, LearningFeed, LessonRow, NamedHub

Lesson = tuple[TakenDocument, Sequence[Outcome]]


def learn(
    settings: Settings, documents: Sequence[TakenDocument], outcomes: Sequence[Outcome], described: Mapping[int, Feed]
) -> None:
    """Let the schedule see what the feed documents among `documents` held.

    `described` has by document what the feeds say of themselves. This runs after the filing transaction: losing it
    costs one provisional interval. A document that the schedule can't learn from leaves its feed as the poll left it.
    """
    by_document: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        by_document.setdefault(outcome.at.document_id, []).append(outcome)
    newest = {d.feed_id: d for d in documents if d.origin == "feed" and d.feed_id is not None}
    lessons = [(document, by_document.get(document.document_id, [])) for document in newest.values()]
    if not lessons:
        return
    with connected(settings.database_url) as connection:
        store_apart(lessons, lambda some: _store(connection, settings, some, described), lambda _lesson, _what: None)


def _store(
    connection: Connection, settings: Settings, lessons: Sequence[Lesson], described: Mapping[int, Feed]
) -> None:
    by_feed = {document.feed_id: (document, outcomes) for document, outcomes in lessons if document.feed_id is not None}
    fetched = {feed_id: document.received_at for feed_id, (document, _) in by_feed.items()}
    with connection.transaction():
        feeds.count_entries(connection, [_counted(feed_id, *lesson) for feed_id, lesson in by_feed.items()])
        shown: dict[int, list[datetime]] = {}
        for one in showings.dates_shown(
            connection, [n for n, (document, _) in by_feed.items() if _context(document).known]
        ):
            shown.setdefault(one.feed_id, []).append(one.published_at)
        rows, missed = [], []
        learning = feeds.to_learn(connection, fetched)
        for feed in learning:
            document, outcomes = by_feed[feed.feed_id]
            state = _with_description(feed, described.get(document.document_id), document.received_at)
            seen = _seen(document, outcomes, shown.get(feed.feed_id, ()))
            rows.append(_learned(settings, feed, document, seen, state))
            if seen.known < seen.entries:
                missed.append(feed.feed_id)
        feeds.learn(connection, rows)
        # After the rows of feeds, in the order in which `feeds.set_state` locks both.
        if settings.public_url:
            _note_hubs(connection, [(feed, by_feed[feed.feed_id][0]) for feed in learning], described)
            subscriptions.note_missed(connection, missed)


def _note_hubs(
    connection: Connection,
    polled: Sequence[tuple[LearningFeed, TakenDocument]],
    described: Mapping[int, Feed],
) -> None:
    """Subscribe at the hubs that the documents of polls name."""
    named: list[NamedHub] = []
    read: list[int] = []
    for learning, document in polled:
        feed = described.get(document.document_id)
        if feed is None:
            continue
        read.append(learning.feed_id)
        context = _context(document)
        hub = websub.named_hub(
            learning.feed_id,
            feed_url=document.url or learning.url,
            hub=context.hub or feed.hub,
            topic=context.topic or feed.self_url,
        )
        if hub is not None:
            named.append(hub)
    subscriptions.want(connection, named)
    subscriptions.note_named(connection, read, {hub.feed_id for hub in named})


def _counted(feed_id: int, document: TakenDocument, outcomes: Sequence[Outcome]) -> EntryCount:
    return EntryCount(
        feed_id=feed_id,
        fetched_at=document.received_at,
        entries=sum(outcome.at.item_no > 0 for outcome in outcomes) + _context(document).known,
        new_entries=sum(outcome.outcome == "created" for outcome in outcomes),
    )


def _with_description(learning: LearningFeed, feed: Feed | None, now: datetime) -> State:
    """The state with what the feed says of itself: its habits, and where it has moved."""
    state = learning.schedule
    if feed is None:
        return state
    target = urls.canonical_url(feed.moved_to) if feed.moved_to else None
    return replace(
        state,
        habits=ServerWaits(ttl_seconds=feed.ttl_seconds, update_seconds=feed.update_seconds),
        notice=judge_move(learning.url, target, state.notice, now=now),
    )


def _seen(document: TakenDocument, outcomes: Sequence[Outcome], dates_shown: Sequence[datetime]) -> Seen:
    """What the poll showed. `dates_shown` are those of the entries that are not in its document."""
    known = _context(document).known
    entries = [outcome for outcome in outcomes if outcome.outcome != "rejected"]
    new = [outcome for outcome in entries if outcome.outcome == "created"]
    return Seen(
        entries=len(entries) + known,
        known=len(entries) - len(new) + known,
        published=(*_published(entries), *dates_shown),
        new_published=_published(new),
        revised=any(outcome.outcome == "revised" for outcome in entries),
        unreadable=None if known else _why_unreadable(outcomes, entries),
    )


def _learned(settings: Settings, feed: LearningFeed, document: TakenDocument, seen: Seen, state: State) -> LessonRow:
    now = document.received_at
    # A hub that pushes left nothing for the poll to find.
    is_pushed = feed.is_pushed and seen.known == seen.entries
    next_plan, state = after_reading(
        settings, seen, _context(document), state, now, feed.fixed_interval_seconds, is_pushed=is_pushed
    )
    return LessonRow(
        feed_id=feed.feed_id,
        fetched_at=now,
        next_fetch_at=next_plan.next_fetch_at,
        interval_seconds=next_plan.interval_seconds,
        interval_reason=next_plan.reason,
        failures=next_plan.rhythm.failures,
        last_error=seen.unreadable,
        schedule=state,
    )


def _context(document: TakenDocument) -> PollContext:
    """The response that brought the document; one that another version of this program stored teaches less."""
    try:
        return msgspec.convert(document.context, PollContext)
    except msgspec.ValidationError:
        return PollContext()


def _why_unreadable(outcomes: Sequence[Outcome], entries: Sequence[Outcome]) -> str | None:
    """The reason of the document as a whole (item 0), or of the first entry where all are rejected."""
    whole = next((outcome.reason for outcome in outcomes if outcome.at.item_no == 0), None)
    if whole or not outcomes or entries:
        return whole
    return f"none of its {len(outcomes)} entries can be read: {outcomes[0].reason}"


def _published(outcomes: Sequence[Outcome]) -> tuple[datetime, ...]:
    drafts = (outcome.draft for outcome in outcomes)
    return tuple(draft.published.at for draft in drafts if draft and draft.published)
