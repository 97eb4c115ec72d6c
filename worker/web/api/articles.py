"""Articles: one with all its parts, and a list by filters."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.params import Parameter

from wiredesk.worker import db
from wiredesk.worker.store import reading
from wiredesk.worker.store.records import ArticleRecord, RevisionLine, Sighting
from wiredesk.worker.web.problems import not_found

Id = Annotated[int, Parameter(ge=1, le=2**63 - 1)]
_MOST_SIGHTINGS = 200
_MOST_REVISIONS = 200


class Article(ArticleRecord, frozen=True, kw_only=True):
    """The current revision of an article, its other revisions (the last 200), and the first 200 places it was seen."""

    revisions: tuple[RevisionLine, ...]
    sightings: tuple[Sighting, ...]


@get("/v1/articles/{article_id:int}", sync_to_thread=True, tags=["articles"])
def article(state: State, article_id: Id) -> Article:
    """An article with its provenance, quotations, mentions, revisions and sightings."""
    with db.for_web(state.settings.database_url) as connection:
        found = reading.article_record(connection, article_id)
        if found is None:
            raise not_found(f"there is no article {article_id}")
        return Article(
            **msgspec.structs.asdict(found),
            revisions=tuple(reading.revision_list(connection, article_id, limit=_MOST_REVISIONS)),
            sightings=tuple(reading.sightings(connection, article_id, limit=_MOST_SIGHTINGS)),
        )


HANDLERS = [article]
