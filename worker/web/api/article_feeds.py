"""The articles as feeds for readers of feeds: Atom, JSON Feed, and a news sitemap of any filter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as with_values
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode

from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import Parameter
from msgspec.structs import replace

from wiredesk.worker import db
from wiredesk.worker.errors import UsageError
from wiredesk.worker.export import atom, jsonfeed, newssitemap
from wiredesk.worker.export.article_feed import TITLE_CHARACTERS, ArticleFeedPage, for_readers
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import reading
from wiredesk.worker.store.records import ArticleRecord
from wiredesk.worker.web import searching
from wiredesk.worker.web.access import PASSWORDS, AnyRequest, requires, sees_embargoed
from wiredesk.worker.web.api.answers import Limit, PageCursor, answers, conditional
from wiredesk.worker.web.api.filters import FILTERS, parameters
from wiredesk.worker.web.searching import Filters

ATOM, JSON_FEED, NEWS_SITEMAP = "/feeds/articles.atom", "/feeds/articles.json", "/feeds/news-sitemap.xml"
_ON_A_PAGE = 50
# A page ends before its texts are longer than this together; the next page goes on.
_MOST_CHARACTERS = 2_000_000
_AT_ONCE = 20
# A transaction that files an article may commit after one that began later: before this age the newest change is no
# proof that nothing older comes.
_SETTLED = timedelta(seconds=60)
# Google reads at most 1,000 addresses, of the last two days.
_NEWS_ADDRESSES = 1_000
_NEWS_AGE = timedelta(days=2)
_ANSWERS = answers(s304=(None, "If-None-Match has its ETag, or nothing changed since If-Modified-Since."))


def title(filters: Filters) -> str:
    """The title of the feed of these filters."""
    words = [value if name == "q" else f"{name} {value}" for name, value in parameters(filters).items()]
    return ": ".join(filter(None, ("wiredesk", ", ".join(words))))


def address(path: str, filters: Filters, **more: str | int | None) -> str:
    """A feed's address without its host; the same for the same filters, however they were written."""
    given = parameters(filters) | {name: str(value) for name, value in more.items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


@get(
    ATOM,
    guards=[requires("read")],
    dependencies=FILTERS,
    sync_to_thread=True,
    opt=PASSWORDS,
    media_type=atom.MEDIA_TYPE,
    responses=_ANSWERS,
    tags=["articles as feeds"],
)
def atom_feed(
    request: AnyRequest,
    state: State,
    filters: NamedDependency[Filters],
    limit: Limit = _ON_A_PAGE,
    cursor: PageCursor = None,
) -> Response[bytes]:
    """Articles by filters and words as Atom, the last filed first; `next` links to the page of older ones (RFC 5005).

    A new revision changes `updated` of its entry. The entry of a withdrawn article says so in place of its text.
    """
    page = _page(request, state.settings, ATOM, filters, limit=limit, cursor=cursor)
    return _answer(request, page, atom.document, atom.MEDIA_TYPE, filters)


@get(
    JSON_FEED,
    guards=[requires("read")],
    dependencies=FILTERS,
    sync_to_thread=True,
    opt=PASSWORDS,
    media_type=jsonfeed.MEDIA_TYPE,
    responses=_ANSWERS,
    tags=["articles as feeds"],
)
def json_feed(
    request: AnyRequest,
    state: State,
    filters: NamedDependency[Filters],
    limit: Limit = _ON_A_PAGE,
    cursor: PageCursor = None,
) -> Response[bytes]:
    """The same as JSON Feed 1.1; `next_url` is the page of older articles."""
    page = _page(request, state.settings, JSON_FEED, filters, limit=limit, cursor=cursor)
    return _answer(request, page, jsonfeed.document, jsonfeed.MEDIA_TYPE, filters)


@get(
    NEWS_SITEMAP,
    guards=[requires("read")],
    dependencies=FILTERS,
    sync_to_thread=True,
    opt=PASSWORDS,
    media_type=newssitemap.MEDIA_TYPE,
    responses=_ANSWERS,
    tags=["articles as feeds"],
)
def news_sitemap(
    request: AnyRequest,
    state: State,
    filters: NamedDependency[Filters],
    limit: Annotated[int, Parameter(ge=1, le=_NEWS_ADDRESSES)] = _NEWS_ADDRESSES,
) -> Response[bytes]:
    """A Google news sitemap, without withdrawn and embargoed articles: those first seen within two days, unless times
    are given.
    """
    times = (filters.published_from, filters.published_to, filters.seen_from, filters.seen_to)
    if not any(times):
        filters = with_values(filters, seen_from=datetime.now(UTC) - _NEWS_AGE)
    page = _page(request, state.settings, NEWS_SITEMAP, filters, limit=limit, characters=TITLE_CHARACTERS)
    return _answer(request, page, newssitemap.document, newssitemap.MEDIA_TYPE, filters)


def _page(
    request: AnyRequest,
    settings: Settings,
    path: str,
    filters: Filters,
    *,
    limit: int,
    cursor: str | None = None,
    characters: int | None = None,
) -> ArticleFeedPage:
    """A page of the feed at `path`. `characters`: as many of each text are read."""
    found = searching.find(
        settings, filters, limit=limit, cursor=cursor, ranked=False, embargoed=sees_embargoed(request)
    )
    if found.ignored:
        raise UsageError(f"q: {filters.text!r} has no word to search for")
    articles: list[ArticleRecord] = []
    following, size = found.next_cursor, 0
    ids = [one.article_id for one in found.articles]
    with db.for_web(settings.database_url, embargoed=sees_embargoed(request)) as connection:
        for at in range(0, len(ids), _AT_ONCE):
            read = [for_readers(one) for one in reading.article_records(connection, ids[at : at + _AT_ONCE])]
            for article in reversed(read):
                if characters is not None:
                    article = replace(article, body_text=article.body_text[: 2 * characters])
                size += len(article.body_text)
                if articles and size > _MOST_CHARACTERS:
                    following = searching.cursor_below(articles[-1].article_id)
                    break
                articles.append(article)
            if size > _MOST_CHARACTERS:
                break
    home = settings.public_url or str(request.base_url).rstrip("/")
    asked = None if limit == _ON_A_PAGE else limit
    return ArticleFeedPage(
        urn=f"urn:wiredesk:articles:{urlencode(parameters(filters))}",
        title=title(filters),
        home=home,
        url=home + address(path, filters, limit=asked, cursor=cursor),
        first=home + address(path, filters, limit=asked),
        next=home + address(path, filters, limit=asked, cursor=following) if following else None,
        articles=articles,
        made_at=datetime.now(UTC),
    )


def _answer(
    request: AnyRequest,
    page: ArticleFeedPage,
    document: Callable[[ArticleFeedPage], bytes],
    media_type: str,
    filters: Filters,
) -> Response[bytes]:
    changed_at = page.last_updated_at
    # A story gains articles by merging, which changes none of them.
    if changed_at is None or page.made_at - changed_at < _SETTLED or filters.story_id is not None:
        changed_at = None
    return conditional(request, document(page), f"{media_type}; charset=utf-8", changed_at=changed_at)


HANDLERS = [atom_feed, json_feed, news_sitemap]
