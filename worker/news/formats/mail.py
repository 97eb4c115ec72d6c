"""Mail (RFC 5322): its text, or the copy that it forwards, as one article, and each attached document as its own.

The standard library reads the message; its subject and date serve where the copy has no headline and no date.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import replace
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.formats.given import Found, Given, Part
from wiredesk.worker.news.model import Draft, Evidence
from wiredesk.worker.news.values.charset import decode_html
from wiredesk.worker.news.values.text import html_to_text, word_count
from wiredesk.worker.news.wire.copy import read_wire_copy

_MAX_PARTS = 1_000
# A note above an attachment or a forwarded text is shorter; an article is longer.
_NOTE_WORDS = 40
# The plain alternative of some senders only says that there is another one.
_ALTERNATIVE_SHARE = 0.5
# Attachments by the ending of their name where the declared type says nothing; others are no articles.
_DOCUMENT_ENDINGS = (
    ".xml",
    ".nitf",
    ".json",
    ".ninjs",
    ".txt",
    ".html",
    ".htm",
    ".eml",
    ".zip",
    ".warc",
    ".iptc",
    ".anpa",
)
_NO_DOCUMENTS = (
    "image/",
    "audio/",
    "video/",
    "application/pdf",
    "application/pgp",
    "application/pkcs",
    "text/calendar",
)
_FORWARDED = re.compile(
    r"^[> \t]*-{2,}\s?(?:forwarded message|original message|weitergeleitete nachricht|ursprüngliche nachricht|"
    r"message transféré|message d'origine|mensaje reenviado|messaggio inoltrato|doorgestuurd bericht)\s?-{2,}[ \t]*$|"
    r"^begin forwarded message:[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED = re.compile(r"^(?:> ?)+", re.MULTILINE)
_LONGEST_FIELD = 2_000
_FIELDS = ("From", "Subject", "Date")


def read(given: Given) -> Found:
    """The article in the text, then the attached documents."""
    message = email.message_from_bytes(given.body)
    if not message.keys():
        raise Rejected("broken_document", "the mail has no header")
    text = _text(message, given)
    attached = list(_attached(message))
    found = 0
    if text and not (attached and word_count(text) < _NOTE_WORDS):
        found = 1
        yield _draft(message, text, given)
    for part in attached:
        found += 1
        yield part
    if not found:
        raise Rejected("no_text", "the mail has neither a text nor an attached document")


def _draft(message: Message, text: str, given: Given) -> Draft:
    """The text read as wire copy under the mail's own fields, as copy that was pasted with its header is."""
    forwarded = _FORWARDED.search(text)
    if forwarded and word_count(text[: forwarded.start()]) < _NOTE_WORDS:
        copy = _QUOTED.sub("", text[forwarded.end() :]).strip()
    else:
        head = "\n".join(f"{name}: {value}" for name in _FIELDS if (value := _field(message, name)))
        copy = f"{head}\n\n{text}"
    draft = read_wire_copy(copy, received_at=given.received_at)
    evidence = tuple(
        Evidence(f"mail_{name.lower()}", "mail", value[:300], chosen=True)
        for name in _FIELDS
        if (value := _field(message, name))
    )
    message_id = _field(message, "Message-ID")
    return replace(
        draft,
        provider_id=message_id,
        identifiers=(*draft.identifiers, ("guid", message_id)) if message_id else draft.identifiers,
        evidence=(*draft.evidence, *evidence),
    )


def _field(message: Message, name: str) -> str | None:
    """A field of the header on one line, its encoded words decoded; null where it is missing."""
    raw = str(message.get(name, ""))[:_LONGEST_FIELD]
    try:
        value = str(make_header(decode_header(raw)))
    except (ValueError, LookupError, HeaderParseError):  # an unknown charset, or no base64
        value = raw
    return " ".join(value.split()) or None


def _text(message: Message, given: Given) -> str:
    """The plain text, or that of the HTML where the plain one is only a stub."""
    plain, marked = "", ""
    for part in _leaves(message):
        if part.get_content_disposition() == "attachment":
            continue
        kind = part.get_content_type()
        if kind == "text/plain" and not plain:
            plain = _decoded(part)
        elif kind == "text/html" and not marked:
            marked = html_to_text(_decoded(part))
    plain = plain.strip()
    return marked if word_count(plain) < _ALTERNATIVE_SHARE * word_count(marked) else plain


def _decoded(part: Message) -> str:
    return decode_html(_payload(part), content_type=str(part.get("Content-Type", "")) or None)


def _payload(part: Message) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        return b""
    return payload if isinstance(payload, bytes) else b""


def _leaves(message: Message) -> Iterator[Message]:
    """The parts that hold content, in order; what is inside of an attached mail is that mail's."""
    pending = [message]
    for _ in range(_MAX_PARTS):
        if not pending:
            return
        part = pending.pop()
        if part.get_content_type() == "message/rfc822" and part is not message:
            yield part
        elif part.is_multipart():
            pending += [inner for inner in reversed(part.get_payload()) if isinstance(inner, Message)]  # type: ignore[arg-type]
        else:
            yield part


def _attached(message: Message) -> Iterator[Part]:
    """The attached documents: mails, and files that may hold articles."""
    for number, part in enumerate(_leaves(message), 1):
        kind = part.get_content_type()
        name = part.get_filename() or f"part {number}"
        if kind == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], Message):
                yield Part(inner[0].as_bytes(), name, "message/rfc822")
            continue
        if part is message or part.get_content_disposition() != "attachment" or kind.startswith(_NO_DOCUMENTS):
            continue
        if kind.startswith("text/") or "xml" in kind or "json" in kind or name.lower().endswith(_DOCUMENT_ENDINGS):
            yield Part(_payload(part), name)
