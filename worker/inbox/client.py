"""Submitting articles from Python.

from wiredesk.client import Desk

with Desk() as desk:
    receipts = desk.submit([{"content": text, "source": "Example Press", "key": "42"}])
    for outcome in desk.outcomes(receipts):
        print(outcome.outcome, outcome.article_id)
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from wiredesk.worker import db
from wiredesk.worker.errors import Transient
from wiredesk.worker.inbox import intake
from wiredesk.worker.inbox.intake import BATCH, Message, Receipt
from wiredesk.worker.settings import Settings, load
from wiredesk.worker.store import reading
from wiredesk.worker.store.records import Channel, ItemOutcome

# How often `outcomes` asks: quickly at first, because idle workers file a submission in a tenth of a second.
_FIRST_POLL_SECONDS, _LONGEST_POLL_SECONDS = 0.02, 0.25


class Desk:
    """A connection to the inbox. `settings`: else the environment's, or those of a `wiredesk up` in this folder."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or load()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.connection = self._stack.enter_context(db.alone(self.settings.require_database()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._stack.__exit__(kind, error, trace)  # so that what PostgreSQL raised is said in our words

    def submit(self, messages: Sequence[Message], *, channel: Channel = "client") -> list[Receipt]:
        """Hand in `submit_article.v1` messages; a receipt for each, in order, once all of them are committed.

        Raises `Transient` when the database is away: then nothing of the last batch was accepted, and handing in the
        same messages with the same keys again is safe. Batches of `BATCH` messages are one transaction each.
        """
        receipts: list[Receipt] = []
        for start in range(0, len(messages), BATCH):
            receipts += intake.accept(
                self.connection,
                messages[start : start + BATCH],
                channel=channel,
                max_content_bytes=self.settings.max_submission_bytes,
            )
        return receipts

    def outcomes(self, receipts: Iterable[Receipt], *, timeout_seconds: float | None = None) -> Iterator[ItemOutcome]:
        """The outcome of each item of these submissions, as they are finished. Raises `Transient` at the timeout."""
        waiting = {receipt.submission_id for receipt in receipts}
        give_up_at = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        wait_seconds = _FIRST_POLL_SECONDS
        while waiting:
            # A bounded question, oldest first: they are finished in about this order.
            asked = sorted(waiting)[:2_000]
            finished = reading.finished_submissions(self.connection, asked)
            if finished:
                waiting -= finished
                yield from reading.outcomes_of_submissions(self.connection, sorted(finished))
                wait_seconds = _FIRST_POLL_SECONDS
            if len(finished) == len(asked):
                continue
            if give_up_at is not None and time.monotonic() > give_up_at:
                raise Transient(
                    f"{len(waiting):,} submissions are not finished after {timeout_seconds:g} s; they still will be"
                )
            time.sleep(wait_seconds)
            wait_seconds = min(wait_seconds * 1.5, _LONGEST_POLL_SECONDS)
