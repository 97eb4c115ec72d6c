"""Counters of all processes, for Prometheus: log events are counted, and the sums kept in Redis.

Workers are forked and come and go, so no process can be asked for its own counters. Each adds what it counted to one
hash in Redis, once a second; the service web reads the hash. Labels have few values, so the hash stays small. Without
Redis what was counted in between is dropped.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import redis

from wiredesk.worker import events

KEY = "wiredesk:metrics"
_FLUSH_SECONDS = 1.0
# From a cached look-up to a fetch that is cut off.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_WAITS = frozenset(("waited_seconds",))

Line = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that an event is counted in. `seconds`: the field of a histogram; a counter has none.

    `labels` give the value of each label from the line's fields.
    """

    event: str
    name: str
    meaning: str
    labels: tuple[tuple[str, Callable[[Line], str]], ...] = ()
    seconds: str = ""


def _origin(line: Line) -> str:
    return "feed" if line.get("feed_id") is not None else "submission"


def _field(name: str) -> Callable[[Line], str]:
    return lambda line: str(line.get(name) or "")


def _status(line: Line) -> str:
    status = line.get("status")
    return f"{status // 100}xx" if isinstance(status, int) else "no_answer"


def _kind(kind: str) -> Callable[[Line], str]:
    return lambda _: kind


_FETCHES = ("wiredesk_fetches", "Fetches by kind and class of the answer.")
_FETCH = ("wiredesk_fetch_duration_seconds", "Duration of fetches, without the wait for the budget of the host.")
_WAIT = ("wiredesk_fetch_wait_seconds", "Wait of fetches for the budget of their host.")

METRICS: Sequence[Metric] = (
    Metric(
        events.ITEM_OUTCOME,
        "wiredesk_items",
        "Items by outcome and origin.",
        (("outcome", _field("outcome")), ("origin", _origin)),
    ),
    Metric(
        events.SUBMISSION_ACCEPTED,
        "wiredesk_submissions",
        "Submissions that services accepted, by channel.",
        (("channel", _field("channel")),),
    ),
    Metric(events.DOCUMENT_READ, "wiredesk_read_duration_seconds", "Duration of reading a document.", (), "seconds"),
    Metric(
        events.DOCUMENTS_FILED, "wiredesk_file_duration_seconds", "Duration of a filing transaction.", (), "seconds"
    ),
    Metric(
        events.DOCUMENT_TAKEN,
        "wiredesk_inbox_wait_seconds",
        "Time from receipt of a document until a worker took it.",
        (),
        "waited_seconds",
    ),
    Metric(events.FEED_POLLED, *_FETCHES, (("kind", _kind("feed")), ("class", _status))),
    Metric(events.FEED_FAILED, *_FETCHES, (("kind", _kind("feed")), ("class", _status))),
    Metric(events.PAGE_FETCHED, *_FETCHES, (("kind", _kind("page")), ("class", _status))),
    Metric(events.PAGE_REFUSED, *_FETCHES, (("kind", _kind("page")), ("class", _kind("refused")))),
    Metric(events.FEED_POLLED, *_FETCH, (("kind", _kind("feed")),), "seconds"),
    Metric(events.PAGE_FETCHED, *_FETCH, (("kind", _kind("page")),), "seconds"),
    Metric(events.FEED_POLLED, *_WAIT, (("kind", _kind("feed")),), "waited_seconds"),
    Metric(events.PAGE_FETCHED, *_WAIT, (("kind", _kind("page")),), "waited_seconds"),
    Metric(events.TASK_FAILED, "wiredesk_task_failures", "Celery tasks that failed."),
    Metric(events.WEB_REFUSED, "wiredesk_web_refusals", "Requests without the right that they need."),
)
_BY_EVENT: dict[str, list[Metric]] = {}
for _metric in METRICS:
    _BY_EVENT.setdefault(_metric.event, []).append(_metric)


class Cell(msgspec.Struct, frozen=True, array_like=True):
    """A field of the hash: a counter, or a part of a histogram: `sum`, `count`, or a bucket by its upper bound."""

    name: str
    labels: tuple[str, ...]
    part: str = ""


def cells(line: Line) -> list[tuple[Cell, float]]:
    """The increments of the hash that a log line gives."""
    added: list[tuple[Cell, float]] = []
    for metric in _BY_EVENT.get(str(line.get("event")), ()):
        labels = tuple(value(line) for _, value in metric.labels)
        if not metric.seconds:
            added.append((Cell(metric.name, labels), 1))
            continue
        seconds = line.get(metric.seconds)
        if not isinstance(seconds, int | float):
            continue
        bound = next((bound for bound in BUCKETS if seconds <= bound), None)
        added.append((Cell(metric.name, labels, "+Inf" if bound is None else repr(bound)), 1))
        added.append((Cell(metric.name, labels, "sum"), float(seconds)))
    return added


class Recorder(logging.Handler):
    """Counts the lines of this process, and of those that are forked from it, each in a buffer of its own."""

    def __init__(self, redis_url: str) -> None:
        super().__init__(logging.INFO)
        self._url = redis_url
        self._buffer: _Buffer | None = None

    def createLock(self) -> None:  # noqa: N802 (logging's name)
        """No lock: a child that is forked while another thread holds it would wait for ever."""
        self.lock = None

    def handle(self, record: logging.LogRecord) -> bool:
        """Without the lock, which Python 3.13 takes for granted."""
        wanted = bool(self.filter(record))
        if wanted:
            self.emit(record)
        return wanted

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg not in _BY_EVENT:
            return
        added = cells({"event": record.msg, **record.__dict__})
        if self._buffer is None or self._buffer.pid != os.getpid():
            self._buffer = _Buffer(self._url)
        self._buffer.add(added)


class _Buffer:
    """Counts of one process. Its thread adds them to Redis once a second while there are any."""

    def __init__(self, url: str) -> None:
        self.pid = os.getpid()
        self._lock = threading.Lock()
        self._counts: Counter[Cell] = Counter()
        self._client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
        self._timer: threading.Timer | None = None

    def add(self, added: Sequence[tuple[Cell, float]]) -> None:
        with self._lock:
            for cell, number in added:
                self._counts[cell] += number  # type: ignore[assignment]
            if self._timer is None:
                self._timer = threading.Timer(_FLUSH_SECONDS, self._flush)
                self._timer.daemon = True
                self._timer.start()

    def _flush(self) -> None:
        with self._lock:
            counts, self._counts, self._timer = self._counts, Counter(), None
        try:
            with self._client.pipeline(transaction=False) as pipe:
                for cell, number in counts.items():
                    pipe.hincrbyfloat(KEY, msgspec.json.encode(cell).decode(), number)
                pipe.execute()
        except redis.RedisError:
            return
