"""`wiredesk up` as a person uses it: started, killed in parts, stopped, started again."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
WIREDESK = [sys.executable, "-c", "from wiredesk.worker.cli import main; main()"]
# Four processes load the whole program at once; on a busy machine of two cores that was seen to take 30 s.
READY_SECONDS = 180.0
ARTICLE = """Harbour reopens after storm

NEWHAVEN, May 3 (Test Wire) - The harbour reopened at noon{when}.

Ships that had waited outside came in one by one, the harbour master said.
"""


def _environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WIREDESK_")}
    return {**inherited, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


class Up:
    """A running `wiredesk up` and what it printed so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*WIREDESK, "up", "--ingest", "1", "--fetch", "1"],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=_environment(),
                start_new_session=True,
            )

    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    def await_text(self, text: str, count: int = 1) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while self.printed().count(text) < count:
            assert self.process.poll() is None, self.printed()
            assert time.monotonic() < deadline, f"no {text!r} in:\n{self.printed()}"
            time.sleep(0.05)

    def run(self, *arguments: str, standard_input: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*WIREDESK, *arguments],
            cwd=self.folder,
            input=standard_input,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env=_environment(),
        )

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(text) for text in (self.folder / ".wiredesk/logs/wiredesk.jsonl").read_text().splitlines()]

    def pid_of_server(self, name: str) -> int:
        return next(int(str(line["pid"])) for line in self.lines() if line.get("server") == name)

    def children(self) -> list[int]:
        pids = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in pids]

    def pid_of_service(self, name: str) -> int:
        for pid in self.children():
            if f"{name}@%h".encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        raise AssertionError(f"no {name}")

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)


@contextlib.contextmanager
def _up(folder: Path) -> Iterator[Up]:
    running = Up(folder)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


@pytest.mark.timeout(1200)
def test_a_day_in_the_life(tmp_path: Path) -> None:
    with _up(tmp_path) as up:
        up.await_text("Ctrl-C stops everything.")
        submitted = up.run("submit", "-", "--source", "Test Wire", "--wait", standard_input=ARTICLE.format(when=""))
        assert submitted.returncode == 0, submitted.stderr
        assert "Harbour reopens after storm" in submitted.stdout

        # A second one in the same folder is refused in one line, and disturbs nothing.
        second = up.run("up")
        assert second.returncode == 1
        assert second.stderr == f"wiredesk: the folder .wiredesk is in use by process {up.process.pid}\n"

        # Each part is killed, and what is handed in after that arrives.
        victims = [
            up.pid_of_service("ingest"),
            up.pid_of_server("Redis"),
            up.pid_of_server("PostgreSQL"),
        ]
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        up.await_text("service.restarted", count=3)
        again = up.run(
            "submit", "-", "--source", "Test Wire", "--wait", standard_input=ARTICLE.format(when=" on Tuesday")
        )
        assert again.returncode == 0, again.stderr + up.printed()

        endings = {str(line["service"]): line["ending"] for line in up.lines() if line["event"] == "service.ended"}
        assert endings == dict.fromkeys(("ingest", "Redis", "PostgreSQL"), "killed by SIGKILL")
        outcomes = [line for line in up.lines() if line["event"] == "item.outcome"]
        assert [line["headline"] for line in outcomes] == ["Harbour reopens after storm"] * 2
        assert all(line["service"] == "ingest" and line["task_id"] and line["queue"] == "ingest" for line in outcomes)
        filtered = up.run("logs", "--outcome", str(outcomes[0]["outcome"]), "--format", "json")
        assert json.loads(filtered.stdout.splitlines()[0]) == outcomes[0]

        database_url = json.loads((tmp_path / ".wiredesk/urls.json").read_text())["database_url"]
        assert (tmp_path / ".wiredesk/urls.json").stat().st_mode & 0o777 == 0o600
        password = re.search(r":([0-9a-f]{40})@", database_url)
        assert password is not None
        assert password[1] not in up.printed()
        children = up.children()
        assert up.interrupt() == 0
        assert "Stopped." in up.printed().splitlines()[-1]
        assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
        assert not (tmp_path / ".wiredesk/urls.json").exists()

    with _up(tmp_path) as up:
        up.await_text("server=Redis")
        while not (tmp_path / ".wiredesk/urls.json").exists():
            time.sleep(0.05)
        urls = json.loads((tmp_path / ".wiredesk/urls.json").read_text())
        assert urls["database_url"] == database_url
        with psycopg.connect(database_url) as connection:
            assert connection.execute("SELECT count(*) FROM wire_v1.outcomes").fetchone() == (2,)
        assert up.interrupt() == 0
        assert "Traceback" not in up.printed()


def test_a_port_in_use_is_one_line(tmp_path: Path, redis_server_url: str) -> None:
    port = redis_server_url.rpartition(":")[2].partition("/")[0]
    answer = subprocess.run(
        [*WIREDESK, "up", "--postgres-port", port],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=_environment(),
    )
    assert answer.returncode == 1
    assert answer.stderr == f"wiredesk: port {port} for PostgreSQL is in use\n"
    assert not (tmp_path / ".wiredesk" / "postgres").exists()


def test_a_stop_in_the_middle_of_the_start_is_clean(tmp_path: Path) -> None:
    with _up(tmp_path) as up:
        up.await_text("server=Redis")
        children = up.children()
        up.process.terminate()
        assert up.process.wait(60) == 0
        assert "Traceback" not in up.printed()
        assert [pid for pid in children if Path(f"/proc/{pid}").exists()] == []
