"""Log lines: one JSON object for machines, or columns for people, both from the same fields.

    log = logging.getLogger(__name__)
    log.info(events.FEED_POLLED, extra={"feed_id": 7, "status": 200})  # an event and its fields, never a sentence
    with logs.bound(document_id=9): ...                                # every line inside carries document_id
    logs.step(events.DOCUMENT_READ, document, seconds=0.1)             # a step of a document, with its ids
    logs.outcome("rejected", reason="too_large", document_id=9)        # one line for each item

`worker/events.py` is the table of events and fields. Field names are those of the database (`feed_id`, `article_id`),
`…_ids` for several. A line of a task also carries `task_id`, `task` and `queue`. Secrets are masked in every text. The
same warning is written once a minute; writing a line never raises.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from io import IOBase
from types import MappingProxyType
from typing import Any, Literal, Protocol

import msgspec

from wiredesk.worker import events, health, metrics
from wiredesk.worker.errors import Transient, WiredeskError
from wiredesk.worker.events import Level
from wiredesk.worker.safe_text import escape_json, mask_secrets, printable

Format = Literal["json", "columns"]
Line = Mapping[str, Any]


class Writable(Protocol):
    """Where lines can be written to: each `write` is one line with its newline."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


class Item(Protocol):
    """A document as the inbox gives it to a worker."""

    @property
    def document_id(self) -> int: ...
    @property
    def submission_id(self) -> int | None: ...
    @property
    def key(self) -> str | None: ...
    @property
    def feed_id(self) -> int | None: ...
    @property
    def url(self) -> str | None: ...
    @property
    def origin(self) -> str: ...
    @property
    def attempts(self) -> int: ...


MAX_TEXT_CHARACTERS = 2_000
# A warning equal to one of the last minute is counted and not written; the next one that is written has the count.
REPEAT_SECONDS = 60.0
HEADLINE_COLUMNS = 60

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_ITEM_FIELDS = ("document_id", "submission_id", "key", "feed_id", "url", "origin", "attempts")
_encoder = msgspec.json.Encoder(enc_hook=str)
# Lines with one of these fields are never left out as repetitions.
_ABOUT_ONE = frozenset(("document_id", "submission_id", "feed_id", "service", "server"))
_SERVERS = frozenset(("redis", "kombu", "amqp", "psycopg", "psycopg_pool"))
_AWAY = frozenset(("ConnectionError", "OperationalError", "TimeoutError", "BusyLoadingError", "PoolTimeout"))
_CHATTY = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.beat",
    "celery.utils.functional",
    "celery.worker.consumer.consumer",
    "celery.worker.request",
    "celery.worker.strategy",
    "htmldate",
    "trafilatura",
)
_NOTHING: Mapping[str, object] = MappingProxyType({})
_fields: ContextVar[Mapping[str, object]] = ContextVar("wiredesk_log_fields", default=_NOTHING)
_log = logging.getLogger("wiredesk")
_service = ""


def bind(**fields: object) -> None:
    """Put `fields` on every line of this task or thread until `clear`."""
    _fields.set({**_fields.get(), **fields})


def clear() -> None:
    _fields.set(_NOTHING)


@contextlib.contextmanager
def bound(**fields: object) -> Iterator[None]:
    """Put `fields` on every line written inside."""
    token = _fields.set({**_fields.get(), **fields})
    try:
        yield
    finally:
        _fields.reset(token)


def outcome(outcome: str, *, reason: str | None = None, headline: str | None = None, **ids: object) -> None:
    """Write the one line of an arriving item: `created`, `revised`, `repeated`, or `rejected` with a reason.

    `ids` are what there is of `article_id`, `revision_no`, `story_id`, `feed_id`, `submission_id`, `document_id`,
    `source`, `url`, `detail`.
    """
    level = logging.WARNING if outcome == "rejected" else logging.INFO
    if not _log.isEnabledFor(level):
        return
    known = {name: value for name, value in ids.items() if value is not None}
    _log.log(level, events.ITEM_OUTCOME, extra={"outcome": outcome, "reason": reason, "headline": headline, **known})


def step(event: str, item: Item, *, level: Level = "info", **fields: object) -> None:
    """Write the line of one step of an item, with those of its ids that the event lists."""
    number = logging.getLevelNamesMapping()[level.upper()]
    if _log.isEnabledFor(number):
        listed = events.DESCRIPTIONS[event].fields
        ids = {name: getattr(item, name) for name in _ITEM_FIELDS if name in listed}
        _log.log(number, event, extra={name: value for name, value in (ids | fields).items() if value is not None})


def seconds_since(moment: datetime) -> float:
    return max(0.0, (datetime.now(UTC) - moment).total_seconds())


def configure(
    log_format: Format = "json",
    level: Level = "info",
    stream: Writable | None = None,
    service: str = "",
    count_in: str = "",
) -> None:
    """Make this process write to `stream` (standard error) and nowhere else. May be called again.

    `count_in` is the URL of the Redis in which the lines are counted (`metrics`), also those below `level`.
    """
    global _service
    _service = service or _service
    handler = logging.StreamHandler(stream or sys.__stderr__)
    handler.setFormatter(
        JsonFormatter() if log_format == "json" else ColumnsFormatter(colour=_is_terminal(handler.stream))
    )
    handler.addFilter(_Repeats())
    logging.raiseExceptions = False  # else a full disk or a closed pipe prints a traceback for each line
    root = logging.getLogger()
    handler.setLevel(level.upper())
    root.handlers[:] = [handler]
    if count_in:
        root.addHandler(metrics.Recorder(count_in))
    root.setLevel(min(handler.level, logging.INFO) if count_in else handler.level)
    chatty = logging.DEBUG if level == "debug" else logging.WARNING
    # Celery's lines for each tick, message and finished task are left out: the lines of outcomes say more.
    for name in _CHATTY:
        logging.getLogger(name).setLevel(chatty)
    logging.getLogger("celery.app.trace").setLevel(logging.CRITICAL)  # `task.failed` says it, with its ids


def follow_celery(log_format: Format, level: Level, *, task_seconds: float, count_in: str) -> None:
    """Take Celery's logging over: its own lines and those of its tasks go through here; and leave signs of life.

    Call it where the app is made. `task_seconds` is the limit of a task; one that takes half of it is slow.
    """
    # Only a worker needs Celery, and a command line that parses one file should not pay for loading it.
    from billiard.util import get_logger as billiard_logger
    from celery import signals

    def set_up(**_: object) -> None:
        configure(log_format, level, count_in=count_in)
        # The pool's own messages (a child was killed) go to a logger that does not propagate.
        pool = billiard_logger()
        pool.handlers[:] = logging.getLogger().handlers
        pool.setLevel(logging.DEBUG if level == "debug" else logging.ERROR)

    def name_service(sender: object = None, **_: object) -> None:
        global _service
        _service = str(sender).partition("@")[0]

    began = 0.0

    def begin(task_id: str = "", task: Any = None, **_: object) -> None:
        nonlocal began
        began = time.monotonic()
        clear()
        delivery = task.request.delivery_info or {}
        bind(task_id=task_id, task=task.name, queue=delivery.get("routing_key"))
        _log.debug(events.TASK_STARTED)

    def end(state: str = "", **_: object) -> None:
        seconds = time.monotonic() - began
        if seconds > task_seconds / 2:
            _log.warning(events.TASK_SLOW, extra={"seconds": seconds, "limit_seconds": task_seconds})
        elif state == "SUCCESS":
            _log.debug(events.TASK_ENDED, extra={"seconds": seconds})
        clear()

    def failed(exception: BaseException | None = None, **_: object) -> None:
        level = logging.WARNING if isinstance(exception, Transient) else logging.ERROR
        fault = (type(exception), exception, exception.__traceback__) if exception is not None else None
        _log.log(level, events.TASK_FAILED, exc_info=fault, extra={"seconds": time.monotonic() - began})

    def retried(reason: object = None, **_: object) -> None:
        _log.warning(events.TASK_RETRIED, extra={"reason": str(reason)})

    def ready(sender: Any = None, **_: object) -> None:
        queues = sorted(queue.name for queue in sender.task_consumer.queues)
        _log.info(events.WORKER_READY, extra={"queues": queues})

    def stopped(**_: object) -> None:
        _log.info(events.WORKER_STOPPED)

    def beat_started(**_: object) -> None:
        global _service
        _service = "beat"
        _log.info(events.BEAT_STARTED)

    # The first warns of pickled messages, and only JSON is accepted; the second asks for a setting that is set.
    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    warnings.filterwarnings("ignore", message=r"\s*In Celery 5\.1 we introduced an optional breaking change")
    # weak=False: these functions have no other owner.
    signals.setup_logging.connect(set_up, weak=False)
    signals.celeryd_init.connect(name_service, weak=False)
    signals.task_prerun.connect(begin, weak=False)
    signals.task_postrun.connect(end, weak=False)
    signals.task_failure.connect(failed, weak=False)
    signals.task_retry.connect(retried, weak=False)
    signals.worker_ready.connect(ready, weak=False)
    signals.worker_shutdown.connect(stopped, weak=False)
    signals.beat_init.connect(beat_started, weak=False)
    health.follow_celery()


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON, the most telling fields first."""

    def format(self, record: logging.LogRecord) -> str:
        return encode(line_of(record))


class ColumnsFormatter(logging.Formatter):
    """A record as `columns` draws it."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        return columns(line_of(record), colour=self._colour)


def line_of(record: logging.LogRecord) -> dict[str, Any]:
    """The fields of a record: `at` (UTC), `level`, `event` or `message`, `service`, what is bound, and its own."""
    line: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
    }
    text = record.getMessage()
    is_event = not record.args and " " not in text and not record.name.startswith("celery")
    line["event"] = text if is_event else record.name.partition(".")[0]
    if not is_event:
        line["message"] = text
    if _service:
        line["service"] = _service
    line.update(_fields.get())
    line.update((name, value) for name, value in vars(record).items() if name not in _STANDARD and name != "data")
    if record.exc_info and record.exc_info[1] is not None:
        line["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        if not _is_foreseen(record.exc_info[1]):
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
    return {name: _shown(name, value) for name, value in line.items() if value is not None}


def _is_foreseen(error: BaseException) -> bool:
    """Whether the error is logged without a traceback: WiredeskError, OSError, and errors of an unreachable server."""
    library = type(error).__module__.partition(".")[0]
    is_away = library in _SERVERS and type(error).__name__ in _AWAY
    return isinstance(error, WiredeskError | OSError) or is_away


class _Repeats(logging.Filter):
    """Passes equal warnings once in `REPEAT_SECONDS`; lines with a field of `_ABOUT_ONE` and other levels always pass.

    Two warnings are the same when they come from one logger with one event or message template and one kind of error.
    """

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING or not vars(record).keys().isdisjoint(_ABOUT_ONE):
            return True
        kind = type(record.exc_info[1]).__name__ if record.exc_info else ""
        what = (record.name, str(record.msg)[:200], kind)
        now = time.monotonic()
        at, count = self._last.get(what, (-REPEAT_SECONDS, 0))
        if now - at < REPEAT_SECONDS:
            self._last[what] = (at, count + 1)
            return False
        if len(self._last) > 1_000:
            self._last.clear()
        self._last[what] = (now, 0)
        if count:
            record.repeated = count
        return True


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if not isinstance(value, str):
        return value
    masked = mask_secrets(value)
    if len(masked) > MAX_TEXT_CHARACTERS and name != "traceback":
        return f"{masked[:MAX_TEXT_CHARACTERS]}… ({len(masked)} characters)"
    return masked


def encode(line: Line) -> str:
    """A line as JSON, without the newline."""
    return escape_json(_encoder.encode(line).decode())


def parse(text: str) -> Line | None:
    """The fields of a JSON line, also behind the prefix that `docker compose logs` writes; None for any other line."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        line = json.loads(text[start:])
    except ValueError:
        return None
    return line if isinstance(line, dict) and "at" in line else None


_COLOURS = {"created": "32", "revised": "36", "repeated": "90", "rejected": "31", "warning": "33", "error": "31;1"}
_HEAD = ("at", "level", "event", "message", "service", "outcome", "reason", "headline", "error", "traceback", "detail")
# Fields that the columns leave out; the JSON lines have them.
_MACHINE = ("task_id", "task", "queue", "lease_token")


def columns(line: Line, *, colour: bool = False) -> str:
    """A line for people: time here, level when it matters, who, what, headline, why, and the ids."""
    level = str(line.get("level", ""))
    what = str(line.get("outcome") or line.get("event", ""))
    head = f"{_local_time(str(line['at']))}  {_mark(level):<5} {line.get('service', ''):<9} {what:<18}"
    if colour and (code := _COLOURS.get(what) or _COLOURS.get(level)):
        head = f"\x1b[{code}m{head}\x1b[0m"
    parts = [head]
    if headline := line.get("headline"):
        parts.append(f"“{_cut(_one_line(str(headline)), HEADLINE_COLUMNS)}”")
    if message := line.get("message"):
        parts.append(printable(str(message).rstrip().replace("\n", " ")))
    parts += [_one_line(str(line[name])) for name in ("reason", "detail", "error") if line.get(name)]
    ids = " ".join(
        f"{_shorter(name)}={in_words(value) if name.endswith('seconds') else _short(value)}"
        for name, value in line.items()
        if name not in _HEAD and name not in _MACHINE and value not in (None, "", [])
    )
    if ids:
        parts.append(f"\x1b[90m{ids}\x1b[0m" if colour else ids)
    text = "  ".join(parts)
    if trace := line.get("traceback"):
        text += "\n" + "\n".join(f"    {printable(row)}" for row in str(trace).splitlines())
    return text


def in_words(seconds: object) -> str:
    """A duration: `8ms`, `1.2s`, `3m20s`, `2h5m`, `3d4h`."""
    if not isinstance(seconds, int | float):
        return _short(seconds)
    if seconds < 1:
        return f"{seconds * 1000:.0f}ms"
    if seconds < 60:
        return f"{seconds:.1f}s"
    minutes, left = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m{left}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m" if hours < 24 else f"{hours // 24}d{hours % 24}h"


def _shorter(name: str) -> str:
    return {"seconds": "took"}.get(name, name.removesuffix("_id").removesuffix("_seconds"))


def _mark(level: str) -> str:
    return {"warning": "WARN", "error": "ERROR", "critical": "ERROR", "debug": "debug"}.get(level, "")


def _local_time(at: str) -> str:
    """Hours to seconds in the local zone, the date before it when it is not today's."""
    try:
        moment = datetime.fromisoformat(at).astimezone()
    except ValueError:
        return at[:19]
    today = datetime.now(UTC).astimezone().date()
    return f"{moment:%H:%M:%S}" if moment.date() == today else f"{moment:%Y-%m-%d %H:%M:%S}"


def _short(value: object) -> str:
    if isinstance(value, list):
        shown = ",".join(_one_line(str(item)) for item in value[:3])
        return shown if len(value) <= 3 else f"{shown},… ({len(value)})"
    if isinstance(value, float):
        return f"{value:.3g}"
    return _cut(_one_line(str(value)), 80)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))


def _is_terminal(stream: object) -> bool:
    return isinstance(stream, IOBase) and stream.isatty()
