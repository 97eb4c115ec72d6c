"""A fault of one item is that item's: whatever raises, at whatever place of a batch, the others are filed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from newsroom import file_waiting, hand_in, prose, value, values

from wiredesk.worker.db import Connection
from wiredesk.worker.filing import decide, ingest, marking, rows
from wiredesk.worker.news import read
from wiredesk.worker.settings import Settings

BAD = "zzbadzz"


def raising(before: Callable[..., Any], text_of: Callable[..., str]) -> Callable[..., Any]:
    """The function, which raises where what it is asked about is the bad item."""

    def instead(*arguments: Any, **named: Any) -> Any:
        if BAD in text_of(*arguments):
            raise ZeroDivisionError("of ours")
        return before(*arguments, **named)

    return instead


PLACES: dict[str, tuple[Any, str, Callable[..., str], str | None]] = {
    "reader": (ingest, "read_whole", lambda document: document.body.decode(), "internal"),
    "identity": (ingest, "identify", lambda draft: draft.body_text, "internal"),
    "marks": (read, "mark_up", lambda draft: draft.body_text, None),
    "fingerprint": (marking, "fingerprints", " ".join, None),
    "choice": (decide, "wording_of", lambda draft: draft.body_text, "internal"),
    "row": (rows, "_revision_row", lambda filed, draft: draft.body_text, "internal"),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("at", [0, 2, 4])
def test_the_others_are_filed(
    connection: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch, place: str, at: int
) -> None:
    module, name, text_of, reason = PLACES[place]
    monkeypatch.setattr(module, name, raising(getattr(module, name), text_of))
    texts = [f"Piece {n}\n\n{prose(n, 60)} {BAD if n == at else ''}" for n in range(5)]
    hand_in(connection, *({"content": text, "key": str(n)} for n, text in enumerate(texts)))
    outcomes = {outcome.at.key: outcome for outcome in file_waiting(settings)}
    assert len(outcomes) == 5
    bad = outcomes.pop(str(at))
    assert {outcome.outcome for outcome in outcomes.values()} == {"created"}
    assert value(connection, "SELECT count(*) FROM wiredesk.document WHERE state = 'done'") == 5
    if reason is None:
        assert bad.outcome == "created"
        flags = value(connection, "SELECT flags FROM wire_v1.articles WHERE article_id = %s", bad.article_id)
        assert ("not_marked_up" in flags) == (place == "marks")
    else:
        assert (bad.outcome, (bad.reason or "").partition(":")[0]) == ("rejected", reason)


def test_a_value_that_postgresql_refuses_is_its_items_fault(
    connection: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows._revision_row

    def too_long(filed: Any, draft: Any) -> Any:
        row = before(filed, draft)
        return msgspec.structs.replace(row, word_count=2**40) if BAD in draft.body_text else row

    monkeypatch.setattr(rows, "_revision_row", too_long)
    texts = [f"Piece {n}\n\n{prose(n, 60)} {BAD if n == 1 else ''}" for n in range(3)]
    hand_in(connection, *({"content": text, "key": str(n)} for n, text in enumerate(texts)))
    file_waiting(settings)
    assert values(connection, "SELECT key, outcome, split_part(reason, ':', 1) FROM wire_v1.outcomes ORDER BY key") == [
        ("0", "created", None), ("1", "rejected", "internal"), ("2", "created", None),
    ]  # fmt: skip
