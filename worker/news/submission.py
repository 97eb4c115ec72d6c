"""The submission message `submit_article.v1`: what a producer may say, checked before anything of it is accepted.

`schema/messages/submit_article.v1.json` is this struct written as JSON Schema; a test holds them together.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.values import dates, urls

MediaType = Literal[
    "text/plain",
    "text/html",
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/nitf+xml",
    "application/vnd.iptc.g2.newsitem+xml",
    "application/vnd.iptc.g2.newsmessage+xml",
    "application/vnd.iptc.g2.packageitem+xml",
    "text/vnd.iptc.newsml",
    "application/ninjs+json",
    "application/ld+json",
    "text/x-iptc7901",
    "text/x-anpa1312",
    "message/rfc822",
    "application/warc",
    "application/wacz",
    "application/zip",
]
BY_SUFFIX: dict[str, MediaType] = {".html": "text/html", ".htm": "text/html", ".txt": "text/plain"}
"""Media types by the ending of a file's name, for files in no other format; other files are sniffed."""
Line = Annotated[str, Meta(min_length=1, max_length=2_000)]
Key = Annotated[str, Meta(min_length=1, max_length=512)]
Address = Annotated[str, Meta(min_length=1, max_length=4_096)]
Date = Annotated[str, Meta(min_length=4, max_length=64)]
Language = Annotated[str, Meta(pattern="^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8}){0,3}$")]


class Submission(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """One article, page or feed document handed in by a producer."""

    content: Annotated[
        str | None,
        Meta(
            description="The document, as text or HTML; at most `max_submission_bytes` (4 MiB unless set otherwise) of "
            "UTF-8. Required unless `url` alone is given: then it is fetched."
        ),
    ] = None
    content_base64: Annotated[
        str | None,
        Meta(description="Instead of `content`: the document as bytes in base64, of whatever encoding or format."),
    ] = None
    media_type: Annotated[MediaType | None, Meta(description="What `content` is. Default: sniffed.")] = None
    url: Annotated[Address | None, Meta(description="Where it was published: an absolute http or https address.")] = (
        None
    )
    key: Annotated[
        Key | None, Meta(description="Idempotency key: the same source and key twice is one submission.")
    ] = None
    source: Annotated[Line | None, Meta(description="Who publishes it: slug or name.")] = None
    submitter: Annotated[Line | None, Meta(description="Who hands it in.")] = None
    headline: Annotated[Line | None, Meta(description="Wins over what is extracted, like every field below.")] = None
    byline: Annotated[Line | None, Meta(description="The line that names the authors, as it was printed.")] = None
    authors: Annotated[
        Annotated[list[Line], Meta(max_length=100)] | None, Meta(description="Names of persons, in the order given.")
    ] = None
    published_at: Annotated[
        Date | None, Meta(description="RFC 3339 timestamp, or a date: 2018-05-31T12:00:00Z, 2018-05-31")
    ] = None
    modified_at: Annotated[Date | None, Meta(description="When it was last changed; written like published_at.")] = None
    release_at: Annotated[
        Date | None, Meta(description="The end of an embargo; readers see the article from then on. Written likewise.")
    ] = None
    language: Annotated[Language | None, Meta(description="BCP 47")] = None
    tags: Annotated[
        Annotated[list[Line], Meta(max_length=200)] | None, Meta(description="Subjects as the publisher names them.")
    ] = None
    received_at: Annotated[
        Date | None, Meta(description="When the submitter got it; resolves dates without a year. Default: now.")
    ] = None


_decoder = msgspec.json.Decoder(Submission)


def json_schema() -> dict[str, Any]:
    """The contract as JSON Schema 2020-12. `schema/messages/submit_article.v1.json` is this, and a test says so."""
    described = msgspec.json.schema(Submission)["$defs"]["Submission"]
    either = [
        {"required": [name], "properties": {name: {"type": "string"}}} for name in ("content", "content_base64", "url")
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:wiredesk:submit_article.v1",
        "title": "submit_article.v1",
        "description": described["description"],
        "type": "object",
        "additionalProperties": False,
        "anyOf": either,
        "properties": described["properties"],
    }


def read_submission(
    message: bytes | str | Mapping[str, Any], *, max_content_bytes: int
) -> tuple[Submission, bytes | None]:
    """One message, checked: its fields without the content, and the content as UTF-8, null where it must be fetched.

    Raises `Rejected` whose detail names the field, what is wrong, and the limit.
    """
    try:
        if isinstance(message, str):
            message = message.encode("utf-8", "replace")
        if isinstance(message, bytes):
            submission = _decoder.decode(message)
        else:
            submission = msgspec.convert(_in_unicode(message), Submission)
    except UnicodeDecodeError:
        raise Rejected("bad_message", f"not UTF-8 at byte {_first_bad_byte(message)}") from None
    except msgspec.ValidationError as error:
        raise Rejected(*_explain(str(error))) from None
    except msgspec.DecodeError as error:
        raise Rejected("bad_message", f"not a JSON object: {error}") from None
    content = _content(submission)
    if content is None and submission.url is None:
        raise Rejected("bad_message", "content: required, unless url alone is given")
    if content is not None:
        check_content(content, max_content_bytes=max_content_bytes)
    check_fields(submission)
    return msgspec.structs.replace(submission, content=None, content_base64=None), content


def _content(submission: Submission) -> bytes | None:
    if submission.content_base64 is None:
        return None if submission.content is None else submission.content.encode("utf-8", "replace")
    if submission.content is not None:
        raise Rejected("bad_message", "content_base64: content is there too")
    try:
        return base64.b64decode(submission.content_base64, validate=True)
    except ValueError:
        raise Rejected("wrong_type", "content_base64: not base64") from None


def _in_unicode(value: Any, depth: int = 3) -> Any:
    """A message with question marks for the lone surrogates that Python and JavaScript strings hold and UTF-8 can't."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if depth and isinstance(value, list):
        return [_in_unicode(item, depth - 1) for item in value]
    if depth and isinstance(value, Mapping):
        return {_in_unicode(name): _in_unicode(item, depth - 1) for name, item in value.items()}
    return value


def check_content(content: bytes, *, max_content_bytes: int) -> None:
    if not content.strip(b"\0 \t\r\n"):
        raise Rejected("empty", "content: nothing but white space")
    if len(content) > max_content_bytes:
        raise Rejected(
            "too_large", f"content: {len(content):,} bytes, the limit is {max_content_bytes:,} (max_submission_bytes)"
        )


def check_fields(submission: Submission) -> None:
    """The rules that a schema can't say. Raises `Rejected`."""
    if submission.url is not None and urls.canonical_url(submission.url) is None:
        raise Rejected("bad_url", f"url: {submission.url[:200]!r} is not an absolute http or https address")
    for name in ("published_at", "modified_at", "release_at", "received_at"):
        value = getattr(submission, name)
        if value is not None and dates.read_moment(value, source=name) is None:
            raise Rejected("wrong_type", f"{name}: {value[:64]!r} is not a date or timestamp (2018-05-31T12:00:00Z)")


def received_at(submission: Submission, now: datetime) -> datetime:
    """The submitter's time of receipt, else `now`; never later than `now`."""
    if submission.received_at is None:
        return now
    moment = dates.read_moment(submission.received_at, source="received_at")
    return min(moment.at, now) if moment else now


def digest(submission: Submission, content: bytes | None) -> bytes:
    """SHA-256 of what the message says, without when and by whom: equal digests are the same submission."""
    bare = msgspec.structs.replace(submission, received_at=None, submitter=None)
    return hashlib.sha256(msgspec.json.encode(bare) + b"\0" + (content or b"")).digest()


def known(submission: Submission) -> dict[str, Any]:
    """The submitter's other fields, as they are stored with the submission."""
    said: dict[str, Any] = msgspec.to_builtins(submission)
    said.pop("content", None)
    return said


def _first_bad_byte(message: object) -> int:
    """The offset of the first byte that is no UTF-8; msgspec counts from the start of the string that it reads."""
    try:
        if isinstance(message, bytes):
            message.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _explain(message: str) -> tuple[str, str]:
    """msgspec's words as a reason code and a sentence that starts with the field."""
    text, _, path = message.partition(" - at `$")
    field = path.rstrip("`").lstrip(".") or "message"
    if "unknown field" in text:
        return "unknown_field", text.removeprefix("Object contains ").replace(
            "`", ""
        ) + f"; known: {', '.join(_FIELDS)}"
    more = f"; one of {', '.join(get_args(MediaType))}" if "enum value" in text else ""
    return "wrong_type", f"{field}: {text[:1].lower()}{text[1:]}{more}".replace("`", "")


_FIELDS = tuple(f.name for f in msgspec.structs.fields(Submission))
