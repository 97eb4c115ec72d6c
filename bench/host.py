"""The host that the processes of a soak run on: a disk that fills up, a clock that is set, an earlier commit's code."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
_MEGABYTE = 1_000_000


class SmallDisk:
    """A file system in memory, mounted on `folder`. Mounting needs root: `is_possible` says whether it worked."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "wiredesk-soak", str(folder)]
        self.is_possible = subprocess.run(mount, capture_output=True).returncode == 0

    def fill(self) -> None:
        """Take the space that is left, to the last page."""
        with (self.folder / "filler").open("wb") as filler, contextlib.suppress(OSError):
            for size in (16 * _MEGABYTE, _MEGABYTE, 4096):
                with contextlib.suppress(OSError):
                    while True:
                        os.posix_fallocate(filler.fileno(), os.fstat(filler.fileno()).st_size, size)

    def free(self) -> None:
        (self.folder / "filler").unlink(missing_ok=True)

    def unmount(self) -> None:
        if self.is_possible:
            subprocess.run(["umount", "--lazy", str(self.folder)], capture_output=True)


class SettableClock:
    """The wall clock of the Python processes started with `environment`: this machine's, and what `step` added."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset_seconds = 0.0
        self.step(0)

    def environment(self, code: Path) -> dict[str, str]:
        """For a process that runs the code in that folder."""
        folder = ROOT / "bench" / "clock"
        return {"PYTHONPATH": f"{code}{os.pathsep}{folder}", "WIREDESK_TEST_CLOCK": str(self._file)}

    def step(self, seconds: float) -> None:
        """Set it forward by `seconds`, or back."""
        self._offset_seconds += seconds
        beside = self._file.with_suffix(".new")
        beside.write_text(f"{self._offset_seconds:+.0f}\n")
        beside.replace(self._file)


def earlier_code(folder: Path) -> Path | None:
    """The oldest commit's code that fits the schema of this checkout, unpacked into `folder`.

    None without git, or when the schema was changed since the last commit.
    """
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        if _git("status", "--porcelain", "--", "schema"):
            return None
        commit = _git("log", "--max-count=1", "--format=%H", "--", "schema").decode().strip()
        if commit:
            folder.mkdir(parents=True, exist_ok=True)
            archive = _git("archive", commit, "wiredesk", "worker", "tasks", "schema")
            subprocess.run(["tar", "--extract", "--directory", str(folder)], input=archive, check=True)
            return folder
    return None


def _git(*arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=True).stdout
