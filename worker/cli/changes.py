"""`wiredesk changes`: the change feed, by cursor."""

from __future__ import annotations

import sys
import time

import click

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.errors import Transient
from wiredesk.worker.settings import load
from wiredesk.worker.store import reading
from wiredesk.worker.store.records import Change

_PAGE = 500
_POLL_SECONDS = 1.0


@click.command()
@click.option("--consumer", metavar="NAME", help="Start at the stored cursor of this consumer, and store the new one.")
@click.option("--after", type=int, default=0, show_default=True, metavar="CURSOR", help="Start after this cursor.")
@click.option("--follow", "-f", is_flag=True, help="Wait for more.")
@output.FORMAT
def changes(consumer: str | None, after: int, follow: bool, output_format: str) -> None:
    """Print created and revised articles, in an order in which no change can be missed.

    With --consumer the cursor is moved after a page was printed: a reader that is killed gets that page again.
    """
    if consumer and after:
        raise click.UsageError("--after and --consumer exclude each other")
    database_url = load().require_database()
    cursor: int | None = None if consumer else after
    while True:
        try:
            with db.alone(database_url) as connection:
                if cursor is None:
                    cursor = reading.consumer_cursor(connection, consumer or "")
                while True:
                    page = reading.changes_after(connection, cursor, limit=_PAGE)
                    for change in page:
                        _print(change, output_format)
                    if page:
                        sys.stdout.flush()
                        cursor = page[-1].cursor
                        if consumer:
                            reading.move_consumer(connection, consumer, cursor)
                    elif not follow:
                        return
                    else:
                        time.sleep(_POLL_SECONDS)
        except Transient:
            if not follow:
                raise
            time.sleep(_POLL_SECONDS)


def _print(change: Change, output_format: str) -> None:
    if output_format == "json":
        output.json_line(change)
        return
    if change.kind == "restored":
        output.say(
            f"{change.cursor}  {change.occurred_at:%Y-%m-%d %H:%M:%S}  {output.word(change.kind, 8)}  the archive was "
            "restored: it lacks the changes that you have seen between the line before and this one"
        )
        return
    output.say(
        f"{change.cursor}  {change.occurred_at:%Y-%m-%d %H:%M:%S}  {output.word(change.kind, 8)}"
        f"  article {change.article_id} revision {change.revision_no}  {change.headline or ''}"
    )
