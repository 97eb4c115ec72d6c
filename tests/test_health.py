"""A worker that works is told from one that only answers, with a real worker that is really stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis
from newsroom import wait_until

from wiredesk.worker import health
from wiredesk.worker.machine import services

StartCelery = Callable[..., Any]


@pytest.fixture(autouse=True)
def _folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def _complaint(redis_url: str, patience_seconds: float = 0.2) -> str:
    return health.complaint("ingest", ("ingest",), redis_url, patience_seconds=patience_seconds)


def _complaint_of_waiting(redis_url: str, patience_seconds: float = 0.2) -> str:
    return health.complaint("ingest", ("waiting",), redis_url, patience_seconds=patience_seconds)


def test_a_worker_that_is_not_there_gave_no_sign(redis_url: str) -> None:
    assert _complaint(redis_url) == "ingest gave no sign of life yet"


def test_a_worker_whose_children_hang_is_found_out_by_the_work_that_waits(
    start_celery: StartCelery, redis_url: str
) -> None:
    worker = start_celery(
        "worker", "-Q", "ingest", "-c", "1", "-n", "ingest@%h", "--without-gossip", "--without-mingle"
    )
    wait_until(lambda: _complaint(redis_url) == "", what="the sign of life")  # idle is not ill

    (child,) = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGSTOP)
    with redis.Redis.from_url(redis_url) as client:
        client.lpush("waiting", "work")
        wait_until(lambda: _complaint_of_waiting(redis_url) != "", what="the end of the patience")
        complaint = _complaint_of_waiting(redis_url)
        assert complaint.endswith("s while 1 wait in waiting")
        assert complaint.startswith("ingest ended no task for ")
        # As long as its longest task may take, it is not accused.
        assert _complaint_of_waiting(redis_url, 3600) == ""

    worker.process.send_signal(signal.SIGSTOP)
    sign = next(Path(os.environ["TMPDIR"]).glob("wiredesk-*/ingest.alive"))
    long_ago = time.time() - health.ALIVE_SECONDS - 5
    os.utime(sign, (long_ago, long_ago))
    assert _complaint(redis_url, 3600).startswith("ingest gave no sign of life for ")
    os.kill(int(child), signal.SIGCONT)
    worker.process.send_signal(signal.SIGCONT)


def test_beat_leaves_a_sign_with_each_tick(start_celery: StartCelery, redis_url: str) -> None:
    assert health.complaint("beat", (), redis_url, patience_seconds=1) == "beat gave no sign of life yet"
    start_celery("beat", "--schedule", os.devnull, "--scheduler", "celery.beat:Scheduler", "--pidfile", "")
    wait_until(lambda: health.complaint("beat", (), redis_url, patience_seconds=1) == "", what="the sign")


def test_the_queues_of_the_services_are_those_of_the_program() -> None:
    from wiredesk.worker.app import QUEUES

    served = [queue for service in services.SERVICES for queue in service.queues]
    assert sorted([*served, "celery"]) == sorted(QUEUES)  # the public queue is read by `intake`, which is no worker


@pytest.mark.parametrize("service", [services.INGEST, services.BEAT])
def test_a_service_has_a_command_that_celery_understands(service: services.Service) -> None:
    interpreter, module, celery, quiet, app, tasks, kind, *options = services.command(service)
    assert (interpreter, module, celery, quiet, app, tasks) == (
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "--app",
        "wiredesk.tasks",
    )
    answer = subprocess.run([interpreter, "-m", "celery", kind, "--help"], capture_output=True, text=True, check=True)
    for option in (word for word in options if word.startswith("--")):
        assert option in answer.stdout
