"""`wiredesk logs`: the log lines that concern one thing, live or from the files."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper
from pathlib import Path

import click

from wiredesk.worker import logs as log_lines
from wiredesk.worker import settings
from wiredesk.worker.cli import output
from wiredesk.worker.safe_text import escape_json

POLL_SECONDS = 0.2
_LEVELS = ("debug", "info", "warning", "error")
_SPAN = re.compile(r"([0-9]{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a line must have; an empty field asks for nothing."""

    ids: tuple[tuple[str, str], ...] = ()
    outcome: str = ""
    level: str = ""
    since: datetime | None = None

    def accepts(self, line: log_lines.Line) -> bool:
        if self.level and _rank(str(line.get("level"))) < _rank(self.level):
            return False
        if self.outcome and line.get("outcome") != self.outcome:
            return False
        if self.since is not None and _moment(str(line["at"])) < self.since:
            return False
        return all(_concerns(line, noun, value) for noun, value in self.ids)

    @property
    def is_everything(self) -> bool:
        return self == Wanted()


@click.command("logs")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written from now on.")
@click.option("--feed", help="Lines about this feed: its number.")
@click.option("--article", help="Lines about this article: its number.")
@click.option("--submission", help="Lines about this submission: its number or key.")
@click.option("--document", help="Lines about this document: its number.")
@click.option(
    "--outcome", type=click.Choice(["created", "revised", "repeated", "rejected"]), help="Only these outcomes."
)
@click.option("--level", type=click.Choice(_LEVELS), help="This level and above.")
@click.option("--since", metavar="WHEN", help="Lines from then on: 90s, 15m, 2h, 7d, or a date and time.")
@click.option("--format", "form", type=click.Choice(["columns", "json"]), default="columns", show_default=True)
def logs(
    files: tuple[Path, ...],
    follow: bool,
    feed: str | None,
    article: str | None,
    submission: str | None,
    document: str | None,
    outcome: str | None,
    level: str | None,
    since: str | None,
    form: str,
) -> None:
    """Show log lines in columns, those that match every option given.

    Without FILES, those of `wiredesk up` in this folder. `-` reads standard input:

        docker compose logs -f --no-log-prefix | wiredesk logs - --outcome rejected
    """
    asked = {"feed": feed, "article": article, "submission": submission, "document": document}
    wanted = Wanted(
        ids=tuple((noun, value) for noun, value in asked.items() if value),
        outcome=outcome or "",
        level=level or "",
        since=_since(since, datetime.now(UTC)) if since else None,
    )
    colour = sys.stdout.isatty()
    for text in _lines(files or _own_files(), follow=follow):
        line = log_lines.parse(text)
        if line is None:
            # What another program wrote (PostgreSQL in the same stream) belongs to no article, feed or outcome.
            if wanted.is_everything:
                output.say(text)
        elif wanted.accepts(line):
            as_json = escape_json(text[text.index("{") :])
            output.log_line(as_json if form == "json" else log_lines.columns(line, colour=colour))


def _own_files() -> tuple[Path, ...]:
    """The files of `wiredesk up`, oldest first."""
    newest = Path(settings.load().data_dir) / "logs" / "wiredesk.jsonl"
    if not newest.exists():
        raise click.ClickException(f"no log at {newest}: run `wiredesk up` in this folder, or name a file, or -")
    older = sorted(newest.parent.glob(f"{newest.name}.*"), key=lambda path: int(path.suffix[1:] or 0), reverse=True)
    return (*older, newest)


def _lines(files: tuple[Path, ...], *, follow: bool) -> Iterator[str]:
    for path in files:
        if str(path) == "-":
            if isinstance(sys.stdin, TextIOWrapper):
                sys.stdin.reconfigure(errors="replace")
            yield from (text.rstrip("\n") for text in sys.stdin)
            continue
        try:
            yield from _lines_of(path, follow=follow and path == files[-1])
        except OSError as error:
            raise click.ClickException(f"can't read {path}: {error.strerror}") from error


def _lines_of(path: Path, *, follow: bool) -> Iterator[str]:
    """The lines of a file; with `follow` also those to come, over a rotation."""
    file = path.open(encoding="utf-8", errors="replace")
    try:
        held = ""
        while True:
            text = file.readline()
            if text.endswith("\n"):
                yield (held + text).rstrip("\n")
                held = ""
            elif text:
                held += text  # the writer is in the middle of a line
            elif not follow:
                if held:
                    yield held
                return
            elif _was_replaced(path, file.fileno()):
                file.close()
                file = path.open(encoding="utf-8", errors="replace")
            else:
                time.sleep(POLL_SECONDS)
    finally:
        file.close()


def _was_replaced(path: Path, descriptor: int) -> bool:
    try:
        return not path.samefile(f"/dev/fd/{descriptor}")
    except OSError:
        return False


def _concerns(line: log_lines.Line, noun: str, value: str) -> bool:
    one = line.get(f"{noun}_id")
    if one is not None and str(one) == value:
        return True
    if noun == "submission" and line.get("key") == value:
        return True
    several = line.get(f"{noun}_ids")
    return isinstance(several, list) and value in {str(item) for item in several}


def _rank(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else len(_LEVELS)


def _moment(at: str) -> datetime:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.astimezone()


def _since(text: str, now: datetime) -> datetime:
    if span := _SPAN.fullmatch(text):
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise click.BadParameter(f"{text!r}: say 90s, 15m, 2h, 7d, or 2026-03-01T12:00", param_hint="--since") from None
