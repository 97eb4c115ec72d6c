"""`wiredesk export`: articles as files."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from wiredesk.worker import db
from wiredesk.worker.cli import moments, output
from wiredesk.worker.errors import UsageError
from wiredesk.worker.export import parts
from wiredesk.worker.export.formats import FORMATS
from wiredesk.worker.settings import load
from wiredesk.worker.store import selection
from wiredesk.worker.store.selection import Selection, Span

SELECTION = (
    click.option("--source", "sources", multiple=True, metavar="S", help="Only of this publisher: slug or name."),
    click.option("--agency", "agencies", multiple=True, metavar="A", help="Only of this agency."),
    click.option("--place", "places", multiple=True, metavar="P", help="Only with this place in the dateline."),
    click.option("--language", "languages", multiple=True, metavar="L", help="Only in this language: de, pt-BR."),
    click.option("--section", "sections", multiple=True, metavar="S", help="Only in this section."),
    click.option("--tag", "tags", multiple=True, metavar="T", help="Only with this tag."),
    click.option("--mention", "mentions", multiple=True, metavar="N", help="Only that mention this name."),
    click.option("--embargoed", is_flag=True, help="Also articles whose embargo has not ended."),
)
"""Options that choose articles; each may be given several times and then asks for one of its values."""


def selecting(command: Any) -> Any:
    """Add the options of `SELECTION` to a command."""
    for option in reversed(SELECTION):
        command = option(command)
    return command


@click.command("export")
@click.argument("to", metavar="DIR|-", type=click.Path(allow_dash=True, path_type=Path))
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="jsonl", show_default=True)
@click.option("--from", "starts_at", metavar="TIME", help="Only articles of this time and later.")
@click.option("--to", "ends_at", metavar="TIME", help="Only articles before this time.")
@click.option(
    "--time",
    type=click.Choice(["published", "first-seen"]),
    default="published",
    show_default=True,
    help="The time of an article. Without a publication time it is when it was first seen.",
)
@selecting
@click.option("--since-cursor", type=click.IntRange(0), metavar="N", help="Only what changed after this cursor.")
@click.option("--by-day", is_flag=True, help="A folder for each day (UTC), such as day=2026-03-09.")
@click.option("--articles-per-file", type=click.IntRange(1), default=50_000, show_default=True, metavar="N")
def export(
    to: Path,
    form: str,
    starts_at: str | None,
    ends_at: str | None,
    time: str,
    since_cursor: int | None,
    by_day: bool,
    articles_per_file: int,
    **chosen: Any,
) -> None:
    """Write articles in their current state into files in DIR, or to standard output (-).

    DIR/manifest.json has the number of articles, size and SHA-256 of each file, and the cursor for the next
    --since-cursor. An export that was interrupted goes on when the same command is given again.
    """
    span = Span(
        by_first_seen=time == "first-seen",
        by_day=by_day,
        starts_at=moments.option(starts_at, "--from"),
        ends_at=moments.option(ends_at, "--to"),
        changed_after=since_cursor,
    )
    request = parts.Request(format=form, selection=Selection(**chosen), span=span, articles_per_file=articles_per_file)
    with db.alone(load().require_database()) as connection, ExitStack() as stack:
        if str(to) == "-":
            if by_day:
                raise click.UsageError("--by-day needs a DIR")
            if sys.stdout.isatty():  # an article may hold control characters
                raise UsageError("standard output is a terminal: send it to a file or a program, or name a DIR")
            parts.stream(connection, request, sys.stdout.buffer)
            return
        manifest = parts.begin(connection, request, to)
        if manifest.finished_at is not None:
            output.say(f"{to} is complete: {manifest.articles:,} articles; cursor {manifest.cursor}")
            return
        if manifest.files:
            output.say(f"going on after {manifest.articles:,} articles", err=True)
        bar = None
        if sys.stderr.isatty():
            left = selection.count_selected(connection, request.selection, span, after=manifest.position)
            bar = stack.enter_context(click.progressbar(length=left, label="exporting", file=sys.stderr))
        manifest = parts.export(connection, manifest, to, bar.update if bar else lambda _: None)
    files = "1 file" if len(manifest.files) == 1 else f"{len(manifest.files):,} files"
    output.say(f"{manifest.articles:,} articles in {files}; cursor {manifest.cursor}")
