"""The limits of reading: CPU time for a document, and the clock only as the outer guard."""

from __future__ import annotations

import ctypes
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from operator import methodcaller
from typing import Any

import pytest
from newsroom import FERRY, entry, file_waiting, hand_in, rss, show_feed, values

from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected
from wiredesk.worker.filing import ingest
from wiredesk.worker.filing.deadline import Stalled, cpu_limit
from wiredesk.worker.news import read
from wiredesk.worker.settings import Settings


def sleep() -> None:
    """Let time pass and use none of the CPU: a machine that is suspended or overloaded."""
    time.sleep(1.0)


def burn() -> None:
    """Use the CPU until something ends it."""
    while True:
        pass


@pytest.fixture
def hard(settings: Settings) -> Settings:
    """Half a second of CPU time for a document, and 2.25 s by the clock."""
    return replace(settings, parse_seconds=0.5, task_seconds=5.0)


def reading_as(monkeypatch: pytest.MonkeyPatch, first: Callable[[], None]) -> None:
    """From now on `first` runs before each document is read."""
    read_whole = read.read_whole

    def slowly(document: read.Document) -> Any:
        first()
        return read_whole(document)

    monkeypatch.setattr(ingest, "read_whole", slowly)


def documents(connection: Connection) -> list[Any]:
    return values(connection, "SELECT state, attempts FROM wiredesk.document ORDER BY document_id")


def test_time_that_passes_on_the_wall_is_no_work(
    connection: Connection, hard: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading_as(monkeypatch, sleep)
    hand_in(connection, {"content": FERRY, "key": "k"})
    assert [outcome.outcome for outcome in file_waiting(hard)] == ["created"]


def test_work_without_end_is_too_slow(connection: Connection, hard: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    reading_as(monkeypatch, burn)
    hand_in(connection, {"content": FERRY, "key": "k"})
    (outcome,) = file_waiting(hard)
    assert (outcome.outcome, outcome.reason) == (
        "rejected", "too_slow: reading took longer than 0.5 s (parse_seconds)",
    )  # fmt: skip


def test_a_document_that_a_machine_had_no_time_for_is_read_later(
    connection: Connection, hard: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the outer guard it is given back, without an attempt, and filed once the machine is awake again."""
    hand_in(connection, {"content": FERRY, "key": "k"})
    with monkeypatch.context() as asleep:
        reading_as(asleep, lambda: time.sleep(60))
        assert file_waiting(hard) == []
    assert documents(connection) == [("waiting", 0)]
    assert values(connection, "SELECT count(*) FROM wire_v1.outcomes") == [0]
    connection.execute("UPDATE wiredesk.document SET due_at = now()")
    assert [outcome.outcome for outcome in file_waiting(hard)] == ["created"]
    assert documents(connection) == [("done", 1)]


@pytest.mark.parametrize(("spend", "state"), [(lambda: time.sleep(60), "waiting"), (burn, "done")])
def test_a_limit_that_is_reached_within_one_entry_is_the_documents(
    connection: Connection, hard: Settings, monkeypatch: pytest.MonkeyPatch, spend: Callable[[], None], state: str
) -> None:
    """What reads an entry catches every fault of it, but a limit is none: no entry is rejected for it alone."""
    finish = read._finish
    spent: list[str] = []

    def finish_slowly(draft: Any, *arguments: Any, **named: Any) -> Any:
        if not spent:
            spent.append(draft.headline)
            spend()
        return finish(draft, *arguments, **named)

    monkeypatch.setattr(read, "_finish", finish_slowly)
    show_feed(connection, "https://harbour.example/feed.xml", rss(*(entry(n) for n in range(1, 4))))
    found = [(one.at.item_no, one.reason) for one in file_waiting(hard)]
    too_slow = (0, "too_slow: reading took longer than 0.5 s (parse_seconds)")
    assert found == ([] if state == "waiting" else [too_slow])
    assert [one for one, _ in documents(connection)] == [state]


@pytest.mark.parametrize(
    ("limits", "spend", "reached"),
    [
        ({"seconds": 0.2}, burn, Rejected),
        ({"seconds": 5.0, "wall_seconds": 0.2}, lambda: time.sleep(60), Stalled),
    ],
)
@pytest.mark.parametrize("fault", [None, ValueError("of a library")])
def test_a_library_that_catches_everything_does_not_end_the_limit(
    limits: dict[str, float], spend: Callable[[], None], reached: type[Exception], fault: Exception | None
) -> None:
    with pytest.raises(reached), cpu_limit(**limits):
        try:
            spend()
        except Exception:  # noqa: BLE001
            if fault is not None:
                raise fault from None


class SignalFromC:
    """Reading `comes` sends SIGPROF from C code: Python sees it at the next call, as after freeing a large tree."""

    send = staticmethod(partial(ctypes.CDLL(None)["raise"], signal.SIGPROF))
    comes = property(methodcaller("send"))


def test_a_signal_at_the_end_of_the_block_ends_the_limit() -> None:
    before = signal.getsignal(signal.SIGPROF)
    end = SignalFromC()
    with pytest.raises(Rejected, match="too_slow"), cpu_limit(30.0, wall_seconds=60.0):
        _ = end.comes
    assert signal.getitimer(signal.ITIMER_PROF) == signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGPROF) == before
