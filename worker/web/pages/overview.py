"""The first page: what arrives, how much and how fast, and what needs a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Template

from wiredesk.worker import db
from wiredesk.worker.logs import in_words
from wiredesk.worker.store import overview as store
from wiredesk.worker.upkeep.overview import KINDS, Filed, needs_a_person, overview
from wiredesk.worker.web.pages.pictures import Picture, stacked
from wiredesk.worker.web.pages.rendering import page

_ARRIVALS = 30


@dataclass(frozen=True, slots=True)
class Chart:
    """Counts of outcomes in a time, as columns, and in words for those who don't see them."""

    filed: Filed
    picture: Picture
    label: str


@get("/", sync_to_thread=True, include_in_schema=False)
def now(request: Request[Any, Any, Any], state: State) -> Template:
    """The page Now."""
    with db.for_web(state.settings.database_url) as connection:
        whole = overview(connection)
        arrivals = store.arrivals(connection, limit=_ARRIVALS)
    return page(
        request,
        "now",
        whole=whole,
        hour=_chart(whole.hour, "hour"),
        day=_chart(whole.day, "day"),
        latency=None if whole.latency is None else [in_words(seconds) for seconds in whole.latency],
        arrivals=arrivals,
        findings=needs_a_person(state.settings),
    )


def _chart(filed: Filed, name: str) -> Chart:
    return Chart(filed, stacked(filed.columns, KINDS), f"items filed in the last {name}: {filed.in_words()}")
