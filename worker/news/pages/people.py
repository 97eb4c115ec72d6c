"""The authors of a page: as its data name them, else as it marks or prints them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from selectolax.lexbor import LexborHTMLParser

from wiredesk.worker.news.model import Author
from wiredesk.worker.news.pages import headlines
from wiredesk.worker.news.pages.parsed import Page, is_aside
from wiredesk.worker.news.pages.structured import names_of
from wiredesk.worker.news.pages.surroundings import BUTTON, MAX_DATE
from wiredesk.worker.news.values import authors
from wiredesk.worker.news.values.text import one_line
from wiredesk.worker.news.values.words import whole_words

_AUTHOR_METAS = (
    "author",
    "article:author_name",
    "parsely-author",
    "sailthru.author",
    "cxenseparse:author",
    "citation_author",
    "byl",
    "dc.creator",
    "dcterms.creator",
    "article:author",
    "og:article:author",
    "twitter:data1",
)
_AUTHOR_META = re.compile(r"(?:^|[-_.:\s])(?:author|byline|written by)(?:[-_.:]?names?)?$")
_BYLINE_LIMIT = 300
_ORGANISATION = "organisation"
# A desk or an agency as an author field names it: no address, no number, no picture credit.
_LABEL = re.compile(r"(?!.{0,60}\bmin(?:ute)?s?\b)[^\W\d_](?:(?![@(:]|//).){1,60}")
_DESK = re.compile(whole_words("byline_desks"), re.IGNORECASE)
_BYLINE_MARKS = '[class*="byline" i], [class*="author" i], [class*="writer" i]'
# Where a box of the author gives the office.
_ROLES = (
    '[class*="role" i], [class*="job-title" i], [class*="job_title" i], [class*="jobtitle" i], [class$="job" i], '
    '[class~="job" i], [class*="position" i], [class*="author-title" i], [class*="author__title" i]'
)


def read_people(page: Page) -> tuple[Author, ...]:
    """The persons of the first source that names one; where none does, the desk or agency that the page declares.

    An organisation has the role `organisation`, and is left out beside a person when it's the publication itself.
    """
    own_names = {headlines.fold(site) for site in page.sites}
    chosen: tuple[Author, ...] = ()
    own: tuple[Author, ...] = ()
    for source, names in _author_names(page):
        people = tuple(_as_authors(names, source, own_names))
        others = tuple(author for author in people if headlines.fold(author.name) not in own_names)
        if people:
            page.evidence.note("authors", source, "; ".join(a.name for a in people), chosen=bool(others) and not chosen)
        chosen = chosen or others
        own = own or people
    if not (chosen or own):
        chosen = authors.read_authors(page.surroundings.bare_names(), source="text")
        if chosen:
            page.evidence.note("authors", "text", "; ".join(author.name for author in chosen), chosen=True)
    return chosen or own


def _as_authors(names: Iterable[tuple[str, bool]], source: str, own_names: set[str]) -> Iterator[Author]:
    seen = set()
    for name, is_organisation in names:
        people: tuple[Author, ...] = ()
        # Behind a comma a desk is the office of who stands before it.
        if not (is_organisation or _DESK.search(name.partition(",")[0]) or headlines.fold(name) in own_names):
            people = authors.read_authors(name, source=source)
        label = name.strip(" ,;:-|")
        if not people and source != "byline" and _LABEL.fullmatch(label):
            people = (Author(label, source, _ORGANISATION),)
        for person in people:
            if (folded := headlines.fold(person.name)) not in seen:
                seen.add(folded)
                yield person


def _author_names(page: Page) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """Each source's names, with whether it calls them an organisation."""
    data = page.data
    for item in data.articles[:3]:
        for member in ("author", "creator"):
            yield item.source, names_of(item.values.get(member))
    for name in _AUTHOR_METAS:
        yield "meta", [(text, False) for text in data.metas.get(name, ()) if "://" not in text]
    for name, contents in data.metas.items():
        if name not in _AUTHOR_METAS and _AUTHOR_META.search(name):
            yield "meta", [(text, False) for text in contents if "://" not in text]
    links = [node for node in page.tree.css('[rel~="author"], [itemprop~="author"]')[:20] if not is_aside(node)]
    yield "rel", [(text, False) for node in links if (text := one_line(node)) and len(text) <= _BYLINE_LIMIT]
    yield "byline", [(text, False) for text in page.surroundings.bylines()]
    yield "byline", [(text, False) for text in _marked_bylines(page.tree)]


def _marked_bylines(tree: LexborHTMLParser) -> list[str]:
    """The names in the first element that is marked as a byline: its texts that are names, else all of it."""
    for node in tree.css(_BYLINE_MARKS)[:20]:
        text = one_line(node)
        if len(text) > _BYLINE_LIMIT:
            continue  # a wrapper of the whole page can be named after its author, too
        for role in node.css(_ROLES):
            # `author-title-wrapper` holds the name itself.
            holds_name = any(inner.mem_id != role.mem_id for inner in role.css(_BYLINE_MARKS))
            if role.parent is not None and role.mem_id != node.mem_id and not holds_name:
                role.decompose()
                text = one_line(node)
        if 3 < len(text) <= MAX_DATE and not is_aside(node):
            links = [authors.without_archive_link(one_line(link)) for link in node.css("a")]
            names = [name for name in links if " " in name and _LABEL.fullmatch(name)]
            names = [name for name in names or [text] if not BUTTON.search(name)]
            if any(" " in person.name for person in authors.read_authors(names, source="byline")):
                return names
    return []


def byline(tree: LexborHTMLParser) -> str | None:
    """The first short element that is marked as the byline, as printed."""
    for node in tree.css('[class*="byline" i]')[:6]:
        text = one_line(node)
        if 3 < len(text) <= _BYLINE_LIMIT and not is_aside(node):
            return text
    return None
