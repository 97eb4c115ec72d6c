"""Whether two texts are copies of one story: cut, extended, wrapped or edited, but not filled in from one template.

Measured on 12,073 documents (`bench/stories.py`): Jaccard similarity can't separate the two, because a reprint may keep
a tenth of the text while notes from a template on different days share most of it. Containment in the longer text does,
with a check of facts: notes from a template differ in figures and names, reprints nearly never.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from wiredesk.worker.news.compare.fingerprint import Fingerprint

# The share of the shorter text's shingles that the longer one must hold. True pairs lie above .6 in 99 % of cases,
# templates mostly between .5 and .75, unrelated texts below .3.
CONTAINMENT = 0.55
# A text with fewer shingles (eleven words) is a caption or a stub, which unrelated texts may contain.
MIN_SHINGLES = 8
# A text with fewer shingles must share MIN_SHARED_FACTS figures and names with the other, or it is boilerplate.
SHORT_SHINGLES = 60
MIN_SHARED_FACTS = 3
# Such a text in a longer one must be its lead, where excerpts are taken, and not the notice at its end that a hundred
# others carry: keys are dense in the lead only, so it shares this much of its keys there and hardly any elsewhere.
EXCERPT_RATIO = 0.5
EXCERPT_KEYS = 0.5
# Texts from one template have facts that were replaced, not just left out or added: more than this share of them, and
# at least one in SHINGLES_PER_… shingles (an edited long text may lose one of its two figures). Refuses all of 12,640
# pairs from templates and 33 of 4,549 true ones.
REPLACED_FIGURES = 0.2
SHINGLES_PER_FIGURE = 70
REPLACED_NAMES = 0.35
SHINGLES_PER_NAME = 30
REPLACED_TOGETHER = 0.5  # both shares added
SHINGLES_PER_FACT = 20


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
    if _is_notice(shorter, longer) or _from_template(shorter, longer):
        return None
    return Match(shared / smaller, shorter.shingle_count / longer.shingle_count)


def _size(text: Fingerprint) -> tuple[int, bytes, bytes, bytes]:
    """A sort key: the length of a text, then its content, so that the order of arrival doesn't matter."""
    return text.shingle_count, text.sample, text.figures, text.names


def _is_notice(shorter: Fingerprint, longer: Fingerprint) -> bool:
    """Whether a short text is a notice inside a longer one, and not an excerpt of its lead."""
    if shorter.shingle_count >= SHORT_SHINGLES or shorter.shingle_count > EXCERPT_RATIO * longer.shingle_count:
        return False
    return len(set(shorter.keys).intersection(longer.keys)) < EXCERPT_KEYS * len(shorter.keys)


def _from_template(shorter: Fingerprint, longer: Fingerprint) -> bool:
    """Whether the texts have the same words with other facts, or too few facts to tell."""
    shingles = shorter.shingle_count
    figures = _compared(shorter.figures, longer.figures)
    names = _compared(shorter.names, longer.names)
    if shingles < SHORT_SHINGLES and figures.shared + names.shared < MIN_SHARED_FACTS:
        return True
    return (
        (figures.share > REPLACED_FIGURES and shingles < SHINGLES_PER_FIGURE * figures.replaced)
        or (names.share > REPLACED_NAMES and shingles < SHINGLES_PER_NAME * names.replaced)
        or (
            figures.share + names.share > REPLACED_TOGETHER
            and shingles < SHINGLES_PER_FACT * (figures.replaced + names.replaced)
        )
    )


class _Facts(NamedTuple):
    """The numbers of shared and of replaced facts, and the share of the replaced ones in the smaller set."""

    shared: int
    replaced: int
    share: float


def _compared(some: bytes, others: bytes) -> _Facts:
    one, other = _hashes(some), _hashes(others)
    shared = len(one & other)
    fewer = min(len(one), len(other))
    return _Facts(shared, fewer - shared, (fewer - shared) / fewer if fewer else 0.0)


def _sampled(text: Fingerprint, shift: int) -> frozenset[int]:
    hashes = _hashes(text.sample)
    if shift == text.shift:
        return hashes
    mask = (1 << shift) - 1
    return frozenset(h for h in hashes if not h & mask)


@lru_cache(maxsize=64)  # a new text is compared with several
def _hashes(stored: bytes) -> frozenset[int]:
    return frozenset(memoryview(stored).cast("I"))
