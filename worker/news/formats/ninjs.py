"""ninjs 1.x, 2.x and 3.x (iptc.org/standards/ninjs): an object, a list of them, or a package with its items inside.

Version 2 made lists of what had been properties (`headlines`, `bodies`), version 3 wrote names in camel case: names are
compared in small letters here, and each field is looked for under its names of all versions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds.entries import media_kind, whole_number
from wiredesk.worker.news.formats.given import Found, Given
from wiredesk.worker.news.formats.piece import Piece, make_draft, mark
from wiredesk.worker.news.model import Media, Subject, SubjectKind
from wiredesk.worker.news.values.charset import decode_html
from wiredesk.worker.news.values.text import html_to_text

_MAX_DEPTH = 8
_MAX_ITEMS = 5_000
_MARKS: tuple[tuple[SubjectKind, tuple[str, ...]], ...] = (
    ("subject", ("subject", "subjects")),
    ("genre", ("genre", "genres")),
    ("person", ("person", "people")),
    ("organisation", ("organisation", "organisations")),
    ("place", ("place", "places")),
    ("event", ("event", "events")),
)
_NO_TEXT = frozenset(("picture", "graphic", "audio", "video", "animation"))
Json = Any
Object = Mapping[str, Json]


def read(given: Given) -> Found:
    """The articles: the object itself where it has a text or a headline, and the texts that it packs."""
    document = load(given)
    objects = document if isinstance(document, list) else [document]
    found = [one for value in objects if isinstance(value, dict) for one in _articles(value, 0)]
    if not found:
        raise Rejected("no_items", "the ninjs has no item with a headline or a text")
    for one in found[:_MAX_ITEMS]:
        yield make_draft(_piece(one), received_at=given.received_at)


def load(given: Given) -> Json:
    """The JSON of a document, or the list of its lines. Raises `Rejected("broken_document")` with the line."""
    text = decode_html(given.body, content_type=given.media_type).lstrip("\ufeff \0\r\n\t")
    decoder = json.JSONDecoder(parse_constant=lambda _: None, strict=False)
    try:
        first, end = decoder.raw_decode(text)
        lines = text[end:].split("\n")
        if lines[0].strip():
            raise json.JSONDecodeError("more than one value", text, end)
        others = [decoder.decode(line) for line in lines if line.strip()]
        return [first, *others] if others else first
    except json.JSONDecodeError as error:
        raise Rejected("broken_document", f"not JSON: line {error.lineno}: {error.msg}") from None
    except (RecursionError, ValueError):
        raise Rejected("broken_document", "the JSON is nested too deep, or has a number without end") from None


def _articles(value: dict[str, Json], depth: int) -> Iterator[Object]:
    """An object, names in small letters, and the articles among its associations, in their order."""
    item = {name.lower(): member for name, member in value.items()}
    kind = (_text(item.get("type")) or "").lower()
    bodies = [one for one in _list(item.get("bodies")) if isinstance(one, dict) and _text(one.get("value"))]
    has_text = bool(bodies) or any(name.startswith("body_") and _text(item[name]) for name in item)
    is_gone = (_text(item.get("pubstatus")) or "usable").lower() != "usable" and bool(item.get("uri"))
    if has_text or is_gone or (depth == 0 and kind != "composite" and _headline(item)):
        yield item
    if depth < _MAX_DEPTH:
        for associated in _associations(item):
            if (_text(associated.get("type")) or "").lower() not in _NO_TEXT:
                yield from _articles(associated, depth + 1)


def _associations(item: Object) -> list[dict[str, Json]]:
    """The associated items: named properties of an object in version 1, a list since."""
    value = item.get("associations")
    members = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    flat = [one for member in members for one in (member if isinstance(member, list) else [member])]
    return [one for one in flat if isinstance(one, dict)][:_MAX_ITEMS]


def _piece(item: Object) -> Piece:
    piece = Piece(
        "ninjs",
        headline=_headline(item),
        body=_body(item),
        description=_writing(item, "description", "descriptions"),
        language=_text(item.get("language")),
        url=_first(item, "canonicalurl", "url") or _address(item) or _text(item.get("uri")),
        source=_first(item, "provider") or _named(item.get("infosource"), item.get("infosources")),
        credit=_first(item, "creditline"),
        rights=_first(item, "copyrightholder", "copyrightnotice"),
        published=_first(item, "contentcreated", "firstcreated", "versioncreated"),
        modified=_first(item, "versioncreated"),
        located=_first(item, "located"),
        section=_first(item, "section"),
        provider_id=_text(item.get("uri")),
        provider_version=_text(item.get("version")),
        urgency=_text(item.get("urgency")),
        status=_text(item.get("pubstatus")),
        release=_first(item, "embargoed", "embargoeduntil"),
        is_embargoed=bool(item.get("embargoedreason")),
        slug=_first(item, "slugline"),
        ed_notes=[text for text in (_first(item, "ednote"),) if text],
        usage_terms=[text for text in (_first(item, "usageterms"),) if text],
        keywords=[text for value in _list(item.get("keywords")) if (text := _text(value))],
    )
    piece.source = piece.source or piece.rights
    piece.bylines = [text for text in (_first(item, "byline", "by"),) if text]
    for kind, names in _MARKS:
        for name in names:
            piece.subjects += [one for value in _list(item.get(name)) if (one := _mark(kind, value)) is not None]
    piece.contacts = [text for value in _contacts(item) if (text := _text(value))]
    caption = piece.headline
    piece.media = list(_media(item, caption))
    for associated in _associations(item):
        lower = {name.lower(): member for name, member in associated.items()}
        piece.media += _media(lower, _writing(lower, "description", "descriptions") or _headline(lower))
    return piece


def _address(item: Object) -> str | None:
    """The address among the other ids of an item."""
    others = (one for one in _list(item.get("altids")) if isinstance(one, dict) and _text(one.get("role")) == "url")
    return next((_text(one.get("value")) for one in others), None)


def _headline(item: Object) -> str | None:
    return _first(item, "headline") or _role(item.get("headlines")) or _first(item, "title")


def _role(values: Json) -> str | None:
    """The value of the main member of a list with roles, else of the first."""
    members = [one for one in _list(values) if isinstance(one, dict) and _text(one.get("value"))]
    main = (one for one in members if (_text(one.get("role")) or "").rpartition(":")[2].lower() in ("main", "headline"))
    return _text(next(main, members[0]).get("value")) if members else None


def _body(item: Object) -> str:
    return _writing(item, "body", "bodies") or ""


def _writing(item: Object, name: str, plural: str) -> str | None:
    """A text: marked up before plain, because plain text has lost its paragraphs."""
    marked = _first(item, f"{name}_xhtml", f"{name}_html")
    plain = _first(item, f"{name}_text")
    for one in _list(item.get(plural)):
        if not isinstance(one, dict) or (value := _text(one.get("value"))) is None:
            continue
        lower = {key.lower(): member for key, member in one.items()}
        kind = f"{_text(lower.get('contenttype')) or ''} {_text(lower.get('role')) or ''}".lower()
        if "html" in kind or "xml" in kind:
            marked = marked or value
        else:
            plain = plain or value
    if marked:
        return html_to_text(marked)
    if plain is None:
        others = (value for key, value in item.items() if key.startswith(f"{name}_"))
        plain = next((text for value in others if (text := _text(value))), None)
    return html_to_text(plain) if plain and "</p>" in plain else plain


def _mark(kind: SubjectKind, value: Json) -> Subject | None:
    if isinstance(value, str):
        return mark(kind, name=value)
    if not isinstance(value, dict):
        return None
    return mark(
        kind,
        code=_text(value.get("code")) or _text(value.get("uri")) or _text(value.get("literal")),
        scheme=_text(value.get("scheme")),
        name=_text(value.get("name")),
    )


def _contacts(item: Object) -> Iterator[Json]:
    """Addresses and numbers of the item, and of the people and organisations in it."""
    holders = [item, *(one for name in ("people", "organisations", "infosources") for one in _list(item.get(name)))]
    for holder in holders:
        if isinstance(holder, dict):
            for name in ("contactInfo", "contactinfo"):
                yield from (one.get("value") for one in _list(holder.get(name)) if isinstance(one, dict))


def _media(item: Object, caption: str | None) -> Iterator[Media]:
    """The largest rendition of an item that is a picture, a film or a recording."""
    kind = (_text(item.get("type")) or "").lower()
    renditions = item.get("renditions")
    members = list(renditions.values()) if isinstance(renditions, dict) else _list(renditions)
    found = []
    for one in members:
        href = _text(one.get("href")) if isinstance(one, dict) else None
        if href is None or not href.startswith(("http://", "https://")):
            continue
        media_type = next(
            (text for name in ("mimetype", "contenttype", "contentType") if (text := _text(one.get(name)))), None
        )
        if (media_type or "").startswith("text/"):
            continue
        width, height = whole_number(one.get("width")), whole_number(one.get("height"))
        medium = {"picture": "image", "graphic": "image"}.get(kind, kind)
        found.append(Media(href, media_kind(media_type, href, medium), media_type, caption, width, height))
    if found:
        yield max(found, key=lambda media: media.width or 0)


def _named(*values: Json) -> str | None:
    return next(
        (
            name
            for value in values
            for one in _list(value)
            if isinstance(one, dict) and (name := _text(one.get("name")))
        ),
        None,
    )


def _list(value: Json) -> list[Json]:
    return value[:_MAX_ITEMS] if isinstance(value, list) else [] if value is None else [value]


def _first(item: Object, *names: str) -> str | None:
    return next((text for name in names if (text := _text(item.get(name)))), None)


def _text(value: Json) -> str | None:
    """A string, or a number written as one: versions and urgencies are numbers in ninjs of real servers."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip() or None
