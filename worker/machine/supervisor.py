"""Start, watch, restart and stop the processes of one machine.

Their log lines come in through pipes and are written twice: as columns to the terminal, and as JSON to a rotated file.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO, TextIO

from wiredesk.worker import events, logs
from wiredesk.worker.errors import UsageError
from wiredesk.worker.machine import services
from wiredesk.worker.machine.embedded import Server, die_with_parent
from wiredesk.worker.machine.services import Service
from wiredesk.worker.safe_text import mask_secrets

log = logging.getLogger(__name__)

MAX_FILE_BYTES = 20_000_000
OLD_FILES = 4
# A service that ends right after its start is started again after 1, 2, 4 … seconds, so that its fault can be read.
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
SOUND_AFTER_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 25.0
_WATCH_SECONDS = 0.2


# The steps of an item are in the file; the terminal shows its outcome.
_FILE_ONLY = frozenset(
    (
        events.SUBMISSION_ACCEPTED,
        events.FOLDER_TAKEN,
        events.DOCUMENT_ISSUED,
        events.DOCUMENT_TAKEN,
        events.DOCUMENT_READ,
        events.DOCUMENTS_FILED,
        events.PAGE_FETCHED,
        events.PAGE_POSTPONED,
        events.PAGE_REFUSED,
        events.FEED_POLLED,
        events.FEED_POSTPONED,
    )
)
# Outcomes that the terminal shows one by one in a minute; the rest of them are in the sum at its end.
_SHOWN_A_MINUTE = 20
_MINUTE_SECONDS = 60.0


class _LogFile(RotatingFileHandler):
    """The rotated file. What `logging` would report with a traceback for each line is kept as `trouble`."""

    trouble: BaseException | None = None

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the name that logging calls)
        self.trouble = sys.exception()


class Journal:
    """Where log lines go: JSON into `<folder>/wiredesk.jsonl`, columns to `terminal`. Safe to use from threads.

    The terminal shows warnings, outcomes up to `_SHOWN_A_MINUTE`, and after each minute in which items arrived a line
    that sums them up.
    """

    def __init__(self, folder: Path, terminal: TextIO, level: events.Level) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = _LogFile(folder / "wiredesk.jsonl", maxBytes=MAX_FILE_BYTES, backupCount=OLD_FILES)
        self._said_trouble_at = float("-inf")
        self._terminal: TextIO | None = terminal
        self._colour = terminal.isatty()
        self._lock = threading.Lock()
        self._minute_began = time.monotonic()
        self._outcomes: Counter[str] = Counter()
        self.ready: set[str] = set()
        logs.configure("json", level, stream=_JournalStream(self), service="up")

    def write(self, text: str, service: str = "") -> None:
        line = logs.parse(text)
        if line is None:
            # A process that can't even start says so in plain text.
            said = mask_secrets(text.rstrip())
            line = {"at": _now(), "level": "warning", "event": events.OUTPUT, "service": service, "message": said}
            text = logs.encode(line)
        elif line.get("event") in (events.WORKER_READY, events.BEAT_STARTED, events.WEB_READY):
            self.ready.add(service)
        with self._lock:
            self._file.emit(logging.makeLogRecord({"msg": text}))
            self._say_trouble()
            if self._is_for_terminal(line):
                self._show(logs.columns(line, colour=self._colour))

    def _say_trouble(self) -> None:
        """Say once a minute that lines can't be kept: the disk is full, as a rule."""
        trouble, self._file.trouble = self._file.trouble, None
        if trouble is not None and time.monotonic() - self._said_trouble_at >= _MINUTE_SECONDS:
            self._said_trouble_at = time.monotonic()
            self._show(
                f"can't write the log, lines are lost until this is mended: {trouble} ({self._file.baseFilename})"
            )

    def sum_up(self) -> None:
        """Show the line of a minute that is over; call it often."""
        with self._lock:
            now = time.monotonic()
            if now - self._minute_began < _MINUTE_SECONDS:
                return
            if self._outcomes.total() > _SHOWN_A_MINUTE:
                names = ("created", "revised", "repeated", "rejected")
                said = ", ".join(f"{self._outcomes[name]:,} {name}" for name in names if self._outcomes[name])
                self._show(f"{datetime.now().astimezone():%H:%M:%S}        in a minute: {said}")
            self._minute_began, self._outcomes = now, Counter()

    def _is_for_terminal(self, line: logs.Line) -> bool:
        event = line.get("event")
        if event == events.ITEM_OUTCOME:
            self._outcomes[str(line.get("outcome"))] += 1
            return self._outcomes.total() <= _SHOWN_A_MINUTE
        return event not in _FILE_ONLY or line.get("level") in ("warning", "error")

    def say(self, text: str) -> None:
        """Write for the person at the terminal only."""
        with self._lock:
            self._show(text)

    def close(self) -> None:
        self._file.close()

    def _show(self, text: str) -> None:
        if self._terminal is None:
            return
        try:
            print(text, file=self._terminal, flush=True)
        except OSError:  # the terminal is closed; the services run on, and the log file has all lines
            self._terminal = None


class _JournalStream:
    """A stream for a logging handler: lines of this process are written as those of the services."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def write(self, text: str) -> int:
        if text.strip():
            self._journal.write(text.rstrip("\n"), "up")
        return len(text)

    def flush(self) -> None:
        pass


@dataclass(slots=True)
class _Child:
    """One service, over its restarts."""

    service: Service
    process: subprocess.Popen[str]
    started_at: float
    pause_seconds: float = FIRST_PAUSE_SECONDS
    restart_at: float | None = None


StartServer = Callable[[int], Server]  # on that port; 0 means any


@dataclass(slots=True)
class Machine:
    """Servers and services that run together. `environment` is that of the services."""

    journal: Journal
    environment: Mapping[str, str]
    processes: Mapping[str, int] = field(default_factory=dict)
    servers: list[tuple[Server, StartServer]] = field(default_factory=list)
    _children: list[_Child] = field(default_factory=list)

    def start_server(self, start: StartServer, port: int = 0) -> Server:
        server = start(port)
        self.servers.append((server, start))
        return server

    def start_services(self, wanted: Iterable[Service]) -> None:
        """Start these services. Call from the main thread: they end with the thread that started them."""
        for service in wanted:
            self._children.append(_Child(service, self._spawn(service), time.monotonic()))

    @property
    def is_ready(self) -> bool:
        return all(child.service.name in self.journal.ready for child in self._children)

    def watch(self, stopping: threading.Event, on_ready: Callable[[], None]) -> None:
        """Restart what ends, until `stopping` is set; `on_ready` is called once, when all of them work."""
        told = False
        while not stopping.wait(_WATCH_SECONDS):
            self.journal.sum_up()
            self._mend_servers()
            for child in self._children:
                self._mend(child)
            if not told and self.is_ready:
                told = True
                on_ready()

    def stop(self, hurry: threading.Event) -> None:
        """Stop services, beat first, then Redis, then PostgreSQL. Once `hurry` is set they are killed."""
        for child in sorted(self._children, key=lambda child: child.service.kind != "beat"):
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
        for child in self._children:
            while child.process.poll() is None:
                if hurry.is_set() or time.monotonic() > deadline:
                    log.warning(events.SERVICE_KILLED, extra={"service": child.service.name})
                    child.process.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.process.wait(0.05)
        for server, _ in reversed(self.servers):
            server.stop()

    def _mend(self, child: _Child) -> None:
        now = time.monotonic()
        if child.restart_at is not None:
            if now >= child.restart_at:
                child.restart_at = None
                child.process, child.started_at = self._spawn(child.service), now
                log.info(events.SERVICE_RESTARTED, extra={"service": child.service.name, "pid": child.process.pid})
            return
        if child.process.poll() is None:
            return
        self.journal.ready.discard(child.service.name)
        if now - child.started_at >= SOUND_AFTER_SECONDS:
            child.pause_seconds = FIRST_PAUSE_SECONDS
        log.error(
            events.SERVICE_ENDED,
            extra={
                "service": child.service.name,
                "ending": ending(child.process.returncode),
                "again_in_seconds": child.pause_seconds,
            },
        )
        child.restart_at = now + child.pause_seconds
        child.pause_seconds = min(child.pause_seconds * 2, LONGEST_PAUSE_SECONDS)

    def _mend_servers(self) -> None:
        for position, (server, start) in enumerate(self.servers):
            if server.is_running():
                continue
            log.error(events.SERVICE_ENDED, extra={"service": server.name, "ending": ending(server.process.returncode)})
            try:
                # The same port, because the services know it.
                self.servers[position] = (start(server.port), start)
            except UsageError as error:
                log.error(events.SERVER_LOST, extra={"service": server.name, "error": str(error)})
                time.sleep(FIRST_PAUSE_SECONDS)
                continue
            log.info(events.SERVICE_RESTARTED, extra={"service": server.name, "pid": self.servers[position][0].pid})

    def _spawn(self, service: Service) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # noqa: S603 (our own command)
            services.command(service, processes=self.processes.get(service.name, 0)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=services.environment(self.environment),
            process_group=0,  # Ctrl-C reaches us only, and we stop them in order
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        assert process.stdout is not None
        threading.Thread(target=self._relay, args=(process.stdout, service.name), daemon=True).start()
        return process

    def _relay(self, lines: IO[str], service: str) -> None:
        with lines:
            for text in lines:
                # Celery's remarks on our SIGTERM ("worker: Hitting Ctrl+C again …") are meant for its own terminal.
                if text.strip() and not text.startswith("worker: "):
                    self.journal.write(text.rstrip("\n"), service)


def ending(returncode: int | None) -> str:
    """The end of a process, in words."""
    if returncode is not None and returncode < 0:
        try:
            return f"killed by {signal.Signals(-returncode).name}"
        except ValueError:
            return f"killed by signal {-returncode}"
    return f"exit code {returncode}"


@contextlib.contextmanager
def stop_signals() -> Iterator[tuple[threading.Event, threading.Event]]:
    """Two events: the first Ctrl-C (or SIGTERM, or a closed terminal) sets `stopping`, the second sets `hurry`."""
    stopping, hurry = threading.Event(), threading.Event()

    def on_signal(number: int, _frame: object) -> None:
        if stopping.is_set() and number == signal.SIGINT:
            hurry.set()
        stopping.set()

    watched = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, on_signal) for number in watched}
    try:
        yield stopping, hurry
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
