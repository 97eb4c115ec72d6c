"""Feeds: list, add, pause, resume, remove, and one look at an address."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.params import Parameter

from wiredesk.worker import db
from wiredesk.worker.errors import Rejected, UsageError
from wiredesk.worker.fetch.looking import Access, Look, look_at
from wiredesk.worker.news.values import urls
from wiredesk.worker.store import feeds as store
from wiredesk.worker.store.records import FeedRow
from wiredesk.worker.upkeep import feed_list, feed_words
from wiredesk.worker.web.access import requires
from wiredesk.worker.web.api.answers import Id, answers
from wiredesk.worker.web.problems import not_found

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
_ADMIN = [requires("admin")]


class FeedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A feed. `what`: why it is polled when it is, or what is wrong, in words."""

    feed_id: int
    url: str
    source: str | None
    title: str | None
    folders: tuple[str, ...]
    state: str
    articles: int
    added_at: datetime
    next_fetch_at: datetime
    interval_seconds: float | None
    interval_reason: str | None
    fetched_at: datetime | None
    succeeded_at: datetime | None
    changed_at: datetime | None
    last_status: int | None
    last_error: str | None
    failures: float
    what: str
    problems: tuple[str, ...]


class FeedPage(msgspec.Struct, frozen=True):
    """A page of feeds by number. `next_after`: null on the last one."""

    feeds: tuple[FeedLine, ...]
    next_after: int | None


class NewFeedRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A feed, or a site whose best feed is taken. `check` false adds the address without a look at it."""

    url: Url
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | None = None
    folders: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=200)], ...], msgspec.Meta(max_length=10)
    ] = ()
    full_text: Literal["never", "short", "always"] | None = None
    verify_tls: bool = True
    check: bool = True


class CheckRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An address to look at once."""

    url: Url
    verify_tls: bool = True


class AddedFeed(msgspec.Struct, frozen=True, kw_only=True):
    """`added` false: it was known already. `problem`: it could not be looked at now, and is polled all the same."""

    feed_id: int
    url: str
    added: bool
    found: tuple[str, ...]
    problem: str | None


class LookAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of an address, and the feed that it is or that its site has. Nothing is filed."""

    url: str
    is_feed: bool
    answered: str | None
    found: tuple[str, ...]
    refusal: str | None
    problem: str | None
    status: int | None
    final_url: str | None
    format: str | None
    title: str | None
    entries: int | None


@get("/v1/feeds", guards=[requires("read")], sync_to_thread=True, responses=answers(), tags=["feeds"])
def feeds(
    state: State,
    after: Annotated[int, Parameter(ge=0, le=2**63 - 1, description="Feeds with a higher number.")] = 0,
    limit: Annotated[int, Parameter(ge=1, le=500)] = 200,
) -> FeedPage:
    """Feeds by number, with the reasons of their states in words."""
    with db.for_web(state.settings.database_url) as connection:
        ids = store.page_of_ids(connection, after=after, limit=limit + 1)
        found = store.find(connection, feed_ids=ids[:limit])
    now = datetime.now(UTC)
    lines = tuple(_line(feed, now) for feed in sorted(found, key=lambda feed: feed.feed_id))
    return FeedPage(lines, ids[limit - 1] if len(ids) > limit else None)


def _line(feed: FeedRow, now: datetime) -> FeedLine:
    row = feed_words.for_machines(feed, now) | {"what": feed_words.what(feed, now)}
    return msgspec.convert({name: row[name] for name in FeedLine.__struct_fields__}, FeedLine)


@post("/v1/feeds", guards=_ADMIN, sync_to_thread=True, responses=answers(422), tags=["feeds"], status_code=200)
def add(state: State, data: NewFeedRequest) -> AddedFeed:
    """Add a feed. A site's address finds its feeds, and the best is taken; what can't be looked at now is added too."""
    look = Look(urls.feed_address(data.url))
    if data.check:
        (look,) = look_at(state.settings, [data.url], Access(verify_tls=data.verify_tls))
    if look.refusal:
        raise Rejected("no_feed", f"url: {look.refusal}")
    try:
        row = feed_list.new_feed(
            look, source=data.source, folders=data.folders, full_text=data.full_text, verify_tls=data.verify_tls
        )
    except UsageError as error:
        raise Rejected("bad_url", f"url: {error}") from None
    with db.for_web(state.settings.database_url) as connection:
        added = store.add(connection, [row])
        (known,) = store.find(connection, urls=[row.url])
    return AddedFeed(
        feed_id=known.feed_id, url=row.url, added=bool(added), found=tuple(look.found), problem=look.problem
    )


@post("/v1/feeds/check", guards=_ADMIN, sync_to_thread=True, responses=answers(), tags=["feeds"], status_code=200)
def check(state: State, data: CheckRequest) -> LookAnswer:
    """Fetch an address now, within the budget of its host, and explain what it is. Files nothing."""
    settings = state.settings
    (look,) = look_at(settings, [data.url], feed_list.access(settings, data.url, not data.verify_tls))
    return msgspec.convert(feed_list.look_as_json(look), LookAnswer)


@post(
    "/v1/feeds/{feed_id:int}/{action:str}",
    guards=_ADMIN,
    sync_to_thread=True,
    tags=["feeds"],
    status_code=200,
    responses=answers(404, s200=(FeedLine, "The feed as it is now."), s204=(None, "The feed is removed.")),
)
def change(state: State, feed_id: Id, action: Literal["pause", "resume", "remove", "poll"]) -> Response[Any]:
    """Pause, resume or remove a feed, or poll it now. The articles of a removed feed stay; adding it brings it back."""
    states: dict[str, Literal["paused", "active", "removed"]] = {
        "pause": "paused",
        "resume": "active",
        "remove": "removed",
    }
    with db.for_web(state.settings.database_url) as connection:
        changed = (
            store.make_due(connection, [feed_id])
            if action == "poll"
            else store.set_state(connection, [feed_id], states[action])
        )
        found = store.find(connection, feed_ids=[feed_id])
    if not changed and not found:
        raise not_found(f"there is no feed {feed_id}")
    return Response(_line(found[0], datetime.now(UTC))) if found else Response(None, status_code=204)


HANDLERS = [feeds, add, check, change]
