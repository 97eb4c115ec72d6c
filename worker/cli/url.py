"""`wiredesk url`: where a server is, for other programs."""

from __future__ import annotations

import click

from wiredesk.worker import settings
from wiredesk.worker.cli import output


@click.command("url")
@click.argument("server", type=click.Choice(["postgres", "redis"]))
def url(server: str) -> None:
    """Print the address of PostgreSQL or Redis, password included, for programs that connect to it themselves.

    export WIREDESK_REDIS_URL="$(wiredesk url redis)"
    """
    current = settings.load()
    address = current.require_database() if server == "postgres" else current.require_redis()
    output.document(f"{address}\n")
