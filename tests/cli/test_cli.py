"""The command line as a person and a script meet it: exit codes, one line an error, JSON Lines and nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from newsroom import (
    FERRY,
    ROOT,
    Ran,
    counts,
    entry,
    file_waiting,
    hand_in,
    prose,
    rss,
    run,
    show_feed,
    value,
    values,
    wait_until,
)

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings

AWAY = {
    "WIREDESK_DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/none",
    "WIREDESK_REDIS_URL": "redis://127.0.0.1:1/0",
}
NEED_A_DATABASE = [["submit", "-"], ["feeds", "list"], ["feeds", "pause", "1"], ["feeds", "export"], ["status"],
                   ["status", "k"], ["changes"], ["migrate"]]  # fmt: skip


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:
    return {"WIREDESK_DATABASE_URL": database_url}


def jsonl(ran: Ran) -> list[Any]:
    return [json.loads(line) for line in ran.lines()]


def assert_says_one_line(ran: Ran, code: int, start: str) -> None:
    assert (ran.code, ran.out) == (code, ""), ran
    assert len(ran.errors()) == 1, ran.err
    assert ran.err.startswith(start), ran.err
    assert "secret" not in ran.err


# ---- what can't be done is said in one line


@pytest.mark.parametrize("command", NEED_A_DATABASE, ids=" ".join)
def test_without_a_database_it_says_how_to_get_one(command: list[str], tmp_path: Path) -> None:
    ran = run(*command, environment={}, stdin=b"Text.", cwd=tmp_path)
    assert_says_one_line(
        ran,
        1,
        "wiredesk: no database: run `wiredesk up` in this folder (it writes .wiredesk/urls.json), "
        "or set WIREDESK_DATABASE_URL\n",
    )


@pytest.mark.parametrize("command", NEED_A_DATABASE, ids=" ".join)
def test_with_the_database_away_it_says_so(command: list[str]) -> None:
    assert_says_one_line(run(*command, environment=AWAY, stdin=b"Text."), 1, "wiredesk: PostgreSQL can't be reached: ")


@pytest.mark.parametrize("url", ["nonsense", "postgresql://[", "mysql://x/y", "postgresql://h/db?sslmode=perhaps"])
def test_a_database_url_that_is_none_is_one_line(url: str) -> None:
    ran = run("status", environment={"WIREDESK_DATABASE_URL": url})
    assert (ran.code, ran.out, len(ran.errors())) == (1, "", 1), ran.err


def test_a_redis_url_that_is_none_is_one_line(environment: dict[str, str]) -> None:
    ran = run("feeds", "check", "http://127.0.0.1:1/", environment=environment | {"WIREDESK_REDIS_URL": "nonsense"})
    assert (ran.code, ran.out, len(ran.errors())) == (1, "", 1), ran.err


@pytest.mark.parametrize("command", [["submit", "-"], ["feeds", "list"], ["status"], ["changes"]], ids=" ".join)
def test_on_a_database_without_the_schema_it_says_what_to_run(command: list[str], empty_database_url: str) -> None:
    ran = run(*command, environment={"WIREDESK_DATABASE_URL": empty_database_url}, stdin=b"Text.")
    assert (ran.code, ran.out, len(ran.errors())) == (1, "", 1), ran.err
    assert "wiredesk migrate" in ran.err


@pytest.mark.parametrize(
    "command",
    [
        ["submit", "--nonsense"],
        ["nonsense"],
        ["feeds"],
        ["feeds", "add"],
        ["feeds", "nonsense"],
        ["changes", "--after", "x"],
        ["submit", "--format", "xml"],
        ["feeds", "poll"],
        ["submit", "--key", "k", "a", "b"],
        ["changes", "--after", "3", "--consumer", "c"],
        ["feeds", "import", "/nonexistent/file.opml"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_two(command: list[str]) -> None:
    ran = run(*command, environment=AWAY)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert ran.err.splitlines()[0].startswith("Usage: ")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("TICK_SECONDS", "soon", "WIREDESK_TICK_SECONDS='soon': not a number (seconds)"),
        ("TICK_SECONDS", "0", "WIREDESK_TICK_SECONDS=0: from 0.1 to 60 seconds"),
        ("TICK_SECONDS", "nan", "WIREDESK_TICK_SECONDS=nan: from 0.1 to 60 seconds"),
        ("INGEST_BATCH", "1.5", "WIREDESK_INGEST_BATCH='1.5': not a number (documents)"),
        ("LOG_FORMAT", "xml", "WIREDESK_LOG_FORMAT='xml': one of json, columns"),
        ("ALLOWED_NETWORKS", "10.0.0.1/8", "WIREDESK_ALLOWED_NETWORKS='10.0.0.1/8': 10.0.0.1/8 has host bits set"),
        (
            "DATABASE_URL_FILE",
            "/nonexistent",
            "WIREDESK_DATABASE_URL_FILE: can't read /nonexistent: No such file or directory",
        ),
        (
            "FETCH_SECONDS",
            "100",
            "WIREDESK_FETCH_SECONDS must be below WIREDESK_TASK_SECONDS, which kills the task that fetches",
        ),
        (
            "PUBLIC_URL",
            "https://bob:hunter2@desk.example.org/x",
            "WIREDESK_PUBLIC_URL='https://bob:***@desk.example.org/x': an address such as https://desk.example.org",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_fits(name: str, text: str, said: str) -> None:
    ran = run("settings", environment={f"WIREDESK_{name}": text})
    assert (ran.code, ran.out, ran.err) == (1, "", f"wiredesk: {said}\n")


def test_settings_mask_passwords() -> None:
    environment = {
        "WIREDESK_DATABASE_URL": "postgresql://desk:pass%40word@db/x",
        "WIREDESK_REDIS_URL": "redis://:hunter2@r:6379/0",
    }
    for arguments in (["settings"], ["settings", "--format", "json"]):
        ran = run(*arguments, environment=environment)
        assert ran.code == 0
        assert "postgresql://desk:***@db/x" in ran.out and "redis://:***@r:6379/0" in ran.out
        assert "pass%40word" not in ran.out + ran.err and "hunter2" not in ran.out + ran.err
    listed = {line["name"]: line["value"] for line in jsonl(ran)}
    assert listed["tick_seconds"] == "1.0"


def test_settings_read_secrets_from_files(tmp_path: Path, database_url: str) -> None:
    (tmp_path / "url").write_text(database_url + "\n")
    assert run("status", environment={"WIREDESK_DATABASE_URL_FILE": str(tmp_path / "url")}).code == 0


# ---- submit


def test_submit_files_folders_and_standard_input(
    environment: dict[str, str], connection: Connection, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(FERRY)
    (tmp_path / "in" / "b.html").write_text(f"<html><body><article><h1>B</h1><p>{prose(1)}</p></article></body></html>")
    (tmp_path / "in" / "notes.log").write_text("no document")
    ran = run(
        "submit",
        str(tmp_path / "in"),
        "-",
        "--source",
        "Harbour Wire",
        "--format",
        "json",
        environment=environment,
        stdin=b"From standard input.",
    )
    assert (ran.code, ran.err) == (0, "")
    assert [(line["name"], line["status"]) for line in jsonl(ran)] == [
        (str(tmp_path / "in" / "a.txt"), "accepted"),
        (str(tmp_path / "in" / "b.html"), "accepted"),
        ("standard input", "accepted"),
    ]
    assert values(connection, "SELECT media_type FROM wiredesk.document ORDER BY document_id") == [
        "text/plain",
        "text/html",
        None,
    ]
    assert values(connection, "SELECT DISTINCT source FROM wiredesk.submission") == ["harbour-wire"]


def test_submit_an_address(environment: dict[str, str], connection: Connection) -> None:
    ran = run("submit", "https://example.org/a", environment=environment)
    assert (ran.code, ran.err) == (0, "")
    assert values(connection, "SELECT needs, url FROM wiredesk.document") == [("fetch", "https://example.org/a")]


def test_submit_goes_on_after_what_it_can_not_read(
    environment: dict[str, str], connection: Connection, tmp_path: Path
) -> None:
    good = tmp_path / "good.txt"
    good.write_text(FERRY)
    (tmp_path / "empty.txt").write_text("\n")
    with (tmp_path / "huge.txt").open("wb") as huge:
        huge.truncate(50_000_000)
    names = [str(tmp_path / name) for name in ("missing.txt", "empty.txt", "huge.txt")]
    ran = run("submit", *names, "/proc/self/mem", str(good), environment=environment)
    assert ran.code == 1
    assert ran.lines() == [
        f"accepted  submission {value(connection, 'SELECT max(submission_id) FROM wiredesk.submission')}  {good}"
    ]
    said = [line for line in ran.errors() if line.startswith("wiredesk: ")]
    assert said == [
        f"wiredesk: {names[0]}: no such file or directory",
        f"wiredesk: {names[2]}: too_large: 50,000,000 bytes, the limit is 4,194,304 (max_submission_bytes)",
        "wiredesk: /proc/self/mem: input/output error",
        f"wiredesk: {names[1]}: empty: content: nothing but white space",
    ]
    assert "Traceback" not in ran.err


def test_submit_json_lines(environment: dict[str, str], connection: Connection, tmp_path: Path) -> None:
    lines = [
        json.dumps({"content": "One.", "key": "1"}),
        "",
        "not json",
        json.dumps({"content": "Two.", "key": "2", "nonsense": 1}),
        json.dumps({"content": "Three.", "key": "3", "source": "Own"}),
        json.dumps({"content": "One.", "key": "1"}),
        '{"x": ' + "[" * 100_000,
    ]
    path = tmp_path / "copy.jsonl"
    path.write_text("\n".join(lines))
    ran = run("submit", "--jsonl", str(path), "--source", "Given", "--format", "json", environment=environment)
    assert ran.code == 1
    assert [(line["key"], line["status"], line["name"].rpartition(":")[2]) for line in jsonl(ran)] == [
        ("1", "accepted", "1"), (None, "refused", "3"), ("2", "refused", "4"), ("3", "accepted", "5"),
        ("1", "repeated", "6"), (None, "refused", "7"),
    ]  # fmt: skip
    assert [line["reason"].partition(":")[0] for line in jsonl(ran) if line["status"] == "refused"] == [
        "bad_message", "unknown_field", "unknown_field",
    ]  # fmt: skip
    assert ran.errors()[1].endswith(" (key 2)")
    assert [line.split(": ")[1].rpartition(":")[2] for line in ran.errors()] == ["3", "4", "7"]
    assert values(
        connection, "SELECT key, source, times FROM wiredesk.submission WHERE refusal IS NULL ORDER BY key"
    ) == [
        ("1", "given", 2),
        ("3", "own", 1),
    ]


def test_submit_and_wait_ends_with_the_outcomes(
    environment: dict[str, str], connection: Connection, settings: Settings, tmp_path: Path
) -> None:
    import threading

    lines = [json.dumps({"content": prose(n), "key": str(n)}) for n in range(3)]
    (tmp_path / "copy.jsonl").write_text("\n".join([*lines, lines[0], '{"key": "3"}']))
    results: list[Ran] = []
    arguments = ("submit", "--jsonl", "--wait", "--timeout", "30", str(tmp_path / "copy.jsonl"), "--format", "json")
    thread = threading.Thread(target=lambda: results.append(run(*arguments, environment=environment)))
    thread.start()
    filed = 0
    while thread.is_alive() and filed < 3:
        filed += len(file_waiting(settings))
    thread.join(40)
    (ran,) = results
    assert sorted((line["key"], line["outcome"]) for line in jsonl(ran)) == [
        ("0", "created"), ("0", "repeated"), ("1", "created"), ("2", "created"), ("3", "rejected"),
    ]  # fmt: skip
    assert (ran.code, len(ran.errors())) == (1, 1)
    assert "bad_message: content: required, unless url alone is given" in ran.err
    text = run(*arguments[:-2], environment=environment)
    assert text.lines()[-1] == "0 created, 0 revised, 4 repeated, 0 rejected"


def test_submit_a_folder_goes_on_after_a_file_that_can_not_be_read(
    environment: dict[str, str], connection: Connection, tmp_path: Path
) -> None:
    (tmp_path / "b.txt").symlink_to("/proc/self/mem")  # reading it is an error, for root too
    for name in ("a.txt", "c.txt"):
        (tmp_path / name).write_text(f"{name} says this.")
    ran = run("submit", str(tmp_path), environment=environment)
    assert (ran.code, ran.errors()) == (1, [f"wiredesk: {tmp_path}/b.txt: input/output error", "2 accepted"])
    assert value(connection, "SELECT count(*) FROM wiredesk.document") == 2


def test_submit_an_empty_folder_says_what_it_looks_for(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "notes.log").write_text("no document")
    ran = run("submit", str(tmp_path), environment=environment)
    names = ".anpa, .atom, .eml, .htm, .html, .iptc, .json, .jsonld, .newsml, .ninjs, .nitf, .rdf, .rss, .txt, "
    names += ".wacz, .warc, .warc.gz, .xml, .zip"
    assert_says_one_line(ran, 1, f"wiredesk: {tmp_path}: no documents in this folder (names that end in {names})")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--media-type", "application/pdf", "-"), "'application/pdf' is not one of 'text/plain', 'text/html', "),
        (("--key", "k", "DIR"), "--key and --url are for a single document"),
        (("--key", "k", "-", "-"), "--key and --url are for a single document"),
        (("--nonsense",), "No such option '--nonsense'."),
    ],
)
def test_submit_called_wrongly_is_usage(
    environment: dict[str, str], tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    ran = run("submit", *(str(tmp_path) if a == "DIR" else a for a in arguments), environment=environment)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err.replace("\n", " ")


def test_submit_without_arguments_on_a_terminal_does_not_wait_for_it(environment: dict[str, str]) -> None:
    import pty

    mine, theirs = pty.openpty()
    with os.fdopen(mine, "wb"), os.fdopen(theirs, "rb") as terminal:
        ran = run("submit", environment=environment, stdin=terminal)
    assert ran.code == 2
    assert "nothing to hand in: name a FILE, a DIR or a URL, or - for standard input" in ran.err


@pytest.mark.parametrize("wait", [(), ("--wait",)], ids=["at once", "waiting"])
def test_submit_interrupted_prints_the_receipts_it_has(
    environment: dict[str, str], connection: Connection, wait: tuple[str, ...]
) -> None:
    command = [sys.executable, "-c", "from wiredesk.worker.cli import main; main()", "submit", "--jsonl", "-"]
    process = subprocess.Popen(
        [*command, "--format", "json", *wait], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **environment},
        # A parent in the background may ignore the signal, and a child inherits that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdin is not None
    for n in range(200):  # a batch; more would come
        process.stdin.write(json.dumps({"content": f"Text {n}.", "key": f"k{n}"}).encode() + b"\n")
    process.stdin.flush()
    wait_until(lambda: value(connection, "SELECT count(*) FROM wiredesk.submission") == 200, what="the batch")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130
    assert [json.loads(line)["key"] for line in out.splitlines()] == [f"k{n}" for n in range(200)]
    assert err.decode().splitlines() == [
        "wiredesk: interrupted: what has a receipt is in the inbox; the rest can be handed in again"
    ]


def test_submit_and_wait_gives_up_at_the_timeout(environment: dict[str, str]) -> None:
    ran = run("submit", "-", "--wait", "--timeout", "0.3", environment=environment, stdin=b"Text.")
    assert_says_one_line(ran, 1, "wiredesk: 1 submissions are not finished after 0.3 s; they still will be")


@pytest.mark.parametrize("where", ["source", "name"])
def test_names_that_are_not_unicode_are_no_crash(environment: dict[str, str], tmp_path: Path, where: str) -> None:
    path = tmp_path / "\udcff.txt"
    path.write_text(FERRY)
    arguments = [str(path)] if where == "name" else ["-", "--source", "\udcff"]
    for form in ("json", "text"):
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "from wiredesk.worker.cli import main; main()",
                "submit",
                *arguments,
                "--format",
                form,
            ],
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "LANG": "C.UTF-8",
                **environment,
            },
            input=FERRY.encode(),
            capture_output=True,
            timeout=300,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()[-600:]


# ---- parse


def test_parse_needs_nothing_and_rejects_line_by_line() -> None:
    lines = [
        json.dumps({"content": FERRY, "key": "a", "received_at": "2026-03-10"}),
        "not json",
        json.dumps({"content": "B.", "key": "b"}),
        json.dumps(
            {
                "content": "<html><body><p>&#55296; half &#xD83D;</p></body></html>",
                "key": "c",
                "media_type": "text/html",
            }
        ),
        '{"key": "deep", "x": ' + "[" * 100_000,
        json.dumps({"url": "https://example.org/a", "key": "d"}),
    ]
    ran = run("parse", "--jsonl", environment=AWAY, stdin="\n".join(lines).encode())
    assert (ran.code, ran.err) == (0, "")
    records = jsonl(ran)
    assert [(r["key"], r["outcome"], r["reason"]) for r in records] == [
        ("a", "article", None),
        (None, "rejected", "bad_message"),
        ("b", "article", None),
        ("c", "article", None),
        (None, "rejected", "unknown_field"),
        ("d", "rejected", "no_content"),
    ]
    assert records[0]["headline"] == "Island ferry returns after nine weeks"
    assert records[0]["dateline"]["date"] == "2026-03-09"


def test_parse_goes_on_after_a_file_that_it_can_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(FERRY)
    names = [str(tmp_path / "missing.txt"), str(tmp_path), "/proc/self/mem", str(tmp_path / "a.txt")]
    ran = run("parse", *names, "--format", "json", environment={})
    assert (ran.code, ran.errors()) == (1, [
        f"wiredesk: {names[0]}: no such file or directory", f"wiredesk: {names[1]}: is a directory",
        "wiredesk: /proc/self/mem: input/output error",
    ])  # fmt: skip
    assert [record["outcome"] for record in jsonl(ran)] == ["article"]


# ---- feeds


def test_feeds_go_round(environment: dict[str, str], connection: Connection, tmp_path: Path) -> None:
    one, two = "https://harbour.example/one.xml", "https://harbour.example/two.xml"
    added = run(
        "feeds",
        "add",
        "--no-check",
        one,
        two,
        "--source",
        "Harbour Wire",
        environment=environment | {"WIREDESK_REDIS_URL": ""},
    )
    assert (added.code, added.lines(), added.err) == (0, [f"feed 1 added: {one}", f"feed 2 added: {two}"], "")
    again = run("feeds", "add", "--no-check", one, environment=environment)
    assert (again.code, again.lines()) == (0, [f"known already: {one}"])
    assert run("feeds", "pause", "2", environment=environment).lines() == ["feed 2 paused"]
    listed = jsonl(run("feeds", "list", "--format", "json", environment=environment))
    assert [(f["feed_id"], f["url"], f["state"], f["source"]) for f in listed] == [
        (1, one, "active", "Harbour Wire"), (2, two, "paused", "Harbour Wire"),
    ]  # fmt: skip
    assert run("feeds", "resume", two, environment=environment).lines() == ["feed 2 resumed"]
    opml = tmp_path / "feeds.opml"
    assert run("feeds", "export", str(opml), environment=environment).lines() == [f"2 feeds written to {opml}"]
    assert run("feeds", "export", environment=environment).out == opml.read_text()
    assert run("feeds", "remove", "1", "2", environment=environment).lines() == ["feed 1 removed", "feed 2 removed"]
    assert jsonl(run("feeds", "list", "--format", "json", environment=environment)) == []
    assert run("feeds", "import", str(opml), environment=environment).lines() == ["2 feeds added, 0 known already"]
    assert run("feeds", "import", str(opml), environment=environment).lines() == ["0 feeds added, 2 known already"]
    assert values(connection, "SELECT feed_id, url, state FROM wiredesk.feed ORDER BY 1") == [
        (1, one, "active"),
        (2, two, "active"),
    ]


@pytest.mark.parametrize("name", ["7", "https://nowhere.example/", "nonsense", "²", "99999999999999999999999"])
def test_a_feed_that_is_none_is_named(environment: dict[str, str], connection: Connection, name: str) -> None:
    before = counts(connection)
    for command in ("pause", "resume", "remove", "poll"):
        ran = run("feeds", command, name, environment=environment)
        assert_says_one_line(ran, 1, f"wiredesk: no such feed: {name} (`wiredesk feeds list` shows them)\n")
    assert counts(connection) == before


def test_feeds_that_can_not_be_are_refused_one_by_one(environment: dict[str, str], connection: Connection) -> None:
    bad, good = "ftp://example.org/feed", "https://harbour.example/feed.xml"
    ran = run(
        "feeds", "add", "--no-check", bad, "https://harbour.example/" + "é" * 3_000, good, environment=environment
    )
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert ran.errors()[0] == f"wiredesk: {bad}: not an http or https address"
    assert good in values(connection, "SELECT url FROM wiredesk.feed")


def test_export_to_where_nothing_can_be_written(environment: dict[str, str]) -> None:
    ran = run("feeds", "export", "/nonexistent/folder/feeds.opml", environment=environment)
    assert (ran.code, ran.out, len(ran.errors())) == (1, "", 1), ran.err
    assert "no such file or directory" in ran.err.lower()


def test_import_of_something_else(environment: dict[str, str], tmp_path: Path, connection: Connection) -> None:
    for content in (b"", b"not xml", b"<rss/>", b"<opml><body><outline", bytes(range(256)) * 40):
        (tmp_path / "x.opml").write_bytes(content)
        ran = run("feeds", "import", str(tmp_path / "x.opml"), environment=environment)
        assert "Traceback" not in ran.err, content
        assert (ran.code, len(ran.errors())) == (1, 1), (content, ran)
    assert value(connection, "SELECT count(*) FROM wiredesk.feed") == 0


# ---- status and changes


def test_status_by_number_key_and_address(
    environment: dict[str, str], connection: Connection, settings: Settings
) -> None:
    address = "https://harbour.example/ferry"
    good, bad = hand_in(connection, {"content": FERRY, "key": "HW-17", "url": address}, {"key": "bad"})
    waiting = run("status", "HW-17", environment=environment)
    assert "waits to be read, 0 attempts" in waiting.out
    (outcome,) = (o for o in file_waiting(settings) if o.outcome == "created")
    for name in (str(good.submission_id), "HW-17"):
        ran = run("status", name, environment=environment)
        assert (ran.code, ran.err) == (0, "")
        assert f"created   article {outcome.article_id} revision 1" in ran.out
        (line,) = jsonl(run("status", name, "--format", "json", environment=environment))
        assert [(o["outcome"], o["article_id"]) for o in line["outcomes"]] == [("created", outcome.article_id)]
    assert f"article {outcome.article_id}" in run("status", address + "?utm_source=x", environment=environment).out
    for name in (str(bad.submission_id), "bad"):
        refused = run("status", name, environment=environment)
        assert f"submission {bad.submission_id} key bad by client" in refused.out
        assert "rejected  bad_message: content: required, unless url alone is given" in refused.out
    (totals,) = jsonl(run("status", "--format", "json", environment=environment))
    assert (totals["articles"], totals["created"], totals["rejected"], totals["waiting"]) == (1, 1, 1, 0)


@pytest.mark.parametrize("what", ["nothing", "99", "9" * 30, "²", "https://nowhere.example/"])
def test_status_of_what_is_unknown(environment: dict[str, str], what: str) -> None:
    ran = run("status", what, environment=environment)
    assert (ran.code, ran.out, len(ran.errors())) == (1, "", 1), ran.err
    assert ran.err.startswith(("wiredesk: no submission has", "wiredesk: nothing is known of"))


def test_changes_go_on_where_the_consumer_stopped(
    environment: dict[str, str], connection: Connection, settings: Settings
) -> None:
    def read(*arguments: str) -> list[tuple[str, int]]:
        ran = run("changes", "--format", "json", *arguments, environment=environment)
        assert (ran.code, ran.err) == (0, "")
        return [(line["kind"], line["article_id"]) for line in jsonl(ran)]

    show_feed(connection, "https://harbour.example/feed.xml", rss(entry(1), entry(2)))
    first = [("created", outcome.article_id) for outcome in file_waiting(settings)]
    assert read("--consumer", "mine") == first
    assert read("--consumer", "mine") == []
    assert read("--consumer", "other") == first
    hand_in(connection, {"content": FERRY})
    second = [("created", outcome.article_id) for outcome in file_waiting(settings)]
    assert read("--consumer", "mine") == second
    assert read() == first + second
    cursor = value(connection, "SELECT min(cursor) FROM wire_v1.changes")
    assert read("--after", str(cursor)) == (first + second)[1:]


def test_a_database_that_goes_away_while_waiting_is_one_line(
    environment: dict[str, str], connection: Connection
) -> None:
    import threading
    import time

    results: list[Ran] = []
    thread = threading.Thread(
        target=lambda: results.append(run("submit", "-", "--wait", environment=environment, stdin=b"Text."))
    )
    thread.start()
    while value(connection, "SELECT count(*) FROM wiredesk.submission") == 0:
        time.sleep(0.05)
    time.sleep(0.5)
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    thread.join()
    (ran,) = results
    assert (ran.code, len(ran.errors())) == (1, 1), ran.err
    assert ran.err.startswith("wiredesk: PostgreSQL went away: ")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(AWAY["WIREDESK_DATABASE_URL"], connect_timeout=1)
