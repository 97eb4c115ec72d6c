"""`wiredesk watch`: hand in the files of a hot folder."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path

import click

from wiredesk.worker import db, events, health, logs
from wiredesk.worker.errors import UsageError
from wiredesk.worker.inbox.closed_files import ClosedFiles
from wiredesk.worker.inbox.folder import DONE, REFUSED, STATE, Folder
from wiredesk.worker.machine.embedded import hold_folder
from wiredesk.worker.machine.services import WATCH
from wiredesk.worker.migrate import require_current
from wiredesk.worker.settings import load

log = logging.getLogger(__name__)


@click.command("watch")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--source", metavar="S", help="The publisher of every file. [default: the name of the file's subfolder]")
@click.option(
    "--name-is-key",
    is_flag=True,
    help="Another content under the same path is a revision of the same article, whatever it says.",
)
def watch(folder: Path | None, source: str | None, name_is_key: bool) -> None:
    """Hand in every file that is written into DIR (default: the setting `watch_dir`), until a signal.

    A file is taken once it is whole; names that begin with a dot or end in .tmp, .part and the like are left alone.
    It is moved to DIR/done, or to DIR/refused with the reason in NAME.reason.txt, also when it is rejected later. A
    kill at any time loses and repeats nothing.
    """
    settings = load()
    root = folder or Path(settings.watch_dir)
    if not (folder or settings.watch_dir):
        raise UsageError("no folder: name a DIR, or set WIREDESK_WATCH_DIR")
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder")
    root = root.resolve()
    with hold_folder(root / STATE):
        for name in (DONE, REFUSED):
            (root / name).mkdir(exist_ok=True)
            if not os.access(root / name, os.W_OK | os.X_OK):
                raise UsageError(f"can't move files into {root / name}: it belongs to another user")
        with db.alone(settings.require_database()) as connection:
            require_current(connection)
        logs.configure(
            "columns" if sys.stderr.isatty() else settings.log_format, settings.log_level, service=WATCH.name
        )
        stopping = threading.Event()
        with ClosedFiles() as closed:

            def stop(*_: object) -> None:
                stopping.set()
                closed.wake()

            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
                signal.signal(number, stop)
            log.info(events.WORKER_READY, extra={"queues": [str(root)], "reader": "folder"})
            Folder(root, settings, source, name_is_key).run(stopping, closed, health.leave_signs_as(WATCH.name))
        log.info(events.WORKER_STOPPED)
