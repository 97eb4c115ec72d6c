"""Items on their way from a document to an outcome."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from wiredesk.worker import events, logs
from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.compare.fingerprint import Fingerprint
from wiredesk.worker.news.compare.identity import Identity
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.values import text, urls
from wiredesk.worker.news.values.sites import site_of
from wiredesk.worker.store.records import Origin, OutcomeKind

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Provenance:
    """The document and number of an item, and its origin. `item_no` counts from 1; 0 is the document as a whole.

    Of a page that is fetched again `recheck_of` is the article that it should show. `showing` is set where the document
    holds only the new entries of a poll: the number of that poll.
    """

    document_id: int
    item_no: int
    origin: Origin
    received_at: datetime
    feed_id: int | None = None
    submission_id: int | None = None
    key: str | None = None
    url: str | None = None
    recheck_of: int | None = None
    showing: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """An item, or a document as a whole, that can't be filed.

    A page that was fetched for the full text of the article `page_of` and is not an article is fetched again after
    `recheck_seconds`.
    """

    at: Provenance
    rejected: Rejected
    page_of: int | None = None
    recheck_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Reread:
    """The revision that a stored document gave, and the time at which the document is read again.

    `has_new_text` is false where headline and body read as before: the stored fingerprint still holds.
    """

    article_id: int
    revision_no: int
    at: datetime
    has_new_text: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """An item that was read.

    `publisher` is the name of its source. `is_marked_up` is true once the draft is complete; then `fingerprint` is that
    of its text, by which its story is found, or null where none could be made. `wants_page`: the page at its address is
    fetched once it is filed. `is_page`: its address answered with it; it is fetched again after `recheck_seconds`.
    `reread` is set where today's code reads a stored document differently from what was filed. `digest` stands for the
    bytes of a feed's entry (`shown`), where they can be told from the rest of the document.
    """

    at: Provenance
    draft: Draft
    identity: Identity
    publisher: str
    is_marked_up: bool = False
    fingerprint: Fingerprint | None = None
    wants_page: bool = False
    is_page: bool = False
    recheck_seconds: float | None = None
    reread: Reread | None = None
    digest: bytes | None = None


Item = Arrival | Refused


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one item. `change_kind` is that of the revision it made."""

    item: Item
    outcome: OutcomeKind
    reason: str | None = None
    article_id: int | None = None
    revision_no: int | None = None
    change_kind: str | None = None

    @property
    def at(self) -> Provenance:
        return self.item.at

    @property
    def draft(self) -> Draft | None:
        return self.item.draft if isinstance(self.item, Arrival) else None

    @property
    def headline(self) -> str | None:
        return self.item.draft.headline if isinstance(self.item, Arrival) else None


def publisher_of(draft: Draft, *, declared: str | None, url: str | None) -> str:
    """The publisher: `declared` by the submitter or feed, else named in the copy, else the host of its address.

    `url` is the address of the document. An item that links to another site is published by the document's own.
    """
    name = declared or draft.source
    if not name:
        link = draft.canonical_url or draft.url
        there, here = (urls.host_of(address) if address else None for address in (link, url))
        is_own = there is not None and (here is None or site_of(there) == site_of(here))
        name = (there if is_own else here) or "unknown"
    return text.clean_line(name)


def report_filed(document_ids: Iterable[int], outcomes: Sequence[Outcome], *, seconds: float) -> None:
    """Log what one transaction filed: a line for each item, then one for the documents. `seconds`: how long it took."""
    for outcome in outcomes:
        report(outcome)
    counts = Counter(outcome.outcome for outcome in outcomes)
    fields = {"document_ids": sorted(document_ids), "seconds": seconds, "outcomes": dict(counts)}
    log.info(events.DOCUMENTS_FILED, extra=fields)


def report(outcome: Outcome) -> None:
    """Log the outcome of one item; an `internal` rejection has a second line with the traceback."""
    at = outcome.at
    if isinstance(outcome.item, Refused) and (fault := outcome.item.rejected.__cause__) is not None:
        log.error(events.ITEM_FAILED, extra={"document_id": at.document_id, "item_no": at.item_no}, exc_info=fault)
    logs.outcome(
        outcome=outcome.outcome,
        reason=outcome.reason,
        article_id=outcome.article_id,
        revision_no=outcome.revision_no,
        change_kind=outcome.change_kind if outcome.outcome == "revised" else None,
        headline=outcome.headline,
        source=outcome.item.publisher if isinstance(outcome.item, Arrival) else None,
        url=at.url,
        key=at.key,
        feed_id=at.feed_id,
        submission_id=at.submission_id,
        document_id=at.document_id,
    )
