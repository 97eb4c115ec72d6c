"""The optional spaCy pipeline, with one made here: rules instead of a trained model, the same interface."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

from wiredesk.worker.news.marks.spacy_mentions import find_mentions

if TYPE_CHECKING:
    from wiredesk.worker.news.marks.spacy_mentions import Pipeline


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # spaCy's own imports
        spacy: Any = pytest.importorskip("spacy")
    made = spacy.blank("en")
    made.add_pipe("entity_ruler").add_patterns(
        [
            {"label": "PERSON", "pattern": "Marta Lindqvist"},
            {"label": "PERSON", "pattern": "Lindqvist"},
            {"label": "ORG", "pattern": "Harbour Council"},
            {"label": "GPE", "pattern": "Halden"},
            {"label": "DATE", "pattern": "Friday"},
        ]
    )
    loaded: Pipeline = made
    return loaded


def test_reads_the_entities_of_a_pipeline(pipeline: Pipeline) -> None:
    text = "Marta Lindqvist told the Harbour Council of Halden on Friday that Lindqvist & Co. owes Halden nothing."
    found = find_mentions(text, pipeline=pipeline)
    assert [(m.kind, m.text, m.start, m.name, m.count) for m in found] == [
        ("person", "Marta Lindqvist", 0, "Marta Lindqvist", 1),
        ("organisation", "Harbour Council", 25, "Harbour Council", 1),
        ("place", "Halden", 44, "Halden", 2),
        ("person", "Lindqvist", 66, "Marta Lindqvist", 1),
    ]


def test_text_beyond_the_limit_of_the_pipeline_is_not_read(pipeline: Pipeline) -> None:
    text = "Halden. " + "x " * (pipeline.max_length // 2) + "Marta Lindqvist"
    assert [m.text for m in find_mentions(text, pipeline=pipeline)] == ["Halden"]
