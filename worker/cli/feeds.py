"""`wiredesk feeds`: the list of feeds, and one look at a feed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import click
import msgspec

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected, SettingsError, Transient, UsageError
from wiredesk.worker.fetch.batches import FEED_TYPES, fetcher
from wiredesk.worker.http.client import Fetcher, Request, Response
from wiredesk.worker.http.headers import server_hints
from wiredesk.worker.news.feeds import discovery
from wiredesk.worker.news.feeds import parser as reader
from wiredesk.worker.news.feeds.entries import Feed
from wiredesk.worker.news.feeds.opml import Outline, read_opml, write_opml
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.polls.schedule import Bounds, Poll, Rhythm, in_words, next_poll
from wiredesk.worker.news.polls.troubles import MOVE_STABLE, condition_in_words, is_upgrade, move_in_words
from wiredesk.worker.news.values import charset, urls
from wiredesk.worker.settings import Settings, load, read_ladder
from wiredesk.worker.store import feeds as store
from wiredesk.worker.store.records import FeedRow, NewFeed

_FULL_TEXT = click.option(
    "--full-text",
    type=click.Choice(["never", "short", "always"]),
    help="Whether to fetch the pages of entries. Default: the setting full_text.",
)


def _as_ladder(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[float, ...] | None:
    try:
        return None if value is None else read_ladder(value)
    except SettingsError as error:
        raise click.BadParameter(str(error)) from None


_RECHECK_LADDER = click.option(
    "--recheck-ladder",
    metavar="TIMES",
    callback=_as_ladder,
    help="When the pages of entries are looked at again, after they were filed, such as '15m 3h 1d'; '' for never. "
    "Default: the setting recheck_ladder.",
)

# A site is asked so often before it is given up, and so many feeds of it are shown.
_MOST_LOOKS = 10
_MOST_FOUND = 5
_MOVED_IS_LISTED = timedelta(days=30)


@click.group()
def feeds() -> None:
    """Add, list and watch feeds."""


@feeds.command()
@click.argument("addresses", nargs=-1, required=True, metavar="URL...")
@click.option("--source", metavar="S", help="Who publishes it: slug or name. Default: the feed's own title.")
@_FULL_TEXT
@_RECHECK_LADDER
@click.option("--insecure", is_flag=True, help="Don't verify the server's TLS certificate. The feed's row records it.")
@click.option("--no-check", is_flag=True, help="Add the URL as it is, without looking at it first.")
@output.FORMAT
def add(
    addresses: Sequence[str],
    source: str | None,
    full_text: str | None,
    recheck_ladder: tuple[float, ...] | None,
    insecure: bool,
    no_check: bool,
    output_format: str,
) -> None:
    """Add feeds to be polled. A site's address finds its feeds, and the best is taken.

    What can't be looked at now is added all the same, and says so in `feeds list`.
    """
    settings = load()
    failed = False
    with db.alone(settings.require_database()) as connection:
        looks = (
            [_Look(url) for url in addresses]
            if no_check
            else asyncio.run(_look_at_all(settings, addresses, not insecure))
        )
        for look in looks:
            if look.refusal:
                output.complain(f"{look.asked}: {look.refusal}")
                failed = True
                continue
            url = urls.canonical_url(look.feed_url)
            if url is None:
                output.complain(f"{look.asked}: not an http or https address")
                failed = True
                continue
            row = NewFeed(
                url=url,
                source=source,
                title=look.feed.title if look.feed else None,
                full_text=full_text,
                recheck_ladder=recheck_ladder,
                verify_tls=not insecure,
            )
            _print_added(look, row, store.add(connection, [row]), output_format)
    if failed:
        sys.exit(1)


@feeds.command("list")
@click.option("--problems", is_flag=True, help="Only feeds that fail, have moved, are empty or may have lost entries.")
@output.FORMAT
def list_(problems: bool, output_format: str) -> None:
    """List the feeds: their state, their articles, and when and why they are polled next.

    A feed that moved to the address of another is listed as removed for 30 days.
    """
    now = datetime.now(UTC)
    with db.alone(load().require_database()) as connection:
        rows = [row for row in store.find(connection, with_moved=True) if _is_listed(row, now)]
    if problems:
        rows = [row for row in rows if _problems(row, now)]
    if output_format == "json":
        for row in rows:
            output.json_line(msgspec.structs.asdict(row) | {"problems": _problems(row, now)})
        return
    output.table(
        [
            {
                "id": row.feed_id,
                "state": row.state,
                "articles": row.articles,
                "last poll": _ago(row.fetched_at, now),
                "next poll": _due(row, now),
                "what": _in_words(row, now),
                "url": row.url,
            }
            for row in rows
        ],
        ("id", "state", "articles", "last poll", "next poll", "what", "url"),
    )


@feeds.command()
@click.argument("names", nargs=-1, required=True, metavar="FEED...")
def remove(names: Sequence[str]) -> None:
    """Stop polling feeds, by number or URL. Their articles stay; adding one again brings it back."""
    _set_state(names, "removed", "removed")


@feeds.command()
@click.argument("names", nargs=-1, required=True, metavar="FEED...")
def pause(names: Sequence[str]) -> None:
    """Stop polling feeds until they are resumed."""
    _set_state(names, "paused", "paused")


@feeds.command()
@click.argument("names", nargs=-1, required=True, metavar="FEED...")
def resume(names: Sequence[str]) -> None:
    """Poll paused feeds again, at once."""
    _set_state(names, "active", "resumed")


@feeds.command()
@click.argument("names", nargs=-1, metavar="[FEED]...")
@click.option("--all", "everything", is_flag=True, help="Every active feed.")
def poll(names: Sequence[str], everything: bool) -> None:
    """Poll feeds at the next tick, whatever their schedule says."""
    if bool(names) == everything:
        raise click.UsageError("name feeds, or --all")
    with db.alone(load().require_database()) as connection:
        due = store.make_due(connection, None if everything else _ids(connection, names))
    output.say(f"{len(due):,} feeds are due now")


@feeds.command()
@click.argument("address", metavar="URL")
@click.option("--insecure", is_flag=True, help="Don't verify the server's TLS certificate.")
@output.FORMAT
def check(address: str, insecure: bool, output_format: str) -> None:
    """Fetch a feed once and explain what was seen and what would be done. Files nothing."""
    settings = load()
    (look,) = asyncio.run(_look_at_all(settings, [address], not insecure))
    if output_format == "json":
        output.json_line(_as_json(look))
    else:
        _explain(look, settings)
    if look.refusal or look.problem:
        sys.exit(1)


@feeds.command("import")
@click.argument("file", type=click.File("rb"))
@_FULL_TEXT
@_RECHECK_LADDER
def import_(file: Any, full_text: str | None, recheck_ladder: tuple[float, ...] | None) -> None:
    """Add the feeds of an OPML file."""
    try:
        outlines = read_opml(file.read())
    except Rejected as rejected:
        raise UsageError(f"{file.name}: {rejected}") from None
    rows, unusable = [], []
    for outline in outlines:
        url = urls.canonical_url(outline.feed_url)
        if url is None:
            unusable.append(outline.feed_url)
        else:
            rows.append(NewFeed(url=url, title=outline.title, full_text=full_text, recheck_ladder=recheck_ladder))
    unique = list({row.url: row for row in rows}.values())
    with db.alone(load().require_database()) as connection:
        added = store.add(connection, unique)
    output.say(f"{len(added):,} feeds added, {len(unique) - len(added):,} known already")
    for url in unusable:
        output.complain(f"{url[:200]}: not an http or https address")
    if unusable:
        sys.exit(1)


@feeds.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
def export(file: Path) -> None:
    """Write the feeds as OPML, to FILE or standard output."""
    with db.alone(load().require_database()) as connection:
        rows = store.find(connection)
    text = write_opml([Outline(feed_url=row.url, title=row.title) for row in rows])
    if str(file) == "-":
        output.document(text)
    else:
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{file}: {(error.strerror or str(error)).lower()}") from None
        output.say(f"{len(rows):,} feeds written to {file}")


# ---- looking at a feed


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look at an address showed. `refusal`: it can't be polled; `problem`: it could not be looked at now."""

    asked: str
    response: Response | None = None
    feed: Feed | None = None
    found: tuple[str, ...] = ()
    refusal: str | None = None
    problem: str | None = None

    @property
    def feed_url(self) -> str:
        return self.found[0] if self.found else self.asked


async def _look_at_all(settings: Settings, addresses: Sequence[str], verify_tls: bool) -> list[_Look]:
    try:
        settings.require_redis()
    except SettingsError as error:
        raise UsageError(f"{error}; the host budget that all fetches share is kept there") from None
    async with fetcher(settings) as client:
        return list(await asyncio.gather(*(_look_at(client, url, verify_tls) for url in addresses)))


async def _look_at(client: Fetcher, address: str, verify_tls: bool) -> _Look:
    """The feed at an address; at a page's, the best of those that its links, the site's habits or robots.txt name."""
    look = await _look_once(client, address, verify_tls)
    if look.feed is not None and look.feed.format == "sitemapindex":
        return await _best_of(client, look, [_sitemaps_of(look.feed)], verify_tls)
    if look.response is None or look.feed is not None or not look.refusal:
        return look
    page = look.response
    text = charset.decode_html(page.body, content_type=page.headers.get("Content-Type"))
    named = [c.url for c in discovery.find_feeds(text, url=page.final_url)]
    usual = [c.url for c in discovery.well_known(page.final_url)][:_MOST_LOOKS]
    found = await _best_of(client, look, [named, usual], verify_tls)
    return found if found.feed is not None else await _in_robots(client, found, page.final_url, verify_tls)


async def _in_robots(client: Fetcher, look: _Look, page_url: str, verify_tls: bool) -> _Look:
    """The site's news sitemap, where its robots.txt names one. Other sitemaps list everything a site ever had."""
    robots_url = urljoin(page_url, "/robots.txt")
    try:
        response = await client.fetch(Request(url=robots_url, accept="text/plain, */*;q=0.5", verify_tls=verify_tls))
    except (Transient, Rejected):
        return look
    text = charset.decode_html(response.body, content_type=response.headers.get("Content-Type"))
    sitemaps = list(discovery.sitemaps_in_robots(text, url=robots_url))[:_MOST_LOOKS]
    for sitemap in sitemaps:
        one = await _look_once(client, sitemap, verify_tls)
        if one.feed is not None and one.feed.format == "sitemapindex":
            one = await _best_of(client, look, [_sitemaps_of(one.feed)], verify_tls)
        if one.feed is not None and one.feed.format == "newssitemap":
            return replace(one, asked=look.asked, found=one.found or (sitemap,))
    if sitemaps:
        return replace(look, refusal=f"{look.refusal}; its sitemaps ({sitemaps[0]} …) are not for news")
    return look


async def _best_of(client: Fetcher, look: _Look, groups: Sequence[Sequence[str]], verify_tls: bool) -> _Look:
    """The first address that is a feed with entries, and the others found with it; a later group only if none is."""
    looked = 0
    for group in groups:
        good: list[_Look] = []
        for url in group[:_MOST_LOOKS]:
            looked += 1
            one = await _look_once(client, url, verify_tls)
            if one.feed is not None and one.feed.format not in ("sitemap", "sitemapindex"):
                good.append(one)
                if len(good) == _MOST_FOUND:
                    break
        if good:
            good.sort(key=lambda one: not (one.feed and one.feed.entries))  # stable: the likeliest stays first
            return _Look(look.asked, good[0].response, good[0].feed, tuple(one.asked for one in good))
    what = look.refusal or "a sitemap index"
    return replace(look, feed=None, refusal=f"{what}; no feed was found, {looked} addresses were tried")


def _sitemaps_of(index: Feed) -> list[str]:
    """Those for news first, then those that changed last."""
    by_change = sorted(index.sitemaps, key=lambda s: s.modified.at.timestamp() if s.modified else 0.0, reverse=True)
    return [sitemap.url for sitemap in sorted(by_change, key=lambda sitemap: "news" not in sitemap.url.lower())]


async def _look_once(client: Fetcher, address: str, verify_tls: bool) -> _Look:
    try:
        response = await client.fetch(Request(url=address, accept=FEED_TYPES, verify_tls=verify_tls))
    except Transient as error:
        return _Look(address, problem=str(error))
    except Rejected as error:
        return _Look(address, refusal=str(error))
    if response.status != 200:
        return _Look(address, response, problem=f"the server answered {response.status}")
    try:
        feed = reader.read_feed(
            response.body,
            content_type=response.headers.get("Content-Type"),
            url=response.final_url,
            received_at=datetime.now(UTC),
        )
    except Rejected as error:
        return _Look(address, response, refusal=str(error))
    return _Look(address, response, feed)


# ---- what is printed


def _print_added(look: _Look, row: NewFeed, added: dict[str, int], output_format: str) -> None:
    if output_format == "json":
        output.json_line({"url": row.url, "feed_id": added.get(row.url), "added": bool(added), "problem": look.problem})
        return
    title = f"  {look.feed.title}" if look.feed and look.feed.title else ""
    output.say(f"feed {added[row.url]} added: {row.url}{title}" if added else f"known already: {row.url}")
    for other in look.found[1:]:
        output.say(f"  also found: {other}")
    if look.problem:
        output.say(f"  it could not be looked at now ({look.problem}); it will be polled all the same")


def _explain(look: _Look, settings: Settings) -> None:
    if look.response:
        response = look.response
        for status, target in response.redirects:
            output.say(f"redirect    {status} to {target}")
        output.say(f"answer      {response.status} from {response.address}, {len(response.body):,} bytes "
                   f"({response.wire_bytes:,} on the wire) in {response.seconds.total:.2f} s")  # fmt: skip
        for name in ("Content-Type", "ETag", "Last-Modified", "Cache-Control", "Expires", "Retry-After"):
            if name in response.headers:
                output.say(f"{name.lower():<11} {response.headers[name]}")
    for url in look.found:
        output.say(f"found       {url}")
    if look.refusal or look.problem:
        output.complain(f"{look.asked}: {look.refusal or look.problem}")
        return
    feed, now = look.feed, datetime.now(UTC)
    assert feed is not None and look.response is not None
    drafts = [entry for entry in feed.entries if isinstance(entry, Draft)]
    teasers = sum(draft.teaser for draft in drafts)
    dated = sum(draft.published is not None for draft in drafts)
    output.say(f"feed        {feed.format}: {feed.title or 'no title'}")
    output.say(f"entries     {len(feed.entries)}: {teasers} only teasers, {len(drafts) - dated} without a date, "
               f"{len(feed.entries) - len(drafts)} unreadable")  # fmt: skip
    for fault in feed.faults:
        output.say(f"survived    {fault}")
    for entry in feed.entries[:5]:
        if isinstance(entry, Draft):
            when = f"{entry.published.at:%Y-%m-%d %H:%M}" if entry.published else "no date         "
            output.say(f"  {when}  {entry.headline or '(no headline)'}")
        else:
            output.say(f"  rejected  {entry}")
    for move in _moves(look.feed_url, look.response, feed):
        wait = "at once" if is_upgrade(look.feed_url, move) else f"after {MOVE_STABLE.days} days of the same answer"
        output.say(f"moves       to {move}, {wait}")
    published = tuple(draft.published.at for draft in drafts if draft.published)
    for words, seconds in (("its ttl is", feed.ttl_seconds), ("it is updated every", feed.update_seconds)):
        if seconds:
            output.say(f"says        {words} {in_words(seconds)}")
    plan = next_poll(
        Poll(entries=len(drafts), published=published, hints=server_hints(look.response.headers, now)),
        Rhythm(),
        now=now,
        random=lambda: 0.5,
        bounds=Bounds(settings.min_interval_seconds, settings.max_interval_seconds),
    )
    output.say(f"next poll   after {in_words(plan.interval_seconds)}: {plan.reason}")


def _moves(url: str, response: Response, feed: Feed) -> list[str]:
    """Where permanent redirects lead, and where the feed says that it has gone."""
    targets = [urls.canonical_url(target) for target in (response.permanent_url, feed.moved_to) if target]
    return [target for target in dict.fromkeys(targets) if target and target != url]


def _as_json(look: _Look) -> dict[str, Any]:
    feed, response = look.feed, look.response
    return {
        "url": look.asked,
        "found": look.found,
        "refusal": look.refusal,
        "problem": look.problem,
        "status": response.status if response else None,
        "final_url": response.final_url if response else None,
        "format": feed.format if feed else None,
        "title": feed.title if feed else None,
        "entries": len(feed.entries) if feed else None,
    }


def _set_state(names: Sequence[str], state: Any, done: str) -> None:
    with db.alone(load().require_database()) as connection:
        for feed_id in sorted(store.set_state(connection, _ids(connection, names), state)):
            output.say(f"feed {feed_id} {done}")


def _ids(connection: Connection, names: Sequence[str]) -> list[int]:
    """Feed numbers of what a person typed: numbers or URLs."""
    numbers = [int(name) for name in names if _is_number(name)]
    spellings = {name: {name, urls.canonical_url(name) or name} for name in names if not _is_number(name)}
    rows = store.find(connection, feed_ids=numbers) if numbers else []
    if spellings:
        rows += store.find(connection, urls=set().union(*spellings.values()))
    known = {str(row.feed_id) for row in rows} | {row.url for row in rows}
    missing = [name for name in names if not ({name} | spellings.get(name, set())) & known]
    if missing:
        raise UsageError(f"no such feed: {', '.join(missing)} (`wiredesk feeds list` shows them)")
    return [row.feed_id for row in rows]


def _is_number(name: str) -> bool:
    return name.isdecimal() and len(name) < 19  # what fits into a bigint


def _in_words(row: FeedRow, now: datetime) -> str:
    problems = _problems(row, now)
    if row.fetched_at is None:
        return "; ".join((*problems, "not polled yet"))
    return "; ".join(problems) if row.last_error else "; ".join((*problems, row.interval_reason or ""))


def _problems(row: FeedRow, now: datetime) -> list[str]:
    """What an operator should know about a feed, in words; nothing for one that is as it should be."""
    state = row.schedule
    if row.state == "removed":
        return [row.last_error or ""]
    said: list[str] = []
    condition = state.reaching or state.reading
    if condition is not None:
        said.append(condition_in_words(condition, now=now, interval_seconds=row.interval_seconds or 0.0))
    elif row.last_error:
        said.append(row.last_error)
    if said and condition is not state.reading:
        ago = f"last good answer {_ago(row.succeeded_at, now)}" if row.succeeded_at else "never answered well"
        said[-1] += f", {ago}"
    said += [move_in_words(move, now=now) for move in (state.redirect or state.notice,) if move is not None]
    if state.rhythm.gaps:
        said.append(f"possible gaps: {state.rhythm.gaps}")
    if state.validators.verdict == "lying":
        said.append(f"its validators are not believed: {state.validators.reason}")
    return said


def _is_listed(row: FeedRow, now: datetime) -> bool:
    last: datetime = row.fetched_at or row.added_at
    return row.state != "removed" or last > now - _MOVED_IS_LISTED


def _ago(at: datetime | None, now: datetime) -> str:
    return f"{in_words(max(0.0, (now - at).total_seconds()))} ago" if at else "never"


def _due(row: FeedRow, now: datetime) -> str:
    if row.state != "active":
        return "-"
    if row.leased:
        return "running"
    seconds = (row.next_fetch_at - now).total_seconds()
    return f"in {in_words(seconds)}" if seconds > 0 else "now"
