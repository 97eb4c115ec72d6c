"""Stories: their copies, and what each made of the original."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.params import Parameter

from wiredesk.worker import db
from wiredesk.worker.store import reading
from wiredesk.worker.store.records import StorySummary
from wiredesk.worker.upkeep import copies
from wiredesk.worker.web.access import AnyRequest, requires, sees_embargoed
from wiredesk.worker.web.api.answers import Id, answers
from wiredesk.worker.web.problems import not_found


class Kept(msgspec.Struct, frozen=True):
    """A passage that a copy shares with the original: code points [start, end) of both texts."""

    start: int
    end: int
    original_start: int
    original_end: int


class Cut(msgspec.Struct, frozen=True):
    """A passage of the original that a copy lacks."""

    original_start: int
    original_end: int


class Added(msgspec.Struct, frozen=True):
    """A passage of a copy that the original lacks."""

    start: int
    end: int


class Copy(msgspec.Struct, frozen=True):
    """One article of a story, with its spans against the original."""

    story_id: int
    ordinal: int
    article_id: int
    is_original: bool
    source: str
    agency: str | None
    headline: str | None
    canonical_url: str | None
    first_seen_at: datetime
    seconds_after_original: float
    revision_no: int
    word_count: int
    share_kept: float
    share_added: float
    kept: tuple[Kept, ...]
    cut: tuple[Cut, ...]
    added: tuple[Added, ...]


class Story(StorySummary, frozen=True, kw_only=True):
    """A story and its first copies, in the order in which they were seen."""

    copies: tuple[Copy, ...]


@get(
    "/v1/stories/{story_id:int}",
    guards=[requires("read")],
    sync_to_thread=True,
    tags=["stories"],
    responses=answers(404),
)
def story(
    request: AnyRequest,
    state: State,
    story_id: Id,
    limit: Annotated[int, Parameter(ge=1, le=100, description="Copies.")] = 50,
) -> Story:
    """A story by its number, or by that of one that was merged into it; what each copy kept, cut and added."""
    with db.for_web(state.settings.database_url, embargoed=sees_embargoed(request)) as connection:
        found = reading.story(connection, story_id)
        articles = reading.story_articles(connection, found.story_id, limit=limit) if found else []
    if found is None or not articles:
        raise not_found(f"there is no story {story_id}")
    _, lineages = copies.traced(articles)
    traced = [copies.as_json(one, lineage) for one, lineage in zip(articles, lineages, strict=True)]
    return Story(**msgspec.structs.asdict(found), copies=msgspec.convert(traced, tuple[Copy, ...]))


HANDLERS = [story]
