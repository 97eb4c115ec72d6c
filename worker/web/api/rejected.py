"""Rejected items: list, try again, discard."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from litestar import get, post
from litestar.datastructures import State
from litestar.params import Parameter

from wiredesk.worker import db
from wiredesk.worker.store import rejections as store
from wiredesk.worker.store.records import Rejection
from wiredesk.worker.store.rejections import Filter
from wiredesk.worker.upkeep import rejections
from wiredesk.worker.upkeep.rejections import Retried
from wiredesk.worker.web.access import requires
from wiredesk.worker.web.api.answers import Time, UntilTime, answers, time_of

_ADMIN = [requires("admin")]
# A document has a few rejected items, seldom thousands.
_MOST_ITEMS = 10_000


class RejectedList(msgspec.Struct, frozen=True):
    """Rejected items, the latest first; `more`: there are more, before the last `decided_at` of these."""

    items: tuple[Rejection, ...]
    more: bool


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Documents whose rejected items are meant."""

    document_ids: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)], ...], msgspec.Meta(min_length=1, max_length=100)
    ]


class Result(msgspec.Struct, frozen=True):
    """The results of a try; documents without a rejected item that is open have none."""

    results: tuple[Retried, ...]


class Discarded(msgspec.Struct, frozen=True):
    """The number of items that were closed."""

    discarded: int


@get("/v1/rejected", guards=[requires("read")], sync_to_thread=True, responses=answers(), tags=["rejected"])
def rejected(
    state: State,
    reason: Annotated[str, Parameter(max_length=200, description="A code, or a part of the words.")] = "",
    source: Annotated[str, Parameter(max_length=300, description="A part of the name of a source or feed.")] = "",
    since: Time = None,
    until: UntilTime = None,
    closed: Annotated[bool, Parameter(description="Also items that were discarded or filed since.")] = False,
    limit: Annotated[int, Parameter(ge=1, le=200)] = 50,
) -> RejectedList:
    """Rejected items, the latest first."""
    wanted = Filter(
        reason=reason,
        source=source,
        since=time_of("since", since),
        until=time_of("until", until),
        with_closed=closed,
    )
    with db.for_web(state.settings.database_url) as connection:
        found = store.rejections(connection, wanted, limit=limit + 1)
    return RejectedList(tuple(found[:limit]), len(found) > limit)


@post(
    "/v1/rejected/{action:str}",
    guards=_ADMIN,
    sync_to_thread=True,
    responses=answers(),
    tags=["rejected"],
    status_code=200,
)
def close(state: State, action: Literal["retry", "discard"], data: Chosen) -> Result | Discarded:
    """Read rejected documents again and hand refused messages in again, or close them without filing."""
    settings = state.settings
    with db.connected(settings.database_url) as connection:
        found = store.rejections(connection, Filter(document_ids=data.document_ids), limit=_MOST_ITEMS)
        if action == "discard":
            return Discarded(store.discard_rejections(connection, {one.document_id for one in found}))
        return Result(tuple(rejections.retry(connection, settings, found, channel="http")))


HANDLERS = [rejected, close]
