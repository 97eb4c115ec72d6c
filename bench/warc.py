"""A WARC of pages through `wiredesk submit` and the ingest workers: pages a second, and the memory of the processes.

    python -m bench.warc [--pages 1000 10000] [--workers 2]

For each number of pages the file is made, handed in and filed, in a database of its own, by beat, dispatcher and
ingest workers. Peak memory is the largest resident set that the kernel noted of a process (VmHWM). Every page must be
an article once. Reading and marking up such pages in this process tells what they cost without an archive.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from bench import machine, servers
from bench.newswire import page
from wiredesk.worker import db
from wiredesk.worker.machine import embedded, services
from wiredesk.worker.migrate import migrate
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.read import Document, mark_up, read_document

_SITE = "https://news.example"
_SEEN = datetime(2026, 11, 1, tzinfo=UTC)
_READ_ALONE = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--workers", type=int, default=2, help="Processes of the ingest worker.")
    options = parser.parse_args()
    print(machine.description())
    print(f"reading and marking up alone: {_reading_ms():.1f} ms of processor time a page")
    for pages in options.pages:
        _measure(pages, options.workers)


def _reading_ms() -> float:
    documents = [Document(page(n, _SITE), _SEEN, media_type="text/html", url=_url(n)) for n in range(_READ_ALONE)]
    taken = []
    for _ in range(2):  # the first loads what reading needs
        began = time.process_time()
        for document in documents:
            for draft in read_document(document):
                if isinstance(draft, Draft):
                    mark_up(draft, received_at=_SEEN)
        taken.append(time.process_time() - began)
    return min(taken) / _READ_ALONE * 1e3


def _measure(pages: int, workers: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wiredesk-warc-")))
        postgres = stack.enter_context(servers.server(embedded.start_postgres))
        redis = stack.enter_context(servers.server(embedded.start_redis))
        with db.alone(postgres.url) as connection:
            list(migrate(connection))
        archive = folder / "pages.warc.gz"
        _write(archive, pages)
        own = {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url, "LOG_LEVEL": "warning", "FULL_TEXT": "never"}
        environment = services.environment(os.environ | {f"WIREDESK_{name}": value for name, value in own.items()})
        pids = {
            service.name: stack.enter_context(servers.running(services.command(service, processes=count), environment))
            for service, count in ((services.BEAT, 0), (services.DISPATCH, 1), (services.INGEST, workers))
        }
        began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        submit = subprocess.Popen(
            [sys.executable, "-m", "wiredesk.worker.cli", "submit", str(archive)],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        submit_peak = 0
        while submit.poll() is None:
            submit_peak = max(submit_peak, _peak(submit.pid))
            time.sleep(0.02)
        submitted = time.monotonic() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        handing_in = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / pages * 1e3
        if submit.returncode:
            sys.exit(f"wiredesk submit ended with {submit.returncode}")
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            waiting = "SELECT count(*) FROM wiredesk.document WHERE state <> 'done'"
            servers.wait(lambda: connection.execute(waiting).fetchone() == (0,))
            filed = time.monotonic() - began
            cost = machine.cpu_seconds([pids["ingest"]]) / pages * 1e3
            row = connection.execute("SELECT count(*), count(DISTINCT headline) FROM wire_v1.articles").fetchone()
        size = archive.stat().st_size
        ingest = max(_peak(pid) for pid in [pids["ingest"], *_children(pids["ingest"])])
    print(f"{pages:,} pages in a WARC of {size / 1e6:,.1f} MB")
    print(
        f"  handed in: {pages / submitted:,.0f} a second, {handing_in:.1f} ms of processor time a page, "
        f"peak of `wiredesk submit` {submit_peak / 1024:,.0f} MB"
    )
    print(
        f"  filed: {pages / filed:,.0f} a second, {cost:.1f} ms of processor time a page, "
        f"peak of an ingest worker {ingest / 1024:,.0f} MB"
    )
    if row != (pages, pages):
        sys.exit(f"{pages:,} pages are {row} articles")


def _write(path: Path, pages: int) -> None:
    """Each record a gzip member of its own, as crawlers write them."""
    with path.open("wb") as file:
        for number in range(pages):
            body = page(number, _SITE)
            answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body
            seen = (_SEEN + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
            head = (
                "WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n"
                f"WARC-Record-ID: <urn:uuid:{number:032x}>\r\nWARC-Date: {seen}\r\n"
                f"WARC-Target-URI: {_url(number)}\r\nContent-Length: {len(answer)}\r\n\r\n"
            )
            file.write(gzip.compress(head.encode() + answer + b"\r\n\r\n", 6))


def _url(number: int) -> str:
    return f"{_SITE}/articles/{number}.html"


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in found.split()]


def _peak(pid: int) -> int:
    """Kilobytes; 0 for a process that has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    main()
