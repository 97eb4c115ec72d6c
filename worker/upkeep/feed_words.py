"""Feeds in words for people: `feeds list`, `feeds check`, `status URL` and the pages of the browser."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from wiredesk.worker.http.response import Response
from wiredesk.worker.news.polls.schedule import in_words
from wiredesk.worker.news.polls.troubles import condition_in_words, move_in_words
from wiredesk.worker.news.values import urls
from wiredesk.worker.news.values.sites import site_of
from wiredesk.worker.store.records import FeedRow, FetchLine, RobotCheck


def problems(feed: FeedRow, now: datetime) -> list[str]:
    """The problems of a feed for an operator; none for a feed that works, or waits for its host."""
    state = feed.schedule
    if feed.state == "removed":
        return [feed.last_error or ""]
    said: list[str] = []
    condition = state.reaching or state.reading
    if condition is not None:
        said.append(condition_in_words(condition, now=now, interval_seconds=feed.interval_seconds or 0.0))
    elif feed.last_error:
        said.append(feed.last_error)
    if said and condition is not state.reading:
        said[-1] += (
            f", last good answer {ago(feed.succeeded_at, now)}" if feed.succeeded_at else ", never answered well"
        )
    if (hub := feed.subscription) is not None and hub.last_error:
        said.append(f"its hub {urls.host_of(hub.hub)} does not push, so it is polled: {hub.last_error}")
    said += [move_in_words(move, now=now) for move in (state.redirect or state.notice,) if move is not None]
    if state.rhythm.gaps:
        said.append(f"possible gaps: {state.rhythm.gaps}")
    if state.validators.verdict == "lying":
        said.append(f"its validators are not believed: {state.validators.reason}")
    return said


def what(feed: FeedRow, now: datetime) -> str:
    """One line: the problems, that it waits for its host, or why it is polled when it is."""
    said = problems(feed, now)
    if feed.postponed:
        said.append(f"waits for its host: {feed.postponed}")
    if feed.fetched_at is None and not said:
        said.append("not polled yet")
    if feed.fetched_at is not None and not feed.last_error and not feed.postponed:
        said.append(feed.interval_reason or "")
    return "; ".join(said)


def waiting_hosts(feeds: Iterable[FeedRow], now: datetime) -> list[str]:
    """A line for each host that feeds wait for: what it said, how many wait, and how long the last of them does."""
    hosts: dict[tuple[str, str], list[float]] = {}
    for feed in feeds:
        if feed.postponed and feed.state == "active":
            host = site_of(urls.host_of(feed.url) or "")
            hosts.setdefault((host, feed.postponed), []).append((feed.next_fetch_at - now).total_seconds())
    lines = []
    for (_, reason), seconds in hosts.items():
        number = f"{len(seconds):,} feeds wait" if len(seconds) > 1 else "1 feed waits"
        lines.append(f"{reason}: {number} for it, the last for {in_words(max(0.0, *seconds))}")
    return lines


def checking_hosts(checks: Iterable[RobotCheck], now: datetime) -> list[str]:
    """A line for each host whose pages answered with a check for robots."""
    lines = []
    for check in checks:
        number = f"{check.pages:,} pages were" if check.pages > 1 else "1 page was"
        lines.append(
            f"{check.host}: {number} a check for robots, the last {ago(check.last_at, now)}; "
            "its articles have the text of their feed entries only"
        )
    return lines


def explain(feed: FeedRow, fetches: Sequence[FetchLine], now: datetime) -> list[str]:
    """All that is known of one feed, a line each, and its last fetches."""
    name = feed.title or feed.source
    lines = [f"feed {feed.feed_id}: {feed.state}" + (f", {name}" if name else "")]
    if feed.folders:
        lines.append(f"  folder      {' / '.join(feed.folders)}")
    answered = f", answered {feed.last_status}" if feed.last_status else ""
    lines.append(f"  last poll   {ago(feed.fetched_at, now)}{answered}")
    lines.append(f"  changed     {ago(feed.changed_at, now)}; {feed.articles or 0:,} articles")
    lines.append(f"  next poll   {due(feed, now)}: {feed.interval_reason or 'not polled yet'}")
    if feed.postponed:
        lines.append(f"  waits       for its host: {feed.postponed}")
    lines += [f"  problem     {problem}" for problem in problems(feed, now)]
    if feed.headers or feed.credentials or feed.user_agent:
        sent = [*feed.headers, f"credentials {feed.credentials}" if feed.credentials else "", feed.user_agent or ""]
        lines.append(f"  sends       {', '.join(filter(None, sent))}")
    return lines + [f"  {line}" for line in lines_of_fetches(fetches)]


def lines_of_fetches(fetches: Sequence[FetchLine]) -> list[str]:
    """The fetch log of a feed, a line each."""
    return [_fetch_in_words(fetch) for fetch in fetches]


def _fetch_in_words(fetch: FetchLine) -> str:
    words = [f"{fetch.fetched_at:%Y-%m-%d %H:%M:%S}", f"{fetch.status or 'no answer'}"]
    if fetch.seconds is not None:
        words.append(f"{fetch.body_bytes or 0:,} bytes in {fetch.seconds:.2f} s")
    if fetch.entries is not None:
        words.append(f"{fetch.entries} entries, {fetch.new_entries or 0} new")
    if fetch.error:
        words.append(fetch.error)
    return "  ".join(words)


def answer_in_words(response: Response) -> str:
    """The answer of an address: `an HTML page`, `JSON`, `nothing`, `404` …, by its status, type and first bytes."""
    if response.status != 200:
        return f"the status {response.status}"
    head = response.body[:1_024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if not head:
        return "nothing: 200 and an empty body"
    if head.startswith((b"<!doctype html", b"<html")) or "html" in kind:
        return "an HTML page"
    if head.startswith((b"{", b"[")) or "json" in kind:
        return "JSON"
    if head.startswith(b"<") or "xml" in kind:
        return "XML"
    return f"{kind or 'something without a type'}, {len(response.body):,} bytes"


def for_machines(feed: FeedRow, now: datetime) -> dict[str, Any]:
    """The row for `--format json`; of the headers only the names, because values may be secrets."""
    row = msgspec.structs.asdict(feed)
    return row | {"headers": sorted(feed.headers), "problems": problems(feed, now)}


def ago(at: datetime | None, now: datetime) -> str:
    return f"{in_words(max(0.0, (now - at).total_seconds()))} ago" if at else "never"


def due(feed: FeedRow, now: datetime) -> str:
    if feed.state != "active":
        return "-"
    if feed.leased:
        return "running"
    seconds = (feed.next_fetch_at - now).total_seconds()
    return f"in {in_words(seconds)}" if seconds > 0 else "now"
