"""Text from outside can't write to the terminal as itself, and no password is shown: every command, on a real terminal.

`HOSTILE` stands wherever a stranger can put text: keys, sources, headlines, addresses, file names, feed titles.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commands import run_all
from newsroom import entry, file_waiting, hand_in, rss, show_feed, values

from wiredesk.worker.cli import wiredesk
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected, Transient
from wiredesk.worker.safe_text import escape_json, mask_secrets, printable, printable_block
from wiredesk.worker.settings import Settings, load

# Window title, colour, C1 introducer, a faked line, override and isolate, line separator.
HOSTILE = "\x1b]0;owned\x07\x1b[31mRED\x1b[0m\x9b31m\r\nFAKED LINE\u202ertl\u2066iso\u2028sep"
FORBIDDEN = ("\x1b]", "\x1b[31mRED", "\x07", "\x9b", "\u202e", "\u2066", "\u2028", "\nFAKED", "hunter2")


def refused_and_filed(connection: Connection, settings: Settings) -> None:
    text = f"Harbour {HOSTILE} opens\n\nRIGA, March 9 (Wire) - The port {HOSTILE} opened on Monday, he said."
    named = {"key": f"k{HOSTILE}", "source": f"s{HOSTILE}", "submitter": f"b{HOSTILE}", "headline": f"Head{HOSTILE}"}
    hand_in(
        connection,
        {"content": text, "tags": [f"t{HOSTILE}"], "byline": f"By A{HOSTILE}"} | named,
        {"content": "", "key": f"empty{HOSTILE}"},
        {"content": "Text.", f"field{HOSTILE}": 1, "key": f"unknown{HOSTILE}"},
        {"content": "A text.", "url": f"ftp://bob:hunter2@example.org/{HOSTILE}"},
    )
    file_waiting(settings)
    hand_in(connection, {"content": text.replace("Monday", "Tuesday")} | named)
    feed = rss(entry(1, title=f"E{HOSTILE}"), title=f"T{HOSTILE}")
    show_feed(connection, "https://e.example/rss?token=hunter2", feed)
    file_waiting(settings)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "name\x1b]0;owned\x07.txt").write_text(f"Headline {HOSTILE}\n\nA text of some words {HOSTILE}.")
    (tmp_path / "m.jsonl").write_text(json.dumps({"content": "Text.", f"field{HOSTILE}": 1}) + "\n")
    log = {"at": "2026-03-01T10:00:00Z", "level": "info", "event": "item.outcome", "headline": HOSTILE, "x": HOSTILE}
    (tmp_path / "log.jsonl").write_text(f"{json.dumps(log, ensure_ascii=False)}\nother program: {HOSTILE}\n")
    return tmp_path


# How each command is called with hostile text in reach. `None` says why a command is not called here.
CALLS: dict[str, list[list[str]] | None] = {
    "submit": [["name\x1b]0;owned\x07.txt"], ["--jsonl", "m.jsonl"], [f"missing{HOSTILE}"], [f"--{HOSTILE}"]],
    "parse": [["name\x1b]0;owned\x07.txt", "--explain"], ["--jsonl", "m.jsonl"], [f"missing{HOSTILE}"]],
    "feeds": [["list"], ["list", "--format", "json"], ["export"], [f"{HOSTILE}"], ["pause", f"x{HOSTILE}"],
              ["add", "--no-check", f"http://bob:hunter2@e.example/{HOSTILE}"]],
    "status": [["1"], [f"k{HOSTILE}"], ["1", "--format", "json"], ["2"], ["3"], ["4"],
               [f"http://a:hunter2@e.example/{HOSTILE}"]],
    "top": [["--once"]],
    "diff": [["1"], [f"x{HOSTILE}"]],
    "story": [["1", "--texts"]],
    "rejected": [["list"], ["list", "--format", "json"], ["show", "2"], ["show", "3"]],
    "replay": [["--all", "--dry-run"]],
    "changes": [[], ["--format", "json"]],
    "sql": [["SELECT headline, source FROM articles"], ["SELECT reason, key FROM outcomes", "--format", "json"],
            [f"SELECT {HOSTILE}"]],
    "export": [["-"], [f"missing{HOSTILE}", "--from", f"x{HOSTILE}"]],
    "push": [["add", f"x{HOSTILE}", "--webhook", "http://bob:hunter2@e.example/"], ["list"], ["pause", f"y{HOSTILE}"]],
    "token": [["create", f"x{HOSTILE}", "--scope", "read"], ["list"], ["revoke", f"y{HOSTILE}"]],
    "watch": [[f"missing{HOSTILE}"]],
    "mail": [["--once", "--source", f"x{HOSTILE}"]],
    "web": None,  # as `up`
    "backup": [[f"missing{HOSTILE}/x"]],
    "restore": [[f"missing{HOSTILE}"]],
    "url": None,  # it prints what the operator set
    "reader": [["list"], ["create", f"x{HOSTILE}"]],
    "migrate": [[]],
    "settings": [[], ["--format", "json"]],
    "doctor": [[]],
    "logs": [["log.jsonl"], ["log.jsonl", "--format", "json"], [f"missing{HOSTILE}"]],
    "demo": None,  # as `up`
    "up": None,  # its terminal shows lines of `logs.columns`: tests/test_logs.py
    "worker": None,  # it becomes Celery, whose lines go through `logs`
}  # fmt: skip


def test_every_command_is_in_the_table() -> None:
    assert set(CALLS) == set(wiredesk.list_commands(None))  # type: ignore[arg-type]


def test_no_command_lets_control_characters_or_passwords_through(
    connection: Connection, settings: Settings, folder: Path
) -> None:
    refused_and_filed(connection, settings)
    (article_id,) = values(connection, "SELECT DISTINCT article_id FROM wiredesk.revision WHERE revision_no = 2")
    environment = {
        "WIREDESK_DATABASE_URL": settings.database_url,
        "WIREDESK_REDIS_URL": "redis://:hunter2@127.0.0.1:1/0",
        "WIREDESK_DATA_DIR": str(folder),
        "TERM": "xterm-256color",
    }
    calls = [
        [command, *(str(article_id) if command in ("diff", "story") and word == "1" else word for word in arguments)]
        for command, ways in CALLS.items()
        for arguments in ways or []
    ]
    for ended in run_all(calls, environments={"hostile rows": environment}, cwd=folder, stdout="terminal"):
        command, *arguments = ended.arguments
        assert ended.out.strip(), ended.arguments
        allowed = {
            "parse": "\nFAKED",  # the lines of a body text are lines, and so are those of a file
            "logs": "\nFAKED",
            "feeds": "hunter2" if "json" in arguments or arguments == ["export"] else "",  # to be read by machines
        }.get(command, "")
        found = [text for text in FORBIDDEN if text in ended.out and text != allowed]
        assert not found, (ended.arguments, found, ended.out)


def test_a_password_in_a_refused_address_is_not_kept(connection: Connection, settings: Settings) -> None:
    refused_and_filed(connection, settings)
    kept = values(connection, "SELECT coalesce(url, '') || reason FROM wire_v1.outcomes WHERE outcome = 'rejected'")
    assert not [text for text in kept if "hunter2" in text]
    assert sum("bad_url: url: 'ftp://bob:***@" in text for text in kept) == 1


@pytest.mark.parametrize("error", [Transient("http://a:hunter2@h/d"), Rejected("x", "http://a:hunter2@h/d")])
def test_an_error_masks_the_password_in_its_message(error: Exception) -> None:
    assert "://a:***@h/d" in str(error)


def test_no_repr_of_settings_holds_a_password() -> None:
    settings = load({
        "WIREDESK_DATABASE_URL": "postgresql://desk:hunter2@db/wiredesk",
        "WIREDESK_REDIS_URL": "redis://:hunter2@r/0",
        "WIREDESK_DATA_DIR": "/nonexistent",
    })  # fmt: skip
    assert "hunter2" not in repr(settings)
    assert "desk:***@db" in repr(settings)
    assert settings.database_url == "postgresql://desk:hunter2@db/wiredesk"
    from wiredesk.worker.app import make_app

    app = make_app(settings)
    assert "hunter2" not in repr(app.conf)
    assert app.conf.broker_url == "redis://:hunter2@r/0"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://bob:p@ss:w@example.org/x@y", "https://bob:***@example.org/x@y"),
        ("https://example.org:8443/a@b", "https://example.org:8443/a@b"),
        ("host=db user=desk password=hunter2 dbname=x", "host=db user=desk password=*** dbname=x"),
        ("host=db password='hunter2 and more' x=1", "host=db password=*** x=1"),
        ("'redis://:hunter2@r/0', 'http://h/@x'", "'redis://:***@r/0', 'http://h/@x'"),
    ],
)
def test_secrets_are_masked(text: str, masked: str) -> None:
    assert mask_secrets(text) == masked


def test_neutralised_and_kept_characters() -> None:
    assert printable("a\x1b\x9b\u202e\n\u2028\x7fb") == "a\ufffd\ufffd\ufffd\ufffd\ufffd\ufffdb"
    kept = "«é» می‌خواهم 👩‍🚀 \u00a0\u00ad🏴\U000e0067"
    assert printable(kept) == kept
    assert printable_block("a\n\tb\r\x1b") == "a\n\tb\ufffd\ufffd"
    encoded = escape_json(json.dumps("\x9b\u202e\x7fé", ensure_ascii=False))
    assert encoded == '"\\u009b\\u202e\\u007fé"'
    assert json.loads(encoded) == "\x9b\u202e\x7fé"
