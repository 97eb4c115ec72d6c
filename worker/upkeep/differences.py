"""What changed between two revisions of an article."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wiredesk.worker.db import Connection
from wiredesk.worker.errors import UsageError
from wiredesk.worker.news.compare.changes import Edit
from wiredesk.worker.store import reading
from wiredesk.worker.store.records import Revision


def as_json(old: Revision, new: Revision, headline: Sequence[Edit], body: Sequence[Edit]) -> dict[str, Any]:
    """A comparison for machines."""
    return {
        "article_id": new.article_id,
        "from": _named(old),
        "to": _named(new),
        "headline": [_as_json(edit) for edit in headline],
        "body": [_as_json(edit) for edit in body],
    }


def two_revisions(
    connection: Connection, article_id: int, first: int | None, second: int | None
) -> tuple[Revision, Revision]:
    """From `first` to `second`; with one number what that revision changed, without what the current one changed.

    Raises `UsageError` that names the revisions there are.
    """
    latest = reading.revision_list(connection, article_id, limit=1)
    if not latest:
        raise UsageError(f"there is no article {article_id}")
    last = latest[0].revision_no
    if second is None:
        second = first or last
        first = second - 1
    assert first is not None
    for number in (first, second):
        if not 1 <= number <= last:
            if last == 1:
                raise UsageError(f"article {article_id} has one revision: nothing changed yet")
            raise UsageError(f"article {article_id} has revisions 1 to {last}, and none is {number}")
    found = {revision.revision_no: revision for revision in reading.revisions(connection, article_id, (first, second))}
    return found[first], found[second]


def _named(revision: Revision) -> dict[str, Any]:
    return {
        "revision_no": revision.revision_no,
        "observed_at": revision.observed_at,
        "change_kind": revision.change_kind,
        "share_changed": revision.share_changed,
        "headline": revision.headline,
    }


def _as_json(edit: Edit) -> dict[str, Any]:
    words = [{"kind": kind, "text": text} for kind, text in edit.words]
    return {"kind": edit.kind, "old": edit.old, "new": edit.new, "words": words}
