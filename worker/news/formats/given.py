"""The argument of a format's reader, and the results that are not drafts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.model import Draft


@dataclass(frozen=True, slots=True)
class Given:
    """A document to be read.

    `media_type` is as declared, parameters included; `max_bytes` bounds what it, and each of its parts, unpacks to.
    """

    body: bytes
    received_at: datetime
    media_type: str | None = None
    max_bytes: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """A document within a package.

    `name` is for people; `received_at` is when it was seen, where the package says so.
    """

    body: bytes
    name: str
    media_type: str | None = None
    url: str | None = None
    received_at: datetime | None = None


Found = Iterator[Draft | Rejected | Part]
