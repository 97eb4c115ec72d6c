# ruff: noqa: E501  (a table)
"""Which field of an agency's format goes where: the same article in each of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from wire_samples import (
    ANPA_1312,
    FORWARDED,
    IPTC_7901,
    JSON_LD,
    MAIL,
    NEWS_ITEM,
    NEWSML_1,
    NINJS_1,
    NINJS_2,
    NINJS_3,
    NITF,
    PORT,
    REPAIRS,
    SAMPLES,
    news_message,
    page,
    warc_record,
    zipped,
)

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.formats import table
from wiredesk.worker.news.model import RELEASED_LATER, Draft, Subject
from wiredesk.worker.news.read import Document, mark_up, read_document

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
RELEASE = datetime(2026, 3, 12, 6, tzinfo=UTC)
MEDIA_TOPIC = Subject("subject", "20000209", "http://cv.iptc.org/newscodes/mediatopic/", "maritime transport")


def read(body: bytes | str | dict[str, Any], **more: Any) -> list[Draft | Rejected]:
    if isinstance(body, dict):
        body = json.dumps(body)
    content = body.encode() if isinstance(body, str) else body
    return list(read_document(Document(body=content, received_at=NOW, **more)))


def only(body: bytes | str | dict[str, Any], **more: Any) -> Draft:
    (draft,) = read(body, **more)
    assert isinstance(draft, Draft)
    return draft


def shown(draft: Draft) -> dict[str, Any]:
    return {
        "headline": draft.headline,
        "body": draft.body_text,
        "authors": [author.name for author in draft.authors],
        "source": draft.source,
        "published": draft.published.at.isoformat() if draft.published else None,
        "modified": draft.modified.at.isoformat() if draft.modified else None,
        "id": draft.provider_id,
        "version": draft.provider_version,
        "urgency": draft.urgency,
        "release": draft.release_at,
        "note": draft.ed_note,
        "terms": draft.usage_terms,
        "place": draft.dateline.place if draft.dateline else None,
    }


URN = "urn:newsml:harbour.example:20260309:riga-port"
COMMON = {
    "headline": "Harbour reopens after storm",
    "body": f"{PORT}\n\n{REPAIRS}",
    "authors": ["Nora Castellan"],
    "source": "Harbour Press",
    "id": URN,
}
FIELDS: list[tuple[str, bytes | str | dict[str, Any], dict[str, Any]]] = [
    (
        "nitf",
        NITF,
        {
            "published": "2026-03-09T14:15:00+00:00",
            "modified": None,
            "id": "HP-riga-port",
            "version": "2",
            "urgency": 3,
            "release": RELEASE,
            "note": "ADDS quote from director.\nPictures will follow.",
            "terms": "Not for archives.",
            "place": "RIGA",
        },
    ),
    (
        "newsml-g2",
        NEWS_ITEM,
        {
            "published": "2026-03-09T12:15:00+00:00",
            "modified": "2026-03-09T14:15:00+00:00",
            "version": "3",
            "urgency": 3,
            "release": RELEASE,
            "note": "Adds quote.",
            "terms": "Not for archives.",
            "place": "Riga",
        },
    ),
    (
        "newsml-1",
        NEWSML_1,
        {
            "published": "2026-03-09T12:15:00+00:00",
            "modified": "2026-03-09T14:15:00+00:00",
            "version": "2",
            "urgency": 4,
            "release": RELEASE,
            "note": None,
            "terms": "Not for archives.",
            "place": "RIGA",
        },
    ),
    (
        "ninjs-1",
        NINJS_1,
        {
            "published": "2026-03-09T14:15:00+00:00",
            "modified": "2026-03-09T14:15:00+00:00",
            "version": "2",
            "urgency": 3,
            "release": RELEASE,
            "note": "Adds quote.",
            "terms": "Not for archives.",
            "place": "Riga",
        },
    ),
    (
        "ninjs-2",
        NINJS_2,
        {
            "published": "2026-03-09T14:15:00+00:00",
            "modified": "2026-03-09T14:15:00+00:00",
            "version": "2",
            "urgency": 3,
            "release": None,
            "note": None,
            "terms": None,
            "place": "Riga",
        },
    ),
    (
        "ninjs-3",
        NINJS_3,
        {
            "published": "2026-03-09T12:15:00+00:00",
            "modified": "2026-03-09T14:15:00+00:00",
            "version": "2",
            "urgency": 3,
            "release": RELEASE,
            "note": "Adds quote.",
            "terms": "Not for archives.",
            "place": None,
        },
    ),
    (
        "json-ld",
        JSON_LD,
        {
            "published": "2026-03-09T12:15:00+00:00",
            "modified": "2026-03-09T14:15:00+00:00",
            "id": "https://harbour.example/riga-port",
            "version": None,
            "urgency": None,
            "release": None,
            "note": None,
            "terms": "Not for archives.",
            "place": "Riga",
        },
    ),
]


@pytest.mark.parametrize(("name", "document", "own"), FIELDS, ids=[name for name, _, _ in FIELDS])
def test_fields(name: str, document: bytes | str | dict[str, Any], own: dict[str, Any]) -> None:
    assert shown(only(document)) == COMMON | own


@pytest.mark.parametrize(
    ("document", "subjects"),
    [
        (NITF, [Subject("subject", "04000000", "http://cv.iptc.org/newscodes/subjectcode/", "Economy"),
                Subject("genre", None, None, "News"), Subject("person", "p-17", "hp", "Anna Berzina"),
                Subject("organisation", None, None, "Harbour Board")]),
        (NEWS_ITEM, [MEDIA_TOPIC, Subject("person", "17", "http://cv.harbour.example/person/", "Anna Berzina"),
                     Subject("organisation", "hb", None, "Harbour Board")]),
        (NEWSML_1, [Subject("subject", "04015001", "http://cv.iptc.org/newscodes/subjectcode/", None),
                    Subject("place", None, None, "Riga")]),
        (NINJS_1, [MEDIA_TOPIC, Subject("person", None, None, "Anna Berzina"),
                   Subject("organisation", None, None, "Harbour Board"), Subject("place", None, None, "Riga")]),
        (NINJS_3, [MEDIA_TOPIC, Subject("person", None, None, "Anna Berzina")]),
        (JSON_LD, [Subject("person", None, None, "Anna Berzina")]),
        (ANPA_1312, [Subject("category", "i", None, None)]),
        (IPTC_7901, [Subject("category", "wi", None, None)]),
    ],
    ids="nitf newsml-g2 newsml-1 ninjs-1 ninjs-3 json-ld anpa iptc-7901".split(),
)  # fmt: skip
def test_marks_of_the_agency(document: bytes | str | dict[str, Any], subjects: list[Subject]) -> None:
    assert list(only(document).subjects) == subjects


def test_marks_of_the_agency_win_over_those_that_are_found() -> None:
    named = NINJS_1 | {"person": [{"name": "Harbour Board"}], "organisation": []}
    draft = mark_up(only(named), received_at=NOW)
    assert [(m.kind, m.text) for m in draft.mentions if m.text == "Harbour Board"] == [("person", "Harbour Board")]


@pytest.mark.parametrize("document", [NITF, NEWSML_1, NINJS_1, JSON_LD], ids="nitf newsml-1 ninjs json-ld".split())
def test_pictures(document: str | dict[str, Any]) -> None:
    assert [(media.url, media.kind) for media in only(document).media] == [("https://img.example/1.jpg", "image")]


def test_contacts_are_evidence() -> None:
    contacts = [
        (one.source, one.value)
        for document in (NITF, NINJS_3)
        for one in only(document).evidence
        if one.field == "contact"
    ]
    assert contacts == [("nitf", "Contact: desk@harbour.example"), ("ninjs", "berzina@port.example")]


@pytest.mark.parametrize(
    "document",
    [
        NITF.replace('management-status="usable"', 'management-status="canceled"'),
        NEWS_ITEM.replace("stat:usable", "stat:canceled"),
        NEWS_ITEM.replace("stat:usable", "stat:withheld"),
        NEWSML_1.replace('Status FormalName="Embargoed"', 'Status FormalName="Canceled"'),
        NINJS_1 | {"pubstatus": "canceled"},
        NINJS_3 | {"pubStatus": "withheld"},
        {"uri": URN, "pubstatus": "canceled", "versioncreated": "2026-03-09T18:00:00Z", "version": "3"},
    ],
    ids="nitf g2-canceled g2-withheld newsml-1 ninjs-1 ninjs-3 bare".split(),
)
def test_a_kill_is_withdrawn(document: str | dict[str, Any]) -> None:
    assert "withdrawn" in only(document).flags


@pytest.mark.parametrize(
    ("document", "release_at"),
    [
        (NEWS_ITEM.replace("<embargoed>2026-03-12T06:00:00+00:00</embargoed>", "<embargoed/>"), RELEASED_LATER),
        (NEWS_ITEM.replace("<embargoed>2026-03-12T06:00:00+00:00</embargoed>", ""), None),
        (NITF.replace("20260312T060000Z", "soon"), RELEASED_LATER),
        (
            NITF.replace('"usable"', '"embargoed"').replace('<date.release norm="20260312T060000Z"/>', ""),
            RELEASED_LATER,
        ),
        (NINJS_1 | {"embargoed": "2026-03-12T07:00:00+01:00"}, RELEASE),
    ],
    ids="g2-without-time g2-none nitf-unreadable nitf-without-time ninjs-zone".split(),
)
def test_an_embargo_whose_end_is_not_said_is_ended_by_a_later_version(
    document: str | dict[str, Any], release_at: datetime | None
) -> None:
    draft = only(document)
    assert draft.release_at == release_at
    assert ("embargo" in draft.flags) == (release_at is not None)


def test_transmissions() -> None:
    draft = only(IPTC_7901)
    assert shown(draft) | {"body": ""} == {
        "headline": "Hafen von Riga nach Sturm wieder geöffnet", "body": "", "authors": [], "source": None,
        "published": "2026-03-09T12:15:00+00:00", "modified": None, "id": "hdt0123/2026-03-09", "version": None,
        "urgency": 4, "release": None, "note": None, "terms": None, "place": "RIGA",
    }  # fmt: skip
    assert draft.body_text == (
        "RIGA, 9. März (dpa) - Der Hafen von Riga ist nach einem Sturm wieder geöffnet worden, sagte die Direktorin Anna "
        "Berzina am Montag. Er war zwei Tage geschlossen.\n\nDie Reparaturen sollen einen Monat dauern."
    )
    draft = only(ANPA_1312)
    assert shown(draft) | {"body": ""} == {
        "headline": "Harbour reopens after storm", "body": "", "authors": ["Nora Castellan"], "source": None,
        "published": "2026-03-09T17:15:00+00:00", "modified": None, "id": "APa0123/2026-03-09", "version": None,
        "urgency": 4, "release": None, "note": None, "terms": None, "place": "RIGA, Latvia",
    }  # fmt: skip
    assert draft.body_text == (
        "RIGA, Latvia (AP) _ The port of Riga reopened on Monday after a storm closed it for two days, its director said. "
        "Ships will sail tonight, she said.\n\nRepairs would take a month and cost four million euros."
    )


def test_many_messages_in_one_transmission() -> None:
    second = IPTC_7901.replace(b"hdt0123", b"hdt0124")
    drafts = read(IPTC_7901 + b"\x16\x16\x07\x07" + second)
    assert [one.provider_id for one in drafts if isinstance(one, Draft)] == ["hdt0123/2026-03-09", "hdt0124/2026-03-09"]


def test_a_message_of_many_items() -> None:
    other = NEWS_ITEM.replace("riga-port", "two").replace("Harbour reopens", "Ferry returns")
    empty = '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:3" version="1"><itemMeta/></newsItem>'
    package = '<packageItem xmlns="http://iptc.org/std/nar/2006-10-01/"><groupSet><group><itemRef residref="x"/></group></groupSet></packageItem>'
    first, second, third = read(news_message(NEWS_ITEM, other, empty, package))
    assert isinstance(first, Draft) and first.headline == "Harbour reopens after storm"
    assert isinstance(second, Draft) and second.headline == "Ferry returns after storm"
    assert isinstance(third, Rejected) and str(third) == "no_text: item 3: the item has neither a headline nor a text"


def test_nitf_inside_newsml_g2_fills_what_the_item_does_not_say() -> None:
    inner = NITF[NITF.index("<nitf") :]
    start, end = NEWS_ITEM.index("<inlineXML"), NEWS_ITEM.index("</contentSet>")
    whole = f'{NEWS_ITEM[:start]}<inlineXML contenttype="application/nitf+xml">{inner}</inlineXML>{NEWS_ITEM[end:]}'
    draft = only(whole.replace("<headline>Harbour reopens after storm</headline>", ""))
    assert (draft.headline, draft.body_text) == ("Harbour reopens after storm", f"{PORT}\n\n{REPAIRS}")
    assert draft.provider_id == URN
    assert [one.name for one in draft.subjects if one.kind == "organisation"] == ["Harbour Board"] * 2


def test_a_ninjs_package() -> None:
    inner = [NINJS_3 | {"uri": f"urn:{n}", "headlines": [{"value": f"Part {n}"}]} for n in (1, 2)]
    package = {"uri": "urn:p", "type": "composite", "versionCreated": "2026-03-09T16:15:00Z", "associations": inner}
    assert [one.headline for one in read(package) if isinstance(one, Draft)] == ["Part 1", "Part 2"]
    listed = json.dumps([NINJS_1, NINJS_1 | {"uri": "urn:2", "headline": "Second"}])
    assert [one.headline for one in read(listed) if isinstance(one, Draft)] == ["Harbour reopens after storm", "Second"]


def test_mail() -> None:
    draft = only(MAIL)
    assert (draft.headline, draft.provider_id) == ("Harbour reopens after storm", "<riga-port@harbour.example>")
    assert draft.body_text == f"RIGA, March 9 (Harbour Press) - {PORT}\n\n{REPAIRS} The board will meet on Tuesday."


def test_a_forwarded_text_is_read_without_the_note_above_it() -> None:
    draft = only(FORWARDED)
    assert (draft.headline, draft.body_text) == (
        "Harbour reopens after storm",
        f"RIGA, March 9 (Harbour Press) - {PORT}\n\n{REPAIRS}",
    )


def test_attached_documents_are_articles_of_their_own() -> None:
    attachment = (
        f'Content-Type: application/xml\r\nContent-Disposition: attachment; filename="a.xml"\r\n\r\n{NITF}\r\n--outer--'
    )
    mail = MAIL.replace(b"--outer--", f"--outer\r\n{attachment}".encode())
    headlines = [one.provider_id for one in read(mail) if isinstance(one, Draft)]
    assert headlines == ["<riga-port@harbour.example>", "HP-riga-port"]


def test_each_page_of_a_warc_is_an_article_seen_at_its_time() -> None:
    other = [
        warc_record("https://harbour.example/a.js", b"x()", headers="Content-Type: text/javascript"),
        warc_record("https://harbour.example/gone", page(2), status="404 Not Found"),
        warc_record("dns:harbour.example", b"127.0.0.1"),
    ]
    drafts = read(
        b"".join(
            [
                warc_record("https://harbour.example/1", page(1)),
                *other,
                warc_record("https://harbour.example/3", page(3)),
            ]
        )
    )
    assert [(one.headline, one.canonical_url) for one in drafts if isinstance(one, Draft)] == [
        ("Ferry 1 returns to the islands", "https://harbour.example/1"),
        ("Ferry 3 returns to the islands", "https://harbour.example/3"),
    ]


def test_the_charset_of_the_server_holds_for_a_page_of_a_warc() -> None:
    body = page(1).decode().replace("Riga", "Rīga").encode("windows-1257")
    record = warc_record("https://harbour.example/1", body, headers="Content-Type: text/html; charset=windows-1257")
    assert "port of Rīga" in only(record).body_text


def test_packages_within_packages() -> None:
    inner = zipped([("mail.eml", MAIL), ("notes.pdf", b"%PDF")])
    drafts = read(zipped([("a.xml", NITF.encode()), ("b.json", json.dumps(NINJS_1).encode()), ("c.zip", inner)]))
    assert [one.provider_id for one in drafts if isinstance(one, Draft)] == [
        "HP-riga-port",
        URN,
        "<riga-port@harbour.example>",
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_is_recognised_and_reads_under_its_own_media_type(name: str) -> None:
    found = table.recognise(SAMPLES[name])
    assert found is not None
    for media_type in found.media_types:
        assert table.format_of(f"{media_type.upper()}; charset=utf-8") is found
    sniffed, declared = read(SAMPLES[name]), read(SAMPLES[name], media_type=found.media_types[0])
    assert sniffed == declared and all(isinstance(one, Draft) for one in sniffed)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body><p>NewsML is a format.</p></body></html>",
        b'<?xml version="1.0"?><rss version="2.0"><channel><title>nitf</title></channel></rss>',
        b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "uri": "x", "bodies": []}]}',
        b'{"hello": "world"}',
        b"RIGA, March 9 (Example) - The port reopened.",
        b"From: desk@harbour.example\nSubject: Harbour\n\nRIGA, March 9 (Example) - The port reopened.",
        b"\x1f\x8b\x08broken",
        b"",
    ],
)
def test_other_documents_are_not_taken_for_one(body: bytes) -> None:
    assert table.recognise(body) is None
