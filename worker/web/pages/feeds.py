"""The pages of feeds: all of them by state, and one with its fetches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from litestar import Request, Response, get, post
from litestar.datastructures import State, UploadFile
from litestar.response import Redirect, Template

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected, UsageError
from wiredesk.worker.fetch.looking import Look, look_at
from wiredesk.worker.news.polls.schedule import in_words
from wiredesk.worker.news.values import urls
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds as store
from wiredesk.worker.store import overview
from wiredesk.worker.store.records import FeedRow
from wiredesk.worker.upkeep import feed_list, feed_words
from wiredesk.worker.web.access import AnyRequest
from wiredesk.worker.web.api.answers import Id
from wiredesk.worker.web.pages.pictures import Picture, stacked
from wiredesk.worker.web.pages.rendering import address, page
from wiredesk.worker.web.pages.session import form_of
from wiredesk.worker.web.problems import not_found

_ON_A_PAGE = 100
_YIELD_DAYS = 30
_MOST_FETCHES = 30
_SILENT = timedelta(days=30)
_STATES: dict[str, Literal["paused", "active", "removed"]] = {
    "pause": "paused",
    "resume": "active",
    "remove": "removed",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A feed for people: its state in a word, its problems, and its new articles by day."""

    row: FeedRow
    name: str
    host: str
    word: str
    state: str
    what: str
    due: str
    problems: tuple[str, ...]
    yields: Picture
    yields_label: str


_Filter = Callable[[FeedRow, datetime], bool]
_FILTERS: dict[str, _Filter] = {
    "all": lambda feed, now: feed.state != "removed",
    "problems": lambda feed, now: feed.state == "active" and bool(feed_words.problems(feed, now)),
    "waiting for their host": lambda feed, now: feed.state == "active" and feed.postponed is not None,
    "paused": lambda feed, now: feed.state == "paused",
    "silent for a month": lambda feed, now: (
        feed.state == "active" and now - (feed.changed_at or feed.added_at) > _SILENT
    ),
}


@get("/feeds", sync_to_thread=True, include_in_schema=False)
def feeds(request: Request[Any, Any, Any], state: State, only: str = "all", after: int = 0) -> Template:
    """The page of the feeds, in the order in which they were added."""
    now = datetime.now(UTC)
    is_shown = _FILTERS.get(only, _FILTERS["all"])
    with db.for_web(state.settings.database_url) as connection:
        rows = store.find(connection, count_articles=False)
        found = [row for row in rows if row.feed_id > after and is_shown(row, now)]
        shown = list(_shown(connection, found[:_ON_A_PAGE], now))
    last = shown[-1].row.feed_id if len(found) > _ON_A_PAGE else 0
    return page(
        request,
        "feeds",
        chips=[
            (
                address("/feeds", {"only": name}),
                f"{name} {sum(_FILTERS[name](row, now) for row in rows):,}",
                name == only,
            )
            for name in _FILTERS
        ],
        only=only,
        waiting_hosts=feed_words.waiting_hosts(rows, now),
        feeds=shown,
        next_page=address("/feeds", {"only": only, "after": last}) if last else "",
    )


@get("/feeds/{feed_id:int}", sync_to_thread=True, include_in_schema=False)
def feed(request: Request[Any, Any, Any], state: State, feed_id: Id) -> Template:
    """The page of a feed."""
    now = datetime.now(UTC)
    with db.for_web(state.settings.database_url) as connection:
        found = store.find(connection, feed_ids=[feed_id], with_moved=True)
        if not found:
            raise not_found(f"there is no feed {feed_id}")
        (shown,) = _shown(connection, found, now)
        fetches = store.last_fetches(connection, feed_id, limit=_MOST_FETCHES)
    return page(request, "feed", feed=shown, facts=list(_facts(shown.row, now)), fetches=fetches)


@get("/feeds.opml", sync_to_thread=True, include_in_schema=False)
def opml(state: State) -> Response[str]:
    """All feeds as OPML."""
    with db.for_web(state.settings.database_url) as connection:
        text, _ = feed_list.as_opml(connection)
    headers = {"Content-Disposition": 'attachment; filename="feeds.opml"'}
    return Response(text, media_type="text/x-opml; charset=utf-8", headers=headers)


@post("/feeds", status_code=200, include_in_schema=False)
async def add(request: AnyRequest) -> Response[None]:
    """Add the feed of an address, and show it."""
    form = await form_of(request)
    return Redirect(
        await asyncio.to_thread(_add, request.app.state.settings, str(form.get("url", ""))), status_code=303
    )


def _add(settings: Settings, given: str) -> str:
    """The address of the page of the feed that was added."""
    (look,) = look_at(settings, [given], feed_list.access(settings, given, insecure=False))
    if look.refusal:
        raise Rejected("no_feed", f"{given}: {look.refusal}")
    row = feed_list.new_feed(look)
    with db.for_web(settings.database_url) as connection:
        store.add(connection, [row])
        (known,) = store.find(connection, urls=[row.url], count_articles=False)
    return f"/feeds/{known.feed_id}"


@post("/feeds/check", status_code=200, include_in_schema=False)
async def check(request: AnyRequest) -> Template:
    """Show what an address answers now."""
    form = await form_of(request)
    given, settings = str(form.get("url", "")), request.app.state.settings

    def look() -> Look:
        (found,) = look_at(settings, [given], feed_list.access(settings, given, insecure=False))
        return found

    found = await asyncio.to_thread(look)
    answered = feed_words.answer_in_words(found.answered) if found.answered else ""
    return page(request, "feed_check", look=found, answered=answered)


@post("/feeds/{feed_id:int}", status_code=200, include_in_schema=False)
async def change(request: AnyRequest, feed_id: Id) -> Response[None]:
    """Pause, resume or remove a feed, or poll it now."""
    action = str((await form_of(request)).get("action", ""))
    if action != "poll" and action not in _STATES:
        raise UsageError(f"action: {action!r} is none of poll, {', '.join(_STATES)}")

    def act() -> None:
        with db.for_web(request.app.state.settings.database_url) as connection:
            if action == "poll":
                store.make_due(connection, [feed_id])
            else:
                store.set_state(connection, [feed_id], _STATES[action])

    await asyncio.to_thread(act)
    return Redirect("/feeds" if action == "remove" else f"/feeds/{feed_id}", status_code=303)


@post("/feeds/import", status_code=200, include_in_schema=False)
async def import_opml(request: AnyRequest) -> Template:
    """Add the feeds of an OPML file."""
    file = (await form_of(request)).get("file")
    text = await file.read() if isinstance(file, UploadFile) else b""

    def act() -> tuple[int, int, list[str]]:
        rows, unusable = feed_list.of_opml(text)
        with db.for_web(request.app.state.settings.database_url) as connection:
            return len(store.add(connection, rows)), len(rows), unusable

    added, known, unusable = await asyncio.to_thread(act)
    return page(request, "feeds_imported", added=added, known=known - added, unusable=unusable[:_ON_A_PAGE])


def _shown(connection: Connection, rows: Iterable[FeedRow], now: datetime) -> Iterator[Shown]:
    rows = list(rows)
    first = (now - timedelta(days=_YIELD_DAYS - 1)).date()
    since = datetime(first.year, first.month, first.day, tzinfo=UTC)
    days: dict[int, dict[date, int]] = {}
    for count in overview.yields(connection, [row.feed_id for row in rows], since=since):
        days.setdefault(count.feed_id, {})[count.day] = count.new_entries
    for row in rows:
        by_day = [days.get(row.feed_id, {}).get(first + timedelta(days=number), 0) for number in range(_YIELD_DAYS)]
        problems = tuple(feed_words.problems(row, now))
        is_failing = row.state == "active" and problems
        yield Shown(
            row=row,
            name=row.title or row.source or row.url,
            host=urls.host_of(row.url) or row.url,
            word="problem" if is_failing else "waits" if row.postponed else row.state,
            state="fail" if is_failing else "warn" if row.postponed else row.state,
            what=feed_words.what(row, now),
            due=feed_words.due(row, now),
            problems=problems,
            yields=stacked([{"ink": number} for number in by_day], ["ink"]),
            yields_label=f"{sum(by_day):,} new articles in the last {_YIELD_DAYS} days",
        )


def _facts(row: FeedRow, now: datetime) -> Iterator[tuple[str, str]]:
    yield (
        "last poll",
        feed_words.ago(row.fetched_at, now) + (f", answered {row.last_status}" if row.last_status else ""),
    )
    yield "last news", f"{feed_words.ago(row.changed_at, now)}; {row.articles or 0:,} articles"
    yield "next poll", f"{feed_words.due(row, now)}: {row.interval_reason or 'not polled yet'}"
    if row.interval_seconds:
        yield "interval", in_words(row.interval_seconds)
    if row.folders:
        yield "folder", " / ".join(row.folders)
    if row.full_text:
        yield "full text", row.full_text
    if row.postponed:
        yield "waits for its host", row.postponed
    yield "added", f"{row.added_at:%Y-%m-%d}"
