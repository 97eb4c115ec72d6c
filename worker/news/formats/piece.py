"""An article as an agency's format describes it, and its draft: one rule for each field, whatever the format."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from wiredesk.worker.news.model import (
    RELEASED_LATER,
    Author,
    Dateline,
    Draft,
    Evidence,
    IdentifierKind,
    Media,
    Moment,
    Subject,
    SubjectKind,
)
from wiredesk.worker.news.values import urls
from wiredesk.worker.news.values.agencies import attribute
from wiredesk.worker.news.values.authors import read_authors
from wiredesk.worker.news.values.dates import read_moment
from wiredesk.worker.news.values.text import clean_line, paragraphs
from wiredesk.worker.news.wire.dateline import find_dateline

MAX_SUBJECTS = 200
"""Marks, keywords and media of one article that are kept, as many as of an entry of a feed."""

_LONGEST = 2_000
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_WEB_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
# Words for a piece that must not be used (any longer), of ninjs, NITF, NewsML 1 and G2.
_WITHDRAWN = frozenset(("withdrawn", "canceled", "cancelled", "withheld", "killed", "kill"))
# Short names of vocabularies that IPTC's own catalogue defines.
_SCHEMES = {
    "medtop": "http://cv.iptc.org/newscodes/mediatopic/",
    "subj": "http://cv.iptc.org/newscodes/subjectcode/",
    "genre": "http://cv.iptc.org/newscodes/genre/",
    "iso3166-1a2": "http://cvx.iptc.org/iso3166-1a2/",
    "iso3166-1a3": "http://cvx.iptc.org/iso3166-1a3/",
}
SUBJECT_CODES = _SCHEMES["subj"]
_SUBJECT_CODE = re.compile(r"\d{8}")


@dataclass(slots=True)
class Piece:
    """The values of one article as they were written; `format` is the source of its evidence.

    `body` and `description` are plain text. `status` is the provider's word for whether it may be used. `release` is
    the end of the embargo as written; `is_embargoed` says that there is one.
    """

    format: str
    headline: str | None = None
    body: str = ""
    description: str | None = None
    bylines: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    language: str | None = None
    url: str | None = None
    source: str | None = None
    credit: str | None = None
    rights: str | None = None
    published: str | None = None
    modified: str | None = None
    located: str | None = None
    located_date: str | None = None
    section: str | None = None
    keywords: list[str] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)
    provider_id: str | None = None
    provider_version: str | None = None
    urgency: str | None = None
    status: str | None = None
    release: str | None = None
    is_embargoed: bool = False
    ed_notes: list[str] = field(default_factory=list)
    usage_terms: list[str] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    slug: str | None = None

    def fill(self, inner: Piece) -> None:
        """Fill empty fields from the document inside; lists of marks are joined."""
        for one in fields(self):
            if one.name in _JOINED:
                getattr(self, one.name).extend(getattr(inner, one.name))
            elif not getattr(self, one.name):
                setattr(self, one.name, getattr(inner, one.name))

    def copy(self) -> Piece:
        """A piece whose lists are its own."""
        own = replace(self)
        for one in fields(self):
            if isinstance(value := getattr(self, one.name), list):
                setattr(own, one.name, list(value))
        return own


_JOINED = frozenset(("subjects", "keywords", "media", "ed_notes", "contacts"))


def mark(
    kind: SubjectKind, *, code: str | None = None, scheme: str | None = None, name: str | None = None
) -> Subject | None:
    """A mark with its code and scheme apart: `medtop:20000065`, an address that ends with the code, eight digits."""
    code, name = _line(code), _line(name)
    scheme = _line(scheme)
    if code and scheme is None:
        alias, colon, rest = code.partition(":")
        if code.startswith(("http://", "https://")):
            before, _, last = code.rstrip("/#").replace("#", "/#").rpartition("/")
            code, scheme = last.lstrip("#") or code, f"{before}/" if last else None
        elif colon and rest:
            code, scheme = rest, _SCHEMES.get(alias.lower(), alias)
        elif kind == "subject" and _SUBJECT_CODE.fullmatch(code):
            scheme = SUBJECT_CODES
    elif scheme:
        scheme = _SCHEMES.get(scheme.lower(), scheme)
    return Subject(kind, code, scheme, name) if code or name else None


def make_draft(piece: Piece, *, received_at: datetime) -> Draft:
    """The draft of a piece. It may be empty: `news.read` then rejects it."""
    body = paragraphs(piece.body)
    byline = ", ".join(dict.fromkeys(line for text in piece.bylines if (line := _line(text)))) or None
    evidence = [Evidence("headline", piece.format, piece.headline[:300], chosen=True)] if piece.headline else []
    published = _moment("published", piece.published, piece, evidence, received_at)
    modified = _moment("modified", piece.modified, piece, evidence, received_at)
    release_at = _release(piece, evidence, received_at)
    dateline = find_dateline(body, received_at=received_at) or _dateline(piece, received_at)
    source, language = _line(piece.source), (piece.language or "").strip()
    attributed = attribute(
        dateline=dateline.agency if dateline else None,
        credit=piece.credit,
        byline=byline,
        rights=piece.rights,
        source=source,
    )
    evidence += [Evidence("contact", piece.format, contact[:300], chosen=True) for contact in _lines(piece.contacts)]
    if slug := _line(piece.slug):
        evidence.append(Evidence("slug", piece.format, slug[:300], chosen=True))
    if attributed:
        evidence.append(Evidence("agency", attributed.source, attributed.evidence, chosen=True))
    status = (piece.status or "").strip().lower()
    if status:
        evidence.append(Evidence("status", piece.format, status[:300], chosen=True))
    address = piece.url.strip() if piece.url and _WEB_ADDRESS.fullmatch(piece.url.strip()) else None
    url = urls.canonical_url(address) if address else None
    provider_id = _line(piece.provider_id)
    identifiers: list[tuple[IdentifierKind, str]] = []
    if provider_id:
        identifiers.append(("guid", provider_id))
    if url:
        identifiers.append(("url", url))
    return Draft(
        headline=_line(piece.headline),
        body_text=body,
        description=paragraphs(piece.description) or None if piece.description else None,
        byline=byline,
        authors=_authors(piece, byline),
        language=language if _LANGUAGE.fullmatch(language) else None,
        url=url,
        source=source,
        published=published,
        modified=modified,
        dateline=dateline,
        agency=attributed.agency if attributed else None,
        agency_source=attributed.source if attributed else None,
        section=_line(piece.section),
        tags=_lines(piece.keywords),
        media=tuple({media.url: media for media in piece.media[:MAX_SUBJECTS]}.values()),
        flags=("withdrawn",) if status in _WITHDRAWN else (),
        identifiers=tuple(identifiers),
        provider_id=provider_id,
        provider_version=_line(piece.provider_version),
        urgency=_urgency(piece.urgency),
        release_at=release_at,
        ed_note="\n".join(_lines(piece.ed_notes)) or None,
        usage_terms="\n".join(_lines(piece.usage_terms)) or None,
        subjects=tuple(dict.fromkeys(piece.subjects))[:MAX_SUBJECTS],
        evidence=tuple(evidence),
    )


def _line(text: str | None) -> str | None:
    return clean_line(text[:_LONGEST]) or None if text else None


def _lines(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for text in texts[:MAX_SUBJECTS] if (line := _line(text))))


def _authors(piece: Piece, byline: str | None) -> tuple[Author, ...]:
    """The persons that the format names as such, else those in the byline."""
    named = tuple(person for name in _lines(piece.authors) for person in read_authors(name, source=piece.format))
    found = named or (read_authors(byline, source="byline") if byline else ())
    return tuple({author.name: author for author in reversed(found)}.values())[::-1]


def _moment(
    name: str, text: str | None, piece: Piece, evidence: list[Evidence], received_at: datetime
) -> Moment | None:
    if not text or not text.strip():
        return None
    moment = read_moment(text.strip()[:100], source=piece.format, received_at=received_at)
    evidence.append(Evidence(name, piece.format, text.strip()[:200], chosen=moment is not None))
    return moment


def _release(piece: Piece, evidence: list[Evidence], received_at: datetime) -> datetime | None:
    """The end of the embargo. One that can't be read, or is not named, is ended by a later version only."""
    moment = _moment("release_at", piece.release, piece, evidence, received_at)
    if moment is not None:
        return moment.at
    return RELEASED_LATER if piece.is_embargoed or (piece.release or "").strip() else None


def _dateline(piece: Piece, received_at: datetime) -> Dateline | None:
    """The place that stands beside the text, with the day: `text` is empty, because the body has no dateline."""
    written = _line(piece.located)
    if written is None:
        return None
    # `RIGA, March 9 (Example Press)` is a dateline whose separator the format makes needless.
    read = find_dateline(f"{written} - {piece.headline or written}", received_at=received_at)
    place, day = (read.place, read.date) if read and read.place else (written, None)
    if piece.located_date:
        moment = read_moment(piece.located_date, source=piece.format, received_at=received_at)
        day = moment.at.date() if moment else day
    return Dateline("", place, day, read.agency if read else None, 0, 0, read.agency_text if read else None)


def _urgency(text: str | None) -> int | None:
    digits = (text or "").strip()
    return int(digits) if len(digits) == 1 and digits in "12345678" else None
