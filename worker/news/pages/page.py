"""An article from its web page: rival values are gathered and weighed, and the losers kept as evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from urllib.parse import urljoin, urlsplit

from htmldate import find_date
from selectolax.lexbor import LexborHTMLParser, LexborNode

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.model import Author, Draft, Evidence, IdentifierKind, Media, Moment
from wiredesk.worker.news.pages import headlines
from wiredesk.worker.news.pages.body import extract_body
from wiredesk.worker.news.pages.furniture import without_furniture
from wiredesk.worker.news.pages.refusals import Signs, count_links, find_refusal, wall_at_the_end
from wiredesk.worker.news.pages.structured import Item, Structured, names_of, read_structured
from wiredesk.worker.news.values import authors, dates
from wiredesk.worker.news.values import html as markup
from wiredesk.worker.news.values.sites import site_of
from wiredesk.worker.news.values.text import clean_line, html_to_text, visible_text, word_count
from wiredesk.worker.news.values.words import alternatives, entries, whole_words

_PUBLISHED_METAS = (
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
_DESCRIPTION_METAS = ("og:description", "description", "twitter:description", "dc.description", "sailthru.description")
_TITLE_METAS = ("title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title", "headline", "article:title")
_TAG_METAS = ("article:tag", "news_keywords", "keywords", "parsely-tags", "sailthru.tags", "cxenseparse:keywords")
_SECTION_METAS = ("article:section", "parsely-section", "section", "sailthru.section", "cxenseparse:section")
_LEFT_OUT = re.compile(
    r"\b(?:nav|aside|footer|related|sidebar|teaser|comment|recommend|promo|newsletter)", re.IGNORECASE
)
_MIN_LEAD = 40
_LEAD_WITHIN = 15
_BYLINE_LIMIT = 300
# Of a text, evidence keeps the beginning.
_SHOWN = 100
_ORGANISATION = "organisation"
# A desk or an agency as an author field names it: no address, no number, no picture credit.
_LABEL = re.compile(r"(?!.{0,60}\bmin(?:ute)?s?\b)[^\W\d_](?:(?![@(:]|//).){1,60}")
_NEWS_TYPES = frozenset(["liveblogposting", "report"])
_DESK = re.compile(whole_words("byline_desks"), re.IGNORECASE)
# "By", alone or before a name, in the languages of the agencies.
_BY = re.compile(
    r"(?:(?:written |words |story |posted )?by|von|par|por|di|door|av|af)(?:\s*:)?(?:\s+(?=[^\W\d_a-z])|$)"
    r"|(?:author|autor(?:in|a)?|auteur|autore)\s*:",
    re.IGNORECASE,
)
# Words of buttons and notices that stand where bylines do.
_BUTTON = re.compile(whole_words("buttons"), re.IGNORECASE)
_BARE_NAME = re.compile(
    r"[^\W\d_a-z][\w'’.-]{0,30}"
    rf"(?:\s(?:(?:{alternatives(entries('name_particles'))})(?=\s)|[^\W\d_a-z][\w'’.-]{{0,30}})){{1,4}}"
)
_BARE_DATE = 40
_NEIGHBOURS = 8
_NEAR = 12
_DIGIT = re.compile(r"\d")
_AFTER_HEADLINE = 60
_BEFORE_HEADLINE = 15
_MIN_DATE, _MAX_DATE = 6, 100
_BYLINE_MARKS = '[class*="byline" i], [class*="author" i], [class*="writer" i]'
# Where a box of the author gives the office.
_ROLES = (
    '[class*="role" i], [class*="job-title" i], [class*="job_title" i], [class*="jobtitle" i], [class$="job" i], '
    '[class~="job" i], [class*="position" i], [class*="author-title" i], [class*="author__title" i]'
)
_FEW_ARTICLES = 3
# Where the programs of the usual frameworks put what they show.
_SHELLS = (
    "#root, #app, #__next, #__nuxt, #___gatsby, #react-root, #svelte, #q-app, app-root, [ng-app], [data-reactroot]"
)
_FALLBACK = re.compile(r"</?(?:noscript|iframe|button)\b[^>]{0,2000}>", re.IGNORECASE)
_MAX_TAGS = 50
_MAX_MEDIA = 20
_AUTHOR_META = re.compile(r"(?:^|[-_.:\s])(?:author|byline|written by)(?:[-_.:]?names?)?$")
_PUBLISHED_META = re.compile(r"(?:^|[-_.:])(?:publish(?:ed)?|publication|pub|release)(?:[-_.:]?(?:date|time|at|on))?$")
_UPDATED = re.compile(
    r"\b(?:updated?|modified|revised|reviewed|aktualisiert|mis à jour|actualizado|actualizada|aggiornato|atualizad[oa]|"
    r"bijgewerkt|uppdaterad|oppdatert|opdateret|päivitetty|güncelle\w{1,4}|обновлен\w?)\b",
    re.IGNORECASE,
)
# Data whose day of publication is no earlier than this before the day of modification give the last issue ...
_SAME_ISSUE = timedelta(days=3)
# ... where the page prints a day this much earlier.
_LATER_ISSUE = timedelta(days=7)
# Between a day as printed and the same day as a moment in UTC.
_ONE_DAY = timedelta(hours=38)
# A clock that is a day ahead is a time zone; more is an error or a plan.
_AHEAD = timedelta(days=2)


@dataclass(slots=True)
class _Ledger:
    """The evidence of one page, in the order it was read."""

    entries: list[Evidence] = field(default_factory=list)

    def note(self, name: str, source: str, value: str, *, chosen: bool) -> None:
        """Enter a value; one that is chosen takes the place of what was chosen before it."""
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


class _Surroundings:
    """The short texts around the headline, where pages print who wrote a piece and when; read only when asked."""

    def __init__(self, tree: LexborHTMLParser, headline: str | None) -> None:
        self._tree = tree
        self._headline = headlines.fold(headline or "")
        self._texts: list[str] | None = None
        self._before = 0

    def texts(self) -> list[str]:
        """Up to sixty texts after the headline in page order, then fifteen before it, nearest first."""
        if self._texts is None:
            before, after = _split_at_headline(self._tree, self._headline)
            self._before = min(len(before), _BEFORE_HEADLINE)
            self._texts = [*after[:_AFTER_HEADLINE], *reversed(before[-_BEFORE_HEADLINE:])]
        return self._texts

    def dated_texts(self) -> list[str]:
        """Texts that may hold a date, those that hold little else first: captions and sentences name other days."""
        dated = [text for text in self.texts() if _MIN_DATE <= len(text) <= _MAX_DATE and _DIGIT.search(text)]
        return sorted(dated, key=lambda text: len(text) > _BARE_DATE)

    def bare_dates(self) -> Iterator[str]:
        """Short texts near the headline that hold a number, but for those below a word for updates."""
        texts = self.texts()
        after = len(texts) - self._before
        for index in (*range(min(after, _NEAR)), *range(after, min(len(texts), after + _NEAR))):
            above = texts[max(0, index - 2) : index] if index < after else texts[index + 1 : index + 3]
            is_bare = len(texts[index]) <= _BARE_DATE and _DIGIT.search(texts[index])
            if is_bare and not any(_UPDATED.search(text) for text in above if len(text) <= _BARE_DATE):
                yield texts[index]

    def updates(self) -> Iterator[str]:
        """Texts that give the time of an update, the word before the date even where they are two texts."""
        texts = self.texts()
        for text, following in zip(texts, [*texts[1:], ""], strict=False):
            if len(text) <= _MAX_DATE and _UPDATED.search(text):
                yield text if _DIGIT.search(text) else f"{text} {following[:_MAX_DATE]}"

    def bare_names(self) -> list[str]:
        """Names that stand alone right below the headline, beside a date."""
        texts = [text.strip(" |·•–-") for text in self.texts()[:_NEIGHBOURS]]
        for start, text in enumerate(texts):
            if _BARE_NAME.fullmatch(text):
                names = list(takewhile(_BARE_NAME.fullmatch, texts[start:]))
                beside = texts[max(0, start - 2) : start] + texts[start + len(names) : start + len(names) + 3]
                if any(_DIGIT.search(near) and len(near) <= _BARE_DATE for near in beside):
                    return names
        return []

    def bylines(self) -> Iterator[str]:
        texts = self.texts()[:_AFTER_HEADLINE]
        for index, text in enumerate(texts):
            opening = _BY.match(text)
            if opening and len(text) <= _MAX_DATE:
                rest = text[opening.end() :].strip()
                name = rest or next(iter(texts[index + 1 : index + 2]), "")[:_MAX_DATE]
                if " " in name and not _BUTTON.search(name):
                    yield name
                    return


def _headline_node(tree: LexborHTMLParser, folded: str) -> LexborNode | None:
    """The heading that reads like the headline, a kicker beside it allowed, else the first `h1`."""
    first = tree.css("h1")[:10]
    for node in (*first, *tree.css("h2, h3")[:150]):
        text = headlines.fold(_text_of(node))
        if folded and (text == folded or (folded in text and len(text) < 2 * len(folded))):
            return node
    return next(iter(first), None)


def _split_at_headline(tree: LexborHTMLParser, folded: str) -> tuple[list[str], list[str]]:
    body, headline = tree.body, _headline_node(tree, folded)
    if body is None:
        return [], []
    before: list[str] = []
    after: list[str] = []
    inside = set() if headline is None else {node.mem_id for node in headline.traverse(include_text=True)}
    passed = headline is None
    for node in body.traverse(include_text=True, skip_empty=True):
        if node.mem_id in inside:
            passed = True
        elif (
            node.is_text_node
            and (parent := node.parent) is not None
            and parent.tag not in ("script", "style", "noscript")
        ):
            text = " ".join((node.text_content or "").split())
            if text:
                (after if passed else before).append(text)
                if len(after) >= _AFTER_HEADLINE:
                    break
    return before, after


def read_page(html: str, *, url: str | None, received_at: datetime | None) -> Draft:
    """The article of a page.

    Raises `Rejected`: `no_text` when the page has no text, one of the reasons of `refusals` when it is no article.
    Dates without a zone are read as UTC and say so.
    """
    tree = markup.parse(html)
    _take_out_readings(tree)
    data = read_structured(tree)
    ledger = _Ledger()
    main = data.articles[0] if data.articles else None
    base = url or (data.links.get("canonical") or (None,))[0] or data.meta("og:url")
    sites = _site_names(data, base)
    headline = _headline(tree, data, sites, ledger)
    surroundings = _Surroundings(tree, headline)
    canonical_url, identifiers = _addresses(data, base, ledger)
    modified = _modified(data, surroundings, received_at, ledger)
    draft = Draft(
        headline=headline,
        published=_published(tree, data, surroundings, base, received_at, modified, ledger),
        modified=modified,
        byline=_byline(tree),
        authors=_authors(tree, data, surroundings, sites, ledger),
        description=ledger.choose("description", _descriptions(data, main)),
        source=ledger.choose("source", _sources(data, main, base)),
        section=ledger.choose("section", _sections(data, main)),
        canonical_url=canonical_url,
        identifiers=identifiers,
        language=data.language,
        url=url,
        tags=_tags(data, main),
        media=_media(data, main, base),
        flags=_flags(data),
    )
    declares_article = _declares_article(data)
    headings = [text for node in tree.css("h1")[:6] if (text := _text_of(node))]
    if headline in headings:
        headings = [headline]
    links = None if declares_article else count_links(tree)
    has_password = tree.css_first('input[type="password" i]') is not None
    is_shell = tree.css_first(_SHELLS) is not None
    # Last, because it takes the tree apart.
    body_text, body_source = extract_body(tree, stated=_stated_text(main), lead=_lead(surroundings, data, main))
    body_text, notes = without_furniture(body_text)
    is_empty = word_count(body_text) < 1
    signs = Signs(
        title=data.title,
        headings=tuple(headings[:1]),
        text="" if is_empty else body_text,
        source=html,
        declares_article=declares_article,
        is_dated=draft.published is not None and draft.published.source != "url",
        has_password=has_password,
        is_shell=is_shell,
        links=links,
    )
    if refusal := find_refusal(signs, _everything(html) if is_empty else ""):
        raise refusal
    if is_empty:
        raise Rejected("no_text", "the page has no article text")
    ledger.note("body_text", body_source, body_text[:_SHOWN], chosen=True)
    draft = replace(draft, body_text=body_text, flags=(*draft.flags, *notes), evidence=tuple(ledger.entries))
    if open_text := wall_at_the_end(body_text):
        flags = draft.flags if "paywalled" in draft.flags else (*draft.flags, "paywalled")
        draft = replace(draft, body_text=open_text, flags=flags)
    return draft


def _take_out_readings(tree: LexborHTMLParser) -> None:
    """Take out how characters are read (`<rt>`), and kickers inside of headings."""
    for node in tree.css("rt, rp"):
        node.decompose()
    if tree.css_first("ruby") is not None:
        tree.unwrap_tags(["ruby"])
        if tree.body is not None:
            tree.body.merge_text_nodes()
    for node in tree.css('h1 > [class*="kicker" i], h1 > [class*="eyebrow" i], h1 > [class*="overline" i]'):
        if node.parent is not None and len(node.parent.text(deep=True)) > 2 * len(node.text(deep=True)):
            node.decompose()


def _declares_article(data: Structured) -> bool:
    """Whether the page's data describe one article; a front page describes many."""
    articles = [
        item
        for item in data.articles
        if item.first("headline", "name") and item.first("datepublished", "author", "articlebody")
    ]
    if articles and len({item.first("headline", "name") for item in articles}) <= _FEW_ARTICLES:
        return True
    return (data.meta("og:type") or "").lower() == "article" and data.meta(*_PUBLISHED_METAS) is not None


def _everything(html: str) -> str:
    """All that a page shows, and what it shows where scripts or frames don't run."""
    html = _FALLBACK.sub(" ", html)
    body = markup.parse(html).body
    return visible_text(body) if body is not None else ""


# --- headline, source, description ------------------------------------------------------------------------------------


def _headline(tree: LexborHTMLParser, data: Structured, sites: Iterable[str], ledger: _Ledger) -> str | None:
    candidates = [(item.source, text) for item in data.articles[:1] if (text := item.first("headline"))]
    candidates += [("h1", text) for node in tree.css("h1")[:6] if (text := _text_of(node))]
    candidates += [("og:title", text) for text in data.every_meta("og:title")[:1]]
    candidates += [("twitter:title", text) for text in data.every_meta("twitter:title")[:1]]
    candidates += [("meta", text) for text in data.every_meta(*_TITLE_METAS)[:1]]
    if data.title:
        candidates.append(("title", data.title))
    if not any(source in ("json-ld", "microdata") for source, _ in candidates):
        candidates += [("name", text) for item in data.articles[:1] if (text := item.first("name"))]
    headline, evidence = headlines.choose_headline(candidates, sites, newsroom=_is_news(data))
    ledger.entries.extend(evidence)
    return headline


def _is_news(data: Structured) -> bool:
    return any("news" in kind or kind in _NEWS_TYPES for item in data.articles[:1] for kind in item.types)


def _site_names(data: Structured, url: str | None) -> list[str]:
    names = data.every_meta(
        "og:site_name", "application-name", "apple-mobile-web-app-title", "twitter:site", "publisher"
    )
    names += [text for item in (*data.articles[:1], *data.others[:2]) for text in item.texts("publisher")]
    host = _host(url)
    if host:
        names += [host, *(label for label in host.split(".")[:-1] if len(label) > 2)]
    return names


def _host(url: str | None) -> str:
    try:
        return (urlsplit(url or "").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _sources(data: Structured, main: Item | None, url: str | None) -> Iterator[tuple[str, str | None]]:
    yield "og:site_name", data.meta("og:site_name")
    if main:
        yield main.source, main.first("publisher")
    yield "meta", data.meta("application-name", "publisher", "dc.publisher", "dcterms.publisher")
    yield "url", _host(url) or None


def _descriptions(data: Structured, main: Item | None) -> Iterator[tuple[str, str | None]]:
    if main:
        yield main.source, main.first("description")
    for name in _DESCRIPTION_METAS:
        yield name, data.meta(name)


def _lead(surroundings: _Surroundings, data: Structured, main: Item | None) -> str | None:
    """The standfirst: a text below the headline that the page also gives as its description."""
    described = {headlines.fold(text)[:60] for _, text in _descriptions(data, main) if text and len(text) >= _MIN_LEAD}
    for text in surroundings.texts()[:_LEAD_WITHIN]:
        if len(text) >= _MIN_LEAD and headlines.fold(text)[:60] in described:
            return clean_line(text)
    return None


def _stated_text(main: Item | None) -> str | None:
    stated = main.values.get("articlebody") if main else None
    return html_to_text(stated) if isinstance(stated, str) else None


def _sections(data: Structured, main: Item | None) -> Iterator[tuple[str, str | None]]:
    if main:
        yield main.source, main.first("articlesection")
    yield "meta", data.meta(*_SECTION_METAS)


def _text_of(node: LexborNode) -> str:
    return clean_line(node.text(deep=True, separator=" "))


# --- dates ------------------------------------------------------------------------------------------------------------


def _published(
    tree: LexborHTMLParser,
    data: Structured,
    surroundings: _Surroundings,
    url: str | None,
    received_at: datetime | None,
    modified: Moment | None,
    ledger: _Ledger,
) -> Moment | None:
    """As declared, else as in the URL, else as written near the headline or marked, else as htmldate finds it.

    A date without a year is none: what stands beside an article may be of any year.
    """
    declared = _choose_moment("published_at", _published_texts(tree, data, surroundings), url, received_at, ledger)
    if declared is None or declared.precision == "month":
        texts = (*surroundings.dated_texts(), *_marked_dates(tree))
        written = [("text", text) for text in texts if not _UPDATED.search(text)]
        found = _choose_moment("published_at", written, None, received_at, ledger, most=1) or declared
        return found or _choose_moment("published_at", _found_by_htmldate(tree, url), None, received_at, ledger)
    if modified is not None and not _is_news(data):
        day = _printed_day(tree, surroundings)
        if day is not None and _contradicts(day, declared, modified):
            ledger.note("published_at", day.source, day.at.isoformat(), chosen=True)
            return day
    return declared


def _printed_day(tree: LexborHTMLParser, surroundings: _Surroundings) -> Moment | None:
    """The day that stands alone beside the headline, and not as the day of an update."""
    for text in (*surroundings.bare_dates(), *_marked_dates(tree)):
        day = None if _UPDATED.search(text) else dates.read_moment(text, source="text")
        if day is not None and day.precision != "month":
            return day
    return None


def _contradicts(printed: Moment, declared: Moment, modified: Moment) -> bool:
    """Whether the day that readers see shows that the page's data have another one for the day of publication.

    Systems that write their pages out whole state the day of writing; others keep the first day of a page whose text,
    and printed day, are new. In neither case is the printed day called that of an update.
    """
    if declared.at > modified.at - _SAME_ISSUE:
        return declared.at - printed.at > _LATER_ISSUE
    return abs(printed.at - modified.at) < _ONE_DAY


def _found_by_htmldate(tree: LexborHTMLParser, url: str | None) -> Iterator[tuple[str, str]]:
    """Asked last, because it reads the page once more; what it guesses from any year in the text is left out."""
    try:
        found = find_date(tree.html or "", original_date=True, extensive_search=False, url=url)
    except (ValueError, OverflowError, RecursionError, TypeError, AttributeError):
        return
    if found:
        yield "htmldate", found


def _marked_dates(tree: LexborHTMLParser) -> Iterator[str]:
    for node in tree.css('[class*="date" i], [class*="publish" i], [class*="posted" i]')[:60]:
        text = _text_of(node)
        if _MIN_DATE <= len(text) <= _MAX_DATE and _DIGIT.search(text) and not _is_aside(node):
            yield text


def _modified(
    data: Structured, surroundings: _Surroundings, received_at: datetime | None, ledger: _Ledger
) -> Moment | None:
    """As declared, or as the page prints it beside the word when that is later by more than a day."""
    texts = [(item.source, text) for item in data.articles[:2] for text in item.texts("datemodified")]
    texts += [(name, text) for name in _MODIFIED_METAS for text in data.metas.get(name, ())]
    declared = _choose_moment("modified_at", texts, None, received_at, ledger)
    printed = [("text", text) for text in surroundings.updates()]
    shown = _choose_moment("modified_at", printed, None, received_at, ledger, most=0)
    if shown is None or (declared is not None and shown.at - declared.at < _ONE_DAY):
        return declared
    ledger.note("modified_at", shown.source, shown.at.isoformat(), chosen=True)
    return shown


def _choose_moment(
    name: str,
    texts: Iterable[tuple[str, str]],
    url: str | None,
    received_at: datetime | None,
    ledger: _Ledger,
    most: int = 20,
) -> Moment | None:
    """The first readable moment that isn't in the future; the rest, `most` of them, are rivals."""
    chosen: Moment | None = None
    limit = (received_at or datetime.max.replace(tzinfo=UTC) - _AHEAD) + _AHEAD
    moments = [
        moment
        for source, text in texts
        if dates.read_moment(text, source=source)  # without a year it is none
        and (moment := dates.read_moment(text, source=source, received_at=received_at))
    ]
    if url is not None and (moment := dates.date_in_url(url)):
        moments.append(moment)
    for moment in moments:
        if moment.at <= limit:
            chosen = moment
            break
    for moment in moments[:most]:
        ledger.note(name, moment.source, moment.at.isoformat(), chosen=moment is chosen)
    return chosen


def _published_texts(
    tree: LexborHTMLParser, data: Structured, surroundings: _Surroundings
) -> Iterator[tuple[str, str]]:
    for item in data.articles[:1]:
        for text in item.texts("datepublished"):
            yield item.source, text
    for name in _PUBLISHED_METAS:
        for text in data.metas.get(name, ()):
            yield name, text
    for name, contents in data.metas.items():
        if name not in _PUBLISHED_METAS and _PUBLISHED_META.search(name):
            yield name, contents[0]
    for item in (*data.articles, *data.others):
        for text in (*item.texts("datepublished"), *item.texts("datecreated"), *item.texts("uploaddate")):
            yield item.source, text
    places = {text: place for place, text in reversed(list(enumerate(surroundings.texts())))}
    times = [(node, _text_of(node)) for node in tree.css("time")[:40] if not _is_aside(node)]
    for node, text in sorted(times, key=lambda pair: places.get(pair[1], len(places))):
        if text in places or not surroundings.dated_texts():
            yield "time", node.attributes.get("datetime") or text[:_MAX_DATE]


def _is_aside(node: LexborNode) -> bool:
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


# --- people -----------------------------------------------------------------------------------------------------------


def _authors(
    tree: LexborHTMLParser,
    data: Structured,
    surroundings: _Surroundings,
    sites: Iterable[str],
    ledger: _Ledger,
) -> tuple[Author, ...]:
    """The persons of the first source that names one; where none does, the desk or agency that the page declares.

    An organisation has the role `organisation`, and is left out beside a person when it's the publication itself.
    """
    own_names = {headlines.fold(site) for site in sites}
    chosen: tuple[Author, ...] = ()
    own: tuple[Author, ...] = ()
    for source, names in _author_names(tree, data, surroundings):
        people = tuple(_as_authors(names, source, own_names))
        others = tuple(author for author in people if headlines.fold(author.name) not in own_names)
        if people:
            ledger.note("authors", source, "; ".join(a.name for a in people), chosen=bool(others) and not chosen)
        chosen = chosen or others
        own = own or people
    if not (chosen or own):
        chosen = authors.read_authors(surroundings.bare_names(), source="text")
        if chosen:
            ledger.note("authors", "text", "; ".join(author.name for author in chosen), chosen=True)
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


def _author_names(
    tree: LexborHTMLParser, data: Structured, surroundings: _Surroundings
) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
    """Each source's names, with whether it calls them an organisation."""
    for item in data.articles[:3]:
        for member in ("author", "creator"):
            yield item.source, names_of(item.values.get(member))
    for name in _AUTHOR_METAS:
        yield "meta", [(text, False) for text in data.metas.get(name, ()) if "://" not in text]
    for name, contents in data.metas.items():
        if name not in _AUTHOR_METAS and _AUTHOR_META.search(name):
            yield "meta", [(text, False) for text in contents if "://" not in text]
    links = [node for node in tree.css('[rel~="author"], [itemprop~="author"]')[:20] if not _is_aside(node)]
    yield "rel", [(text, False) for node in links if (text := _text_of(node)) and len(text) <= _BYLINE_LIMIT]
    yield "byline", [(text, False) for text in surroundings.bylines()]
    yield "byline", [(text, False) for text in _marked_bylines(tree)]


def _marked_bylines(tree: LexborHTMLParser) -> list[str]:
    """The names in the first element that is marked as a byline: its texts that are names, else all of it."""
    for node in tree.css(_BYLINE_MARKS)[:20]:
        text = _text_of(node)
        if len(text) > _BYLINE_LIMIT:
            continue  # a wrapper of the whole page can be named after its author, too
        for role in node.css(_ROLES):
            # `author-title-wrapper` holds the name itself.
            holds_name = any(inner.mem_id != role.mem_id for inner in role.css(_BYLINE_MARKS))
            if role.parent is not None and role.mem_id != node.mem_id and not holds_name:
                role.decompose()
                text = _text_of(node)
        if 3 < len(text) <= _MAX_DATE and not _is_aside(node):
            names = [name for link in node.css("a") if " " in (name := _text_of(link)) and _LABEL.fullmatch(name)]
            names = [name for name in names or [text] if not _BUTTON.search(name)]
            if any(" " in person.name for person in authors.read_authors(names, source="byline")):
                return names
    return []


def _byline(tree: LexborHTMLParser) -> str | None:
    for node in tree.css('[class*="byline" i]')[:6]:
        text = _text_of(node)
        if 3 < len(text) <= _BYLINE_LIMIT and not _is_aside(node):
            return text
    return None


# --- the rest ---------------------------------------------------------------------------------------------------------


def _addresses(
    data: Structured, url: str | None, ledger: _Ledger
) -> tuple[str | None, tuple[tuple[IdentifierKind, str], ...]]:
    """The canonical URL, and the page's other addresses as names of the article.

    A canonical link to another site marks a reprint, one to a front page is a slip of a template: neither is an address
    of this article.
    """
    stated = [("canonical", link) for link in data.links.get("canonical", ())]
    stated += [("og:url", link) for link in data.metas.get("og:url", ())]
    others = [link for rel in ("amphtml", "shortlink") for link in data.links.get(rel, ())]
    own = [(source, full) for source, link in stated if (full := _absolute(link, url)) and _is_address(full, url)]
    canonical = ledger.choose("canonical_url", own)
    for source, link in stated:
        if (full := _absolute(link, url)) and (source, full) not in own:
            ledger.note("canonical_url", source, full, chosen=False)
    more = [full for link in others if (full := _absolute(link, url)) and _is_address(full, url)]
    return canonical, tuple(("url", link) for link in dict.fromkeys([*(link for _, link in own), *more]))


def _is_address(link: str, url: str | None) -> bool:
    if url is None:
        return True
    if urlsplit(link).path.strip("/") == "" and urlsplit(link).query == "" and urlsplit(url).path.strip("/"):
        return False
    return site_of(_host(url)) == site_of(_host(link))


def _absolute(link: str, base: str | None) -> str | None:
    try:
        full = urljoin(base or "", clean_line(link))
        return full if urlsplit(full).scheme in ("http", "https") and urlsplit(full).hostname else None
    except ValueError:
        return None


def _tags(data: Structured, main: Item | None) -> tuple[str, ...]:
    found = [tag for text in (main.texts("keywords") if main else []) for tag in _split_tags(text)]
    for name in _TAG_METAS:
        found += [tag for text in data.metas.get(name, ()) for tag in _split_tags(text)]
    unique: dict[str, str] = {}
    for tag in found:
        if len(tag) <= 100:
            unique.setdefault(tag.casefold(), tag)
    return tuple(unique.values())[:_MAX_TAGS]


def _split_tags(text: str) -> list[str]:
    return [tag for part in re.split(r"[,;|]", text) if (tag := part.strip(" #\"'"))]


def _media(data: Structured, main: Item | None, url: str | None) -> tuple[Media, ...]:
    """The lead image as the page declares it, and films and sound that belong to the article."""
    found: dict[str, Media] = {}
    for link in [
        *data.every_meta("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src")
    ]:
        full = _absolute(link, url)
        if full:
            found.setdefault(full, Media(full, "image"))
    if main:
        for name in ("image", "video", "audio"):
            for member in main.nested(name) or []:
                link = next((v for k in ("contenturl", "url", "@id") if isinstance(v := member.get(k), str)), "")
                if link and (full := _absolute(link, url)):
                    caption = member.get("caption") or member.get("name")
                    found[full] = Media(
                        full,
                        "image" if name == "image" else "video" if name == "video" else "audio",
                        caption=clean_line(caption) if isinstance(caption, str) else None,
                        width=_pixels(member.get("width")),
                        height=_pixels(member.get("height")),
                    )
        for link in main.texts("image"):
            if full := _absolute(link, url):
                found.setdefault(full, Media(full, "image"))
    return tuple(found.values())[:_MAX_MEDIA]


def _pixels(value: object) -> int | None:
    digits = re.match(r"\s*(\d{1,5})", str(value)) if isinstance(value, str | int | float) else None
    return int(digits[1]) if digits else None


def _flags(data: Structured) -> tuple[str, ...]:
    """`paywalled`, and what the publisher reserves: `noarchive`, `noindex`, `nosnippet`, `noai`, `tdm-reserved`."""
    flags = []
    free = [text.lower() for item in (*data.articles, *data.others) for text in item.texts("isaccessibleforfree")]
    tier = (data.meta("article:content_tier", "content_tier") or "").lower()
    if any(text in ("false", "no", "0") for text in free) or tier in ("locked", "metered", "paid"):
        flags.append("paywalled")
    robots = " ".join(data.every_meta("robots", "googlebot", "googlebot-news", "bingbot")).lower()
    flags += [
        word for word in ("noarchive", "noindex", "nosnippet", "noai", "noimageai") if re.search(rf"\b{word}\b", robots)
    ]
    if (data.meta("tdm-reservation") or "").strip() == "1":
        flags.append("tdm-reserved")
    return tuple(flags)
