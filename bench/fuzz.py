"""Fuzz each parser of outside bytes: no crash, no hang, no runaway memory.

    python -m bench.fuzz [TARGET …] [--seconds 600] [--list]

Each target runs in a process of its own for that long. Its inputs are guided by coverage where atheris is installed,
as `make fuzz` tries; else hypothesis draws mutations. A failing input is left in .cache/fuzz/TARGET/; it belongs into
tests/corpus with its expectation. One input may take 20 s of processor time, and a process 700 MB: the program with its
models is 250.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from bench import machine

_ROOT = Path(__file__).parents[1]
_CORPUS = _ROOT / "tests" / "corpus"
_FOUND = _ROOT / ".cache" / "fuzz"
_NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
_INPUT_SECONDS, _PROCESS_MEGABYTES, _LONGEST_INPUT = 20, 700, 65_536
# By the clock, for an input that never ends; a busy machine may let others run for minutes.
_HUNG_SECONDS = 600

Target = Callable[[bytes], object]


def targets() -> dict[str, tuple[Target, str]]:
    """By name: what takes the bytes, and which files of tests/corpus are the first inputs."""
    from wiredesk.worker.http.robots import parse_robots
    from wiredesk.worker.news.compare.changes import describe, diff
    from wiredesk.worker.news.compare.fingerprint import fingerprint
    from wiredesk.worker.news.compare.identity import identify
    from wiredesk.worker.news.feeds.discovery import find_feeds, sitemaps_in_robots
    from wiredesk.worker.news.feeds.opml import read_opml
    from wiredesk.worker.news.model import Draft
    from wiredesk.worker.news.read import Document, mark_up, read_document
    from wiredesk.worker.news.submission import read_submission
    from wiredesk.worker.news.values import dates, urls

    def document(media_type: str | None, *, expects_feed: bool = False) -> Target:
        def take(body: bytes) -> None:
            given = Document(body, _NOW, media_type=media_type, url="https://a.example/1", expects_feed=expects_feed)
            for item in read_document(given):
                if isinstance(item, Draft):
                    identify(item, source="example", key=None)
                    marked = mark_up(item, received_at=_NOW)
                    fingerprint(f"{marked.headline}\n\n{marked.body_text}")

        return take

    def compared(body: bytes) -> None:
        text = body.decode("utf-8", "replace")
        old, new = text[: len(text) // 2], text[len(text) // 2 :]
        describe(old[:80], old, new[:80], new)
        diff(old, new)

    def values(body: bytes) -> None:
        text = body.decode("utf-8", "replace")
        dates.read_moment(text, source="entry", received_at=_NOW)
        urls.canonical_url(text, base="https://a.example/1")
        urls.url_key(text)
        dates.date_in_url(text)

    def message(body: bytes) -> None:
        with contextlib.suppress(ValueError):
            read_submission(json.loads(body), max_content_bytes=1_000_000)

    def robots(body: bytes) -> None:
        parse_robots(body, "wiredesk")
        sitemaps_in_robots(body.decode("utf-8", "replace"))

    def site(body: bytes) -> None:
        find_feeds(body.decode("utf-8", "replace"), url="https://a.example/")

    return {
        "feed": (document(None, expects_feed=True), "feeds/*"),
        "page": (document("text/html"), "pages/*.html"),
        "copy": (document("text/plain"), "[wmq]*/*.txt"),
        "sniffed": (document(None), "*/*.[thx]*"),
        "compare": (compared, "wirecopy/*.txt"),
        "values": (values, "feeds/*.json"),
        "message": (message, "../../schema/messages/examples/*"),
        "opml": (read_opml, "feeds/*.xml"),
        "robots": (robots, "wirecopy/*.txt"),
        "discovery": (site, "pages/*.html"),
    }


def _instrumented_targets() -> dict[str, tuple[Target, str]]:
    """`targets()`, with the program's modules reporting their coverage to atheris where it is installed."""
    if importlib.util.find_spec("atheris") is None:
        return targets()
    import atheris

    with atheris.instrument_imports(include=["wiredesk.worker.news", "wiredesk.worker.http"]):
        return targets()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    known = _instrumented_targets() if arguments.in_this_process else targets()
    if unknown := sorted(set(arguments.targets) - set(known)):
        parser.error(f"no target is called {', '.join(unknown)}; there are {', '.join(known)}")
    if arguments.list:
        print("\n".join(known))
        return
    if arguments.in_this_process:
        _fuzz(arguments.targets[0], *known[arguments.targets[0]], arguments.seconds)
        return
    guided = importlib.util.find_spec("atheris") is not None
    print(f"{machine.description()}; {'atheris' if guided else 'hypothesis (atheris is not installed)'}")
    failed = [name for name in arguments.targets or known if not _run(name, arguments.seconds)]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


def _run(name: str, seconds: int) -> bool:
    """Fuzz one target in a process of its own and print a line; whether nothing failed."""
    folder = _FOUND / name
    folder.mkdir(parents=True, exist_ok=True)
    before = set(folder.iterdir())
    command = [sys.executable, "-m", "bench.fuzz", name, "--seconds", str(seconds), "--in-this-process"]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, cwd=_ROOT, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().decode("utf-8", "replace")
    failed = process.returncode != 0
    inputs = re.findall(r"(?:Done |inputs: )(\d+)", said)
    base = re.findall(r"megabytes before the first input: (\d+)", said)
    new = sorted(path.name for path in set(folder.iterdir()) - before if path.is_file())
    tried = f"{int(inputs[-1]):,} inputs" if inputs else "ended early"
    memory = f"{base[0] if base else '?'} MB before the first input, {usage.ru_maxrss // 1024} MB at most"
    print(f"{name:<10} {tried:<18} {memory}  {'FAILED ' + ' '.join(new) if failed else 'ok'}", flush=True)
    if failed:
        print("\n".join(f"    {line}" for line in said.splitlines()[-25:]), flush=True)
    return not failed


def _fuzz(name: str, take: Target, seeds: str, seconds: int) -> None:
    from wiredesk.worker.errors import Rejected

    def tolerant(body: bytes) -> None:
        begin = time.process_time()
        with contextlib.suppress(Rejected):
            take(body)
        if time.process_time() - begin > _INPUT_SECONDS:
            raise TimeoutError(f"one input took more than {_INPUT_SECONDS} s of processor time")

    for body in (b"", b"The port of Riga reopened on Monday, its director said."):
        tolerant(body)  # loads the models
    print(f"megabytes before the first input: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}", flush=True)
    first = [path.read_bytes()[:_LONGEST_INPUT] for path in sorted(_CORPUS.glob(seeds)) if path.is_file()]
    if importlib.util.find_spec("atheris") is not None:
        _guided(name, tolerant, first, seconds)
    else:
        _drawn(name, tolerant, first, seconds)


def _guided(name: str, take: Target, first: Iterable[bytes], seconds: int) -> None:
    import atheris

    folder = _FOUND / name
    seeds, corpus = folder / "seeds", folder / "corpus"
    for path in (seeds, corpus):
        path.mkdir(parents=True, exist_ok=True)
    for number, body in enumerate(first):
        (seeds / str(number)).write_bytes(body)
    options = [
        f"-max_total_time={seconds}",
        f"-timeout={_HUNG_SECONDS}",
        f"-rss_limit_mb={_PROCESS_MEGABYTES}",
        f"-max_len={_LONGEST_INPUT}",
        f"-artifact_prefix={folder}/",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus), str(seeds)], take)
    atheris.Fuzz()


def _drawn(name: str, take: Target, first: list[bytes], seconds: int) -> None:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st

    fragments = sorted({part for body in first for part in re.split(rb"(?<=[>\n,])", body) if 0 < len(part) < 200})
    splice = st.tuples(
        st.floats(0, 1), st.integers(0, 40), st.one_of(st.binary(max_size=8), st.sampled_from(fragments))
    )
    end = time.monotonic() + seconds
    count = 0

    def hung(*_: object) -> None:
        raise TimeoutError(f"one input took more than {_HUNG_SECONDS} s")

    signal.signal(signal.SIGALRM, hung)
    limit = _PROCESS_MEGABYTES * 1024 * 1024 * 4  # of addresses, of which numpy's threads reserve most
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))

    @settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(first), st.lists(splice, max_size=12))
    def mutate(body: bytes, splices: list[tuple[float, int, bytes]]) -> None:
        nonlocal count
        for where, length, put in splices:
            at = int(where * len(body))
            body = body[:at] + put + body[at + length :]
        count += 1
        signal.alarm(_HUNG_SECONDS)
        try:
            take(body)
        except BaseException:
            (_FOUND / name / f"crash-{os.getpid()}").write_bytes(body)
            raise
        finally:
            signal.alarm(0)

    while time.monotonic() < end:
        mutate()
    print(f"inputs: {count}")


if __name__ == "__main__":
    main()
