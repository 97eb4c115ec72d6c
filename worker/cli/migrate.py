"""`wiredesk migrate`: bring the database to this program's schema."""

from __future__ import annotations

import click

from worker import db
from worker.migrate import migrate as run
from worker.settings import load


@click.command()
def migrate() -> None:
    """Apply the migrations that are missing. Running it again does nothing."""
    count = 0
    with db.alone(load().require_database()) as connection:
        for name in run(connection):
            click.echo(f"applied {name}")
            count += 1
    if not count:
        click.echo("nothing to apply: the schema is current")
