"""`wiredesk migrate`: bring the database to this program's schema."""

from __future__ import annotations

import click

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.migrate import migrate as run
from wiredesk.worker.settings import load


@click.command()
def migrate() -> None:
    """Apply the migrations that are missing. Running it again does nothing."""
    count = 0
    with db.alone(load().require_database()) as connection:
        for name in run(connection):
            output.say(f"applied {name}")
            count += 1
    if not count:
        output.say("nothing to apply: the schema is current")
