"""One record for the rows of a table: its fields are the columns that the query of the same line takes, in their order.

`tests/store/test_records.py` compares each record with the column list of its query. Hashes are in hexadecimal, as JSON
carries them; times are aware.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from wiredesk.worker.news.polls.state import State

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


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A page that can't be had, with the reason of its rejection (`refuse_documents`)."""

    document_id: int
    reason: str


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


# ---- feeds


class NewFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed to be added. `folders` are those around it, the outermost first."""

    url: str
    source: str | None = None
    title: str | None = None
    folders: tuple[str, ...] = ()
    full_text: str | None = None
    recheck_ladder: tuple[float, ...] | None = None
    verify_tls: bool = True


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as people look at it. `articles` counts those that it has shown."""

    feed_id: int
    url: str
    source: str | None
    title: str | None
    folders: tuple[str, ...]
    state: str
    full_text: str | None
    recheck_ladder: tuple[float, ...] | None
    verify_tls: bool
    added_at: datetime
    next_fetch_at: datetime
    interval_seconds: float | None
    interval_reason: str | None
    etag: str | None
    last_modified: str | None
    fetched_at: datetime | None
    succeeded_at: datetime | None
    changed_at: datetime | None
    last_status: int | None
    last_error: str | None
    failures: float
    postponed: str | None
    schedule: State = State()
    leased: bool
    articles: int


class FeedToPoll(msgspec.Struct, frozen=True, kw_only=True):
    """A leased feed. `is_urgent` is true for a first poll, and for one that a person asked for."""

    feed_id: int
    url: str
    etag: str | None
    last_modified: str | None
    body_sha256: bytes | None
    schedule: State = State()
    verify_tls: bool
    is_urgent: bool


class PollRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a poll found. `has_answer` says that `etag` and `last_modified` replace those of the row."""

    feed_id: int
    fetched_at: datetime
    next_fetch_at: datetime
    interval_seconds: float
    interval_reason: str
    failures: float
    schedule: State
    last_status: int | None = None
    last_error: str | None = None
    succeeded_at: datetime | None = None
    changed_at: datetime | None = None
    has_answer: bool = False
    etag: str | None = None
    last_modified: str | None = None
    body_sha256: str | None = None


class Postponement(msgspec.Struct, frozen=True, kw_only=True):
    """A poll that waits for the budget of its host, and was not made."""

    feed_id: int
    wait_seconds: float
    postponed: str


class LessonRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the document of the poll at `fetched_at` taught."""

    feed_id: int
    fetched_at: datetime
    next_fetch_at: datetime
    interval_seconds: float
    interval_reason: str
    failures: float
    last_error: str | None
    schedule: State


class LearningFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed whose last document has been read."""

    feed_id: int
    url: str
    schedule: State = State()


class FetchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the fetch log. `error` is null where a feed or page came, or was not modified."""

    fetched_at: datetime
    feed_id: int | None = None
    document_id: int | None = None
    url: str
    final_url: str | None = None
    status: int | None = None
    address: str | None = None
    wire_bytes: int | None = None
    body_bytes: int | None = None
    seconds: float | None = None
    sent_etag: str | None = None
    error: str | None = None


class RefusedPage(msgspec.Struct, frozen=True, kw_only=True):
    """A fetched page that was read and is no article. `fetched_at` is about when, `error` why it was refused."""

    feed_id: int
    document_id: int
    fetched_at: datetime
    error: str


class EntryCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries the document of a poll had, and how many of them were new."""

    feed_id: int
    fetched_at: datetime
    entries: int
    new_entries: int
