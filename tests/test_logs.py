"""What a log line holds, how it looks, and which lines `wiredesk logs` lets through."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from wiredesk.worker import logs
from wiredesk.worker.cli.logs import logs as logs_command
from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.safe_text import mask_secrets

Written = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def written() -> Iterator[Written]:
    """The lines written since the start of the test, parsed."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = StringIO()
    logs.configure("json", "info", stream)
    yield lambda: [json.loads(text) for text in stream.getvalue().splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)


def test_an_outcome_is_one_line_with_its_ids_and_what_is_bound(written: Written) -> None:
    with logs.bound(task_id="t-1", task="wiredesk.ingest_documents", queue="ingest", document_id=7):
        logs.outcome("created", headline="Harbour reopens", article_id=12, feed_id=None)
    logs.outcome("rejected", reason="too_large", submission_id=3)
    created, rejected = written()
    created.pop("at")
    assert created == {
        "level": "info",
        "event": "item.outcome",
        "task_id": "t-1",
        "task": "wiredesk.ingest_documents",
        "queue": "ingest",
        "document_id": 7,
        "outcome": "created",
        "headline": "Harbour reopens",
        "article_id": 12,
    }
    rejected.pop("at")
    assert rejected == {
        "level": "warning",
        "event": "item.outcome",
        "outcome": "rejected",
        "reason": "too_large",
        "submission_id": 3,
    }


def test_what_is_bound_in_one_thread_is_not_in_another(written: Written) -> None:
    with logs.bound(document_id=1):
        other = threading.Thread(target=logs.outcome, args=("repeated",))
        other.start()
        other.join()
        logs.outcome("created")
    assert [line.get("document_id") for line in written()] == [None, 1]


def test_times_are_utc_with_milliseconds(written: Written) -> None:
    before = time.time()
    logs.outcome("created")
    at = written()[0]["at"]
    assert len(at) == len("2026-11-23T15:25:15.508Z")
    assert at.endswith("Z")
    assert time.strftime("%Y-%m-%dT%H:%M", time.gmtime(before)) in (at[:16], time.strftime("%Y-%m-%dT%H:%M"))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Connected to redis://:s3cret@127.0.0.1:6379/0", "Connected to redis://:***@127.0.0.1:6379/0"),
        ("postgresql://desk:s3cret@db/wiredesk", "postgresql://desk:***@db/wiredesk"),
        ("https://example.org/feed?token=abc&page=2", "https://example.org/feed?token=***&page=2"),
        ("https://example.org:8443/a@b", "https://example.org:8443/a@b"),
        ("token=abc is no URL", "token=abc is no URL"),
    ],
)
def test_secrets_in_urls_are_masked_wherever_they_stand(text: str, masked: str, written: Written) -> None:
    logging.getLogger("celery.worker").info("%s", text)
    logging.getLogger("worker.x").info("thing.seen", extra={"url": text})
    assert written()[0]["message"] == masked
    assert written()[1]["url"] == masked


def test_masking_a_hostile_megabyte_takes_no_time() -> None:
    started = time.perf_counter()
    mask_secrets("://a" * 250_000)
    mask_secrets("://" + "a:" * 500_000)
    mask_secrets("://?token=" * 100_000)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("error", [Transient("the network is away"), Rejected("empty", "no text")])
def test_a_foreseen_error_has_no_traceback(error: Exception, written: Written) -> None:
    try:
        raise error
    except type(error):
        logging.getLogger("worker.x").exception("task.failed")
    (line,) = written()
    assert line["error"] == f"{type(error).__name__}: {error}"
    assert "traceback" not in line


def test_an_unforeseen_error_has_one(written: Written) -> None:
    try:
        raise KeyError("missing")
    except KeyError:
        logging.getLogger("worker.x").exception("task.failed")
    (line,) = written()
    assert line["error"] == "KeyError: 'missing'"
    assert line["traceback"].endswith("KeyError: 'missing'\n")
    assert "\n    KeyError: 'missing'" in logs.columns(line)


def test_messages_of_libraries_keep_their_text_and_tasks_received_are_not_told(written: Written) -> None:
    logging.getLogger("celery.worker.consumer.connection").info("Connected to %s", "redis")
    logging.getLogger("celery.worker.strategy").info("Task x received")
    logging.getLogger("celery.beat").info("Scheduler: Sending due task x")
    assert [(line["event"], line["message"]) for line in written()] == [("celery", "Connected to redis")]


def _columns(**fields: Any) -> str:
    today = time.strftime("%Y-%m-%dT12:00:00.000", time.localtime())
    return logs.columns({"at": today, "level": "info"} | fields)


def test_columns_put_first_what_a_person_looks_for() -> None:
    drawn = _columns(
        event="item.outcome",
        service="ingest",
        task_id="5f1c",
        task="wiredesk.ingest_documents",
        queue="ingest",
        outcome="created",
        headline="Harbour   reopens\nafter storm",
        article_id=12,
        feed_id=3,
    )
    assert drawn == "12:00:00        ingest    created         “Harbour reopens after storm”  article=12 feed=3"


def test_columns_mark_what_was_refused_and_why() -> None:
    drawn = _columns(event="item.outcome", level="warning", outcome="rejected", reason="too_large", submission_id=9)
    assert drawn == "12:00:00  WARN            rejected        too_large  submission=9"


def test_no_escape_sequence_reaches_the_terminal() -> None:
    drawn = _columns(
        event="item.outcome", outcome="created", headline="\x1b[2J\x07wiped", url="a\x9bb", message="\x1b]0;x"
    )
    assert drawn.isprintable()


def test_a_long_headline_and_many_ids_are_cut() -> None:
    drawn = _columns(event="x", headline="a" * 100, document_ids=list(range(40)))
    assert f"“{'a' * 59}…”" in drawn
    assert drawn.endswith("document_ids=0,1,2,… (40)")


LINES = [
    {"at": "2026-03-01T10:00:00.000Z", "level": "info", "event": "item.outcome", "outcome": "created", "feed_id": 3},
    {"at": "2026-03-01T11:00:00.000Z", "level": "warning", "event": "item.outcome", "outcome": "rejected", "key": "k"},
    {"at": "2026-03-01T12:00:00.000Z", "level": "info", "event": "feed.polled", "feed_ids": [3, 4], "article_id": 12},
    {"at": "2026-03-01T13:00:00.000Z", "level": "error", "event": "task.failed", "submission_id": 33},
]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), [0, 1, 2, 3]),
        (("--feed", "3"), [0, 2]),
        (("--feed", "33"), []),
        (("--article", "12"), [2]),
        (("--submission", "k"), [1]),
        (("--submission", "33"), [3]),
        (("--outcome", "rejected"), [1]),
        (("--level", "warning"), [1, 3]),
        (("--since", "2026-03-01T11:30:00+00:00"), [2, 3]),
        (("--since", "1m"), []),
        (("--feed", "3", "--outcome", "created"), [0]),
    ],
)
def test_lines_are_filtered_by_what_they_concern(options: tuple[str, ...], expected: list[int], tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    result = CliRunner().invoke(logs_command, [*options, "--format", "json", str(path)])
    assert result.exit_code == 0
    assert [json.loads(text) for text in result.output.splitlines()] == [LINES[n] for n in expected]


def test_standard_input_with_the_prefix_of_compose_and_lines_of_other_programs() -> None:
    text = f"worker-ingest-1  | {json.dumps(LINES[1])}\npostgres-1  | LOG:  checkpoint\n{{broken\n"
    everything = CliRunner().invoke(logs_command, ["-"], input=text).output.splitlines()
    assert [line.rstrip().rpartition(" ")[2] for line in everything] == ["key=k", "checkpoint", "{broken"]
    filtered = CliRunner().invoke(logs_command, ["-", "--level", "info", "--format", "json"], input=text).output
    assert [json.loads(line) for line in filtered.splitlines()] == [LINES[1]]


def test_a_wrong_time_is_a_usage_error() -> None:
    result = CliRunner().invoke(logs_command, ["--since", "yesterday", "-"], input="")
    assert result.exit_code == 2
    assert "'yesterday': say 90s, 15m, 2h, 7d, or 2026-03-01T12:00" in result.output


def test_following_goes_on_over_a_rotation_and_half_written_lines(tmp_path: Path) -> None:
    path = tmp_path / "wiredesk.jsonl"
    texts = [json.dumps(line) for line in LINES]
    path.write_text(texts[0] + "\n")
    command = [
        sys.executable,
        "-c",
        "from wiredesk.worker.cli.logs import logs; logs()",
        "--follow",
        "--format",
        "json",
        str(path),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as follower:
        assert follower.stdout is not None
        try:
            assert follower.stdout.readline() == texts[0] + "\n"
            with path.open("a") as file:
                file.write(texts[1][:20])
                file.flush()
                time.sleep(0.5)
                file.write(texts[1][20:] + "\n")
            assert follower.stdout.readline() == texts[1] + "\n"
            path.rename(tmp_path / "wiredesk.jsonl.1")
            path.write_text(texts[2] + "\n")
            assert follower.stdout.readline() == texts[2] + "\n"
        finally:
            follower.kill()
