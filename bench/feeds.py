"""200 feeds of 50 entries through wiredesk and through the tutorial stack, side by side in one run.

    python -m bench.feeds [--feeds 200] [--entries 50] [--rounds 3] [--only NAME] [--peers FOLDER]

Without `--peers` the contenders are wiredesk and the tutorial stack; FOLDER holds the packages of the others, installed
as `bench/contenders.py` says.

Each contender has two worker processes for reading, its own empty database on one durable PostgreSQL (fsync on), and
the same local server. Time runs from the moment the feeds are due until every entry is a row. wiredesk does all of its
work meanwhile: full text, language, datelines, quotations, mentions, identity, revisions, outcomes; its processor time
counts the search index, which follows when nothing waits to be filed. Each feed is polled
three times: into the empty store, after its `lastBuildDate` and nothing else has changed, and when it shows two new
entries. Between the first and the second, wiredesk polls the unchanged feeds, with validators and without.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import psycopg
import redis

from bench import machine, servers
from bench.feed_server import Edition, FeedServer
from wiredesk.worker.machine import embedded, services
from wiredesk.worker.migrate import migrate
from wiredesk.worker.store import feeds as store
from wiredesk.worker.store.records import NewFeed

_TUTORIAL, _READER, _WIREDESK = "tutorial", "reader", "wiredesk"
# The task of each stack in `bench.contenders`.
_TASKS = (_TUTORIAL, "tuned", "fast")
_PASSES: Mapping[str, Edition] = {
    "empty store": "first",
    "polled again, no entry new": "no new entries",
    "polled again, 2 entries new": "new entries",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--entries", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=[*_TASKS, _READER, _WIREDESK], help="run this contender alone")
    parser.add_argument("--peers", metavar="FOLDER", help="where the packages of the other contenders are installed")
    arguments = parser.parse_args()
    print(machine.description())
    results: dict[tuple[str, str], list[Cost]] = {}
    with ExitStack() as stack:
        postgres = stack.enter_context(servers.server(embedded.start_postgres))
        redis_server = stack.enter_context(servers.server(embedded.start_redis))
        server = stack.enter_context(FeedServer(arguments.feeds, arguments.entries))
        size = sum(len(body) for body, _ in server.bodies.values())
        print(f"{arguments.feeds} feeds of {arguments.entries} entries, {size / 1e6:.0f} MB, {arguments.rounds} rounds")
        for number in range(arguments.rounds):
            for name in _contenders(arguments.only, arguments.peers):
                server.show("first")
                with servers.database(postgres.url, f"{name}_{number}") as url:
                    ground = Ground(url, redis_server.url, server, postgres.pid, arguments.peers)
                    for measure, cost in _costs(name, ground).items():
                        results.setdefault((name, measure), []).append(cost)
                        print(f"  round {number + 1}: {name}, {measure}: {cost}", flush=True)
    _print(results, arguments.feeds * arguments.entries)


def _contenders(only: str | None, peers: str | None) -> list[str]:
    if only is not None:
        return [only]
    return [_TUTORIAL, *([*(name for name in _TASKS if name != _TUTORIAL), _READER] if peers else ()), _WIREDESK]


def _costs(name: str, ground: Ground) -> dict[str, Cost]:
    if name == _WIREDESK:
        return _wiredesk(ground)
    return _reader(ground) if name == _READER else _celery_stack(name, ground)


def _print(results: dict[tuple[str, str], list[Cost]], entries: int) -> None:
    medians = {measure: Cost(*map(statistics.median, zip(*costs, strict=True))) for measure, costs in results.items()}
    measures = dict.fromkeys(measure for _, measure in medians)
    for measure in measures:
        head = f"{'seconds':>8} {'entries/s':>10} {'CPU s':>7} {'PostgreSQL':>11} {'of tutorial CPU':>16}"
        print(f"\n{measure:<30} {head}")
        tutorial = medians.get((_TUTORIAL, measure))
        for (name, of), cost in medians.items():
            if of == measure:
                share = f"{cost.all_cpu_seconds / tutorial.all_cpu_seconds:>16.3f}" if tutorial else ""
                print(
                    f"  {name:<28} {cost.seconds:>8.2f} {entries / cost.seconds:>10,.0f} {cost.cpu_seconds:>7.1f} "
                    f"{cost.postgres_cpu_seconds:>11.1f} {share}"
                )


class Cost(NamedTuple):
    """The cost of a measure: wall clock, and processor time of the contender's processes and of PostgreSQL."""

    seconds: float
    cpu_seconds: float
    postgres_cpu_seconds: float

    @property
    def all_cpu_seconds(self) -> float:
        return self.cpu_seconds + self.postgres_cpu_seconds

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s, CPU {self.cpu_seconds:.1f} s, PostgreSQL's CPU {self.postgres_cpu_seconds:.1f} s"


@dataclass(slots=True)
class Ground:
    """The servers of a contender; `pids` are its own processes."""

    database_url: str
    redis_url: str
    server: FeedServer
    postgres_pid: int
    peers: str | None
    pids: list[int] = field(default_factory=list)

    def watch(self) -> Callable[[], Cost]:
        """Start measuring; call the answer for the cost until then."""
        begin = time.monotonic(), machine.cpu_seconds(self.pids), machine.cpu_seconds([self.postgres_pid])

        def cost() -> Cost:
            seconds = time.monotonic() - begin[0]
            used = machine.cpu_seconds(self.pids) - begin[1]
            return Cost(seconds, used, machine.cpu_seconds([self.postgres_pid]) - begin[2])

        return cost


# ---- contenders


def _wiredesk(ground: Ground) -> dict[str, Cost]:
    server = ground.server
    with psycopg.connect(ground.database_url, autocommit=True) as connection:
        list(migrate(connection))
    environment = services.environment(
        os.environ
        | {
            "WIREDESK_DATABASE_URL": ground.database_url,
            "WIREDESK_REDIS_URL": ground.redis_url,
            "WIREDESK_ALLOWED_NETWORKS": "127.0.0.0/8",
            "WIREDESK_WEB_LISTEN": "127.0.0.1:0",
            "WIREDESK_PER_HOST": "64",
            "WIREDESK_HOST_SPACING_SECONDS": "0",
        }
    )
    results = {}
    with ExitStack() as stack:
        for service in services.SERVICES:
            processes = 2 if service is services.INGEST else 0  # 0: as many as it usually has
            command = services.command(service, processes=processes)
            ground.pids.append(stack.enter_context(servers.running(command, environment)))
        connection = stack.enter_context(psycopg.connect(ground.database_url, autocommit=True))
        servers.wait(lambda: _count(connection, "SELECT count(*) FROM wiredesk.heartbeat") > 0)
        time.sleep(3.5)  # workers of every kind are warm, and it is half way to the next tick, as it is on average
        cost = ground.watch()
        store.add(connection, [NewFeed(url=url) for url in server.urls()])
        entries = server.feeds * server.entries
        # Counts the few documents and not the many articles, so that the query adds little to the measure.
        servers.wait(lambda: _count(connection, "SELECT coalesce(sum(created), 0) FROM wiredesk.document") >= entries)
        results["empty store"] = _with_index(connection, cost)
        for measure, validators in (("with validators", True), ("without validators", False)):
            server.validators = validators
            if not validators:
                connection.execute("UPDATE wiredesk.feed SET etag = NULL, last_modified = NULL")
            results[f"unchanged, {measure}"] = _cost_of_poll(connection, ground)
        server.validators = True
        for measure, edition in _PASSES.items():
            if edition == "first":
                continue
            server.show(edition)
            stored = _count(connection, _STORED_BYTES)
            results[measure] = _cost_of_poll(connection, ground)
            stored = _count(connection, _STORED_BYTES) - stored
            print(f"  wiredesk, {measure}: {stored / server.feeds:,.0f} bytes of bodies stored for each feed")
        entries += server.feeds * server.new_entries
        created = _count(connection, "SELECT count(*) FROM wire_v1.articles")
        if created != entries or _count(connection, "SELECT count(*) FROM wire_v1.revisions") != entries:
            sys.exit(f"wiredesk filed {created} articles of {entries}")
    return results


_UNINDEXED = "SELECT count(*) FROM wiredesk.change c, wiredesk.search_progress p WHERE c.cursor > p.cursor"
_STORED_BYTES = "SELECT coalesce(sum(octet_length(content)), 0) FROM wiredesk.body"


def _cost_of_poll(connection: psycopg.Connection, ground: Ground) -> Cost:
    """Poll all feeds; the cost until the last of their documents is filed."""
    time.sleep(1)
    cost = ground.watch()
    [since] = connection.execute("SELECT clock_timestamp()").fetchone() or (None,)
    store.make_due(connection)
    servers.wait(partial(_all_polled, connection, since, ground.server.feeds))
    return _with_index(connection, cost)


def _with_index(connection: psycopg.Connection, cost: Callable[[], Cost]) -> Cost:
    """The seconds until all is filed, and the processor time until the search index has it too."""
    servers.wait(lambda: _has_filed_all(connection))
    seconds = cost().seconds
    servers.wait(lambda: _count(connection, _UNINDEXED) == 0)
    return cost()._replace(seconds=seconds)


def _celery_stack(name: str, ground: Ground) -> dict[str, Cost]:
    os.environ["BENCH_REDIS_URL"], os.environ["BENCH_DATABASE_URL"] = ground.redis_url, ground.database_url
    from bench import contenders

    results = {}
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "bench.contenders", "worker", "-c", "2", "-l", "error"]
    with ExitStack() as stack:
        connection = stack.enter_context(psycopg.connect(ground.database_url, autocommit=True))
        client = stack.enter_context(redis.Redis.from_url(ground.redis_url))
        connection.execute(contenders.TABLE)
        app = contenders.app
        app.conf.broker_url = ground.redis_url
        ground.pids.append(stack.enter_context(servers.running(command, _with_peers(ground))))
        servers.wait(lambda: bool(app.control.inspect(timeout=1).ping()))
        for measure, edition in _PASSES.items():
            ground.server.show(edition)
            client.delete(contenders.DONE)
            cost = ground.watch()
            for url in ground.server.urls():
                app.send_task(f"bench.contenders.{name}", (url,))
            servers.wait(lambda: int(client.get(contenders.DONE) or 0) >= ground.server.feeds)
            results[measure] = cost()
    return results


def _reader(ground: Ground) -> dict[str, Cost]:
    """lemon24/reader with its own SQLite file: two threads fetch, one stores."""
    results = {}
    with tempfile.TemporaryDirectory(prefix="wiredesk-bench-") as folder:
        command = [sys.executable, "-m", "bench.contenders", f"{folder}/reader.sqlite", *ground.server.urls()]
        process = subprocess.Popen(
            command, env=_with_peers(ground), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdin is not None and process.stdout is not None
        ground.pids.append(process.pid)
        try:
            for measure, edition in _PASSES.items():
                ground.server.show(edition)
                time.sleep(1)
                cost = ground.watch()
                process.stdin.write("update\n")
                process.stdin.flush()
                if not process.stdout.readline():
                    sys.exit("reader ended")
                results[measure] = cost()
        finally:
            process.kill()
            process.wait()
    return results


def _with_peers(ground: Ground) -> dict[str, str]:
    return {**os.environ, **({"PYTHONPATH": f".{os.pathsep}{ground.peers}"} if ground.peers else {})}


# ---- the ground


def _all_polled(connection: psycopg.Connection, since: Any, feeds: int) -> bool:
    polled = "SELECT count(*) FROM wiredesk.feed WHERE fetched_at >= %s AND lease_token IS NULL"
    return _count(connection, polled, since) >= feeds


def _has_filed_all(connection: psycopg.Connection) -> bool:
    return _count(connection, "SELECT count(*) FROM wiredesk.document WHERE state = 'waiting'") == 0


def _count(connection: psycopg.Connection, query: str, *parameters: object) -> int:
    row = connection.execute(query, parameters).fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    main()
