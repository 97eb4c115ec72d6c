"""What a log line holds, how it looks, and which lines `wiredesk logs` lets through."""

from __future__ import annotations

import ast
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from click.testing import CliRunner
from newsroom import ROOT, entry, rss, run, show_feed

from wiredesk.worker import events, logs
from wiredesk.worker.cli import moments
from wiredesk.worker.cli.logs import logs as logs_command
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.safe_text import mask_secrets
from wiredesk.worker.settings import Settings

Written = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    """The lines written since the start of the test, parsed."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = StringIO()
    monkeypatch.setattr(logs, "_service", "")  # that of a service which an earlier test was
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


def test_bound_fields_do_not_reach_other_threads(written: Written) -> None:
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
    assert drawn == "12:00:00        ingest    created             “Harbour reopens after storm”  article=12 feed=3"


def test_columns_mark_what_was_refused_and_why() -> None:
    drawn = _columns(event="item.outcome", level="warning", outcome="rejected", reason="too_large", submission_id=9)
    assert drawn == "12:00:00  WARN            rejected            too_large  submission=9"


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
    assert [json.loads(text) for text in result.stdout.splitlines()] == [LINES[n] for n in expected]


def test_standard_input_with_the_prefix_of_compose_and_lines_of_other_programs() -> None:
    text = f"worker-ingest-1  | {json.dumps(LINES[1])}\npostgres-1  | LOG:  checkpoint\n{{broken\n"
    everything = CliRunner().invoke(logs_command, ["-"], input=text).output.splitlines()
    assert [line.rstrip().rpartition(" ")[2] for line in everything] == ["key=k", "checkpoint", "{broken"]
    filtered = CliRunner().invoke(logs_command, ["-", "--level", "info", "--format", "json"], input=text).output
    assert [json.loads(line) for line in filtered.splitlines()] == [LINES[1]]


def test_a_wrong_time_is_a_usage_error() -> None:
    result = CliRunner().invoke(logs_command, ["--since", "some day", "-"], input="")
    assert result.exit_code == 2
    assert "'some day': say 90s, 15m, 2h, 7d, 12:50, today, yesterday, " in result.output


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h", "2026-03-11T11:30:00"),
        ("90 s ago", "2026-03-11T13:28:30"),
        ("15 minutes", "2026-03-11T13:15:00"),
        ("3 days ago", "2026-03-08T13:30:00"),
        ("12:50", "2026-03-11T12:50:00"),
        ("14:00", "2026-03-10T14:00:00"),  # today has not come so far
        ("9:05:30", "2026-03-11T09:05:30"),
        ("today", "2026-03-11T00:00:00"),
        ("Yesterday", "2026-03-10T00:00:00"),
        ("yesterday 18:00", "2026-03-10T18:00:00"),
        ("monday", "2026-03-09T00:00:00"),
        ("wednesday", "2026-03-11T00:00:00"),
        ("2026-03-01 08:15", "2026-03-01T08:15:00"),
        ("2026-03-01", "2026-03-01T00:00:00"),
        ("2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00"),
    ],
)
def test_times_in_words(text: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    now = datetime(2026, 3, 11, 13, 30, tzinfo=UTC)  # a Wednesday
    assert moments.read(text, now) == datetime.fromisoformat(expected if "+" in expected else f"{expected}+00:00")


@pytest.mark.parametrize("text", ["", "25:00", "12:60", "soon", "999999d", "yesterday evening"])
def test_a_text_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises((ValueError, OverflowError)):
        moments.read(text, datetime(2026, 3, 11, tzinfo=UTC))


WAY: list[dict[str, Any]] = [
    {"event": "submission.accepted", "submission_id": 7, "key": "k-7", "channel": "stream"},
    {"event": "document.issued", "submission_id": 7, "key": "k-7", "document_id": 31, "needs": "fetch",
     "origin": "submission", "waited_seconds": 0.2, "service": "dispatch"},
    {"event": "document.taken", "submission_id": 8, "key": "other", "document_id": 32, "attempts": 1},
    {"event": "document.taken", "submission_id": 7, "document_id": 31, "attempts": 1, "service": "fetch"},
    {"event": "page.postponed", "document_id": 31, "reason": "no answer", "wait_seconds": 60.0, "level": "warning"},
    {"event": "page.fetched", "document_id": 31, "status": 200, "bytes": 5120, "seconds": 0.25, "waited_seconds": 1.5},
    {"event": "document.read", "document_id": 31, "items": 1, "seconds": 0.012},
    {"event": "item.outcome", "document_id": 31, "submission_id": 7, "outcome": "created", "article_id": 5,
     "revision_no": 1, "headline": "Harbour reopens"},
    {"event": "documents.filed", "document_ids": [30, 31], "seconds": 0.02},
    {"event": "worker.stopped"},
]  # fmt: skip


def _write_way(path: Path) -> None:
    lines = [{"at": f"2026-03-01T10:00:{n:02}.000Z", "level": "info"} | line for n, line in enumerate(WAY)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--submission", "k-7"), [0, 1, 3, 4, 5, 6, 7, 8]),
        (("--key", "k-7", "--level", "warning"), [4]),
        (("--submission", "8"), [2]),
        (("--document", "30"), [8]),
        (("--event", "document"), [1, 2, 3, 6]),
        (("--event", "item.outcome"), [7]),
        (("--service", "fetch"), [3]),
        (("--text", "HARBOUR"), [7]),
        (("--since", "2026-03-01T10:00:07+00:00", "--until", "2026-03-01T10:00:08+00:00"), [7, 8]),
    ],
)
def test_a_submission_is_followed_through_lines_that_know_only_its_document(
    options: tuple[str, ...], expected: list[int], tmp_path: Path
) -> None:
    _write_way(tmp_path / "lines")
    result = CliRunner().invoke(logs_command, [*options, "--format", "json", str(tmp_path / "lines")])
    assert [int(json.loads(text)["at"][17:19]) for text in result.stdout.splitlines()] == expected


def test_one_submission_is_drawn_to_its_end(tmp_path: Path) -> None:
    _write_way(tmp_path / "lines")
    result = CliRunner().invoke(logs_command, ["--submission", "k-7", "--follow", str(tmp_path / "lines")])
    assert result.exit_code == 0
    head, *drawn = result.output.splitlines()
    assert head.startswith("submission 7 key k-7 by stream, 2026-03-01 ")
    assert drawn == [
        "├ +1.0s     dispatch  issued to be fetched: document 31",
        "├ +3.0s     fetch     taken by a worker: document 31, attempt 1",
        "├ +4.0s               tried again in 1m0s: no answer",
        "├ +5.0s               fetched: 200, 5,120 bytes in 250ms, after 1.5s for the host's budget",
        "├ +6.0s               read: 1 item in 12ms",
        "├ +7.0s               created: article 5 revision 1  Harbour reopens",
        "└ +8.0s               filed in 20ms",
    ]


def test_every_version_under_a_key_is_drawn(tmp_path: Path) -> None:
    again = {"submission_id": 9, "document_id": 33, "document_ids": [33]}
    own = [line for line in WAY if line.get("key") != "other"]
    lines = WAY + [line | {name: new for name, new in again.items() if name in line} for line in own]
    text = "".join(json.dumps({"at": f"2026-03-01T10:00:{n:02}.000Z"} | line) + "\n" for n, line in enumerate(lines))
    (tmp_path / "lines").write_text(text)
    result = CliRunner().invoke(logs_command, ["--submission", "k-7", "--follow", str(tmp_path / "lines")])
    heads = [line.partition(" by ")[0] for line in result.output.splitlines() if line.startswith("submission")]
    assert heads == ["submission 7 key k-7", "submission 9 key k-7"]
    assert [line[:1] for line in result.output.splitlines()].count("└") == 2


def test_nothing_found_is_said(tmp_path: Path) -> None:
    _write_way(tmp_path / "lines")
    result = CliRunner().invoke(logs_command, ["--article", "77", str(tmp_path / "lines")])
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("wiredesk: no line matches: 10 lines were looked at, written from 2026-03-01 ")


def test_without_a_log_it_says_where_the_lines_are(tmp_path: Path) -> None:
    ran = run("logs", environment={}, cwd=tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "wiredesk: no log at .wiredesk/logs/wiredesk.jsonl: `wiredesk up` writes it in the folder where it runs; "
        "services in containers write to Docker: docker compose logs --no-log-prefix | wiredesk logs -\n"
    )


def test_a_feed_by_address_and_an_unknown_one(connection: Connection, settings: Settings, tmp_path: Path) -> None:
    feed_id = show_feed(connection, "https://e.example/rss", rss(entry(1)))
    lines = [{"at": "2026-03-01T10:00:00Z", "event": "feed.polled", "feed_id": n} for n in (feed_id, feed_id + 1)]
    (tmp_path / "lines").write_text("".join(json.dumps(line) + "\n" for line in lines))
    environment = {"WIREDESK_DATABASE_URL": settings.database_url}
    for name in ("https://e.example/rss", str(feed_id)):
        found = run("logs", "--feed", name, "--format", "json", "lines", environment=environment, cwd=tmp_path)
        assert [json.loads(line)["feed_id"] for line in found.lines()] == [feed_id]
    unknown = run("logs", "--feed", "https://e.example/no", "lines", environment=environment, cwd=tmp_path)
    assert (unknown.code, unknown.out) == (1, "")
    assert unknown.err == "wiredesk: no feed has the address https://e.example/no: see `wiredesk feeds list`\n"
    assert run("logs", "--feed", "seven", "lines", environment=environment, cwd=tmp_path).code == 2


# ---- the table of events

CALLS = {"info", "warning", "error", "debug", "exception", "log", "step"}


def _logged() -> Iterator[tuple[str, str, set[str]]]:
    """(where, constant of the event, field names) of every log call in the source that names its fields literally."""
    for path in sorted([*(ROOT / "worker").rglob("*.py"), *(ROOT / "tasks").rglob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS):
                continue
            if not (isinstance(node.func.value, ast.Name) and node.func.value.id in ("log", "_log", "logs")):
                continue
            names = {keyword.arg for keyword in node.keywords if keyword.arg} - {"extra", "exc_info", "level"}
            extra = [keyword.value for keyword in node.keywords if keyword.arg == "extra"]
            for part in (part for value in extra for part in ast.walk(value) if isinstance(part, ast.Dict)):
                names |= {str(key.value) for key in part.keys if isinstance(key, ast.Constant)}
            event = next((a.attr for a in node.args if isinstance(a, ast.Attribute) and a.attr.isupper()
                          and isinstance(a.value, ast.Name) and a.value.id == "events"), "")  # fmt: skip
            passed_on = next((a.id for a in node.args if isinstance(a, ast.Name) and a.id == "event"), "")
            yield f"{path.relative_to(ROOT)}:{node.lineno}", event or passed_on, names


def test_every_line_is_an_event_of_the_table_with_its_fields() -> None:
    calls = [call for call in _logged() if call[1] != "event"]  # that is `logs.step` itself
    assert len(calls) > 25
    for where, constant, fields in calls:
        assert constant, f"{where} logs what is no constant of worker/events.py"
        description = events.DESCRIPTIONS[getattr(events, constant)]
        assert fields - set(description.fields) - {"service"} == set(), where
    used = {constant for _, constant, _ in calls} | {"OUTPUT"}
    assert {name for name in vars(events) if name.isupper() and name[0] != "_"} - {"DESCRIPTIONS", "FIELDS"} == used


# ---- when something is wrong


def test_the_same_warning_is_written_once_a_minute(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for second in range(0, 130, 10):
        now[0] = float(second)
        logging.getLogger("celery.beat").error("Connection error: %s. Trying again in %s s", "away", second)
        logging.getLogger("wiredesk").warning("feed.failed", extra={"feed_id": 1})
    lines = written()
    assert [line.get("repeated") for line in lines if line["event"] == "celery"] == [None, 5, 5]
    assert sum(line["event"] == "feed.failed" for line in lines) == 13  # each is about a feed of its own


def test_an_error_of_a_server_that_is_away_has_no_traceback(written: Written) -> None:
    away = (redis.exceptions.ConnectionError("away"), psycopg.OperationalError("away"), OSError("away"))
    for error in away:
        try:
            raise error
        except type(error):
            logging.getLogger(f"worker.{type(error).__name__}").exception("task.failed")
    assert [("traceback" in line, line["error"].endswith(": away")) for line in written()] == [(False, True)] * 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_no_traceback_of_the_logging_module() -> None:
    program = (
        "import logging; from wiredesk.worker import logs; logs.configure('json', 'info', open('/dev/full', 'w', 1));"
        "[logging.getLogger('worker').warning('dispatch.unsent') for _ in range(5)]; print('goes on', flush=True);"
        "import os; os._exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("goes on\n", "")


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
