"""What is written in the formats of agencies is read again with the same fields."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest

from wiredesk.worker.export import jsonld, ninjs, nitf
from wiredesk.worker.export.formats import FORMATS
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.read import Document, read_document
from wiredesk.worker.store.records import ArticleRecord, Author, Dateline, Media, Mention, Subject

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
PUBLISHED = datetime(2026, 3, 9, 10, 30, tzinfo=UTC)
RELEASE = datetime(2026, 3, 12, 6, tzinfo=UTC)
BODY = "The port of Riga reopened on Monday & its director said so.\n\nRepairs will take a month."
ARTICLE = ArticleRecord(
    article_id=7,
    story_id=7,
    source="Harbour Wire",
    source_slug="harbour-wire",
    canonical_url="https://harbour.example/news/7",
    headline="Harbour reopens after “storm”",
    byline="By Nora Castellan and Luis Prado",
    description="Two cranes were lost.",
    body_text=BODY,
    language="en",
    language_confidence=0.99,
    published_at=PUBLISHED,
    published_precision="second",
    published_source="json-ld",
    published_zone_known=True,
    published_offset_minutes=0,
    modified_at=None,
    section="Ports",
    first_seen_at=NOW,
    last_seen_at=NOW,
    revision_no=2,
    revision_count=2,
    word_count=18,
    dateline=Dateline(text="RIGA, March 9 (HW) - ", place="RIGA", date="2026-03-09", agency=None, agency_text="HW"),
    agency="Harbour Wire",
    agency_source="dateline",
    content_sha256="00",
    is_original=True,
    flags=(),
    filed_at=NOW,
    gone_at=None,
    observed_at=NOW,
    change_kind="update",
    share_changed=0.1,
    document_id=1,
    evidence=(),
    provider_id="urn:newsml:harbour.example:7",
    provider_version="4",
    urgency=3,
    release_at=RELEASE,
    ed_note="Check the numbers",
    usage_terms="Not for archives",
    subjects=(
        Subject(kind="subject", scheme="http://cv.iptc.org/newscodes/mediatopic/", code="20000209", name="ships"),
    ),
    authors=(
        Author(name="Nora Castellan", role=None, source="byline"),
        Author(name="Luis Prado", role=None, source="byline"),
    ),
    tags=("ports", "storms"),
    media=(
        Media(
            url="https://harbour.example/7.jpg",
            kind="image",
            media_type="image/jpeg",
            caption="The quay",
            width=800,
            height=600,
        ),
    ),
    quotes=(),
    mentions=(Mention(kind="person", text="Anna Berzina", name="Anna Berzina", start=0, end=12, count=1),),
)


def read(body: bytes) -> Draft:
    (draft,) = read_document(Document(body=body, received_at=NOW))
    assert isinstance(draft, Draft), draft
    return draft


WRITTEN: list[Callable[[ArticleRecord], bytes]] = [
    nitf.document,
    lambda article: json.dumps(ninjs.item(article)).encode(),
    lambda article: json.dumps(jsonld.news_article(article)).encode(),
]


@pytest.mark.parametrize("write", WRITTEN, ids=["nitf", "ninjs", "jsonld"])
def test_the_fields_come_back(write: Callable[[ArticleRecord], bytes]) -> None:
    draft = read(write(ARTICLE))
    assert draft.headline == ARTICLE.headline
    assert draft.body_text == BODY
    assert draft.description == ARTICLE.description
    assert draft.source == "Harbour Wire"
    assert draft.published is not None
    assert draft.published.at == PUBLISHED
    assert [author.name for author in draft.authors] == ["Nora Castellan", "Luis Prado"]
    # ninjs has no keywords: they are subjects without a code.
    assert {*draft.tags, *(subject.name for subject in draft.subjects)} >= {"ports", "storms"}
    assert draft.usage_terms == "Not for archives"
    assert [media.url for media in draft.media] == ["https://harbour.example/7.jpg"]


@pytest.mark.parametrize("write", WRITTEN[:2], ids=["nitf", "ninjs"])
def test_the_marks_of_the_agency_come_back(write: Callable[[ArticleRecord], bytes]) -> None:
    draft = read(write(ARTICLE))
    assert (draft.urgency, draft.release_at, draft.ed_note) == (3, RELEASE, "Check the numbers")
    assert any(subject.code == "20000209" for subject in draft.subjects)


def test_angle_brackets_in_a_text_are_text() -> None:
    article = msgspec.structs.replace(ARTICLE, body_text="Twice <the> price: 4 < 5 & 6 > 5.")
    for write in WRITTEN[:2]:
        assert read(write(article)).body_text == "Twice <the> price: 4 < 5 & 6 > 5."


def test_a_withdrawn_article_is_read_as_withdrawn() -> None:
    withdrawn = msgspec.structs.replace(ARTICLE, flags=("withdrawn",))
    for write in WRITTEN[:2]:
        assert "withdrawn" in read(write(withdrawn)).flags


def test_an_archive_of_nitf_is_a_package_that_is_read() -> None:
    file = io.BytesIO()
    writer = FORMATS["nitf"].writer(file)
    writer.write(ARTICLE)
    writer.close()
    assert read(file.getvalue()).headline == ARTICLE.headline
