"""Polling feeds: take → fetch → store the document with the feed's new state → learn from what was read."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from worker import dispatch
from worker.db import Connection, connected
from worker.dispatch import Hint
from worker.errors import HostBusy, Rejected, Transient
from worker.fetching import FEED_TYPES, fetcher, in_groups
from worker.filing import Outcome
from worker.http.client import Fetcher, Request, Response
from worker.news.identity import alias
from worker.news.model import Draft
from worker.news.schedule import (
    Answer,
    Bounds,
    FailureKind,
    Hints,
    Plan,
    Poll,
    Rhythm,
    Validators,
    judge_validators,
    next_poll,
)
from worker.settings import Settings
from worker.store import articles, feeds, inbox
from worker.store.feeds import Polled
from worker.store.inbox import Taken

log = logging.getLogger(__name__)
POLLED = "feed.polled"
FAILED = "feed.failed"
STALE = "feed.stale"
MOVED = "feed.moved"

_HARD = frozenset(("blocked_address", "blocked_port", "bad_url", "unknown_host", "tls", "too_many_redirects"))


@dataclass(frozen=True, slots=True)
class State:
    """What a feed's row keeps between polls, beside its columns."""

    rhythm: Rhythm = Rhythm()
    validators: Validators = Validators()
    polls_with_entries: int = 0


@dataclass(frozen=True, slots=True)
class _Fetched:
    """One fetch of one feed: a response, or what went wrong."""

    feed: Polled
    at: datetime
    response: Response | None = None
    error: Transient | Rejected | None = None


def poll_feeds(settings: Settings, feed_ids: Sequence[int], token: str) -> list[Hint]:
    """Fetch leased feeds at once, store what came, and return the hints for the documents to be read."""
    with connected(settings.database_url) as connection:
        taken = feeds.take(connection, list(feed_ids), token, lease_seconds=settings.task_seconds + 10)
    if len(taken) < len(feed_ids):
        log.info(STALE, extra={"stale": len(feed_ids) - len(taken)})
    hints: list[Hint] = []

    def store(done: list[_Fetched]) -> None:
        with connected(settings.database_url) as connection:
            hints.extend(_store(connection, settings, done, token))

    async def poll() -> None:
        async with fetcher(settings) as client:
            await in_groups(taken, lambda feed: _fetch(client, feed), store)

    if taken:
        asyncio.run(poll())
    return hints


async def _fetch(client: Fetcher, feed: Polled) -> _Fetched:
    state = read_state(feed.schedule)
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
        feeds.add_fetches(connection, [_fetch_row(one) for one in kept])
        hints = dispatch.lease_stored(connection, ids, settings) if ids else []
    for one in kept:
        _report(one)
    return hints


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
    if isinstance(one.error, HostBusy) and one.error.status is None:
        # Our own budget was spent: the feed has nothing to do with it.
        plan = Plan(
            next_fetch_at=datetime.fromtimestamp(one.at.timestamp() + max(one.error.retry_after_seconds, 1.0), UTC),
            interval_seconds=state.rhythm.interval_seconds or settings.min_interval_seconds,
            reason=str(one.error),
            rhythm=state.rhythm,
        )
        return row | _plan_columns(plan, state)
    response = one.response
    if response is None or response.status not in (200, 304):
        hints = hints_of(response.headers, one.at) if response else Hints()
        if isinstance(one.error, HostBusy):
            hints = Hints(retry_after_seconds=one.error.retry_after_seconds)
        poll = Poll(failure=_failure_kind(one), hints=hints)
        plan = _plan(settings, poll, state.rhythm, one.at)
        return row | _plan_columns(plan, replace(state, rhythm=plan.rhythm))
    row |= {"succeeded_at": one.at, "has_answer": response.status == 200}
    if response.status == 200:
        row |= {
            "etag": response.headers.get("ETag"),
            "last_modified": response.headers.get("Last-Modified"),
            "body_sha256": hashlib.sha256(response.body).hexdigest(),
        }
    if _is_new_body(one, response):
        # The entries decide when they have been read (`learn`); until then, and if reading fails, the old rhythm holds.
        plan = _plan(settings, Poll(hints=hints_of(response.headers, one.at)), state.rhythm, one.at)
        return row | {"changed_at": one.at} | _plan_columns(plan, state)
    validators = judge_validators(_answer(one, response), state.validators, now=one.at)
    plan = _plan(settings, Poll(not_modified=True, hints=hints_of(response.headers, one.at)), state.rhythm, one.at)
    return row | _plan_columns(plan, replace(state, rhythm=plan.rhythm, validators=validators))


def _answer(one: _Fetched, response: Response) -> Answer:
    feed = one.feed
    etag, last_modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    return Answer(
        conditional=read_state(feed.schedule).validators.send and bool(feed.etag or feed.last_modified),
        not_modified=response.status == 304,
        has_validators=bool(etag or last_modified),
        same_validators=bool(etag or last_modified) and (etag, last_modified) == (feed.etag, feed.last_modified),
    )


def _document_row(document_id: int, one: _Fetched) -> dict[str, Any]:
    assert one.response is not None
    answer = _answer(one, one.response)
    return {
        "document_id": document_id,
        "origin": "feed",
        "needs": "ingest",
        "body_sha256": hashlib.sha256(one.response.body).hexdigest(),
        "body_bytes": len(one.response.body),
        "media_type": one.response.headers.get("Content-Type"),
        "url": one.response.final_url,
        "feed_id": one.feed.feed_id,
        "received_at": one.at,
        "lane": alias("feed", "", str(one.feed.feed_id)).key,
        "context": {
            "hints": msgspec.to_builtins(hints_of(one.response.headers, one.at)),
            "answer": msgspec.to_builtins(answer),
        },
    }


def _fetch_row(one: _Fetched) -> dict[str, Any]:
    response = one.response
    row: dict[str, Any] = {
        "fetched_at": one.at,
        "feed_id": one.feed.feed_id,
        "url": one.feed.url,
        "status": _status(one),
        "sent_etag": one.feed.etag,
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
        return "hard" if one.response.status == 410 else "soft"
    if isinstance(one.error, Rejected):
        return "hard" if one.error.reason in _HARD else "soft"
    return "dns" if "DNS" in str(one.error) else "soft"


# ---- learning from what was read


def learn(connection: Connection, settings: Settings, documents: Sequence[Taken], outcomes: Sequence[Outcome]) -> None:
    """Let the schedule see what the feed documents held: how much was known, and when it was published.

    Runs after the filing transaction: it is a hint for the next poll, and losing it costs one provisional interval.
    """
    by_document: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        by_document.setdefault(outcome.arrival.document_id, []).append(outcome)
    of_feeds = {d.feed_id: d for d in documents if d.origin == "feed" and d.feed_id is not None}
    states = feeds.states(connection, {feed_id: d.received_at for feed_id, d in of_feeds.items()}) if of_feeds else {}
    rows = []
    for feed_id, schedule in states.items():
        document = of_feeds[feed_id]
        rows.append(
            _learned(settings, feed_id, document, by_document.get(document.document_id, []), read_state(schedule))
        )
    feeds.learn(connection, rows)


def _learned(
    settings: Settings, feed_id: int, document: Taken, outcomes: Sequence[Outcome], state: State
) -> dict[str, Any]:
    hints = msgspec.convert(document.known.get("hints", {}), Hints, strict=False)
    unreadable = next((o.reason for o in outcomes if o.arrival.item_no == 0), None)
    entries = [o for o in outcomes if o.outcome != "rejected"]
    known = [o for o in entries if o.outcome != "created"]
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
        msgspec.convert(document.known.get("answer", {"conditional": False}), Answer, strict=False),
        changed=len(known) < len(entries) or any(o.outcome == "revised" for o in entries),
        new_published=_published([o for o in entries if o.outcome == "created"]),
    )
    after = State(
        rhythm=plan.rhythm,
        validators=judge_validators(answer, state.validators, now=document.received_at),
        polls_with_entries=state.polls_with_entries + bool(entries),
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


def hints_of(headers: Mapping[str, str], now: datetime) -> Hints:
    """What a response says about when to come again."""
    return Hints(
        max_age_seconds=_max_age(headers.get("Cache-Control", "")),
        expires_seconds=_until(headers.get("Expires"), now),
        retry_after_seconds=_retry_after(headers.get("Retry-After"), now),
    )


def _max_age(cache_control: str) -> float | None:
    directives = [part.strip().lower() for part in cache_control.split(",")]
    if "no-cache" in directives or "no-store" in directives:
        return 0.0
    for directive in directives:
        name, _, value = directive.partition("=")
        if name == "max-age" and value.strip('"').isdigit():
            return float(value.strip('"')[:12])
    return None


def _retry_after(value: str | None, now: datetime) -> float | None:
    return float(value[:9]) if value and value.isdigit() else _until(value, now)


def _until(http_date: str | None, now: datetime) -> float | None:
    try:
        at = parsedate_to_datetime(http_date or "")
    except ValueError:
        return None
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
