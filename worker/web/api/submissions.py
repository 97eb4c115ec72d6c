"""Submissions and their outcomes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import HeaderParameter, Parameter
from litestar.plugins.problem_details import ProblemDetailsException

from wiredesk.worker import db
from wiredesk.worker.inbox.intake import Receipt
from wiredesk.worker.news.submission import json_schema
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import reading
from wiredesk.worker.store.records import ItemOutcome, SubmissionStatus
from wiredesk.worker.web.access import AnyRequest, Caller, requires, sees_embargoed
from wiredesk.worker.web.api.answers import Id, answers
from wiredesk.worker.web.problems import not_found
from wiredesk.worker.web.submitting import MAX_LINES

_JSON = "application/json"
_LINES = ("application/jsonl", "application/x-ndjson", "application/json-lines")
_LONGEST_WAIT_SECONDS = 60.0
_FIRST_POLL_SECONDS, _LONGEST_POLL_SECONDS = 0.05, 0.5
# Of the envelope of a message: its other fields, and the escapes of its content.
_ENVELOPE_BYTES = 1_048_576
# All lines of a request together.
_LINES_TIMES = 16


class ReceiptLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one message, once it is committed.

    `accepted`, `repeated` (the same source, key and content as before), or `refused` with the reason. `line` is its
    place in a request of many, from 1.
    """

    status: Literal["accepted", "repeated", "refused"]
    submission_id: int
    key: str | None = None
    reason: str | None = None
    line: int | None = None


class Submission(SubmissionStatus, frozen=True, kw_only=True):
    """A submission, the state of its document, and the outcomes of its items; `finished`: no more will come."""

    finished: bool
    outcomes: tuple[ItemOutcome, ...]


_NAMES = {
    "anyOf": "any_of",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
    "additionalProperties": "additional_properties",
}


def _schema(said: Any) -> Any:
    """A JSON Schema as Litestar has it."""
    if not isinstance(said, Mapping):
        return said
    values: dict[str, Any] = {}
    for name, value in said.items():
        if name == "type":
            values[name] = OpenAPIType(value)
        elif name == "properties":
            values[name] = {field: _schema(kind) for field, kind in value.items()}
        elif name == "anyOf":
            values["any_of"] = [_schema(kind) for kind in value]
        elif not name.startswith("$") and name != "default":
            values[_NAMES.get(str(name), str(name))] = _schema(value)
    return Schema(**values)


@dataclass
class _SubmitOperation(Operation):
    """The bodies of `submit`, which reads its request itself."""

    def __post_init__(self) -> None:
        self.request_body = RequestBody(
            required=True,
            description="One `submit_article.v1` message, or one a line.",
            content={
                _JSON: OpenAPIMediaType(schema=_schema(json_schema())),
                _LINES[0]: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, description="A message a line.")),
            },
        )


@post(
    "/v1/articles",
    guards=[requires("submit")],
    status_code=200,
    tags=["submissions"],
    operation_id="submit",
    operation_class=_SubmitOperation,
    responses=answers(
        413,
        415,
        422,
        s200=(str, "JSON Lines, for JSON Lines: a `ReceiptLine` a line, in their order."),
        s202=(ReceiptLine, "The receipt of one message."),
    ),
    request_max_body_size=None,
)
async def submit(
    request: AnyRequest,
    state: State,
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            min_length=1,
            max_length=512,
            description="The message's key; not with JSON Lines.",
        ),
    ] = None,
) -> Response[Any]:
    """Hand in a `submit_article.v1` message, or JSON Lines of them; the receipts come after they are committed.

    Of many messages each gets a receipt in its place; a refused one does not stop the others. The same source and key
    twice is one submission, so a request without an answer may be sent again.
    """
    settings: Settings = state.settings
    caller: Caller = request.user
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in (_JSON, *_LINES):
        raise ProblemDetailsException(
            status_code=415,
            title="Unknown media type",
            detail=f"Content-Type: {media_type[:80] or 'none'}; {_JSON} for one message, {_LINES[0]} for one a line",
            extra={"field": "Content-Type"},
        )
    many = media_type in _LINES
    limit = settings.max_submission_bytes * (_LINES_TIMES if many else 1) + _ENVELOPE_BYTES
    async with state.room.body(request, limit=limit, limit_name="max_submission_bytes") as body:
        if not many:
            (receipt,) = await state.submitter.submit([body], caller, key=idempotency_key)
            return _one(receipt)
        if idempotency_key is not None:
            raise ProblemDetailsException(
                status_code=400,
                title="A key for one message",
                detail="Idempotency-Key: give each line a key of its own",
                extra={"field": "Idempotency-Key"},
            )
        numbered = [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]
        if not 1 <= len(numbered) <= MAX_LINES:
            raise ProblemDetailsException(
                status_code=413 if numbered else 400,
                title="Too many lines" if numbered else "No line",
                detail=f"{len(numbered):,} messages; a request has from 1 to {MAX_LINES:,}",
                extra={"field": "body", "limit": MAX_LINES},
            )
        receipts = await state.submitter.submit([line for _, line in numbered], caller)
    lines = (_line(receipt, number) for receipt, (number, _) in zip(receipts, numbered, strict=True))
    return Response(
        b"".join(msgspec.json.encode(line) + b"\n" for line in lines), media_type=_LINES[0], status_code=200
    )


def _one(receipt: Receipt) -> Response[Any]:
    where = f"/v1/submissions/{receipt.submission_id}"
    if receipt.status == "refused":
        reason, _, detail = (receipt.reason or "").partition(": ")
        field, colon, _ = detail.partition(":")
        raise ProblemDetailsException(
            status_code=413 if reason == "too_large" else 422,
            title="Refused",
            detail=detail,
            headers={"Location": where},
            extra={
                "reason": reason,
                "submission_id": receipt.submission_id,
                "key": receipt.key,
                **({"field": field} if colon and field.isidentifier() else {}),
            },
        )
    return Response(_line(receipt, None), status_code=202, headers={"Location": where})


def _line(receipt: Receipt, number: int | None) -> ReceiptLine:
    return ReceiptLine(
        status=receipt.status,
        submission_id=receipt.submission_id,
        key=receipt.key,
        reason=receipt.reason,
        line=number,
    )


@get(
    "/v1/submissions/{submission_id:int}",
    guards=[requires("submit", "read")],
    tags=["submissions"],
    responses=answers(404),
)
async def submission(
    request: AnyRequest,
    state: State,
    submission_id: Id,
    wait: Annotated[
        float, Parameter(ge=0, le=_LONGEST_WAIT_SECONDS, description="Seconds to wait until it is finished.")
    ] = 0,
) -> Submission:
    """A submission and the outcomes of its items. One that is not finished after `wait` is answered as it is then."""
    until = time.monotonic() + wait
    pause = _FIRST_POLL_SECONDS
    while True:
        found = await asyncio.to_thread(_submission, state.settings, submission_id, sees_embargoed(request))
        if found is None:
            raise not_found(f"there is no submission {submission_id}")
        if found.finished or time.monotonic() >= until:
            return found
        await asyncio.sleep(min(pause, max(0.0, until - time.monotonic())))
        pause = min(pause * 1.5, _LONGEST_POLL_SECONDS)


def _submission(settings: Settings, submission_id: int, embargoed: bool) -> Submission | None:
    with db.for_web(settings.database_url, embargoed=embargoed) as connection:
        found = reading.submissions(connection, submission_ids=[submission_id])
        if not found:
            return None
        outcomes = reading.outcomes_of_submissions(connection, [submission_id])
    return Submission(**msgspec.structs.asdict(found[0]), finished=found[0].state == "done", outcomes=tuple(outcomes))


HANDLERS = [submit, submission]
