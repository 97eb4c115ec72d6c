"""`wiredesk demo`: all services and a small publisher on this machine, for a first look without a network."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from wiredesk.worker import db
from wiredesk.worker.cli.up import own_command, run_here
from wiredesk.worker.inbox.intake import accept
from wiredesk.worker.machine import embedded
from wiredesk.worker.machine.publisher import Publisher, publishing
from wiredesk.worker.settings import PREFIX, load
from wiredesk.worker.store import feeds
from wiredesk.worker.store.records import NewFeed

FOLDER = ".wiredesk-demo"
_QUERY = "SELECT article_id, story_id, source, headline FROM articles"
_SETTINGS = {
    "DATA_DIR": FOLDER,
    "ALLOWED_NETWORKS": "127.0.0.1/32",
    "CONTACT": "https://wiredesk.invalid/demo",
    "HOST_SPACING_SECONDS": "0",
    "MIN_INTERVAL_SECONDS": "5",
    "MAX_INTERVAL_SECONDS": "5",
    "FULL_TEXT": "never",
}


@click.command("demo")
def demo() -> None:
    """Run wiredesk beside a small publisher: a wire agency and two papers, whose feeds change while you watch.

    Within a minute there are new articles, an edit, repeated ones, reprints that share a story, and refused items. It
    needs no network, keeps its data in .wiredesk-demo, and starts empty each time. Ctrl-C stops it.
    """
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]  # the demo is the same everywhere, and uses no other servers
    os.environ.update({f"{PREFIX}{name}": value for name, value in _SETTINGS.items()})
    folder = Path(FOLDER)
    with embedded.hold_folder(folder):
        for part in ("postgres", "redis", "logs"):
            shutil.rmtree(folder / part, ignore_errors=True)
    with publishing() as publisher:
        run_here({"ingest": 1, "fetch": 1}, on_ready=lambda database_url: _begin(database_url, publisher))


def _begin(database_url: str, publisher: Publisher) -> str:
    """Add the publisher's feeds, submit a message that breaks the contract, and print the next steps."""
    publisher.begin()
    with db.alone(database_url) as connection:
        feeds.add(connection, [NewFeed(url=url, source=source) for url, source in publisher.feeds().items()])
        broken = {"contnet": "a misspelt field", "key": "demo-broken"}
        accept(connection, [broken], channel="client", max_content_bytes=load().max_submission_bytes)
    wiredesk = own_command()
    return f"""
The demo runs: a wire agency and two papers publish on this machine, and their feeds are polled every 5 seconds.
Within a minute you see below: created, revised (an edit), and rejected with reasons; then, in another terminal:

    export WIREDESK_DATA_DIR={FOLDER}
    {wiredesk} status
    {wiredesk} sql '{_QUERY}'
    {wiredesk} story 1                  who had it first, who cut and added what
    {wiredesk} diff 1                   what the edit changed
    {wiredesk} rejected list            what was refused, and why
    {wiredesk} logs --submission demo-broken

Ctrl-C stops everything; the next demo begins anew.
"""
