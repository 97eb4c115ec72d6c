"""The session of docs/a-day.md: its commands are typed beside a running `wiredesk up`, and show what the page shows."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from newsroom import ROOT, wait_until

from bench.day import Publisher
from wiredesk.worker.machine.embedded import die_with_parent

PAGE = (ROOT / "docs" / "a-day.md").read_text()
# A busy machine of two cores was seen to take a minute for the start and two for the feeds.
PATIENCE_SECONDS = 180.0
# What differs from one day to the next, in the order in which it is replaced.
_VARIES = (
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r"\d\d:\d\d:\d\d", "TIME"),
    (r"\b(article|document|submission|feed)([ =])\d+", r"\1\2N"),
    (r"\+?\d[\d.]*( ?(ms|s|min|h|days?)|m\d+s)\b *", "DURATION "),
    (r"(?m)^\d+ +active", "N active"),
    (r" +", " "),
)


# Commands that only read are typed again until what they show has come.
_READS = re.compile("wiredesk (status|logs|doctor|feeds list)")


def _commands(page: str) -> list[tuple[str, str]]:
    """The commands of a page in order, each with what it shows."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for text in re.split(r"(?m)^\$ ", block)[1:]:
            command, _, shown = text.partition("\n")
            if "<<'END'" in command:
                more, _, shown = shown.partition("\nEND\n")
                command = f"{command}\n{more}\nEND"
            found.append((command, shown))
    return found


def _plain(text: str) -> str:
    for varies, name in _VARIES:
        text = re.sub(varies, name, text)
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _is_seen(shown: str, printed: str) -> bool:
    """Whether a command printed what the page shows; `…` stands for anything."""
    pattern = ".*?".join(re.escape(part.strip(" ")) for part in _plain(shown).split("…"))
    return re.fullmatch(pattern, _plain(printed), re.DOTALL) is not None


class Shell:
    """A shell in which one command is typed after the other."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            ["bash"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=_environment(),
            preexec_fn=die_with_parent(signal.SIGKILL),
        )

    def type(self, command: str) -> str:
        """What the command prints, errors too."""
        assert self._process.stdin is not None and self._process.stdout is not None
        print(f"{command}\necho; echo the end of it", file=self._process.stdin, flush=True)
        lines = iter(self._process.stdout.readline, "the end of it\n")
        return "".join(lines)

    def close(self) -> None:
        self._process.communicate("exit\n")


@contextmanager
def _shell(folder: Path) -> Iterator[Shell]:
    shell = Shell(folder)
    try:
        yield shell
    finally:
        shell.close()


@contextmanager
def _desk(folder: Path) -> Iterator[None]:
    """`wiredesk up` with the settings that the page exports."""
    given = dict(re.findall(r"(WIREDESK_\w+)=(\S+)", PAGE.partition("make run")[0]))
    log = folder / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["wiredesk", "up", "--ingest", "2"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=_environment() | given,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    try:
        wait_until(
            lambda: "Ctrl-C stops everything." in log.read_text(errors="replace"),
            seconds=PATIENCE_SECONDS,
            what="the start",
        )
        yield
    finally:
        process.terminate()
        process.wait(60)


def _environment() -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WIREDESK_")}
    return inherited | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


@pytest.mark.timeout(600)
def test_the_session_is_seen_as_the_page_shows_it(tmp_path: Path) -> None:
    with Publisher() as publisher, _desk(tmp_path), _shell(tmp_path) as shell:
        assert len(publisher.feeds()) == 300
        (tmp_path / "feeds.opml").write_text(publisher.opml())
        for command, shown in _commands(PAGE.replace(":8300", f":{publisher.port}")):
            give_up_at = time.monotonic() + PATIENCE_SECONDS
            while not _is_seen(shown, printed := shell.type(command)):
                if not _READS.match(command) or time.monotonic() > give_up_at:
                    pytest.fail(f"$ {command}\n{printed}\nand the page shows\n{shown}")
                time.sleep(1)


def test_what_differs_from_the_page_is_noticed() -> None:
    assert _is_seen("17:10:08 filed … key=a\n…\n3 rejected\n", "18:00:00  filed  x=1 key=a\nmore\n3 rejected\n")
    assert not _is_seen("17:10:08 filed … key=a\n3 rejected\n", "18:00:00  filed  x=1 key=a\n4 rejected\n")


def test_the_page_tells_of_every_door() -> None:
    typed = "\n".join(command for command, _ in _commands(PAGE))
    for door in ("wiredesk submit", "Desk()", ".xadd(", ".send_task(", "feeds import"):
        assert door in typed
