"""The times of a page's publication and last update: as declared, printed, or found by htmldate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from htmldate import find_date
from selectolax.lexbor import LexborHTMLParser

from wiredesk.worker.news.model import Moment
from wiredesk.worker.news.pages.parsed import Page, is_aside, is_news
from wiredesk.worker.news.pages.surroundings import DIGIT, MAX_DATE, MIN_DATE, UPDATE
from wiredesk.worker.news.values import dates
from wiredesk.worker.news.values.text import one_line

PUBLISHED_METAS = (
    "article:published_time",
    "article:published",
    "og:article:published_time",
    "og:published_time",
    "og:pubdate",
    "datepublished",
    "article.published",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "cse-pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "published_time",
    "publication_date",
    "pubdate",
    "published-date",
    "citation_publication_date",
    "dcterms.issued",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "dcterms.date",
    "dc.date",
    "date",
    "last-published",
    "datecreated",
)
_MODIFIED_METAS = (
    "article:modified_time",
    "article:modified",
    "og:updated_time",
    "og:article:modified_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "lastmod",
    "last-modified",
    "revised",
)
_PUBLISHED_META = re.compile(r"(?:^|[-_.:])(?:publish(?:ed)?|publication|pub|release)(?:[-_.:]?(?:date|time|at|on))?$")
# Data whose day of publication is no earlier than this before the day of modification give the last issue ...
_SAME_ISSUE = timedelta(days=3)
# ... where the page prints a day this much earlier.
_LATER_ISSUE = timedelta(days=7)
# Between a day as printed and the same day as a moment in UTC.
_ONE_DAY = timedelta(hours=38)
# A clock that is a day ahead is a time zone; more is an error or a plan.
_AHEAD = timedelta(days=2)


def published(page: Page, modified: Moment | None) -> Moment | None:
    """The time of publication: declared, else in the URL, else written near the headline or marked, else htmldate's.

    A date without a year is none: what stands beside an article may be of any year.
    """
    declared = _choose_moment(page, "published_at", _published_texts(page), url=page.address)
    if declared is None or declared.precision == "month":
        texts = (*page.surroundings.dated_texts(), *_marked_dates(page.tree))
        written = [("text", text) for text in texts if not UPDATE.search(text)]
        found = _choose_moment(page, "published_at", written, most=1) or declared
        return found or _choose_moment(page, "published_at", _found_by_htmldate(page))
    if modified is not None and not is_news(page.data):
        day = _printed_day(page)
        if day is not None and _contradicts(day, declared, modified):
            page.evidence.note("published_at", day.source, day.at.isoformat(), chosen=True)
            return day
    return declared


def _printed_day(page: Page) -> Moment | None:
    """The day that stands alone beside the headline, and not as the day of an update."""
    for text in (*page.surroundings.bare_dates(), *_marked_dates(page.tree)):
        day = None if UPDATE.search(text) else dates.read_moment(text, source="text")
        if day is not None and day.precision != "month":
            return day
    return None


def _contradicts(printed: Moment, declared: Moment, modified: Moment) -> bool:
    """Whether the day that readers see shows that the page's data have another one for the day of publication.

    Systems that write their pages out whole state the day of writing; others keep the first day of a page whose text,
    and printed day, are new. In neither case is the printed day called that of an update; a printed stamp that is the
    declared one of the update is that.
    """
    if declared.at > modified.at - _SAME_ISSUE:
        return declared.at - printed.at > _LATER_ISSUE
    return abs(printed.at - modified.at) < _ONE_DAY and (printed.precision == "day" or printed.at != modified.at)


def _found_by_htmldate(page: Page) -> Iterator[tuple[str, str]]:
    """Asked last, because it reads the page once more; its guesses from a bare year in the text are left out."""
    try:
        found = find_date(page.tree.html or "", original_date=True, extensive_search=False, url=page.address)
    except (ValueError, OverflowError, RecursionError, TypeError, AttributeError):
        return
    if found:
        yield "htmldate", found


def _marked_dates(tree: LexborHTMLParser) -> Iterator[str]:
    for node in tree.css('[class*="date" i], [class*="publish" i], [class*="posted" i]')[:60]:
        text = one_line(node)
        if MIN_DATE <= len(text) <= MAX_DATE and DIGIT.search(text) and not is_aside(node):
            yield text


def modified(page: Page) -> Moment | None:
    """The time of the last update: as declared, or as printed beside the word where that is later by a day or more."""
    texts = [(item.source, text) for item in page.data.articles[:2] for text in item.texts("datemodified")]
    texts += [(name, text) for name in _MODIFIED_METAS for text in page.data.metas.get(name, ())]
    declared = _choose_moment(page, "modified_at", texts)
    printed = [("text", text) for text in page.surroundings.updates()]
    shown = _choose_moment(page, "modified_at", printed, most=0)
    if shown is None or (declared is not None and shown.at - declared.at < _ONE_DAY):
        return declared
    page.evidence.note("modified_at", shown.source, shown.at.isoformat(), chosen=True)
    return shown


def _choose_moment(
    page: Page, name: str, texts: Iterable[tuple[str, str]], *, url: str | None = None, most: int = 20
) -> Moment | None:
    """The first readable moment that isn't in the future, that in `url` last; `most` of the rest are noted as rivals.

    `texts` are `(source, text)` pairs.
    """
    chosen: Moment | None = None
    limit = (page.received_at or datetime.max.replace(tzinfo=UTC) - _AHEAD) + _AHEAD
    moments = [
        moment
        for source, text in texts
        if dates.read_moment(text, source=source)  # without a year it is none
        and (moment := dates.read_moment(text, source=source, received_at=page.received_at))
    ]
    if url is not None and (moment := dates.date_in_url(url)):
        moments.append(moment)
    for moment in moments:
        if moment.at <= limit:
            chosen = moment
            break
    for moment in moments[:most]:
        page.evidence.note(name, moment.source, moment.at.isoformat(), chosen=moment is chosen)
    return chosen


def _published_texts(page: Page) -> Iterator[tuple[str, str]]:
    data, surroundings = page.data, page.surroundings
    for item in data.articles[:1]:
        for text in item.texts("datepublished"):
            yield item.source, text
    for name in PUBLISHED_METAS:
        for text in data.metas.get(name, ()):
            yield name, text
    for name, contents in data.metas.items():
        if name not in PUBLISHED_METAS and _PUBLISHED_META.search(name):
            yield name, contents[0]
    for item in (*data.articles, *data.others):
        for text in (*item.texts("datepublished"), *item.texts("datecreated"), *item.texts("uploaddate")):
            yield item.source, text
    places = {text: place for place, text in reversed(list(enumerate(surroundings.texts())))}
    times = [(node, one_line(node)) for node in page.tree.css("time")[:40] if not is_aside(node)]
    for node, text in sorted(times, key=lambda pair: places.get(pair[1], len(places))):
        if text in places or not surroundings.dated_texts():
            yield "time", node.attributes.get("datetime") or text[:MAX_DATE]
