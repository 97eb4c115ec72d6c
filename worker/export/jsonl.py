"""JSON Lines: one line of JSON for each article, with all its parts, and the helpers of the other formats."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, BinaryIO

import msgspec

from wiredesk.worker.store.records import ArticleRecord


class Writer:
    """Writes each article as one line, as `convert` makes it."""

    def __init__(self, file: BinaryIO, convert: Callable[[ArticleRecord], Any] = lambda article: article) -> None:
        self._file = file
        self._convert = convert
        self._encoder = msgspec.json.Encoder()

    def write(self, article: ArticleRecord) -> None:
        self._file.write(self._encoder.encode(self._convert(article)) + b"\n")

    def close(self) -> None:
        """No row is buffered."""


def without_empty(values: dict[str, Any]) -> dict[str, Any]:
    """The values without nulls, empty texts and empty lists."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def iso_time(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return moment.isoformat().replace("+00:00", "Z") if moment is not None else None
