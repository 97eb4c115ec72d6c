"""`wiredesk up`: everything on this machine, in the foreground."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import click

from wiredesk.worker import db, events, settings
from wiredesk.worker.errors import SettingsError, Transient, UsageError
from wiredesk.worker.machine import embedded, services
from wiredesk.worker.machine.supervisor import Journal, Machine, stop_signals
from wiredesk.worker.migrate import make_writer, migrate
from wiredesk.worker.safe_text import mask_secrets
from wiredesk.worker.settings import Settings
from wiredesk.worker.web import serve

log = logging.getLogger(__name__)

URLS = "urls.json"
SETTINGS = "settings.json"


@click.command("up")
@click.option("--postgres-port", type=click.IntRange(1, 65535), help="Port of PostgreSQL. [default: any free one]")
@click.option("--redis-port", type=click.IntRange(1, 65535), help="Port of Redis. [default: any free one]")
@click.option("--ingest", type=click.IntRange(1, 256), help="Ingest processes. [default: one for each core]")
@click.option("--fetch", type=click.IntRange(1, 256), help="Fetch processes. [default: 2]")
def up(postgres_port: int | None, redis_port: int | None, ingest: int | None, fetch: int | None) -> None:
    """Run all services on this machine: PostgreSQL, Redis, workers and beat; Ctrl-C stops them.

    The data stay in the folder .wiredesk (WIREDESK_DATA_DIR). Where WIREDESK_DATABASE_URL or WIREDESK_REDIS_URL is set,
    that server is used and none is started. Settings of its environment are kept in that folder for the commands run
    beside it and for the next start; set one to nothing to have its default back.
    """
    run_here({"ingest": ingest or 0, "fetch": fetch or 0}, postgres_port=postgres_port or 0, redis_port=redis_port or 0)


def run_here(
    processes: Mapping[str, int],
    *,
    postgres_port: int = 0,
    redis_port: int = 0,
    on_ready: Callable[[str], str] | None = None,
) -> None:
    """Run all services until a signal. `on_ready` gets the database's address once all services work; it returns
    what the terminal is to say."""
    folder = Path(settings.load().data_dir)
    with embedded.hold_folder(folder), stop_signals() as (stopping, hurry):
        # Addresses that an earlier run left there are ignored: those servers have ended.
        (folder / URLS).unlink(missing_ok=True)
        given = settings.load()
        journal = Journal(folder / "logs", sys.stdout, given.log_level)
        machine = Machine(journal, {}, processes)
        try:
            database_url, owner_url = (
                (given.database_url, given.require_owner())
                if given.database_url
                else _start_postgres(machine, folder, postgres_port)
            )
            redis_url = given.redis_url or _start_redis(machine, folder, redis_port)
            _migrate(owner_url, database_url)
            web_listen = _web_listen(given)
            _write_private(folder / SETTINGS, settings.to_keep(str(folder), os.environ))
            own = {"database_url": database_url, "redis_url": redis_url, "web_listen": web_listen}
            _write_private(
                folder / URLS, own | ({"migrate_database_url": owner_url} if owner_url != database_url else {})
            )
            machine.environment = {
                **{name: text for name, text in os.environ.items() if not name.startswith("WIREDESK_MIGRATE_")},
                "WIREDESK_DATA_DIR": str(folder.absolute()),
                "WIREDESK_DATABASE_URL": database_url,
                "WIREDESK_REDIS_URL": redis_url,
                "WIREDESK_WEB_LISTEN": web_listen,
                "WIREDESK_LOG_FORMAT": "json",
            }
            if not stopping.is_set():
                machine.start_services(services.wanted(given))
                machine.watch(
                    stopping,
                    lambda: journal.say(
                        on_ready(database_url)
                        if on_ready
                        else _what_next(folder, database_url, redis_url, web_listen, services.wanted(given))
                    ),
                )
                journal.say("\nStopping (Ctrl-C again to kill) …")
        finally:
            (folder / URLS).unlink(missing_ok=True)
            machine.stop(hurry)
            journal.close()
        journal.say(f"Stopped. Everything is kept in {folder}; start it again in the same place.")


def _start_postgres(machine: Machine, folder: Path, port: int) -> tuple[str, str]:
    """The addresses of its database: for the services, and for its owner."""
    server = machine.start_server(lambda at: embedded.start_postgres(folder / "postgres", port=at), port)
    log.info(events.SERVER_STARTED, extra={"server": server.name, "address": _address(server.url), "pid": server.pid})
    return embedded.writer_url(server, folder / "postgres"), server.url


def _start_redis(machine: Machine, folder: Path, port: int) -> str:
    server = machine.start_server(lambda at: embedded.start_redis(folder / "redis", port=at), port)
    log.info(events.SERVER_STARTED, extra={"server": server.name, "address": _address(server.url), "pid": server.pid})
    return server.url


def _web_listen(given: Settings) -> str:
    """Where the service web listens: as the setting says. A taken port of the default gives way to a free one."""
    try:
        host, port = serve.free_port(given)
    except SettingsError:
        if given.web_listen != settings.Settings().web_listen:
            raise
        host, port = serve.free_port(replace(given, web_listen="127.0.0.1:0"))
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _migrate(owner_url: str, database_url: str) -> None:
    try:
        with db.alone(owner_url) as connection:
            for name in migrate(connection):
                log.info(events.SCHEMA_MIGRATED, extra={"migration": name})
            make_writer(connection, database_url)
    except Transient as error:
        raise UsageError(f"{error} ({mask_secrets(owner_url)})") from error


def _write_private(path: Path, values: Mapping[str, str]) -> None:
    """Tell the other commands run in this folder: a file that its owner alone can read, replaced as a whole."""
    beside = path.with_name(f"{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(values, file)
    beside.replace(path)


def _what_next(
    folder: Path, database_url: str, redis_url: str, web_listen: str, started: Iterable[services.Service]
) -> str:
    wiredesk = own_command()
    names = ", ".join(service.name for service in started)
    return f"""
The desk is up: PostgreSQL at {_address(database_url)}, Redis at {_address(redis_url)}; {names}.
The API and the pages are at http://{web_listen}/
Data, logs and passwords are in {folder}. In another terminal, in this folder:

    {wiredesk} submit FILE --source NAME --wait     file an article
    {wiredesk} feeds add https://example.org/rss    poll a feed
    {wiredesk} status                               what arrived, and what became of it
    {wiredesk} changes --follow                     what is new, as it happens
    {wiredesk} logs --follow --outcome rejected     what was refused, and why

Ctrl-C stops everything.
"""


def own_command() -> str:
    """The command that called this program, in the form that works in another terminal."""
    if shutil.which("wiredesk"):
        return "wiredesk"
    called = Path(sys.argv[0])
    here = Path.cwd()
    return str(called.relative_to(here) if called.is_absolute() and called.is_relative_to(here) else called)


def _address(url: str) -> str:
    return url.rpartition("@")[2].partition("/")[0] or url
