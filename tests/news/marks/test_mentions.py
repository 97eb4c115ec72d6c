"""Persons, organisations and places: each file of `mentions/` has one idea, and its expectation beside it."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from corpus import CORPUS

from wiredesk.worker.news.marks import mentions
from wiredesk.worker.news.marks.mentions import find_mentions
from wiredesk.worker.news.model import Dateline, Draft, Mention
from wiredesk.worker.news.read import mark_up

CASES = sorted((CORPUS / "mentions").glob("*.txt"))


def _read(case: Path) -> tuple[str, dict[str, Any]]:
    return case.read_text().removesuffix("\n"), json.loads(case.with_suffix(".json").read_text())


def _find(text: str, language: str | None = "en", dateline: Dateline | None = None) -> tuple[Mention, ...]:
    return find_mentions(text, headline=None, dateline=dateline, language=language)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_names_what_an_editor_would_mark(case: Path) -> None:
    text, expected = _read(case)
    line = expected.get("dateline")
    found = _find(text, expected["language"], Dateline(date=None, **line) if line else None)
    assert [{"kind": m.kind, "text": m.text, "name": m.name, "count": m.count} for m in found] == expected["mentions"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_spans_are_offsets_of_the_first_time_and_in_order(case: Path) -> None:
    text, expected = _read(case)
    found = _find(text, expected["language"])
    assert [text[m.start : m.end] for m in found] == [m.text for m in found]
    assert [m.start for m in found] == sorted(m.start for m in found)
    assert len({(m.kind, m.text) for m in found}) == len(found)


def test_the_whole_article_decides_about_a_bare_surname() -> None:
    alone = "Quellmark smiled at the harbour and then left for home."
    named = "Tamsin Quellmark runs the port. " + alone
    assert [m.text for m in _find("The wind rose. Then we saw Quellmark again.")] == []
    assert [(m.text, m.name) for m in _find(named)] == [
        ("Tamsin Quellmark", "Tamsin Quellmark"),
        ("Quellmark", "Tamsin Quellmark"),
    ]


def test_an_empty_text_has_no_mentions() -> None:
    assert _find("") == ()
    assert _find("\n\n") == ()


@pytest.mark.parametrize(
    "hostile",
    [
        "A" * 300_000,
        "Aa " * 100_000,
        "A." * 150_000,
        "A&" * 150_000,
        "Aa-" * 100_000,
        "Aa de " * 60_000,
        "Aa’" * 100_000,
        "Committee of " * 25_000,
        "Rep. " * 60_000,
        "“Aa " * 75_000,
        "Al-" * 100_000 + "x",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_takes_linear_time(hostile: str) -> None:
    started = time.process_time()
    _find(hostile)
    assert time.process_time() - started < 5.0


def test_a_pipeline_adds_what_the_rules_did_not_find() -> None:
    draft = Draft(body_text="Mara Lindqvist met the harbour pilots of Quay Nine in Oslo.", language="en")
    extra = (Mention("organisation", "Quay Nine", 41, 50, "Quay Nine"), Mention("person", "Oslo", 54, 58, "Oslo"))
    received_at = datetime(2026, 3, 3, tzinfo=UTC)
    found = mark_up(draft, received_at=received_at, more_mentions=lambda text: extra).mentions
    assert [(m.kind, m.text) for m in found] == [
        ("person", "Mara Lindqvist"),
        ("organisation", "Quay Nine"),
        ("place", "Oslo"),
    ]


def test_words_longer_than_any_name_are_not_remembered() -> None:
    before = mentions._judged.cache_info().currsize
    text = " ".join(f"It was A{'b' * 5_000}{number}." for number in range(20))
    find_mentions(text, headline=None, dateline=None, language="en")
    assert mentions._judged.cache_info().currsize == before


@pytest.mark.parametrize(
    ("sentence", "kind", "name"),
    [
        ("Members of the House of Lords voted on Monday.", "organisation", "House of Lords"),
        ("Nurses of Doctors Without Borders left on Monday.", "organisation", "Doctors Without Borders"),
        ("Letters were signed by Jean-Luc de la Tour.", "person", "Jean-Luc de la Tour"),
        ("Guests were Paris Holton and two friends.", "person", "Paris Holton"),
        ("Books are sold by Example.com in three countries.", "organisation", "Example.com"),
        ("Judges of the 7th U.S. Circuit Court of Appeals met.", "organisation", "7th U.S. Circuit Court of Appeals"),
    ],
)
def test_names_with_small_words_hyphens_ordinals_and_domains(sentence: str, kind: str, name: str) -> None:
    found = find_mentions(sentence, headline=None, dateline=None, language="en")
    assert (kind, name) in [(mention.kind, mention.text) for mention in found]


def test_the_agreement_of_paris_is_no_person() -> None:
    found = find_mentions("Talks on the Paris Agreement went on.", headline=None, dateline=None, language="en")
    assert "person" not in [mention.kind for mention in found]


class _CountingText(str):
    """A text that counts how often it is split into its words."""

    splits = 0

    def split(self, *args: Any, **kwargs: Any) -> list[str]:
        self.splits += 1
        return super().split(*args, **kwargs)


def test_the_words_of_a_text_are_listed_once_whatever_the_number_of_names() -> None:
    words = [f"{a}{b}{c}u" for a in "bcdfg" for b in "aeiou" for c in "bcdfghklmn"]
    text = _CountingText(" ".join(f"Of {word} and of {word.capitalize()} it told." for word in words))
    find_mentions(text, headline=None, dateline=None, language="en")
    assert text.splits == 1


@pytest.mark.parametrize(
    ("language", "sentence", "persons", "places"),
    [
        ("zh", "中国外交部长王毅在日内瓦说，德国同意。", ["王毅"], ["中国", "日内瓦", "德国"]),
        ("ja", "田中一郎社長は東京で述べた。フランスも同様だ。", ["田中一郎"], ["東京", "フランス"]),
        ("ja", "フランス大統領が述べた。", [], ["フランス"]),
        ("ko", "홍길동 외교부 장관은 3일 독일에서 말했다.", ["홍길동"], ["독일"]),
        (
            "ar",
            "قال محمد الأحمد في القاهرة إن فرنسا وألمانيا وافقتا.",
            ["محمد الأحمد"],
            ["القاهرة", "فرنسا", "ألمانيا"],
        ),
        ("hi", "प्रवक्ता राजेश वर्मा ने कहा कि जर्मनी सहमत है।", ["राजेश वर्मा"], ["जर्मनी"]),
        ("he", "שר החוץ יוסי כהן אמר כי צרפת הסכימה.", ["יוסי כהן"], ["צרפת"]),
        ("fa", "محمد احمدی در تهران گفت آلمان موافق است.", ["محمد احمدی"], ["تهران", "آلمان"]),
    ],
)
def test_scripts_without_capitals_give_persons_and_places(
    language: str, sentence: str, persons: list[str], places: list[str]
) -> None:
    found = find_mentions(sentence, headline=None, dateline=None, language=language)
    assert [mention.text for mention in found if mention.kind == "person"] == persons
    assert [mention.text for mention in found if mention.kind == "place"] == places
