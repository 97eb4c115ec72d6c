"""Articles as feeds: what Atom, JSON Feed and the news sitemap share."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from wiredesk.worker.export.xml import fit
from wiredesk.worker.store.records import ArticleRecord

_WITHDRAWN = "Its provider has withdrawn this article."
TITLE_CHARACTERS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFeedPage:
    """A page of a feed. Its articles are as `for_readers` gives them, the one that was filed last first.

    `urn` names the feed, whatever its page and address; `home` is the address of the service web, without a path.
    `url`, `first` and `next` are the addresses of this page, of the first and of the next one.
    """

    urn: str
    title: str
    home: str
    url: str
    first: str
    next: str | None
    articles: Sequence[ArticleRecord]
    made_at: datetime

    def updated_at(self, article: ArticleRecord) -> datetime:
        """When the article's entry last changed: its revision was filed, or its embargo ended."""
        released = article.release_at
        if released is None or released > self.made_at:
            return article.filed_at
        return max(article.filed_at, released)

    @property
    def last_updated_at(self) -> datetime | None:
        return max(map(self.updated_at, self.articles), default=None)

    def address(self, article: ArticleRecord) -> str:
        """The publisher's page of an article, else ours."""
        return article.canonical_url or f"{self.home}/articles/{article.article_id}"

    def is_embargoed(self, article: ArticleRecord) -> bool:
        return article.release_at is not None and article.release_at > self.made_at


def for_readers(article: ArticleRecord) -> ArticleRecord:
    """The article; one that is withdrawn as a notice of that, which replaces the text in readers that have it."""
    if "withdrawn" not in article.flags:
        return article
    headline = article.headline or ""
    return replace(
        article,
        headline=headline if headline.casefold().startswith("withdrawn") else f"Withdrawn: {headline}".rstrip(": "),
        body_text="\n\n".join(filter(None, (_WITHDRAWN, article.ed_note))),
        description=None,
        media=(),
    )


def title(article: ArticleRecord) -> str:
    """The headline, else the beginning of the text: each format demands a title."""
    if article.headline:
        return article.headline
    line = " ".join(article.body_text[: 2 * TITLE_CHARACTERS].split())
    return line if len(line) <= TITLE_CHARACTERS else f"{line[:TITLE_CHARACTERS].rstrip()}…"


def markup(text: str) -> str:
    """Plain text as HTML: a `p` for each paragraph."""
    escaped = html.escape(fit(text).strip(), quote=False)
    paragraphs = re.split(r"\n\s*\n", escaped) if escaped else []
    return "\n".join("<p>" + paragraph.replace("\n", "<br>") + "</p>" for paragraph in paragraphs)
