"""`wiredesk logs`: the log lines that concern one thing, live or from the files."""

from __future__ import annotations

import os
import re
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import click

from wiredesk.worker import db, events, settings
from wiredesk.worker import logs as log_lines
from wiredesk.worker.cli import moments, output
from wiredesk.worker.cli.tree import Tree
from wiredesk.worker.errors import UsageError, WiredeskError
from wiredesk.worker.logs import Line
from wiredesk.worker.safe_text import escape_json
from wiredesk.worker.store import feeds

POLL_SECONDS = 0.2
# What `--follow` shows of the past when nothing else is asked for.
_PAST_LINES = 10
_LEVELS = ("debug", "info", "warning", "error")
_HTTP = re.compile(r"https?://", re.IGNORECASE)


@dataclass(slots=True)
class Wanted:
    """A filter of lines; an empty field filters nothing.

    `ids` are values by noun: a line concerns feed 7 when its `feed_id` is 7 or its `feed_ids` hold it. The numbers of a
    submission are learned from its lines, so that lines which know only its document are found too.
    """

    ids: dict[str, set[str]] = field(default_factory=dict)
    key: str = ""
    feed_url: str = ""
    task: str = ""
    event: str = ""
    service: str = ""
    source: str = ""
    url: str = ""
    text: str = ""
    outcome: str = ""
    level: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_everything(self) -> bool:
        return self == Wanted()

    def accepts(self, line: Line) -> bool:
        return self._is_about(line) and self._is_of_its_kind(line) and self._is_in_time(line)

    def _is_of_its_kind(self, line: Line) -> bool:
        if self.level and _rank(str(line.get("level"))) < _rank(self.level):
            return False
        if self.outcome and line.get("outcome") != self.outcome:
            return False
        if self.event and not _starts(line.get("event"), self.event):
            return False
        if self.service and not _starts(line.get("service"), self.service):
            return False
        if self.source and self.source.casefold() not in str(line.get("source", "")).casefold():
            return False
        if self.url and not any(self.url in str(line.get(name, "")) for name in ("url", "moved_to")):
            return False
        if self.task and self.task != line.get("task_id") and self.task not in str(line.get("task", "")):
            return False
        return not self.text or self.text.casefold() in _text(line)

    def _is_in_time(self, line: Line) -> bool:
        if self.since is None and self.until is None:
            return True
        at = _moment(str(line["at"]))
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)

    def _is_about(self, line: Line) -> bool:
        if self.key and self._is_of_submission(line):
            return all(_concerns(line, noun, values) for noun, values in self.ids.items() if noun not in _LEARNED)
        if self.key:
            return False
        if self.feed_url and line.get("url") == self.feed_url:
            return True
        return all(_concerns(line, noun, values) for noun, values in self.ids.items())

    def _is_of_submission(self, line: Line) -> bool:
        found = (
            line.get("key") == self.key
            or _concerns(line, "submission", self.ids.get("submission", set()))
            or _concerns(line, "document", self.ids.get("document", set()))
        )
        if found:
            for noun in _LEARNED:
                if line.get(f"{noun}_id") is not None:
                    self.ids.setdefault(noun, set()).add(str(line[f"{noun}_id"]))
        return found


_LEARNED = ("submission", "document")


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
@click.option("--level", type=click.Choice(_LEVELS), help="This level and above.")
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
    wanted = Wanted(
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
    chosen = files or _own_files()
    if follow and submission and form == "columns":
        _draw(chosen, wanted)
    else:
        _show(chosen, wanted, follow=follow, form=form)


def _show(files: tuple[Path, ...], wanted: Wanted, *, follow: bool, form: str) -> None:
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


def _draw(files: tuple[Path, ...], wanted: Wanted) -> None:
    """Draw the steps of one submission until it is filed."""
    tree = Tree(wanted.key)
    for text in _lines(files, follow=True, past_lines=None, wait=tree.wait):
        line = log_lines.parse(text)
        if line is not None and wanted.accepts(line):
            for row in tree.add(line):
                output.say(row)
            sys.stdout.flush()
            if tree.is_finished:
                return


def _look_up_feed(asked: str, wanted: Wanted) -> None:
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


def _own_files() -> tuple[Path, ...]:
    """The files of `wiredesk up`, oldest first."""
    newest = Path(settings.load().data_dir) / "logs" / "wiredesk.jsonl"
    try:
        if newest.exists():
            older = newest.parent.glob(f"{newest.name}.*")
            return (*sorted(older, key=lambda path: int(path.suffix[1:] or 0), reverse=True), newest)
    except (OSError, ValueError) as error:
        raise UsageError(f"can't read {newest.parent}: {getattr(error, 'strerror', None) or error}") from error
    raise UsageError(
        f"no log at {newest}: `wiredesk up` writes it in the folder where it runs; services in containers write to "
        "Docker: docker compose logs --no-log-prefix | wiredesk logs -"
    )


def _lines(
    files: tuple[Path, ...], *, follow: bool, past_lines: int | None, wait: Callable[[], None] = lambda: None
) -> Iterator[str]:
    """The lines of all files, with `follow` also those to come; of the past only the last `past_lines`, if given."""
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
            yield from _lines_of(path, follow=follow and is_last, past_lines=past_lines, wait=wait)
        except OSError as error:
            raise UsageError(f"can't read {path}: {error.strerror}") from error


def _lines_of(path: Path, *, follow: bool, past_lines: int | None, wait: Callable[[], None]) -> Iterator[str]:
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
            wait()
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


def _concerns(line: Line, noun: str, values: set[str]) -> bool:
    one = line.get(f"{noun}_id")
    if one is not None and str(one) in values:
        return True
    several = line.get(f"{noun}_ids")
    return isinstance(several, list) and not values.isdisjoint(str(item) for item in several)


def _starts(value: object, asked: str) -> bool:
    text = str(value or "")
    return text == asked or text.startswith(f"{asked.rstrip('.')}.")


def _text(line: Line) -> str:
    return " ".join(str(value) for value in line.values()).casefold()


def _rank(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)


def _moment(at: str) -> datetime:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.astimezone()


def _local(at: str) -> str:
    return f"{_moment(at).astimezone():%Y-%m-%d %H:%M:%S}"


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
