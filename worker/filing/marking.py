"""Marking up what will be filed: language, agency, mentions, quotations, and the fingerprint of the text.

It is the costly part of filing, so it is done before any lock is taken, and only for new texts. After an error in it
the item is filed as it was read, with the flag `not_marked_up`.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial

from wiredesk.worker import events
from wiredesk.worker.errors import Rejected, SettingsError
from wiredesk.worker.filing.deadline import Stalled, cpu_limit
from wiredesk.worker.filing.items import Arrival
from wiredesk.worker.news import read as reader
from wiredesk.worker.news.compare.fingerprint import Fingerprint, fingerprints
from wiredesk.worker.news.marks import spacy_mentions
from wiredesk.worker.news.model import Draft, Mention
from wiredesk.worker.settings import Settings

log = logging.getLogger(__name__)


@cache
def spacy_pipeline(name: str) -> Callable[[str], Sequence[Mention]]:
    """The mentions of an installed spaCy pipeline, loaded once. Raises `SettingsError` where there is none."""
    try:
        import spacy
    except ImportError:
        raise SettingsError(f"WIREDESK_SPACY_PIPELINE={name}: install spaCy (pip install 'wiredesk[spacy]')") from None
    try:
        pipeline = spacy.load(name)
    except OSError as error:
        raise SettingsError(f"WIREDESK_SPACY_PIPELINE={name}: {str(error).splitlines()[0]}") from None
    return partial(spacy_mentions.find_mentions, pipeline=pipeline)


def mark_up(
    arrival: Arrival, settings: Settings, *, until: float = math.inf, wall_seconds: float | None = None
) -> Arrival:
    """The arrival with a complete draft; after `until` (`time.monotonic`) it stays as it was read.

    Raises `Stalled` when the machine gave too little CPU time to mark it up in `wall_seconds`.
    """
    if arrival.is_marked_up:
        return arrival
    draft = _marked_up(arrival, settings, wall_seconds) if time.monotonic() < until else None
    if draft is None:
        draft = replace(arrival.draft, flags=(*arrival.draft.flags, reader.NOT_MARKED_UP))
    return replace(arrival, draft=draft, is_marked_up=True)


def _marked_up(arrival: Arrival, settings: Settings, wall_seconds: float | None) -> Draft | None:
    more = spacy_pipeline(settings.spacy_pipeline) if settings.spacy_pipeline else None
    try:
        with cpu_limit(settings.parse_seconds, wall_seconds=wall_seconds):
            return reader.mark_up(arrival.draft, received_at=arrival.at.received_at, more_mentions=more)
    except Stalled:
        raise
    except Rejected:
        return None
    except Exception:
        log.exception(events.ITEM_UNMARKED, extra=_ids(arrival))
        return None


def with_fingerprints(arrivals: Sequence[Arrival], settings: Settings) -> list[Arrival]:
    """The arrivals with the fingerprints of their texts, taken all at once; null for one that can't be taken."""
    taken = _fingerprints(arrivals, settings)
    return [replace(one, fingerprint=fingerprint) for one, fingerprint in zip(arrivals, taken, strict=True)]


def complete(arrival: Arrival, settings: Settings) -> Arrival:
    """One arrival with its marks and its fingerprint."""
    return with_fingerprints([mark_up(arrival, settings)], settings)[0]


def _fingerprints(arrivals: Sequence[Arrival], settings: Settings) -> list[Fingerprint | None]:
    try:
        return list(_fingerprints_within(arrivals, settings))
    except Exception:
        if len(arrivals) == 1:
            log.exception(events.ITEM_UNMARKED, extra=_ids(arrivals[0]))
            return [None]
    return [fingerprint for arrival in arrivals for fingerprint in _fingerprints([arrival], settings)]


def _fingerprints_within(arrivals: Sequence[Arrival], settings: Settings) -> list[Fingerprint]:
    if not arrivals:
        return []
    with cpu_limit(settings.parse_seconds):
        return fingerprints([f"{one.draft.headline or ''}\n\n{one.draft.body_text}" for one in arrivals])


def _ids(arrival: Arrival) -> dict[str, int]:
    return {"document_id": arrival.at.document_id, "item_no": arrival.at.item_no}
