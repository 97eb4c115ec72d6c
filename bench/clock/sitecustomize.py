"""Sets the wall clock of a Python process by the seconds that the file named by WIREDESK_TEST_CLOCK holds, at any time.

Python runs a module of this name at its start when its folder is on PYTHONPATH. Monotonic clocks stay true, as they do
when a machine's clock is set.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import threading
import time
from pathlib import Path

import time_machine

_LOOK_SECONDS = 0.2
_LEAST_STEP_SECONDS = 0.05


class _Clock:
    """Follows the file in a thread, also in the children of this process."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._travel = time_machine.travel(datetime.datetime.now(datetime.UTC), tick=True).start()
        self._look()
        self._start()
        os.register_at_fork(after_in_child=self._start)  # a child has no threads

    def _start(self) -> None:
        threading.Thread(target=self._follow, name="clock", daemon=True).start()

    def _follow(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            self._look()

    def _look(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            offset = float(self._file.read_text())
            step = time_machine.escape_hatch.time.time() + offset - time.time()
            if abs(step) > _LEAST_STEP_SECONDS:
                self._travel.shift(step)


if "WIREDESK_TEST_CLOCK" in os.environ:
    _Clock(Path(os.environ["WIREDESK_TEST_CLOCK"]))
