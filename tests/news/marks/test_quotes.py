"""Quotations and their speakers: each file of `quotes/` has one idea, and its expectation beside it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from corpus import CORPUS
from hypothesis import given
from hypothesis import strategies as st

from bench.quotes import Passage, found, passages, same
from wiredesk.worker.news.marks.mentions import find_mentions
from wiredesk.worker.news.marks.quotes import find_quotes
from wiredesk.worker.news.model import Quote

CASES = sorted((CORPUS / "quotes").glob("*.txt"))


def _read(case: Path) -> tuple[str, dict[str, Any]]:
    return case.read_text().removesuffix("\n"), json.loads(case.with_suffix(".json").read_text())


def _find(text: str, language: str | None = "en") -> tuple[Quote, ...]:
    mentions = find_mentions(text, headline=None, dateline=None, language=language)
    return find_quotes(text, mentions=mentions, language=language)


def _name(n: int) -> str:
    """The nth of many different names."""
    return "Q" + "".join("abcdefghij"[int(digit)] for digit in str(n))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_quotations_and_their_speakers(case: Path) -> None:
    text, expected = _read(case)
    assert [
        {"text": q.text, "speaker": q.speaker, "cue": q.cue, "kind": q.kind, "source": q.speaker_source}
        for q in _find(text, expected["language"])
    ] == expected["quotes"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_spans_hold_what_was_said_without_its_marks(case: Path) -> None:
    text, expected = _read(case)
    found = _find(text, expected["language"])
    assert [text[q.start : q.end] for q in found] == [q.text for q in found]
    assert [q.start for q in found] == sorted(q.start for q in found)


def test_a_speaker_without_a_mention_is_named_as_written() -> None:
    text = "“The cranes are safe,” said Okafor."
    assert [(q.speaker, q.cue) for q in find_quotes(text, mentions=(), language="en")] == [("Okafor", "said")]


def test_an_abbreviated_month_ends_no_sentence() -> None:
    text = "Rosa Delgado noted the Sept. 11 attacks and the work between “Porto and Braga.”"
    assert [(q.speaker, q.cue) for q in _find(text)] == [("Rosa Delgado", "noted")]


def test_an_unknown_language_is_read_with_the_cues_of_all() -> None:
    text = "Rosa Delgado cerró el puente. «Hemos encontrado grietas», dijo Rosa Delgado."
    assert [q.speaker for q in _find(text, None)] == ["Rosa Delgado"]


def test_no_marks_no_quotations() -> None:
    assert _find("") == ()
    assert _find("Okafor said that he'd go. The workers' union didn't.") == ()


def test_marks_around_spaces_are_no_quotation() -> None:
    assert _find('Team Alpha     1     2    "   "\nTeam Beta      3     4    "   "\ntotal 116') == ()
    assert _find("Team “   ” Beta said: «\u00a0» „ “ `` ''") == ()


_PIECES = st.sampled_from(
    [
        *"\"'“”„‟«»‹›‘’‚「」『』`´–—―-,.:;!?…  \n\n\t\u00a0\u3000",
        "``",
        "''",
        "said",
        "Bo",
        "He",
        "sagte",
        "Oslo's",
        "1",
        "\n\n",
    ]
)


@given(
    st.lists(_PIECES, max_size=60).map("".join), st.sampled_from([None, "en", "de", "fr", "sv", "ru", "zh", "ja", "he"])
)
def test_marks_spaces_and_dashes_in_any_order_are_read(text: str, language: str | None) -> None:
    found = _find(text, language)
    assert [text[q.start : q.end] for q in found] == [q.text for q in found]
    assert all(q.text.strip() for q in found)


@pytest.mark.parametrize(
    "hostile",
    [
        '"' * 200_000,
        "“" * 200_000,
        "“a”" * 60_000,
        '"a," said Bo. ' * 15_000,
        "“A\n\n" * 60_000,
        "``a'' " * 50_000,
        "‘a’ " * 60_000,
        "said " * 60_000 + "“Yes, I do.”",
        "“No.” " + "the " * 80_000,
        "“Yes, I do,” " + "he said of the minister " * 15_000,
        ". “A" * 60_000,
        "".join(f"Anna {_name(n)} said. “Yes, I do,” he said. " for n in range(6_000)),
        "".join(f"We saw {_name(n)} again. " for n in range(12_000)) + "“Yes, I do,” he said. " * 3_000,
    ],
    ids=lambda text: text[:12].replace("\n", " "),
)
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    started = time.process_time()
    _find(hostile)
    assert time.process_time() - started < 5.0


@pytest.mark.parametrize("passage", list(passages()), ids=lambda p: f"{p.language}-{p.number}")
def test_speech_in_the_languages_of_the_world(passage: Passage) -> None:
    mine = found(passage)
    assert [speaker for _, speaker in mine] == [speaker for _, speaker in passage.speech]
    assert all(same(text, said) for (text, _), (said, _) in zip(mine, passage.speech, strict=True))


@pytest.mark.parametrize(
    ("hostile", "language"),
    [
        ("– A, sade Bo. " * 15_000, "sv"),
        ("\n– Ja" * 50_000, "sv"),
        ("«Аа, — сказал Иван Бо, — бб». " * 8_000, "ru"),
        ("محمد " * 50_000 + "«»", "ar"),
        ('א"א ' * 60_000, "he"),
        ("김철 장관은 " * 30_000 + '"네"고', "ko"),
        ("“张”说" * 60_000, "zh"),
        ("「あ」と田中（1）社長" * 20_000, "ja"),
    ],
)
def test_hostile_text_takes_linear_time_in_every_writing(hostile: str, language: str) -> None:
    started = time.process_time()
    find_quotes(hostile, mentions=(), language=language)
    assert time.process_time() - started < 5.0


def test_a_language_without_data_gives_its_speech_without_a_speaker() -> None:
    text = "“Sitima idzayambanso kuyenda Lolemba m'mawa.” Adatero Grace Banda dzulo."
    assert [(q.text, q.speaker) for q in _find(text, "ny")] == [("Sitima idzayambanso kuyenda Lolemba m'mawa.", None)]
