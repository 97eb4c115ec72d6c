"""Transmissions of news wires: messages between SOH and EOT, as IPTC 7901 and ANPA 1312 frame them.

Lines end as slow printers needed it (CR CR LF, LF CR), and other controls set type: they become line ends and spaces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.formats.given import Found, Given
from wiredesk.worker.news.model import Draft, Evidence, Moment, Subject
from wiredesk.worker.news.values.charset import decode_html

SOH, STX, ETX, EOT = "\x01", "\x02", "\x03", "\x04"
_LINE_END = re.compile("\r{1,4}\n|\n\r{1,4}|\r")
# Characters of a header and of a trailer that are read: both are one or two lines.
_LONGEST = 1_000
# Unit and record separators part fields; device controls switch type faces; SYN, DEL and NUL fill pauses.
_FIELD = re.compile("[\x1c-\x1f\x0b\x0c]")
_CONTROL = re.compile("[\x00\x05-\x08\x0e-\x1b\x7f]")


@dataclass(frozen=True, slots=True)
class Message:
    """One message: the line between SOH and STX, the text between STX and ETX, and what follows the text."""

    header: str
    text: str
    trailer: str


def messages(body: bytes, media_type: str | None) -> Iterator[Message | Rejected]:
    """The messages of a transmission, in order; one that is cut off is its own rejection.

    Raises `Rejected("broken_document")` where no message begins at all.
    """
    transmission = decode_html(body, content_type=media_type)
    first = transmission.find(SOH)
    if first < 0:
        raise Rejected("broken_document", "no message begins (SOH) in the transmission")
    for number, part in enumerate(transmission[first + 1 :].split(SOH), 1):
        header, stx, rest = part.partition(STX)
        text, etx, trailer = rest.partition(ETX)
        if not stx:
            # SOH is sent twice, and bells ring between messages.
            if _plain(header).strip():
                yield Rejected("broken_document", f"message {number}: its text does not begin (STX)")
        elif not etx and EOT not in text:
            yield Rejected("broken_document", f"message {number}: it is cut off (no ETX)")
        else:
            ended, _, _ = text.partition(EOT)
            after = _plain(trailer.partition(EOT)[0])
            yield Message(header.lstrip("\x16")[:_LONGEST], _plain(ended), after[:_LONGEST])


def under_header(
    draft: Draft,
    message: Message,
    *,
    source: str,
    sent: Moment | None,
    stamp: str,
    provider_id: str | None,
    urgency: int | None,
    category: str | None,
    slug: str | None,
) -> Draft:
    """Wire copy with what its transmission says. `stamp` is the time of transmission as written.

    The time of transmission says more than the day of a dateline. Numbers begin anew each day, so `provider_id` holds
    the day.
    """
    evidence = [*draft.evidence, Evidence("header", source, " ".join(message.header.split())[:300], chosen=True)]
    published = draft.published
    if sent is not None and (published is None or published.precision == "day"):
        evidence = [replace(one, chosen=False) if one.field == "published" else one for one in evidence]
        evidence.append(Evidence("published", source, " ".join(stamp.split())[:200], chosen=True))
        published = sent
    if slug:
        evidence.append(Evidence("slug", source, slug[:300], chosen=True))
    return replace(
        draft,
        published=published,
        provider_id=provider_id,
        urgency=urgency,
        subjects=(*draft.subjects, Subject("category", category)) if category else draft.subjects,
        identifiers=(*draft.identifiers, ("guid", provider_id)) if provider_id else draft.identifiers,
        evidence=tuple(evidence),
    )


def articles(given: Given, read: Callable[[Message, datetime], Draft]) -> Found:
    """The articles of a transmission, each read apart."""
    for found in messages(given.body, given.media_type):
        if isinstance(found, Rejected):
            yield found
            continue
        try:
            yield read(found, given.received_at)
        except Rejected as rejected:
            yield rejected


def full_year(two_digits: str) -> str:
    """`26` as `2026`; years from 70 on are of the last century."""
    return two_digits if len(two_digits) == 4 else f"{'20' if int(two_digits) < 70 else '19'}{two_digits}"


def _plain(text: str) -> str:
    """Text with ordinary line ends, and spaces for the signs that part fields."""
    return _CONTROL.sub("", _FIELD.sub(" ", _LINE_END.sub("\n", text)))
