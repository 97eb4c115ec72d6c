"""`wiredesk …` in a process of its own, as a person or a script calls it."""

from __future__ import annotations

import atexit
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from wiredesk.worker.machine.embedded import die_with_parent

ROOT = Path(__file__).parents[2]
_GIVE_UP_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How one command ended. `environment` is the name of the environment that it ran in."""

    environment: str
    arguments: tuple[str, ...]
    code: int
    out: str
    err: str


def call(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    cwd: Path,
    streams: tuple[int, int, int],
    terminal: bool = False,
) -> int:
    """Run one command with these file descriptors for its standard streams; its exit code, negative for a signal."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(_server())
        told = {"arguments": list(arguments), "environment": dict(environment), "cwd": str(cwd), "terminal": terminal}
        message = json.dumps(told).encode()
        sent = socket.send_fds(connection, [message], list(streams))
        connection.sendall(message[sent:])
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(_GIVE_UP_SECONDS)
        with connection.makefile() as answers:
            pid = int(answers.readline())
            try:
                return int(answers.readline())
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                words = f"wiredesk {' '.join(arguments)} had not ended after {_GIVE_UP_SECONDS:g} s"
                raise AssertionError(words) from None


@cache
def _server() -> str:
    """The socket of this test process's command server, which ends with it."""
    folder = tempfile.TemporaryDirectory(prefix="wiredesk-commands-")
    path = f"{folder.name}/calls"
    process = subprocess.Popen(
        [sys.executable, "-c", f"from command_server import serve; serve({path!r})"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{ROOT}/tests/support", "LANG": "C.UTF-8"},
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    atexit.register(folder.cleanup)
    atexit.register(process.kill)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return path


def run_captured(
    arguments: Sequence[str], *, environment: Mapping[str, str], cwd: Path, stdin: IO[bytes] | None, stdout: str = ""
) -> tuple[int, bytes, bytes]:
    """Exit code, output and errors. `stdout` is a file to write to, or "closed pipe", instead of the output."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, Path(os.devnull).open("rb") as nothing:
        target = out.fileno()
        if stdout == "closed pipe":
            reader, target = os.pipe()
            os.close(reader)
        elif stdout:
            target = os.open(stdout, os.O_WRONLY)
        try:
            streams = ((stdin or nothing).fileno(), target, err.fileno())
            code = call(arguments, environment=environment, cwd=cwd, streams=streams)
        finally:
            if target != out.fileno():
                os.close(target)
        out.seek(0)
        err.seek(0)
        return code, out.read(), err.read()


def run_at_a_terminal(arguments: Sequence[str], *, environment: Mapping[str, str], cwd: Path) -> tuple[int, str]:
    """Exit code, and the text that the terminal shows: output and errors."""
    _server()  # it ends with the thread that starts it
    ours, theirs = pty.openpty()
    codes: list[int] = []

    def run() -> None:
        streams = (theirs, theirs, theirs)
        codes.append(call(arguments, environment=environment, cwd=cwd, streams=streams, terminal=True))

    running = threading.Thread(target=run)
    running.start()
    shown = bytearray()
    while running.is_alive() or select.select([ours], [], [], 0)[0]:
        if select.select([ours], [], [], 0.02)[0]:
            shown += os.read(ours, 65_536)
    running.join()
    os.close(ours)
    os.close(theirs)
    assert codes, f"wiredesk {' '.join(arguments)} did not end"
    return codes[0], shown.decode()


def run_all(
    calls: Sequence[Sequence[str]],
    *,
    environments: Mapping[str, Mapping[str, str]],
    cwd: Path,
    stdout: str = "",
) -> list[Ended]:
    """Run each command in each environment, which are named for what is wrong in them.

    `stdout` is a file to write to, "closed pipe", or "terminal": a terminal of its own, whose text is `out`.
    """
    ended = []
    for name, given in environments.items():
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **given}
        for arguments in calls:
            if stdout == "terminal":
                code, text = run_at_a_terminal(arguments, environment=environment, cwd=cwd)
                ended.append(Ended(name, tuple(arguments), code, text, ""))
            else:
                code, out, err = run_captured(arguments, environment=environment, cwd=cwd, stdin=None, stdout=stdout)
                ended.append(Ended(name, tuple(arguments), code, out.decode(), err.decode()))
    return ended
