"""The change feed: by cursor, by long poll, and as server-sent events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.params import HeaderParameter, Parameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from wiredesk.worker import db
from wiredesk.worker.errors import CursorAhead, Transient
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import reading
from wiredesk.worker.store.records import Change
from wiredesk.worker.web.access import AnyRequest, requires, sees_embargoed
from wiredesk.worker.web.api.answers import answers

_READ = [requires("read")]
_POLL_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 60.0
# A stream without a change sends a comment, so that proxies keep it open.
_QUIET_SECONDS = 15.0
_PAGE = 500
Cursor = Annotated[int, Parameter(ge=0, le=2**63 - 1, description="The last cursor that was dealt with.")]


class ChangePage(msgspec.Struct, frozen=True):
    """Changes in order. `next_after`: where to go on, also where there were none."""

    changes: tuple[Change, ...]
    next_after: int


@get("/v1/changes", guards=_READ, responses=answers(409), tags=["changes"])
async def changes(
    request: AnyRequest,
    state: State,
    after: Cursor = 0,
    limit: Annotated[int, Parameter(ge=1, le=_PAGE)] = _PAGE,
    wait: Annotated[
        float, Parameter(ge=0, le=_LONGEST_WAIT_SECONDS, description="Seconds to wait for the first change.")
    ] = 0,
) -> ChangePage:
    """Created, revised, merged and gone articles, in an order in which none is ever missed."""
    until = time.monotonic() + wait
    while True:
        found = await asyncio.to_thread(_after, state.settings, after, limit, sees_embargoed(request))
        if found or time.monotonic() >= until:
            return ChangePage(tuple(found), found[-1].cursor if found else after)
        await asyncio.sleep(min(_POLL_SECONDS, max(0.0, until - time.monotonic())))


@get(
    "/v1/changes/stream",
    guards=_READ,
    media_type="text/event-stream",
    responses=answers(409),
    tags=["changes"],
)
async def stream(
    request: AnyRequest,
    state: State,
    after: Cursor = 0,
    last_event_id: Annotated[
        int | None, HeaderParameter(name="Last-Event-ID", ge=0, le=2**63 - 1, description="Wins over `after`.")
    ] = None,
) -> ServerSentEvent:
    """The change feed as server-sent events: `id` is the cursor, `event` the kind, `data` the change as JSON."""
    cursor, embargoed = after if last_event_id is None else last_event_id, sees_embargoed(request)
    await asyncio.to_thread(_after, state.settings, cursor, 1, embargoed)  # its errors are answers while none is begun
    return ServerSentEvent(_events(state.settings, cursor, embargoed))


async def _events(settings: Settings, cursor: int, embargoed: bool) -> AsyncIterator[ServerSentEventMessage]:
    quiet_since = time.monotonic()
    yield ServerSentEventMessage(comment="the change feed")
    while True:
        try:
            found = await asyncio.to_thread(_after, settings, cursor, _PAGE, embargoed)
        except Transient:
            found = []  # PostgreSQL restarts; the next round continues the stream
        except CursorAhead:
            return  # the archive was restored meanwhile; the answer to the next request says so
        for change in found:
            cursor, quiet_since = change.cursor, time.monotonic()
            data = msgspec.json.encode(change).decode()
            yield ServerSentEventMessage(data=data, id=change.cursor, event=change.kind)
        if time.monotonic() - quiet_since > _QUIET_SECONDS:
            quiet_since = time.monotonic()
            yield ServerSentEventMessage(comment="nothing new")
        if len(found) < _PAGE:
            await asyncio.sleep(_POLL_SECONDS)


def _after(settings: Settings, cursor: int, limit: int, embargoed: bool) -> list[Change]:
    with db.for_web(settings.database_url, embargoed=embargoed) as connection:
        return reading.changes_after(connection, cursor, limit=limit)


HANDLERS = [changes, stream]
