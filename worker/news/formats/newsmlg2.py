"""NewsML-G2 (iptc.org/standards/newsml-g2): news items, packages, and messages of many of them.

A package names items and holds no text of its own; its items arrive in the same message or by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds.entries import media_kind, whole_number
from wiredesk.worker.news.formats import nitf, xml
from wiredesk.worker.news.formats.given import Found, Given
from wiredesk.worker.news.formats.piece import Piece, make_draft, mark
from wiredesk.worker.news.formats.xml import Element, attribute, children, first, text_of, within
from wiredesk.worker.news.model import Draft, Media, Subject, SubjectKind
from wiredesk.worker.news.values.text import html_to_text

ROOTS = frozenset("newsitem packageitem newsmessage conceptitem knowledgeitem planningitem catalogitem".split())
_NAMESPACES = ("nar/2006-10-01", "g2.iptc.org")
# Kinds of a subject by the name of its type (`cpnat:person`, `cptype:organisation`).
_KINDS: dict[str, SubjectKind] = {
    "person": "person",
    "organisation": "organisation",
    "organization": "organisation",
    "geoarea": "place",
    "poi": "place",
    "location": "place",
    "event": "event",
}


def read(given: Given) -> Found:
    """The articles of an item or a message, in document order. An item that can't be read is its own rejection."""
    root = xml.parse(given)
    if xml.name_of(root).lower() not in ROOTS:
        raise Rejected("broken_document", f"the first element is <{xml.name_of(root)}>; a NewsML-G2 item is expected")
    items = [root] if xml.name_of(root) == "newsItem" else list(within(root, "newsItem"))
    if not items:
        raise Rejected(
            "no_items", f"<{xml.name_of(root)}> names {sum(1 for _ in within(root, 'itemRef'))} items, has none"
        )
    for number, item in enumerate(items, 1):
        try:
            yield _draft(item, given)
        except Rejected as rejected:
            if len(items) == 1:
                raise
            yield Rejected(rejected.reason, f"item {number}: {rejected.detail}")


def _draft(item: Element, given: Given) -> Draft:
    schemes = {
        alias: uri
        for scheme in within(item, "scheme")
        if (alias := attribute(scheme, "alias")) and (uri := attribute(scheme, "uri"))
    }
    piece = Piece("newsml-g2", provider_id=attribute(item, "guid"), provider_version=attribute(item, "version"))
    language = attribute(item, "lang")
    _read_rights(item, piece)
    if (meta := first(item, "itemMeta")) is not None:
        _read_item_meta(meta, piece)
    if (content_meta := first(item, "contentMeta")) is not None:
        _read_content_meta(content_meta, piece, schemes)
        language = attribute(first(content_meta, "language"), "tag") or language
    _read_asserts(item, piece, schemes)
    text = _read_content(item, piece)
    piece.language = language
    if not text and not piece.headline and not piece.description and not (piece.status or ""):
        raise Rejected("no_text", "the item has neither a headline nor a text")
    return make_draft(piece, received_at=given.received_at)


def _value(element: Element | None, *, is_code: bool = False) -> str | None:
    """The name of a concept, else its literal or the code behind the colon."""
    if element is None:
        return None
    if not is_code and (name := text_of(first(element, "name"))):
        return name
    code = attribute(element, "literal", "qcode", "uri") or ""
    return code.rpartition(":")[2].rpartition("/")[2] or None


def _read_rights(item: Element, piece: Piece) -> None:
    for rights in children(item, "rightsInfo"):
        piece.rights = (
            piece.rights or _value(first(rights, "copyrightHolder")) or text_of(first(rights, "copyrightNotice"))
        )
        piece.usage_terms += [text for terms in children(rights, "usageTerms") if (text := text_of(terms))]


def _read_item_meta(meta: Element, piece: Piece) -> None:
    piece.source = _value(first(meta, "provider"))
    piece.modified = text_of(first(meta, "versionCreated"))
    piece.published = text_of(first(meta, "firstCreated")) or piece.modified
    piece.status = _value(first(meta, "pubStatus"), is_code=True)
    if (embargoed := first(meta, "embargoed")) is not None:
        piece.is_embargoed = True
        piece.release = text_of(embargoed)
    piece.ed_notes += [text for note in children(meta, "edNote") if (text := text_of(note))]
    for link in children(meta, "link"):
        if (attribute(link, "rel") or "").endswith("canonical") or attribute(link, "contenttype") == "text/html":
            piece.url = piece.url or attribute(link, "href")


def _read_content_meta(meta: Element, piece: Piece, schemes: dict[str, str]) -> None:
    piece.urgency = text_of(first(meta, "urgency"))
    created, modified = text_of(first(meta, "contentCreated")), text_of(first(meta, "contentModified"))
    piece.published = created or piece.published
    piece.modified = modified or piece.modified
    piece.located = _value(first(meta, "located"))
    if (dateline := text_of(first(meta, "dateline"))) and not piece.located:
        piece.located = dateline
    piece.bylines += [text for by in children(meta, "by") if (text := text_of(by))]
    for creator in children(meta, "creator"):
        if not (attribute(creator, "type") or "").endswith(("organisation", "organization")):
            piece.authors += [name for name in (text_of(first(creator, "name")),) if name]
    piece.credit = text_of(first(meta, "creditline")) or _value(first(meta, "infoSource"))
    headlines = children(meta, "headline")
    main = next((one for one in headlines if (attribute(one, "role") or "").endswith(("main", "title"))), None)
    piece.headline = text_of(main if main is not None else next(iter(headlines), None))
    piece.slug = text_of(first(meta, "slugline"))
    descriptions = [text for one in children(meta, "description") if (text := text_of(one))]
    piece.description = max(descriptions, key=len, default=None)
    piece.keywords += [text for one in children(meta, "keyword") if (text := text_of(one))]
    for element in children(meta, "subject", "genre"):
        kind: SubjectKind = "genre" if xml.name_of(element) == "genre" else _kind(element)
        piece.subjects += _marked(element, kind, schemes)
    for contact in within(meta, "contactInfo"):
        piece.contacts += [text for part in contact if (text := text_of(part))]


def _read_asserts(item: Element, piece: Piece, schemes: dict[str, str]) -> None:
    for element in children(item, "assert"):
        kind = _kind(element)
        if kind != "subject":
            piece.subjects += _marked(element, kind, schemes)
        for contact in within(element, "contactInfo"):
            piece.contacts += [text for part in contact if (text := text_of(part))]


def _kind(element: Element) -> SubjectKind:
    kind = attribute(element, "type") or attribute(first(element, "type"), "qcode") or ""
    return _KINDS.get(kind.rpartition(":")[2].lower(), "subject")


def _marked(element: Element, kind: SubjectKind, schemes: dict[str, str]) -> Iterator[Subject]:
    code = attribute(element, "qcode", "uri", "literal")
    alias, colon, rest = (code or "").partition(":")
    scheme = schemes.get(alias)
    if scheme and colon:
        code = rest
    found = mark(kind, code=code, scheme=scheme, name=text_of(first(element, "name")))
    if found is not None:
        yield found


def _read_content(item: Element, piece: Piece) -> str:
    """The text of the item: NITF, XHTML, or text; pictures, films and recordings become media."""
    for content in children(item, "contentSet"):
        for inline in children(content, "inlineXML"):
            inner = next((one for one in inline.iter() if xml.name_of(one).lower() in ("nitf", "html", "body")), None)
            if inner is not None and xml.name_of(inner) == "nitf":
                piece.fill(nitf.read_piece(inner))
            elif not piece.body:
                piece.body = xml.block_text(inner if inner is not None else inline)
        for inline in children(content, "inlineData"):
            text = "".join(inline.itertext())
            if not piece.body and (attribute(inline, "encoding") or "").lower() != "base64":
                is_plain = (attribute(inline, "contenttype") or "").startswith("text/plain")
                piece.body = text if is_plain else html_to_text(text)
        remote = [media for one in children(content, "remoteContent") if (media := _media(one, piece.description))]
        piece.media += [max(remote, key=lambda media: media.width or 0)] if remote else []
    return piece.body


def _media(remote: Element, caption: str | None) -> Media | None:
    href, media_type = attribute(remote, "href"), attribute(remote, "contenttype")
    if not href or not href.startswith(("http://", "https://")) or (media_type or "").startswith("text/"):
        return None
    return Media(
        href,
        media_kind(media_type, href),
        media_type,
        caption,
        whole_number(attribute(remote, "width")),
        whole_number(attribute(remote, "height")),
    )
