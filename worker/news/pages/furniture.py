"""Lines of a page between and around an article's paragraphs: adverts, buttons, times of reading, bylines."""

from __future__ import annotations

import re
from functools import cache

from wiredesk.worker.news.pages.headlines import fold
from wiredesk.worker.news.values.words import any_of, table

_SHORT = 120
# Bylines and times stand on top of a text.
_TOP, _FOOT = 4, 4
_COUNTED = re.compile(
    rf"\d{{1,3}}\s?[- ]?\s?(?:{any_of('furniture', 'minutes')})\s?(?:\.|de |di |of )?\s?"
    rf"(?:{any_of('furniture', 'read')})"
    rf"|(?:{any_of('furniture', 'reading_time')})"
    r"\s?:?\s?\d{1,3}\s?\w{0,8}\.?"
    r"|(?:page|seite|página|pagina)?\s?\d{1,3}\s?(?:of|/|von|sur|de|di)\s?\d{1,3}"
    r"|\d{1,5} (?:comments?|shares?|views?)|[_*=~-]{3,}",
    re.IGNORECASE,
)
_STAMP = re.compile(rf"(?:last )?(?:{any_of('stamp_words', 'update', 'publish')})\b.{{0,80}}\d.{{0,80}}", re.IGNORECASE)
_BYLINE = re.compile(
    r"(?:By|BY|Von|Par|Por) [^\W\d_a-z][\w.'’-]{0,30}(?: (?:and|AND|und|et|y|e|[^\W\d_a-z][\w.'’-]{0,30})){1,6}"
)
# `Photo: Jane Doe/AP`, `© The Estuary Post 2024`, `Copyright: Jane Doe`
_CREDIT = re.compile(
    rf"(?:{any_of('picture_words')})\s?[:：/©].{{1,90}}(?<![.!?])|(?:copyright\b\W{{1,4}}|[©ⓒ]).{{2,110}}",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    rf"(?:editor['’]s note:? )?(?:{any_of('corrections', 'note', 'label', 'verb')})\b\s?[^\w\s]"
    r"|(?:an earlier|a previous) version of this (?:article|story)",
    re.IGNORECASE,
)


def without_furniture(text: str) -> tuple[str, tuple[str, ...]]:
    """`text` without such lines, and the flag `corrected` where a note of correction stands at its foot."""
    blocks = text.split("\n\n")
    kept = [block for index, block in enumerate(blocks) if not (len(block) <= _SHORT and _is_furniture(block, index))]
    if len(kept) > 1 and len(kept[0]) > _SHORT // 2 and kept[1].startswith(kept[0].rstrip(" .…")):
        kept = kept[1:]  # a description that was cut, above the paragraph that it was cut from
    if not kept:
        return text, ()
    is_corrected = any(_CORRECTION.match(block) for block in kept[-_FOOT:])
    return "\n\n".join(kept), ("corrected",) if is_corrected else ()


def _is_furniture(block: str, index: int) -> bool:
    whole, openings = _lines()
    bare = block.strip(" -–—•|[]()")
    if (
        fold(bare) in whole
        or _CREDIT.fullmatch(bare)
        or _COUNTED.fullmatch(bare)
        or bare.lower().replace("’", "'").startswith(openings)
    ):
        return True
    return index < _TOP and bool(_STAMP.fullmatch(bare) or _BYLINE.fullmatch(bare))


@cache
def _lines() -> tuple[frozenset[str], tuple[str, ...]]:
    lines = table("furniture")
    return frozenset(map(fold, (*lines["advert"], *lines["whole"], *lines["teaser"]))), lines["opening"]
