"""`wiredesk top`: the whole desk on one screen, and once as lines."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest
from newsroom import FERRY, ROOT, StartCelery, run, submit_and_file, wait_until

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import feeds
from wiredesk.worker.store.records import NewFeed


@pytest.fixture
def environment(database_url: str, redis_url: str) -> dict[str, str]:
    return {"WIREDESK_DATABASE_URL": database_url, "WIREDESK_REDIS_URL": redis_url}


def test_it_prints_what_was_filed_who_works_and_which_feed_fails(
    connection: Connection, settings: Settings, start_service: StartCelery, environment: dict[str, str]
) -> None:
    start_service("dispatch")
    submit_and_file(connection, settings, {"content": FERRY, "key": "a"}, {"content": " ", "key": "b"})
    feeds.add(connection, [NewFeed(url="https://harbour.example/rss"), NewFeed(url="https://island.example/\x1b[2J")])
    connection.execute("UPDATE wiredesk.feed SET failures = 3, last_error = 'HTTP 503' WHERE url LIKE '%%island%%'")

    ran = run("top", "--once", environment=environment)
    assert (ran.code, ran.err) == (0, "")
    shown = ran.out.splitlines()
    assert re.fullmatch(r"wiredesk   \S+ \S+Z   1 articles   1 stories   2 feeds, 0 paused", shown[0])
    assert re.fullmatch(r"last hour +2  1 created, 0 revised, 0 repeated, 1 rejected  [▁-█]{60}", shown[1])
    assert re.search(r"^dispatch@\S+ +1$", ran.out, re.M), ran.out
    assert "no task runs" in shown
    names = [line.split()[5] for line in shown[shown.index(next(line for line in shown if " NEXT " in line)) + 1 :]]
    assert names[0].startswith("https://island.example/")  # the one that fails is first
    assert names[1] == "https://harbour.example/rss"
    assert "\x1b" not in ran.out
    assert shown[-2].endswith("  HTTP 503")


def test_it_draws_a_screen_sorts_by_keys_and_ends_by_one(connection: Connection, environment: dict[str, str]) -> None:
    feeds.add(connection, [NewFeed(url="https://harbour.example/rss")])
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "wiredesk.worker.cli", "top"],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT,
        env={"PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8", "LINES": "40", "COLUMNS": "120",
             **environment},
    )  # fmt: skip
    seen = ""

    def sees(text: str) -> bool:
        nonlocal seen
        while select.select([ours], [], [], 0.05)[0]:
            seen += os.read(ours, 65_536).decode(errors="replace")
        return text in seen

    wait_until(lambda: sees("(failures)"), seconds=60, what="the screen")
    assert "https://harbour.example/rss" in seen
    os.write(ours, b"f")
    wait_until(lambda: sees("next)") or sees("(next"), seconds=60, what="the other order")
    os.write(ours, b"q")
    give_up = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < give_up:
        sees("")
    assert process.poll() == 0
    os.close(ours)
    os.close(theirs)


def test_without_redis_it_says_so_and_shows_the_rest(connection: Connection, environment: dict[str, str]) -> None:
    ran = run("top", "--once", environment=environment | {"WIREDESK_REDIS_URL": "redis://127.0.0.1:1/0"})
    assert ran.code == 0
    assert "Redis can't be reached: workers and tasks are not known" in ran.out.splitlines()
