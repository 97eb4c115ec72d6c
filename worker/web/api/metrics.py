"""`/metrics` for Prometheus: the counters of all processes, kept in Redis, and the state of PostgreSQL and Redis."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator
from importlib import metadata

import msgspec
import redis
from litestar import Response, get
from litestar.datastructures import State
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from wiredesk.worker import db, health
from wiredesk.worker.errors import Transient
from wiredesk.worker.machine import services
from wiredesk.worker.metrics import BUCKETS, KEY, METRICS, Cell
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import health as store
from wiredesk.worker.web.access import requires
from wiredesk.worker.web.api.answers import answers

_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_CONSUMERS = 50
_MOST_CHANGES = 100_000


@get(
    "/metrics",
    guards=[requires("read")],
    sync_to_thread=True,
    tags=["machines"],
    media_type="text/plain",
    responses=answers(),
)
def metrics(state: State) -> Response[bytes]:
    """Counters, histograms and gauges for Prometheus. `wiredesk_up` is 0 for a server that can't be reached."""
    registry = CollectorRegistry()
    registry.register(_ServerStates(state.settings))
    return Response(generate_latest(registry), headers={"Content-Type": _MEDIA_TYPE})


class _ServerStates(Collector):
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("wiredesk_build_info", "1; the version is a label.", labels=["version"])
        build.add_metric([metadata.version("wiredesk")], 1)
        yield build
        up = GaugeMetricFamily("wiredesk_up", "1: the server answered.", labels=["server"])
        for name, read in (("postgres", self._database), ("redis", self._redis)):
            found: list[Metric] = []
            with contextlib.suppress(Transient, redis.RedisError):
                found = list(read())
            up.add_metric([name], bool(found))
            yield from found
        yield up

    def _database(self) -> Iterator[Metric]:
        with db.for_web(self._settings.database_url) as connection:
            waiting = store.waiting_documents(connection)
            progress = store.progress(connection)
            feeds = store.feeds_by_state(connection)
            rows = store.table_estimates(connection)
            lags = store.consumer_lags(connection, consumers=_CONSUMERS, most=_MOST_CHANGES)
            lag = store.change_lag(connection)
            overdue = store.feed_health(connection, late_seconds=600, failing_seconds=86_400, silent_seconds=2_592_000)
        yield _gauge(
            "wiredesk_inbox_documents", "Documents that wait.", "needs", {one.needs: one.documents for one in waiting}
        )
        yield _gauge(
            "wiredesk_inbox_oldest_seconds",
            "Age of the oldest document that is due.",
            "needs",
            {"ingest": 0.0, "fetch": 0.0} | {one.needs: one.oldest_seconds for one in waiting},
        )
        yield GaugeMetricFamily(
            "wiredesk_dispatch_age_seconds",
            "Time since the dispatcher looked for work; NaN: it never did.",
            float("nan") if progress.dispatch_seconds is None else progress.dispatch_seconds,
        )
        yield _gauge("wiredesk_feeds", "Feeds by state.", "state", feeds)
        yield _gauge(
            "wiredesk_feeds_in_trouble",
            "Feeds that are overdue by 10 minutes, fail for a day, or are silent for 30 days.",
            "trouble",
            {"overdue": overdue.overdue, "failing": overdue.failing, "silent": overdue.silent},
        )
        yield _gauge("wiredesk_table_rows", "Rows of the large tables, as PostgreSQL estimates them.", "table", rows)
        yield _gauge(
            "wiredesk_consumer_lag_changes",
            "Changes that a consumer has not read, up to 100,000.",
            "consumer",
            {one.name: one.changes for one in lags},
        )
        yield GaugeMetricFamily(
            "wiredesk_change_feed_held_seconds",
            "Age of the oldest transaction that holds the change feed back.",
            lag.seconds if lag else 0.0,
        )

    def _redis(self) -> Iterator[Metric]:
        queues = ["celery", *(queue for service in services.SERVICES for queue in service.queues)]
        with redis.Redis.from_url(self._settings.redis_url, socket_timeout=5, socket_connect_timeout=5) as client:
            lengths = {queue: health.waiting_messages(client, queue) for queue in queues}
            stream = int(client.xlen(self._settings.stream_name))
            used = int(client.info("memory")["used_memory"])
            stored: dict[bytes, bytes] = client.hgetall(KEY)
        yield _gauge("wiredesk_queue_messages", "Messages that wait in a queue of Celery.", "queue", lengths)
        yield GaugeMetricFamily("wiredesk_stream_submissions", "Submissions in the Redis stream.", stream)
        yield GaugeMetricFamily("wiredesk_redis_used_bytes", "Memory that Redis uses.", used)
        yield from _counted(stored)


def _gauge(name: str, meaning: str, label: str, values: dict[str, float] | dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for value, number in sorted(values.items()):
        family.add_metric([value], number)
    return family


def _counted(stored: dict[bytes, bytes]) -> Iterator[Metric]:
    """The metrics of `worker.metrics`, from the hash; each is there also where nothing was counted yet."""
    numbers: dict[str, dict[tuple[str, ...], dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for field, number in stored.items():
        with contextlib.suppress(msgspec.MsgspecError, ValueError):  # a field of another version of this program
            cell = msgspec.json.decode(field, type=Cell)
            numbers[cell.name][cell.labels][cell.part] = float(number)
    seen: set[str] = set()
    for metric in METRICS:
        if metric.name in seen:
            continue
        seen.add(metric.name)
        labels = [name for name, _ in metric.labels]
        family = (HistogramMetricFamily if metric.seconds else CounterMetricFamily)(
            metric.name, metric.meaning, labels=labels
        )
        for values, parts in sorted(numbers[metric.name].items()):
            if len(values) != len(labels):
                continue
            if isinstance(family, CounterMetricFamily):
                family.add_metric(values, parts.get("", 0.0))
                continue
            total, buckets = 0.0, []
            for bound in (*map(repr, BUCKETS), "+Inf"):
                total += parts.get(bound, 0.0)
                buckets.append((bound, total))
            family.add_metric(values, buckets, parts.get("sum", 0.0))
        yield family


HANDLERS = [metrics]
