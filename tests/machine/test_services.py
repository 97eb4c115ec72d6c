"""The services as processes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from newsroom import ROOT, settings_of

from wiredesk.worker.machine import services


@pytest.mark.parametrize("name", ["intake", "ingest", "beat"])
def test_a_wrong_setting_ends_a_service_in_one_line(name: str) -> None:
    environment = {**os.environ, "WIREDESK_TICK_SECONDS": "900", "WIREDESK_DATA_DIR": "/nonexistent"}
    done = subprocess.run(
        services.command(services.by_name(name)), env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "wiredesk: WIREDESK_TICK_SECONDS=900: from 0.1 to 60 seconds\n"


def test_the_hot_folder_and_the_mail_box_are_services_where_they_are_set() -> None:
    def more(**given: str) -> list[str]:
        wanted = services.wanted(settings_of("", **given))
        assert wanted[: len(services.SERVICES)] == services.SERVICES
        return [service.name for service in wanted[len(services.SERVICES) :]]

    assert more() == []
    assert more(watch_dir="incoming") == ["watch"]
    assert more(mail_url="imaps://u:p@h/") == ["mail"]
    assert more(watch_dir="incoming", mail_url="imaps://u:p@h/") == ["watch", "mail"]


SCHEDULE = """
from datetime import timedelta
from wiredesk.tasks import app
for name, entry in app.conf.beat_schedule.items():
    tick = entry["schedule"]
    tick.app = app
    now = tick.now()
    due = [tick.is_due(now + timedelta(hours=hours))[0] for hours in (-2, 0, 2)]
    print(name, due, entry["options"]["expires"])
"""


def test_ticks_go_on_when_the_clock_is_set_back_and_are_read_when_clocks_are_apart() -> None:
    """Celery's own interval waits until the last run is past again; a tick that lives a second needs equal clocks."""
    environment = {**os.environ, "WIREDESK_REDIS_URL": "redis://127.0.0.1:1/0", "WIREDESK_DATA_DIR": "/nonexistent"}
    done = subprocess.run([sys.executable, "-c", SCHEDULE], env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "dispatch [True, False, True] 30.0",
        "housekeep [True, False, True] 3000",
    ], done.stderr
