"""The headline of a page: the site's name is taken off each candidate, then the sources vote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from wiredesk.worker.news.model import Evidence

# The weight of each source's vote. Readers see the `h1`, and the newsroom's system writes JSON-LD. The other sources
# (`_TEMPLATE`) are filled by one template, that of a search engine plug-in, and count once: the greatest of their
# weights, and a tenth of the others.
_WEIGHTS = {
    "json-ld": 0.8,
    "microdata": 0.8,
    "h1": 1.0,
    "og:title": 0.6,
    "twitter:title": 0.4,
    "meta": 0.4,
    "title": 0.4,
}
_OTHER_WEIGHT = 0.3
# A newsroom's own data against an `h1` and all the meta elements: right in 11 of 14 such pages.
_NEWSROOM_WEIGHT = 1.8
_DATA = frozenset(["json-ld", "microdata"])
_TEMPLATE = frozenset(["og:title", "twitter:title", "meta", "title"])
_REPEATED_SHARE = 0.1
# A headline that is the beginning or the end of another, longer one is supported by it to this share.
_PARTIAL = 0.5
_LATER = 2.5
_SEPARATOR = re.compile(r"\s(?:[|–—·•»«:/~-]|::|--|\|\|)\s|\s?[|｜]\s?|--")
# `…-新华网`: no spaces part the name of a site from a headline in Han, Kana or Hangul.
_EAST_ASIAN_SITE = re.compile(
    r"(?<=[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af」』”》）])\s?[-_－—–|｜]{1,2}\s?[^-_－—–|｜\s]{1,10}"
    r"(?:网|網|报|報|社|新闻|新聞|在线|線上|电视台|電視|频道|頻道|客户端|周刊|週刊|杂志|雜誌|日报|ニュース|オンライン|뉴스|일보|신문)$"
)
_WORD = re.compile(r"\w{3,}")
_LONGEST = 220
_HEADLINE_LIMIT = 400
_SITE_LIMIT = 50


def choose_headline(
    candidates: Sequence[tuple[str, str]], sites: Iterable[str], *, newsroom: bool = False
) -> tuple[str | None, tuple[Evidence, ...]]:
    """The best headline of `(source, text)` pairs in page order, and every value seen.

    `sites` are the names of the site, its host included; they're taken off either end of a candidate. `newsroom` is
    true where the page's data calls it a news article: then an editorial system wrote the data, else a plug-in for
    search engines.
    """
    known = {fold(text) for _, text in candidates}
    names = {folded for site in sites if (folded := fold(site)) and len(folded) <= _SITE_LIMIT}
    stripped = [
        (source, bare)
        for source, text in candidates
        if (bare := without_site(text[:_HEADLINE_LIMIT], names, known)) and fold(bare) not in names
    ]
    if not stripped:
        stripped = [(source, text) for source, text in candidates if text]
    if not stripped:
        return None, ()
    scores = _scores(stripped, newsroom)
    best = max(range(len(stripped)), key=lambda index: (scores[index], -index))
    if newsroom:
        best = _edited_by_hand(stripped, best)
    headline = stripped[best][1]
    evidence = tuple(Evidence("headline", source, text, index == best) for index, (source, text) in enumerate(stripped))
    return headline, evidence


def fold(text: str) -> str:
    """Letters and digits only, case folded: equal for two spellings of one headline."""
    return "".join(filter(str.isalnum, text.casefold()))


def without_site(text: str, names: set[str], known: set[str]) -> str:
    """`text` without segments at its ends that name the site, or that another source leaves out."""
    if (site := _EAST_ASIAN_SITE.search(text)) and site.start() > 3:
        text = text[: site.start()].rstrip()
    while True:
        cuts = list(_SEPARATOR.finditer(text))
        if not cuts:
            return text
        first, last = cuts[0], cuts[-1]
        head, tail = text[: last.start()].strip(), text[last.end() :].strip()
        if head and _names_site(tail, names):
            text = head
            continue
        lead, rest = text[: first.start()].strip(), text[first.end() :].strip()
        if rest and _names_site(lead, names):
            text = rest
            continue
        for cut in reversed(cuts):
            if fold(text[: cut.start()]) in known:
                return text[: cut.start()].strip()
        for cut in cuts:
            if fold(text[cut.end() :]) in known and len(text) - cut.end() > len(text) // 2:
                return text[cut.end() :].strip()
        return text


def _names_site(segment: str, names: set[str]) -> bool:
    """Whether `segment` names the site: `CBC News` for cbc.ca, `The Post` for The Post Online, or an empty segment."""
    folded = fold(segment)
    if not folded or folded in names:
        return True
    for name in names:
        if len(folded) > 3 and len(name) > 3 and folded in name:
            return True
        if (
            len(name) > 2
            and len(folded) < 2 * len(name) + 4
            and (folded.startswith(name) or (len(name) > 3 and name in folded))
        ):
            return True
    return False


def _scores(candidates: Sequence[tuple[str, str]], newsroom: bool) -> list[float]:
    """The score of each candidate: the weights of all sources with the same headline, or with a part of it."""
    folded = [fold(text) for _, text in candidates]
    seen: dict[str, int] = {}
    weights = []
    for source, text in candidates:
        seen[source] = seen.get(source, 0) + 1
        # The second and later values under one name are section titles and leftovers of templates.
        weight = _NEWSROOM_WEIGHT if newsroom and source in _DATA else _WEIGHTS.get(source, _OTHER_WEIGHT)
        if source == "h1" and _stands_alone(text, candidates):
            weight /= _LATER
        weights.append(weight / (1 if seen[source] == 1 else _LATER))
    template = _TEMPLATE if newsroom else _TEMPLATE | _DATA
    scores = []
    for index, text in enumerate(folded):
        support: dict[str, float] = {}
        for other, (source, _) in enumerate(candidates):
            vote = weights[other] * (1.0 if other == index else _agreement(text, folded[other]))
            support[source] = max(support.get(source, 0.0), vote)
        shared = sorted(vote for source, vote in support.items() if source in template)
        independent = sum(vote for source, vote in support.items() if source not in template)
        scores.append(independent + (shared[-1] + _REPEATED_SHARE * sum(shared[:-1]) if shared else 0.0))
    return scores


def _stands_alone(text: str, candidates: Sequence[tuple[str, str]]) -> bool:
    """Whether an `h1` shares no word with the other candidates (`Contact us`), or is a whole paragraph."""
    elsewhere = {word for source, other in candidates if source != "h1" for word in _WORD.findall(other.casefold())}
    return len(text) > _LONGEST or (bool(elsewhere) and elsewhere.isdisjoint(_WORD.findall(text.casefold())))


def _edited_by_hand(candidates: Sequence[tuple[str, str]], best: int) -> int:
    """The og:title where it alone differs from data, `h1` and `<title>`, which one system fills from one field.

    An editor wrote it, and it is the headline in 19 of 29 such pages.
    """
    agreeing = {source for source, text in candidates if fold(text) == fold(candidates[best][1])}
    if not (agreeing & _DATA and {"h1", "title"} <= agreeing):
        return best
    return next((index for index, (source, _) in enumerate(candidates) if source == "og:title"), best)


def _agreement(mine: str, other: str) -> float:
    if mine == other:
        return 1.0
    shorter, longer = sorted((mine, other), key=len)
    if len(shorter) >= 12 and (longer.startswith(shorter) or longer.endswith(shorter)):
        return _PARTIAL
    return 0.0
