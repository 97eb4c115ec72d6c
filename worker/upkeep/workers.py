"""The Celery workers that answer, and the tasks that they run now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kombu.exceptions import OperationalError
from redis import RedisError

from wiredesk.worker.app import make_app
from wiredesk.worker.settings import Settings

# Workers answer in a few milliseconds; one that has not by then is not shown.
_ANSWER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class RunningTask:
    """A task in progress; `started_at` is the clock of its worker, in seconds since 1970, null before it began."""

    worker: str
    name: str
    task_id: str
    started_at: float | None


@dataclass(frozen=True, slots=True)
class Workers:
    """Workers by name with the number of their processes, and the tasks in progress."""

    processes: Mapping[str, int]
    tasks: tuple[RunningTask, ...]


def workers(settings: Settings) -> Workers | None:
    """None where Redis can't be reached."""
    app = make_app(settings)
    try:
        inspect = app.control.inspect(timeout=_ANSWER_SECONDS)
        stats: dict[str, Any] = inspect.stats() or {}
        active: dict[str, Any] = inspect.active() or {}
    except (OperationalError, RedisError, OSError):
        return None
    finally:
        app.close()
    return Workers(
        {name: len(found.get("pool", {}).get("processes", ())) for name, found in sorted(stats.items())},
        tuple(_tasks(active)),
    )


def _tasks(active: Mapping[str, Any]) -> list[RunningTask]:
    return [
        RunningTask(worker, str(task.get("name")), str(task.get("id")), task.get("time_start"))
        for worker, found in sorted(active.items())
        for task in found
    ]
