"""Bodies of requests: read piece by piece, decompressed within bounds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar import Request
from litestar.plugins.problem_details import ProblemDetailsException

from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.news.values.decoding import BodyDecoder
from wiredesk.worker.web.access import AnyRequest
from wiredesk.worker.web.problems import wrong

CODINGS = ("gzip", "zstd")
# Bodies that this process holds at once; a request beyond it gets 503 and `Retry-After`.
_MOST_BYTES = 268_435_456
_BODY_SECONDS = 60.0


class StrictRequest(Request[Any, Any, Any]):
    """Reads JSON bodies strictly: Litestar would take 0 for false and "1" for 1."""

    async def json(self) -> Any:
        kind = self.route_handler.parsed_fn_signature.parameters["data"].annotation
        try:
            return msgspec.json.decode(await self.body(), type=kind)
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `$")
            field = path.rstrip("`").lstrip(".") or "body"
            raise wrong(field, message) from None
        except msgspec.DecodeError as error:
            raise wrong("body", f"not JSON: {error}") from None


class Room:
    """The bytes of bodies that this process holds now."""

    def __init__(self) -> None:
        self._held = 0

    @contextlib.asynccontextmanager
    async def body(self, request: AnyRequest, *, limit: int, limit_name: str) -> AsyncIterator[bytes]:
        """The body of a request, decoded; it is counted until the context ends.

        Raises the problems 400, 413, 415 and 503, which name the field and the limit.
        """
        decoder = _decoder(request, limit)
        counted = 0
        try:
            async for chunk in _within(request.stream(), _BODY_SECONDS):
                decoder.feed(chunk)
                self._held += decoder.size - counted
                counted = decoder.size
                if self._held > _MOST_BYTES:
                    raise ProblemDetailsException(
                        status_code=503,
                        title="Try again",
                        detail="too many large bodies at once",
                        headers={"Retry-After": "5"},
                    )
            yield _finished(decoder)
        except Rejected as error:
            raise _problem(error, limit, limit_name) from None
        finally:
            self._held -= counted


async def _within(chunks: AsyncIterator[bytes], seconds: float) -> AsyncIterator[bytes]:
    """The chunks of a body. Raises the problem 408 where they take longer together."""
    until = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            async with asyncio.timeout_at(until):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise ProblemDetailsException(
                status_code=408,
                title="Too slow",
                detail=f"the body did not arrive within {seconds:g} s",
                extra={"field": "body"},
            ) from None
        yield chunk


def _decoder(request: AnyRequest, limit: int) -> BodyDecoder:
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding and coding not in CODINGS:
        raise ProblemDetailsException(
            status_code=415,
            title="Unknown coding",
            detail=f"Content-Encoding: {coding[:80]}; one of {', '.join(CODINGS)}, or none",
            headers={"Accept-Encoding": ", ".join(CODINGS)},
            extra={"field": "Content-Encoding"},
        )
    return BodyDecoder(coding, limit)


def _finished(decoder: BodyDecoder) -> bytes:
    try:
        return decoder.finish()
    except Transient as error:
        raise Rejected("bad_encoding", str(error)) from None


def _problem(error: Rejected, limit: int, limit_name: str) -> ProblemDetailsException:
    if error.reason == "too_large":
        return ProblemDetailsException(
            status_code=413,
            title="Too large",
            detail=f"the body is larger than {limit:,} bytes when decoded ({limit_name})",
            extra={"field": "body", "limit": limit},
        )
    return ProblemDetailsException(
        status_code=400, title="Unreadable body", detail=error.detail, extra={"field": "body"}
    )
