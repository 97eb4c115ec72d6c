"""The whole at one moment: what arrives, how much and how fast, and what needs a person."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from wiredesk.worker.db import Connection
from wiredesk.worker.logs import in_words
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import health
from wiredesk.worker.store import overview as store
from wiredesk.worker.store.health import Progress
from wiredesk.worker.store.records import FiledCount, Sizes
from wiredesk.worker.upkeep import diagnosis
from wiredesk.worker.upkeep.diagnosis import Finding

KINDS = ("created", "revised", "repeated", "rejected")
_EXAMINED_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Filed:
    """Items filed in a time. `columns` are its equal parts, the oldest first, each with items by kind."""

    created: int
    revised: int
    repeated: int
    rejected: int
    columns: tuple[dict[str, int], ...]

    @property
    def total(self) -> int:
        return self.created + self.revised + self.repeated + self.rejected

    def in_words(self) -> str:
        return ", ".join(f"{getattr(self, kind):,} {kind}" for kind in KINDS)


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: its last sign of life, and the age of what waits for it, in words."""

    name: str
    seen: str
    waiting: str


@dataclass(frozen=True, slots=True)
class Overview:
    """`latency`: seconds from arrival to outcome in the last hour, half and 99 of 100; None where nothing was filed."""

    read_at: datetime
    sizes: Sizes
    hour: Filed
    day: Filed
    latency: tuple[float, float] | None
    progress: Progress
    stages: tuple[Stage, ...]


def overview(connection: Connection) -> Overview:
    now = datetime.now(UTC)
    progress = health.progress(connection)
    return Overview(
        read_at=now,
        sizes=store.sizes(connection),
        hour=_filed(connection, now - timedelta(hours=1), parts=60, part_seconds=60),
        day=_filed(connection, now - timedelta(days=1), parts=24, part_seconds=3600),
        latency=store.latency(connection, since=now - timedelta(hours=1)),
        progress=progress,
        stages=tuple(_stages(progress)),
    )


def _filed(connection: Connection, since: datetime, *, parts: int, part_seconds: float) -> Filed:
    return filed(store.filed(connection, since=since, bucket_seconds=part_seconds), since, parts, part_seconds)


def filed(counts: Sequence[FiledCount], since: datetime, parts: int, part_seconds: float) -> Filed:
    """`counts` as `parts` columns; those without a row are empty."""
    columns: list[dict[str, int]] = [{} for _ in range(parts)]
    sums = dict.fromkeys(KINDS, 0)
    for count in counts:
        number = min(parts - 1, int((count.starts_at - since).total_seconds() // part_seconds))
        for kind in KINDS:
            items = getattr(count, kind)
            columns[number][kind] = columns[number].get(kind, 0) + items
            sums[kind] += items
    return Filed(**sums, columns=tuple(columns))


def _stages(progress: Progress) -> Iterator[Stage]:
    def ago(seconds: float | None) -> str:
        return "never" if seconds is None else f"{in_words(seconds)} ago"

    def waits(seconds: float | None) -> str:
        return "nothing waits" if seconds is None else f"the oldest for {in_words(seconds)}"

    yield Stage("dispatch", f"tick {ago(progress.dispatch_seconds)}", "")
    yield Stage("fetch", "", waits(progress.oldest_fetch_seconds))
    yield Stage("ingest", f"filed {ago(progress.last_done_seconds)}", waits(progress.oldest_ingest_seconds))


_examined: tuple[float, list[Finding]] = (float("-inf"), [])


def needs_a_person(settings: Settings) -> list[Finding]:
    """The findings of `wiredesk doctor` that are not ok, at most `_EXAMINED_SECONDS` old: callers ask every 2 s."""
    global _examined
    at, found = _examined
    if time.monotonic() - at > _EXAMINED_SECONDS:
        found = [finding for finding in diagnosis.examine(settings) if finding.state != "ok"]
        _examined = (time.monotonic(), found)
    return found
