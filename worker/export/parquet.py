"""Parquet, with parts as lists of structs. Needs pyarrow: `pip install 'wiredesk[export]'`."""

from __future__ import annotations

import types
import typing
from datetime import datetime
from typing import Any, BinaryIO

import msgspec

from wiredesk.worker.errors import UsageError
from wiredesk.worker.store.records import ArticleRecord

try:
    import pyarrow as arrow
    from pyarrow import parquet
except ImportError:
    raise UsageError("Parquet needs pyarrow: pip install 'wiredesk[export]'") from None

# A row group is kept in memory until it is written.
_GROUP_ROWS = 5_000
_GROUP_CHARACTERS = 16_000_000
_SCALARS = {
    str: arrow.string(),
    int: arrow.int64(),
    float: arrow.float64(),
    bool: arrow.bool_(),
    datetime: arrow.timestamp("us", tz="UTC"),
}


def _type(hint: Any) -> arrow.DataType:
    """The column type of a field: scalars, tuples of one type, and records."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (hint,) = (one for one in typing.get_args(hint) if one is not type(None))
    if typing.get_origin(hint) is tuple:
        return arrow.list_(_type(typing.get_args(hint)[0]))
    if hint in _SCALARS:
        return _SCALARS[hint]
    return arrow.struct([arrow.field(name, _type(inner)) for name, inner in typing.get_type_hints(hint).items()])


SCHEMA = arrow.schema([arrow.field(name, _type(hint)) for name, hint in typing.get_type_hints(ArticleRecord).items()])


class Writer:
    """Writes row groups of up to 5,000 articles, compressed with zstd."""

    def __init__(self, file: BinaryIO) -> None:
        self._writer = parquet.ParquetWriter(file, SCHEMA, compression="zstd")
        self._rows: list[Any] = []
        self._characters = 0

    def write(self, article: ArticleRecord) -> None:
        self._rows.append(msgspec.to_builtins(article, builtin_types=(datetime,)))
        self._characters += len(article.body_text)
        if len(self._rows) >= _GROUP_ROWS or self._characters >= _GROUP_CHARACTERS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(arrow.Table.from_pylist(self._rows, schema=SCHEMA))
        self._rows, self._characters = [], 0
