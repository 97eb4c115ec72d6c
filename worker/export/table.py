"""CSV: one row for each article. Lists of records are JSON in their cell; names and tags are joined by `; `."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import BinaryIO

import msgspec

from wiredesk.worker.export.jsonl import iso_time
from wiredesk.worker.store.records import ArticleRecord

# `evidence` is for people who look at one article; it would be half of the file.
_LEFT_OUT = frozenset(("evidence", "dateline"))
_DATELINE = ("text", "place", "date", "agency", "agency_text")
_JOINED = {"authors", "tags", "flags"}
COLUMNS = (
    *(name for name in ArticleRecord.__struct_fields__ if name not in _LEFT_OUT),
    *(f"dateline_{name}" for name in _DATELINE),
)


class Writer:
    """Writes the names of the columns, then a row for each article."""

    def __init__(self, file: BinaryIO) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
        self._rows = csv.writer(self._text, lineterminator="\n")
        self._rows.writerow(COLUMNS)

    def write(self, article: ArticleRecord) -> None:
        cells = [
            _cell(name, getattr(article, name)) for name in ArticleRecord.__struct_fields__ if name not in _LEFT_OUT
        ]
        line = article.dateline
        self._rows.writerow(cells + [getattr(line, name) if line is not None else None for name in _DATELINE])

    def close(self) -> None:
        self._text.detach()


def _cell(name: str, value: object) -> object:
    if name in _JOINED and isinstance(value, tuple):
        return "; ".join(one if isinstance(one, str) else one.name for one in value)
    if isinstance(value, tuple):
        return msgspec.json.encode(value).decode() if value else None
    if isinstance(value, datetime):
        return iso_time(value)
    return ("true" if value else "false") if isinstance(value, bool) else value
