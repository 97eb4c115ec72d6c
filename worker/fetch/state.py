"""One fetch of one feed, and what it makes of the feed's row. No connection is used here."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from dataclasses import replace as dataclass_replace
from datetime import datetime, timedelta

from msgspec.structs import replace

from wiredesk.worker.errors import HostBusy, Rejected, Transient
from wiredesk.worker.fetch.batches import fetch_row
from wiredesk.worker.fetch.showing import Showing
from wiredesk.worker.http.headers import links, robot_check, server_hints
from wiredesk.worker.http.response import Response
from wiredesk.worker.news.polls.schedule import (
    Answer,
    Bounds,
    FailureKind,
    Plan,
    Poll,
    Rhythm,
    ServerWaits,
    in_words,
    judge_validators,
    next_poll,
)
from wiredesk.worker.news.polls.state import PollContext, State
from wiredesk.worker.news.polls.troubles import (
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
from wiredesk.worker.store.records import FeedToPoll, FetchRow, OpenEntry, PollRow, Postponement

_HARD = frozenset(("blocked_address", "blocked_port", "bad_url", "unknown_host", "tls", "too_many_redirects"))
PUSHED_INTERVAL_SECONDS = 4 * 3600.0
"""Polls of a feed that a hub pushes: they find what the hub lost, and a hub may lose everything from now on."""

_NOT_MODIFIED = (
    "http_304: not modified, although it was asked without validators; it has not sent its content to such a request"
)


@dataclass(frozen=True, slots=True)
class FetchedFeed:
    """One fetch of one feed at `at`: a response or an error.

    `sent_validators` says whether the request was conditional. `noticed` is the address that the feed's own document
    named, where `response` is that address's answer and a feed. `showing` is what a new body shows again.
    """

    feed: FeedToPoll
    at: datetime
    response: Response | None = None
    error: Transient | Rejected | None = None
    sent_validators: bool = False
    showing: Showing | None = None
    noticed: str | None = None
    body_sha256: bytes | None = field(init=False)

    def __post_init__(self) -> None:
        body = self.response.body if self.response is not None and self.response.status == 200 else None
        object.__setattr__(self, "body_sha256", None if body is None else hashlib.sha256(body).digest())

    @property
    def is_postponed(self) -> bool:
        """The budget of the host was spent: the feed was not asked."""
        return isinstance(self.error, HostBusy) and self.error.status is None

    @property
    def good_answer(self) -> Response | None:
        """The response, if it is a document or says that there is no other. A 304 answers validators only."""
        if self.response is None or self.response.status not in (200, 304):
            return None
        return self.response if self.response.status == 200 or self.sent_validators else None

    @property
    def new_body(self) -> bytes | None:
        """The body, if it differs from that of the poll before."""
        is_new = self.body_sha256 is not None and self.body_sha256 != self.feed.body_sha256
        return self.response.body if is_new and self.response is not None else None

    @property
    def document(self) -> bytes | None:
        """What must be read of a new body."""
        return self.showing.document if self.showing is not None else self.new_body

    @property
    def known(self) -> tuple[OpenEntry, ...]:
        """The entries of a new body that need not be read."""
        return self.showing.known if self.showing is not None else ()

    @property
    def status(self) -> int | None:
        if isinstance(self.error, HostBusy):
            return self.error.status
        return self.response.status if self.response else None

    @property
    def failure(self) -> str | None:
        """The error in words; null for a good answer."""
        if self.error is not None:
            return str(self.error)
        if self.response is None or self.good_answer is not None:
            return None
        if self.response.status == 304:
            return _NOT_MODIFIED
        check = robot_check(self.response.headers)
        return f"http_{self.response.status}" + (f": a check for robots ({check})" if check else "")

    @property
    def failure_kind(self) -> FailureKind:
        if self.response is not None:
            return "gone" if self.response.status == 410 else "soft"
        if isinstance(self.error, Rejected):
            return "hard" if self.error.reason in _HARD else "soft"
        return "dns" if "DNS" in str(self.error) else "soft"

    @property
    def new_address(self) -> str | None:
        """The address to poll from now on; null while the feed stays at its own."""
        response, state = self.good_answer, self.feed.schedule
        if response is None:
            return None
        if self.noticed:
            return self.noticed
        redirect = self._redirect(response)
        if redirect is None or not may_take_over(self.feed.url, redirect, now=self.at):
            return None
        # A closed site often redirects all addresses to its front page: a feed moves only to an address of a feed.
        return redirect.to if state.reading is None or is_upgrade(self.feed.url, redirect.to) else None

    def _redirect(self, response: Response) -> Move | None:
        target = urls.canonical_url(response.permanent_url) if response.permanent_url else None
        return judge_move(self.feed.url, target, self.feed.schedule.redirect, now=self.at)

    def after_good_answer(self, response: Response) -> State:
        """The state after a good answer, with its redirects; an announced address that is no feed waits a week."""
        state, notice = self.feed.schedule, self.feed.schedule.notice
        if notice is not None and not self.noticed and may_take_over(self.feed.url, notice, now=self.at):
            notice = dataclass_replace(notice, since=self.at)
        if self.new_address is None:
            return dataclass_replace(state, redirect=self._redirect(response), notice=notice, reaching=None)
        return dataclass_replace(state, redirect=None, notice=None, reaching=None, moved_from=self.feed.url)

    def context(self, response: Response) -> PollContext:
        """The context that the response's document carries to the ingest and to `learning.learn`."""
        etag, last_modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
        has_validators = bool(etag or last_modified)
        answer = Answer(
            conditional=self.sent_validators,
            not_modified=response.status == 304,
            has_validators=has_validators,
            same_validators=has_validators and (etag, last_modified) == (self.feed.etag, self.feed.last_modified),
        )
        named = links(response.headers.get("Link"))
        return PollContext(
            server_hints(response.headers, self.at),
            answer,
            known=len(self.known),
            showing=self.number or 0,
            hub=named.get("hub"),
            topic=named.get("self"),
        )

    @property
    def number(self) -> int | None:
        """The number of this poll in `showing`; None where it has none."""
        return self.feed.showings + 1 if self.known else None


def postponement(fetched: FetchedFeed) -> Postponement:
    assert isinstance(fetched.error, HostBusy)
    wait_seconds = max(fetched.error.retry_after_seconds, 1.0)
    return Postponement(feed_id=fetched.feed.feed_id, wait_seconds=wait_seconds, postponed=str(fetched.error))


def poll_row(settings: Settings, fetched: FetchedFeed) -> PollRow:
    """The feed's row after a poll."""
    response = fetched.good_answer
    if response is None:
        return _after_failure(settings, fetched)
    state, context = fetched.after_good_answer(response), fetched.context(response)
    fixed, is_pushed = fetched.feed.fixed_interval_seconds, fetched.feed.is_pushed
    if fetched.new_body is not None:
        if fetched.document is None:
            dates = tuple(entry.published_at for entry in fetched.known if entry.published_at is not None)
            seen = Seen(entries=len(fetched.known), known=len(fetched.known), published=dates)
            next_plan, state = after_reading(settings, seen, context, state, fetched.at, fixed, is_pushed=is_pushed)
            row = _row(fetched, next_plan, state)
        else:
            # Its entries decide once they have been read (`learning.learn`); until then the old rhythm holds.
            poll = Poll(hints=context.hints)
            row = _row(fetched, plan(settings, poll, state.rhythm, fetched.at, fixed, is_pushed=is_pushed), state)
        return replace(_with_answer(row, fetched), changed_at=fetched.at, showings=fetched.number)
    validators = judge_validators(context.answer, state.validators, now=fetched.at)
    poll, error = Poll(not_modified=True, hints=with_habits(context.hints, state.habits)), None
    if state.reading is not None and state.reading.trouble == "unreadable":
        poll, error = Poll(failure="soft", hints=poll.hints), state.reading.detail  # the same body as before: no feed
    next_plan = plan(settings, poll, state.rhythm, fetched.at, fixed, is_pushed=is_pushed)
    row = _row(fetched, next_plan, dataclass_replace(state, rhythm=next_plan.rhythm, validators=validators))
    return replace(_with_answer(row, fetched), last_error=error)


def fetch_log_row(fetched: FetchedFeed) -> FetchRow:
    row = fetch_row(
        fetched.at,
        fetched.feed.url,
        fetched.response,
        feed_id=fetched.feed.feed_id,
        status=fetched.status,
        sent_etag=fetched.feed.etag if fetched.sent_validators else None,
        error=fetched.failure,
    )
    # Of a document that is read, the entries are counted then.
    is_counted = fetched.new_body is not None and fetched.document is None
    return replace(row, entries=len(fetched.known), new_entries=0) if is_counted else row


@dataclass(frozen=True, slots=True)
class Seen:
    """What a document showed: `known` counts the entries that were filed before it, `new_published` are others' dates.

    `unreadable` says why none of it could be read.
    """

    entries: int
    known: int
    published: tuple[datetime, ...] = ()
    new_published: tuple[datetime, ...] = ()
    revised: bool = False
    unreadable: str | None = None


def after_reading(
    settings: Settings,
    seen: Seen,
    context: PollContext,
    state: State,
    now: datetime,
    fixed_seconds: float | None,
    *,
    is_pushed: bool,
) -> tuple[Plan, State]:
    """The next poll of a feed and its state after its document was read."""
    poll = Poll(
        entries=seen.entries,
        known=seen.known,
        overlaps=bool(seen.known) if state.polls_with_entries and seen.entries else None,
        published=seen.published,
        hints=with_habits(context.hints, state.habits),
    )
    if seen.unreadable:
        poll = Poll(failure="soft", hints=poll.hints)
    changed = seen.known < seen.entries or seen.revised
    answer = dataclass_replace(context.answer, changed=changed, new_published=seen.new_published)
    reading = None
    if seen.unreadable or not seen.entries:
        condition: Trouble = "unreadable" if seen.unreadable else "empty"
        reading = judge_condition(condition, seen.unreadable, state.reading, now=now)
    next_plan = plan(settings, poll, state.rhythm, now, fixed_seconds, is_pushed=is_pushed)
    return next_plan, dataclass_replace(
        state,
        rhythm=next_plan.rhythm,
        validators=judge_validators(answer, state.validators, now=now),
        polls_with_entries=state.polls_with_entries + bool(seen.entries),
        reading=reading,
    )


def plan(
    settings: Settings,
    poll: Poll,
    rhythm: Rhythm,
    now: datetime,
    fixed_seconds: float | None = None,
    *,
    is_pushed: bool = False,
) -> Plan:
    """The next poll. `fixed_seconds` is the interval that the operator set; failures slow such a feed down too.

    A feed that is pushed is polled every `PUSHED_INTERVAL_SECONDS`, unless the operator set another interval.
    """
    if fixed_seconds is None:
        bounds = Bounds(settings.min_interval_seconds, settings.max_interval_seconds)
        learned = next_poll(poll, rhythm, now=now, random=random.random, bounds=bounds)
        is_backup = is_pushed and bool(settings.public_url) and poll.failure is None
        return _as_backup(learned, now, bounds) if is_backup else learned
    if poll.failure is not None:
        bounds = Bounds(fixed_seconds, max(fixed_seconds, settings.max_interval_seconds))
        rhythm = dataclass_replace(rhythm, interval_seconds=fixed_seconds)
        return next_poll(poll, rhythm, now=now, random=random.random, bounds=bounds)
    learned = next_poll(poll, rhythm, now=now, random=random.random, bounds=Bounds(fixed_seconds, fixed_seconds))
    return dataclass_replace(learned, reason=f"every {in_words(fixed_seconds)}: set by `feeds edit`")


def _as_backup(learned: Plan, now: datetime, bounds: Bounds) -> Plan:
    """The plan of a feed that is pushed; its rhythm stays as it is for the time when it is not."""
    seconds = min(PUSHED_INTERVAL_SECONDS, bounds.max_seconds)
    if learned.interval_seconds >= seconds:
        return learned
    return dataclass_replace(
        learned,
        next_fetch_at=now + timedelta(seconds=seconds * random.uniform(0.9, 1.0)),
        interval_seconds=seconds,
        reason=f"every {in_words(seconds)}: its hub pushes it; without that: {learned.reason}",
    )


def with_habits(hints: ServerWaits, habits: ServerWaits) -> ServerWaits:
    """`hints` with the `ttl` and `sy:` of the last document."""
    return dataclass_replace(hints, ttl_seconds=habits.ttl_seconds, update_seconds=habits.update_seconds)


def _after_failure(settings: Settings, fetched: FetchedFeed) -> PollRow:
    hints = server_hints(fetched.response.headers, fetched.at) if fetched.response else ServerWaits()
    if isinstance(fetched.error, HostBusy):
        hints = ServerWaits(retry_after_seconds=fetched.error.retry_after_seconds)
    state, fixed = fetched.feed.schedule, fetched.feed.fixed_interval_seconds
    next_plan = plan(settings, Poll(failure=fetched.failure_kind, hints=hints), state.rhythm, fetched.at, fixed)
    trouble = trouble_of_status(fetched.status)
    reaching = judge_condition(trouble, fetched.failure, state.reaching, now=fetched.at)
    row = _row(fetched, next_plan, dataclass_replace(state, rhythm=next_plan.rhythm, reaching=reaching))
    # has_answer without validators drops those of the row: a 304 to a request without any says that they are worthless.
    return replace(row, has_answer=fetched.status == 304)


def _row(fetched: FetchedFeed, next_plan: Plan, state: State) -> PollRow:
    return PollRow(
        feed_id=fetched.feed.feed_id,
        fetched_at=fetched.at,
        next_fetch_at=next_plan.next_fetch_at,
        interval_seconds=next_plan.interval_seconds,
        interval_reason=next_plan.reason,
        failures=state.rhythm.failures,
        schedule=state,
        last_status=fetched.status,
        last_error=fetched.failure,
    )


def _with_answer(row: PollRow, fetched: FetchedFeed) -> PollRow:
    row, response = replace(row, succeeded_at=row.fetched_at), fetched.response
    if response is None or fetched.body_sha256 is None:
        return row
    return replace(
        row,
        has_answer=True,
        etag=response.headers.get("ETag"),
        last_modified=response.headers.get("Last-Modified"),
        body_sha256=fetched.body_sha256.hex(),
    )
