"""Mentions by a spaCy pipeline, where an operator has one: the same rows as `mentions`, found by a trained model.

Nothing is imported or loaded here; whoever composes the program loads the pipeline once and hands it in.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from wiredesk.worker.news.marks.mentions import collect
from wiredesk.worker.news.model import Mention
from wiredesk.worker.news.values.gazetteer import Kind

# OntoNotes and the four classes of spaCy's multilingual pipelines; other labels (dates, money, works) are left out.
_KINDS: dict[str, Kind] = {
    "PERSON": "person",
    "PER": "person",
    "ORG": "organisation",
    "GPE": "place",
    "LOC": "place",
    "FAC": "place",
}


class Entity(Protocol):
    """The members of `spacy.tokens.Span` that are read; offsets are code points."""

    @property
    def label_(self) -> str: ...
    @property
    def start_char(self) -> int: ...
    @property
    def end_char(self) -> int: ...


class Document(Protocol):
    """The members of `spacy.tokens.Doc` that are read."""

    @property
    def ents(self) -> Iterable[Entity]: ...


class Pipeline(Protocol):
    """The members of `spacy.Language` that are called. Text above its `max_length` is refused (default: a million)."""

    @property
    def max_length(self) -> int: ...
    def __call__(self, text: str) -> Document: ...


def find_mentions(body_text: str, *, pipeline: Pipeline) -> tuple[Mention, ...]:
    """Persons, organisations and places that the pipeline finds, in order of appearance.

    What lies beyond the pipeline's `max_length` is not read.
    """
    document = pipeline(body_text[: pipeline.max_length])
    spans = ((_KINDS[e.label_], e.start_char, e.end_char) for e in document.ents if e.label_ in _KINDS)
    return collect(body_text, spans)
