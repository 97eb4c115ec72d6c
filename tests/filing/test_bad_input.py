"""Bad input through the desk: it ends as rejected with its reason and is kept, and the good beside it is filed."""

from __future__ import annotations

import gzip
import time
from dataclasses import replace
from typing import Any

import pytest
from newsroom import FERRY, LIMIT, entry, file_waiting, hand_in, prose, rows, rss, show_feed, value, values

from wiredesk.worker.db import Connection
from wiredesk.worker.inbox.intake import FileMessage
from wiredesk.worker.news.submission import Submission
from wiredesk.worker.settings import Settings
from wiredesk.worker.zstd import zstd

# The limit of CPU time may be reached in a finalizer or in a callback of the garbage collector. Both ignore errors; the
# limit is raised again a second later, and pytest warns of the first.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1 if n > 1 else str()};" * 10}">' for n in range(1, 10))
    + "]><rss version='2.0'><channel><title>&lol9;</title><item><title>&lol9;</title></item></channel></rss>"
).encode()
QUADRATIC = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "' + "a" * 50_000 + '">]><rss version="2.0"><channel><item><title>'
    + "&a;" * 50_000 + "</title></item></channel></rss>"
).encode()  # fmt: skip
NESTED = (
    b"<rss version='2.0'><channel><item><description>" + b"<div>" * 200_000 + b"</description></item></channel></rss>"
)
BROKEN_FEEDS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "white space": (b" \n\t ", "empty"),
    "zeros": (b"\0" * 5_000, "empty"),
    "a page": (
        b"<!doctype html><html><head><title>Login</title></head><body><p>Please log in.</p></body></html>",
        "not_a_feed",
    ),
    "binary": (bytes(range(256)) * 400, "not_a_feed"),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "not_a_feed"),
    "text": (FERRY.encode(), "not_a_feed"),
    "json of something else": (b'{"status": "error", "items": null}', "not_a_feed"),
}


def outcome_rows(connection: Connection) -> list[tuple[str, str | None]]:
    return values(
        connection, "SELECT outcome, split_part(reason, ':', 1) FROM wire_v1.outcomes ORDER BY document_id, item_no"
    )


@pytest.mark.parametrize("name", BROKEN_FEEDS)
def test_a_document_that_is_no_feed_is_rejected_and_kept(connection: Connection, settings: Settings, name: str) -> None:
    body, reason = BROKEN_FEEDS[name]
    show_feed(connection, "https://bad.example/feed.xml", body)
    show_feed(connection, "https://harbour.example/feed.xml", rss(entry(1)))
    file_waiting(settings)
    assert outcome_rows(connection) == [("rejected", reason), ("created", None)]
    (kept,) = rows(
        connection,
        "SELECT d.state, d.rejected, d.reason, b.content FROM wiredesk.document d "
        "JOIN wiredesk.body b ON b.sha256 = d.body_sha256 WHERE d.url = 'https://bad.example/feed.xml'",
    )
    assert (kept["state"], kept["rejected"], zstd.decompress(kept["content"])) == ("done", 1, body)
    assert kept["reason"].startswith(reason)


@pytest.mark.parametrize(
    "body", [LAUGHS, QUADRATIC, NESTED, gzip.compress(b"x" * 50_000_000)], ids=["laughs", "quadratic", "nested", "gzip"]
)
def test_bombs_end_in_time_and_stop_no_other_document(connection: Connection, settings: Settings, body: bytes) -> None:
    show_feed(connection, "https://bad.example/feed.xml", body)
    show_feed(connection, "https://harbour.example/feed.xml", rss(entry(1)))
    started = time.monotonic()
    file_waiting(settings)
    assert time.monotonic() - started < 15
    outcomes = outcome_rows(connection)
    assert outcomes[-1] == ("created", None)
    assert value(connection, "SELECT count(*) FROM wiredesk.document WHERE state <> 'done' AND needs = 'ingest'") == 0
    # Whatever was made of it, no text was blown up.
    assert (
        value(
            connection,
            "SELECT coalesce(max(length(body_text) + length(coalesce(headline, ''))), 0) FROM wire_v1.articles",
        )
        < 2_000_000
    )


def test_a_feed_cut_off_in_the_middle_gives_what_can_be_read(connection: Connection, settings: Settings) -> None:
    whole = rss(*(entry(n) for n in range(1, 6)))
    show_feed(connection, "https://harbour.example/feed.xml", whole[: whole.index(b"hw-4")])
    file_waiting(settings)
    headlines = values(connection, "SELECT headline FROM wire_v1.articles ORDER BY headline")
    assert set(headlines) >= {" ".join(entry(n)["title"].split()) for n in range(1, 4)}


def test_a_wrong_encoding_still_reads_as_text(connection: Connection, settings: Settings) -> None:
    latin = rss(entry(1, title="Überführung für Fähren", **{"content:encoded": f"<p>Fähre. {prose(1)}</p>"})).decode()
    show_feed(connection, "https://harbour.example/feed.xml", latin.encode("cp1252", "replace"))
    hand_in(
        connection,
        FileMessage(Submission(key="copy"), FERRY.encode("utf-16")),
        {"content": FERRY.replace("Ines", "Inês"), "key": "k"},
    )
    file_waiting(settings)
    assert (
        sorted(set(outcome_rows(connection))) == [("created", None)]
        or [o for o, _ in outcome_rows(connection)] == ["created"] * 3
    )
    assert "Überführung für Fähren" in values(connection, "SELECT headline FROM wire_v1.articles")
    assert value(connection, "SELECT count(*) FROM wire_v1.articles WHERE body_text LIKE '%%after nine weeks.%%'") >= 1


def test_fifty_megabytes_are_refused_before_anything_reads_them(connection: Connection, settings: Settings) -> None:
    huge = "x" * 50_000_000
    refused, good = hand_in(connection, {"content": huge, "key": "huge"}, {"content": FERRY, "key": "good"})
    assert (refused.status, good.status) == ("refused", "accepted")
    assert refused.reason == f"too_large: content: 50,000,000 bytes, the limit is {LIMIT:,} (max_submission_bytes)"
    file_waiting(settings)
    assert values(connection, "SELECT key, outcome FROM wire_v1.outcomes ORDER BY key") == [
        ("good", "created"),
        ("huge", "rejected"),
    ]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ("<html><body>" + "<div>" * 100_000 + "x", "text/html"),
        ("<p>" + "<b><i>" * 100_000 + "x</p>", "text/html"),
        ("<" * 1_000_000, "text/html"),
        ("<a href='" * 100_000, "text/html"),
        ("<!--" * 200_000, "text/html"),
        ("&amp;" * 400_000, "text/html"),
        ("(" * 1_000_000, "text/plain"),
        ("A" * 3_000_000, "text/plain"),
        ("“" * 500_000, "text/plain"),
        ("“said ” " * 150_000, "text/plain"),
        ("A. " * 500_000, "text/plain"),
        ("Aa Bb, " * 300_000, "text/plain"),
        ("- " * 500_000 + "(", "text/plain"),
        ("\n" * 2_000_000 + "x", "text/plain"),
        ("PARIS, " * 200_000 + "(Reuters)", "text/plain"),
        ('{"version": "https://jsonfeed.org/version/1.1", "items": ' + "[" * 100_000, "application/feed+json"),
        ("<rss><channel>" + "<item>" * 100_000, "application/rss+xml"),
        ("<feed xmlns='http://www.w3.org/2005/Atom'>" + "<entry><title>" * 50_000, "application/atom+xml"),
    ],
    ids=lambda text: text[:24].replace("\n", "\\n"),
)
def test_hostile_copy_ends_in_one_outcome_within_its_time(
    connection: Connection, settings: Settings, content: str, media_type: Any
) -> None:
    hand_in(connection, {"content": content, "media_type": media_type, "key": "bad"}, {"content": FERRY, "key": "good"})
    settings = replace(settings, parse_seconds=2.0, task_seconds=600.0)
    started = time.process_time()
    file_waiting(settings)
    # The limit of reading and that of marking up, each once.
    assert time.process_time() - started < 2 * settings.parse_seconds + 5
    assert value(connection, "SELECT outcome FROM wire_v1.outcomes WHERE key = 'good'") == "created"
    assert value(
        connection, "SELECT count(DISTINCT item_no) = count(*) AND count(*) > 0 FROM wire_v1.outcomes WHERE key = 'bad'"
    )
    assert value(connection, "SELECT count(*) FROM wiredesk.document WHERE state = 'waiting'") == 0
