"""Consumers of the change feed for the soak: one by SQL, one by `wiredesk changes`, which is killed again and again."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg

NAME = "soak"


class SqlConsumer:
    """Reads `wire_v1.changes_after` in a thread, a few changes at a time, and keeps every cursor in order."""

    def __init__(self, database_url: str) -> None:
        self.cursors: list[int] = []
        self._url = database_url
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> list[int]:
        self._over.set()
        self._thread.join(30)
        return self.cursors

    def _read(self) -> None:
        last = 0
        while not self._over.is_set():
            with (
                contextlib.suppress(psycopg.Error),
                psycopg.connect(self._url, autocommit=True, connect_timeout=3) as connection,
            ):
                while not self._over.is_set():
                    rows = connection.execute("SELECT cursor FROM wire_v1.changes_after(%s, 37)", (last,)).fetchall()
                    self.cursors += [row[0] for row in rows]
                    last = self.cursors[-1] if self.cursors else 0
                    time.sleep(0 if rows else 0.05)
            time.sleep(0.2)


class CommandConsumer:
    """`wiredesk changes --consumer soak --follow`, with a file for each of its lives."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, dict(environment)
        self.lives = 0
        self._process = self._start()

    def kill(self) -> None:
        """Kill it with -9 and start it again; it goes on behind what it has confirmed."""
        self._process.kill()
        self._process.wait()
        self._process = self._start()

    def mend(self) -> None:
        if self._process.poll() is not None:
            self._process = self._start()

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def cursors(self) -> list[list[int]]:
        """What it printed, a list a life; the line that a kill cut off is left out."""
        found = []
        for path in sorted(self._folder.glob("changes.*.jsonl")):
            lines = path.read_bytes().split(b"\n")[:-1]
            found.append([json.loads(line)["cursor"] for line in lines])
        return found

    def _start(self) -> subprocess.Popen[bytes]:
        self.lives += 1
        command = [sys.executable, "-m", "wiredesk.worker.cli", "changes", "--consumer", NAME, "--follow"]
        with (
            (self._folder / f"changes.{self.lives:04}.jsonl").open("wb") as out,
            (self._folder / "changes.log").open("ab") as log,
        ):
            return subprocess.Popen(
                [*command, "--format", "json"], stdin=subprocess.DEVNULL, stdout=out, stderr=log, env=self._environment
            )
