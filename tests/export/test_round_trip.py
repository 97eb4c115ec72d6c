"""What wiredesk writes in an agency's format, it reads again as the same article."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from newsroom import NOW, file_waiting, hand_in, run
from wire_samples import NINJS_1

from wiredesk.worker.db import Connection
from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.read import Document, read_document
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
    first = {name: value for name, value in NINJS_1.items() if name != "embargoed"}
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
