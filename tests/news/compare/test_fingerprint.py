from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiredesk.worker.news.compare.fingerprint import (
    EMPTY,
    MAX_KEYS,
    SAMPLE_SIZE,
    VERSION,
    Fingerprint,
    fingerprint,
    fingerprints,
)

TEXT = (
    "PORT ELM, March 3 (Wire) - Twelve people died when the river Orle broke its banks on Monday, the interior "
    "minister, Ada Quill, said.\n\nShe told reporters in Port Elm that 340 houses had been lost and that the "
    "army would send 15 boats. It was the third flood in two years. Engineers had warned in 2019 that the dam at "
    "Harrow could not hold."
)
LONG = " ".join(f"word{i} stands{i % 97} near{i % 89} thing{i}" for i in range(600))


def hashes(stored: bytes) -> set[int]:
    return set(memoryview(stored).cast("I"))


def test_the_same_text_has_the_same_fingerprint_in_every_process() -> None:
    code = (
        "import sys; from wiredesk.worker.news.compare.fingerprint import fingerprint;"
        "print(fingerprint(sys.stdin.read()).to_bytes().hex())"
    )
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", code],
            input=TEXT,
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert run.stdout.strip() == fingerprint(TEXT).to_bytes().hex()


def test_the_hashes_are_pinned_for_what_is_stored_must_stay_comparable() -> None:
    text = fingerprint("The river Orle broke its banks on Monday and took 340 houses with it")
    assert VERSION == 1
    assert text.shingle_count == 11
    assert text.keys == (677950822666113652,)
    assert len(hashes(text.figures)) == 1
    assert len(hashes(text.names)) == 2


@pytest.mark.parametrize(
    "variant",
    [
        TEXT.upper().lower(),
        TEXT.replace(" ", "\n"),
        TEXT.replace(" - ", " — ").replace("'", "’"),
        TEXT.replace(" - ", " -- "),
        TEXT.replace("reporters", "“reporters”"),
        TEXT.replace("houses", "hou\u00adses").replace("boats", "boats\u00a0"),
        TEXT.replace("interior minister", "interior-minister").replace("interior-minister", "interior minister"),
        "  " + TEXT.replace(",", " ,") + "\n\n",
    ],
)
def test_case_typography_and_line_breaks_make_no_difference_to_shingles(variant: str) -> None:
    one, other = fingerprint(TEXT), fingerprint(variant)
    assert (one.keys, one.sample, one.figures) == (other.keys, other.sample, other.figures)


def test_figures_are_numbers_in_digits_and_words() -> None:
    assert hashes(fingerprint("they met 15 times and lost twelve boats").figures) == hashes(
        fingerprint("twelve boats met them 15 times a year").figures
    )
    assert (
        fingerprint("1,085.5 tonnes of corn were sold").figures
        == fingerprint("1085.5 tonnes of rice were eaten").figures
    )
    assert fingerprint("about 6-1/2 percent of them").figures != fingerprint("about 6-3/16 percent of them").figures


def test_names_are_capitals_inside_sentences() -> None:
    text = fingerprint("Rivers rise in Harrow every spring. Engineers warned Quill of it. “Nobody listened”, Ada said")
    assert text.names == fingerprint("we asked Harrow and Quill and Ada about it").names
    assert (
        fingerprint("В среду министр Орлов сказал в Москве об этом").names
        == fingerprint("и вот Орлов был в Москве").names
    )
    assert len(hashes(fingerprint("am Montag sagte Österreichs Kanzler dazu nichts").names)) == 3


def test_scripts_without_spaces_have_a_word_a_sign() -> None:
    assert fingerprint("河水在星期一冲破堤岸").shingle_count == 7
    assert fingerprint("河水在星期一冲破堤岸。").sample == fingerprint("「河水在星期一、冲破堤岸」").sample


def test_short_texts_have_few_or_no_shingles() -> None:
    assert fingerprint("") == fingerprint("one two three") == fingerprint("- . , ' --") == EMPTY
    assert fingerprint("one two three four").shingle_count == 1
    assert fingerprint("one two three four five").keys == ()
    assert len(fingerprint("one two three four five six").keys) == 1


def test_a_long_text_is_sampled_and_its_keys_are_bounded() -> None:
    text = fingerprint(LONG)
    assert text.shingle_count > 2 * SAMPLE_SIZE
    assert text.shift > 0
    assert all(h % 2**text.shift == 0 for h in hashes(text.sample))
    assert len(text.sample) // 4 <= SAMPLE_SIZE
    assert len(fingerprint(" ".join(map(str, range(100_000)))).keys) == MAX_KEYS


@given(st.integers(0, 2400 - 133))
def test_a_run_that_fills_a_window_gives_a_common_key(start: int) -> None:
    part = " ".join(LONG.split()[start : start + 133])
    assert set(fingerprint(part).keys) & set(fingerprint(LONG).keys)


@given(st.integers(0, 53 - 21))
def test_a_sentence_of_the_lead_gives_a_common_key(start: int) -> None:
    part = " ".join(LONG.split()[start : start + 21])
    assert set(fingerprint(part).keys) < set(fingerprint(LONG).keys)


def test_an_article_has_eight_keys() -> None:
    articles = [" ".join(f"{word}{i}" for word in LONG.split()[:300]) for i in range(100)]
    assert sum(len(fingerprint(article).keys) for article in articles) / 100 == pytest.approx(8, abs=0.2)


def test_a_fingerprint_of_another_version_is_not_read() -> None:
    stored = fingerprint(TEXT).to_bytes()
    assert Fingerprint.from_bytes(bytes([VERSION + 1]) + stored[1:]) is None
    assert Fingerprint.from_bytes(b"") is None


SENTENCE = (
    'The pier (at Port Elm) opens. Was it "closed"? 3.5 per cent -- Größe of twelve ferries 漢字 don’t e-mail U.S.\n'
)
WORDS = SENTENCE.split(" ")
PIECES = st.lists(st.sampled_from(WORDS), max_size=160).map(" ".join)


@given(st.lists(st.one_of(PIECES, st.text(max_size=40)), max_size=5))
def test_texts_that_are_read_together_get_what_each_gets_alone(texts: list[str]) -> None:
    assert fingerprints(texts) == [fingerprint(text) for text in texts]


@given(st.text(max_size=300))
def test_any_text_has_a_fingerprint_that_survives_storage(text: str) -> None:
    made = fingerprint(text)
    assert Fingerprint.from_bytes(made.to_bytes()) == made
    assert made == fingerprint(text)
    assert len(made.sample) // 4 == len(hashes(made.sample))


@pytest.mark.parametrize(
    "hostile", ["a" * 2_000_000, "a " * 1_000_000, "- " * 1_000_000, "é" * 500_000, "İ " * 200_000, "字" * 500_000]
)
def test_a_hostile_text_costs_no_more_than_a_long_one(hostile: str) -> None:
    assert len(fingerprint(hostile).to_bytes()) < 50_000
