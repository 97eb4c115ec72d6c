"""A time limit on code that can't be trusted to end, for the main thread of a worker's child process."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from wiredesk.worker.errors import Rejected


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise `Rejected("too_slow")` inside the block after `seconds`.

    Works by SIGALRM, so it interrupts Python code and not a C function that never returns: for that one Celery's hard
    time limit kills the process, and the attempt counts.
    """

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise Rejected("too_slow", f"reading took longer than {seconds:g} s (parse_seconds)")

    before = signal.signal(signal.SIGALRM, stop)
    # Again every second, for a library that catches everything it doesn't know.
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
