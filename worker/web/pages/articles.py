"""The pages of articles: lists by filters and words, one article with its provenance, what a revision changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Template

from wiredesk.worker import db
from wiredesk.worker.errors import UsageError
from wiredesk.worker.export import atom, jsonfeed
from wiredesk.worker.news.compare import changes
from wiredesk.worker.news.compare.changes import Edit
from wiredesk.worker.news.model import Evidence
from wiredesk.worker.store import reading
from wiredesk.worker.store.records import ArticleRecord, FoundArticle
from wiredesk.worker.web import searching
from wiredesk.worker.web.api import article_feeds
from wiredesk.worker.web.api.answers import Id
from wiredesk.worker.web.pages.markup import paragraphs
from wiredesk.worker.web.pages.rendering import address, page
from wiredesk.worker.web.problems import not_found
from wiredesk.worker.web.searching import Filters

_ON_A_PAGE = 50
# Parameters of the address, with their labels.
_FILTERS = {
    "q": "words",
    "source": "source",
    "agency": "agency",
    "place": "place of the dateline",
    "speaker": "speaker",
    "person": "person",
    "organisation": "organisation",
    "mentioned_place": "place in the text",
    "language": "language",
    "published_from": "published from",
    "published_to": "published to",
}
_FEEDS = ((article_feeds.ATOM, atom.MEDIA_TYPE, "Atom"), (article_feeds.JSON_FEED, jsonfeed.MEDIA_TYPE, "JSON Feed"))
# A page stays below 100 kB with these; the HTTP API gives the whole text.
_SHOWN_CHARACTERS = 40_000
_SHOWN_VALUE_CHARACTERS = 300
_MOST_REVISIONS = 50
_MOST_SIGHTINGS = 50
_MOST_NAMES = 60
_MOST_EDITS = 400
# Evidence of a time has the name of the fact, and not of its column.
_COLUMNS = {"published": "published_at", "modified": "modified_at"}
_KINDS = (("person", "Persons"), ("organisation", "Organisations"), ("place", "Places"))


@dataclass(frozen=True, slots=True)
class Marked:
    """Texts of a found article as pieces: the text, and whether it is one of the words that were searched for."""

    headline: tuple[tuple[str, bool], ...]
    excerpt: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the article with its value, and the values that were seen for it."""

    name: str
    value: str
    seen: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Folded:
    """An `Edit`, or in its place the number of equal paragraphs that are not shown."""

    edit: Edit | None
    paragraphs: int = 0


@get("/articles", sync_to_thread=True, include_in_schema=False)
def articles(request: Request[Any, Any, Any], state: State, cursor: str | None = None) -> Template:
    """The page of the articles that match the filters of its address."""
    asked = {name: value.strip()[:200] for name, value in request.query_params.items() if value.strip()}
    given = {name: asked[name] for name in _FILTERS if name in asked}
    problem, results, filters = "", searching.Results([], None), Filters()
    try:
        filters = _filters(given)
        results = searching.find(state.settings, filters, limit=_ON_A_PAGE, cursor=cursor)
    except UsageError as error:
        problem = str(error)
    if results.ignored:
        problem = f"{given['q']!r} has no word to search for"
    return page(
        request,
        "articles",
        searched=given.get("q", ""),
        labels=_FILTERS,
        filters=given,
        chips=[
            (
                address("/articles", {other: text for other, text in given.items() if other != name}),
                _FILTERS[name],
                value,
            )
            for name, value in given.items()
        ],
        problem=problem,
        feeds=[
            (article_feeds.address(path, filters), media_type, name, article_feeds.title(filters))
            for path, media_type, name in _FEEDS
        ],
        articles=[(found, _marked(found)) for found in results.articles],
        next_page=address("/articles", {**given, "cursor": results.next_cursor}) if results.next_cursor else "",
    )


def _without(name: str, given: Mapping[str, str]) -> str:
    return address("/articles", {other: value for other, value in given.items() if other != name})


def _filters(given: Mapping[str, str]) -> Filters:
    days = {name: _midnight(name, given[name]) for name in ("published_from", "published_to") if name in given}
    if "published_to" in days:
        days["published_to"] += timedelta(days=1)  # the page asks for whole days, the last one included
    names = {"text" if name == "q" else name: value for name, value in given.items() if name not in days}
    return dataclasses.replace(Filters(**names), **days)  # type: ignore[arg-type]


def _midnight(name: str, value: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(value), time(), UTC)
    except ValueError:
        raise UsageError(f"{_FILTERS[name]}: {value!r} is no day like 2026-11-25") from None


def _marked(found: FoundArticle) -> Marked:
    """The headline and an excerpt as pieces, each with whether it was searched for."""
    return Marked(_pieces(found.headline_marked or found.headline or ""), _pieces(found.excerpt_marked or ""))


def _pieces(text: str) -> tuple[tuple[str, bool], ...]:
    pieces: list[tuple[str, bool]] = []
    for part in text.split("\ue000"):
        hit, mark, rest = part.partition("\ue001")
        pieces += [(hit, True), (rest, False)] if mark else [(part, False)]
    return tuple(piece for piece in pieces if piece[0])


@get("/articles/{article_id:int}", sync_to_thread=True, include_in_schema=False)
def article(request: Request[Any, Any, Any], state: State, article_id: Id) -> Template:
    """The page of an article."""
    with db.for_web(state.settings.database_url) as connection:
        found = reading.article_record(connection, article_id)
        if found is None:
            raise not_found(f"there is no article {article_id}")
        story = reading.story(connection, found.story_id)
        revisions = reading.revision_list(connection, article_id, limit=_MOST_REVISIONS)
        sightings = reading.sightings(connection, article_id, limit=_MOST_SIGHTINGS)
    return page(
        request,
        "article",
        article=found,
        published=_day_in_words(found),
        copies=story.article_count if story else 1,
        paragraphs=paragraphs(
            found.body_text[:_SHOWN_CHARACTERS],
            dateline=found.dateline.text if found.dateline else None,
            quotes=found.quotes,
            mentions=found.mentions,
        ),
        is_cut=len(found.body_text) > _SHOWN_CHARACTERS,
        fields=list(_fields(found)),
        names=[(kind, title, names) for kind, title in _KINDS if (names := _names(found, kind))],
        speakers=list(dict.fromkeys(quote.speaker for quote in found.quotes if quote.speaker))[:_MOST_NAMES],
        revisions=revisions,
        sightings=sightings,
    )


@get("/articles/{article_id:int}/revisions/{revision_no:int}", sync_to_thread=True, include_in_schema=False)
def revision(request: Request[Any, Any, Any], state: State, article_id: Id, revision_no: Id) -> Template:
    """The page of the differences between a revision and the one before."""
    with db.for_web(state.settings.database_url) as connection:
        new = reading.article_record(connection, article_id, revision_no)
        old = reading.article_record(connection, article_id, revision_no - 1) if revision_no > 1 else None
    if new is None or old is None:
        raise not_found(f"article {article_id} has no revision {revision_no} that changed an earlier one")
    return page(
        request,
        "revision",
        old=old,
        new=new,
        headline=folded(changes.diff(old.headline or "", new.headline or "")),
        body=folded(changes.diff(old.body_text, new.body_text)),
    )


def folded(edits: Sequence[Edit]) -> list[Folded]:
    """The edits, with runs of equal paragraphs replaced by their number except beside a change."""
    shown: list[Folded] = []
    for kind, group in groupby(edits, key=lambda edit: edit.kind):
        alike = list(group)
        if kind == "same" and len(alike) > 2:
            shown += [Folded(alike[0]), Folded(None, len(alike) - 2), Folded(alike[-1])]
        else:
            shown += map(Folded, alike)
    return shown[:_MOST_EDITS]


def _names(found: ArticleRecord, kind: str) -> list[str]:
    return list(dict.fromkeys(m.name for m in found.mentions if m.kind == kind))[:_MOST_NAMES]


def _day_in_words(found: ArticleRecord) -> str:
    """The time of publication in the publisher's own zone, no more exactly than it was stated."""
    if found.published_at is None:
        return "no date is stated"
    there = found.published_at + timedelta(minutes=found.published_offset_minutes or 0)
    match found.published_precision:
        case "month":
            return f"{there:%B %Y}"
        case "day":
            return f"{there.day} {there:%B %Y}"
    zone = "UTC"
    if found.published_offset_minutes:
        hours, minutes = divmod(abs(found.published_offset_minutes), 60)
        zone = f"UTC{'-' if found.published_offset_minutes < 0 else '+'}{hours:02}:{minutes:02}"
    return f"{there.day} {there:%B %Y, %H:%M} {zone}" + ("" if found.published_zone_known else ", its zone is assumed")


def _fields(found: ArticleRecord) -> Iterator[Field]:
    """The fields that have a value or evidence, those with evidence by its own name."""
    seen: dict[str, list[Evidence]] = {}
    for evidence in found.evidence:
        seen.setdefault(_COLUMNS.get(evidence.field, evidence.field), []).append(evidence)
    values = {
        "headline": found.headline,
        "published_at": found.published_at and f"{found.published_at:%Y-%m-%d %H:%M:%S} UTC",
        "modified_at": found.modified_at and f"{found.modified_at:%Y-%m-%d %H:%M:%S} UTC",
        "authors": ", ".join(author.name for author in found.authors),
        "byline": found.byline,
        "agency": found.agency and f"{found.agency} ({found.agency_source})",
        "dateline": found.dateline and found.dateline.text,
        "language": found.language,
        "section": found.section,
        "tags": ", ".join(found.tags),
        "canonical_url": found.canonical_url,
        "word_count": f"{found.word_count:,}",
    }
    for name in dict.fromkeys((*values, *seen)):
        evidences = seen.get(name, [])
        value = values.get(name) or next((e.value for e in evidences if e.chosen), "")
        if value or evidences:
            shorter = tuple(Evidence(e.field, e.source, _cut(e.value), e.chosen) for e in evidences[:_MOST_NAMES])
            yield Field(name.replace("_", " "), _cut(value or "none"), shorter)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_VALUE_CHARACTERS else f"{text[:_SHOWN_VALUE_CHARACTERS].rstrip()} …"
