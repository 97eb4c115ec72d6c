"""Replay: stored documents are read again with today's code, and the differences are filed.

The document of an article's current revision gives a revision of the kind `reread` where today's code reads it
differently. That is not an edit of the publisher: it fetches no page and moves no story, but later copies are compared
with its text too. Rejected items are tried again. An item that was filed and can't be read today stays filed. Documents
stay closed, and a replay leases them with a token: an interrupted one changes nothing, and of two the later one wins.

A document that killed a worker may do so again. `Replayer` therefore replays in a process of its own, and goes on
without the documents that kill it.
"""

from __future__ import annotations

import multiprocessing
import signal
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected, Transient, WiredeskError
from wiredesk.worker.filing import ingest
from wiredesk.worker.filing.decide import Filed
from wiredesk.worker.filing.items import Arrival, Item, Refused, Reread, report
from wiredesk.worker.filing.marking import complete
from wiredesk.worker.filing.rows import RevisionRows, revision_rows
from wiredesk.worker.filing.transaction import Batch, file_batch
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import articles, inbox
from wiredesk.worker.store.records import FiledItem
from wiredesk.worker.store.rows import as_json

What = Literal["reread", "filed", "known", "rejected", "lost", "poison", "past"]


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between what was filed of one item and what today's code reads.

    `reread`: the current revision of an article reads otherwise; `fields` gives what was filed and what is read now.
    `filed`: it was rejected or not seen, and is an article. `known`: it was, and is an article that is filed already.
    `rejected`: for another reason than before. `lost`: it was filed and can't be read now; it stays filed.

    Two are about a whole document, number 0, which stays as it was. `poison`: reading it killed the process. `past`:
    its outcomes are deleted, because they are kept for `outcome_months`.
    """

    document_id: int
    item_no: int
    what: What
    article_id: int | None = None
    revision_no: int | None = None
    headline: str | None = None
    reason: str | None = None
    fields: Mapping[str, tuple[Any, Any]] | None = None


class Replayer:
    """Replays batches in a process that documents may kill, by a fault or by taking longer than `task_seconds`.

    It is started when needed and kept until the end of the `with` block, or until a document kills it. It is spawned:
    a fork would share the parent's connection to PostgreSQL.
    """

    def __init__(self, settings: Settings, *, dry_run: bool) -> None:
        self._settings = settings
        self._dry_run = dry_run
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Pipe | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._end()

    def replay(self, document_ids: Sequence[int]) -> list[Difference]:
        """As `replay` does; a document that kills the process is `poison`, and the others are replayed without it.

        Raises what `replay` raises, and `Transient` when the process ends while it reads no document.
        """
        wanted, killers = list(document_ids), list[Difference]()
        while wanted:
            answer = self._ask(wanted)
            if not isinstance(answer, Difference):
                return sorted([*answer, *killers], key=lambda difference: difference.document_id)
            killers.append(answer)
            wanted.remove(answer.document_id)
        return killers

    def _ask(self, document_ids: Sequence[int]) -> list[Difference] | Difference:
        """The differences, or the document that killed the process."""
        pipe = self._pipe or self._start()
        with suppress(BrokenPipeError):  # it ended since the last batch: the answer says so
            pipe.send(document_ids)
        reading: int | None = None
        while True:
            if not pipe.poll(None if reading is None else self._settings.task_seconds) and reading is not None:
                self._end(wait_seconds=0)
                return _killer(reading, f"was not over after {self._settings.task_seconds:g} s (task_seconds)")
            try:
                said: list[Difference] | WiredeskError | str | int | None = pipe.recv()
            except (EOFError, ConnectionResetError):
                said = self._end()
            if isinstance(said, str):
                self._end()
                if reading is None:
                    raise Transient(f"the process that replays ended by itself ({said})")
                return _killer(reading, f"killed its process ({said})")
            if isinstance(said, WiredeskError):
                raise said
            if isinstance(said, list):
                return said
            reading = said

    def _start(self) -> Pipe:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, other = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(other, self._settings, self._dry_run), daemon=True)
        self._process.start()
        other.close()  # so that the end of the process is the end of the pipe
        return self._pipe

    def _end(self, *, wait_seconds: float = 1.0) -> str:
        """End the process, and kill it when it does not end in time; how it ended."""
        if self._process is None or self._pipe is None:
            return ""
        self._pipe.close()
        self._process.join(wait_seconds)
        self._process.kill()
        self._process.join()
        code = self._process.exitcode or 0
        self._process = self._pipe = None
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _killer(document_id: int, what: str) -> Difference:
    return Difference(document_id, 0, "poison", reason=str(Rejected("poison", f"reading it {what}")))


def _serve(pipe: Pipe, settings: Settings, dry_run: bool) -> None:
    """Answer batches with their differences until the pipe is closed; before each document, send its id.

    An unexpected error ends the process too; its message is the last answer.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
    try:
        with db.alone(settings.require_database()) as connection:
            while True:
                ids = pipe.recv()
                now = datetime.now(UTC)
                pipe.send(replay(connection, settings, ids, now=now, dry_run=dry_run, begin=pipe.send))
    except (EOFError, BrokenPipeError):
        return
    except WiredeskError as error:
        pipe.send(error)
    except Exception as fault:  # noqa: BLE001  (its traceback must not reach the user)
        pipe.send(f"{type(fault).__name__}: {fault}")


def replay(
    connection: Connection,
    settings: Settings,
    document_ids: Iterable[int],
    *,
    now: datetime,
    dry_run: bool,
    begin: Callable[[int | None], object] = lambda document_id: None,
) -> list[Difference]:
    """Read closed documents again and file what differs, in one transaction; a dry run stores nothing.

    `begin` is told each document before it is read, and None when all are.
    """
    token = str(uuid.uuid4())
    if not dry_run:
        inbox.lease_closed(connection, document_ids, token)
    documents = inbox.stored_documents(connection, document_ids)
    ledger: dict[int, list[FiledItem]] = {}
    for row in inbox.filed_items(connection, [document.document_id for document in documents]):
        ledger.setdefault(row.document_id, []).append(row)
    past = [Difference(d.document_id, 0, "past") for d in documents if d.document_id not in ledger]
    found: list[tuple[Item, Difference]] = []
    for document in documents:
        if document.document_id in ledger:
            begin(document.document_id)
            items = ingest.read(document, settings).items
            found += _differences(connection, settings, items, ledger[document.document_id], now)
    begin(None)
    if not dry_run:
        batch = Batch(
            items=tuple(item for item, difference in found if difference.what != "lost"),
            document_ids=tuple(ledger),
            token=token,
            is_replay=True,
        )
        for outcome in file_batch(connection, settings, batch).outcomes:
            report(outcome)
    return past + [difference for _, difference in found]


def _differences(
    connection: Connection, settings: Settings, items: Sequence[Item], ledger: Sequence[FiledItem], now: datetime
) -> Iterator[tuple[Item, Difference]]:
    """The items that today's code reads differently, as they are to be filed."""
    keys = {one.key for item in items if isinstance(item, Arrival) for one in item.identity.aliases}
    by_alias = articles.articles_by_alias(connection, keys)
    before = {row.item_no: row for row in ledger}
    seen = {row.article_id for row in ledger if row.article_id is not None}
    # Of an entry that a document holds twice, one made the revision: it is compared with the row of that one.
    makers = {row.article_id: row for row in ledger if row.outcome in ("created", "revised")}
    same_count = len(items) == len(ledger)
    for item in items:
        row = before.get(item.at.item_no)
        if isinstance(item, Refused):
            if (refusal := _refusal(item, ledger, row)) is not None:
                yield item, refusal
            continue
        if row is not None and (row.reason or "").startswith("elsewhere"):
            continue  # it was read, and is another article than the re-checked one
        arrival = replace(item, wants_page=False, is_page=False, recheck_seconds=None)
        article_ids = [by_alias[one.key] for one in item.identity.aliases if one.key in by_alias]
        article_id = next((n for n in article_ids if n in seen), row.article_id if row and same_count else None)
        if article_id is not None:
            is_maker = article_id in makers and (not same_count or makers[article_id] is row)
            if is_maker and (reread := _reread(complete(arrival, settings), makers.pop(article_id), now)) is not None:
                yield reread
            continue
        if row is not None and row.outcome != "rejected":  # another item has its row among the outcomes
            arrival = replace(arrival, at=replace(arrival.at, item_no=max(before) + arrival.at.item_no))
        if not article_ids:
            arrival = complete(arrival, settings)  # here, where it may kill the process, and not while filing
        what: What = "known" if article_ids else "filed"
        yield (
            arrival,
            Difference(
                arrival.at.document_id,
                arrival.at.item_no,
                what,
                next(iter(article_ids), None),
                headline=arrival.draft.headline,
            ),
        )


def _refusal(item: Refused, ledger: Sequence[FiledItem], before: FiledItem | None) -> Difference | None:
    """An item, or a document as a whole (number 0), that today's code rejects."""
    at, reason = item.at, str(item.rejected)
    was_filed = any(row.article_id is not None for row in ledger)
    if before is not None and before.outcome == "rejected":
        changed = before.reason != reason
        return Difference(at.document_id, at.item_no, "rejected", reason=reason) if changed else None
    if at.item_no == 0 and not was_filed:
        return None  # its items were rejected one by one
    article_id = before.article_id if before is not None else None
    return Difference(at.document_id, at.item_no, "lost", article_id, reason=reason)


def _reread(item: Arrival, row: FiledItem, now: datetime) -> tuple[Item, Difference] | None:
    """An item of a filed article, with the differences, where the current revision was read from it."""
    if row.article_id is None or row.revision is None:
        return None
    filed = Filed(item, row.article_id, row.revision.revision_no, None, None)
    read, stored = _compared(revision_rows(filed)), _compared(row)
    fields = {name: (stored[name], value) for name, value in read.items() if stored[name] != value}
    if not fields:
        return None
    has_new_text = not fields.keys().isdisjoint(("headline", "body_text"))
    reread = Reread(row.article_id, row.revision.revision_no, now, has_new_text)
    difference = Difference(
        item.at.document_id,
        item.at.item_no,
        "reread",
        row.article_id,
        row.revision.revision_no,
        headline=item.draft.headline,
        fields=fields,
    )
    return replace(item, reread=reread), difference


# Columns that filing sets and reading does not, and measures that change while their inputs do not.
_NOT_COMPARED = (
    "article_id revision_no observed_at document_id change_kind share_changed language_confidence word_count "
    "content_sha256 meaning_sha256 evidence"
).split()
_PARTS = ("authors", "tags", "subjects", "media", "quotes", "mentions")


def _compared(rows: RevisionRows | FiledItem) -> dict[str, Any]:
    """The columns of a revision and its parts, as they are stored: without what text columns can't hold."""
    parts = {name: getattr(rows, name) for name in _PARTS}
    columns: dict[str, Any] = msgspec.json.decode(as_json([{"revision": rows.revision, **parts}]))[0]
    found = {name: value for name, value in columns["revision"].items() if name not in _NOT_COMPARED}
    found["flags"] = list(dict.fromkeys(found["flags"]))
    for name in _PARTS:
        found[name] = [[row[column] for column in row if column not in _KEYS] for row in columns[name]]
    found["tags"] = [tag for (tag,) in found["tags"]]
    return found


_KEYS = ("article_id", "revision_no", "ordinal")
