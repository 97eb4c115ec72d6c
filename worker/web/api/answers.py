"""What several endpoints share: numbers in paths, pages, problems as the OpenAPI document has them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Parameter

from wiredesk.worker.http.headers import http_date
from wiredesk.worker.web.access import AnyRequest
from wiredesk.worker.web.problems import wrong

PROBLEM = "application/problem+json"
_MEANINGS = {
    400: "A parameter or the body is wrong: `field` names it.",
    401: "A token is needed, or this one is unknown, revoked or expired.",
    403: "The token lacks the scope.",
    404: "There is none.",
    409: "The cursor is of changes that a restore of the archive lost; `detail` names the one to go on from.",
    413: "Too large: `limit` is what fits.",
    415: "Another media type or coding is needed.",
    422: "The message broke the contract: `reason` is its code.",
    429: "The token's rate is spent; `Retry-After` says when to come again.",
    503: "PostgreSQL or Redis is away, or a query took too long.",
}
_ALWAYS = (400, 401, 403, 429, 503)
Id = Annotated[int, Parameter(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Parameter(ge=1, le=200, description="Rows of one page.")]
# Numbers are no times: read as seconds since 1970 they would filter by another time than the caller meant.
Time = Annotated[str | None, Parameter(schema_extra={"format": "date-time"}, description="A day or a time (RFC 3339).")]
UntilTime = Annotated[
    str | None, Parameter(schema_extra={"format": "date-time"}, description="Up to then, exclusive (RFC 3339).")
]
PageCursor = Annotated[str | None, Parameter(max_length=200, description="`next_cursor` of the page before.")]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An error (RFC 9457): `detail` says what is wrong; `field` and `limit` where, and what fits."""

    status: int
    title: str
    detail: str
    reason: str | None = None
    field: str | None = None
    limit: int | None = None
    submission_id: int | None = None
    key: str | None = None


def answers(*problems: int, **by_status: tuple[Any, str]) -> dict[int, ResponseSpec]:
    """The answers of an endpoint for the OpenAPI document: its problems, and others such as `s304=(None, "…")`."""
    specs = {
        status: ResponseSpec(Problem, description=_MEANINGS[status], media_type=PROBLEM, generate_examples=False)
        for status in sorted({*_ALWAYS, *problems})
    }
    for name, (kind, meaning) in by_status.items():
        specs[int(name[1:])] = ResponseSpec(kind, description=meaning, generate_examples=False)
    return specs


def time_of(name: str, value: str | None) -> datetime | None:
    """The time of a parameter; one without a zone is in UTC. Raises the problem 400."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # in UTC the year 1 may be the year 0
        raise wrong(name, f"{value[:40]!r} is not a day or a time like 2026-05-31T12:00:00Z") from None


def with_etag(request: AnyRequest, answer: msgspec.Struct) -> Response[Any]:
    """The answer as JSON, `conditional`."""
    return conditional(request, msgspec.json.encode(answer), "application/json")


def conditional(
    request: AnyRequest, body: bytes, media_type: str, *, changed_at: datetime | None = None
) -> Response[Any]:
    """The answer with an ETag of its bytes and the time of its last change; 304 where the caller has it already."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag}
    if changed_at is not None:
        headers["Last-Modified"] = format_datetime(changed_at, usegmt=True)
    if (tags := request.headers.get("if-none-match")) is not None:  # RFC 9110, 13.2.2: it wins over the time
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        is_known = etag in known or "*" in known
    else:
        since = http_date(request.headers.get("if-modified-since"))
        is_known = since is not None and changed_at is not None and changed_at.replace(microsecond=0) <= since
    if is_known:
        return Response(b"", status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
