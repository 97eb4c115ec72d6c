"""Errors as `application/problem+json` (RFC 9457): what is wrong, the field and the limit where there are any."""

from __future__ import annotations

import logging
from http import HTTPStatus

import psycopg
from litestar.exceptions import HTTPException
from litestar.plugins.problem_details import ProblemDetailsConfig, ProblemDetailsException, ProblemDetailsPlugin

from wiredesk.worker import events
from wiredesk.worker.db import WEB_STATEMENT_SECONDS
from wiredesk.worker.errors import CursorAhead, Rejected, SchemaMismatch, Transient, UsageError, WiredeskError

log = logging.getLogger(__name__)

_RETRY_SECONDS = "5"


def not_found(what: str) -> ProblemDetailsException:
    return ProblemDetailsException(status_code=404, title="Not found", detail=what)


def wrong(field: str, what: str) -> ProblemDetailsException:
    """A parameter, or a field of the body, that can't be read."""
    return ProblemDetailsException(
        status_code=400, title="Bad Request", detail=f"{field}: {what}", extra={"field": field}
    )


def as_problem(error: Exception) -> ProblemDetailsException:
    """The problem that `error` is to a caller; a fault of wiredesk is logged."""
    match error:
        case HTTPException():
            return _of_http(error)
        case WiredeskError():
            return _of_ours(error)
        case _:
            return _unforeseen(error)


def plugin() -> ProblemDetailsPlugin:
    return ProblemDetailsPlugin(
        ProblemDetailsConfig(
            exception_to_problem_detail_map={
                HTTPException: _of_http,
                WiredeskError: _of_ours,
                Exception: _unforeseen,
            },
        )
    )


def _of_ours(error: WiredeskError) -> ProblemDetailsException:
    match error:
        case Rejected():
            return ProblemDetailsException(
                status_code=422, title="Refused", detail=error.detail, extra={"reason": error.reason}
            )
        case Transient() if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            return ProblemDetailsException(
                status_code=503,
                title="The query took too long",
                detail=f"it took longer than {WEB_STATEMENT_SECONDS} s and was cancelled: narrow its filters",
            )
        case Transient():
            return ProblemDetailsException(
                status_code=503, title="Try again", detail=str(error), headers={"Retry-After": _RETRY_SECONDS}
            )
        case CursorAhead():
            return ProblemDetailsException(
                status_code=409, title="The cursor is ahead of the archive", detail=str(error)
            )
        case UsageError():
            return ProblemDetailsException(status_code=400, title="That can't be done", detail=str(error))
        case SchemaMismatch():
            return ProblemDetailsException(status_code=503, title="The database does not fit", detail=str(error))
        case _:
            return _unforeseen(error)


def _of_http(error: HTTPException) -> ProblemDetailsException:
    """What Litestar refuses: of the wrong parameters and fields of the body it names the first."""
    if isinstance(error, ProblemDetailsException):
        return error
    detail, extra = error.detail, {}
    if isinstance(error.extra, list) and error.extra and isinstance(error.extra[0], dict):
        wrong = error.extra[0]
        extra = {"field": str(wrong.get("key", "body"))}
        detail = f"{extra['field']}: {wrong.get('message', '')}"
    return ProblemDetailsException(
        status_code=error.status_code,
        title=HTTPStatus(error.status_code).phrase,
        detail=detail,
        extra=extra,
        headers=error.headers,
    )


def _unforeseen(error: Exception) -> ProblemDetailsException:
    log.error(events.WEB_FAILED, exc_info=error)
    return ProblemDetailsException(
        status_code=500, title="A fault of wiredesk", detail="the log of the service web has the traceback"
    )
