"""schema.org articles as JSON-LD, as a document of its own: an object, a list, or a graph."""

from __future__ import annotations

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds.entries import media_kind, whole_number
from wiredesk.worker.news.formats.given import Found, Given
from wiredesk.worker.news.formats.ninjs import load
from wiredesk.worker.news.formats.piece import Piece, make_draft, mark
from wiredesk.worker.news.model import Media, Subject, SubjectKind
from wiredesk.worker.news.pages.structured import Item, articles_in, names_of
from wiredesk.worker.news.values.text import html_to_text

_KINDS: dict[str, SubjectKind] = {
    "person": "person",
    "organization": "organisation",
    "newsmediaorganization": "organisation",
    "corporation": "organisation",
    "governmentorganization": "organisation",
    "place": "place",
    "city": "place",
    "country": "place",
    "event": "event",
}


def read(given: Given) -> Found:
    """The articles of a document; teasers of other pages inside of one of them are left out."""
    articles = articles_in(load(given))
    if not articles:
        raise Rejected("no_items", "the JSON-LD describes no article")
    for article in articles:
        yield make_draft(_piece(article), received_at=given.received_at)


def _piece(item: Item) -> Piece:
    text = item.first("articlebody", "text") or ""
    raw = next((v for v in (item.values.get("articlebody"), item.values.get("text")) if isinstance(v, str)), text)
    piece = Piece(
        "json-ld",
        headline=item.first("headline", "name", "alternativeheadline"),
        body=html_to_text(raw),
        description=item.first("description", "abstract"),
        language=item.first("inlanguage"),
        url=item.first("url", "mainentityofpage", "@id"),
        source=next(iter(item.texts("publisher")), None) or next(iter(item.texts("provider")), None),
        credit=item.first("credittext"),
        rights=item.first("copyrightholder", "copyrightnotice"),
        published=item.first("datepublished", "datecreated"),
        modified=item.first("datemodified"),
        located=item.first("dateline", "locationcreated"),
        section=item.first("articlesection"),
        provider_id=item.first("identifier", "@id"),
        provider_version=item.first("version"),
        status=item.first("creativeworkstatus"),
        usage_terms=item.texts("usageinfo") + item.texts("license"),
    )
    piece.authors = [name for name, is_organisation in names_of(item.values.get("author")) if not is_organisation]
    piece.bylines = [name for name, _ in names_of(item.values.get("author"))]
    for words in item.texts("keywords"):
        piece.keywords += [word.strip() for word in words.split(",")]
    for member in ("about", "mentions"):
        for value in item.nested(member):
            piece.subjects += _marks(value)
    for image in (*item.nested("image"), *item.nested("video"), *item.nested("associatedmedia")):
        address = next((v for name in ("url", "contenturl") if isinstance(v := image.get(name), str)), None)
        if address and address.startswith(("http://", "https://")):
            media_type = image.get("encodingformat")
            media_type = media_type if isinstance(media_type, str) else None
            caption = image.get("caption")
            caption = caption if isinstance(caption, str) else None
            width, height = whole_number(image.get("width")), whole_number(image.get("height"))
            piece.media.append(Media(address, media_kind(media_type, address), media_type, caption, width, height))
    return piece


def _marks(value: dict[str, object]) -> list[Subject]:
    kind = _KINDS.get(str(value.get("@type")).rpartition("/")[2].lower(), "subject")

    def text(*names: str) -> str | None:
        return next((one for name in names if isinstance(one := value.get(name), str)), None)

    found = mark(kind, code=text("termcode", "@id", "identifier"), scheme=text("indefinedtermset"), name=text("name"))
    return [found] if found is not None else []
