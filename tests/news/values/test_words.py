"""The word lists: every file is one list, read by its name, without repetitions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wiredesk.worker.news.values import words

FOLDER = Path(words.__file__).with_name("words")
NAMES = sorted(path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.txt"))


@pytest.mark.parametrize("name", NAMES)
def test_a_list_has_each_entry_once_and_no_stray_spaces(name: str) -> None:
    entries = words.entries(name)
    assert entries
    assert len(entries) == len(set(entries))
    assert [entry for entry in entries if entry != " ".join(entry.split())] == []


def test_every_list_is_read_by_the_program() -> None:
    source = "\n".join(path.read_text() for path in FOLDER.parents[1].rglob("*.py"))
    folders = {name.partition("/")[0] for name in NAMES}
    assert [name for name in folders if f'"{name}"' not in source and f"'{name}'" not in source] == []


def test_a_comment_is_no_entry() -> None:
    assert "A name that ends in one of these is a place." not in words.entries("place_heads")
    assert words.entries("place_heads")[0][0] != "#"


def test_a_table_gives_each_key_its_entries_in_order() -> None:
    agencies = words.table("agencies")
    assert agencies["Regnum"] == ("ИА Регнум", "REGNUM")
    assert agencies["CNS"][:2] == ("China News Service", "中新社")


def test_alternatives_are_quoted_and_share_their_beginnings() -> None:
    assert words.alternatives(("N.Y.", "N", "de la", "de", "den")) == r"N(?:\.Y\.)?|de(?:\ la|n)?"


def test_the_longest_alternative_that_matches_does() -> None:
    pattern = re.compile(words.alternatives(("min", "minute", "minutes", "mile")))
    assert [match[0] for match in pattern.finditer("min minutes minute mile mi")] == [
        "min",
        "minutes",
        "minute",
        "mile",
    ]


def test_the_words_of_a_table_are_chosen_by_key() -> None:
    assert words.any_of("corrections", "verb") == r"correct(?:ed|s)"
