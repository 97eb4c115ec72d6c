"""One record for the rows of a table: its fields are the columns that the query of the same line takes, in their order.

`tests/store/test_records.py` compares each record with the column list of its query. Hashes are in hexadecimal, as JSON
carries them; times are aware.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

Need = Literal["fetch", "ingest"]
Origin = Literal["submission", "feed", "page", "recheck"]
Channel = Literal["cli", "client", "stream", "task"]
OutcomeKind = Literal["created", "revised", "repeated", "rejected"]


class SubmissionKeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incoming submission with a key (`repeat_submissions`)."""

    submission_id: int
    source: str
    key: str
    digest: str
    received_at: datetime


class SubmissionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `submission` (`add_submissions`). `known` is what the submitter said beside the content.

    `refusal` is why the message broke the contract: its key is then no version of that key.
    """

    submission_id: int
    channel: Channel
    source: str = ""
    key: str | None = None
    version: int = 1
    digest: str
    delivery: str | None = None
    submitter: str | None = None
    received_at: datetime
    known: dict[str, Any] = msgspec.field(default_factory=dict)
    refusal: str | None = None


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `document` (`add_documents`). `due_at` None: due at once."""

    document_id: int
    origin: Origin
    needs: Need = "ingest"
    body_sha256: str | None = None
    body_bytes: int = 0
    media_type: str | None = None
    url: str | None = None
    feed_id: int | None = None
    submission_id: int | None = None
    received_at: datetime
    lane: UUID | None = None
    context: dict[str, Any] = msgspec.field(default_factory=dict)
    due_at: datetime | None = None


class FetchedRow(msgspec.Struct, frozen=True, kw_only=True):
    """The body that was fetched for a document (`store_fetched`)."""

    document_id: int
    body_sha256: str
    body_bytes: int
    media_type: str | None
    url: str | None


class PostponedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A document to be fetched later (`postpone_documents`). `counts`: the attempt counts."""

    document_id: int
    wait_seconds: float
    reason: str
    counts: bool


class ClosingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is done, with the number of its outcomes (`finish_documents`)."""

    document_id: int
    created: int = 0
    revised: int = 0
    repeated: int = 0
    rejected: int = 0
    reason: str | None = None


class OutcomeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `outcome` (`add_outcomes`, `amend_outcomes`). `item_no` 0 is the document itself."""

    received_at: datetime
    document_id: int
    item_no: int
    origin: Origin
    feed_id: int | None = None
    submission_id: int | None = None
    url: str | None = None
    key: str | None = None
    headline: str | None = None
    outcome: OutcomeKind
    reason: str | None = None
    article_id: int | None = None
    revision_no: int | None = None
