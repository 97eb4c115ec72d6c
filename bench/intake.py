"""Handing in over HTTP at a rate: the latency of receipts, and whether each submission is in the inbox exactly once.

    python -m bench.intake [--rate 500] [--seconds 120] [--desk]

Requests begin on a schedule, whether or not earlier ones were answered. One of a hundred is sent twice. At the end
every key must be in the inbox once. `--desk` runs all services beside it, which then file what arrives.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import aiohttp
import psycopg

from bench import servers
from wiredesk.worker.machine import services

TEXT = """RIGA, March 9 (Example Press) - The port of Riga reopened on Monday after a storm, in report {n}.

"We lost {n} cranes and no one was hurt," said Anna Berzina, who runs the port. "Ships will sail tonight."

{more}
"""
MORE = "\n\n".join(
    f"Paragraph {n} says what the harbour master and the captains told the reporters." for n in range(12)
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=500, help="Submissions a second.")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--desk", action="store_true", help="Run all services, not only web.")
    options = parser.parse_args()
    with servers.site(services.SERVICES if options.desk else (services.WEB,)) as (database_url, address):
        number = int(options.rate * options.seconds)
        latencies, answers = asyncio.run(_hand_in(f"{address}/v1/articles", options.rate, number))
        with psycopg.connect(database_url, autocommit=True) as connection:
            rows = Counter(key for (key,) in connection.execute("SELECT key FROM wiredesk.submission"))
    _report(options.rate, number, latencies, answers, rows)


async def _hand_in(url: str, rate: int, number: int) -> tuple[list[float], Counter[str]]:
    """Latencies from the scheduled beginning of each request, and the answers by status."""
    latencies: list[float] = []
    answers: Counter[str] = Counter()
    timeout = aiohttp.ClientTimeout(total=60)
    connector = aiohttp.TCPConnector(limit=400)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:

        async def send(n: int, due: float) -> None:
            message = {"content": TEXT.format(n=n, more=MORE), "source": "Example Press"}
            headers = {"Content-Type": "application/json", "Idempotency-Key": f"bench-{n}"}
            try:
                async with session.post(url, data=json.dumps(message), headers=headers) as answer:
                    said = await answer.json(content_type=None)
                    answers[said.get("status") if answer.status == 202 else str(answer.status)] += 1
            except (aiohttp.ClientError, TimeoutError) as error:
                answers[type(error).__name__] += 1
            latencies.append(time.monotonic() - due)

        begun = time.monotonic()
        tasks: set[asyncio.Task[None]] = set()
        for n in range(number):
            due = begun + n / rate
            if (pause := due - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            for _ in range(2 if n % 100 == 99 else 1):
                task = asyncio.create_task(send(n, due))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
    return latencies, answers


def _report(rate: int, number: int, latencies: list[float], answers: Counter[str], rows: Counter[str | None]) -> None:
    latencies.sort()
    marks = {name: latencies[min(len(latencies) - 1, int(len(latencies) * share))] * 1000 for name, share in _SHARES}
    lost = sum(1 for n in range(number) if rows[f"bench-{n}"] == 0)
    twice = sum(1 for count in rows.values() if count > 1)
    print(f"{number:,} submissions at {rate} a second: {dict(answers)}")
    print(", ".join(f"{name} {value:,.0f} ms" for name, value in marks.items()))
    print(f"lost {lost}, twice {twice}")
    if lost or twice:
        sys.exit(1)


_SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("most", 1.0))


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[1])
    main()
