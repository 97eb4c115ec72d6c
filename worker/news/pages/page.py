"""An article from its web page: rival values are gathered and weighed, and the losers kept as evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.model import Draft, IdentifierKind, Media
from wiredesk.worker.news.pages import days, headlines, people
from wiredesk.worker.news.pages.body import extract_body
from wiredesk.worker.news.pages.furniture import without_furniture
from wiredesk.worker.news.pages.parsed import CollectedEvidence, Page, is_news
from wiredesk.worker.news.pages.refusals import Signs, count_links, find_refusal, wall_at_the_end
from wiredesk.worker.news.pages.structured import Item, Structured, read_structured
from wiredesk.worker.news.pages.surroundings import Surroundings
from wiredesk.worker.news.values import html as markup
from wiredesk.worker.news.values.sites import site_of
from wiredesk.worker.news.values.text import clean_line, html_to_text, one_line, visible_text, word_count

_DESCRIPTION_METAS = ("og:description", "description", "twitter:description", "dc.description", "sailthru.description")
_TITLE_METAS = ("title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title", "headline", "article:title")
_TAG_METAS = ("article:tag", "news_keywords", "keywords", "parsely-tags", "sailthru.tags", "cxenseparse:keywords")
_SECTION_METAS = ("article:section", "parsely-section", "section", "sailthru.section", "cxenseparse:section")
_MIN_LEAD = 40
_LEAD_WITHIN = 15
# Of a text, evidence keeps the beginning.
_SHOWN = 100
_FEW_ARTICLES = 3
# Elements in which common frameworks put the page's data.
_SHELLS = (
    "#root, #app, #__next, #__nuxt, #___gatsby, #react-root, #svelte, #q-app, app-root, [ng-app], [data-reactroot]"
)
_FALLBACK = re.compile(r"</?(?:noscript|iframe|button)\b[^>]{0,2000}>", re.IGNORECASE)
_MAX_TAGS = 50
_MAX_MEDIA = 20


def read_page(html: str, *, url: str | None, received_at: datetime | None) -> Draft:
    """The article of a page.

    Raises `Rejected`: `no_text` when the page has no text, one of the reasons of `refusals` when it is no article.
    Dates without a zone are read as UTC and say so.
    """
    page = _parse(html, url=url, received_at=received_at)
    tree, data, main, evidence = page.tree, page.data, page.main, page.evidence
    canonical_url, identifiers = _addresses(page)
    modified = days.modified(page)
    draft = Draft(
        headline=page.headline,
        published=days.published(page, modified),
        modified=modified,
        byline=people.byline(tree),
        authors=people.read_people(page),
        description=evidence.choose("description", _descriptions(data, main)),
        source=evidence.choose("source", _sources(data, main, page.address)),
        section=evidence.choose("section", _sections(data, main)),
        canonical_url=canonical_url,
        identifiers=identifiers,
        language=data.language,
        url=url,
        tags=_tags(data, main),
        media=_media(data, main, page.address),
        flags=_flags(data),
    )
    declares_article = _declares_article(data)
    headings = [text for node in tree.css("h1")[:6] if (text := one_line(node))]
    if page.headline in headings:
        headings = [page.headline]
    links = None if declares_article else count_links(tree)
    has_password = tree.css_first('input[type="password" i]') is not None
    is_shell = tree.css_first(_SHELLS) is not None
    # Last, because it takes the tree apart.
    body_text, body_source = extract_body(tree, stated=_stated_text(main), lead=_lead(page))
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
    evidence.note("body_text", body_source, body_text[:_SHOWN], chosen=True)
    draft = replace(draft, body_text=body_text, flags=(*draft.flags, *notes), evidence=tuple(evidence.entries))
    if open_text := wall_at_the_end(body_text):
        flags = draft.flags if "paywalled" in draft.flags else (*draft.flags, "paywalled")
        draft = replace(draft, body_text=open_text, flags=flags)
    return draft


def _parse(html: str, *, url: str | None, received_at: datetime | None) -> Page:
    tree = markup.parse(html)
    _take_out_readings(tree)
    data = read_structured(tree)
    address = url or (data.links.get("canonical") or (None,))[0] or data.meta("og:url")
    sites = tuple(_site_names(data, address))
    evidence = CollectedEvidence()
    headline = _headline(tree, data, sites, evidence)
    return Page(tree, data, address, received_at, sites, headline, Surroundings(tree, headline), evidence)


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
    return (data.meta("og:type") or "").lower() == "article" and data.meta(*days.PUBLISHED_METAS) is not None


def _everything(html: str) -> str:
    """The visible text of a page, and of its noscript and noframes elements."""
    html = _FALLBACK.sub(" ", html)
    body = markup.parse(html).body
    return visible_text(body) if body is not None else ""


# --- headline, source, description ------------------------------------------------------------------------------------


def _headline(
    tree: LexborHTMLParser, data: Structured, sites: Iterable[str], evidence: CollectedEvidence
) -> str | None:
    candidates = [(item.source, text) for item in data.articles[:1] if (text := item.first("headline"))]
    candidates += [("h1", text) for node in tree.css("h1")[:6] if (text := one_line(node))]
    candidates += [("og:title", text) for text in data.every_meta("og:title")[:1]]
    candidates += [("twitter:title", text) for text in data.every_meta("twitter:title")[:1]]
    candidates += [("meta", text) for text in data.every_meta(*_TITLE_METAS)[:1]]
    if data.title:
        candidates.append(("title", data.title))
    if not any(source in ("json-ld", "microdata") for source, _ in candidates):
        candidates += [("name", text) for item in data.articles[:1] if (text := item.first("name"))]
    headline, seen = headlines.choose_headline(candidates, sites, newsroom=is_news(data))
    evidence.entries.extend(seen)
    return headline


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


def _lead(page: Page) -> str | None:
    """The standfirst: a text below the headline that the page also gives as its description."""
    described = {
        headlines.fold(text)[:60] for _, text in _descriptions(page.data, page.main) if text and len(text) >= _MIN_LEAD
    }
    for text in page.surroundings.texts()[:_LEAD_WITHIN]:
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


# --- the rest ---------------------------------------------------------------------------------------------------------


def _addresses(page: Page) -> tuple[str | None, tuple[tuple[IdentifierKind, str], ...]]:
    """The canonical URL, and the page's other addresses as names of the article.

    A canonical link to another site marks a reprint, one to a front page is a slip of a template: neither is an address
    of this article.
    """
    data, url = page.data, page.address
    stated = [("canonical", link) for link in data.links.get("canonical", ())]
    stated += [("og:url", link) for link in data.metas.get("og:url", ())]
    others = [link for rel in ("amphtml", "shortlink") for link in data.links.get(rel, ())]
    own = [(source, full) for source, link in stated if (full := _absolute(link, url)) and _is_address(full, url)]
    canonical = page.evidence.choose("canonical_url", own)
    for source, link in stated:
        if (full := _absolute(link, url)) and (source, full) not in own:
            page.evidence.note("canonical_url", source, full, chosen=False)
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
    """`paywalled`, and the publisher's reserved rights: `noarchive`, `noindex`, `nosnippet`, `noai`, `tdm-reserved`."""
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
