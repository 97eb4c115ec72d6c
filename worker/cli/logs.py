"""`wiredesk logs`: the log lines that concern one thing, live or from the files."""

from __future__ import annotations

import os
import re
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import click

from wiredesk.worker import db, events, log_search, settings
from wiredesk.worker import logs as log_lines
from wiredesk.worker.cli import moments, output
from wiredesk.worker.cli.tree import Tree
from wiredesk.worker.errors import UsageError, WiredeskError
from wiredesk.worker.safe_text import escape_json
from wiredesk.worker.store import feeds

POLL_SECONDS = 0.2
# What `--follow` shows of the past when nothing else is asked for.
_PAST_LINES = 10
_HTTP = re.compile(r"https?://", re.IGNORECASE)


@click.command("logs")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option("-f", "--follow", is_flag=True, help="Show new lines as they are written.")
@click.option("--submission", "--key", "submission", metavar="NUMBER|KEY", help="Lines about this submission.")
@click.option("--article", metavar="NUMBER", help="Lines about this article.")
@click.option("--feed", metavar="NUMBER|URL", help="Lines about this feed.")
@click.option("--document", metavar="NUMBER", help="Lines about this document.")
@click.option("--task", metavar="NAME|ID", help="Lines of this task.")
@click.option("--url", metavar="TEXT", help="Lines whose address holds this.")
@click.option("--source", metavar="TEXT", help="Lines whose source holds this.")
@click.option("--event", metavar="NAME", help="Lines of this event, or of all that begin so: item.outcome, feed.")
@click.option("--service", metavar="NAME", help="Lines of dispatch, fetch, ingest, beat or up.")
@click.option("--text", metavar="TEXT", help="Lines that hold this anywhere, in any case.")
@click.option(
    "--outcome", type=click.Choice(["created", "revised", "repeated", "rejected"]), help="Only these outcomes."
)
@click.option("--level", type=click.Choice(log_search.LEVELS), help="This level and above.")
@click.option("--since", metavar="WHEN", help="Lines from then on: 15m, 2h, 12:50, yesterday, or a date and time.")
@click.option("--until", metavar="WHEN", help="Lines up to then.")
@click.option("--format", "form", type=click.Choice(["columns", "json"]), default="columns", show_default=True)
def logs(
    files: tuple[Path, ...],
    follow: bool,
    submission: str | None,
    article: str | None,
    feed: str | None,
    document: str | None,
    since: str | None,
    until: str | None,
    form: str,
    **texts: str | None,
) -> None:
    """Show log lines in columns, those that match every option given.

    Without FILES, those of `wiredesk up` in this folder. `-` reads standard input:

        docker compose logs -f --no-log-prefix | wiredesk logs - --outcome rejected

    With --submission and --follow the steps of that submission are drawn as a tree, and the command ends with it.
    docs/logs.md lists all events and their fields.
    """
    numbers = {"article": article, "document": document}
    wanted = log_search.Wanted(
        ids={noun: {value} for noun, value in numbers.items() if value},
        since=moments.option(since, "--since"),
        until=moments.option(until, "--until"),
        **{name: text for name, text in texts.items() if text},
    )
    if submission:
        wanted.key = submission
        if submission.isdecimal():
            wanted.ids["submission"] = {submission}
    if feed:
        _look_up_feed(feed, wanted)
    chosen = files or log_search.own_files(settings.load())
    if follow and submission and form == "columns":
        _draw(chosen, wanted)
    else:
        _show(chosen, wanted, follow=follow, form=form)


def _show(files: tuple[Path, ...], wanted: log_search.Wanted, *, follow: bool, form: str) -> None:
    colour = sys.stdout.isatty()
    count, first, last, shown = 0, "", "", 0
    for text in _lines(files, follow=follow, past_lines=_PAST_LINES if follow and wanted.is_everything else None):
        line = log_lines.parse(text)
        count += 1
        if line is None:
            # A line of another program (PostgreSQL in the same stream) has no fields to ask for.
            if wanted.is_everything:
                output.say(text)
                shown += 1
            continue
        last = str(line["at"])
        first = first or last
        if wanted.accepts(line):
            shown += 1
            as_json = escape_json(text[text.index("{") :]) if form == "json" else ""
            output.log_line(as_json or log_lines.columns(line, colour=colour))
            if follow:
                sys.stdout.flush()
    if not shown:
        between = f", written from {_local(first)} to {_local(last)}" if first else ""
        output.complain(f"no line matches: {count:,} lines were looked at{between}")


def _draw(files: tuple[Path, ...], wanted: log_search.Wanted) -> None:
    """Draw the steps of one submission until it is filed; under a key that has several versions, of each of them."""
    tree = Tree(wanted.key)
    for text in _lines(files, follow=True, past_lines=None, goes_on=tree.waits):
        line = log_lines.parse(text)
        if line is not None and wanted.accepts(line):
            for row in tree.add(line):
                output.say(row)


def _look_up_feed(asked: str, wanted: log_search.Wanted) -> None:
    """The feed's number and address, from PostgreSQL where it can be reached; an unknown one is a `UsageError`."""
    is_url = bool(_HTTP.match(asked))
    if not is_url and not asked.isdecimal():
        raise click.BadParameter(f"{asked!r} is neither a number nor an address", param_hint="--feed")
    wanted.ids["feed"] = set() if is_url else {asked}
    wanted.feed_url = asked if is_url else ""
    database_url = settings.load().database_url
    if not database_url:
        return
    try:
        with db.alone(database_url) as connection:
            urls, numbers = ([asked], None) if is_url else (None, [int(asked[:18])])
            found = feeds.find(connection, urls=urls, feed_ids=numbers, with_moved=True)
    except WiredeskError:
        return  # the lines are there without a server too
    if not found:
        raise UsageError(f"no feed has the {'address' if is_url else 'number'} {asked}: see `wiredesk feeds list`")
    for row in found:
        wanted.ids["feed"].add(str(row.feed_id))
        wanted.feed_url = row.url


def _lines(
    files: tuple[Path, ...], *, follow: bool, past_lines: int | None, goes_on: Callable[[], bool] = lambda: True
) -> Iterator[str]:
    """The lines of all files; of the past only the last `past_lines`, if given.

    With `follow` also those to come; `goes_on` is asked before each wait for more.
    """
    for path in files:
        if str(path) == "-":
            if isinstance(sys.stdin, TextIOWrapper):
                sys.stdin.reconfigure(errors="replace")
            yield from (text.rstrip("\n") for text in sys.stdin)
            continue
        is_last = path == files[-1]
        if past_lines is not None and not is_last:
            continue
        try:
            yield from _lines_of(path, follow=follow and is_last, past_lines=past_lines, goes_on=goes_on)
        except OSError as error:
            raise UsageError(f"can't read {path}: {error.strerror}") from error


def _lines_of(path: Path, *, follow: bool, past_lines: int | None, goes_on: Callable[[], bool]) -> Iterator[str]:
    """The lines of a file; with `follow` also those to come, over rotations."""
    file = path.open(encoding="utf-8", errors="replace")
    try:
        if past_lines is not None:
            yield from deque(_complete(file, []), maxlen=past_lines)
        held: list[str] = []
        while True:
            yield from _complete(file, held)
            if not follow:
                if held:
                    yield "".join(held)
                return
            if _was_replaced(path, file.fileno()):
                yield from _complete(file, held)  # what was written between the last read and the rotation
                file.close()
                file = path.open(encoding="utf-8", errors="replace")
                continue
            sys.stdout.flush()
            if not goes_on():
                return
            time.sleep(POLL_SECONDS)
    finally:
        file.close()


def _complete(file: TextIO, held: list[str]) -> Iterator[str]:
    """Whole lines up to the end of the file; `held` keeps the start of one that its writer has not ended yet."""
    while text := file.readline():
        held.append(text)
        if text.endswith("\n"):
            line = "".join(held).rstrip("\n")
            held.clear()
            yield line


def _was_replaced(path: Path, descriptor: int) -> bool:
    try:
        there, ours = path.stat(), os.fstat(descriptor)
    except OSError:
        return False
    return (there.st_dev, there.st_ino) != (ours.st_dev, ours.st_ino)


def _local(at: str) -> str:
    return f"{log_search.moment(at).astimezone():%Y-%m-%d %H:%M:%S}"


def as_markdown() -> str:
    """The page docs/logs.md, which a test compares with the file."""
    lines = [
        "# Log events",
        "",
        "Services write one JSON object a line (`WIREDESK_LOG_FORMAT=columns`: for people). `wiredesk logs` draws and",
        "filters them. `at`, `level` and `event` are in each line; a line that was written inside a task has `task`,",
        "`task_id` and `queue`. This page is made from `worker/events.py` (`make docs`).",
        "",
        "The way of one item: " + ", ".join(f"`{name}`" for name in _way()) + ".",
        "",
        "| event | level | meaning | fields |",
        "|---|---|---|---|",
    ]
    for name, event in events.DESCRIPTIONS.items():
        fields = ", ".join(f"`{field_name}`" for field_name in event.fields)
        lines.append(f"| `{name}` | {', '.join(event.levels)} | {event.meaning} | {fields} |")
    lines += ["", "## Fields", "", "| field | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in events.FIELDS.items()]
    return "\n".join(lines) + "\n"


def _way() -> Iterable[str]:
    names = list(events.DESCRIPTIONS)
    return names[: names.index(events.ITEM_OUTCOME) + 1]
