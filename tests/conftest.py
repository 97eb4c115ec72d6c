"""Real servers and real workers for tests: one PostgreSQL and one Redis per test process, a fresh database per test.

They are started at the first test that asks for one, so that pure tests cost nothing, and they end with their process.
`WIREDESK_TEST_DATABASE_URL` and `WIREDESK_TEST_REDIS_URL` name servers to use instead; that Redis is emptied.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import local_site
import psycopg
import pytest
import redis
from celery import Celery
from newsroom import settings_of
from psycopg import conninfo, sql
from web_site import Site, site_of

from wiredesk.worker import db
from wiredesk.worker.errors import UsageError
from wiredesk.worker.machine import embedded, services
from wiredesk.worker.migrate import migrate
from wiredesk.worker.settings import Settings, load

# Long, because it costs nothing but on a loaded machine.
WORKER_START_TIMEOUT_SECONDS = 240.0


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a PostgreSQL server in which tests may create databases and roles."""
    given = os.environ.get("WIREDESK_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with _started(lambda: embedded.start_postgres(tmp_path_factory.mktemp("postgres"), durable=False)) as server:
        yield server.url


@pytest.fixture(scope="session")
def redis_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    given = os.environ.get("WIREDESK_TEST_REDIS_URL")
    if given:
        yield given
        return
    with _started(lambda: embedded.start_redis(tmp_path_factory.mktemp("redis"), durable=False)) as server:
        yield server.url


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> Iterator[str]:
    """Name of a migrated database without connections, to be copied."""
    name = f"wiredesk_template_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = _with_database(postgres_url, name)
        _migrate(url)
        with db.alone(url) as template:
            template.execute("UPDATE wiredesk.change_epoch SET database = NULL")  # its copies are no restored archives
        yield name
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """URL of a migrated database of the test's own."""
    with temporary_database(postgres_url, template_database) as url:
        yield url


@pytest.fixture
def second_database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """URL of another migrated database, to be compared with the first."""
    with temporary_database(postgres_url, template_database) as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """URL of a database of the test's own with nothing in it, for tests of the migrations."""
    with temporary_database(postgres_url, "template1") as url:
        yield url


@pytest.fixture
def connection(database_url: str) -> Iterator[db.Connection]:
    """A connection in autocommit mode to the test's own migrated database."""
    with db.alone(database_url) as connection:
        yield connection


@pytest.fixture
def settings(database_url: str) -> Iterator[Settings]:
    """Settings that know the test's database and no Redis; the pools of this process are closed afterwards."""
    yield load({"WIREDESK_DATABASE_URL": database_url, "WIREDESK_DATA_DIR": "/nonexistent"})
    db.close()


SettingsWith = Callable[..., Settings]


@pytest.fixture
def settings_with(database_url: str, redis_url: str) -> Iterator[SettingsWith]:
    """`settings_with(per_host="64")`: settings that know both servers; the pools are closed afterwards."""
    yield partial(settings_of, database_url, redis_url)
    db.close()


@pytest.fixture
def both(settings_with: SettingsWith) -> Settings:
    """Settings that know the test's database and Redis."""
    return settings_with()


@pytest.fixture
def site() -> Iterator[local_site.Site]:
    """A publisher on this machine."""
    with local_site.serving() as site:
        yield site


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for `localhost`, with its key, in one file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = [
        openssl,
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    subprocess.run([*made, *subject, "-keyout", path, "-out", f"{path}.crt"], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


@pytest.fixture
def redis_url(redis_server_url: str) -> str:
    """URL of an empty Redis database."""
    with redis.Redis.from_url(redis_server_url) as client:
        client.flushall()
    return redis_server_url


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
def producer(redis_url: str) -> Iterator[Celery]:
    """A Celery app of somebody else: a broker, and no configuration."""
    with Celery("producer", broker=redis_url, set_as_current=False) as app:
        yield app


@dataclass(slots=True)
class CeleryProcess:
    """A worker or beat in a process of its own."""

    process: subprocess.Popen[bytes]
    log_path: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def kill(self) -> None:
        """End it as a power failure would; its children go with it."""
        self.process.kill()
        self.process.wait()

    def stop(self, timeout_seconds: float = 120.0) -> int:
        """Stop it as a deploy would; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout_seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode


StartCelery = Callable[..., CeleryProcess]


@pytest.fixture
def start_celery(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[StartCelery]:
    """`start_celery("worker", "-Q", "ingest", "-c", "1", WIREDESK_X="1")` starts one and waits until it is ready.

    Keyword arguments are its environment. What still runs at the end of the test is killed.
    """
    with _processes(tmp_path) as run:

        def start(*arguments: str, **environment: str) -> CeleryProcess:
            command = [sys.executable, "-m", "celery", "--quiet", "-A", "wiredesk.tasks", *arguments]
            kind = "worker" if "worker" in arguments else "beat"
            return run(command, _celery_environment(database_url, redis_url, environment), kind)

        yield start


@pytest.fixture
def start_service(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[StartCelery]:
    """`start_service("intake", WIREDESK_X="1")` starts a service of the desk and waits until it is ready."""
    with _services(database_url, redis_url, tmp_path) as start:
        yield start


@contextlib.contextmanager
def _services(database_url: str, redis_url: str, folder: Path) -> Iterator[StartCelery]:
    with _processes(folder) as run:

        def start(name: str, *, processes: int = 1, **environment: str) -> CeleryProcess:
            command = services.command(services.by_name(name), processes=processes)
            given = services.environment(_celery_environment(database_url, redis_url, environment))
            return run(command, given, name if name in ("beat", "web") else "worker")

        yield start


@contextlib.contextmanager
def _processes(folder: Path) -> Iterator[Callable[[list[str], Mapping[str, str], str], CeleryProcess]]:
    """A function that runs a command and waits until it is ready; what still runs at the end is killed."""
    started: list[CeleryProcess] = []

    def run(command: list[str], environment: Mapping[str, str], kind: str) -> CeleryProcess:
        log_path = folder / f"{kind}-{len(started)}.log"
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                cwd=Path(__file__).parents[1],
                preexec_fn=embedded.die_with_parent(signal.SIGKILL),
            )
        running = CeleryProcess(process, log_path)
        started.append(running)
        _await_ready(running, kind)
        return running

    try:
        yield run
    finally:
        for running in started:
            if running.process.poll() is None:
                running.kill()


@pytest.fixture
def web(start_service: StartCelery) -> Iterator[Site]:
    """The service web in a process of its own, on a free port."""
    with site_of(start_service) as site:
        yield site


@pytest.fixture(scope="module")
def shared_database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """URL of a migrated database that the tests of a module share; they only read what its own fixture filed."""
    with temporary_database(postgres_url, template_database) as url:
        yield url


@pytest.fixture(scope="module")
def shared_web(
    shared_database_url: str, redis_server_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The service web of `shared_database_url`: one process for the tests of a module."""
    folder = tmp_path_factory.mktemp("web")
    with _services(shared_database_url, redis_server_url, folder) as start, site_of(start) as site:
        yield site


def _celery_environment(database_url: str, redis_url: str, more: Mapping[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        "WIREDESK_DATABASE_URL": database_url,
        "WIREDESK_REDIS_URL": redis_url,
        "WIREDESK_LOG_FORMAT": "json",
        "REMAP_SIGTERM": "SIGQUIT",
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def _await_ready(running: CeleryProcess, kind: str) -> None:
    """A worker says "ready" once it consumes; beat says "beat: Starting"."""
    marks = {
        "worker": ("worker.ready", " ready."),
        "beat": ("beat.started", "beat: Starting"),
        "web": ("web.ready",),
    }[kind]
    deadline = time.monotonic() + WORKER_START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        said = running.log()
        if any(mark in said for mark in marks):
            return
        if running.process.poll() is not None:
            pytest.fail(f"{kind} ended with {running.process.returncode}:\n{said}")
        time.sleep(0.05)
    pytest.fail(f"{kind} not ready after {WORKER_START_TIMEOUT_SECONDS} s:\n{running.log()}")


@contextlib.contextmanager
def _started(start: Callable[[], embedded.Server]) -> Iterator[embedded.Server]:
    """A server that can't be started skips the test on a laptop and fails it in CI."""
    try:
        server = start()
    except UsageError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def temporary_database(postgres_url: str, template: str) -> Iterator[str]:
    """URL of a copy of the database `template`, which is dropped afterwards."""
    name = f"wiredesk_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        # Files are copied in 90 ms, where a copy through the WAL takes 120 ms.
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        yield _with_database(postgres_url, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _with_database(url: str, name: str) -> str:
    """`url` with another database."""
    parts = conninfo.conninfo_to_dict(url)
    login = f"{parts['user']}:{parts['password']}" if parts.get("password") else str(parts.get("user", "postgres"))
    return f"postgresql://{login}@{parts.get('host', '127.0.0.1')}:{parts.get('port', 5432)}/{name}"


def _migrate(url: str) -> None:
    with db.alone(url) as connection:
        list(migrate(connection))
