"""The nouns of the newsroom, as frozen values.

Offsets are code points into `Draft.body_text`, half open. Times are timezone-aware; `received_at` is when the copy
reached us or its submitter, and is the only clock that this package knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

import msgspec

Precision = Literal["second", "minute", "day", "month", "unknown"]
IdentifierKind = Literal["guid", "url", "redirect"]
MentionKind = Literal["person", "organisation", "place"]
QuoteKind = Literal["direct", "continued", "partial"]
SubjectKind = Literal["subject", "genre", "category", "person", "organisation", "place", "event"]


RELEASED_LATER = datetime(9999, 12, 31, tzinfo=UTC)
"""`release_at` of an embargo whose end the provider does not name."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as it was written: how exact, whether its zone was given, and where it stood.

    `at` is UTC. With precision `day` or `month` it is midnight UTC at the start of that day or month. `zone_known` is
    false where the text gave no zone and UTC was assumed. `offset_minutes` is the offset east of UTC as it was written:
    `at` plus it is the publisher's own day and time; null where no offset was written.
    """

    at: datetime
    precision: Precision
    source: str
    zone_known: bool = True
    offset_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Dateline:
    """The opening of wire copy: `text` is `body_text[start:end]`, separator included (`PARIS, March 3 (AFP) —`).

    `agency` is the agency's own name, `agency_text` what the copy writes (`PR Newswire` for `PRNewswire`).
    """

    text: str
    place: str | None
    date: date | None
    agency: str | None
    start: int
    end: int
    agency_text: str | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """A person who wrote it, in the order given. `source` is where the name stood (`json-ld`, `meta`, `byline`, …)."""

    name: str
    source: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """Direct speech: `text` is `body_text[start:end]` without its marks.

    `speaker` is the fullest form of the name in the article, null when nobody is named; `speaker_source` says how it
    was found (`named`, `pronoun`, `title`, `continued`); `cue` is the verb as written (`said`).
    """

    text: str
    start: int
    end: int
    speaker: str | None
    cue: str | None
    kind: QuoteKind = "direct"
    speaker_source: str | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """A person, organisation or place named in the body: one for each distinct `text` and kind, at its first span.

    `name` is the fullest form of the same entity in the article (`Lavrov` → `Sergey Lavrov`); `count` is how often
    `text` names it.
    """

    kind: MentionKind
    text: str
    start: int
    end: int
    name: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, film or recording that belongs to the article. `kind` is `image`, `video`, `audio` or `file`."""

    url: str
    kind: Literal["image", "video", "audio", "file"]
    media_type: str | None = None
    caption: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A mark that the provider gave: a code of a scheme, a name, or both.

    `scheme` is the vocabulary as an address (`http://cv.iptc.org/newscodes/mediatopic/`) or the provider's short name.
    """

    kind: SubjectKind
    code: str | None = None
    scheme: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One value that was seen for a field, and where; `chosen` is false for the ones that lost."""

    field: str
    source: str
    value: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """One article as it was read, before filing decides whether it is new.

    `identifiers` came with it, as kind (`guid`; `url`: another address of it; `redirect`: an address that led to it)
    and value; `news.compare.identity` makes aliases of them. `teaser` is true when the text is only a summary of a page
    at `url`.

    The provider's own marks: `provider_id` names the piece over all its versions, `urgency` is 1 (most urgent) to 8,
    `release_at` ends an embargo (`RELEASED_LATER`: a later version says when).
    """

    headline: str | None = None
    body_text: str = ""
    description: str | None = None
    byline: str | None = None
    authors: tuple[Author, ...] = ()
    language: str | None = None
    language_confidence: float | None = None
    url: str | None = None
    canonical_url: str | None = None
    source: str | None = None
    published: Moment | None = None
    modified: Moment | None = None
    dateline: Dateline | None = None
    agency: str | None = None
    agency_source: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    quotes: tuple[Quote, ...] = ()
    mentions: tuple[Mention, ...] = ()
    flags: tuple[str, ...] = ()
    identifiers: tuple[tuple[IdentifierKind, str], ...] = ()
    teaser: bool = False
    provider_id: str | None = None
    provider_version: str | None = None
    urgency: int | None = None
    release_at: datetime | None = None
    ed_note: str | None = None
    usage_terms: str | None = None
    subjects: tuple[Subject, ...] = ()
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The submitter's fields, by their names in `submit_article.v1`, which win over what is read."""

    url: str | None = None
    media_type: str | None = None
    source: str | None = None
    headline: str | None = None
    byline: str | None = None
    authors: tuple[str, ...] | None = None
    published_at: str | None = None
    modified_at: str | None = None
    release_at: str | None = None
    language: str | None = None
    tags: tuple[str, ...] | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fields of the feed entry that led to a page, used where the page gives none."""

    url: str | None = None
    headline: str | None = None
    published_at: str | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
