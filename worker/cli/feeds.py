"""`wiredesk feeds`: the list of feeds, their options, and the check of an address."""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected, SettingsError, UsageError
from wiredesk.worker.fetch.credentials import HEADER_NAME, OWN_HEADERS, credential_headers
from wiredesk.worker.http.headers import server_hints
from wiredesk.worker.http.response import Response
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.polls.schedule import Bounds, Poll, Rhythm, in_words, next_poll
from wiredesk.worker.news.polls.troubles import MOVE_STABLE, is_upgrade
from wiredesk.worker.news.values import urls
from wiredesk.worker.settings import CREDENTIALS_NAME, Settings, load, read_ladder
from wiredesk.worker.store import feeds as store
from wiredesk.worker.store.records import FeedChanges, FeedRow, NewFeed
from wiredesk.worker.upkeep import feed_list, feed_words

if TYPE_CHECKING:
    from wiredesk.worker.fetch.looking import Look
    from wiredesk.worker.news.feeds.entries import Feed

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
    help="Times after filing at which the pages of entries are fetched again, such as '15m 3h 1d'; '' for never. "
    "Default: the setting recheck_ladder.",
)


def _as_folders(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """`News/Europe` as the folders of a feed, the outermost first."""
    return None if value is None else tuple(part.strip() for part in value.split("/") if part.strip())


_FOLDER = click.option(
    "--folder", "folders", metavar="PATH", callback=_as_folders, help="Folder, such as 'News/Europe'."
)

_MOVED_IS_LISTED = timedelta(days=30)
_CHECKS_ARE_LISTED = timedelta(days=1)
_MIN_INTERVAL_SECONDS, _MAX_INTERVAL_SECONDS = 60.0, 30 * 86_400.0
_POLL_WAIT_SECONDS = 120.0


@click.group()
def feeds() -> None:
    """Add, list and watch feeds."""


@feeds.command()
@click.argument("addresses", nargs=-1, required=True, metavar="URL...")
@click.option("--source", metavar="S", help="The publisher: slug or name. Default: the feed's own title.")
@_FOLDER
@_FULL_TEXT
@_RECHECK_LADDER
@click.option("--insecure", is_flag=True, help="Don't verify the server's TLS certificate. The feed's row records it.")
@click.option("--no-check", is_flag=True, help="Add the URL as it is, without fetching it first.")
@output.FORMAT
def add(
    addresses: Sequence[str],
    source: str | None,
    folders: tuple[str, ...] | None,
    full_text: str | None,
    recheck_ladder: tuple[float, ...] | None,
    insecure: bool,
    no_check: bool,
    output_format: str,
) -> None:
    """Add feeds to be polled. A site's address finds its feeds, and the best is taken.

    What can't be looked at now is added all the same, and says so in `feeds list`.
    """
    from wiredesk.worker.fetch.looking import Access, Look, look_at  # the HTTP client and the feed parser

    settings = load()
    failed = False
    with db.alone(settings.require_database()) as connection:
        looks = (
            [Look(urls.feed_address(url)) for url in addresses]
            if no_check
            else look_at(settings, addresses, Access(verify_tls=not insecure))
        )
        for look in looks:
            if look.refusal:
                output.complain(f"{look.asked}: {look.refusal}")
                failed = True
                continue
            try:
                row = feed_list.new_feed(
                    look,
                    source=source,
                    folders=folders or (),
                    full_text=full_text,
                    recheck_ladder=recheck_ladder,
                    verify_tls=not insecure,
                )
            except UsageError as error:
                output.complain(error)
                failed = True
                continue
            _print_added(look, row, store.add(connection, [row]), output_format)
    if failed:
        sys.exit(1)


# ---- the list

_SORTS: dict[str, Callable[[FeedRow], Any]] = {
    "id": lambda feed: feed.feed_id,
    "title": lambda feed: (feed.title or feed.source or feed.url).casefold(),
    "folder": lambda feed: (feed.folders, feed.feed_id),
    "url": lambda feed: feed.url,
    "articles": lambda feed: -(feed.articles or 0),
    "last": lambda feed: -(feed.fetched_at.timestamp() if feed.fetched_at else 0.0),
    "next": lambda feed: feed.next_fetch_at,
    "failures": lambda feed: -feed.failures,
}


@feeds.command("list")
@click.option("--problems", is_flag=True, help="Only feeds that fail, have moved, are empty or may have lost entries.")
@_FOLDER
@click.option("--state", type=click.Choice(["active", "paused", "removed"]), help="Only feeds in this state.")
@click.option("--match", metavar="TEXT", help="Only feeds with this in their title, source or address.")
@click.option("--sort", type=click.Choice(list(_SORTS)), default="id", show_default=True, help="What to order by.")
@output.FORMAT
def list_(
    problems: bool, folders: tuple[str, ...] | None, state: str | None, match: str | None, sort: str, output_format: str
) -> None:
    """List the feeds: their state, their articles, and the time of the next poll with its reason.

    On a terminal the lines are as wide as it is; elsewhere nothing is cut. A feed that moved to the address of another
    is listed as removed for 30 days. Below the feeds a line for each host that some of them wait for, and for each host
    whose pages were a check for robots in the last day.
    """
    now = datetime.now(UTC)
    with db.alone(load().require_database()) as connection:
        found = [feed for feed in store.find(connection, with_moved=True) if _is_listed(feed, now)]
        checks = store.robot_checks(connection, since=now - _CHECKS_ARE_LISTED)
    if folders is not None:
        found = [feed for feed in found if feed.folders[: len(folders)] == folders]
    if state is not None:
        found = [feed for feed in found if feed.state == state]
    if match is not None:
        wanted = match.casefold()
        found = [feed for feed in found if wanted in f"{feed.title}\n{feed.source}\n{feed.url}".casefold()]
    if problems:
        found = [feed for feed in found if feed_words.problems(feed, now)]
    found.sort(key=_SORTS[sort])
    if output_format == "json":
        for feed in found:
            output.json_line(feed_words.for_machines(feed, now))
        return
    _print_table(found, now)
    for line in [] if problems else feed_words.waiting_hosts(found, now):
        output.say(line)
    for line in feed_words.checking_hosts(checks, now):
        output.say(line)


def _print_table(found: Sequence[FeedRow], now: datetime) -> None:
    rows = [
        {
            "id": str(feed.feed_id),
            "state": feed.state,
            "title": feed.title or feed.source or "",
            "folder": "/".join(feed.folders),
            "articles": f"{feed.articles or 0:,}",
            "last poll": feed_words.ago(feed.fetched_at, now),
            "next poll": feed_words.due(feed, now),
            "what": feed_words.what(feed, now),
            "url": feed.url,
        }
        for feed in found
    ]
    columns = [name for name in _COLUMNS if name != "folder" or any(row["folder"] for row in rows)]
    output.table(_fitted(rows, columns) if sys.stdout.isatty() else rows, columns)


_COLUMNS = ("id", "state", "title", "folder", "articles", "last poll", "next poll", "what", "url")
_ELASTIC = {"what": 20, "url": 16, "title": 12, "folder": 8}
"""Columns that are cut where the terminal is narrow, in this order, and how narrow each may become."""


def _fitted(rows: Sequence[dict[str, str]], columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows with cells cut so that a line is no wider than the terminal."""
    widths = {name: max([len(name), *(len(row[name]) for row in rows)]) for name in columns}
    excess = sum(widths.values()) + 2 * (len(columns) - 1) - shutil.get_terminal_size().columns
    for name, least in _ELASTIC.items():
        if excess > 0 and name in widths and widths[name] > least:
            cut = min(excess, widths[name] - least)
            widths[name] -= cut
            excess -= cut
    return [{name: _cut(row[name], widths[name]) for name in columns} for row in rows]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _is_listed(feed: FeedRow, now: datetime) -> bool:
    return feed.state != "removed" or (feed.fetched_at or feed.added_at) > now - _MOVED_IS_LISTED


# ---- changing them


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
@click.argument("names", nargs=-1, required=True, metavar="FEED...")
@click.option("--title", metavar="T", help="Its name in lists; '' for its own title.")
@click.option("--source", metavar="S", help="The publisher; '' for the feed's own title.")
@_FOLDER
@click.option(
    "--interval", metavar="TIME", help="Time between two polls, such as '10m' or '2h'; 'auto' to learn it again."
)
@click.option(
    "--full-text", type=click.Choice(["never", "short", "always", "default"]), help="Whether to fetch entries' pages."
)
@click.option(
    "--header",
    "headers",
    multiple=True,
    metavar="'NAME: VALUE'",
    help="Sent with each request to the feed's own host; several times for several; '' for none. Not for secrets.",
)
@click.option("--user-agent", metavar="UA", help="Replaces the setting user_agent; '' restores it.")
@click.option(
    "--credentials",
    metavar="NAME",
    help="A file in the folder credentials_dir, with `user:password` or header lines; '' for none.",
)
def edit(
    names: Sequence[str],
    title: str | None,
    source: str | None,
    folders: tuple[str, ...] | None,
    interval: str | None,
    full_text: str | None,
    headers: Sequence[str],
    user_agent: str | None,
    credentials: str | None,
) -> None:
    """Change the settings of feeds, by number or URL. Credentials stay in their file: no row, log or list has them."""
    settings = load()
    changes = FeedChanges(
        title=_given(title),
        source=_given(source),
        folders=msgspec.UNSET if folders is None else folders,
        full_text=msgspec.UNSET if full_text is None else None if full_text == "default" else full_text,
        fixed_interval_seconds=msgspec.UNSET if interval is None else _as_interval(interval),
        headers=_as_headers(headers) if headers else msgspec.UNSET,
        user_agent=_given(user_agent),
        credentials=_given(credentials),
    )
    if changes == FeedChanges():
        raise click.UsageError("name what to change: --title, --source, --folder, --interval …")
    if user_agent and not (user_agent.isascii() and user_agent.isprintable()):
        raise click.UsageError("--user-agent: a header holds printable ASCII only")
    if credentials:
        if not CREDENTIALS_NAME.fullmatch(credentials):
            raise click.UsageError("--credentials: the name of a file: letters, digits, dots and dashes")
        try:
            credential_headers(settings, credentials)
        except Rejected as problem:
            output.complain(f"{problem.detail} (seen from here; the workers read it when they poll)")
    with db.alone(settings.require_database()) as connection:
        for feed_id in sorted(store.edit(connection, feed_list.ids(connection, names), changes)):
            output.say(f"feed {feed_id} changed")


def _given(text: str | None) -> str | msgspec.UnsetType | None:
    """An option as a change: not given, taken back with '', or set."""
    return msgspec.UNSET if text is None else text or None


def _as_interval(text: str) -> float | None:
    if text == "auto":
        return None
    try:
        (seconds,) = read_ladder(text)
    except (SettingsError, ValueError):
        raise click.UsageError(f"--interval {text!r}: a time such as '10m', '2h' or '1d', or 'auto'") from None
    if not _MIN_INTERVAL_SECONDS <= seconds <= _MAX_INTERVAL_SECONDS:
        raise click.UsageError(f"--interval {text!r}: from a minute to 30 days")
    return seconds


def _as_headers(lines: Sequence[str]) -> dict[str, str]:
    headers = {}
    for line in filter(None, lines):
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or not HEADER_NAME.fullmatch(name) or not (value.isascii() and value.isprintable()):
            raise click.UsageError(f"--header {name!r}: 'Name: value' in printable ASCII is expected")
        if name.lower() in OWN_HEADERS:
            raise click.UsageError(f"--header {name!r}: this header is set by the fetcher")
        if re.fullmatch("(?i)authorization|cookie|proxy-authorization", name):
            raise click.UsageError(f"--header {name!r}: put it into a file and name that with --credentials")
        headers[name] = value
    return headers


@feeds.command()
@click.argument("names", nargs=-1, metavar="[FEED]...")
@click.option("--all", "everything", is_flag=True, help="Every active feed.")
@click.option("--wait", is_flag=True, help="Wait until they are polled, and print the results.")
def poll(names: Sequence[str], everything: bool, wait: bool) -> None:
    """Poll feeds now, before all others, whatever their schedule."""
    if bool(names) == everything:
        raise click.UsageError("name feeds, or --all")
    with db.alone(load().require_database()) as connection:
        asked_at = datetime.now(UTC)
        due = store.make_due(connection, None if everything else feed_list.ids(connection, names))
        output.say("1 feed is due now" if len(due) == 1 else f"{len(due):,} feeds are due now")
        if wait and not _await_polls(connection, due, asked_at):
            sys.exit(1)


def _await_polls(connection: Connection, feed_ids: set[int], asked_at: datetime) -> bool:
    """Say what each poll brought as it is done; whether all went well within two minutes."""
    waiting, well = set(feed_ids), True
    give_up_at = time.monotonic() + _POLL_WAIT_SECONDS
    while waiting and time.monotonic() < give_up_at:
        for feed in store.find(connection, feed_ids=waiting):
            if feed.fetched_at is None or feed.fetched_at < asked_at or feed.leased:
                continue
            waiting.discard(feed.feed_id)
            well = well and feed.last_error is None
            (line, *_) = feed_words.lines_of_fetches(store.last_fetches(connection, feed.feed_id, limit=1)) or [""]
            output.say(f"feed {feed.feed_id}  {line}  {feed.url}")
        time.sleep(0.2)
    now = datetime.now(UTC)
    for feed in store.find(connection, feed_ids=waiting) if waiting else []:
        output.complain(f"feed {feed.feed_id}: not polled yet; {feed_words.what(feed, now)}")
    return well and not waiting


# ---- one look


@feeds.command()
@click.argument("address", metavar="URL")
@click.option("--insecure", is_flag=True, help="Don't verify the server's TLS certificate.")
@output.FORMAT
def check(address: str, insecure: bool, output_format: str) -> None:
    """Fetch an address now, name its answer, and explain its feed. Files nothing.

    Where it is no feed the exit code is 1, and the feeds of its site are shown.
    """
    from wiredesk.worker.fetch.looking import look_at

    settings = load()
    (look,) = look_at(settings, [address], feed_list.access(settings, address, insecure))
    if output_format == "json":
        output.json_line(feed_list.look_as_json(look))
    else:
        _explain(look, settings)
    if not look.is_feed:
        sys.exit(1)


def _explain(look: Look, settings: Settings) -> None:
    if look.answered is not None:
        _print_answer(look.answered)
        is_what = feed_words.answer_in_words(look.answered)
        output.say(f"is          {'a feed' if look.is_feed else is_what + ', no feed'}")
    for url in look.found:
        output.say(f"found       {url}")
    if look.refusal or look.problem:
        output.complain(f"{look.asked}: {look.refusal or look.problem}")
        return
    assert look.feed is not None and look.response is not None
    if not look.is_feed:
        output.say(f"below       {look.feed_url}, which `feeds add` would take")
        _print_answer(look.response)
    _print_feed(look.feed, look.feed_url, look.response, settings)
    if not look.is_feed:
        output.complain(
            f"{look.asked} is no feed; `wiredesk feeds add {look.feed_url}` adds the best that its site has"
        )


def _print_answer(response: Response) -> None:
    for status, target in response.redirects:
        output.say(f"redirect    {status} to {target}")
    output.say(
        f"answer      {response.status} from {response.address}, {len(response.body):,} bytes "
        f"({response.wire_bytes:,} on the wire) in {response.seconds.total:.2f} s"
    )
    for name in ("Content-Type", "ETag", "Last-Modified", "Cache-Control", "Expires", "Retry-After"):
        if name in response.headers:
            output.say(f"{name.lower():<11} {response.headers[name]}")


def _print_feed(feed: Feed, url: str, response: Response, settings: Settings) -> None:
    now = datetime.now(UTC)
    drafts = [entry for entry in feed.entries if isinstance(entry, Draft)]
    teasers = sum(draft.teaser for draft in drafts)
    dated = sum(draft.published is not None for draft in drafts)
    output.say(f"feed        {feed.format}: {feed.title or 'no title'}")
    output.say(
        f"entries     {len(feed.entries)}: {teasers} only teasers, {len(drafts) - dated} without a date, "
        f"{len(feed.entries) - len(drafts)} unreadable"
    )
    for fault in feed.faults:
        output.say(f"survived    {fault}")
    for entry in feed.entries[:5]:
        if isinstance(entry, Draft):
            when = f"{entry.published.at:%Y-%m-%d %H:%M}" if entry.published else "no date         "
            output.say(f"  {when}  {entry.headline or '(no headline)'}")
        else:
            output.say(f"  rejected  {entry}")
    for move in _moves(url, response, feed):
        wait = "at once" if is_upgrade(url, move) else f"after {MOVE_STABLE.days} days of the same answer"
        output.say(f"moves       to {move}, {wait}")
    published = tuple(draft.published.at for draft in drafts if draft.published)
    for words, seconds in (("its ttl is", feed.ttl_seconds), ("it is updated every", feed.update_seconds)):
        if seconds:
            output.say(f"says        {words} {in_words(seconds)}")
    plan = next_poll(
        Poll(entries=len(drafts), published=published, hints=server_hints(response.headers, now)),
        Rhythm(),
        now=now,
        random=lambda: 0.5,
        bounds=Bounds(settings.min_interval_seconds, settings.max_interval_seconds),
    )
    output.say(f"next poll   after {in_words(plan.interval_seconds)}: {plan.reason}")


def _moves(url: str, response: Response, feed: Feed) -> list[str]:
    """The targets of permanent redirects, and the new address that the feed names."""
    targets = [urls.canonical_url(target) for target in (response.permanent_url, feed.moved_to) if target]
    return [target for target in dict.fromkeys(targets) if target and target != url]


# ---- OPML


@feeds.command("import")
@click.argument("file", type=click.File("rb"))
@_FULL_TEXT
@_RECHECK_LADDER
def import_(file: Any, full_text: str | None, recheck_ladder: tuple[float, ...] | None) -> None:
    """Add the feeds of an OPML file, with their titles and folders."""
    try:
        rows, unusable = feed_list.of_opml(file.read(), full_text=full_text, recheck_ladder=recheck_ladder)
    except Rejected as rejected:
        raise UsageError(f"{file.name}: {rejected}") from None
    with db.alone(load().require_database()) as connection:
        added = store.add(connection, rows)
    output.say(f"{len(added):,} feeds added, {len(rows) - len(added):,} known already")
    for address in unusable:
        output.complain(f"{address[:200]}: not an http or https address")
    if unusable:
        sys.exit(1)


@feeds.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
def export(file: Path) -> None:
    """Write the feeds as OPML, with their folders, to FILE or standard output."""
    with db.alone(load().require_database()) as connection:
        text, number = feed_list.as_opml(connection)
    if str(file) == "-":
        output.document(text)
    else:
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{file}: {(error.strerror or str(error)).lower()}") from None
        output.say(f"{number:,} feeds written to {file}")


# ---- shared by the commands


def _print_added(look: Look, row: NewFeed, added: dict[str, int], output_format: str) -> None:
    if output_format == "json":
        fields = {"url": row.url, "feed_id": added.get(row.url), "added": bool(added), "problem": look.problem}
        output.json_line(fields)
        return
    title = f"  {look.feed.title}" if look.feed and look.feed.title else ""
    output.say(f"feed {added[row.url]} added: {row.url}{title}" if added else f"known already: {row.url}")
    for other in look.found[1:]:
        output.say(f"  also found: {other}")
    if look.problem:
        output.say(f"  it could not be looked at now ({look.problem}); it will be polled all the same")


def _set_state(names: Sequence[str], state: Any, done: str) -> None:
    with db.alone(load().require_database()) as connection:
        for feed_id in sorted(store.set_state(connection, feed_list.ids(connection, names), state)):
            output.say(f"feed {feed_id} {done}")
