"""Time limits for parsers of untrusted documents, for the main thread of a worker's child process."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType

from wiredesk.worker.errors import Rejected, Transient

_TIMERS = {signal.SIGPROF: signal.ITIMER_PROF, signal.SIGALRM: signal.ITIMER_REAL}


class Stalled(Transient):
    """The machine gave too little CPU time to read a document; it will be tried again."""


class cpu_limit:  # noqa: N801  (it is used like a function)
    """Raise `Rejected("too_slow")` inside the block after `seconds` of CPU time of this process.

    The clock on the wall is only the outer guard, for a machine that sleeps or is overloaded: after `wall_seconds`
    raise `Stalled`. Code in the block that catches everything doesn't end the limit: what was raised first is raised
    again at the end of the block.

    Works by SIGPROF and SIGALRM, so it interrupts Python code and not a C function that never returns: for that one
    Celery's hard time limit kills the process, and the attempt counts. Outside the block nothing is raised: a signal
    that comes while C code ends the block (freeing a large tree takes a tenth of a second) is handled in `__exit__`.
    """

    def __init__(self, seconds: float, *, wall_seconds: float | None = None) -> None:
        self._seconds = {signal.SIGPROF: seconds, signal.SIGALRM: wall_seconds}
        self._reached: Rejected | Stalled | None = None
        self._is_on = False

    def __enter__(self) -> None:
        self._handlers = {number: signal.signal(number, self._stop) for number in _TIMERS}
        for number, seconds in self._seconds.items():
            if seconds is not None:
                # Again every second, for a library that catches everything it doesn't know.
                signal.setitimer(_TIMERS[number], seconds, 1.0)
        self._is_on = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._is_on = False
        for number, handler in self._handlers.items():
            signal.setitimer(_TIMERS[number], 0)
            signal.signal(number, handler)
        if self._reached is not None and error is not self._reached and (error is None or isinstance(error, Exception)):
            raise self._reached from error

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._reached = self._reached or self._what_was_reached(number)
        is_in_exit = frame is not None and frame.f_code is cpu_limit.__exit__.__code__
        if self._is_on and not is_in_exit:
            raise self._reached

    def _what_was_reached(self, number: int) -> Rejected | Stalled:
        seconds = self._seconds[signal.Signals(number)]
        if number == signal.SIGPROF:
            return Rejected("too_slow", f"reading took longer than {seconds:g} s (parse_seconds)")
        return Stalled(f"reading was not over after {seconds:g} s, for want of CPU time")
