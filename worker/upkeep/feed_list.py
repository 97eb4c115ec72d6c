"""Feeds as people name, add and look at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected, UsageError
from wiredesk.worker.fetch.credentials import credential_headers
from wiredesk.worker.news.feeds.opml import Outline, read_opml, write_opml
from wiredesk.worker.news.values import urls
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds as store
from wiredesk.worker.store.records import FeedRow, NewFeed
from wiredesk.worker.upkeep import feed_words

if TYPE_CHECKING:
    from wiredesk.worker.fetch.looking import Access, Look


def new_feed(
    look: Look,
    *,
    source: str | None = None,
    folders: tuple[str, ...] = (),
    full_text: str | None = None,
    recheck_ladder: tuple[float, ...] | None = None,
    verify_tls: bool = True,
) -> NewFeed:
    """The row of the feed that a look found. Raises `UsageError` where its address can't be polled."""
    url = urls.canonical_url(look.feed_url)
    if url is None:
        raise UsageError(f"{look.asked}: not an http or https address")
    return NewFeed(
        url=url,
        source=source,
        title=look.feed.title if look.feed else None,
        folders=folders,
        full_text=full_text,
        recheck_ladder=recheck_ladder,
        verify_tls=verify_tls,
    )


def of_opml(
    text: bytes, *, full_text: str | None = None, recheck_ladder: tuple[float, ...] | None = None
) -> tuple[list[NewFeed], list[str]]:
    """The feeds of an OPML file, and its addresses that can't be polled. Raises `Rejected` where it is no OPML."""
    rows: dict[str, NewFeed] = {}
    unusable = []
    for outline in read_opml(text):
        url = urls.canonical_url(urls.feed_address(outline.feed_url))
        if url is None:
            unusable.append(outline.feed_url)
            continue
        rows[url] = NewFeed(
            url=url,
            title=outline.title,
            folders=outline.folders,
            full_text=full_text,
            recheck_ladder=recheck_ladder,
        )
    return list(rows.values()), unusable


def as_opml(connection: Connection) -> tuple[str, int]:
    """All feeds as OPML with their folders, and their number."""
    found = store.find(connection, count_articles=False)
    text = write_opml([Outline(feed_url=feed.url, title=feed.title, folders=feed.folders) for feed in found])
    return text, len(found)


def access(settings: Settings, address: str, insecure: bool) -> Access:
    """How the address is asked: as its feed's row says, where it has one."""
    from wiredesk.worker.fetch.looking import Access  # the HTTP client and the feed parser

    spellings = {address, urls.canonical_url(urls.feed_address(address)) or address}
    known: list[FeedRow] = []
    if settings.database_url:
        with db.alone(settings.require_database()) as connection:
            known = store.find(connection, urls=spellings)
    if not known:
        return Access(verify_tls=not insecure)
    try:
        headers = known[0].headers | credential_headers(settings, known[0].credentials)
    except Rejected as problem:
        raise UsageError(problem.detail) from None
    return Access(known[0].verify_tls and not insecure, known[0].user_agent, headers)


def ids(connection: Connection, names: Sequence[str]) -> list[int]:
    """Feed numbers of what a person typed: numbers or URLs."""
    numbers = [int(name) for name in names if is_number(name)]
    spellings = {n: {n, urls.canonical_url(urls.feed_address(n)) or n} for n in names if not is_number(n)}
    found = store.find(connection, feed_ids=numbers) if numbers else []
    if spellings:
        found += store.find(connection, urls=set().union(*spellings.values()))
    known = {str(feed.feed_id) for feed in found} | {feed.url for feed in found}
    missing = [name for name in names if not ({name} | spellings.get(name, set())) & known]
    if missing:
        raise UsageError(f"no such feed: {', '.join(missing)} (`wiredesk feeds list` shows them)")
    return [feed.feed_id for feed in found]


def is_number(name: str) -> bool:
    return name.isdecimal() and len(name) < 19  # what fits into a bigint


def look_as_json(look: Look) -> dict[str, Any]:
    """One look, for machines."""
    answered, feed = look.answered, look.feed
    return {
        "url": look.asked,
        "is_feed": look.is_feed,
        "answered": feed_words.answer_in_words(answered) if answered else None,
        "found": look.found,
        "refusal": look.refusal,
        "problem": look.problem,
        "status": answered.status if answered else None,
        "final_url": answered.final_url if answered else None,
        "format": feed.format if feed else None,
        "title": feed.title if feed else None,
        "entries": len(feed.entries) if feed else None,
    }
