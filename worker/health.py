"""Whether a worker still works, seen from beside it: signs of life that it leaves in files, and what they mean.

A worker's parent that answers pings proves little: with all its children stopped it still answers. So there are two
signs: `alive`, from the parent's event loop as long as it reaches Redis, and `worked`, when a child ends a task. A
worker is well when its loop is alive, and nothing waits in its queues or it has ended a task lately.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import redis

# The event loop leaves a sign every 2 seconds; a reconnect to Redis may take some tries.
ALIVE_SECONDS = 45.0
_signs: dict[str, Path] = {}


def leave_signs_as(name: str) -> Callable[[], None]:
    """A function that leaves the sign `alive` of this process, under a name of its own."""
    _name(name)
    return lambda: _leave("alive")


def follow_celery() -> None:
    """Make the workers and the beat of this program leave their signs. Call where the app is made."""
    from celery import signals

    def name_worker(sender: object = None, **_: object) -> None:
        _name(str(sender).partition("@")[0])
        _leave("worked")  # the time for the first task counts from here

    def name_beat(**_: object) -> None:
        _name("beat")
        signals.after_task_publish.connect(sent, weak=False)

    def alive(**_: object) -> None:
        _leave("alive")

    def worked(**_: object) -> None:
        _leave("worked")

    def sent(**_: object) -> None:
        _leave("alive")

    signals.celeryd_init.connect(name_worker, weak=False)
    signals.beat_init.connect(name_beat, weak=False)
    signals.heartbeat_sent.connect(alive, weak=False)
    signals.task_postrun.connect(worked, weak=False)


def complaint(service: str, queues: Sequence[str], redis_url: str, *, patience_seconds: float) -> str:
    """The fault of the service of that name on this machine, or nothing.

    `patience_seconds` is how long work may wait in its queues while it ends no task: more than its longest task takes.
    """
    alive = _age_seconds(service, "alive")
    if alive is None or alive > ALIVE_SECONDS:
        return f"{service} gave no sign of life " + ("yet" if alive is None else f"for {alive:.0f} s")
    if not queues:
        return ""
    worked = _age_seconds(service, "worked")
    if worked is not None and worked <= patience_seconds:
        return ""
    import redis  # a third of a second to load, and most of this program's processes only leave signs

    try:
        with redis.Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=5) as client:
            waiting = sum(waiting_messages(client, queue) for queue in queues)
    except redis.RedisError as error:
        return f"{service} can't reach Redis: {error}"
    if waiting:
        return f"{service} ended no task for {worked or 0:.0f} s while {waiting} wait in {', '.join(queues)}"
    return ""


def waiting_messages(client: redis.Redis, queue: str) -> int:
    """How many messages wait in a queue, of all priorities: Celery keeps a list in Redis for each."""
    return sum(int(client.llen(f"{queue}\x06\x16{step}" if step else queue)) for step in (0, 3, 6, 9))


def _name(service: str) -> None:
    folder = _folder()
    folder.mkdir(mode=0o700, exist_ok=True)
    _signs.update({sign: folder / f"{service}.{sign}" for sign in ("alive", "worked")})


def _leave(sign: str) -> None:
    path = _signs.get(sign)
    if path is not None:
        try:
            path.touch()
        except OSError:  # a full or read-only disk must not stop the worker; the health check reports it
            return


def _age_seconds(service: str, sign: str) -> float | None:
    try:
        return time.time() - (_folder() / f"{service}.{sign}").stat().st_mtime
    except OSError:
        return None


def _folder() -> Path:
    return Path(tempfile.gettempdir()) / f"wiredesk-{os.getuid()}"
