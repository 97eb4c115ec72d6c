"""Replay: stored documents are read again with today's code, and what it makes of them is filed as such.

What an article's current revision was read from gives a revision `reread` where today's code reads something else; it
is no publisher's edit, fetches no page and moves no story; copies that come later are compared with its new text too.
What was rejected gets another chance. Nothing is taken away: what was filed and can't be read today stays as it is.
Documents stay closed, and a replay owns them by a token: one that dies leaves nothing behind, and of two the later one
wins.

What once killed a worker may do so again. `Replayer` therefore replays in a process of its own, and goes on without the
documents that kill it.
"""

from __future__ import annotations

import multiprocessing
import signal
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection as Pipe
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from wiredesk.worker import db
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected, Transient, WiredeskError
from wiredesk.worker.filing import ingest
from wiredesk.worker.filing.transaction import Arrival, Reread, file
from wiredesk.worker.news.model import Draft
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import articles, inbox
from wiredesk.worker.store.rows import as_json

What = Literal["reread", "filed", "known", "rejected", "lost", "poison", "past"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What today's code makes of one item of a stored document.

    `reread`: the current revision of an article reads otherwise; `fields` gives what was filed and what is read now.
    `filed`: it was rejected or not seen, and is an article. `known`: it was, and is an article that is filed already.
    `rejected`: for another reason than before. `lost`: it was filed and can't be read now; it stays filed.

    Two are about a whole document, number 0, which stays as it was. `poison`: reading it killed the process. `past`:
    nothing says any more what became of it, because outcomes are kept for `outcome_months`.
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

    It is started when it is needed and kept until the end of the `with` block, so that only a killer costs a start. It
    is spawned: a fork would share the parent's connection to PostgreSQL.
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
        """As `replay` does; what kills the process is `poison`, and the others are replayed without it.

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
            if not pipe.poll(None if reading is None else self._settings.task_seconds):
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
        """End the process, which has so long to end by itself; how it ended."""
        if self._process is None or self._pipe is None:
            return ""
        self._pipe.close()
        self._process.join(wait_seconds)
        self._process.kill()
        self._process.join()
        code = self._process.exitcode or 0
        self._process = self._pipe = None
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _killer(document_id: int | None, what: str) -> Difference:
    assert document_id is not None
    return Difference(document_id, 0, "poison", reason=str(Rejected("poison", f"reading it {what}")))


def _serve(pipe: Pipe, settings: Settings, dry_run: bool) -> None:
    """Answer batches with their differences until the pipe is closed; before that, say what is being read.

    A fault of the program ends it too, and its words are the last that is said.
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
    except Exception as fault:  # noqa: BLE001  (else its traceback would reach whoever typed the command)
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
    ledger: dict[int, list[dict[str, Any]]] = {}
    for row in inbox.ledger_of_documents(connection, [document.document_id for document in documents]):
        ledger.setdefault(row["document_id"], []).append(row)
    past = [Difference(d.document_id, 0, "past") for d in documents if d.document_id not in ledger]
    found: list[tuple[Arrival, Difference]] = []
    for document in documents:
        if document.document_id in ledger:
            begin(document.document_id)
            items = ingest.read(document, settings)
            found += _differences(connection, settings, items, ledger[document.document_id], now)
    begin(None)
    if not dry_run:
        _file(connection, settings, [a for a, d in found if d.what != "lost"], list(ledger), token)
    return past + [difference for _, difference in found]


def _file(
    connection: Connection, settings: Settings, arrivals: Sequence[Arrival], document_ids: Sequence[int], token: str
) -> None:
    outcomes = file(
        connection,
        arrivals,
        document_ids,
        token,
        complete=partial(ingest.complete, settings=settings),
        story_window=timedelta(days=settings.story_window_days),
        is_replay=True,
    )
    for outcome in outcomes:
        ingest.report(outcome)


def _differences(
    connection: Connection,
    settings: Settings,
    items: Sequence[Arrival],
    ledger: Sequence[dict[str, Any]],
    now: datetime,
) -> Iterator[tuple[Arrival, Difference]]:
    keys = {name.key for item in items if item.identity for name in item.identity.names}
    by_name = articles.articles_by_alias(connection, keys) if keys else {}
    before = {row["item_no"]: row for row in ledger}
    seen = {row["article_id"] for row in ledger if row["article_id"] is not None}
    # An entry that stands twice in a document made a revision once: the line that made it is the one to compare with.
    makers = {row["article_id"]: row for row in ledger if row["outcome"] in ("created", "revised")}
    same_count = len(items) == len(ledger)
    for item in items:
        item.wants_page, item.is_page, item.recheck_seconds = False, False, None
        line = before.get(item.item_no)
        names = item.identity.names if item.identity else ()
        article_ids = [by_name[name.key] for name in names if name.key in by_name]
        article_id = next((n for n in article_ids if n in seen), line["article_id"] if line and same_count else None)
        if not isinstance(item.item, Draft):
            difference = _unreadable(item, ledger, line)
        elif line is not None and (line["reason"] or "").startswith("elsewhere"):
            difference = None  # it was read well, and is not the article that was looked for
        elif article_id is not None:
            is_maker = article_id in makers and (not same_count or makers[article_id] is line)
            difference = _again(settings, item, makers.pop(article_id), now) if is_maker else None
        else:
            if line is not None and line["outcome"] != "rejected":
                item.item_no = max(before) + item.item_no  # another item has its line in the ledger
            if not article_ids:
                ingest.mark_up(item, settings)  # here, where it may kill the process, and not while filing
            what: What = "known" if article_ids else "filed"
            difference = Difference(
                item.document_id, item.item_no, what, next(iter(article_ids), None), headline=item.item.headline
            )
        if difference is not None:
            yield item, difference


def _unreadable(item: Arrival, ledger: Sequence[dict[str, Any]], before: Mapping[str, Any] | None) -> Difference | None:
    """An item, or a document as a whole (number 0), that today's code rejects."""
    reason = str(item.item)
    was_filed = [row for row in ledger if row["article_id"] is not None]
    if before is not None and before["outcome"] == "rejected":
        changed = before["reason"] != reason
        return Difference(item.document_id, item.item_no, "rejected", reason=reason) if changed else None
    if item.item_no == 0 and not was_filed:
        return None  # its items were rejected one by one
    article_id = before["article_id"] if before is not None else None
    return Difference(item.document_id, item.item_no, "lost", article_id, reason=reason)


def _again(settings: Settings, item: Arrival, row: Mapping[str, Any], now: datetime) -> Difference | None:
    """An item whose article is known: what reads otherwise, where the current revision was read from it."""
    if row["revision_no"] is None:
        return None
    ingest.mark_up(item, settings)
    assert isinstance(item.item, Draft)
    read = _as_stored(item.item)
    fields = {name: (row[name], value) for name, value in read.items() if row[name] != value}
    if not fields:
        return None
    has_new_text = not fields.keys().isdisjoint(("headline", "body_text"))
    item.reread = Reread(row["article_id"], row["revision_no"], now, has_new_text)
    return Difference(
        item.document_id,
        item.item_no,
        "reread",
        row["article_id"],
        row["revision_no"],
        item.item.headline,
        None,
        fields,
    )


def _as_stored(draft: Draft) -> dict[str, Any]:
    """A draft as `ledger_of_documents` gives the revision that was made of it."""
    published, dateline = draft.published, draft.dateline
    texts: dict[str, Any] = {
        "headline": draft.headline,
        "byline": draft.byline,
        "description": draft.description,
        "body_text": draft.body_text,
        "language": draft.language,
        "canonical_url": draft.canonical_url,
        "published_precision": published.precision if published else "unknown",
        "published_source": published.source if published else None,
        "section": draft.section,
        "dateline_text": dateline.text if dateline else None,
        "dateline_place": dateline.place if dateline else None,
        "dateline_agency": dateline.agency if dateline else None,
        "dateline_agency_text": dateline.agency_text if dateline else None,
        "agency": draft.agency,
        "agency_source": draft.agency_source,
        "flags": list(dict.fromkeys((*draft.flags, "teaser") if draft.teaser else draft.flags)),
        "authors": [(a.name, a.role, a.source) for a in draft.authors],
        "tags": draft.tags,
        "media": [(m.url, m.kind, m.media_type, m.caption, m.width, m.height) for m in draft.media],
        "quotes": [(q.text, q.start, q.end, q.speaker, q.speaker_source, q.cue, q.kind) for q in draft.quotes],
        "mentions": [(m.kind, m.text, m.name, m.start, m.end, m.count) for m in draft.mentions],
    }
    stored: dict[str, Any] = msgspec.json.decode(as_json([texts]))[0]  # without what text columns can't hold
    return stored | {
        "published_at": published.at if published else None,
        "published_zone_known": published.zone_known if published else None,
        "published_offset_minutes": published.offset_minutes if published else None,
        "modified_at": draft.modified.at if draft.modified else None,
        "dateline_date": dateline.date if dateline else None,
    }
