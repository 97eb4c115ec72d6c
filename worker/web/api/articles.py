"""Articles: a list by filters and words, one with all its parts, its revisions and their differences."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import Parameter, QueryParameter

from wiredesk.worker import db
from wiredesk.worker.errors import UsageError
from wiredesk.worker.news.compare import changes
from wiredesk.worker.store import reading
from wiredesk.worker.store.records import ArticleRecord, FoundArticle, RevisionLine, Sighting
from wiredesk.worker.upkeep import differences
from wiredesk.worker.web import searching
from wiredesk.worker.web.access import AnyRequest, requires, sees_embargoed
from wiredesk.worker.web.api.answers import Id, Limit, PageCursor, answers, with_etag
from wiredesk.worker.web.api.filters import FILTERS
from wiredesk.worker.web.problems import not_found
from wiredesk.worker.web.searching import Filters

_MOST_SIGHTINGS = 200
_MOST_REVISIONS = 200
_READ = [requires("read")]


class Article(ArticleRecord, frozen=True, kw_only=True):
    """The current revision of an article, its last 200 revisions, and the first 200 places where it was seen."""

    revisions: tuple[RevisionLine, ...]
    sightings: tuple[Sighting, ...]


class ListedArticle(FoundArticle, frozen=True, kw_only=True):
    """An article of a list. `…_marks` are the found words, as code points [start, end) into the text beside them."""

    headline_marks: tuple[tuple[int, int], ...] = ()
    excerpt: str | None = None
    excerpt_marks: tuple[tuple[int, int], ...] = ()


class ArticlePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of articles. `next_cursor`: null on the last one. `ignored`: the text has no word to search for."""

    articles: tuple[ListedArticle, ...]
    next_cursor: str | None
    ignored: bool


class EditedWords(msgspec.Struct, frozen=True):
    """A run of words: same, added or removed."""

    kind: str
    text: str


class Edit(msgspec.Struct, frozen=True):
    """A paragraph: same, changed (with its words), added or removed."""

    kind: str
    old: str
    new: str
    words: tuple[EditedWords, ...]


class Compared(msgspec.Struct, frozen=True):
    """One of the two revisions of a comparison."""

    revision_no: int
    observed_at: datetime
    change_kind: str
    share_changed: float | None
    headline: str | None


class Difference(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """What changed between two revisions, paragraph by paragraph."""

    article_id: int
    from_: Compared
    to: Compared
    headline: tuple[Edit, ...]
    body: tuple[Edit, ...]


@get(
    "/v1/articles",
    guards=_READ,
    dependencies=FILTERS,
    sync_to_thread=True,
    responses=answers(),
    tags=["articles"],
)
def articles(
    request: AnyRequest,
    state: State,
    filters: NamedDependency[Filters],
    order: Annotated[
        Literal["rank", "filed"], Parameter(description="`filed`: the last filed first, also where `q` is given.")
    ] = "rank",
    limit: Limit = 50,
    cursor: PageCursor = None,
) -> ArticlePage:
    """Articles by filters and words: the last filed first, or by rank where `q` is given.

    Ranked are the 500 matches that were filed last. Names are compared without case. A page may be shorter than
    `limit`: only `next_cursor` tells whether it is the last.
    """
    found = searching.find(
        state.settings,
        filters,
        limit=limit,
        cursor=cursor,
        ranked=order == "rank",
        embargoed=sees_embargoed(request),
    )
    return ArticlePage(
        articles=tuple(_listed(one) for one in found.articles), next_cursor=found.next_cursor, ignored=found.ignored
    )


def _listed(one: FoundArticle) -> ListedArticle:
    _, headline_marks = searching.marks(one.headline_marked)
    excerpt, excerpt_marks = searching.marks(one.excerpt_marked)
    return ListedArticle(
        **msgspec.structs.asdict(one),
        headline_marks=headline_marks,
        excerpt=excerpt,
        excerpt_marks=excerpt_marks,
    )


@get(
    "/v1/articles/{article_id:int}",
    guards=_READ,
    sync_to_thread=True,
    tags=["articles"],
    responses=answers(
        404, s200=(Article, "The revision with all its parts."), s304=(None, "If-None-Match has its ETag.")
    ),
)
def article(request: AnyRequest, state: State, article_id: Id) -> Response[Any]:
    """An article with its provenance, quotations, mentions, revisions and sightings."""
    with db.for_web(state.settings.database_url, embargoed=sees_embargoed(request)) as connection:
        found = reading.article_record(connection, article_id)
        if found is None:
            raise not_found(f"there is no article {article_id}")
        whole = Article(
            **msgspec.structs.asdict(found),
            revisions=tuple(reading.revision_list(connection, article_id, limit=_MOST_REVISIONS)),
            sightings=tuple(reading.sightings(connection, article_id, limit=_MOST_SIGHTINGS)),
        )
    return with_etag(request, whole)


@get(
    "/v1/articles/{article_id:int}/revisions/{revision_no:int}",
    guards=_READ,
    sync_to_thread=True,
    tags=["articles"],
    responses=answers(
        404, s200=(ArticleRecord, "The revision with all its parts."), s304=(None, "If-None-Match has its ETag.")
    ),
)
def revision(
    request: AnyRequest, state: State, article_id: Id, revision_no: Annotated[int, Parameter(ge=1, le=2**31 - 1)]
) -> Response[Any]:
    """One revision of an article with all its parts."""
    with db.for_web(state.settings.database_url, embargoed=sees_embargoed(request)) as connection:
        found = reading.article_record(connection, article_id, revision_no)
    if found is None:
        raise not_found(f"there is no revision {revision_no} of article {article_id}")
    return with_etag(request, found)


@get(
    "/v1/articles/{article_id:int}/diff",
    guards=_READ,
    sync_to_thread=True,
    tags=["articles"],
    responses=answers(404),
)
def diff(
    request: AnyRequest,
    state: State,
    article_id: Id,
    first: Annotated[
        int | None, QueryParameter(name="from", ge=1, le=2**31 - 1, description="Default: the one before `to`.")
    ] = None,
    second: Annotated[
        int | None, QueryParameter(name="to", ge=1, le=2**31 - 1, description="Default: the current one.")
    ] = None,
) -> Difference:
    """What changed between two revisions, paragraph by paragraph and word by word."""
    with db.for_web(state.settings.database_url, embargoed=sees_embargoed(request)) as connection:
        if first is not None and second is None:
            latest = reading.revision_list(connection, article_id, limit=1)
            second = latest[0].revision_no if latest else None
        try:
            chosen = (second, None) if first is None else (first, second)
            old, new = differences.two_revisions(connection, article_id, *chosen)
        except UsageError as error:
            raise not_found(str(error)) from None
    headline = changes.diff(old.headline or "", new.headline or "")
    return msgspec.convert(
        differences.as_json(old, new, headline, changes.diff(old.body_text, new.body_text)), Difference
    )


HANDLERS = [articles, article, revision, diff]
