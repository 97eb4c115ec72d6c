"""Servers and processes that a benchmark starts, each gone at the end of its block."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from wiredesk.worker import db
from wiredesk.worker.errors import UsageError
from wiredesk.worker.machine import embedded, services
from wiredesk.worker.migrate import migrate

_GIVE_UP_SECONDS = 600


@contextmanager
def server(start: Callable[[Path], embedded.Server]) -> Iterator[embedded.Server]:
    """A server of `embedded.start_postgres` or `start_redis`, durable, with data of its own."""
    with tempfile.TemporaryDirectory(prefix="wiredesk-bench-") as folder:
        started = start(Path(folder) / "data")
        try:
            yield started
        finally:
            started.stop()


@contextmanager
def database(server_url: str, name: str) -> Iterator[str]:
    """The URL of a new database of that name."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield psycopg.conninfo.make_conninfo(server_url, dbname=name)


@contextmanager
def running(command: list[str], environment: Mapping[str, str]) -> Iterator[int]:
    """A command in a session of its own, with its process id. One that ended by itself ends the benchmark."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield process.pid
            if process.poll() is not None:
                log.seek(0)
                sys.exit(f"{' '.join(command)} ended:\n{log.read()[-2000:].decode()}")
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(address: str) -> bool:
    """Whether a server accepts connections at `host:port`."""
    host, _, port = address.rpartition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def wait(done: Callable[[], bool]) -> None:
    """Look twenty times a second; a benchmark that takes ten minutes has failed."""
    give_up = time.monotonic() + _GIVE_UP_SECONDS
    while not done():
        if time.monotonic() > give_up:
            sys.exit(f"not done after {_GIVE_UP_SECONDS} s")
        time.sleep(0.05)


def start_again(start: Callable[[], embedded.Server]) -> embedded.Server:
    """Start a server on its old port, which the kernel may hold for a moment."""
    for _ in range(20):
        try:
            return start()
        except UsageError:
            time.sleep(0.5)
    return start()


@contextmanager
def site(wanted: Iterable[services.Service]) -> Iterator[tuple[str, str]]:
    """These services, the service web among them, on servers of their own: the database's URL, and web's address."""
    with ExitStack() as stack:
        postgres = stack.enter_context(server(embedded.start_postgres))
        redis = stack.enter_context(server(embedded.start_redis))
        with db.alone(postgres.url) as connection:
            list(migrate(connection))
        address = f"127.0.0.1:{free_port()}"
        environment = services.environment(
            os.environ
            | {
                "WIREDESK_DATABASE_URL": postgres.url,
                "WIREDESK_REDIS_URL": redis.url,
                "WIREDESK_LOG_LEVEL": "warning",
                "WIREDESK_WEB_LISTEN": address,
            }
        )
        for service in wanted:
            stack.enter_context(running(services.command(service), environment))
        wait(lambda: listens(address))
        yield postgres.url, f"http://{address}"
