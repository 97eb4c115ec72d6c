"""The callbacks of WebSub: hubs verify subscriptions here and push feeds.

A callback needs no token: its address has 256 random bits that only the hub knows, and a content counts only with the
signature of the subscription's secret. So no token is looked for, and no refusal logs the address.
"""

from __future__ import annotations

import asyncio

from litestar import Response, get, post
from litestar.datastructures import State
from litestar.plugins.problem_details import ProblemDetailsException

from wiredesk.worker.db import connected
from wiredesk.worker.fetch import websub
from wiredesk.worker.settings import Settings
from wiredesk.worker.web.access import AnyRequest
from wiredesk.worker.web.problems import not_found

_MOST_CHALLENGE_CHARACTERS = 4_096
_PUSHES_A_MINUTE = 120
_STATUS: dict[websub.Received, int] = {
    "stored": 202,
    "known": 202,
    "polled": 202,
    # As WebSub allows (section 7.1.2): whoever guesses a secret is not told.
    "ignored": 202,
    "gone": 410,
}


@get(f"{websub.PATH}{{callback:str}}", include_in_schema=False, exclude_from_auth=True)
async def verify(request: AnyRequest, state: State, callback: str) -> Response[str]:
    """Answer whether we asked for what a hub wants to verify."""
    _require_callback(state.settings, callback)
    parameters = {name: value for name, value in request.query_params.items() if isinstance(value, str)}
    challenge = parameters.get("hub.challenge", "")
    if len(challenge) > _MOST_CHALLENGE_CHARACTERS:
        raise not_found("the challenge is too long")
    answer = await asyncio.to_thread(websub.verify, state.settings, callback, parameters)
    if answer is None:
        raise not_found("this was not asked for")
    return Response(answer, media_type="text/plain")


@post(f"{websub.PATH}{{callback:str}}", include_in_schema=False, exclude_from_auth=True, status_code=202)
async def receive(request: AnyRequest, state: State, callback: str) -> Response[bytes]:
    """Take a content that a hub pushes."""
    settings: Settings = state.settings
    _require_callback(settings, callback)
    feed_id = await asyncio.to_thread(websub.subscribed_feed, settings, callback)
    if feed_id is None:
        return _answer("gone")  # the body of a stranger is not read
    wait = await state.rates.wait_seconds(f"hub:{feed_id}", a_minute=_PUSHES_A_MINUTE)
    if wait:
        raise ProblemDetailsException(
            status_code=429,
            title="Too many requests",
            detail=f"the limit is {_PUSHES_A_MINUTE} contents a minute",
            headers={"Retry-After": str(wait)},
        )
    headers = {"Link": ", ".join(request.headers.getall("link", []))}
    for name in ("Content-Type", "X-Hub-Signature"):
        headers[name] = request.headers.get(name.lower(), "")
    if request.headers.get("content-encoding"):
        raise ProblemDetailsException(
            status_code=415, title="Unknown coding", detail="a content is signed as it is sent: without a coding"
        )
    limit = settings.max_document_bytes
    try:
        async with state.room.body(request, limit=limit, limit_name="max_document_bytes") as body:
            received = await asyncio.to_thread(websub.receive, settings, callback, headers, body)
    except ProblemDetailsException as problem:
        if problem.status_code == 413:
            await asyncio.to_thread(_refuse_large, settings, callback)
        raise
    return _answer(received)


def _answer(received: websub.Received) -> Response[bytes]:
    return Response(b"", status_code=_STATUS[received], media_type="text/plain")


def _refuse_large(settings: Settings, callback: str) -> None:
    with connected(settings.database_url) as connection:
        websub.refuse(connection, callback, "it pushed a content that is too large (max_document_bytes)")


def _require_callback(settings: Settings, callback: str) -> None:
    if not settings.public_url or not websub.CALLBACK.fullmatch(callback):
        raise not_found("there is no such callback")


HANDLERS = [verify, receive]
