"""A worker process that stands still inside its filing transaction holds the others up for a bounded time only."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from newsroom import FERRY, ROOT, file_waiting, hand_in, prose, value, values, wait_until

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings

# A filing that stops its own process once, after it has locked its documents and claimed its aliases.
STOPS = """
import os, pathlib, signal
from wiredesk.worker.filing import transaction
claim = transaction._claim_aliases
mark = pathlib.Path(os.environ["STOPPED_AT"])

def claim_and_stop(connection, decided):
    claim(connection, decided)
    if not mark.exists():
        mark.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGSTOP)

transaction._claim_aliases = claim_and_stop
"""


WORKER = "import sys; from newsroom import file_waiting, settings_of; file_waiting(settings_of(sys.argv[1]))"


def test_the_others_file_while_it_stands_still_and_nothing_is_filed_twice(
    connection: Connection, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(STOPS)
    mark = tmp_path / "stopped"
    path = f"{tmp_path}:{ROOT}:{ROOT / 'tests' / 'support'}"
    hand_in(connection, {"content": FERRY, "key": "a", "source": "Harbour Wire"})
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, settings.database_url],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "LANG": "C.UTF-8", "STOPPED_AT": str(mark)},
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(mark.exists, what="the stop")
        # The same text waits for the alias that the stopped worker has claimed.
        hand_in(
            connection,
            {"content": FERRY, "key": "b", "source": "Harbour Wire"},
            {"content": f"Quarry\n\n{prose(5, 90)}", "key": "c", "source": "Quarry News"},
        )
        assert [outcome.outcome for outcome in file_waiting(settings)] == ["created", "created"]
        assert value(connection, "SELECT count(*) FROM wire_v1.changes") == 2
        assert Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        worker.send_signal(signal.SIGCONT)
        worker.wait(60)
    finally:
        worker.kill()
        worker.wait()
    connection.execute("UPDATE wiredesk.document SET due_at = now() WHERE state <> 'done'")
    file_waiting(settings)
    assert values(connection, "SELECT key, outcome FROM wire_v1.outcomes ORDER BY key") == [
        ("a", "repeated"),
        ("b", "created"),
        ("c", "created"),
    ]
    assert value(connection, "SELECT count(*) FROM wire_v1.revisions") == 2
