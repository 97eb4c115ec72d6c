"""The hot folder: files a second that `wiredesk watch` hands in and moves, and what one costs in processor time.

    python -m bench.watch [--files 5000] [--profile FILE]

The files lie in the folder when it starts, pieces of wire copy of 2.5 kB. Every file must be in `done/` and in the
inbox once. No worker runs beside it. `--profile` writes the profile of the command, for `python -m pstats`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg

from bench import machine, servers
from bench.newswire import piece
from wiredesk.worker import db
from wiredesk.worker.machine import embedded
from wiredesk.worker.migrate import migrate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=5_000)
    parser.add_argument("--profile", metavar="FILE")
    options = parser.parse_args()
    print(machine.description())
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wiredesk-watch-")))
        postgres = stack.enter_context(servers.server(embedded.start_postgres))
        with db.alone(postgres.url) as connection:
            list(migrate(connection))
        for number in range(options.files):
            article = piece(number)
            (folder / f"{number:06}.txt").write_text(f"{article.headline}\n\nBy {article.author}\n\n{article.text}\n")
        environment = {
            **os.environ,
            "WIREDESK_DATABASE_URL": postgres.url,
            "WIREDESK_WATCH_SETTLE_SECONDS": "0.1",
            "WIREDESK_LOG_LEVEL": "warning",
        }
        profiled = ["-m", "cProfile", "-o", options.profile] if options.profile else []
        command = [sys.executable, *profiled, "-m", "wiredesk.worker.cli", "watch", str(folder)]
        done = folder / "done"
        with servers.running(command, environment) as pid:
            servers.wait(lambda: _count(done) > 0)
            began, before = time.monotonic(), _count(done)
            cost_before, postgres_before = machine.cpu_seconds([pid]), machine.cpu_seconds([postgres.pid])
            servers.wait(lambda: _count(done) == options.files)
            seconds, count = time.monotonic() - began, options.files - before
            cost = machine.cpu_seconds([pid]) - cost_before
            postgres_cost = machine.cpu_seconds([postgres.pid]) - postgres_before
        with psycopg.connect(postgres.url) as connection:
            rows = connection.execute("SELECT count(*), count(DISTINCT delivery) FROM wiredesk.submission").fetchone()
    print(f"{count:,} files in {seconds:.1f} s: {count / seconds:,.0f} a second")
    print(
        f"processor time of a file: {cost / count * 1e6:.0f} µs here, {postgres_cost / count * 1e6:.0f} µs PostgreSQL"
    )
    if rows != (options.files, options.files):
        sys.exit(f"{options.files:,} files are {rows} submissions")


def _count(folder: Path) -> int:
    try:
        return len(os.listdir(folder))  # noqa: PTH208 (ten thousand paths take a tenth of the time as names)
    except FileNotFoundError:
        return 0


if __name__ == "__main__":
    main()
