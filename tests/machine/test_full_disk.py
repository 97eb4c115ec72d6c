"""A disk that is full: hand-ins and doctor say so in a line, logs stay short, and work goes on when there is room."""

from __future__ import annotations

import ctypes
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from newsroom import FERRY, run

from wiredesk.worker import db, events, logs
from wiredesk.worker.machine import embedded
from wiredesk.worker.machine.supervisor import Journal
from wiredesk.worker.migrate import migrate

# PostgreSQL's own files take 60 MB, and its log of writes as much again.
_DISK_BYTES = 200_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, which needs the right to mount one."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder = tmp_path / "disk"
    folder.mkdir()
    options = f"size={_DISK_BYTES},mode=755".encode()
    if sys.platform != "linux" or libc.mount(b"tmpfs", bytes(folder), b"tmpfs", 0, options) != 0:
        pytest.skip("no right to mount a file system")
    try:
        yield folder
    finally:
        libc.umount2(bytes(folder), 2)  # MNT_DETACH: also while a file of it is open


def fill(folder: Path) -> Path:
    """Take all room that is left."""
    filler = folder / "filler"
    descriptor = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        for size in (1 << 20, 4096):
            while True:
                try:
                    os.write(descriptor, bytes(size))
                except OSError:
                    break
    finally:
        os.close(descriptor)
    return filler


def test_a_full_disk_is_said_by_submit_and_doctor_and_ends_when_there_is_room(
    small_disk: Path, tmp_path: Path, redis_url: str
) -> None:
    server = embedded.start_postgres(small_disk / "postgres", durable=False)
    try:
        with db.alone(server.url) as connection:
            list(migrate(connection))
        environment = {"WIREDESK_DATABASE_URL": server.url, "WIREDESK_REDIS_URL": redis_url}
        (tmp_path / "copy.txt").write_text(FERRY + "x" * 2_000_000)
        submit = ("submit", str(tmp_path / "copy.txt"), "--key", "k")
        filler = fill(small_disk)
        ran = run(*submit, environment=environment)
        assert ran.code == 1
        (line,) = ran.errors()
        assert line.startswith(
            "wiredesk: PostgreSQL's disk is full, make room: nothing of this was stored: could not extend file"
        )
        ran = run("doctor", "--format", "json", environment=environment | {"WIREDESK_DATA_DIR": str(small_disk)})
        assert ran.code == 1
        failed = {one["check"]: one["what"] for one in map(json.loads, ran.lines()) if one["state"] == "fail"}
        assert set(failed) == {"disk", "PostgreSQL"}
        assert failed["disk"].startswith("0.0 GB of 0.2 GB are free in ")
        assert failed["PostgreSQL"].startswith("PostgreSQL's disk is full, make room: ")
        filler.unlink()
        assert run(*submit, environment=environment).code == 0
    finally:
        server.stop()


def test_logs_on_a_full_disk_are_a_line_on_the_terminal_and_go_on_when_there_is_room(
    small_disk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    terminal = io.StringIO()
    journal = Journal(small_disk / "logs", terminal, "info")
    filler = fill(small_disk)
    line = {"at": "2026-03-01T10:00:00Z", "level": "info", "event": events.DOCUMENT_READ, "document_id": 1}
    for _ in range(100):
        journal.write(logs.encode(line | {"url": "https://e.example/" + "x" * 100}), "ingest")
    said = [text for text in terminal.getvalue().splitlines() if text]
    assert len(said) == 1
    assert "can't write the log" in said[0] and "No space left on device" in said[0]
    filler.unlink()
    journal.write(logs.encode(line | {"document_id": 2}), "ingest")
    journal.close()
    last = (small_disk / "logs" / "wiredesk.jsonl").read_text().splitlines()[-1]
    assert json.loads(last)["document_id"] == 2
    assert capfd.readouterr().err == ""
