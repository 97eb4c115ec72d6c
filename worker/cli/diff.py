"""`wiredesk diff`: what changed between two revisions of an article, paragraph by paragraph and word by word."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import click

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.db import Connection
from wiredesk.worker.errors import UsageError
from wiredesk.worker.news.compare import changes
from wiredesk.worker.news.compare.changes import Edit, EditKind
from wiredesk.worker.news.compare.identity import address_keys
from wiredesk.worker.settings import load
from wiredesk.worker.store import articles
from wiredesk.worker.store.records import Revision
from wiredesk.worker.upkeep import differences

# Marked as wdiff does, so that a diff without colours can be read too.
_MARKS: dict[EditKind, tuple[str, str]] = {"removed": ("[-", "-]"), "added": ("{+", "+}")}
_COLOURS: dict[EditKind, str] = {"removed": "red", "added": "green"}


@click.command()
@click.argument("article", metavar="ARTICLE|URL")
@click.argument("first", type=click.IntRange(min=1), required=False, metavar="[REV")
@click.argument("second", type=click.IntRange(min=1), required=False, metavar="[REV]]")
@output.FORMAT
def diff(article: str, first: int | None, second: int | None, output_format: str) -> None:
    """Show the changes between two revisions of an article.

    With two numbers from one to the other, with one what that revision changed, without what the current one changed.
    Words in [-brackets-] were taken out, words in {+braces+} put in.
    """
    with db.alone(load().require_database()) as connection:
        old, new = differences.two_revisions(connection, _article_id(connection, article), first, second)
    headline = changes.diff(old.headline or "", new.headline or "")
    body = changes.diff(old.body_text, new.body_text)
    if output_format == "json":
        output.json_line(differences.as_json(old, new, headline, body))
        return
    _head(old, new)
    show_edits(headline)
    output.say()
    show_edits(body)


def _article_id(connection: Connection, what: str) -> int:
    if what.isdigit() and len(what) < 19:
        return int(what)
    found = articles.articles_by_alias(connection, address_keys(what))
    if not found:
        raise UsageError(f"no article has the number or address {what!r}")
    return next(iter(found.values()))


def _head(old: Revision, new: Revision) -> None:
    share = "" if new.share_changed is None else f", {new.share_changed:.1%} of the words"
    kind = f"  {new.change_kind}{share}" if new.revision_no == old.revision_no + 1 else ""
    output.say(
        f"article {new.article_id}: revision {old.revision_no} of {old.observed_at:%Y-%m-%d %H:%M:%S} to "
        f"{new.revision_no} of {new.observed_at:%Y-%m-%d %H:%M:%S}{kind}"
    )


def show_edits(edits: Sequence[Edit]) -> None:
    """Print a comparison, paragraphs that are the same folded."""
    for kind, group in groupby(edits, key=lambda edit: edit.kind):
        alike = list(group)
        if kind == "same" and len(alike) > 1:
            output.say(output.styled(f"  ({len(alike)} paragraphs the same)", "dim"))
            continue
        for edit in alike:
            output.say(_line(edit))


def _line(edit: Edit) -> str:
    match edit.kind:
        case "changed":
            return "~ " + " ".join(_marked(kind, text) for kind, text in edit.words)
        case "added":
            return "+ " + _marked("added", edit.new)
        case "removed":
            return "- " + _marked("removed", edit.old)
        case _:
            return "  " + edit.new


def _marked(kind: EditKind, text: str) -> str:
    if kind not in _MARKS:
        return text
    opening, closing = _MARKS[kind]
    return output.styled(f"{opening}{text}{closing}", _COLOURS[kind])
