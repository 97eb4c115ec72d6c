"""The passages that a copy kept, cut and added, compared word by word with its original.

Passages are runs of words that both texts have, extended to their full length (greedy string tiling, Wise 1993, as in
plagiarism detection; each word of the copy is looked up once). Order doesn't matter, so a paragraph that was moved is
kept. The time is linear: a word of the copy is compared with at most MAX_PLACES places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# A run that two texts share by more than chance: shorter ones are idiom ("told a news conference").
SEED_WORDS = 5
# Of a run that the original repeats, this number of places is tried.
MAX_PLACES = 8
# Of longer texts the first MAX_WORDS words are compared.
MAX_WORDS = 100_000

_WORD = re.compile(r"\w+(?:['’-]\w+)*")


@dataclass(frozen=True, slots=True)
class Span:
    """A passage, from `start` to before `end`, in code points."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A passage that both texts have, with its place in the copy and in the original."""

    in_copy: Span
    in_original: Span


@dataclass(frozen=True, slots=True)
class Lineage:
    """The comparison of a copy. `cut` are passages of the original, `added` of the copy; both by whole words.

    `share_kept` is the share of the original's words that the copy has, `share_added` that of the copy's own words; 0
    to 1, and 0 where there are no words.
    """

    kept: tuple[Kept, ...]
    cut: tuple[Span, ...]
    added: tuple[Span, ...]
    share_kept: float
    share_added: float


@dataclass(frozen=True, slots=True)
class _Text:
    words: list[str]
    spans: list[Span]


def trace(original: str, copy: str) -> Lineage:
    """The passages that `copy` kept, cut and added. Case and typography make no difference."""
    source, target = _read(original), _read(copy)
    runs = list(_shared_runs(source.words, target.words))
    taken, own = [False] * len(source.words), [True] * len(target.words)
    for in_target, in_source, length in runs:
        taken[in_source : in_source + length] = [True] * length
        own[in_target : in_target + length] = [False] * length
    return Lineage(
        kept=tuple(Kept(_span(target, t, t + n), _span(source, s, s + n)) for t, s, n in runs),
        cut=tuple(_passages(source, [not word for word in taken])),
        added=tuple(_passages(target, own)),
        share_kept=sum(taken) / len(taken) if taken else 0.0,
        share_added=sum(own) / len(own) if own else 0.0,
    )


def _read(text: str) -> _Text:
    words: list[str] = []
    spans: list[Span] = []
    for found in _WORD.finditer(text):
        words.append(found[0].lower().replace("’", "'"))
        spans.append(Span(found.start(), found.end()))
        if len(words) == MAX_WORDS:
            break
    return _Text(words, spans)


def _shared_runs(source: Sequence[str], target: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """(place in target, place in source, words) of each shared run, in the order of the target, without overlap."""
    places: dict[tuple[str, ...], list[int]] = {}
    seed = min(SEED_WORDS, len(source), len(target))
    if not seed:
        return
    for i in range(len(source) - seed + 1):
        found = places.setdefault(tuple(source[i : i + seed]), [])
        if len(found) < MAX_PLACES:
            found.append(i)
    at = free = 0
    expected = 0  # the next place in the original is the likeliest among equal ones
    while at <= len(target) - seed:
        starts = places.get(tuple(target[at : at + seed]), ())
        if not starts:
            at += 1
            continue
        length, start = max(
            ((_reach(source, target, s, at), s) for s in starts), key=lambda f: (f[0], f[1] == expected)
        )
        while at > free and start > 0 and source[start - 1] == target[at - 1]:
            at, start, length = at - 1, start - 1, length + 1
        yield at, start, length
        at = free = at + length
        expected = start + length


def _reach(source: Sequence[str], target: Sequence[str], start: int, at: int) -> int:
    """The number of equal words from these places on."""
    most = min(len(source) - start, len(target) - at)
    return next((n for n in range(most) if source[start + n] != target[at + n]), most)


def _span(text: _Text, first: int, end: int) -> Span:
    return Span(text.spans[first].start, text.spans[end - 1].end)


def _passages(text: _Text, wanted: Sequence[bool]) -> Iterator[Span]:
    """The runs of wanted words."""
    first: int | None = None
    for i, is_wanted in enumerate([*wanted, False]):
        if is_wanted and first is None:
            first = i
        elif not is_wanted and first is not None:
            yield _span(text, first, i)
            first = None
