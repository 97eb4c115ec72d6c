"""Many commands under one fault, in one process that forks for each: starting an interpreter each time takes longer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_PROGRAM = """
import json, os, pty, signal, sys, tempfile
from wiredesk.worker.cli import main, wiredesk
for name in wiredesk.list_commands(None):
    wiredesk.get_command(None, name)
for arguments, stdout, environment in json.load(sys.stdin):
    if stdout == "terminal":
        pid, terminal = pty.fork()
        if pid == 0:
            os.environ.update(environment)
            try:
                main(arguments)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(0)
        written = bytearray()
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            written += piece
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        print(json.dumps([os.waitstatus_to_exitcode(status), written.decode(), ""]), flush=True)
        continue
    with tempfile.TemporaryFile() as error, tempfile.TemporaryFile() as out:
        pid = os.fork()
        if pid == 0:
            signal.alarm(30)  # a command that hangs is named
            os.environ.update(environment)
            where = out.fileno()
            if stdout == "closed pipe":
                reader, where = os.pipe()
                os.close(reader)
            elif stdout:
                where = os.open(stdout, os.O_WRONLY)
            os.dup2(where, 1)
            os.dup2(error.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            try:
                main(arguments)
            except SystemExit as ending:
                # The interpreter's own end flushes once more, and complains when it can't.
                code = ending.code if isinstance(ending.code, int) else 0
                try:
                    sys.stdout.flush()
                except OSError:
                    os.write(2, b"Exception ignored at the end: the output was not flushed")
                os._exit(code)
            os._exit(99)
        _, status = os.waitpid(pid, 0)
        error.seek(0)
        out.seek(0)
        print(json.dumps([os.waitstatus_to_exitcode(status), out.read().decode(), error.read().decode()]), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How one command ended."""

    environment: str
    arguments: tuple[str, ...]
    code: int
    out: str
    err: str


def run_all(
    calls: Sequence[Sequence[str]],
    *,
    environments: Mapping[str, Mapping[str, str]],
    cwd: Path,
    stdout: str = "",
) -> list[Ended]:
    """Run each command in each environment, which are named for what is wrong in them.

    `stdout` is a file to write to, "closed pipe", or "terminal": a terminal of its own, whose text is `out` and where
    no exit code is told; else both streams are captured.
    """
    jobs = [(name, call) for name in environments for call in calls]
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM],
        input=json.dumps([[list(call), stdout, dict(environments[name])] for name, call in jobs]),
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
        cwd=cwd,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [Ended(name, tuple(call), *line) for (name, call), line in zip(jobs, lines, strict=True)]
