"""Fingerprints of texts, small enough to keep for millions: shingles to compare, keys for look-ups, figures and names.

A shingle is four words in a row; a key stands for six, so that texts seldom share one by chance. Hashes are the same
in every process and on every machine. The work is done on arrays of bytes, for splitting and hashing words one by one
costs more than all the rest of filing an article (`bench/stories.py fingerprint`).
"""

from __future__ import annotations

import hashlib
import re
import struct
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
_Hash = TypeVar("_Hash", np.uint32, np.uint64)

# Raised whenever a change of this module gives other hashes: fingerprints of two versions can't be compared.
VERSION = 1
SHINGLE_WORDS = 4
# Of a longer text only the start is read, which bounds the time for a text of two million characters.
MAX_CHARACTERS = 200_000
# Texts are hashed in groups of this size: about forty articles, whose arrays fit into the processor's cache.
_GROUP_CHARACTERS = 100_000
# The sample holds all shingles of a text with up to SAMPLE_SIZE, else those whose hash is 0 mod 2, 4, 8, … Measured on
# 4,565 true pairs: recall .991 as with all shingles (.993), and .988 at 0 mod 4 throughout.
SAMPLE_SIZE = 256
# Keys are window minima (winnowing: Schleimer, Wilkerson and Aiken 2003), so any run of words that two texts share and
# that fills a window gives them a common key. Windows are short in the lead, where excerpts are taken, and long after
# it. A look-up costs as much as a text has keys, nearly all of them unknown, and each is a row to keep: 300 words have
# 8, which find .986 of the copies among 12,073 documents. Windows of 8 in the lead, 13 keys, find .989; of 32, 5 keys,
# .969; keys of seven words .985; of five .987, with a third more texts to compare. Windows of 256 after the lead, 6
# keys, find .984 to .986 there, but a copy from the middle must then be twice as long to be found for certain.
KEY_WORDS = 6
LEAD_SHINGLES = 48
LEAD_WINDOW = 16
WINDOW = 128

# Bounds for lists and books; articles stay far below them.
MAX_KEYS = 256
MAX_FACTS = 4096

_HEADER = struct.Struct("<BBHHHI")  # version, sampling shift, keys, figures, names, distinct shingles


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A text's shingles, keys and facts; the bytes are little-endian arrays of sorted 32-bit hashes.

    `keys` are signed 64-bit, to be indexed: two texts of one story nearly always share one. `shingle_count` counts the
    distinct shingles, of which `sample` holds those whose hash is 0 mod 2**`shift`. `figures` are the numbers, `names`
    the capitalised words inside sentences.
    """

    keys: tuple[int, ...]
    shingle_count: int
    shift: int
    sample: bytes
    figures: bytes
    names: bytes

    def to_bytes(self) -> bytes:
        """The form to store: about four bytes a word, at most two kilobytes for ordinary articles."""
        counts = len(self.keys), len(self.figures) // 4, len(self.names) // 4
        head = _HEADER.pack(VERSION, self.shift, *counts, self.shingle_count)
        keys = struct.pack(f"<{len(self.keys)}q", *self.keys)
        return b"".join((head, keys, self.figures, self.names, self.sample))

    @classmethod
    def from_bytes(cls, stored: bytes) -> Fingerprint | None:
        """The fingerprint that `to_bytes` wrote, or None when another version of this module wrote it."""
        if len(stored) < _HEADER.size or stored[0] != VERSION:
            return None
        _, shift, key_count, figure_count, name_count, shingle_count = _HEADER.unpack_from(stored)
        keys_end = _HEADER.size + 8 * key_count
        figures_end = keys_end + 4 * figure_count
        names_end = figures_end + 4 * name_count
        return cls(
            keys=struct.unpack_from(f"<{key_count}q", stored, _HEADER.size),
            shingle_count=shingle_count,
            shift=shift,
            sample=stored[names_end:],
            figures=stored[keys_end:figures_end],
            names=stored[figures_end:names_end],
        )


EMPTY = Fingerprint(keys=(), shingle_count=0, shift=0, sample=b"", figures=b"", names=b"")


def fingerprint(text: str) -> Fingerprint:
    """The fingerprint of a body text. Case, typography, punctuation and line breaks make no difference."""
    return fingerprints([text])[0]


def fingerprints(texts: Sequence[str]) -> list[Fingerprint]:
    """The fingerprint of each text. Many at a time cost half as much: short arrays are all overhead."""
    found: list[Fingerprint] = []
    group: list[str] = []
    characters = 0
    for text in texts:
        group.append(text[:MAX_CHARACTERS])
        characters += len(group[-1])
        if characters > _GROUP_CHARACTERS:
            found += _group(group)
            group, characters = [], 0
    found += _group(group)
    return found


def _group(texts: Sequence[str]) -> Iterator[Fingerprint]:
    words = _words(texts)
    shingles, windows = (
        _shingles(words.hashes, SHINGLE_WORDS).astype(np.uint32),
        _Windows(_shingles(words.hashes, KEY_WORDS)),
    )
    facts = _mixed(words.hashes).astype(np.uint32)
    start = 0
    for end in words.ends:
        of_text = slice(start, end)
        # Shingles that reach into the next text are left out.
        distinct = _distinct(shingles[start : max(start, end - SHINGLE_WORDS + 1)])
        keys = windows.keys(start, end - KEY_WORDS + 1)
        start = end
        if not len(distinct):
            yield EMPTY
            continue
        shift = max(0, (len(distinct) - 1) // SAMPLE_SIZE).bit_length()
        sample = distinct[distinct & np.uint32((1 << shift) - 1) == 0] if shift else distinct
        yield Fingerprint(
            keys=tuple(keys[:MAX_KEYS].view(np.int64).tolist()),
            shingle_count=len(distinct),
            shift=shift,
            sample=_stored(sample),
            figures=_stored(_distinct(facts[of_text][words.is_figure[of_text]])[:MAX_FACTS]),
            names=_stored(_distinct(facts[of_text][words.is_name[of_text]])[:MAX_FACTS]),
        )


def _distinct(hashes: npt.NDArray[_Hash]) -> npt.NDArray[_Hash]:
    """Sorted and without repetition; `np.unique` takes five times as long on arrays as short as these."""
    ordered = np.sort(hashes)
    if len(ordered) < 2:
        return ordered
    first = np.empty(len(ordered), dtype=np.bool_)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def _stored(hashes: npt.NDArray[np.uint32]) -> bytes:
    return hashes.astype("<u4", copy=False).tobytes()


# Typographic signs and their plain forms. The common ones first: most texts are ASCII without them.
_COMMON_SIGNS = (
    ("’", "'"),
    ("‘", "'"),
    ("“", '"'),
    ("”", '"'),
    ("–", "-"),
    ("—", " "),
    ("…", " "),
    ("\u00a0", " "),
    ("\u00ad", ""),
)
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("‚‛`´′ʼ", "'"),
        **dict.fromkeys("‐‑‒−", "-"),
        **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", ""),
        **dict.fromkeys("„‟″«»‹›―•·‣▪■●¿¡§©®™|。、「」『』【】《》〈〉・،؛؟।॥\u0085\u2028\u2029\u3000", " "),
    }
)
# Scripts written without spaces: each sign is a word.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)

_SPLITS, _SPELLS, _SILENT = 0, 1, 2


def _byte_classes() -> npt.NDArray[np.uint8]:
    """Letters, digits and all of UTF-8 beyond ASCII spell words; some signs inside words are ignored."""
    classes = np.full(256, _SPLITS, dtype=np.uint8)
    for byte in range(256):
        if byte >= 128 or chr(byte).isalnum():
            classes[byte] = _SPELLS
    classes[list(b"'.,-/")] = _SILENT
    return classes


def _random_odd(count: int, label: bytes) -> Hashes:
    """Fixed odd numbers without a pattern; numpy promises no stable random stream, a hash does."""
    digests = (hashlib.blake2b(i.to_bytes(4, "little"), digest_size=8, person=label).digest() for i in range(count))
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64) | np.uint64(1)


def _letter_values() -> Hashes:
    values = _random_odd(256, b"letter")
    values[65:91] = values[97:123]
    return values


_CLASSES = _byte_classes()
_LETTERS = _letter_values()
_PLACES = _random_odd(32, b"place")
_ENDS_SENTENCE = np.zeros(256, dtype=bool)
_ENDS_SENTENCE[list(b".!?:\n")] = True
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio
_FINAL = np.uint64(0xBF58476D1CE4E5B9)  # splitmix64's, as are the shifts
_TO_HALF = np.uint64(32)
_TO_MIX = np.uint64(29)


class _Words(NamedTuple):
    """The words of several texts, one after the other.

    `is_name`: a capital inside a sentence; `ends`: behind which word each text ends.
    """

    hashes: Hashes
    is_figure: npt.NDArray[np.bool_]
    is_name: npt.NDArray[np.bool_]
    ends: list[int]


def _words(texts: Sequence[str]) -> _Words:
    spelled = [_spelled(text) for text in texts]
    data = np.frombuffer(b"\n".join([text for text, _ in spelled]), dtype=np.uint8)
    letters = data
    if any(lowered is not text for text, lowered in spelled):
        letters = np.frombuffer(b"\n".join([lowered for _, lowered in spelled]), dtype=np.uint8)
    classes = _CLASSES.take(data)
    spelling = (classes == _SPELLS).nonzero()[0]
    if not len(spelling):
        none = np.zeros(0, dtype=bool)
        return _Words(np.zeros(0, dtype=np.uint64), none, none, [0] * len(texts))
    word_of = (classes == _SPLITS).cumsum(dtype=np.int32)[spelling]
    opening = np.empty(len(spelling), dtype=np.bool_)
    opening[0] = True
    np.not_equal(word_of[1:], word_of[:-1], out=opening[1:])
    starts = opening.nonzero()[0]
    hashes = np.add.reduceat(_LETTERS.take(letters[spelling]) * _PLACES.take(_places(starts, len(spelling))), starts)
    first = spelling[starts]
    initial = data[first]
    is_figure = ((initial >= 48) & (initial <= 57)) | _is_number_word(hashes)
    is_capital = (initial >= 65) & (initial <= 90)
    if letters is not data:
        is_capital |= _differs(data, letters, first)
    # A sentence opens after a full stop or line break, which stands right behind the last word or before this one.
    last_of_previous = spelling[starts[1:] - 1]
    opens = np.ones(len(starts), dtype=bool)
    opens[1:] = _ENDS_SENTENCE[data[last_of_previous + 1]] | _ENDS_SENTENCE[data[first[1:] - 1]]
    opens[1:] |= _ENDS_SENTENCE[data[np.minimum(last_of_previous + 2, first[1:])]]
    ends: list[int] = first.searchsorted(np.cumsum([len(text) + 1 for text, _ in spelled])).tolist()
    opens[[end for end in ends if end < len(opens)]] = True
    return _Words(hashes, is_figure, is_capital & ~opens & ~is_figure, ends)


def _spelled(text: str) -> tuple[bytes, bytes]:
    """The text without typography, and in lower case where more than ASCII has one: byte for byte as long."""
    lowered = None
    if not text.isascii():
        for sign, plain in _COMMON_SIGNS:
            text = text.replace(sign, plain)
        if not text.isascii():
            text, lowered = _beyond_ascii(text)
    if "--" in text:
        text = text.replace("--", "  ")
        lowered = lowered.replace("--", "  ") if lowered is not None else None
    spelled = text.encode()
    return spelled, spelled if lowered is None else lowered.encode()


def _places(starts: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.intp]:
    """For each of `count` letters its place in its word, modulo 32."""
    lengths = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=lengths[:-1])
    lengths[-1] = count - starts[-1]
    return (np.arange(count) - starts.repeat(lengths)) & 31


def _beyond_ascii(text: str) -> tuple[str, str]:
    """The text composed and without typography, and the same in lower case, byte for byte as long."""
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS))
    text = _UNSPACED.sub(r" \1 ", text)
    lowered = text.lower()
    if len(lowered.encode()) != len(text.encode()):
        pairs = ((c, c.lower()) for c in text)
        lowered = "".join(low if len(low.encode()) == len(c.encode()) else c for c, low in pairs)
    return text, lowered


def _differs(
    data: npt.NDArray[np.uint8], letters: npt.NDArray[np.uint8], first: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    """Whether the first character of each word is another in lower case; it may take several bytes."""
    changed = np.append(data != letters, [False] * 3)
    initial = data[first]
    differs: npt.NDArray[np.bool_] = (
        changed[first] | ((initial >= 0xC0) & changed[first + 1]) | ((initial >= 0xE0) & changed[first + 2])
    )
    return differs


def _mixed(hashes: Hashes) -> Hashes:
    mixed = hashes * _FINAL
    mixed ^= mixed >> _TO_HALF
    return mixed


def _shingles(words: Hashes, length: int) -> Hashes:
    """A hash for every run of `length` words, in the order of the text; none for a shorter text."""
    count = len(words) - length + 1
    if count < 1:
        return words[:0]
    hashes = words[:count].copy()
    for i in range(1, length):
        hashes ^= hashes >> _TO_MIX
        hashes *= _MULTIPLIER
        hashes += words[i : count + i]
    return _mixed(hashes ^ (hashes >> _TO_MIX))


class _Windows:
    """Window minima of all texts of a group, found by doubling: the minimum of 2n neighbours is that of two of n."""

    def __init__(self, shingles: Hashes) -> None:
        self.shingles = self.lead = self.minima = shingles
        width = 1
        while width < WINDOW and len(self.minima) > width:
            self.minima = np.minimum(self.minima[:-width], self.minima[width:])
            width *= 2
            if width == LEAD_WINDOW:
                self.lead = self.minima

    def keys(self, start: int, end: int) -> Hashes:
        """The distinct minima of the windows that lie within these shingles, the short ones of the lead included."""
        if end <= start:
            return self.shingles[:0]
        if end - start < WINDOW:  # a text shorter than the window has one minimum
            minima = self.shingles[start:end].min(keepdims=True)
        else:
            minima = self.minima[start : end - WINDOW + 1]
        lead = self.lead[start : min(start + LEAD_SHINGLES, end) - LEAD_WINDOW + 1]
        return _distinct(np.concatenate((lead, minima)) if end - start >= LEAD_WINDOW else minima)


def _number_words() -> Hashes:
    spelled = (
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion "
        "trillion mln bln"
    )
    letters = np.frombuffer(spelled.encode(), dtype=np.uint8)
    starts = np.concatenate(([0], (letters == 32).nonzero()[0] + 1))
    values = np.where(letters == 32, np.uint64(0), _LETTERS[letters] * _PLACES[_places(starts, len(letters))])
    return np.sort(np.add.reduceat(values, starts))


_NUMBER_WORDS = _number_words()


def _is_number_word(hashes: Hashes) -> npt.NDArray[np.bool_]:
    nearest = np.minimum(np.searchsorted(_NUMBER_WORDS, hashes), len(_NUMBER_WORDS) - 1)
    is_number: npt.NDArray[np.bool_] = _NUMBER_WORDS[nearest] == hashes
    return is_number
