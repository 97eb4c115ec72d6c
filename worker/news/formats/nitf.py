"""NITF 3.x (iptc.org/standards/nitf): a document of its own, or the text inside of NewsML."""

from __future__ import annotations

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds.entries import media_kind, whole_number
from wiredesk.worker.news.formats import xml
from wiredesk.worker.news.formats.given import Found, Given
from wiredesk.worker.news.formats.piece import SUBJECT_CODES, Piece, make_draft, mark
from wiredesk.worker.news.formats.xml import Element, attribute, children, first, text_of, within
from wiredesk.worker.news.model import Media, Subject, SubjectKind

_MARKED: dict[str, SubjectKind] = {
    "person": "person",
    "org": "organisation",
    "location": "place",
    "event": "event",
    "classifier": "subject",
}


def read(given: Given) -> Found:
    """The article of an NITF document."""
    root = xml.parse(given, roots=frozenset(("nitf",)))
    if xml.name_of(root) != "nitf":
        raise Rejected("broken_document", f"the first element is <{xml.name_of(root)}>; <nitf> is expected")
    yield make_draft(read_piece(root), received_at=given.received_at)


def read_piece(nitf: Element) -> Piece:
    """What an `<nitf>` element says."""
    piece = Piece("nitf")
    head, body = first(nitf, "head"), first(nitf, "body")
    if head is not None:
        _read_head(head, piece)
    if body is not None:
        _read_body(body, piece)
    piece.headline = piece.headline or text_of(first(head, "title"))
    piece.language = attribute(body, "lang") or attribute(nitf, "lang")
    return piece


def _read_head(head: Element, piece: Piece) -> None:
    for subject in within(head, "tobject.subject"):
        name = ", ".join(
            text for part in ("type", "matter", "detail") if (text := attribute(subject, f"tobject.subject.{part}"))
        )
        code = attribute(subject, "tobject.subject.refnum", "tobject.subject.code")
        scheme = SUBJECT_CODES if code and code.isdigit() else None
        piece.subjects += _kept(mark("subject", code=code, scheme=scheme, name=name or None))
    if genre := attribute(first(head, "tobject"), "tobject.type"):
        piece.subjects += _kept(mark("genre", name=genre))
    for pubdata in children(head, "pubdata"):
        piece.published = piece.published or attribute(pubdata, "date.publication")
        piece.section = piece.section or attribute(pubdata, "position.section")
        piece.url = piece.url or attribute(pubdata, "ex-ref")
    if (docdata := first(head, "docdata")) is not None:
        _read_docdata(docdata, piece)
    for meta in children(head, "meta"):
        name, content = (attribute(meta, "name") or "").lower(), attribute(meta, "content")
        if name in ("keywords", "keyword") and content:
            piece.keywords += [part.strip() for part in content.split(",")]


def _read_docdata(docdata: Element, piece: Piece) -> None:
    piece.status = attribute(docdata, "management-status")
    piece.is_embargoed = (piece.status or "").lower() == "embargoed"
    if (doc_id := first(docdata, "doc-id")) is not None:
        piece.provider_id = attribute(doc_id, "id-string")
        piece.source = attribute(doc_id, "regsrc")
    piece.urgency = attribute(first(docdata, "urgency"), "ed-urg")
    issued = attribute(first(docdata, "date.issue"), "norm")
    piece.published = piece.published or issued
    piece.release = attribute(first(docdata, "date.release"), "norm")
    piece.ed_notes += [note for message in children(docdata, "ed-msg") if (note := attribute(message, "info"))]
    if (key := first(docdata, "du-key")) is not None:
        piece.provider_version = attribute(key, "version")
        piece.slug = attribute(key, "key")
    piece.slug = piece.slug or attribute(first(docdata, "fixture"), "fix-id")
    piece.rights = attribute(first(docdata, "doc.copyright"), "holder")
    if (rights := first(docdata, "doc.rights")) is not None:
        piece.usage_terms += [text for name in ("owner", "agent", "limitations") if (text := attribute(rights, name))]
    for keyword in within(docdata, "keyword"):
        piece.keywords += [text for text in (attribute(keyword, "key"),) if text]
    if (content := first(docdata, "identified-content")) is not None:
        _read_marks(content, piece)


def _read_marks(content: Element, piece: Piece) -> None:
    """People, organisations, places, events and classifiers, wherever they are marked."""
    for element in within(content, *_MARKED):
        name = xml.name_of(element)
        kind: SubjectKind = _MARKED[name]
        if name == "classifier":
            code, scheme = attribute(element, "value"), attribute(element, "idsrc", "type")
            piece.subjects += _kept(mark(kind, code=code, scheme=scheme, name=text_of(element)))
            continue
        given = first(element, "name.given"), first(element, "name.family")
        written = " ".join(text for part in given if (text := text_of(part))) or text_of(element)
        if name == "location":
            written = text_of(next(within(element, "city", "sublocation", "state", "country"), None)) or written
        code, scheme = attribute(element, "value", "code-value"), attribute(element, "idsrc", "code-source")
        piece.subjects += _kept(mark(kind, code=code, scheme=scheme, name=written))


def _read_body(body: Element, piece: Piece) -> None:
    head, content, end = first(body, "body.head"), first(body, "body.content"), first(body, "body.end")
    if head is not None:
        _read_body_head(head, piece)
    if content is not None:
        # Copy is marked up while it stands in the tree: names are read before the text.
        _read_marks(content, piece)
        piece.body = xml.block_text(content)
        piece.media += [media for element in within(content, "media") for media in _media(element)]
    if end is not None and (tagline := first(end, "tagline")) is not None:
        text = text_of(tagline)
        if text and "@" in text:
            piece.contacts.append(text)
        elif text:
            piece.credit = piece.credit or text


def _read_body_head(head: Element, piece: Piece) -> None:
    if (headline := first(head, "hedline")) is not None:
        piece.headline = text_of(first(headline, "hl1")) or text_of(headline)
        piece.description = "\n".join(text for line in children(headline, "hl2") if (text := text_of(line))) or None
    abstract = first(head, "abstract")
    if abstract is not None:
        piece.description = xml.block_text(abstract) or piece.description
    for note in children(head, "note"):
        text = text_of(note)
        if not text:
            continue
        if attribute(note, "type") == "pa":  # for the public: an address of the author, a correction
            piece.contacts.append(text)
        else:
            piece.ed_notes.append(text)
    if (rights := text_of(first(head, "rights"))) is not None:
        piece.usage_terms.append(rights)
    for byline in children(head, "byline"):
        named = [text for person in within(byline, "person") if (text := text_of(person))]
        piece.authors += named
        titles = [text for title in within(byline, "byttl") if (text := text_of(title))]
        line = text_of(byline) or ""
        for title in titles:  # `By <person>Jane Doe</person><byttl>Staff</byttl>` has no space between them
            line = f"{line.replace(title, '').strip(' ,')}, {title}"
        if line:
            piece.bylines.append(line)
    piece.credit = text_of(first(head, "distributor"))
    if (dateline := first(head, "dateline")) is not None:
        place = first(dateline, "location")
        piece.located = text_of(next(within(place, "city"), None)) if place is not None else None
        piece.located = piece.located or text_of(place) or text_of(dateline)
        if (day := first(dateline, "story.date")) is not None:
            piece.located_date = attribute(day, "norm") or text_of(day)


def _media(element: Element) -> list[Media]:
    """The largest rendition of a picture, film or recording, with its caption."""
    caption = text_of(next(within(element, "media-caption"), None))
    found = [
        Media(
            source,
            media_kind(attribute(reference, "mime-type"), source, attribute(element, "media-type")),
            attribute(reference, "mime-type"),
            caption,
            whole_number(attribute(reference, "width")),
            whole_number(attribute(reference, "height")),
        )
        for reference in within(element, "media-reference")
        if (source := attribute(reference, "source")) and source.startswith(("http://", "https://"))
    ]
    return [max(found, key=lambda media: media.width or 0)] if found else []


def _kept(one: Subject | None) -> list[Subject]:
    return [one] if one is not None else []
