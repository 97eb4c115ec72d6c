"""Handing in over HTTP: messages of requests that come at the same time share a transaction."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec

from wiredesk.worker import db
from wiredesk.worker.errors import Rejected
from wiredesk.worker.inbox import intake
from wiredesk.worker.inbox.intake import BATCH, Checked, Receipt, Unread
from wiredesk.worker.news.values import urls
from wiredesk.worker.settings import Settings
from wiredesk.worker.web.access import Caller

MAX_LINES = 10_000


@dataclass(slots=True)
class _Waiting:
    """The messages of one request, and who waits for their receipts."""

    lines: Sequence[bytes]
    caller: Caller
    key: str | None
    receipts: asyncio.Future[list[Receipt]]


class Submitter:
    """One writer for a process: it takes the submissions that came during the last transaction."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: list[_Waiting] = []
        self._came = asyncio.Event()

    async def submit(self, lines: Sequence[bytes], caller: Caller, *, key: str | None = None) -> list[Receipt]:
        """A receipt for each message, in order, once all of them are committed.

        `key` is the key of a message that names none. Raises `Transient` where PostgreSQL is away: then some of many
        may be committed, and handing in the same messages with the same keys again is safe.
        """
        waiting = _Waiting(lines, caller, key, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._came.set()
        return await waiting.receipts

    async def run(self) -> None:
        """Store what comes, until it is cancelled."""
        while True:
            await self._came.wait()
            self._came.clear()
            while batch := self._next_batch():
                try:
                    receipts = await asyncio.to_thread(self._store, batch)
                except Exception as error:  # noqa: BLE001 (each waiting request answers with it)
                    for waiting in batch:
                        if not waiting.receipts.done():
                            waiting.receipts.set_exception(error)
                    continue
                for waiting, own in zip(batch, receipts, strict=True):
                    if not waiting.receipts.done():  # its caller may have gone
                        waiting.receipts.set_result(own)

    def _next_batch(self) -> list[_Waiting]:
        """Requests with `BATCH` messages together, or one with more."""
        count, number = 0, 0
        for waiting in self._waiting:
            if number and count + len(waiting.lines) > BATCH:
                break
            count += len(waiting.lines)
            number += 1
        batch, self._waiting = self._waiting[:number], self._waiting[number:]
        return batch

    def _store(self, batch: Sequence[_Waiting]) -> list[list[Receipt]]:
        now = datetime.now(UTC)
        checked = [self._check(line, waiting, now) for waiting in batch for line in waiting.lines]
        receipts: list[Receipt] = []
        with db.connected(self._settings.database_url) as connection:
            for start in range(0, len(checked), BATCH):
                receipts += intake.store(connection, checked[start : start + BATCH], channel="http")
        found = iter(receipts)
        return [[next(found) for _ in waiting.lines] for waiting in batch]

    def _check(self, line: bytes, waiting: _Waiting, now: datetime) -> Checked:
        limit, caller = self._settings.max_submission_bytes, waiting.caller
        message: intake.Message = line
        if waiting.key is not None or caller.source is not None:
            message = _completed(line, waiting.key, caller.source)
        return replace(intake.check(message, max_content_bytes=limit, now=now), token=caller.name)


def _completed(line: bytes, key: str | None, source: str | None) -> intake.Message:
    """A message with the request's key and the token's source where it names none; refused where it names others."""
    decoded: object = None
    with contextlib.suppress(ValueError, RecursionError, msgspec.MsgspecError):
        decoded = msgspec.json.decode(line)
    if not isinstance(decoded, dict):
        return line
    given = {"key": decoded.get("key"), "source": decoded.get("source")}
    if key is not None and given["key"] is None:
        decoded["key"] = key
    elif key is not None and given["key"] != key:
        return Unread(
            line, Rejected("wrong_key", "key: not that of the header Idempotency-Key"), intake.key_in(decoded)
        )
    if source is not None and given["source"] is None:
        decoded["source"] = source
    elif source is not None and _slug(given["source"]) != urls.source_slug(source):
        reason = Rejected("wrong_source", f"source: this token hands in for {source} only")
        return Unread(line, reason, intake.key_in(decoded))
    return decoded


def _slug(source: object) -> str:
    return urls.source_slug(source) if isinstance(source, str) else ""
