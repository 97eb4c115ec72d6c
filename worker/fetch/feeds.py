"""Polling feeds: take → fetch → store the document with the feed's new state → learn from what was read."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from wiredesk.worker.db import Connection, connected
from wiredesk.worker.errors import HostBusy, Rejected, Transient
from wiredesk.worker.fetch.batches import FEED_TYPES, fetcher, in_groups
from wiredesk.worker.filing.transaction import Outcome
from wiredesk.worker.http.client import Fetcher, Request, Response
from wiredesk.worker.http.headers import server_hints
from wiredesk.worker.inbox import dispatch
from wiredesk.worker.inbox.dispatch import Hint, Send
from wiredesk.worker.news.compare.identity import alias
from wiredesk.worker.news.feeds.parser import Feed, is_feed
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.polls.schedule import (
    Answer,
    Bounds,
    FailureKind,
    Plan,
    Poll,
    Rhythm,
    ServerHints,
    Validators,
    judge_validators,
    next_poll,
)
from wiredesk.worker.news.polls.troubles import (
    Condition,
    Move,
    Trouble,
    is_upgrade,
    judge_condition,
    judge_move,
    may_take_over,
    trouble_of_status,
)
from wiredesk.worker.news.values import urls
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import articles, feeds, inbox
from wiredesk.worker.store.feeds import Polled
from wiredesk.worker.store.inbox import Taken
from wiredesk.worker.store.records import DocumentRow

log = logging.getLogger(__name__)
POLLED = "feed.polled"
FAILED = "feed.failed"
STALE = "feed.stale"
MOVED = "feed.moved"

_HARD = frozenset(("blocked_address", "blocked_port", "bad_url", "unknown_host", "tls", "too_many_redirects"))


@dataclass(frozen=True, slots=True)
class State:
    """What a feed's row keeps between polls, beside its columns.

    `habits` are the hints in the last document; `redirect` is where its address leads, `notice` where the document
    says that it has gone; `reaching` is what is wrong with getting an answer, `reading` with the last document.
    `moved_from` is its address before the last move, `same_as` the feed that it became one with.
    """

    rhythm: Rhythm = Rhythm()
    validators: Validators = Validators()
    polls_with_entries: int = 0
    habits: ServerHints = ServerHints()
    redirect: Move | None = None
    notice: Move | None = None
    reaching: Condition | None = None
    reading: Condition | None = None
    moved_from: str | None = None
    same_as: int | None = None


@dataclass(frozen=True, slots=True)
class _Fetched:
    """One fetch of one feed: a response, or what went wrong.

    `noticed` is the address that the feed itself has named for long enough, where it was asked instead; `response` is
    its answer where that was a feed.
    """

    feed: Polled
    at: datetime
    response: Response | None = None
    error: Transient | Rejected | None = None
    noticed: str | None = None


def poll_feeds(settings: Settings, feed_ids: Sequence[int], token: str, send: Send) -> None:
    """Fetch leased feeds at once, store what came, and send the hints for the documents to be read as it is stored."""
    with connected(settings.database_url) as connection:
        taken = feeds.take(connection, list(feed_ids), token, lease_seconds=settings.task_seconds + 10)
    if len(taken) < len(feed_ids):
        log.info(STALE, extra={"stale": len(feed_ids) - len(taken)})

    def store(done: list[_Fetched]) -> None:
        with connected(settings.database_url) as connection:
            hints = _store(connection, settings, done, token)
        send(hints)

    async def poll() -> None:
        async with fetcher(settings) as client:
            await in_groups(taken, lambda feed: _fetch(client, feed), store)

    if taken:
        asyncio.run(poll())


async def _fetch(client: Fetcher, feed: Polled) -> _Fetched:
    state = read_state(feed.schedule)
    if state.notice is not None and may_take_over(feed.url, state.notice, now=datetime.now(UTC)):
        response = await _look_at_new_address(client, state.notice.to)
        if response is not None:
            return _Fetched(feed, datetime.now(UTC), response, noticed=state.notice.to)
    request = Request(
        url=feed.url,
        etag=feed.etag if state.validators.send else None,
        last_modified=feed.last_modified if state.validators.send else None,
        accept=FEED_TYPES,
        verify_tls=feed.verify_tls,
    )
    try:
        response = await client.fetch(request)
    except (Transient, Rejected) as error:
        return _Fetched(feed, datetime.now(UTC), error=error)
    return _Fetched(feed, datetime.now(UTC), response)


async def _look_at_new_address(client: Fetcher, url: str) -> Response | None:
    """Its answer, if it is a feed: a document may name an address that never worked."""
    try:
        response = await client.fetch(Request(url=url, accept=FEED_TYPES))
    except (Transient, Rejected):
        return None
    good = response.status == 200 and is_feed(response.body, content_type=response.headers.get("Content-Type"))
    return response if good else None


# ---- storing what came


def _store(connection: Connection, settings: Settings, done: Sequence[_Fetched], token: str) -> list[Hint]:
    """Feed states, bodies, documents and the fetch log in one transaction; the documents are leased in it too."""
    with connection.transaction():
        ours = feeds.store_polls(connection, [_feed_row(settings, one) for one in done], token)
        kept = [one for one in done if one.feed.feed_id in ours]
        fresh = [one for one in kept if one.response is not None and _is_new_body(one, one.response)]
        bodies = {hashlib.sha256(one.response.body).digest(): one.response.body for one in fresh if one.response}
        inbox.add_bodies(connection, bodies)
        ids = articles.reserve_ids(connection, "wiredesk.document_id_seq", len(fresh))
        inbox.add_documents(connection, [_document_row(n, one) for n, one in zip(ids, fresh, strict=True)])
        feeds.add_fetches(connection, [_fetch_row(one) for one in kept if not _is_postponed(one)])
        # In the order of addresses, so that two workers never wait for each other in a circle.
        for one in sorted((one for one in kept if _new_address(one)), key=lambda one: _new_address(one) or ""):
            _move(connection, one.feed, _new_address(one) or "")
        hints = dispatch.lease_stored(connection, ids, settings) if ids else []
    for one in kept:
        _report(one)
    return hints


def _move(connection: Connection, feed: Polled, url: str) -> None:
    """Poll the feed at its new address; where another feed is polled there already, the two become one."""
    same_as = None
    if not feeds.move(connection, feed.feed_id, url, other_host=urls.host_of(feed.url) != urls.host_of(url)):
        same_as = feeds.merge(connection, feed.feed_id, url)
        if same_as is None:
            return  # the other is paused or removed: this one follows the redirect as before
    log.info(MOVED, extra={"feed_id": feed.feed_id, "url": feed.url, "moved_to": url, "same_as": same_as})


def _new_address(one: _Fetched) -> str | None:
    """Where the feed is to be polled from now on; null while it stays where it is."""
    if one.response is None or one.response.status not in (200, 304):
        return None
    state, redirect = read_state(one.feed.schedule), _redirect(one, one.response)
    if one.noticed:
        return one.noticed
    if redirect is None or not may_take_over(one.feed.url, redirect, now=one.at):
        return None
    # A site that dies often leads everything to its front page: nothing is taken over while no feed is there.
    return redirect.to if state.reading is None or is_upgrade(one.feed.url, redirect.to) else None


def _redirect(one: _Fetched, response: Response) -> Move | None:
    target = urls.canonical_url(response.permanent_url) if response.permanent_url else None
    return judge_move(one.feed.url, target, read_state(one.feed.schedule).redirect, now=one.at)


def _moved(one: _Fetched, response: Response, state: State) -> State:
    """The state with what a good answer tells about moves; an address that proved no feed waits for another week."""
    notice = state.notice
    if notice is not None and not one.noticed and may_take_over(one.feed.url, notice, now=one.at):
        notice = replace(notice, since=one.at)
    if _new_address(one) is None:
        return replace(state, redirect=_redirect(one, response), notice=notice, reaching=None)
    return replace(state, redirect=None, notice=None, reaching=None, moved_from=one.feed.url)


def _is_postponed(one: _Fetched) -> bool:
    """Our own budget for the host was spent: nothing was fetched."""
    return isinstance(one.error, HostBusy) and one.error.status is None


def _is_new_body(one: _Fetched, response: Response) -> bool:
    return response.status == 200 and hashlib.sha256(response.body).digest() != one.feed.body_sha256


def _feed_row(settings: Settings, one: _Fetched) -> dict[str, Any]:
    feed, state = one.feed, read_state(one.feed.schedule)
    row: dict[str, Any] = {
        "feed_id": feed.feed_id,
        "fetched_at": one.at,
        "last_status": _status(one),
        "last_error": _failure(one),
        "has_answer": False,
    }
    if _is_postponed(one) and isinstance(one.error, HostBusy):
        # Our own budget was spent: the feed has nothing to do with it.
        plan = Plan(
            next_fetch_at=one.at
            + timedelta(seconds=min(max(one.error.retry_after_seconds, 1), settings.max_interval_seconds)),
            interval_seconds=state.rhythm.interval_seconds or settings.min_interval_seconds,
            reason=str(one.error),
            rhythm=state.rhythm,
        )
        return row | _plan_columns(plan, state)
    response = one.response
    if response is None or response.status not in (200, 304):
        hints = server_hints(response.headers, one.at) if response else ServerHints()
        if isinstance(one.error, HostBusy):
            hints = ServerHints(retry_after_seconds=one.error.retry_after_seconds)
        poll = Poll(failure=_failure_kind(one), hints=hints)
        plan = _plan(settings, poll, state.rhythm, one.at)
        reaching = judge_condition(trouble_of_status(_status(one)), _failure(one), state.reaching, now=one.at)
        return row | _plan_columns(plan, replace(state, rhythm=plan.rhythm, reaching=reaching))
    state = _moved(one, response, state)
    row |= {"succeeded_at": one.at, "has_answer": response.status == 200}
    if response.status == 200:
        row |= {
            "etag": response.headers.get("ETag"),
            "last_modified": response.headers.get("Last-Modified"),
            "body_sha256": hashlib.sha256(response.body).hexdigest(),
        }
    if _is_new_body(one, response):
        # The entries decide when they have been read (`learn`); until then, and if reading fails, the old rhythm holds.
        plan = _plan(settings, Poll(hints=server_hints(response.headers, one.at)), state.rhythm, one.at)
        return row | {"changed_at": one.at} | _plan_columns(plan, state)
    validators = judge_validators(_answer(one, response), state.validators, now=one.at)
    hints = _with_habits(server_hints(response.headers, one.at), state.habits)
    poll = Poll(not_modified=True, hints=hints)
    if state.reading is not None and state.reading.trouble == "unreadable":
        poll, row["last_error"] = Poll(failure="soft", hints=hints), state.reading.detail  # the same as before: no feed
    plan = _plan(settings, poll, state.rhythm, one.at)
    return row | _plan_columns(plan, replace(state, rhythm=plan.rhythm, validators=validators))


def _with_habits(hints: ServerHints, habits: ServerHints) -> ServerHints:
    return replace(hints, ttl_seconds=habits.ttl_seconds, update_seconds=habits.update_seconds)


def _answer(one: _Fetched, response: Response) -> Answer:
    feed = one.feed
    etag, last_modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    return Answer(
        conditional=_sent_validators(one) and bool(feed.etag or feed.last_modified),
        not_modified=response.status == 304,
        has_validators=bool(etag or last_modified),
        same_validators=bool(etag or last_modified) and (etag, last_modified) == (feed.etag, feed.last_modified),
    )


def _sent_validators(one: _Fetched) -> bool:
    """A new address is asked without the validators of the old one."""
    return read_state(one.feed.schedule).validators.send and one.noticed is None


def _document_row(document_id: int, one: _Fetched) -> DocumentRow:
    assert one.response is not None
    answer = _answer(one, one.response)
    return DocumentRow(
        document_id=document_id,
        origin="feed",
        body_sha256=hashlib.sha256(one.response.body).hexdigest(),
        body_bytes=len(one.response.body),
        media_type=one.response.headers.get("Content-Type"),
        url=one.response.final_url,
        feed_id=one.feed.feed_id,
        received_at=one.at,
        lane=alias("feed", "", str(one.feed.feed_id)).key,
        context={
            "hints": msgspec.to_builtins(server_hints(one.response.headers, one.at)),
            "answer": msgspec.to_builtins(answer),
        },
    )


def _fetch_row(one: _Fetched) -> dict[str, Any]:
    response = one.response
    row: dict[str, Any] = {
        "fetched_at": one.at,
        "feed_id": one.feed.feed_id,
        "url": one.feed.url,
        "status": _status(one),
        "sent_etag": one.feed.etag if _sent_validators(one) else None,
        "error": _failure(one),
    }
    return row | (response_columns(response) if response else {})


def response_columns(response: Response) -> dict[str, Any]:
    """A response as columns of the fetch log."""
    return {
        "final_url": response.final_url,
        "status": response.status,
        "address": response.address,
        "wire_bytes": response.wire_bytes,
        "body_bytes": len(response.body),
        "seconds": response.seconds.total,
    }


def _report(one: _Fetched) -> None:
    fields = {"feed_id": one.feed.feed_id, "url": one.feed.url}
    error = _failure(one)
    if error:
        log.warning(FAILED, extra=fields | {"reason": error})
    elif one.response is not None:
        fresh = _is_new_body(one, one.response)
        log.info(
            POLLED, extra=fields | {"status": one.response.status, "changed": fresh, "bytes": len(one.response.body)}
        )


def _status(one: _Fetched) -> int | None:
    if isinstance(one.error, HostBusy):
        return one.error.status
    return one.response.status if one.response else None


def _failure(one: _Fetched) -> str | None:
    if one.error is not None:
        return str(one.error)
    if one.response is not None and one.response.status not in (200, 304):
        return f"http_{one.response.status}"
    return None


def _failure_kind(one: _Fetched) -> FailureKind:
    if one.response is not None:
        return "gone" if one.response.status == 410 else "soft"
    if isinstance(one.error, Rejected):
        return "hard" if one.error.reason in _HARD else "soft"
    return "dns" if "DNS" in str(one.error) else "soft"


# ---- learning from what was read


def learn(
    connection: Connection,
    settings: Settings,
    documents: Sequence[Taken],
    outcomes: Sequence[Outcome],
    said: Mapping[int, Feed],
) -> None:
    """Let the schedule see what the feed documents held: how much was known, and when it was published.

    `said` has by document what the feeds say of themselves. Runs after the filing transaction: it is a hint for the
    next poll, and losing it costs one provisional interval.
    """
    by_document: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        by_document.setdefault(outcome.arrival.document_id, []).append(outcome)
    of_feeds = {d.feed_id: d for d in documents if d.origin == "feed" and d.feed_id is not None}
    if not of_feeds:
        return
    feeds.count_entries(
        connection, [_counts(feed_id, d, by_document.get(d.document_id, [])) for feed_id, d in of_feeds.items()]
    )
    states = feeds.states(connection, {feed_id: d.received_at for feed_id, d in of_feeds.items()})
    rows = []
    for feed_id, (url, schedule) in states.items():
        document = of_feeds[feed_id]
        own, feed = by_document.get(document.document_id, []), said.get(document.document_id)
        rows.append(_learned(settings, feed_id, document, own, _with_said(read_state(schedule), feed, url, document)))
    feeds.learn(connection, rows)


def _counts(feed_id: int, document: Taken, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "feed_id": feed_id,
        "fetched_at": document.received_at,
        "entries": sum(o.arrival.item_no > 0 for o in outcomes),
        "new_entries": sum(o.outcome == "created" for o in outcomes),
    }


def _with_said(state: State, feed: Feed | None, url: str, document: Taken) -> State:
    """The state with what the feed says of itself: its habits, and where it has gone."""
    if feed is None:
        return state
    target = urls.canonical_url(feed.moved_to) if feed.moved_to else None
    return replace(
        state,
        habits=ServerHints(ttl_seconds=feed.ttl_seconds, update_seconds=feed.update_seconds),
        notice=judge_move(url, target, state.notice, now=document.received_at),
    )


def _learned(
    settings: Settings, feed_id: int, document: Taken, outcomes: Sequence[Outcome], state: State
) -> dict[str, Any]:
    hints = _with_habits(msgspec.convert(document.context.get("hints", {}), ServerHints, strict=False), state.habits)
    unreadable = next((o.reason for o in outcomes if o.arrival.item_no == 0), None)
    entries = [o for o in outcomes if o.outcome != "rejected"]
    known = [o for o in entries if o.outcome != "created"]
    if not unreadable and outcomes and not entries:
        unreadable = f"none of its {len(outcomes)} entries can be read: {outcomes[0].reason}"
    if unreadable:
        poll = Poll(failure="soft", hints=hints)
    else:
        poll = Poll(
            entries=len(entries),
            known=len(known),
            overlaps=bool(known) if state.polls_with_entries and entries else None,
            published=_published(entries),
            hints=hints,
        )
    plan = _plan(settings, poll, state.rhythm, document.received_at)
    answer = replace(
        msgspec.convert(document.context.get("answer", {"conditional": False}), Answer, strict=False),
        changed=len(known) < len(entries) or any(o.outcome == "revised" for o in entries),
        new_published=_published([o for o in entries if o.outcome == "created"]),
    )
    reading = None
    if unreadable or not entries:
        trouble: Trouble = "unreadable" if unreadable else "empty"
        reading = judge_condition(trouble, unreadable, state.reading, now=document.received_at)
    after = replace(
        state,
        rhythm=plan.rhythm,
        validators=judge_validators(answer, state.validators, now=document.received_at),
        polls_with_entries=state.polls_with_entries + bool(entries),
        reading=reading,
    )
    return {
        "feed_id": feed_id,
        "fetched_at": document.received_at,
        "last_error": unreadable,
        **_plan_columns(plan, after),
    }


def _published(outcomes: Sequence[Outcome]) -> tuple[datetime, ...]:
    drafts = (o.arrival.item for o in outcomes if isinstance(o.arrival.item, Draft))
    return tuple(draft.published.at for draft in drafts if draft.published)


def _plan(settings: Settings, poll: Poll, rhythm: Rhythm, now: datetime) -> Plan:
    bounds = Bounds(settings.min_interval_seconds, settings.max_interval_seconds)
    return next_poll(poll, rhythm, now=now, random=random.random, bounds=bounds)


def _plan_columns(plan: Plan, state: State) -> dict[str, Any]:
    return {
        "next_fetch_at": plan.next_fetch_at,
        "interval_seconds": plan.interval_seconds,
        "interval_reason": plan.reason,
        "failures": state.rhythm.failures,
        "schedule": msgspec.to_builtins(state),
    }


def read_state(schedule: Mapping[str, Any]) -> State:
    return msgspec.convert(schedule, State, strict=False)
