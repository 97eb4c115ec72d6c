"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds.entries import (
    FEED_AUTHOR,
    Feed,
    Stamp,
    Writing,
    Written,
    make_draft,
    media_kind,
    resolve,
)
from wiredesk.worker.news.model import Draft, Media
from wiredesk.worker.news.values.text import clean_line

_SAYS_SO = re.compile(r'"version"\s{0,20}:\s{0,20}"https?:\\?/\\?/(?:www\.)?jsonfeed\.org')


def is_json_feed(head: str) -> bool:
    """Whether the beginning of a JSON document says that it is a JSON Feed."""
    return _SAYS_SO.search(head) is not None


def read_json_feed(text: str, *, url: str | None, received_at: datetime | None, max_entries: int = 5000) -> Feed:
    """The feed in a JSON document. Raises `Rejected`: `broken_feed` (not JSON) or `not_a_feed` (other JSON)."""
    try:
        document = json.loads(text.lstrip("\ufeff"), parse_constant=lambda _: None, strict=False)
    except json.JSONDecodeError as error:
        raise Rejected("broken_feed", f"line {error.lineno}: {error.msg}") from None
    except (RecursionError, ValueError):
        raise Rejected("broken_feed", "the JSON is nested too deep, or has a number without end") from None
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise Rejected("not_a_feed", "the document is JSON without a list of items; a feed is expected")
    version = _text(document.get("version")) or ""
    if "jsonfeed.org" not in version and not any(
        isinstance(item, dict) and ("id" in item or "url" in item) for item in items
    ):
        raise Rejected("not_a_feed", "the document is JSON that does not say it is a JSON Feed")
    language = _text(document.get("language"))
    authors = tuple(_authors(document, FEED_AUTHOR))
    hubs = document.get("hubs")
    return Feed(
        format="json11" if version.rstrip("/").endswith("1.1") else "json1",
        title=clean_line(_text(document.get("title")) or "") or None,
        link=_resolved(document.get("home_page_url"), url),
        description=clean_line(_text(document.get("description")) or "") or None,
        language=language,
        hub=next((_resolved(hub.get("url"), url) for hub in _objects(hubs)), None),
        self_url=_resolved(document.get("feed_url"), url),
        next_url=_resolved(document.get("next_url"), url),
        entries=tuple(
            _read_item(number, item, authors, url=url, language=language, received_at=received_at)
            for number, item in enumerate(items[:max_entries], 1)
        ),
        truncated=len(items) > max_entries,
    )


def _read_item(
    number: int,
    item: object,
    feed_authors: tuple[tuple[str, str], ...],
    *,
    url: str | None,
    language: str | None,
    received_at: datetime | None,
) -> Draft | Rejected:
    if not isinstance(item, dict):
        return Rejected("broken_entry", f"entry {number}: a JSON object is expected")
    try:
        return make_draft(_written(item, feed_authors), feed_url=url, language=language, received_at=received_at)
    except Rejected as refusal:
        return Rejected(refusal.reason, f"entry {number}: {refusal.detail}")


def _written(item: Mapping[str, Any], feed_authors: tuple[tuple[str, str], ...]) -> Written:
    link = _text(item.get("url"))
    outside = _text(item.get("external_url"))
    summary = _text(item.get("summary"))
    title = _text(item.get("title"))
    published, modified = _text(item.get("date_published")), _text(item.get("date_modified"))
    stamps = [
        Stamp(text, source) for text, source in ((published, "feed:published"), (modified, "feed:updated")) if text
    ]
    tags = item.get("tags")
    return Written(
        guid=_text(item.get("id")),
        url=link or outside,
        other_urls=(outside,) if outside else (),
        title=Writing(title, "literal") if title else None,
        summary=Writing(summary, "literal") if summary else None,
        contents=tuple(_contents(item)),
        published=tuple(stamps),
        modified=tuple(Stamp(text, "feed:updated") for text in (modified,) if text),
        authors=tuple(_authors(item, "feed:author")) or feed_authors,
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        media=tuple(_files(item)),
        language=_text(item.get("language")),
    )


def _contents(item: Mapping[str, Any]) -> Iterable[Writing]:
    """The markup, or the text when there is no markup: they say the same."""
    if markup := _text(item.get("content_html")):
        yield Writing(markup, "html")
    elif plain := _text(item.get("content_text")):
        yield Writing(plain, "literal")


def _authors(holder: Mapping[str, Any], source: str) -> Iterable[tuple[str, str]]:
    """`authors` of version 1.1, else `author` of 1.0."""
    for person in _objects(holder.get("authors")) or _objects([holder.get("author")]):
        if name := _text(person.get("name")):
            yield name, source


def _files(item: Mapping[str, Any]) -> Iterable[Media]:
    for key in ("image", "banner_image"):
        if address := _text(item.get(key)):
            yield Media(address, "image")
    for attachment in _objects(item.get("attachments")):
        if address := _text(attachment.get("url")):
            media_type = _text(attachment.get("mime_type"))
            yield Media(address, media_kind(media_type, address), media_type, _text(attachment.get("title")))


def _objects(values: object) -> list[Mapping[str, Any]]:
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _text(value: object) -> str | None:
    """A string, or a number written as one: ids are numbers in feeds of real servers."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value) or None


def _resolved(address: object, feed_url: str | None) -> str | None:
    return resolve(address, None, feed_url) if isinstance(address, str) else None
