"""From bytes to article drafts: which reader a document needs, what the submitter knows, and the marking-up."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.feeds import parser as feeds
from wiredesk.worker.news.formats import table as formats
from wiredesk.worker.news.formats.given import Given, Part
from wiredesk.worker.news.marks.language import detect_language
from wiredesk.worker.news.marks.mentions import find_mentions
from wiredesk.worker.news.marks.quotes import find_quotes
from wiredesk.worker.news.model import Author, Draft, Entry, Evidence, Known, Mention, MentionKind, Moment
from wiredesk.worker.news.pages import page as pages
from wiredesk.worker.news.values import agencies, charset, dates, text, urls
from wiredesk.worker.news.values.authors import read_authors
from wiredesk.worker.news.wire import copy as wirecopy
from wiredesk.worker.news.wire.dateline import find_dateline

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_HTML_HEAD = re.compile(
    r"<(?:!doctype\s+html|html|head|body|article|div|p|h[1-6]|main|section|span|a\s)\b", re.IGNORECASE
)
_HEAD_CHARACTERS = 4_096
# A shorter text tells a language detector too little against what the page or feed declares.
_SURE = 0.9
# Detection costs time in proportion to the text, and a few sentences decide.
_LANGUAGE_CHARACTERS = 400
# Digitised newspapers carry their own dates; an older date is a typing error.
_FIRST_YEAR = 1600
# Zones and late desks put a dateline, or the day in an address, a day or two off the time of publication; no more.
_DAYS_APART = timedelta(days=3)


# A mail in a ZIP that forwards a mail with a document is four deep.
_MAX_DEPTH = 4

# The flag of a draft whose language, mentions and quotes could not be found.
NOT_MARKED_UP = "not_marked_up"


@dataclass(frozen=True, slots=True)
class Document:
    """Bytes as they arrived, and what was said of them.

    `media_type` is as declared, parameters included; `known` holds the submitter's own fields by their names in
    `submit_article.v1`, which win over what is read; `entry` holds what a feed said of this page, which stands in where
    the page says nothing; `expects_feed` is true for what a feed's URL answered.
    """

    body: bytes
    received_at: datetime
    media_type: str | None = None
    url: str | None = None
    expects_feed: bool = False
    known: Known = Known()
    entry: Entry | None = None
    max_entries: int = 5_000


@dataclass(frozen=True, slots=True)
class Reading:
    """The items of a document, and the feed that it is with its entries as read; null where it is none."""

    items: tuple[Draft | Rejected, ...]
    feed: feeds.Feed | None = None


def read_document(document: Document) -> tuple[Draft | Rejected, ...]:
    """Every item of a document, in document order; an item that can't be filed is its `Rejected`.

    The drafts carry what decides their identity and no more: `mark_up` completes those that are worth it. Raises
    `Rejected` when the document as a whole can't be read.
    """
    return read_whole(document).items


def read_whole(document: Document, *, depth: int = 0) -> Reading:
    """`read_document` with what a feed says of itself. `depth`: how many packages the document is in."""
    if not document.body.strip(b"\0 \t\r\n"):
        raise Rejected("empty", "the document has no content")
    found = _format_of(document)
    if found is not None:
        return Reading(_read_format(found, document, depth))
    opened = _feed_document(document)
    if opened is not None:
        feed = opened.read(url=document.url, received_at=document.received_at, max_entries=document.max_entries)
        return Reading(tuple(_finish_entry(entry, document, feed.language) for entry in feed.entries), feed)
    decoded = charset.decode_html(document.body, content_type=document.media_type)
    if _is_html(document, decoded):
        draft = pages.read_page(decoded, url=document.url, received_at=document.received_at)
    else:
        draft = wirecopy.read_wire_copy(_under_headline(decoded, document.known), received_at=document.received_at)
    return Reading((_finish(draft, document),))


def _joined(mentions: Sequence[Mention], more: Sequence[Mention]) -> tuple[Mention, ...]:
    """Both, in order of appearance, without those of `more` whose words are a mention already."""
    taken = {mention.text for mention in mentions}
    return tuple(sorted((*mentions, *(m for m in more if m.text not in taken)), key=lambda m: m.start))


_MARKED_KINDS: dict[str, MentionKind] = {"person": "person", "organisation": "organisation", "place": "place"}


def marked_mentions(draft: Draft) -> tuple[Mention, ...]:
    """The people, organisations and places that the provider marked and the body names."""
    found: dict[str, Mention] = {}
    for subject in draft.subjects:
        kind, name = _MARKED_KINDS.get(subject.kind), subject.name
        if kind is None or not name or name in found:
            continue
        places = [at.start() for at in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", draft.body_text)]
        if places:
            found[name] = Mention(kind, name, places[0], places[0] + len(name), name, len(places))
    return tuple(sorted(found.values(), key=lambda mention: mention.start))


def _under_headline(copy: str, known: Known) -> str:
    """Copy with the headline that the submitter gave beside it on top, so that no paragraph is taken for one."""
    headline = known.headline
    if not headline or text.clean_line(headline) in text.clean_line(copy[:_HEAD_CHARACTERS]):
        return copy
    return f"{text.clean_line(headline)}\n\n{copy}"


def mark_up(
    draft: Draft, *, received_at: datetime, more_mentions: Callable[[str], Sequence[Mention]] | None = None
) -> Draft:
    """The draft with language, agency, mentions, quotes and flags: nothing of it decides which article it is.

    `more_mentions` reads the body too, as a trained pipeline can; what the rules found goes before it.
    """
    language, confidence, evidence = _language(draft)
    agency, agency_source = draft.agency, draft.agency_source
    if agency is None:
        attributed = agencies.attribute(
            dateline=draft.dateline.agency if draft.dateline else None, byline=draft.byline, source=draft.source
        )
        if attributed:
            agency, agency_source = attributed.agency, attributed.source
    mentions = find_mentions(draft.body_text, headline=draft.headline, dateline=draft.dateline, language=language)
    if more_mentions is not None:
        mentions = _joined(mentions, more_mentions(draft.body_text))
    if marked := marked_mentions(draft):
        mentions = _joined(marked, mentions)
    return replace(
        draft,
        language=language,
        language_confidence=confidence,
        agency=agency,
        agency_source=agency_source,
        mentions=mentions,
        quotes=find_quotes(draft.body_text, mentions=mentions, language=language),
        flags=draft.flags + _date_flags(draft, received_at),
        evidence=draft.evidence + evidence,
    )


def _finish_entry(entry: Draft | Rejected, document: Document, feed_language: str | None) -> Draft | Rejected:
    """One entry of a feed; whatever goes wrong with it is its own rejection."""
    if isinstance(entry, Rejected):
        return entry
    draft = entry if entry.language or not feed_language else replace(entry, language=feed_language)
    if draft.url == document.url:  # an entry without a link of its own
        draft = replace(draft, url=None)
    return _finished_entry(draft, document)


def _format_of(document: Document) -> formats.Format | None:
    """The format of a document that is no page, feed or plain copy. A submitter's word stands, as for feeds."""
    declared = (document.media_type or "").partition(";")[0].strip().lower()
    if document.expects_feed or declared in _FEED_TYPES:
        return None
    if (found := formats.format_of(declared)) is not None or document.known.media_type:
        return found
    return formats.recognise(document.body[: formats.HEAD_BYTES])


def _read_format(found: formats.Format, document: Document, depth: int) -> tuple[Draft | Rejected, ...]:
    """The articles of a document in an agency's format, and those of the documents in a package.

    Whatever goes wrong with one of them is its own rejection. Raises `Rejected` where nothing could be read at all.
    """
    if depth > _MAX_DEPTH:
        raise Rejected("too_large", f"a package within {_MAX_DEPTH} packages")
    given = Given(body=document.body, received_at=document.received_at, media_type=document.media_type)
    items: list[Draft | Rejected] = []
    own: list[int] = []
    try:
        for one in found.read(given):
            if len(items) >= document.max_entries:
                limit = f"the document has more than {document.max_entries:,} items (max_feed_entries)"
                items.append(Rejected("too_large", limit))
                break
            if isinstance(one, Part):
                items += _read_part(one, document, depth)
            else:
                own.append(len(items))
                items.append(one)
    except Rejected as rejected:
        if not items:
            raise
        items.append(rejected)
    for number in own:  # the documents in a package are complete
        one = items[number]
        if isinstance(one, Draft):
            items[number] = _finish(one, document) if len(items) == 1 else _finished_entry(one, document)
    if len(items) == 1 and isinstance(items[0], Rejected):
        raise items[0]
    return tuple(items)


def _read_part(part: Part, document: Document, depth: int) -> list[Draft | Rejected]:
    """The items of a document within a package."""
    inner = replace(
        document,
        body=part.body,
        received_at=part.received_at or document.received_at,
        media_type=part.media_type,
        url=part.url,
        known=msgspec.structs.replace(document.known, media_type=None, url=None),
    )
    try:
        return [
            one if isinstance(one, Draft) else Rejected(one.reason, f"{part.name}: {one.detail}")
            for one in read_whole(inner, depth=depth + 1).items
        ]
    except Rejected as rejected:
        return [Rejected(rejected.reason, f"{part.name}: {rejected.detail}"[:1_000])]
    except Exception as error:  # noqa: BLE001  (filing logs the cause)
        return [internal(error)]


def _finished_entry(draft: Draft, document: Document) -> Draft | Rejected:
    """One item of many; whatever goes wrong with it is its own rejection."""
    try:
        return _finish(draft, document, is_entry=True)
    except Rejected as rejected:
        return rejected
    except Exception as error:  # noqa: BLE001  (filing logs the cause)
        return internal(error)


def internal(error: Exception) -> Rejected:
    """The rejection of an item that a fault of our own keeps from being filed; the fault is its cause."""
    rejected = Rejected("internal", f"a fault of wiredesk ({type(error).__name__}); `wiredesk replay` reads it again")
    rejected.__cause__ = error
    return rejected


def _finish(draft: Draft, document: Document, *, is_entry: bool = False) -> Draft:
    """One item with what the submitter and its dateline know. Raises `Rejected` when nothing is left to file.

    The address of a feed is none of its entries', and only links of entries are told apart by their fragments.
    """
    known = msgspec.structs.replace(document.known, url=None) if is_entry else document.known
    draft = _with_entry(_with_known(draft, known), document.entry)
    asked_for = known.url
    if asked_for and document.url and asked_for != document.url:
        draft = replace(draft, identifiers=(*draft.identifiers, ("redirect", asked_for)))
    draft = replace(draft, body_text=wirecopy.without_desk_blocks(draft.body_text))
    if not (draft.body_text or draft.headline or draft.url or "withdrawn" in draft.flags):
        raise Rejected("empty", "neither a headline nor a text nor an address")
    link = draft.canonical_url or draft.url or (None if is_entry else document.url)
    dateline = draft.dateline or find_dateline(draft.body_text, received_at=document.received_at)
    published = draft.published
    if published is None and dateline is not None and dateline.date is not None:
        published = Moment(datetime.combine(dateline.date, time(), UTC), "day", "dateline", zone_known=False)
    canonical_url = urls.canonical_url(link, keep_fragment=is_entry) if link else None
    flags = draft.flags
    if draft.release_at is not None and draft.release_at > document.received_at and "embargo" not in flags:
        flags = (*flags, "embargo")
    return replace(draft, canonical_url=canonical_url, dateline=dateline, published=published, flags=flags)


def _with_known(draft: Draft, known: Known) -> Draft:
    """The submitter's values win; the record says so, and the other values are kept as evidence."""
    changes: dict[str, Any] = {}
    evidence: list[Evidence] = []

    def say(name: str, before: object, after: object) -> None:
        if before and before != after:
            evidence[:] = [*evidence, Evidence(name, "extracted", str(before)[:500], chosen=False)]
        evidence.append(Evidence(name, "submitter", str(after)[:500], chosen=True))

    for name in ("headline", "byline", "language", "source"):
        if given := getattr(known, name):
            changes[name] = given if name == "language" else text.clean_line(given)
            say(name, getattr(draft, name), changes[name])
    for name, attribute in (("published_at", "published"), ("modified_at", "modified")):
        given = getattr(known, name)
        moment = dates.read_moment(given, source="submitter") if given else None
        if moment:
            before: Moment | None = getattr(draft, attribute)
            changes[attribute] = moment
            say(name, before.at.isoformat() if before else None, moment.at.isoformat())
    if known.release_at and (moment := dates.read_moment(known.release_at, source="submitter")):
        changes["release_at"] = moment.at
        say("release_at", draft.release_at.isoformat() if draft.release_at else None, moment.at.isoformat())
    if known.authors:
        changes["authors"] = tuple(Author(text.clean_line(name), "submitter") for name in known.authors)
        say("authors", "; ".join(a.name for a in draft.authors), "; ".join(a.name for a in changes["authors"]))
    elif known.byline:
        changes["authors"] = read_authors(changes["byline"], source="submitter")
    if known.tags:
        changes["tags"] = tuple(dict.fromkeys(text.clean_line(tag) for tag in known.tags))
        say("tags", ", ".join(draft.tags), ", ".join(changes["tags"]))
    if known.url and not draft.url:
        changes["url"] = known.url
    return replace(draft, **changes, evidence=draft.evidence + tuple(evidence)) if changes else draft


def _with_entry(draft: Draft, entry: Entry | None) -> Draft:
    """A page with what its feed entry knew, where the page says nothing; the entry's address is one of its own."""
    if entry is None:
        return draft
    changes: dict[str, Any] = {}
    if entry.url:
        changes["identifiers"] = (*draft.identifiers, ("url", entry.url))
    if not draft.published and entry.published_at:
        changes["published"] = dates.read_moment(entry.published_at, source="feed:published")
    if not draft.authors and entry.authors:
        changes["authors"] = tuple(Author(name, "feed") for name in entry.authors)
    for name in ("headline", "language"):
        if not getattr(draft, name) and (given := getattr(entry, name)):
            changes[name] = given
    return replace(draft, **changes)


def _language(draft: Draft) -> tuple[str | None, float | None, tuple[Evidence, ...]]:
    """The detected language where it is sure, else the declared one; a submitter's word stands."""
    declared = draft.language
    if declared and any(e.field == "language" and e.source == "submitter" for e in draft.evidence):
        return declared, 1.0, ()
    detected, confidence = detect_language((draft.body_text or draft.headline or "")[:_LANGUAGE_CHARACTERS])
    if detected and (not declared or confidence >= _SURE):
        kept = (Evidence("language", "detected", detected, chosen=True),)
        if declared and declared.split("-")[0].lower() == detected:
            return declared, confidence, ()
        return (
            detected,
            confidence,
            (*kept, Evidence("language", "declared", declared, chosen=False)) if declared else kept,
        )
    return declared, None, ()


def _date_flags(draft: Draft, received_at: datetime) -> tuple[str, ...]:
    """Flags for an odd time of publication: in the future, before any newspaper, or against other evidence."""
    published = draft.published
    if published is None:
        return ()
    flags = []
    if dates.is_ahead(published, received_at):
        flags.append("future_date")
    if published.at.year < _FIRST_YEAR:
        flags.append("old_date")
    in_url = dates.date_in_url(draft.canonical_url) if draft.canonical_url else None
    others = [in_url.at.date()] if in_url and in_url.precision == "day" else []
    if draft.dateline and draft.dateline.date:
        others.append(draft.dateline.date)
    if any(abs(published.at.date() - other) > _DAYS_APART for other in others):
        flags.append("conflicting_dates")
    return tuple(flags)


def _feed_document(document: Document) -> feeds.FeedDocument | None:
    declared = (document.media_type or "").partition(";")[0].strip().lower()
    if document.expects_feed or declared in _FEED_TYPES:
        return feeds.open_feed(document.body, content_type=document.media_type)
    # A submitter's word stands; a server's does not: many send feeds as text/plain, and pages as application/xml.
    if document.known.media_type or declared == "text/html":
        return None
    return feeds.feed_in(document.body, content_type=document.media_type)


def _is_html(document: Document, decoded: str) -> bool:
    declared = (document.media_type or "").partition(";")[0].strip().lower()
    if declared in ("text/html", "application/xhtml+xml"):
        return True
    if declared == "text/plain":
        return False
    return bool(_HTML_HEAD.search(decoded[:_HEAD_CHARACTERS]))
