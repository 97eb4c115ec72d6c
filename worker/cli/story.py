"""`wiredesk story`: the copies of a story in the order in which they came, and what each made of the original."""

from __future__ import annotations

from datetime import timedelta

import click

from wiredesk.worker import db
from wiredesk.worker.cli import output
from wiredesk.worker.errors import UsageError
from wiredesk.worker.news.compare.lineage import Lineage, Span
from wiredesk.worker.settings import load
from wiredesk.worker.store import reading
from wiredesk.worker.store.records import StoryArticle, StorySummary
from wiredesk.worker.upkeep import copies

_SHOWN_CHARACTERS = 160


@click.command()
@click.argument("story_id", type=click.IntRange(min=1), metavar="STORY")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Copies that are shown.")
@click.option("--texts", is_flag=True, help="Show the passages that each copy cut and added.")
@output.FORMAT
def story(story_id: int, limit: int, texts: bool, output_format: str) -> None:
    """Show the copies of a story, and what each kept, cut and added.

    They stand in the order in which they were seen: how long each took to travel, what it kept, cut and added.
    The number of a story that was merged into another shows the one it is part of. With --format json every copy is a
    line, with its shared passages as offsets.
    """
    with db.alone(load().require_database()) as connection:
        found = reading.story(connection, story_id)
        if found is None:
            raise UsageError(f"there is no story {story_id}")
        articles = reading.story_articles(connection, found.story_id, limit=limit)
    original, lineages = copies.traced(articles)
    if output_format == "json":
        for copy, lineage in zip(articles, lineages, strict=True):
            output.json_line(copies.as_json(copy, lineage))
        return
    _head(story_id, found)
    for copy, lineage in zip(articles, lineages, strict=True):
        _show(copy, lineage, original, texts=texts)
    if found.article_count > len(articles):
        output.say(f"  and {found.article_count - len(articles):,} more (--limit)")


def _head(asked_for: int, found: StorySummary) -> None:
    count = found.article_count
    agency = f", from {found.agency}" if found.agency else ""
    output.say(
        f"story {found.story_id}: {count:,} article{'s' if count > 1 else ''}{agency}, "
        f"first seen {found.first_seen_at:%Y-%m-%d %H:%M:%S}"
    )
    if asked_for != found.story_id:
        output.say(f"  story {asked_for} turned out to be part of it")


def _show(copy: StoryArticle, lineage: Lineage, original: StoryArticle, *, texts: bool) -> None:
    if copy is original:
        what = output.styled("original", "green")
    else:
        travelled = output.styled(f"+{_duration(copy.seconds_after_original)}", "yellow")
        what = f"{travelled}  {_made(lineage)}"
    output.say(f"{copy.ordinal:>3}  article {copy.article_id}  {copy.source}, {copy.word_count:,} words  {what}")
    output.say(f"     {copy.headline or '(no headline)'}" + (f"  {copy.canonical_url}" if copy.canonical_url else ""))
    if texts and copy is not original:
        for sign, text, spans in (("-", original.body_text, lineage.cut), ("+", copy.body_text, lineage.added)):
            for span in spans:
                output.say(output.styled(f"     {sign} {_excerpt(text, span)}", "red" if sign == "-" else "green"))


def _made(lineage: Lineage) -> str:
    """`kept 84%, cut 3 passages, added 12%`."""
    parts = [f"kept {lineage.share_kept:.0%}"]
    if lineage.cut:
        parts.append(f"cut {len(lineage.cut)} passage{'s' if len(lineage.cut) > 1 else ''}")
    if lineage.added:
        parts.append(f"{lineage.share_added:.0%} its own")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    """`3 min`, `2 h 5 min`, `4 d 1 h`: the two largest units."""
    left = timedelta(seconds=round(seconds))
    units = (("d", left.days), ("h", left.seconds // 3600), ("min", left.seconds // 60 % 60), ("s", left.seconds % 60))
    first = next((n for n, (_, number) in enumerate(units) if number), len(units) - 1)
    return " ".join(
        f"{number} {unit}" for unit, number in units[first : first + 2] if number or unit == units[first][0]
    )


def _excerpt(text: str, span: Span) -> str:
    passage = " ".join(text[span.start : span.end].split())
    return passage if len(passage) <= _SHOWN_CHARACTERS else f"{passage[:_SHOWN_CHARACTERS].rstrip()} …"
