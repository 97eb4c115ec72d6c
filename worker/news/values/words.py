"""Word lists: the files of `words/`, read once each, when they are first asked for.

A file has one entry a line; a line that begins with `#` is a comment. In a table each line is `key: entry; entry`, and
a key that stands in several lines has the entries of all. A folder has a table for each language. The files are UTF-8
and ship with the package. A list of hundreds of entries is asked for by the function that needs it, not at import time,
so that it costs nothing at the start of a program that marks nothing up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("words")


@cache
def entries(name: str) -> tuple[str, ...]:
    """The entries of `words/<name>.txt`, in the order of the file."""
    lines = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and line[0] != "#")


@cache
def entry_set(name: str) -> frozenset[str]:
    """The entries of `words/<name>.txt`, for membership tests."""
    return frozenset(entries(name))


@cache
def table(name: str) -> dict[str, tuple[str, ...]]:
    """`words/<name>.txt` as key → entries; a key without a colon behind it has none. Not to be changed by callers."""
    rows: dict[str, tuple[str, ...]] = {}
    for key, _, values in (line.partition(": ") for line in entries(name)):
        rows[key] = rows.get(key, ()) + (tuple(values.split("; ")) if values else ())
    return rows


@cache
def languages(folder: str) -> tuple[str, ...]:
    """The language codes that have a table `words/<folder>/<code>.txt`."""
    return tuple(sorted(path.stem for path in (_FOLDER / folder).glob("*.txt")))


def alternatives(words: Iterable[str]) -> str:
    """`words` as the inside of a group of a regular expression; of two that match, the longer does.

    Words with the same beginning share it, `mi(?:le|nute(?:s)?)`: the engine tries the branches one by one.
    """
    tails: dict[str, set[str]] = {}
    for word in words:
        tails.setdefault(word[0], set()).add(word[1:])
    return "|".join(re.escape(first) + _tail(rests) for first, rests in sorted(tails.items()))


def _tail(rests: set[str]) -> str:
    if len(rests) == 1:
        return re.escape(*rests)
    branches = alternatives(filter(None, rests))
    if "" in rests:
        return f"(?:{branches})?"
    return branches if len({rest[0] for rest in rests}) == 1 else f"(?:{branches})"


def any_of(name: str, *keys: str) -> str:
    """The inside of a group for the entries of a list, or for those of these keys of a table."""
    return alternatives([word for key in keys for word in table(name)[key]] if keys else entries(name))


def whole_words(*names: str) -> str:
    """A pattern for any entry of these lists as a word of its own; Han and Hangul have no spaces to mark one."""
    found = {word for name in names for word in entries(name)}
    closed = {word for word in found if word[0] >= "\u3000"}
    pattern = rf"\b(?:{alternatives(found - closed)})\b"
    return f"{pattern}|{alternatives(closed)}" if closed else pattern
