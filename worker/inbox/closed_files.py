"""Files that were closed after writing, or renamed, as the kernel tells it (inotify).

It only makes a hot folder quicker: on network mounts, and on systems without inotify, no event comes, and the scans of
`wiredesk.worker.inbox.folder` find every file.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterable
from pathlib import Path

from watchdog.events import FileClosedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

# More paths than these are left to the next scan.
_MOST = 10_000


class ClosedFiles(FileSystemEventHandler):
    """The paths told since `take` was called last. A context manager; `follow` says which folders are watched."""

    def __init__(self) -> None:
        self._observer: BaseObserver = Observer()
        self._watches: dict[Path, ObservedWatch] = {}
        self._paths: set[Path] = set()
        self._lock = threading.Lock()
        self._told = threading.Event()

    def __enter__(self) -> ClosedFiles:
        self._observer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._observer.stop()
        self._observer.join()

    def follow(self, folders: Iterable[Path]) -> None:
        """Watch these folders, without those inside them, and no others."""
        wanted = set(folders)
        for folder in self._watches.keys() - wanted:
            with contextlib.suppress(KeyError, OSError):
                self._observer.unschedule(self._watches[folder])
            del self._watches[folder]
        for folder in wanted - self._watches.keys():
            with contextlib.suppress(OSError):  # no inotify, or no watch left: the scans find its files
                self._watches[folder] = self._observer.schedule(
                    self, str(folder), event_filter=[FileClosedEvent, FileMovedEvent]
                )

    def wait(self, seconds: float) -> None:
        """Return once a path is told, at the latest after `seconds`."""
        self._told.wait(seconds)

    def wake(self) -> None:
        """Make `wait` return."""
        self._told.set()

    def take(self) -> set[Path]:
        with self._lock:
            self._told.clear()
            taken, self._paths = self._paths, set()
        return taken

    def on_closed(self, event: FileSystemEvent) -> None:
        self._tell(event.src_path)

    def on_moved(self, event: FileSystemEvent) -> None:
        self._tell(event.dest_path)

    def _tell(self, path: bytes | str) -> None:
        with self._lock:
            if len(self._paths) < _MOST:
                self._paths.add(Path(os.fsdecode(path)))
            self._told.set()
