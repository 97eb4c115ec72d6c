"""A process that has imported every command of `wiredesk`, and forks one for each call that comes in by a socket.

An interpreter that starts and imports anew takes ten times as long as most commands. `commands.py` starts the server
and calls it.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import traceback
from typing import Any

from wiredesk.worker.cli import main, wiredesk

# Imported by commands while they run.
_LATER = ("wiredesk.worker.fetch.looking", "wiredesk.worker.filing.replay", "wiredesk.worker.news.read")


def serve(path: str) -> None:
    """Answer calls at the Unix socket `path` until the process is ended."""
    for name in wiredesk.list_commands(None):  # type: ignore[arg-type]
        wiredesk.get_command(None, name)  # type: ignore[arg-type]
    for name in _LATER:
        __import__(name)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        print("ready", flush=True)
        while True:
            connection, _ = listener.accept()
            _reap()
            if os.fork() == 0:
                listener.close()
                _answer(connection)
                os._exit(0)
            connection.close()


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _answer(connection: socket.socket) -> None:
    """Run the command that the connection brings; its process id and then its exit code go back."""
    message, streams, _, _ = socket.recv_fds(connection, 65_536, 3)
    while more := connection.recv(65_536):
        message += more
    pid = os.fork()
    if pid == 0:
        connection.close()
        _become(json.loads(message), streams)
    for stream in streams:
        os.close(stream)
    connection.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(call: dict[str, Any], streams: list[int]) -> None:
    """Be the process of one command, to its end."""
    for standard, stream in enumerate(streams):
        os.dup2(stream, standard)
        os.close(stream)
    if call["terminal"]:
        os.login_tty(0)
    os.environ.clear()
    os.environ.update(call["environment"])
    code: object = 1
    try:
        os.chdir(call["cwd"])
        main(call["arguments"])
    except SystemExit as ending:
        code = ending.code
    except Exception:  # noqa: BLE001
        traceback.print_exc()
    # An interpreter's own end flushes once more, and complains when it can't.
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        os.write(2, b"Exception ignored at the end: the output was not flushed")
    os._exit(code if isinstance(code, int) else 0)
