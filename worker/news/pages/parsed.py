"""A page as its readers get it: elements, declarations, the texts around the headline, and the evidence so far."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from selectolax.lexbor import LexborHTMLParser, LexborNode

from wiredesk.worker.news.model import Evidence
from wiredesk.worker.news.pages.structured import Item, Structured
from wiredesk.worker.news.pages.surroundings import Surroundings

_LEFT_OUT = re.compile(
    r"\b(?:nav|aside|footer|related|sidebar|teaser|comment|recommend|promo|newsletter)", re.IGNORECASE
)
_NEWS_TYPES = frozenset(["liveblogposting", "report"])


@dataclass(slots=True)
class CollectedEvidence:
    """The evidence of one page, in the order it was read."""

    entries: list[Evidence] = field(default_factory=list)

    def note(self, name: str, source: str, value: str, *, chosen: bool) -> None:
        """Add a value; a chosen one replaces the one chosen before."""
        if chosen:
            self.entries = [replace(e, chosen=False) if e.field == name and e.chosen else e for e in self.entries]
        self.entries.append(Evidence(name, source, value, chosen))

    def choose(self, name: str, candidates: Iterable[tuple[str, str | None]]) -> str | None:
        """The first value of `(source, value)` pairs; the other different ones are noted as rivals."""
        seen: dict[str, str] = {}
        for source, value in candidates:
            if value:
                seen.setdefault(value, source)
        for index, (value, source) in enumerate(seen.items()):
            self.note(name, source, value, chosen=index == 0)
        return next(iter(seen), None)


@dataclass(frozen=True, slots=True)
class Page:
    """One page while it is read. `evidence` is filled where a value is chosen."""

    tree: LexborHTMLParser
    data: Structured
    address: str | None  # where it was fetched, else its own canonical address
    received_at: datetime | None
    sites: tuple[str, ...]  # the names of the site, its host included
    headline: str | None
    surroundings: Surroundings
    evidence: CollectedEvidence

    @property
    def main(self) -> Item | None:
        """The article that the page's data describe first."""
        return self.data.articles[0] if self.data.articles else None


def is_news(data: Structured) -> bool:
    """Whether the page's data call it a news article: an editorial system wrote them, no plug-in for search engines."""
    return any("news" in kind or kind in _NEWS_TYPES for item in data.articles[:1] for kind in item.types)


def is_aside(node: LexborNode) -> bool:
    """Whether an element stands in a part of the page that isn't the article."""
    current: LexborNode | None = node
    for _ in range(12):
        if current is None or current.tag in ("article", "main", "body"):
            return False
        attributes = current.attributes
        if current.tag in ("aside", "nav", "footer") or _LEFT_OUT.search(
            f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        ):
            return True
        current = current.parent
    return False
