"""The copies of a story, and what each made of the original."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wiredesk.worker.news.compare.lineage import Lineage, trace
from wiredesk.worker.store.records import StoryArticle


def traced(articles: Sequence[StoryArticle]) -> tuple[StoryArticle, list[Lineage]]:
    """The original of these copies, and for each of them what it kept, cut and added. `articles` is not empty."""
    original = next((copy for copy in articles if copy.is_original), articles[0])
    return original, [trace(original.body_text, copy.body_text) for copy in articles]


def as_json(copy: StoryArticle, lineage: Lineage) -> dict[str, Any]:
    """A copy for machines: offsets are code points, `original_…` into the text of the original."""
    return {
        "story_id": copy.story_id,
        "ordinal": copy.ordinal,
        "article_id": copy.article_id,
        "is_original": copy.is_original,
        "source": copy.source,
        "agency": copy.agency,
        "headline": copy.headline,
        "canonical_url": copy.canonical_url,
        "first_seen_at": copy.first_seen_at,
        "seconds_after_original": copy.seconds_after_original,
        "revision_no": copy.revision_count,
        "word_count": copy.word_count,
        "share_kept": round(lineage.share_kept, 4),
        "share_added": round(lineage.share_added, 4),
        "kept": [
            {
                "start": passage.in_copy.start,
                "end": passage.in_copy.end,
                "original_start": passage.in_original.start,
                "original_end": passage.in_original.end,
            }
            for passage in lineage.kept
        ],
        "cut": [{"original_start": span.start, "original_end": span.end} for span in lineage.cut],
        "added": [{"start": span.start, "end": span.end} for span in lineage.added],
    }
