"""Time limits on code that can't be trusted to end, for the main thread of a worker's child process."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from wiredesk.worker.errors import Rejected, Transient


class Stalled(Transient):
    """The machine gave too little CPU time to read a document; it will be tried again."""


@contextmanager
def cpu_limit(seconds: float, *, wall_seconds: float | None = None) -> Iterator[None]:
    """Raise `Rejected("too_slow")` inside the block after `seconds` of CPU time of this process.

    The clock on the wall is only the outer guard, for a machine that sleeps or is overloaded: after `wall_seconds`
    raise `Stalled`. Code in the block that catches everything doesn't end the limit: what was raised first is raised
    again at the end of the block.

    Works by SIGPROF and SIGALRM, so it interrupts Python code and not a C function that never returns: for that one
    Celery's hard time limit kills the process, and the attempt counts.
    """

    reached: list[Rejected | Stalled] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGPROF:
            reached.append(Rejected("too_slow", f"reading took longer than {seconds:g} s (parse_seconds)"))
        else:
            reached.append(Stalled(f"reading was not over after {wall_seconds:g} s, for want of CPU time"))
        raise reached[0]

    handlers = {number: signal.signal(number, stop) for number in (signal.SIGPROF, signal.SIGALRM)}
    # Again every second, for a library that catches everything it doesn't know.
    signal.setitimer(signal.ITIMER_PROF, seconds, 1.0)
    if wall_seconds is not None:
        signal.setitimer(signal.ITIMER_REAL, wall_seconds, 1.0)
    try:
        yield
    except Exception as error:
        if reached and error is not reached[0]:
            raise reached[0] from error
        raise
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if reached:
        raise reached[0]
