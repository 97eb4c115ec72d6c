"""The runs of a text: marks of its dateline, quotations and names, in all their overlaps."""

from __future__ import annotations

import pytest

from wiredesk.worker.store.records import Mention, Quote
from wiredesk.worker.web.pages.markup import Run, paragraphs
from wiredesk.worker.web.pages.pictures import Bar, Picture, stacked

TEXT = "OSLO (dpa) - “It is Oslo’s ferry,” said Ann Berg.\n\nNothing else."


def quote(text: str, speaker: str | None, body: str = TEXT) -> Quote:
    start = body.index(text)
    return Quote(
        text=text, start=start, end=start + len(text), speaker=speaker, speaker_source=None, cue=None, kind="direct"
    )


def mention(kind: str, text: str, name: str, body: str = TEXT) -> Mention:
    start = body.index(text)
    return Mention(kind=kind, text=text, name=name, start=start, end=start + len(text), count=1)


def marked(runs: list[Run]) -> list[tuple[str, str]]:
    """Each run with its marks: d for the dateline, s for speech, the kind of a mention, and a speaker after a colon."""
    return [
        (
            run.text,
            "d" * run.is_dateline + "s" * run.is_speech + run.mention + (f":{run.speaker}" if run.speaker else ""),
        )
        for run in runs
    ]


def test_marks_split_a_paragraph_where_they_begin_and_end() -> None:
    first, second = paragraphs(
        TEXT,
        dateline="OSLO (dpa) -",
        quotes=[quote("It is Oslo’s ferry,", "Ann Berg")],
        mentions=[
            mention("place", "OSLO", "Oslo"),
            mention("place", "Oslo", "Oslo"),
            mention("person", "Ann Berg", "Ann Berg"),
        ],
    )
    assert marked(first) == [
        ("OSLO", "dplace"),
        (" (dpa) -", "d"),
        (" ", ""),
        ("“It is ", "s"),
        ("Oslo", "splace"),
        ("’s ferry,”", "s:Ann Berg"),
        (" said ", ""),
        ("Ann Berg", "person"),
        (".", ""),
    ]
    assert marked(second) == [("Nothing else.", "")]


def test_a_quotation_of_two_paragraphs_names_its_speaker_after_each() -> None:
    body = "He said: “One.\n\nTwo.” Then he left."
    runs = paragraphs(body, dateline=None, quotes=[quote("One.\n\nTwo.", "Ann", body)], mentions=[])
    assert [marked(each) for each in runs] == [
        [("He said: ", ""), ("“One.", "s:Ann")],
        [("Two.”", "s:Ann"), (" Then he left.", "")],
    ]


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (5, 5), (9, 4), (0, 10_000)])
def test_a_mark_outside_the_text_marks_nothing(start: int, end: int) -> None:
    broken = Mention(kind="place", text="x", name="x", start=start, end=end, count=1)
    assert marked(paragraphs("A short text.", dateline=None, quotes=[], mentions=[broken])[0]) == [
        ("A short text.", "")
    ]


def test_the_first_of_two_marks_that_overlap_counts() -> None:
    body = "Bank of Oslo is closed."
    longer, shorter = (
        mention("organisation", "Bank of Oslo", "Bank of Oslo", body),
        mention("place", "Oslo", "Oslo", body),
    )
    (runs,) = paragraphs(body, dateline=None, quotes=[], mentions=[shorter, longer])
    assert marked(runs) == [("Bank of Oslo", "organisation"), (" is closed.", "")]


def test_bars_share_the_height_of_the_fullest_column() -> None:
    picture = stacked([{"created": 3, "rejected": 1}, {}, {"created": 2}], ["created", "rejected"])
    assert picture == Picture(
        3,
        (Bar(0, 25.0, 75.0, "created"), Bar(0, 0.0, 25.0, "rejected"), Bar(2, 50.0, 50.0, "created")),
    )
    assert stacked([{}, {}], ["created"]).bars == ()
