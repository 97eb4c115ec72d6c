"""Killing a process between two steps: for programs that tests run by `python -c`, in processes of their own."""

from __future__ import annotations

import os
import signal
from typing import Any


def kill_at(owner: Any, attribute: str, moment: str, number: int) -> None:
    """Kill this process by SIGKILL `moment` ("before" or "after") the call of that number of `owner.attribute`."""
    original, calls = getattr(owner, attribute), 0

    def killing(*arguments: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if (moment, calls) == ("before", number):
            os.kill(os.getpid(), signal.SIGKILL)
        done = original(*arguments, **more)
        if (moment, calls) == ("after", number):
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    setattr(owner, attribute, killing)
