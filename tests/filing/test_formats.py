"""Agencies' formats from the hand-in to the rows: columns, versions, kills, packages, broken documents."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from newsroom import StartCelery, file_waiting, hand_in, outcomes_of, rows, run, value, values
from wire_samples import NEWS_ITEM, NITF, PORT, REPAIRS, SAMPLES, page, warc_pages, warc_record, zipped

from wiredesk.worker.db import Connection
from wiredesk.worker.filing.items import Outcome
from wiredesk.worker.inbox.intake import FileMessage
from wiredesk.worker.news.submission import Submission
from wiredesk.worker.settings import Settings


def copy(content: bytes | str, **fields: Any) -> FileMessage:
    return FileMessage(Submission(**fields), content.encode() if isinstance(content, str) else content)


def file(connection: Connection, settings: Settings, content: bytes | str, **fields: Any) -> Outcome:
    hand_in(connection, copy(content, **fields))
    (outcome,) = file_waiting(settings)
    return outcome


def test_every_format_by_its_rows(connection: Connection, settings: Settings) -> None:
    names = [name for name in SAMPLES if name not in ("newsMessage", "wacz", "zip")]
    hand_in(connection, *(copy(SAMPLES[name], source=name) for name in names))
    assert outcomes_of(file_waiting(settings)) == ["created"] * len(names)
    found = rows(
        connection,
        """SELECT source, headline, provider_id, provider_version, urgency, release_at, ed_note, usage_terms
           FROM wire_v1.articles""",
    )
    release = datetime(2026, 3, 12, 6, tzinfo=UTC)
    urn = "urn:newsml:harbour.example:20260309:riga-port"
    port = "Harbour reopens after storm"
    terms, note, nitf_note = "Not for archives.", "Adds quote.", "ADDS quote from director.\nPictures will follow."
    assert {row["source"]: tuple(row.values())[1:] for row in found} == {
        "nitf": (port, "HP-riga-port", "2", 3, release, nitf_note, terms),
        "newsItem": (port, urn, "3", 3, release, note, terms),
        "newsml-1": (port, urn, "2", 4, release, None, terms),
        "ninjs-1": (port, urn, "2", 3, release, note, terms),
        "ninjs-2": (port, urn, "2", 3, None, None, None),
        "ninjs-3": (port, urn, "2", 3, release, note, terms),
        "json-ld": (port, "https://harbour.example/riga-port", None, None, None, None, terms),
        "iptc-7901": ("Hafen von Riga nach Sturm wieder geöffnet", "hdt0123/2026-03-09", None, 4, None, None, None),
        "anpa-1312": (port, "APa0123/2026-03-09", None, 4, None, None, None),
        "mail": (port, "<riga-port@harbour.example>", None, None, None, None, None),
        "warc": ("Ferry 1 returns to the islands", None, None, None, None, None, None),
    }
    topics = """SELECT a.source, s.name FROM wire_v1.subjects s JOIN wire_v1.articles a USING (article_id, revision_no)
                WHERE s.scheme = 'http://cv.iptc.org/newscodes/mediatopic/' AND s.code = '20000209' ORDER BY a.source"""
    named = "maritime transport"
    assert values(connection, topics) == [(name, named) for name in ("newsItem", "ninjs-1", "ninjs-2", "ninjs-3")]


def version(number: int, text: str = REPAIRS, status: str = "usable") -> str:
    return (
        NEWS_ITEM.replace('version="3"', f'version="{number}"')
        .replace(f"<p>{REPAIRS}</p>", f"<p>{text}</p>")
        .replace("stat:usable", f"stat:{status}")
        .replace("<embargoed>2026-03-12T06:00:00+00:00</embargoed>", "")
    )


def test_versions_of_one_provider_id_are_revisions_and_an_older_one_replaces_nothing(
    connection: Connection, settings: Settings
) -> None:
    steps = [
        (version(3), "created", 1),
        (version(2, "It would take two months."), "repeated", 1),
        (version(10, "It would take three months, and five million euros."), "revised", 2),
        (version(9, "It would take nine months."), "repeated", 2),
        (version(10, "It would take three months, and five million euros."), "repeated", 2),
    ]
    for content, outcome, revision_no in steps:
        filed = file(connection, settings, content)
        assert (filed.outcome, filed.revision_no) == (outcome, revision_no), content
    assert value(connection, "SELECT count(*) FROM wire_v1.articles") == 1
    assert "three months" in value(connection, "SELECT body_text FROM wire_v1.articles")


def test_a_kill_is_a_revision_with_whatever_text(connection: Connection, settings: Settings) -> None:
    file(connection, settings, version(3))
    bare = (
        '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" version="6"'
        ' guid="urn:newsml:harbour.example:20260309:riga-port">'
        '<itemMeta><provider qcode="nprov:HP"><name>Harbour Press</name></provider><pubStatus qcode="stat:canceled"/>'
        "<edNote>Kill: the harbour is closed.</edNote></itemMeta></newsItem>"
    )
    for content, kind in ((version(4, status="canceled"), "withdrawn"), (version(5), "restored"), (bare, "withdrawn")):
        outcome = file(connection, settings, content)
        assert (outcome.outcome, outcome.change_kind) == ("revised", kind)
    current = rows(connection, "SELECT revision_no, body_text, flags, ed_note FROM wire_v1.articles")
    assert current == [
        {"revision_no": 4, "body_text": "", "flags": ["withdrawn"], "ed_note": "Kill: the harbour is closed."}
    ]


def test_a_broken_document_is_rejected_and_kept(connection: Connection, settings: Settings) -> None:
    outcome = file(connection, settings, NITF[:1_400], key="cut")
    assert outcome.reason is not None and outcome.reason.startswith("broken_document: not well-formed XML: ")
    assert value(connection, "SELECT count(*) FROM wiredesk.document JOIN wiredesk.body ON sha256 = body_sha256") == 1
    assert values(connection, "SELECT key, item_no FROM wire_v1.outcomes WHERE outcome = 'rejected'") == [("cut", 0)]


def test_one_bad_document_in_a_package_harms_no_other(connection: Connection, settings: Settings) -> None:
    package = zipped([("a.xml", NITF.encode()), ("b.xml", NITF[:900].encode()), ("c.html", page(1))])
    hand_in(connection, copy(package, source="Harbour Press", key="package"))
    assert [(one.outcome, one.at.item_no) for one in file_waiting(settings)] == [
        ("created", 1),
        ("rejected", 2),
        ("created", 3),
    ]


def test_submit_hands_in_each_document_of_a_package(connection: Connection, settings: Settings, tmp_path: Path) -> None:
    environment = {"WIREDESK_DATABASE_URL": settings.database_url}
    seen = ["2018-05-31T10:00:00Z", "2019-05-31T10:00:00Z"]
    pages = [warc_record(f"https://harbour.example/{n}", page(n), seen_at=seen[n]) for n in range(2)]
    (tmp_path / "pages.warc").write_bytes(b"".join([*pages, warc_record("https://harbour.example/2", page(2))[:-100]]))
    (tmp_path / "wire.zip").write_bytes(
        zipped([("riga.xml", NITF.encode()), ("notes.txt", f"{PORT}\n\n{REPAIRS}".encode())])
    )
    ran = run("submit", str(tmp_path), "--source", "Harbour Press", "--format", "json", environment=environment)
    assert (ran.code, ran.errors()) == (
        1,
        [f"wiredesk: {tmp_path}/pages.warc: broken_document: https://harbour.example/2: it is cut off"],
    )
    assert [json.loads(line)["name"].removeprefix(f"{tmp_path}/") for line in ran.lines()] == [
        "pages.warc:https://harbour.example/0",
        "pages.warc:https://harbour.example/1",
        "pages.warc",
        "wire.zip:riga.xml",
        "wire.zip:notes.txt",
    ]
    query = "SELECT media_type, url, received_at < '2020-01-01' FROM wiredesk.document ORDER BY document_id"
    assert values(connection, query) == [
        ("text/html", "https://harbour.example/0", True),
        ("text/html", "https://harbour.example/1", True),
        ("application/json", None, False),
        (None, None, False),
        ("text/plain", None, False),
    ]
    assert outcomes_of(file_waiting(settings)) == ["created", "created", "rejected", "created", "created"]


def test_a_package_through_real_workers(
    connection: Connection, settings: Settings, start_service: StartCelery, tmp_path: Path
) -> None:
    for service in ("beat", "dispatch", "ingest"):
        start_service(service)
    (tmp_path / "pages.warc.gz").write_bytes(warc_pages(12))
    (tmp_path / "port.xml").write_text(NITF)
    environment = {"WIREDESK_DATABASE_URL": settings.database_url}
    ran = run("submit", str(tmp_path), "--wait", "--timeout", "50", environment=environment)
    assert (ran.code, ran.lines()[-1]) == (0, "13 created, 0 revised, 0 repeated, 0 rejected")
    assert value(connection, "SELECT count(*) FROM wire_v1.articles WHERE first_seen_at = '2026-03-09 10:00Z'") == 12
