"""The formats, by name: the ending of their files and their writers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from wiredesk.worker.export import jsonl, jsonld, ninjs, nitf, table
from wiredesk.worker.store.records import ArticleRecord


class Writer(Protocol):
    """Writes articles to a file that it does not close; `close` writes the rows that are still buffered."""

    def write(self, article: ArticleRecord) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Format:
    """How files of a format end, and their writer."""

    suffix: str
    writer: Callable[[BinaryIO], Writer]


def _parquet(file: BinaryIO) -> Writer:
    from wiredesk.worker.export import parquet  # needs an extra

    return parquet.Writer(file)


FORMATS = {
    "jsonl": Format(".jsonl", jsonl.Writer),
    "parquet": Format(".parquet", _parquet),
    "csv": Format(".csv", table.Writer),
    "ninjs": Format(".ninjs.jsonl", lambda file: jsonl.Writer(file, ninjs.item)),
    "jsonld": Format(".jsonld.jsonl", lambda file: jsonl.Writer(file, jsonld.news_article)),
    "nitf": Format(".nitf.zip", nitf.Writer),
}
