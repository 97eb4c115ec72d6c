"""`wiredesk migrate`: bring the database to this program's schema."""

from __future__ import annotations

import click

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.migrate import make_writer
from wiredesk.worker.migrate import migrate as run
from wiredesk.worker.settings import load


@click.command()
@click.option(
    "--restored",
    is_flag=True,
    help="An older copy of the data folder was put back; dumps and recoveries by WAL are noticed without this.",
)
def migrate(restored: bool) -> None:
    """Apply the migrations that are missing. Running it again does nothing.

    It connects as the owner of the schema (WIREDESK_MIGRATE_DATABASE_URL, where it is set) and makes the login of
    WIREDESK_DATABASE_URL, which may read and write rows but change no table.
    """
    settings, count = load(), 0
    with db.alone(settings.require_owner()) as connection:
        for name in run(connection, is_restored=restored):
            output.say(f"applied {name}")
            count += 1
        if login := make_writer(connection, settings.require_database()):
            output.say(f"the login {login} works as wiredesk_writer")
    if not count:
        output.say("nothing to apply: the schema is current")
