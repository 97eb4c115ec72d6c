"""What wiredesk writes in an agency's format, it reads again as the same article."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from newsroom import NOW, file_waiting, hand_in, run, value
from standards import NEWS_ARTICLE, NINJS_2, NINJS_3, faults, nitf_faults
from wire_samples import JSON_LD as JSON_LD_SAMPLE
from wire_samples import NINJS_1 as NINJS_1_SAMPLE
from wire_samples import NINJS_2 as NINJS_2_SAMPLE
from wire_samples import NINJS_3 as NINJS_3_SAMPLE
from wire_samples import NITF, SAMPLES

from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected
from wiredesk.worker.inbox.intake import FileMessage
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.read import Document, read_document
from wiredesk.worker.news.submission import Submission
from wiredesk.worker.settings import Settings

FILES = {
    "ninjs": "out-ninjs/articles-00001.ninjs.jsonl",
    "jsonld": "out-jsonld/articles-00001.jsonld.jsonl",
    "nitf": "out-nitf/articles-00001.nitf.zip",
}


def shown(draft: Draft | Rejected) -> dict[str, Any]:
    assert isinstance(draft, Draft), draft
    return {
        "headline": draft.headline,
        "body_text": draft.body_text,
        "description": draft.description,
        "authors": [author.name for author in draft.authors],
        "source": draft.source,
        "language": draft.language,
        "published_at": draft.published.at if draft.published else None,
        "usage_terms": draft.usage_terms,
        "is_withdrawn": "withdrawn" in draft.flags,
        "media": [media.url for media in draft.media],
    }


def test_exports_are_read_again(connection: Connection, settings: Settings, tmp_path: Path) -> None:
    first = {name: value for name, value in NINJS_1_SAMPLE.items() if name != "embargoed"}
    second = first | {"uri": "urn:2", "headline": "Ferry returns", "body_xhtml": "<p>The night ferry sailed again.</p>"}
    sent = [json.dumps(one) for one in (first, second)]
    hand_in(connection, *({"content": content} for content in sent), now=NOW)
    file_waiting(settings)
    expected = [shown(one) for content in sent for one in read_document(Document(content.encode(), NOW))]
    environment = {"WIREDESK_DATABASE_URL": settings.database_url, "WIREDESK_DATA_DIR": "/nonexistent"}
    for form, file in FILES.items():
        ran = run("export", f"out-{form}", "--format", form, environment=environment, cwd=tmp_path)
        assert (ran.code, ran.err) == (0, "")
        again = [shown(one) for one in read_document(Document((tmp_path / file).read_bytes(), NOW))]
        assert sorted(again, key=lambda one: one["headline"]) == sorted(expected, key=lambda one: one["headline"]), form


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _members(path: Path) -> list[bytes]:
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist()]


CHECKS: dict[str, tuple[Callable[[Path], list[Any]], Callable[[Any], list[str]]]] = {
    "ninjs": (_lines, lambda item: faults(item, NINJS_3)),
    "jsonld": (_lines, lambda item: faults(item, NEWS_ARTICLE)),
    "nitf": (_members, nitf_faults),
}


def test_exports_of_what_every_format_brings_follow_their_standards(
    connection: Connection, settings: Settings, tmp_path: Path
) -> None:
    """A source of its own for each format, so that no article is a revision of another's."""
    renditions = [{"name": "main", "href": "https://img.example/a.bin", "contentType": "application/octet-stream"}]
    bare = {"uri": "urn:3", "version": "1", "urgency": 8, "bodies": [{"value": "The night ferry sailed \x0bagain."}]}
    attached = {"associations": [{"name": "file", "uri": "urn:4", "type": "component", "renditions": renditions}]}
    given = SAMPLES | {
        "bare": json.dumps(bare | attached).encode(),
        "withdrawn": NITF.replace("usable", "canceled").encode(),
    }
    hand_in(connection, *(FileMessage(Submission(source=name), content) for name, content in given.items()), now=NOW)
    file_waiting(settings)
    articles = value(connection, "SELECT count(*) FROM wire_v1.articles")
    assert articles >= len(given)
    environment = {"WIREDESK_DATABASE_URL": settings.database_url, "WIREDESK_DATA_DIR": "/nonexistent"}
    for form, (opened, check) in CHECKS.items():
        ran = run("export", f"out-{form}", "--format", form, "--embargoed", environment=environment, cwd=tmp_path)
        assert (ran.code, ran.err) == (0, "")
        documents = opened(tmp_path / FILES[form])
        assert len(documents) == articles
        assert [found for one in documents for found in check(one)] == [], form


SAMPLES_OF_STANDARDS = [
    (NINJS_3_SAMPLE, lambda one: faults(one, NINJS_3)),
    (NINJS_2_SAMPLE, lambda one: faults(one, NINJS_2)),
    (JSON_LD_SAMPLE, lambda one: faults(one, NEWS_ARTICLE)),
    (NITF.encode(), nitf_faults),
]


@pytest.mark.parametrize(("sample", "check"), SAMPLES_OF_STANDARDS, ids=["ninjs 3", "ninjs 2", "JSON-LD", "NITF"])
def test_the_samples_that_are_read_follow_the_standards(sample: Any, check: Callable[[Any], list[str]]) -> None:
    assert check(sample) == []


SPOILT = [
    (NINJS_3_SAMPLE | {"headline": "x"}, lambda one: faults(one, NINJS_3), "'headline' was unexpected"),
    (NINJS_3_SAMPLE | {"uri": "no address"}, lambda one: faults(one, NINJS_3), "uri: 'no address' does not match"),
    (NINJS_3_SAMPLE | {"bodies": [{"role": "main"}]}, lambda one: faults(one, NINJS_3), "'value' is a required"),
    (JSON_LD_SAMPLE | {"datePublished": "9 March"}, lambda one: faults(one, NEWS_ARTICLE), "'9 March' does not match"),
    (NITF.replace("hl1>", "h1>").encode(), nitf_faults, "Element hedline content does not follow the DTD"),
    (NITF.replace('norm="20260309T141500Z"', 'date="x"').encode(), nitf_faults, "No declaration for attribute date"),
    (
        NITF.replace('media-type="image"', 'media-type="file"').encode(),
        nitf_faults,
        'Value "file" for attribute media-t',
    ),
]


@pytest.mark.parametrize(("sample", "check", "said"), SPOILT)
def test_the_rules_find_what_is_wrong(sample: Any, check: Callable[[Any], list[str]], said: str) -> None:
    assert any(re.search(re.escape(said), found) for found in check(sample)), check(sample)
