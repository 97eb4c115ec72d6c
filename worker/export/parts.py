"""An export: a folder of parts and a manifest; after a kill the same command continues it.

A part is written under a hidden name, hashed, renamed, and then named in the manifest. After a kill the last part that
is not in the manifest is written anew. Articles are read by a cursor of the server, in batches, from one snapshot of
the database, so memory stays the same however many there are.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec
import psycopg

from wiredesk.worker.db import Connection
from wiredesk.worker.errors import UsageError
from wiredesk.worker.export.formats import FORMATS, Writer
from wiredesk.worker.store import reading, selection
from wiredesk.worker.store.records import ArticleRecord
from wiredesk.worker.store.selection import START, Selection, Span

MANIFEST = "manifest.json"
_BATCH = 200


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The selection and the format of an export; only the same request continues it."""

    format: str
    selection: Selection
    span: Span
    articles_per_file: int


class Part(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file of an export: its path in the folder, its articles, its size, and its SHA-256 in hexadecimal.

    `last_day` and `last_article_id` are the place of its last article in the order of the export.
    """

    file: str
    articles: int
    bytes: int
    sha256: str
    last_day: date
    last_article_id: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`manifest.json`. Everything that changed after `cursor` is in the next export with `--since-cursor` of it."""

    request: Request
    started_at: datetime
    finished_at: datetime | None
    cursor: int
    articles: int
    files: tuple[Part, ...]

    @property
    def position(self) -> tuple[date, int]:
        """The day and id of the last article."""
        return (self.files[-1].last_day, self.files[-1].last_article_id) if self.files else START


def begin(connection: Connection, request: Request, folder: Path) -> Manifest:
    """The manifest of the export in `folder`, which is begun or continued. Raises `UsageError` for another one's."""
    path = folder / MANIFEST
    if path.exists():
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except msgspec.DecodeError as error:
            raise UsageError(f"{path} is no manifest of an export: {error}") from None
        if manifest.request != request:
            raise UsageError(f"{folder} holds an export with other options; name another folder")
        return manifest
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty, and holds no {MANIFEST}; name another folder")
    # Before the snapshot of the articles: what changes in between is in this export and in the next one.
    cursor = reading.last_cursor(connection)
    manifest = Manifest(
        request=request, started_at=datetime.now(UTC), finished_at=None, cursor=cursor, articles=0, files=()
    )
    _write(folder, manifest)
    return manifest


def export(
    connection: Connection, manifest: Manifest, folder: Path, on_articles: Callable[[int], object] = lambda _: None
) -> Manifest:
    """Write the parts that the manifest lacks; the finished manifest. `on_articles` gets the number of each batch."""
    if manifest.finished_at is not None:
        return manifest
    request = manifest.request
    with _snapshot(connection):
        part: _OpenPart | None = None
        for day, articles in _batches(connection, request.selection, request.span, manifest.position):
            for article in articles:
                if part is not None and (part.day != day or part.articles >= request.articles_per_file):
                    manifest, part = _finish(folder, manifest, part), None
                if part is None:
                    part = _OpenPart(folder, request, day, number=len(manifest.files) + 1)
                part.write(article)
            on_articles(len(articles))
        if part is not None:
            manifest = _finish(folder, manifest, part)
    manifest = msgspec.structs.replace(manifest, finished_at=datetime.now(UTC))
    _write(folder, manifest)
    return manifest


def stream(
    connection: Connection,
    request: Request,
    file: BinaryIO,
    on_articles: Callable[[int], object] = lambda _: None,
) -> int:
    """Write everything to one file that can't be continued, such as standard output; the number of articles."""
    writer = FORMATS[request.format].writer(file)
    count = 0
    with _snapshot(connection):
        for _, articles in _batches(connection, request.selection, request.span, START):
            for article in articles:
                writer.write(article)
            count += len(articles)
            on_articles(len(articles))
    writer.close()
    file.flush()
    return count


def _snapshot(connection: Connection) -> AbstractContextManager[object]:
    """A transaction in which every query sees the database as it was at its start."""
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    return connection.transaction()


def _batches(
    connection: Connection, wanted: Selection, span: Span, after: tuple[date, int]
) -> Iterator[tuple[date, list[ArticleRecord]]]:
    """Articles of one day each, in order."""
    ids: list[int] = []
    current = START[0]
    for day, article_id in selection.selected(connection, wanted, span, after=after):
        if ids and (day != current or len(ids) >= _BATCH):
            yield current, reading.article_records(connection, ids)
            ids = []
        current = day
        ids.append(article_id)
    if ids:
        yield current, reading.article_records(connection, ids)


class _OpenPart:
    """The part that is being written."""

    def __init__(self, folder: Path, request: Request, day: date, *, number: int) -> None:
        form = FORMATS[request.format]
        name = f"articles-{number:05}{form.suffix}"
        self.name = f"day={day}/{name}" if request.span.by_day else name
        self.path = folder / self.name
        self.hidden = self.path.with_name(f".{self.path.name}.part")
        self.path.parent.mkdir(exist_ok=True)
        self.file = self.hidden.open("w+b")
        self.writer: Writer = form.writer(self.file)
        self.day = day
        self.articles = 0
        self.last_article_id = 0

    def write(self, article: ArticleRecord) -> None:
        self.writer.write(article)
        self.articles += 1
        self.last_article_id = article.article_id

    def close(self) -> Part:
        self.writer.close()
        self.file.flush()
        os.fsync(self.file.fileno())
        size = self.file.seek(0, os.SEEK_END)
        self.file.seek(0)
        digest = hashlib.file_digest(self.file, "sha256").hexdigest()
        self.file.close()
        self.hidden.replace(self.path)
        return Part(
            file=self.name,
            articles=self.articles,
            bytes=size,
            sha256=digest,
            last_day=self.day,
            last_article_id=self.last_article_id,
        )


def _finish(folder: Path, manifest: Manifest, part: _OpenPart) -> Manifest:
    done = part.close()
    manifest = msgspec.structs.replace(
        manifest, files=(*manifest.files, done), articles=manifest.articles + done.articles
    )
    _write(folder, manifest)
    return manifest


def _write(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest as a whole."""
    begun = folder / f".{MANIFEST}.part"
    with begun.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    begun.replace(folder / MANIFEST)
