"""Whether two texts are copies of one story: cut, extended, wrapped, retouched, but not written anew from a template.

Measured on 12,073 documents (`bench/stories.py`): Jaccard similarity can't tell them apart, because a reprint may keep
a tenth of the text while notes from a template on different days share most of it. Containment in the longer text does,
with a guard on facts: a template differs in its figures and names, a reprint nearly never.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from worker.news.fingerprint import Fingerprint

# The share of the shorter text's shingles that the longer one must hold. True pairs lie above .6 in 99 % of cases,
# templates mostly between .5 and .75, unrelated texts below .3.
CONTAINMENT = 0.55
# Fewer shingles than this (eleven words) are a caption or a stub: anything may hold them.
MIN_SHINGLES = 8
# Below so many shingles a text must name something that the other names too, or it is boilerplate.
SHORT_SHINGLES = 60
MIN_SHARED_FACTS = 3
# A template shows in facts that were replaced, not just left out or added: more than this share of the figures, and
# densely (one in so many shingles at least; an edited long text may lose one of its two figures).
REPLACED_FIGURES = 0.25
SHINGLES_PER_FIGURE = 70
REPLACED_NAMES = 0.5
SHINGLES_PER_NAME = 10


@dataclass(frozen=True, slots=True)
class Match:
    """Two texts are copies: the share of the shorter one's shingles that the longer one holds, and their size ratio."""

    containment: float
    length_ratio: float


def same_story(one: Fingerprint, other: Fingerprint) -> Match | None:
    """The match of two texts, or None. Symmetric: the order of arrival can't matter."""
    shorter, longer = sorted((one, other), key=_size)
    if shorter.shingle_count < MIN_SHINGLES:
        return None
    shift = max(one.shift, other.shift)
    a, b = _sampled(shorter, shift), _sampled(longer, shift)
    smaller = min(len(a), len(b))
    shared = len(a & b)
    if shared < CONTAINMENT * smaller or not shared:
        return None
    if _from_template(shorter, longer):
        return None
    return Match(shared / smaller, shorter.shingle_count / longer.shingle_count)


def _size(print_: Fingerprint) -> tuple[int, bytes, bytes, bytes]:
    """Orders texts by length, and texts of one length in a way that doesn't depend on who came first."""
    return print_.shingle_count, print_.sample, print_.figures, print_.names


def _from_template(shorter: Fingerprint, longer: Fingerprint) -> bool:
    """Whether the same words were filled with other facts."""
    shingles = shorter.shingle_count
    figures, other_figures = _hashes(shorter.figures), _hashes(longer.figures)
    replaced = min(len(figures - other_figures), len(other_figures - figures))
    if replaced > REPLACED_FIGURES * len(figures) and shingles < SHINGLES_PER_FIGURE * replaced:
        return True
    names, other_names = _hashes(shorter.names), _hashes(longer.names)
    replaced = min(len(names - other_names), len(other_names - names))
    if replaced > REPLACED_NAMES * len(names) and shingles < SHINGLES_PER_NAME * replaced:
        return True
    shared_facts = len(figures & other_figures) + len(names & other_names)
    return shingles < SHORT_SHINGLES and shared_facts < MIN_SHARED_FACTS


def _sampled(print_: Fingerprint, shift: int) -> frozenset[int]:
    hashes = _hashes(print_.sample)
    if shift == print_.shift:
        return hashes
    mask = (1 << shift) - 1
    return frozenset(h for h in hashes if not h & mask)


def _hashes(stored: bytes) -> frozenset[int]:
    return frozenset(memoryview(stored).cast("I"))


def oldest(story_ids: Iterable[int]) -> int:
    """Which of the stories that turned out to be one survives."""
    return min(story_ids)
