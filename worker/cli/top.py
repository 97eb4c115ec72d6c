"""`wiredesk top`: the whole desk on one screen, read again every two seconds."""

from __future__ import annotations

import curses
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle

import click

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.errors import Transient, UsageError
from wiredesk.worker.logs import in_words
from wiredesk.worker.safe_text import mask_secrets, printable
from wiredesk.worker.settings import Settings, load
from wiredesk.worker.store import overview as store
from wiredesk.worker.store.overview import FeedOrder
from wiredesk.worker.store.records import FeedGlance
from wiredesk.worker.upkeep.diagnosis import Finding
from wiredesk.worker.upkeep.overview import Filed, Overview, needs_a_person, overview
from wiredesk.worker.upkeep.workers import RunningTask, Workers, workers

_EVERY_SECONDS = 2.0
_MOST_FEEDS = 100
_KEYS = "q quit   f feeds: failing, due, changed   t tasks: longest, by worker, by name"
_FEED_ORDERS: tuple[FeedOrder, ...] = ("failures", "next", "changed")
_TASK_ORDERS = ("longest", "worker", "name")
_LEVELS = "▁▂▃▄▅▆▇█"
_STYLES = {"fail": 1, "warn": 2, "head": 3}


@dataclass(frozen=True, slots=True)
class View:
    """What one screen shows. `workers` is None where Redis can't be reached."""

    whole: Overview
    findings: Sequence[Finding]
    workers: Workers | None
    feeds: Sequence[FeedGlance]
    feed_order: FeedOrder
    task_order: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the screen; `style` is `head`, `warn`, `fail` or nothing."""

    text: str = ""
    style: str = ""


@click.command("top")
@click.option("--once", is_flag=True, help="Print it once, as it does where the output is no terminal.")
def top(once: bool) -> None:
    """Show what arrives and waits, what needs a person, the workers with their tasks, and the feeds. Keys sort."""
    settings = load()
    settings.require_database()
    if once or not (sys.stdin.isatty() and sys.stdout.isatty()):
        for line in lines(_look(settings, "failures", "longest")):
            output.say(line.text.rstrip())
        return
    try:
        curses.wrapper(_watch, settings)
    except curses.error as error:
        raise UsageError(f"this terminal can't be drawn on ({error}): `wiredesk top --once` prints lines") from None


def _look(settings: Settings, feed_order: FeedOrder, task_order: str) -> View:
    with db.connected(settings.require_database()) as connection:
        whole = overview(connection)
        feeds = store.feed_glances(connection, order=feed_order, limit=_MOST_FEEDS)
    found = workers(settings) if settings.redis_url else None
    return View(whole, needs_a_person(settings), found, feeds, feed_order, task_order)


def _watch(screen: curses.window, settings: Settings) -> None:
    """Draw until `q`; a server that is away is said on the screen, and asked again."""
    curses.use_default_colors()
    curses.curs_set(0)
    for number, colour in ((1, curses.COLOR_RED), (2, curses.COLOR_YELLOW), (3, curses.COLOR_CYAN)):
        curses.init_pair(number, colour, -1)
    feed_orders, task_orders = cycle(_FEED_ORDERS), cycle(_TASK_ORDERS)
    feed_order, task_order = next(feed_orders), next(task_orders)
    while True:
        try:
            shown = list(lines(_look(settings, feed_order, task_order)))
        except Transient as error:
            shown = [Line(f"wiredesk: {error}", "fail")]
        _draw(screen, shown)
        until = time.monotonic() + _EVERY_SECONDS
        while (left := until - time.monotonic()) > 0:
            screen.timeout(max(1, int(left * 1000)))
            key = screen.getch()
            if key in (ord("q"), ord("Q"), 27):
                return
            if key == ord("f"):
                feed_order = next(feed_orders)
                break
            if key == ord("t"):
                task_order = next(task_orders)
                break
            if key == curses.KEY_RESIZE:
                _draw(screen, shown)


def _draw(screen: curses.window, shown: Sequence[Line]) -> None:
    height, width = screen.getmaxyx()
    screen.erase()
    for row, line in enumerate([*shown[: height - 1], *[Line()] * (height - 1 - len(shown)), Line(_KEYS, "head")]):
        style = curses.color_pair(_STYLES[line.style]) if line.style else curses.A_NORMAL
        try:
            screen.addnstr(row, 0, printable(mask_secrets(line.text)), width - 1, style)
        except curses.error:  # the terminal became smaller meanwhile
            break
    screen.refresh()


def lines(view: View) -> Iterator[Line]:
    """The screen from top to bottom; what does not fit is cut at the end, so feeds come last."""
    whole = view.whole
    half, most = (in_words(seconds) for seconds in whole.latency) if whole.latency else ("–", "–")
    yield Line(
        f"wiredesk   {whole.read_at:%Y-%m-%d %H:%M:%S}Z   {whole.sizes.articles:,} articles   "
        f"{whole.sizes.stories:,} stories   {whole.sizes.active_feeds:,} feeds, {whole.sizes.paused_feeds:,} paused",
        "head",
    )
    yield Line(f"last hour  {whole.hour.total:>7,}  {whole.hour.in_words()}  {_spark(whole.hour)}")
    yield Line(f"last day   {whole.day.total:>7,}  {whole.day.in_words()}  {_spark(whole.day)}")
    yield Line(f"latency    {half} for half, {most} for 99 of 100, in the last hour")
    yield Line(f"waiting    {whole.progress.documents_waiting:>7,}  documents")
    for stage in whole.stages:
        yield Line(f"{stage.name:<10} {'  '.join(filter(None, (stage.seen, stage.waiting)))}")
    yield Line()
    for finding in view.findings:
        advice = f"  → {finding.advice}" if finding.advice else ""
        yield Line(f"{finding.state:<5} {finding.what}{advice}", finding.state)
    if view.findings:
        yield Line()
    yield from _worker_lines(view.workers, view.task_order, whole.read_at)
    yield Line()
    yield Line(
        f"{'FEED':>7}  {'NEXT':<8} {'POLLED':<9} {'CHANGED':<9} {'FAILURES':>8}  NAME  ({view.feed_order})", "head"
    )
    for feed in view.feeds:
        yield _feed_line(feed, whole.read_at)


def _worker_lines(found: Workers | None, order: str, now: datetime) -> Iterator[Line]:
    if found is None:
        yield Line("Redis can't be reached: workers and tasks are not known", "warn")
        return
    yield Line(f"{'WORKER':<40} PROCESSES", "head")
    for name, processes in found.processes.items():
        yield Line(f"{name:<40} {processes:>9}")
    if not found.processes:
        yield Line("no worker answers", "warn")
    yield Line(f"{'TASK':<40} {'RUNS FOR':>9}  WORKER  ({order})", "head")
    for task in sorted(found.tasks, key=lambda task: _task_key(task, order)):
        age = in_words(max(0.0, now.timestamp() - task.started_at)) if task.started_at else "–"
        yield Line(f"{task.name:<40} {age:>9}  {task.worker}")
    if not found.tasks:
        yield Line("no task runs")


def _task_key(task: RunningTask, order: str) -> tuple[float | str, ...]:
    if order == "longest":
        return (task.started_at or float("inf"), task.worker)
    return (task.worker, task.name) if order == "worker" else (task.name, task.worker)


def _feed_line(feed: FeedGlance, now: datetime) -> Line:
    wait = (feed.next_fetch_at - now).total_seconds()
    due = f"in {in_words(wait)}" if wait > 0 else "now"
    polled, changed = (
        "never" if at is None else in_words((now - at.astimezone(UTC)).total_seconds())
        for at in (feed.fetched_at, feed.changed_at)
    )
    trouble = f"  {feed.last_error}" if feed.last_error else ""
    return Line(
        f"{feed.feed_id:>7}  {due:<8} {polled:<9} {changed:<9} {feed.failures:>8.3g}  {feed.name[:60]}{trouble}",
        "warn" if feed.failures else "",
    )


def _spark(filed: Filed) -> str:
    totals = [sum(column.values()) for column in filed.columns]
    most = max(totals)
    return "".join(_LEVELS[round(total / most * (len(_LEVELS) - 1))] for total in totals) if most else ""
