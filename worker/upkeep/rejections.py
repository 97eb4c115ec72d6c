"""Another try for rejected items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from wiredesk.worker.db import Connection
from wiredesk.worker.filing.replay import Replayer
from wiredesk.worker.inbox.intake import Message, accept
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import rejections as store
from wiredesk.worker.store.records import Channel, Rejection

# Results of a replay that close a rejection.
CLOSING = frozenset(("filed", "known"))


class Retried(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one try. `what`: filed, known, handed in again, still rejected, or another result of a replay."""

    document_id: int
    what: str
    item_no: int = 0
    article_id: int | None = None
    reason: str | None = None
    headline: str | None = None


def retry(
    connection: Connection, settings: Settings, found: Sequence[Rejection], *, channel: Channel
) -> Iterator[Retried]:
    """Read documents again; hand in again what was refused or could not be fetched. Each document is tried once."""
    again = list(dict.fromkeys(one.document_id for one in found if one.has_content and not one.is_refused))
    seen = set(again)
    for one in found:
        if one.document_id not in seen:
            seen.add(one.document_id)
            yield _hand_in_again(connection, settings, one, channel)
    if again:
        yield from _read_again(settings, again)


def _hand_in_again(connection: Connection, settings: Settings, one: Rejection, channel: Channel) -> Retried:
    """Submit a refused message, or the address of a page that could not be fetched."""
    content = store.rejected_content(connection, one.document_id)
    message: Message
    if one.is_refused and content is not None and content.content is not None:
        message = content.content
    elif one.url:
        known = content.known if content is not None else {}
        message = {name: value for name, value in known.items() if value is not None} | {"url": one.url}
        message.pop("key", None)  # another version of a key would be compared with the version that failed
    else:
        reason = "there is neither content nor an address"
        return Retried(document_id=one.document_id, what="still rejected", reason=reason)
    (receipt,) = accept(connection, [message], channel=channel, max_content_bytes=settings.max_submission_bytes)
    if receipt.status == "refused":
        return Retried(document_id=one.document_id, what="still rejected", reason=receipt.reason)
    store.link_retry(connection, one.document_id, receipt.submission_id)
    return Retried(document_id=one.document_id, what="handed in again", reason=f"as submission {receipt.submission_id}")


def _read_again(settings: Settings, document_ids: Sequence[int]) -> Iterator[Retried]:
    """Replay documents; one without any result that closes its rejection is `still rejected`."""
    filed: set[int] = set()
    with Replayer(settings, dry_run=False) as replayer:
        for start in range(0, len(document_ids), settings.ingest_batch):
            for difference in replayer.replay(document_ids[start : start + settings.ingest_batch]):
                if difference.what in CLOSING:
                    filed.add(difference.document_id)
                yield Retried(
                    document_id=difference.document_id,
                    what=difference.what,
                    item_no=difference.item_no,
                    article_id=difference.article_id,
                    reason=difference.reason,
                    headline=difference.headline,
                )
    for document_id in document_ids:
        if document_id not in filed:
            yield Retried(document_id=document_id, what="still rejected")
