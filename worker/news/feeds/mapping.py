"""The result of feedparser's parsers as a `Feed` and its entries as they were written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds.entries import (
    FEED_AUTHOR,
    MAX_FIELD_CHARS,
    Feed,
    Kind,
    Stamp,
    Writing,
    Written,
    make_draft,
    media_kind,
    resolve,
    whole_number,
)
from wiredesk.worker.news.feeds.feedparser_limits import (
    FEEDPARSER_FAULTS,
    LooseParser,
    StrictParser,
    get,
    looks_like_html,
)
from wiredesk.worker.news.model import Draft, Media
from wiredesk.worker.news.values.text import clean_line

_PERIOD_SECONDS = {"hourly": 3600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}
_TEXT_TYPES = ("text/", "application/", "html", "xhtml", "plain")


def make_feed(
    parsed: StrictParser | LooseParser, *, doctype: str, url: str | None, received_at: datetime | None
) -> Feed:
    """The feed that a parser has read. `doctype` tells Netscape's RSS 0.91 from UserLand's."""
    about = parsed.feeddata
    version = "rss091n" if "netscape" in doctype.lower() else parsed.version
    language = _language(get(about, "language"))
    inherited = _names_of(about, FEED_AUTHOR) if version.startswith("atom") else []
    base = None if version.startswith("atom") else _site_elsewhere(get(about, "link"), url)
    entries: list[Draft | Rejected] = []
    for number, entry in enumerate(parsed.entries, 1):
        try:
            written = _written(entry, version, inherited, base)
            entries.append(make_draft(written, feed_url=url, language=language, received_at=received_at))
        except Rejected as refusal:
            entries.append(Rejected(refusal.reason, f"entry {number}: {refusal.detail}"))
        except FEEDPARSER_FAULTS as fault:
            entries.append(Rejected("broken_entry", f"entry {number}: {type(fault).__name__}: {fault}"[:300]))
    links = _links(about)
    return Feed(
        format=version or "unknown",
        title=_line(about, "title"),
        link=_resolved(get(about, "link"), url),
        description=_line(about, "subtitle"),
        language=language,
        ttl_seconds=_minutes(get(about, "ttl")),
        update_seconds=_update_seconds(about),
        hub=_resolved(_first(links, "hub"), url),
        self_url=_resolved(_first(links, "self"), url),
        next_url=_resolved(_first(links, "next"), url),
        moved_to=_resolved(get(about, "itunes_new-feed-url") or get(about, "newlocation"), url),
        entries=tuple(entries),
        faults=(parsed.error,) if parsed.error else (),
        truncated=parsed.truncated,
    )


def _written(entry: Any, version: str, inherited: list[tuple[str, str]], base: str | None) -> Written:
    value = partial(get, entry)
    links = _links(entry)
    contents = value("content") or ()
    link = value("link") or value("wd_permalink") or _first(links, "alternate") or _first(links, "related")
    if not links and isinstance(link, str) and link == value("id") and "://" not in link and not link.startswith("/"):
        link = None  # a guid without `isPermaLink="false"` (`hw-1`), and no address below the feed's
    # RFC 4287, 4.1.3.2: content that stands elsewhere.
    link = link or next((content["src"] for content in contents if content.get("src")), None)
    # The publisher's own address beside that of a service which counts clicks.
    original = value("feedburner_origlink") or value("pheedo_origlink")
    updated = value("updated")
    changed = "feed:dc:date" if updated == value("dc_date") else "feed:updated"
    section = value("prism_section")
    source = value("source") or {}
    return Written(
        guid=value("id"),
        url=original if isinstance(original, str) and original else link,
        other_urls=(link,) if isinstance(original, str) and isinstance(link, str) else (),
        base=base,
        title=_title(value("title"), value("title_detail"), version),
        summary=_writing(value("summary"), value("summary_detail")) or _writing(value("wd_media_text"), None),
        contents=tuple(_contents(contents)),
        published=tuple(_published(entry)),
        modified=(Stamp(updated, changed),) if isinstance(updated, str) and updated else (),
        # RFC 4287, 4.2.1: the authors of an aggregated entry are those of its source, before those of the aggregator.
        authors=tuple(_names_of(entry, "feed:author") or _names_of(source, "feed:author") or inherited),
        tags=tuple(_tags(value("tags"))),
        media=tuple(_files(entry, links)),
        language=_language((value("title_detail") or {}).get("language") or value("language")),
        source=_line(source, "title"),
        section=clean_line(section) if isinstance(section, str) else None,
    )


def _published(entry: Any) -> Iterable[Stamp]:
    """The dates of publication, the first of several elements first: others are of a list that was put in later."""
    for text in get(entry, "wd_published") or ():
        yield Stamp(text, "feed:published")
    for key, source in _PUBLISHED_KEYS.items():
        if isinstance(text := get(entry, key), str) and text:
            yield Stamp(text, source)


def _tags(tags: Any) -> Iterable[str]:
    """A category's label, which is for people (RFC 4287, 4.2.2.3), before its term."""
    for tag in tags or ():
        if isinstance(term := tag.get("label") or tag.get("term"), str):
            yield term


_PUBLISHED_KEYS = {
    "created": "feed:created",
    "dc_date": "feed:dc:date",
    "updated": "feed:updated",
}
"""In this order: `updated` is all that many Atom feeds have, and the record says that it came from there."""


def _writing(text: object, detail: Any) -> Writing | None:
    if not isinstance(text, str) or not text:
        return None
    content_type = (detail or {}).get("type") or "text/html"
    if content_type != "text/plain":
        return Writing(text, "html")
    # Markup sent as Atom's "text": feedparser looks for that in RSS only, but servers don't make the difference.
    marked_up = ("</" in text or "&" in text) and looks_like_html(text[:MAX_FIELD_CHARS])
    return Writing(text, "html" if marked_up else "plain")


def _title(text: object, detail: Any, version: str) -> Writing | None:
    """A title. In Atom one of type `text` is what it says; without a type its tags are, and its entities are not."""
    if not isinstance(text, str) or not text:
        return None
    if not version.startswith("atom") or (detail or {}).get("type") != "text/plain":
        return _writing(text, detail)
    kind: Kind = "literal" if detail.get("wd_typed") else "plain"
    return Writing(text, kind)


def _site_elsewhere(link: object, url: str | None) -> str | None:
    """The channel's link, when the feed is served from another host (a service for feeds): RSS has no other base."""
    try:
        site, feed = urlsplit(link.strip() if isinstance(link, str) else ""), urlsplit(url or "")
        elsewhere = site.scheme in ("http", "https") and site.hostname and site.hostname != feed.hostname
    except ValueError:
        return None
    return site.geturl() if elsewhere else None


def _contents(contents: Any) -> Iterable[Writing]:
    for content in contents or ():
        writing = _writing(content.get("value"), content)
        if writing is not None and (content.get("type") or "text/html").startswith(_TEXT_TYPES):
            yield writing


def _names_of(context: Any, source: str) -> list[tuple[str, str]]:
    people = get(context, "authors") or ()
    names = [person.get("name") or person.get("email") or "" for person in people]
    names = [name for name in names if name]
    if not names and isinstance(author := get(context, "author"), str) and author:
        names = [author]
    return [(name, source) for name in names]


def _links(context: Any) -> list[Any]:
    return [link for link in get(context, "links") or () if link.get("href")]


def _first(links: list[Any], rel: str) -> str | None:
    return next((cast(str, link["href"]) for link in links if link.get("rel") == rel), None)


def _files(entry: Any, links: list[Any]) -> Iterable[Media]:
    for link in links:
        if link.get("rel") == "enclosure":
            yield _file(link["href"], link)
    for content in get(entry, "media_content") or ():
        if content.get("url"):
            yield _file(content["url"], content)
    for thumbnail in get(entry, "media_thumbnail") or ():
        if thumbnail.get("url"):
            yield _file(thumbnail["url"], {**thumbnail, "medium": "image"})
    image = get(entry, "image")
    if isinstance(image, dict) and image.get("href"):
        yield _file(image["href"], {"medium": "image"})


def _file(url: str, attributes: Any) -> Media:
    media_type = attributes.get("type") or None
    caption = attributes.get("wd_caption") or attributes.get("wd_title") or attributes.get("title")
    return Media(
        url=url,
        kind=media_kind(media_type, url, attributes.get("medium")),
        media_type=media_type,
        caption=Writing(caption).line() or None if isinstance(caption, str) else None,
        width=whole_number(attributes.get("width")),
        height=whole_number(attributes.get("height")),
    )


def _line(context: Any, key: str) -> str | None:
    writing = _writing(get(context, key), get(context, f"{key}_detail"))
    return writing.line() or None if writing else None


def _resolved(address: object, feed_url: str | None) -> str | None:
    return resolve(address, None, feed_url) if isinstance(address, str) else None


def _language(tag: object) -> str | None:
    text = tag.strip().replace("_", "-") if isinstance(tag, str) else ""
    return text if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}", text) else None


def _minutes(text: object) -> int | None:
    minutes = whole_number(text)
    return minutes * 60 if minutes else None


def _update_seconds(about: Any) -> int | None:
    """The time between updates by the syndication module: a period, shared by `updateFrequency` updates."""
    period = get(about, "sy_updateperiod")
    seconds = _PERIOD_SECONDS.get(period.strip().lower()) if isinstance(period, str) else None
    return seconds // (whole_number(get(about, "sy_updatefrequency")) or 1) if seconds else None
