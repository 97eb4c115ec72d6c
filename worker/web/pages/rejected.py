"""The pages of rejected items: by reason, and one document with what arrived."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.datastructures import State
from litestar.response import Template

from wiredesk.worker import db
from wiredesk.worker.errors import UsageError
from wiredesk.worker.safe_text import printable_block
from wiredesk.worker.store import overview, rejections
from wiredesk.worker.store.records import Rejection
from wiredesk.worker.store.rejections import Filter
from wiredesk.worker.upkeep import rejections as upkeep
from wiredesk.worker.upkeep.rejections import Retried
from wiredesk.worker.web.access import AnyRequest
from wiredesk.worker.web.api.answers import Id
from wiredesk.worker.web.pages.rendering import address, page
from wiredesk.worker.web.pages.session import form_of
from wiredesk.worker.web.problems import not_found

_ON_A_PAGE = 50
_COUNTED = 10_000
_MOST_ITEMS = 100
_SHOWN_CHARACTERS = 20_000


@get("/rejected", sync_to_thread=True, include_in_schema=False)
def rejected(
    request: Request[Any, Any, Any], state: State, reason: str = "", until: datetime | None = None
) -> Template:
    """The page of the open rejections, the latest first."""
    with db.for_web(state.settings.database_url) as connection:
        codes = overview.reasons(connection, limit=_COUNTED)
        items = rejections.rejections(connection, Filter(reason=reason, until=until), limit=_ON_A_PAGE + 1)
    older = items[_ON_A_PAGE].decided_at if len(items) > _ON_A_PAGE else None
    return page(
        request,
        "rejected",
        chips=[
            ("/rejected", "all", not reason),
            *((address("/rejected", {"reason": c.code}), f"{c.code} {c.items:,}", c.code == reason) for c in codes),
        ],
        items=[(item, _state(item)) for item in items[:_ON_A_PAGE]],
        next_page=address("/rejected", {"reason": reason, "until": older.isoformat()}) if older else "",
    )


@get("/rejected/{document_id:int}", sync_to_thread=True, include_in_schema=False)
def rejected_document(request: Request[Any, Any, Any], state: State, document_id: Id) -> Template:
    """The page of a rejected document, with the start of its content."""
    with db.for_web(state.settings.database_url) as connection:
        wanted = Filter(document_ids=[document_id], with_closed=True)
        items = rejections.rejections(connection, wanted, limit=_MOST_ITEMS)
        if not items:
            raise not_found(f"document {document_id} has no rejected item")
        content = rejections.rejected_content(connection, document_id)
    assert content is not None
    text = None
    if content.content is not None:
        start = content.content[: 4 * _SHOWN_CHARACTERS].decode("utf-8", "replace")[:_SHOWN_CHARACTERS]
        text = printable_block(start)
    return page(
        request,
        "rejected_document",
        document_id=document_id,
        items=[(item, _state(item)) for item in items],
        is_open=any(_state(item) == "rejected" for item in items),
        known=sorted((name, str(value)) for name, value in content.known.items() if value not in (None, [], "")),
        content=text,
        is_cut=content.content is not None and len(content.content) > len((text or "").encode()),
        media_type=content.media_type,
        body_bytes=content.body_bytes,
    )


@post("/rejected", status_code=200, include_in_schema=False)
async def close(request: AnyRequest) -> Template:
    """Try the chosen documents again, or discard their rejections; show the results."""
    form = await form_of(request)
    chosen = [int(text) for text in form.getall("document", []) if str(text).isdecimal()][:_ON_A_PAGE]
    action = str(form.get("action", ""))
    if action not in ("retry", "discard") or not chosen:
        raise UsageError("choose documents, and either to hand them in again or to discard them")
    settings = request.app.state.settings

    def act() -> tuple[int, list[Retried]]:
        with db.connected(settings.database_url) as connection:
            found = rejections.rejections(connection, Filter(document_ids=chosen), limit=_COUNTED)
            if action == "discard":
                return rejections.discard_rejections(connection, {one.document_id for one in found}), []
            return 0, list(upkeep.retry(connection, settings, found, channel="http"))

    discarded, results = await asyncio.to_thread(act)
    return page(request, "rejected_closed", discarded=discarded, results=results, action=action)


def _state(item: Rejection) -> str:
    if item.discarded_at:
        return "discarded"
    return "retried" if item.retried_by else "rejected"
