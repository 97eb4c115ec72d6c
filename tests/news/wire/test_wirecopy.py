"""Wire copy as it arrives: each file of `wirecopy/` has one idea, and its expectation beside it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from corpus import CORPUS
from hypothesis import given, settings
from hypothesis import strategies as st

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.model import Draft
from wiredesk.worker.news.wire.copy import read_wire_copy

RECEIVED = datetime(2018, 3, 5, 12, 0, tzinfo=UTC)
CASES = sorted((CORPUS / "wirecopy").glob("*.txt"))


def _seen(draft: Draft) -> dict[str, Any]:
    """What an expectation may name; the body as a list of paragraphs."""
    line = draft.dateline
    return {
        "source": draft.source,
        "headline": draft.headline,
        "description": draft.description,
        "byline": draft.byline,
        "authors": [author.name for author in draft.authors],
        "body": draft.body_text.split("\n\n"),
        "agency": draft.agency,
        "agency_source": draft.agency_source,
        "flags": list(draft.flags),
        "published": draft.published and draft.published.at.date().isoformat(),
        "published_source": draft.published and draft.published.source,
        "dateline": line
        and {
            "text": line.text,
            "place": line.place,
            "date": line.date and line.date.isoformat(),
            "agency": line.agency,
            "start": line.start,
        },
    }


def test_there_are_cases() -> None:
    assert len(CASES) >= 40


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_copy_is_read_as_its_expectation_says(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    with path.open(encoding="utf-8", newline="") as copy:
        seen = _seen(read_wire_copy(copy.read(), received_at=RECEIVED))
    assert {name: seen[name] for name in expected} == expected


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_offsets_of_the_dateline_are_of_the_body(path: Path) -> None:
    draft = read_wire_copy(path.read_text(encoding="utf-8"), received_at=RECEIVED)
    if draft.dateline is not None:
        assert draft.body_text[draft.dateline.start : draft.dateline.end] == draft.dateline.text


def test_the_day_of_the_dateline_is_the_day_of_publication() -> None:
    draft = read_wire_copy("Rates rise\n\nROME, Dec 30 (Reuters) - Rates rose.", received_at=RECEIVED)
    assert draft.published is not None
    assert draft.published.at == datetime(2017, 12, 30, tzinfo=UTC)
    assert (draft.published.precision, draft.published.source, draft.published.zone_known) == ("day", "dateline", False)


def test_nothing_is_published_now() -> None:
    assert read_wire_copy("Rates rise\n\nThe bank raised rates.", received_at=RECEIVED).published is None


def test_each_value_says_where_it_stood() -> None:
    copy = "Harbour News Review\n\nRates rise\nBy Jane Doe\n\nROME, March 3 (Reuters) - Rates rose."
    evidence = {(seen.field, seen.source, seen.value) for seen in read_wire_copy(copy, received_at=RECEIVED).evidence}
    assert {
        ("source", "masthead", "Harbour News Review"),
        ("headline", "head", "Rates rise"),
        ("byline", "copy", "By Jane Doe"),
        ("dateline", "body", "ROME, March 3 (Reuters) -"),
        ("published", "dateline", "ROME, March 3 (Reuters) -"),
        ("agency", "dateline", "Reuters"),
    } <= evidence


@pytest.mark.parametrize("text", ["", "  \n\t \n", "\u200b\ufeff\n", "(MORE)\n", "ENDS"])
def test_text_without_an_article_is_rejected(text: str) -> None:
    with pytest.raises(Rejected) as refused:
        read_wire_copy(text, received_at=RECEIVED)
    assert refused.value.reason == "empty"


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 1_000_000,
        "A b\n" * 80_000,
        " " * 1_000_000 + "x",
        "By " * 300_000,
        "(\n" * 100_000,
        "1  2  " * 150_000,
        "-\n" * 100_000,
    ],
    ids=["word", "lines", "spaces", "by", "brackets", "columns", "dashes"],
)
@pytest.mark.timeout(120)  # the clock of a busy machine; alone, none takes a second
def test_hostile_copy_ends(hostile: str) -> None:
    draft = read_wire_copy(hostile, received_at=RECEIVED)
    assert draft.dateline is None
    assert draft.published is None


_FRAGMENTS = st.sampled_from([
    "LONDON", "Paris", "March", "3", "00", "99", "2018", "AP", "Reuters", "dpa", "By", "Jane Doe", "ENDS", "(MORE)",
    "###", "UPDATE 1-", "Contact:", "a@b.example", "Copyright 2018", "=", ";", "^", "<", "²", "٣", "日", "марта",
    "word " * 15, " ", "\n", "\n\n", "    ", "\t", "-", "—", ":", ".", ",", "(", ")", "/", "|", "“", "''", "\xad",
    "\xa0", "&#x2B;",
])  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(_FRAGMENTS, max_size=30), st.none() | st.just(RECEIVED))
def test_copy_of_any_shape_is_read_or_rejected_as_empty(fragments: list[str], received_at: datetime | None) -> None:
    try:
        draft = read_wire_copy(" ".join(fragments), received_at=received_at)
    except Rejected as refused:
        assert refused.reason == "empty"
        return
    assert "\n\n\n" not in draft.body_text
    if draft.dateline is not None:
        assert draft.body_text[draft.dateline.start : draft.dateline.end] == draft.dateline.text


def test_a_dateline_of_another_year_is_not_moved_to_the_year_of_receipt() -> None:
    draft = read_wire_copy("Old news\n\nROME, March 3, 1998 (AP) — It rained.", received_at=RECEIVED)
    assert draft.dateline is not None
    assert draft.dateline.date == date(1998, 3, 3)


_STORY = (
    "Town votes to rebuild sea wall\n\nWHITBY, March 3 (AP) — The council voted on Saturday to rebuild the wall.\n\n"
)
_LAST = "Work begins in May, the mayor said."


@pytest.mark.parametrize(
    "trailer",
    [
        " EFE\nabc/def\n(foto)(vídeo)",
        " (ANSA).\n\nABC-XY\n03-MAR-18 18:22 NNNN",
        "\n\nABC (DEF) // GHI\nLusa/Fim",
        " (PAP)\n\nabc/ def/",
        " PTI ABC DEF\nGHI",
        " Enditem",
        "\n\n-0-",
        "（完）",
        "\n\nwww.kcna.kp (Juche107.3.3.)",
        "\n\n#\n\ndpa abc yydd n1 def",
        "\n\njane@wire.example\n(END)",
        "\n\n<저작권자(c) 통신사, 무단 전재-재배포 금지>",
        "\n\n（譯者：王小明/編輯：李大同）1070303",
    ],
)
def test_trailers_of_agencies_stay_out_of_the_text(trailer: str) -> None:
    draft = read_wire_copy(f"{_STORY}{_LAST}{trailer}\n", received_at=RECEIVED)
    assert draft.body_text.split("\n\n")[1:] == [_LAST]
    assert "jane@" not in str(draft)


@pytest.mark.parametrize(
    "block",
    [
        "* * *\nDie folgenden Informationen sind nicht zur Veröffentlichung bestimmt\n\n## dpa\n- Autorin: Eva Muster",
        "# # #\n\n# Notizblock\n\n## Orte\n- [Rathaus](Marktplatz 1)\n\n* * * *\n- Redaktion: +49 30 555 0111",
        "The following information is not intended for publication:\nEditing by Eva Muster",
        "--- NOT FOR PUBLICATION ---\nEva Muster, desk",
        "Las siguientes informaciones no están destinadas: no publicar\nEva Muster",
        "Non destinato alla pubblicazione\nEva Muster",
        "Ne pas publier : Eva Muster",
        "Не для печати\nEva Muster",
    ],
)
def test_notes_to_desks_are_published_nowhere(block: str) -> None:
    below = read_wire_copy(f"{_STORY}{_LAST}\n\n{block}, <desk@wire.example>\n", received_at=RECEIVED)
    assert below.body_text.split("\n\n")[1:] == [_LAST]
    assert "desk@wire" not in str(below)
    assert "Muster" not in str(below)


def test_a_notice_to_desks_on_top_is_published_nowhere() -> None:
    notice = "Not for publication: Eva Muster, +49 30 555 0111, desk@wire.example"
    draft = read_wire_copy(f"{notice}\n\n{_STORY}{_LAST}\n", received_at=RECEIVED)
    assert draft.headline == "Town votes to rebuild sea wall"
    assert draft.flags == ("not_for_publication",)
    assert "Muster" not in str(draft)


@pytest.mark.parametrize(
    "sentence",
    [
        "The memo, which was marked not for publication, said the wall would cost 3 million pounds.",
        "Not for publication until Monday, the report says the wall is weak.",
    ],
)
def test_a_sentence_about_a_secret_stays_in_the_text(sentence: str) -> None:
    draft = read_wire_copy(f"{_STORY}{sentence}\n\n{_LAST}\n", received_at=RECEIVED)
    assert draft.body_text.split("\n\n")[1:] == [sentence, _LAST]


@pytest.mark.parametrize(
    "copy",
    [
        "BC-WHITBY-WALL-KILL\nTown votes to rebuild sea wall\n\nLONDON (AP) — Kill the story slugged WHITBY WALL.",
        "Withdrawal: Town votes to rebuild sea wall\n\nThe agency has withdrawn its story on the wall at Whitby.",
        "MANDATORY KILL\n\nEditors: please disregard the report from Whitby that was sent on Saturday.",
        "Rückruf: Stadt baut Mauer\n\nDie Meldung vom Samstag wird zurückgezogen, sie war falsch.",
        "ANULACIÓN\n\nQueda anulada la noticia sobre el muro de Whitby enviada el sábado por error.",
        "Town votes to rebuild sea wall\n\nLONDON (AP) — The story that was sent on Saturday was withdrawn.",
    ],
)
def test_a_story_taken_back_is_withdrawn(copy: str) -> None:
    assert "withdrawn" in read_wire_copy(copy, received_at=RECEIVED).flags


@pytest.mark.parametrize(
    "copy",
    [
        "Withdrawal of troops from the border begins\n\nRIGA (AP) — Troops withdrew on Saturday.",
        "Storm kills two\n\nRIGA (AP) — A storm killed two sailors, a report said.",
        "Kill switch for scooters voted\n\nRIGA (AP) — The council voted on Saturday.",
    ],
)
def test_a_story_about_taking_back_is_no_kill(copy: str) -> None:
    assert "withdrawn" not in read_wire_copy(copy, received_at=RECEIVED).flags


@pytest.mark.parametrize(
    ("head", "flag"),
    [
        ("Urgent: Town votes to rebuild sea wall", "urgent"),
        ("FLASH - Town votes to rebuild sea wall", "urgent"),
        ("BULLETIN: Town votes to rebuild sea wall", "urgent"),
        ("(URGENT) Town votes to rebuild sea wall", "urgent"),
        ("(2nd LD) Town votes to rebuild sea wall", "update"),
        ("(LEAD) Town votes to rebuild sea wall\n(ATTN: UPDATES with details in paras 4-5; ADDS photo)", "update"),
        (">>>ANSA/ Town votes to rebuild sea wall", None),
        (
            "From: a@wire.example\nSubject: [WIRE] Another\n\nTown votes to rebuild sea wall",
            None,
        ),
        ("RNS Number : 1234A\nTown votes to rebuild sea wall", None),
    ],
)
def test_labels_of_the_transmission_are_no_part_of_the_headline(head: str, flag: str | None) -> None:
    draft = read_wire_copy(_STORY.replace("Town votes to rebuild sea wall", head) + _LAST, received_at=RECEIVED)
    assert draft.headline == "Town votes to rebuild sea wall"
    assert [name for name in draft.flags if name in {"urgent", "update"}] == ([flag] if flag else [])


def test_the_subject_and_the_date_of_a_mail_serve_where_the_copy_has_none() -> None:
    header = "From: desk@wire.example\nSubject: Re: [WIRE] Town votes\nDate: Sat, 3 Mar 2018 18:40:11 +0000\n\n"
    draft = read_wire_copy(
        f"{header}The council of the harbour town voted on Saturday to rebuild the sea wall, the mayor said.",
        received_at=RECEIVED,
    )
    assert draft.headline == "Town votes"
    assert draft.published is not None
    assert draft.published.at == datetime(2018, 3, 3, 18, 40, 11, tzinfo=UTC)
    assert "desk@" not in str(draft)


def test_reporters_in_a_dateline_are_the_authors() -> None:
    copy = "항구 다시 열려\n\n(서울=연합뉴스) 홍길동 김철수 기자 = 정부는 3일 항구를 다시 열었다고 밝혔다."
    assert [author.name for author in read_wire_copy(copy, received_at=RECEIVED).authors] == ["홍길동", "김철수"]


def test_a_story_sent_in_pages_is_one_text() -> None:
    copy = f"{_STORY}(MORE)\n\nADD1 Sea Wall\n{_LAST}\n"
    assert read_wire_copy(copy, received_at=RECEIVED).body_text.split("\n\n")[1:] == [_LAST]
