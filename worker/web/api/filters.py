"""The filters of a list of articles as parameters of an address, for the API and for feeds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar.di import Provide
from litestar.params import Parameter

from wiredesk.worker.export.jsonl import iso_time
from wiredesk.worker.web.api.answers import Time, UntilTime, time_of
from wiredesk.worker.web.searching import Filters

Name = Annotated[str, Parameter(max_length=300)]
_OTHER_NAMES = {"text": "q", "story_id": "story"}


def asked(
    q: Annotated[
        str, Parameter(max_length=500, description='Words, "a phrase", one or another, -without, begin*.')
    ] = "",
    source: Annotated[str, Parameter(max_length=300, description="Slug or name of the publisher.")] = "",
    agency: Name = "",
    place: Annotated[str, Parameter(max_length=300, description="Place of the dateline.")] = "",
    speaker: Name = "",
    person: Name = "",
    organisation: Name = "",
    mentioned_place: Name = "",
    language: Annotated[str, Parameter(max_length=35, description="`en`, or `pt-br`.")] = "",
    story: Annotated[int | None, Parameter(ge=1, le=2**63 - 1)] = None,
    published_from: Time = None,
    published_to: UntilTime = None,
    seen_from: Time = None,
    seen_to: UntilTime = None,
) -> Filters:
    """The filters that a request names."""
    return Filters(
        text=q,
        source=source,
        agency=agency,
        place=place,
        speaker=speaker,
        person=person,
        organisation=organisation,
        mentioned_place=mentioned_place,
        language=language,
        story_id=story,
        published_from=time_of("published_from", published_from),
        published_to=time_of("published_to", published_to),
        seen_from=time_of("seen_from", seen_from),
        seen_to=time_of("seen_to", seen_to),
    )


def parameters(filters: Filters) -> dict[str, str]:
    """The parameters that name these filters, in one order."""
    given: dict[str, str] = {}
    for name in Filters.__dataclass_fields__:
        value = getattr(filters, name)
        if isinstance(value, datetime):
            value = iso_time(value)
        if text := str(value or "").strip():
            given[_OTHER_NAMES.get(name, name)] = text
    return given


FILTERS = {"filters": Provide(asked, sync_to_thread=False)}
