"""The first page: what arrives, how much and how fast, and what needs a person."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Template

from wiredesk.worker import db
from wiredesk.worker.logs import in_words
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import health, overview
from wiredesk.worker.store.health import Progress
from wiredesk.worker.store.records import FiledCount
from wiredesk.worker.upkeep import diagnosis
from wiredesk.worker.upkeep.diagnosis import Finding
from wiredesk.worker.web.pages.pictures import Picture, stacked
from wiredesk.worker.web.pages.rendering import page

_ARRIVALS = 30
_EXAMINED_SECONDS = 15.0
KINDS = ("created", "revised", "repeated", "rejected")


@dataclass(frozen=True, slots=True)
class Span:
    """Counts of outcomes in the last hour or day."""

    created: int
    revised: int
    repeated: int
    rejected: int
    picture: Picture
    label: str

    @property
    def total(self) -> int:
        return self.created + self.revised + self.repeated + self.rejected


def span(counts: Sequence[FiledCount], since: datetime, buckets: int, bucket_seconds: float, name: str) -> Span:
    """`counts` as `buckets` columns; those without a row are empty."""
    columns: list[dict[str, int]] = [{} for _ in range(buckets)]
    sums = dict.fromkeys(KINDS, 0)
    for count in counts:
        number = min(buckets - 1, int((count.starts_at - since).total_seconds() // bucket_seconds))
        for kind in KINDS:
            items = getattr(count, kind)
            columns[number][kind] = columns[number].get(kind, 0) + items
            sums[kind] += items
    label = f"items filed in the last {name}: " + ", ".join(f"{number:,} {kind}" for kind, number in sums.items())
    return Span(**sums, picture=stacked(columns, KINDS), label=label)


@get("/", sync_to_thread=True, include_in_schema=False)
def now(request: Request[Any, Any, Any], state: State) -> Template:
    """The page Now."""
    moment = datetime.now(UTC)
    an_hour_ago, a_day_ago = moment - timedelta(hours=1), moment - timedelta(days=1)
    with db.for_web(state.settings.database_url) as connection:
        hour = span(overview.filed(connection, since=an_hour_ago, bucket_seconds=60), an_hour_ago, 60, 60, "hour")
        day = span(overview.filed(connection, since=a_day_ago, bucket_seconds=3600), a_day_ago, 24, 3600, "day")
        latency = overview.latency(connection, since=an_hour_ago)
        sizes = overview.sizes(connection)
        arrivals = overview.arrivals(connection, limit=_ARRIVALS)
        progress = health.progress(connection)
    return page(
        request,
        "now",
        read_at=moment,
        sizes=sizes,
        hour=hour,
        day=day,
        latency=None if latency is None else [in_words(seconds) for seconds in latency],
        arrivals=arrivals,
        findings=[finding for finding in _findings(state.settings) if finding.state != "ok"],
        progress=progress,
        stages=list(_stages(progress)),
    )


def _stages(progress: Progress) -> Iterator[tuple[str, str, str]]:
    """Each stage with its last sign of life and what waits for it."""

    def ago(seconds: float | None) -> str:
        return "never" if seconds is None else f"{in_words(seconds)} ago"

    def waits(seconds: float | None) -> str:
        return "nothing waits" if seconds is None else f"the oldest for {in_words(seconds)}"

    yield "dispatch", f"tick {ago(progress.dispatch_seconds)}", ""
    yield "fetch", "", waits(progress.oldest_fetch_seconds)
    yield "ingest", f"filed {ago(progress.last_done_seconds)}", waits(progress.oldest_ingest_seconds)


_examined: tuple[float, list[Finding]] = (float("-inf"), [])


def _findings(settings: Settings) -> list[Finding]:
    """The findings of `wiredesk doctor`, at most `_EXAMINED_SECONDS` old: each open page asks for them every 3 s."""
    global _examined
    at, found = _examined
    if time.monotonic() - at > _EXAMINED_SECONDS:
        found = list(diagnosis.examine(settings))
        _examined = (time.monotonic(), found)
    return found
