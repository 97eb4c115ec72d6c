"""How long it takes from a receipt to an article while wiredesk is idle, one submission at a time.

    python -m bench.latency [--submissions 200] [--channel client|stream|task]

The services run as `wiredesk up` runs them, in processes of their own. Submissions are handed in at random moments, so
that the tick is no help; the time counts until another connection, which looks every 2 ms, can read the outcome.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

import psycopg
import redis
from celery import Celery

from bench import servers
from bench.newswire import piece
from wiredesk.worker import db
from wiredesk.worker.inbox.client import Desk
from wiredesk.worker.machine import embedded, services
from wiredesk.worker.migrate import migrate
from wiredesk.worker.settings import load

TASK = "wiredesk.submit_article.v1"
OUTCOME = "SELECT 1 FROM wire_v1.outcomes WHERE key = %s"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument("--channel", choices=["client", "stream", "task"], default="client")
    options = parser.parse_args()
    with ExitStack() as stack:
        postgres = stack.enter_context(servers.server(embedded.start_postgres))
        broker = stack.enter_context(servers.server(embedded.start_redis))
        with db.alone(postgres.url) as connection:
            list(migrate(connection))
        own = {
            "WIREDESK_DATABASE_URL": postgres.url,
            "WIREDESK_REDIS_URL": broker.url,
            "WIREDESK_LOG_LEVEL": "warning",
            "WIREDESK_WEB_LISTEN": "127.0.0.1:0",
        }
        environment = services.environment(os.environ | own)
        for service in services.SERVICES:
            stack.enter_context(servers.running(services.command(service), environment))
        hand_in = _hand_in(stack, options.channel, own)
        watch = stack.enter_context(psycopg.connect(postgres.url, autocommit=True))
        rng = random.Random(5)
        for n in range(5):  # the services start, and load what they need
            _seconds(watch, hand_in, f"warm-{n}", n)
            time.sleep(0.5)
        found = []
        for n in range(options.submissions):
            time.sleep(rng.uniform(0.2, 1.2))
            found.append(_seconds(watch, hand_in, f"key-{n}", 100 + n))
    found.sort()
    cuts = statistics.quantiles(found, n=100, method="inclusive")
    print(f"{len(found)} submissions by {options.channel}, seconds from the receipt to the outcome:")
    print(f"p50 {cuts[49]:.3f}   p90 {cuts[89]:.3f}   p99 {cuts[98]:.3f}   longest {found[-1]:.3f}")
    return 0


def _hand_in(stack: ExitStack, channel: str, environment: dict[str, str]) -> Callable[[dict[str, str]], object]:
    """A function that submits a message by that channel, and returns when it is accepted, or when Redis has it."""
    if channel == "client":
        client = stack.enter_context(Desk(load(environment)))
        return lambda message: client.submit([message])
    url = environment["WIREDESK_REDIS_URL"]
    if channel == "stream":
        stream = stack.enter_context(redis.Redis.from_url(url))
        return lambda message: stream.xadd("wiredesk:submissions", {"message": json.dumps(message)})
    app = stack.enter_context(Celery(broker=url, set_as_current=False))
    return lambda message: app.send_task(TASK, [message])


def _seconds(
    watch: psycopg.Connection[tuple[int]], hand_in: Callable[[dict[str, str]], object], key: str, number: int
) -> float:
    made = piece(number, words=300)
    hand_in({"content": f"{made.headline}\n\n{made.text}", "source": "Bench", "key": key})
    started = time.monotonic()
    while watch.execute(OUTCOME, [key]).fetchone() is None:
        if time.monotonic() - started > 120:
            sys.exit("no outcome after 120 s")
        time.sleep(0.002)
    return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
