"""The pages of stories: texts that several publishers carried, and how one travelled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Template

from wiredesk.worker import db
from wiredesk.worker.news.compare.lineage import Lineage, Span
from wiredesk.worker.news.polls.schedule import in_words
from wiredesk.worker.store import overview, reading
from wiredesk.worker.store.records import StoryArticle
from wiredesk.worker.upkeep import copies
from wiredesk.worker.web.api.answers import Id
from wiredesk.worker.web.pages.rendering import address, page
from wiredesk.worker.web.problems import not_found

_SPANS = (("day", 1), ("week", 7), ("month", 31), ("year", 366))
_MOST_STORIES = 100
_MOST_COPIES = 50
_MOST_PASSAGES = 12
_PASSAGE_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a story: what it kept of the original, and the passages that it cut and added."""

    article: StoryArticle
    after: str
    share_kept: float
    share_added: float
    cut: tuple[str, ...]
    added: tuple[str, ...]


@get("/stories", sync_to_thread=True, include_in_schema=False)
def stories(request: Request[Any, Any, Any], state: State, span: str = "week") -> Template:
    """The page of the stories of a span that have several copies."""
    days = dict(_SPANS).get(span, 7)
    with db.for_web(state.settings.database_url) as connection:
        since = datetime.now(UTC) - timedelta(days=days)
        found = overview.copied_stories(connection, since=since, limit=_MOST_STORIES)
    return page(
        request,
        "stories",
        spans=[(address("/stories", {"span": name}), f"last {name}", dict(_SPANS)[name] == days) for name, _ in _SPANS],
        stories=[(story, f"last copy after {in_words(story.last_after_seconds)}") for story in found],
    )


@get("/stories/{story_id:int}", sync_to_thread=True, include_in_schema=False)
def story(request: Request[Any, Any, Any], state: State, story_id: Id) -> Template:
    """The page of a story: its copies in the order in which they were seen."""
    with db.for_web(state.settings.database_url) as connection:
        found = reading.story(connection, story_id)
        if found is None:
            raise not_found(f"there is no story {story_id}")
        articles = reading.story_articles(connection, found.story_id, limit=_MOST_COPIES)
    if not articles:
        raise not_found(f"story {story_id} is under embargo")
    original, lineages = copies.traced(articles)
    return page(
        request,
        "story",
        asked_for=story_id,
        story=found,
        headline=original.headline,
        copies=[_copy(copy, original, lineage) for copy, lineage in zip(articles, lineages, strict=True)],
        more=found.article_count - len(articles),
    )


def _copy(copy: StoryArticle, original: StoryArticle, lineage: Lineage) -> Copy:
    return Copy(
        article=copy,
        after=f"{in_words(copy.seconds_after_original)} later",
        share_kept=lineage.share_kept,
        share_added=lineage.share_added,
        cut=tuple(_passage(original.body_text, span) for span in lineage.cut[:_MOST_PASSAGES]),
        added=tuple(_passage(copy.body_text, span) for span in lineage.added[:_MOST_PASSAGES]),
    )


def _passage(text: str, span: Span) -> str:
    passage = text[span.start : span.end]
    return passage if len(passage) <= _PASSAGE_CHARACTERS else f"{passage[:_PASSAGE_CHARACTERS].rstrip()} …"
