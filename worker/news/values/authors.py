"""Authors: names from bylines and author fields, in the order given, without roles, agencies and addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from wiredesk.worker.news.model import Author
from wiredesk.worker.news.values.agencies import find_agency, named
from wiredesk.worker.news.values.gazetteer import known_names
from wiredesk.worker.news.values.words import any_of, entry_set, table, whole_words

_OPENING = re.compile(
    rf"^[\s\-–—•*(]{{0,6}}(?:(?:(?:{any_of('byline_openers', 'verb', 'text')})\s?:?\s+)?"
    rf"(?:{any_of('byline_openers', 'by', 'label')})\s{{0,2}}:?\s+"
    rf"|(?:{any_of('byline_openers', 'by', 'label', 'text', 'han')})\s?[:：]\s*)",
    re.I,
)
# 本报记者 王小明 李四 北京报道 · 記者陳大文／台北報導 · 作者：王小明
_HAN = "[\u4e00-\u9fff]"
_REPORTS = "(?:报道|報導|報道|专电|專電)"
_HAN_NAME = rf"(?!{_HAN}{{0,6}}{_REPORTS}){_HAN}{{2,4}}(?:[·•・]{_HAN}{{1,8}}){{0,3}}"
_HAN_BYLINE = re.compile(
    rf"[(（\[【]?\s{{0,2}}(?:{_HAN}{{0,8}}(?:记者|記者|特派员|特派員|通讯员|通訊員)\s{{0,2}}[:：/／]?"
    r"|(?:作者|撰文|撰稿|文)\s{0,2}[:：/／])\s{0,2}"
    rf"(?P<names>{_HAN_NAME}(?:[\s、，,]{{1,2}}{_HAN_NAME}){{0,7}})"
    rf"(?:[\s/／]{{1,3}}{_HAN}{{0,8}}{_REPORTS})?\s{{0,2}}[)）\]】]?"
)
_ARCHIVE_LINK = re.compile(rf"(?:{any_of('archive_links')})\s{{1,3}}(?=\S)", re.I)
_SEPARATOR = re.compile(
    r"\s*[;|\n•·]\s*|\s*,\s+(?:and|und|et|y|e|och|og|en|i|и)\s+|\s+(?:and|und|et|og|och|with|avec|mit|con|com)\s+"
    r"|\s+(?:y|e|en|i|и|&|\+)\s+(?=[^\W\d_a-z])|\s+/\s+|(?<=\w)/(?=[A-Z])|\s*、\s*"
)
# By Jane Doe, with files from John Roe
_CONTRIBUTED = re.compile(rf"[\s,;·|(]{{0,4}}\b(?:{any_of('byline_openers', 'contributed')})\s", re.I)
_COMMA = re.compile(r"\s*[,，]\s*")
_MAIL = re.compile(r"<?\s?[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\s?>?")
_LINK = re.compile(r"https?://\S{1,300}|www\.\S{1,200}")
_HANDLE = re.compile(r"\(?@\w{1,30}\)?")
_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]{0,80})[)\]]\s*")
_DATED = re.compile(
    r"\s(?:\||on|at|am|vom|le|el|published|updated|posted)\s+(?=.{0,12}\d).{0,80}$|\s+\d{1,2}[:.]\d\d.{0,40}$", re.I
)
_ROLE = re.compile(whole_words("byline_roles", "byline_groups", "byline_desks", "byline_accounts"), re.I)
# Of these, the words for groups of people, and the words for one person.
_GROUP = re.compile(whole_words("byline_groups", "byline_desks"), re.I)
_PERSONS_ROLE = re.compile(whole_words("byline_roles"), re.I)
_TITLE = re.compile(r"^(?:dr|prof|mr|mrs|ms|sir|rev|hon)\.?\s+(?=\S)", re.I)
_NAME = re.compile(r"[^\W\d_][\w.'’ʼ\-‐ ·]{1,70}")
_OPENING_WORDS = frozenset((*table("byline_openers")["by"], "text", "written by"))
_ARTICLES = frozenset({"the", "die", "der", "das", "our"})  # they open the names of publications


def read_authors(text: str | Sequence[str], *, source: str) -> tuple[Author, ...]:
    """The persons named, each once. `source` is where the text stood (`byline`, `json-ld`, `meta`, …).

    Agencies, desks and roles are no persons: `agencies.find_agency` finds the first in the same text.
    """
    given = [text] if isinstance(text, str) else list(text)
    names: dict[str, Author] = {}
    for entry in given[:100]:
        for name, role in _split(entry[:2000]):
            names.setdefault(_key(name), Author(name, source, role))
    return tuple(names.values())


def without_archive_link(text: str) -> str:
    """`View all posts by Jane Doe` as `Jane Doe`."""
    return _ARCHIVE_LINK.sub("", text, count=1) if _ARCHIVE_LINK.match(text) else text


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


# The same few people write for a feed, day after day: asking again costs a hundredth of reading the line again.
@lru_cache(maxsize=2_000)
def _split(entry: str) -> tuple[tuple[str, str | None], ...]:
    entry = " ".join(entry.split(" ")).strip()
    entry = _LINK.sub(" ", _MAIL.sub(" ", entry))
    entry = without_archive_link(_HANDLE.sub(" ", entry).strip())
    if han := _HAN_BYLINE.fullmatch(entry):
        return tuple((name, None) for name in re.findall(_HAN_NAME, han["names"]))
    entry = _OPENING.sub("", entry, count=1)
    entry = _CONTRIBUTED.sub("; ", _DATED.sub("", entry))
    found: list[tuple[str, str | None]] = []
    for part in _SEPARATOR.split(entry):
        if part:
            found += _between_commas(part)
    return tuple(found)


def _between_commas(part: str) -> list[tuple[str, str | None]]:
    """`Jane Doe, Science Editor` is one person with a role; `Jane Doe, John Roe` two; `Doe, Jane` one."""
    pieces = [piece for piece in _COMMA.split(part) if piece.strip()]
    if len(pieces) == 2 and all(_is_one_name(piece) for piece in pieces) and pieces[0].istitle():
        pieces = [f"{pieces[1]} {pieces[0]}"]
    found: list[tuple[str, str | None]] = []
    for piece in pieces:
        if found and piece.casefold() in entry_set("byline_suffixes"):
            if piece.casefold().rstrip(".") in {"jr", "sr", "ii", "iii", "iv"}:
                found[-1] = f"{found[-1][0]} {piece}", found[-1][1]
            continue
        name, role = _clean(piece)
        if name:
            found.append((name, role))
        elif role and found and found[-1][1] is None:
            found[-1] = found[-1][0], role
    return found


def _is_one_name(piece: str) -> bool:
    """A single word that may be half of `Doe, Jane`."""
    return (
        len(piece.split()) == 1
        and _NAME.fullmatch(piece) is not None
        and named(piece) is None
        and not _ROLE.search(piece)
        and piece.casefold() not in entry_set("byline_suffixes")
    )


def _clean(piece: str) -> tuple[str | None, str | None]:
    """A name and the role beside it; (None, role) when it is only a role, (None, None) when it is neither."""
    role: str | None = None
    if brackets := _BRACKETS.search(piece):
        inside = brackets[1].strip()
        if inside and _ROLE.search(inside):
            role = inside
        piece = _BRACKETS.sub(" ", piece)
    name = _OPENING.sub("", piece).strip(" \t\"“”'*.,:;-–—|/<>()")
    if piece.rstrip().endswith(("Jr.", "Sr.")):
        name += "."
    name = " ".join(_TITLE.sub("", name).split())
    if not name or named(name) or name.casefold() in _OPENING_WORDS:
        return None, role
    if _ROLE.search(name):
        stripped = _without_role(name)
        return (stripped, role or name[len(stripped) :].strip(" ,-–")) if stripped else (None, name)
    if find_agency(name):
        return None, name
    words = name.split()
    if not _NAME.fullmatch(name) or len(words) > 6 or not _like_a_name(name):
        return None, role
    if words[0].casefold() in _ARTICLES or (len(words) == 1 and known_names().get(name.title()) == "place"):
        return None, role
    return _in_title_case(name), role


def _without_role(name: str) -> str | None:
    """`Jane Doe AP Science Writer` → `Jane Doe`; None when a role comes first, or the words name a team or desk."""
    found = _ROLE.search(name)
    if found is None or (_GROUP.match(name, found.start()) and not _PERSONS_ROLE.search(name, found.end())):
        return None
    words = name[: found.start()].strip(" ,-–—").split()
    while len(words) > 2 and (words[-1].casefold() in entry_set("role_modifiers") or named(words[-1])):
        words.pop()
    before = " ".join(words)
    if (len(words) < 2 and before.isascii()) or not before or find_agency(before) or not _like_a_name(before):
        return None
    return _in_title_case(before)


def _like_a_name(name: str) -> bool:
    words = name.split()
    if all(c.isascii() for c in name) and name == name.lower():
        return len(words) > 1 and all(word.isalpha() for word in words)
    return all(
        word[0].isupper()
        or not word[0].isascii()
        or word.casefold() in entry_set("name_particles")
        or word[1:2] in {"'", "’"}
        for word in words
    )


def _in_title_case(name: str) -> str:
    """`JANE O'NEILL` and `jane o'neill` → `Jane O'Neill`; anything else as it is."""
    words = name.split()
    if len(words) < 2 or not (name.isupper() or name.islower()):
        return name
    return " ".join(
        word.lower()
        if word.casefold() in entry_set("name_particles") and i
        else word
        if word.endswith(".") and len(word) == 2
        else re.sub(r"[^\W\d_]+", lambda m: m[0].capitalize(), word)
        for i, word in enumerate(words)
    )
