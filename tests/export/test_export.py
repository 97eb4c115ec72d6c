"""Articles as files: each format holds what was filed, and an export that was killed goes on where it ended."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas
import pytest
from lxml import etree
from newsroom import FERRY, NOW, ROOT, Ran, file_waiting, hand_in, prose, run, value

from wiredesk.worker.db import Connection
from wiredesk.worker.export import table
from wiredesk.worker.settings import Settings
from wiredesk.worker.store import reading

Export = Callable[..., Ran]
COUNT = 7


def message(number: int, **fields: Any) -> dict[str, Any]:
    text = f"LISBON, March {number} (Harbour Wire) - {prose(number)}"
    given = {
        "content": text,
        "headline": f"Story {number}",
        "source": "Harbour Wire",
        "key": f"k{number}",
        "url": f"https://harbour.example/news/{number}",
        "published_at": f"2026-03-0{number}T10:00:00Z",
        "language": "en",
        "authors": ["Nora Castellan", "Luis Prado"],
        "tags": ["ports", "weather, and more"],
    }
    return given | fields


@pytest.fixture
def export(settings: Settings, connection: Connection, tmp_path: Path) -> Export:
    """Run `wiredesk export` on seven articles of seven days, the last with quotations, mentions and odd characters."""
    odd = message(7, content=f"{FERRY}\n\nA \x0bcontrol, a “quote”, a 🚢, an & and a <tag>.\n", language="en")
    hand_in(connection, *(message(number) for number in range(1, COUNT)), odd, now=NOW)
    file_waiting(settings)
    environment = {"WIREDESK_DATABASE_URL": settings.database_url, "WIREDESK_DATA_DIR": "/nonexistent"}

    def exported(*arguments: str) -> Ran:
        return run("export", *arguments, environment=environment, cwd=tmp_path)

    return exported


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_json_lines_and_the_manifest(export: Export, connection: Connection, tmp_path: Path) -> None:
    ran = export("out", "--articles-per-file", "3")
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"7 articles in 3 files; cursor {manifest['cursor']}\n"
    assert [(part["file"], part["articles"]) for part in manifest["files"]] == [
        ("articles-00001.jsonl", 3), ("articles-00002.jsonl", 3), ("articles-00003.jsonl", 1),
    ]  # fmt: skip
    found = []
    for part in manifest["files"]:
        content = (tmp_path / "out" / part["file"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (part["bytes"], part["sha256"])
        found += [json.loads(line) for line in content.splitlines()]
    assert (manifest["articles"], len({article["article_id"] for article in found})) == (COUNT, COUNT)
    last = reading.article_record(connection, found[-1]["article_id"])
    assert last is not None
    assert found[-1]["body_text"] == last.body_text
    assert found[-1]["quotes"][0]["speaker"] == "Ines Duarte"
    assert manifest["cursor"] == value(connection, "SELECT max(cursor) FROM wire_v1.changes")
    assert (
        export("out", "--articles-per-file", "3").out == f"out is complete: 7 articles; cursor {manifest['cursor']}\n"
    )


def test_parquet_is_read_by_duckdb_and_pandas(export: Export, tmp_path: Path) -> None:
    assert export("out", "--format", "parquet", "--by-day").code == 0
    parts = f"{tmp_path}/out/*/*.parquet"
    database = duckdb.connect()
    counted = database.execute(
        f"SELECT day::VARCHAR, count(*), min(authors[1].name), min(published_at)::VARCHAR "
        f"FROM read_parquet('{parts}', hive_partitioning = true) GROUP BY day ORDER BY day"
    ).fetchall()
    assert [(day, count) for day, count, *_ in counted] == [(f"2026-03-0{n}", 1) for n in range(1, COUNT + 1)]
    assert counted[0][2] == "Nora Castellan"
    query = f"SELECT unnest(quotes).speaker FROM read_parquet('{parts}') WHERE len(quotes) > 0"
    spoken = database.execute(query).fetchall()
    assert ("Ines Duarte",) in spoken
    frame = pandas.read_parquet(tmp_path / "out" / "day=2026-03-07")
    assert list(frame["headline"]) == ["Story 7"]
    assert frame["published_at"][0] == pandas.Timestamp("2026-03-07T10:00:00Z")
    assert list(frame["tags"][0]) == ["ports", "weather, and more"]


def test_csv(export: Export) -> None:
    ran = export("-", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(ran.out, newline="")))
    assert (list(rows[0]), len(rows)) == (list(table.COLUMNS), COUNT)
    assert (rows[0]["authors"], rows[0]["published_at"]) == ("Nora Castellan; Luis Prado", "2026-03-01T10:00:00Z")
    assert rows[0]["dateline_place"] == "LISBON"
    assert json.loads(rows[6]["quotes"])[0]["speaker"] == "Ines Duarte"


def test_ninjs(export: Export, tmp_path: Path) -> None:
    assert export("out", "--format", "ninjs").code == 0
    items = lines(tmp_path / "out/articles-00001.ninjs.jsonl")
    first, last = items[0], items[-1]
    assert first["headlines"] == [{"role": "main", "value": "Story 1"}]
    assert (first["contentCreated"], first["located"], first["version"]) == ("2026-03-01T10:00:00Z", "LISBON", "1")
    assert {"role": "url", "value": "https://harbour.example/news/1"} in first["altIds"]
    assert {"name": "Ines Duarte", "rel": "mentions"} in last["people"]


def test_json_ld(export: Export, tmp_path: Path) -> None:
    assert export("out", "--format", "jsonld").code == 0
    article = lines(tmp_path / "out/articles-00001.jsonld.jsonl")[0]
    assert (article["@context"], article["@type"], article["headline"]) == (
        "https://schema.org",
        "NewsArticle",
        "Story 1",
    )
    assert article["author"] == [{"@type": "Person", "name": name} for name in ("Nora Castellan", "Luis Prado")]
    assert article["publisher"] == {"@type": "Organization", "name": "Harbour Wire"}
    assert article["keywords"] == ["ports", "weather, and more"]


def test_nitf_is_xml_whatever_the_copy_holds(export: Export, tmp_path: Path) -> None:
    assert export("out", "--format", "nitf").code == 0
    with zipfile.ZipFile(tmp_path / "out/articles-00001.nitf.zip") as archive:
        documents = [etree.fromstring(archive.read(name)) for name in archive.namelist()]
    assert len(documents) == COUNT
    first, last = documents[0], documents[-1]
    assert first.findtext("body/body.head/hedline/hl1") == "Story 1"
    assert [one.text for one in first.iterfind("body/body.head/byline/person")] == ["Nora Castellan", "Luis Prado"]
    assert first.findtext("body/body.head/dateline/location") == "LISBON"
    assert first.find("head/docdata/date.issue").attrib == {"norm": "20260301T100000Z"}
    assert "an & and a <tag>." in (last.findall("body/body.content/p")[-1].text or "")


SELECTIONS = [
    (("--from", "2026-03-02T00:00Z", "--to", "2026-03-04T00:00Z"), [2, 3]),
    (("--source", "HARBOUR WIRE", "--source", "nobody"), [1, 2, 3, 4, 5, 6, 7]),
    (("--source", "port-times"), []),
    (("--mention", "ines duarte"), [7]),
    (("--tag", "Ports", "--language", "EN", "--place", "lisbon", "--from", "2026-03-05T00:00Z"), [5, 6, 7]),
    (("--time", "first-seen", "--from", "2026-03-11T00:00Z"), []),
]


def test_selections(export: Export) -> None:
    for arguments, wanted in SELECTIONS:
        ran = export("-", *arguments)
        headlines = [json.loads(line)["headline"] for line in ran.out.splitlines()]
        assert (arguments, headlines) == (arguments, [f"Story {number}" for number in wanted])


def test_an_increment_holds_what_changed_and_no_embargo(
    export: Export, settings: Settings, connection: Connection, tmp_path: Path
) -> None:
    assert export("first").code == 0
    cursor = json.loads((tmp_path / "first/manifest.json").read_text())["cursor"]
    assert export("none", "--since-cursor", str(cursor)).out == f"0 articles in 0 files; cursor {cursor}\n"
    hand_in(connection, message(2, content=f"LISBON, March 2 (Harbour Wire) - {prose(2)} {prose(90)}"), now=NOW)
    ahead = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    hand_in(connection, message(8, release_at=ahead), message(9), now=NOW)
    file_waiting(settings)
    assert export("second", "--since-cursor", str(cursor)).code == 0
    found = lines(tmp_path / "second/articles-00001.jsonl")
    assert [(one["headline"], one["revision_no"]) for one in found] == [("Story 2", 2), ("Story 9", 1)]
    assert export("third", "--since-cursor", str(cursor), "--embargoed").out.startswith("3 articles in 1 file")


KILLED = """
import sys
from pathlib import Path
from killing import kill_at
from wiredesk.worker.cli import main

kill_at(Path, "replace", sys.argv[1], int(sys.argv[2]))
main(["export", *sys.argv[3:]])
"""


@pytest.mark.parametrize(("moment", "number"), [("after", 1), ("before", 4), ("after", 4), ("after", 7)])
def test_a_killed_export_goes_on_and_has_each_article_once(
    export: Export, settings: Settings, tmp_path: Path, moment: str, number: int
) -> None:
    options = ("out", "--articles-per-file", "2", "--by-day", "--format", "jsonl")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, moment, str(number), *options],
        env={
            **os.environ,
            "WIREDESK_DATABASE_URL": settings.database_url,
            "PYTHONPATH": f"{ROOT}:{ROOT}/tests/support",
        },
        cwd=tmp_path,
    )
    assert killed.returncode == -signal.SIGKILL
    assert export(*options).code == 0
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    files = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.jsonl"))
    assert files == [part["file"] for part in manifest["files"]]
    found = [article["headline"] for name in files for article in lines(tmp_path / "out" / name)]
    assert found == [f"Story {n}" for n in range(1, COUNT + 1)]


def test_a_folder_of_something_else_is_left_alone(export: Export, tmp_path: Path) -> None:
    assert export("out").code == 0
    other = export("out", "--format", "csv")
    assert (other.code, other.err) == (1, "wiredesk: out holds an export with other options; name another folder\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear reader")
    mine = export("mine")
    assert (mine.code, mine.err) == (
        1,
        "wiredesk: mine is not empty, and holds no manifest.json; name another folder\n",
    )
