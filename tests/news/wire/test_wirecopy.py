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
@pytest.mark.timeout(20)  # the clock of a busy machine; alone, none takes a second
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
