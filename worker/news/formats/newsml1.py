"""NewsML 1.0 to 1.2: an envelope of news items, each with one text or several texts of their own headlines."""

from __future__ import annotations

from collections.abc import Iterator

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds.entries import media_kind
from wiredesk.worker.news.formats import nitf, xml
from wiredesk.worker.news.formats.given import Found, Given
from wiredesk.worker.news.formats.piece import SUBJECT_CODES, Piece, make_draft, mark
from wiredesk.worker.news.formats.xml import Element, attribute, children, first, text_of, within
from wiredesk.worker.news.model import Draft, Media
from wiredesk.worker.news.values.text import html_to_text

_GONE = frozenset(("canceled", "cancelled", "withheld", "withdrawn"))


def read(given: Given) -> Found:
    """The articles of all news items, in document order. An item that can't be read is its own rejection."""
    root = xml.parse(given, roots=frozenset(("newsml",)))
    if xml.name_of(root) != "NewsML":
        raise Rejected("broken_document", f"the first element is <{xml.name_of(root)}>; <NewsML> is expected")
    items = children(root, "NewsItem")
    if not items:
        raise Rejected("no_items", "<NewsML> has no <NewsItem>")
    for number, item in enumerate(items, 1):
        try:
            yield from _drafts(item, given)
        except Rejected as rejected:
            if len(items) == 1:
                raise
            yield Rejected(rejected.reason, f"item {number}: {rejected.detail}")


def _drafts(item: Element, given: Given) -> Iterator[Draft]:
    piece = _managed(item)
    texts = [component for component in within(item, "NewsComponent") if _content(component) is not None]
    named = [component for component in texts if first(component, "NewsLines", "HeadLine") is not None]
    top = first(item, "NewsComponent")
    if not texts and (piece.status or "").lower() not in _GONE:
        raise Rejected("no_text", "the item has no text")
    articles = named if len(named) > 1 else [named[0] if named else texts[0]] if texts else [top]
    # What the component around several texts says holds for each of them.
    around = Piece(piece.format)
    if top is not None:
        _describe(top, around)
    around.source = around.source or text_of(first(item, "Identification", "NewsIdentifier", "ProviderId"))
    pictures = list(within(top, "NewsComponent")) if top is not None and len(articles) == 1 else []
    for number, component in enumerate(articles, 1):
        one = piece.copy()
        if number > 1 and one.provider_id:
            one.provider_id = f"{one.provider_id}#{attribute(component, 'Duid') or number}"
        if component is not None:
            if component is not top:
                _describe(component, one)
            _read_content(component, one)
        one.fill(around)
        one.media += [media for pictured in pictures for media in _media(pictured)]
        yield make_draft(one, received_at=given.received_at)


def _managed(item: Element) -> Piece:
    """The fields of an item's NewsIdentifier and NewsManagement."""
    piece = Piece("newsml-1")
    if (name := first(item, "Identification", "NewsIdentifier")) is not None:
        parts = [text for part in ("ProviderId", "DateId", "NewsItemId") if (text := text_of(first(name, part)))]
        # The public identifier names one version; without its end it names the piece.
        piece.provider_id = (
            ":".join(["urn:newsml", *parts]) if len(parts) == 3 else text_of(first(name, "PublicIdentifier"))
        )
        piece.provider_version = text_of(first(name, "RevisionId"))
    if (management := first(item, "NewsManagement")) is not None:
        piece.published = text_of(first(management, "FirstCreated"))
        piece.modified = text_of(first(management, "ThisRevisionCreated"))
        piece.urgency = attribute(first(management, "Urgency"), "FormalName")
        piece.status = attribute(first(management, "Status"), "FormalName")
        piece.is_embargoed = (piece.status or "").lower() == "embargoed"
        change = first(management, "StatusWillChange")
        if piece.is_embargoed and change is not None:
            piece.release = text_of(first(change, "DateAndTime"))
        piece.ed_notes += [text for note in children(management, "Instruction") if (text := text_of(note))]
    return piece


def _describe(component: Element, piece: Piece) -> None:
    lines = first(component, "NewsLines")
    if lines is not None:
        piece.headline = piece.headline or text_of(first(lines, "HeadLine"))
        piece.description = piece.description or text_of(first(lines, "SubHeadLine"))
        piece.bylines = piece.bylines or [text for line in children(lines, "ByLine") if (text := text_of(line))]
        piece.located = piece.located or text_of(first(lines, "DateLine"))
        piece.credit = piece.credit or text_of(first(lines, "CreditLine"))
        piece.rights = piece.rights or text_of(first(lines, "CopyrightLine"))
        piece.slug = piece.slug or text_of(first(lines, "SlugLine"))
        piece.usage_terms += [text for line in children(lines, "RightsLine") if (text := text_of(line))]
        piece.keywords += [text for line in children(lines, "KeywordLine") if (text := text_of(line))]
    if (administrative := first(component, "AdministrativeMetadata")) is not None:
        provider = first(administrative, "Provider", "Party")
        piece.source = attribute(provider, "FormalName") or piece.source
    rights = first(component, "RightsMetadata")
    for terms in within(rights, "UsageRights") if rights is not None else ():
        piece.usage_terms += [text for part in children(terms, "UsageType", "Limitations") if (text := text_of(part))]
    if (described := first(component, "DescriptiveMetadata")) is not None:
        piece.language = piece.language or attribute(first(described, "Language"), "FormalName")
        for genre in children(described, "Genre"):
            piece.subjects += [one for one in (mark("genre", name=attribute(genre, "FormalName")),) if one]
        for subject in within(described, "Subject", "SubjectMatter", "SubjectDetail"):
            code = attribute(subject, "FormalName")
            scheme = SUBJECT_CODES if code and code.isdigit() else attribute(subject, "Vocabulary", "Scheme")
            piece.subjects += [one for one in (mark("subject", code=code, scheme=scheme),) if one]
        for place in children(described, "Location"):
            names = {attribute(p, "FormalName"): attribute(p, "Value") for p in within(place, "Property")}
            city = names.get("City") or names.get("CountryArea") or names.get("Country")
            piece.subjects += [one for one in (mark("place", name=city),) if one]


def _content(component: Element) -> Element | None:
    """The first text directly in a component."""
    for item in children(component, "ContentItem"):
        kind = " ".join(
            (attribute(one, "FormalName") or "").lower() for one in children(item, "MediaType", "MimeType", "Format")
        )
        data = first(item, "DataContent")
        if data is not None and (not kind or "text" in kind or "html" in kind or "nitf" in kind or "xml" in kind):
            return data
    return None


def _read_content(component: Element, piece: Piece) -> None:
    data = _content(component)
    if data is None:
        return
    inner = next((one for one in data.iter() if xml.name_of(one).lower() in ("nitf", "html", "body")), None)
    if inner is not None and xml.name_of(inner) == "nitf":
        piece.fill(nitf.read_piece(inner))
    elif len(data):
        piece.body = xml.block_text(inner if inner is not None else data)
    else:
        text = data.text or ""
        piece.body = html_to_text(text) if "<p" in text.lower() else text


def _media(component: Element) -> list[Media]:
    """The files of a component, in the order of its renditions; the first of them stands for all."""
    caption = text_of(first(component, "NewsLines", "HeadLine"))
    for item in children(component, "ContentItem"):
        href = attribute(item, "Href")
        media_type = attribute(first(item, "MimeType"), "FormalName")
        if href and href.startswith(("http://", "https://")):
            kind = attribute(first(item, "MediaType"), "FormalName")
            return [Media(href, media_kind(media_type, href, kind), media_type, caption)]
    return []
