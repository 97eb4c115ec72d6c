"""Quarantine for people: what was rejected is listed, shown, tried again with a link, and discarded."""

from __future__ import annotations

import json

import pytest
from newsroom import FERRY, Ran, file_waiting, hand_in, run, value, values

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings

REFUSED = {"content": FERRY, "field": 1, "key": "refused-1", "source": "Harbour Wire"}


@pytest.fixture
def filed(connection: Connection, settings: Settings) -> dict[str, int]:
    """Documents by name: a message that broke the contract, binary content, and an article."""
    receipts = hand_in(
        connection, REFUSED, {"content": "\x00\x01\x02 binary \x03\x04" * 40, "key": "binary", "source": "Other Wire"},
        {"content": FERRY, "key": "good"},
    )  # fmt: skip
    file_waiting(settings)
    found = dict(values(connection, "SELECT submission_id, document_id FROM wiredesk.document"))
    return dict(zip(("refused", "binary", "good"), (found[r.submission_id] for r in receipts), strict=True))


def wiredesk(settings: Settings, *arguments: str) -> Ran:
    return run("rejected", *arguments, environment={"WIREDESK_DATABASE_URL": settings.database_url})


def listed(settings: Settings, *options: str) -> list[int]:
    ran = wiredesk(settings, "list", "--format", "json", *options)
    assert ran.code == 0, ran.err
    return [json.loads(line)["document_id"] for line in ran.lines()]


def test_list_by_reason_source_and_time(settings: Settings, filed: dict[str, int]) -> None:
    assert sorted(listed(settings)) == sorted((filed["refused"], filed["binary"]))
    assert listed(settings, "--reason", "unknown_field") == [filed["refused"]]
    assert listed(settings, "--source", "other") == [filed["binary"]]
    assert listed(settings, "--since", "1m", "--reason", "unknown_field") == [filed["refused"]]
    assert listed(settings, "--until", "2020-01-01") == []
    (line,) = wiredesk(settings, "list", "--reason", "unknown_field").lines()
    assert line.startswith(f"{filed['refused']} ") and "unknown_field: unknown field field" in line
    assert line.endswith("key refused-1")


def test_show_says_what_it_is_and_what_to_do(settings: Settings, filed: dict[str, int]) -> None:
    shown = wiredesk(settings, "show", str(filed["refused"]))
    assert shown.code == 0
    assert f"`wiredesk rejected retry {filed['refused']}` hands it in again" in shown.out
    assert '"key":"refused-1"' in shown.out
    nothing = wiredesk(settings, "show", str(filed["good"]))
    assert (nothing.code, nothing.out) == (1, "")
    assert nothing.err.startswith(f"wiredesk: document {filed['good']} has no rejected item")


def test_a_retry_that_succeeds_closes_the_rejection(
    connection: Connection, settings: Settings, filed: dict[str, int]
) -> None:
    """The outcome is what it would have been had the code been today's when it came."""
    document_id = filed["binary"]
    connection.execute(
        "UPDATE wiredesk.document SET body_sha256 = (SELECT body_sha256 FROM wiredesk.document WHERE document_id = %s) "
        "WHERE document_id = %s",
        (filed["good"], document_id),
    )
    ran = wiredesk(settings, "retry", str(document_id))
    assert (ran.code, ran.err) == (0, "")
    assert ran.lines()[-1] == "1 filed"
    assert document_id not in listed(settings)
    assert value(connection, "SELECT outcome FROM wire_v1.outcomes WHERE document_id = %s", document_id) != "rejected"
    assert value(connection, "SELECT article_id FROM wire_v1.outcomes WHERE document_id = %s", document_id) is not None


def test_a_refused_message_is_handed_in_again_and_linked(
    connection: Connection, settings: Settings, filed: dict[str, int]
) -> None:
    document_id = filed["refused"]
    still = wiredesk(settings, "retry", str(document_id))
    assert (still.code, still.lines()[-1]) == (1, "1 still rejected")
    # The message as its sender meant it, as if the contract had learned the field since.
    mended = json.dumps({"content": FERRY.replace("nine", "ten"), "key": "mended"})
    (receipt,) = hand_in(connection, {"content": mended, "key": "holds the bytes"})
    connection.execute(
        "UPDATE wiredesk.document SET body_sha256 = "
        "(SELECT body_sha256 FROM wiredesk.document WHERE submission_id = %s) WHERE document_id = %s",
        (receipt.submission_id, document_id),
    )
    ran = wiredesk(settings, "retry", str(document_id))
    assert (ran.code, ran.lines()[-1]) == (0, "1 handed in again"), ran
    retried_by = value(connection, "SELECT retried_by FROM wire_v1.outcomes WHERE document_id = %s", document_id)
    assert document_id in listed(settings)  # it is open until the submission is filed
    file_waiting(settings)
    assert value(connection, "SELECT outcome FROM wire_v1.outcomes WHERE submission_id = %s", retried_by) != "rejected"
    assert document_id not in listed(settings)


def test_discard_closes_and_the_ledger_keeps_the_line(
    connection: Connection, settings: Settings, filed: dict[str, int]
) -> None:
    assert wiredesk(settings, "discard", "--reason", "unknown_field").out == "1 rejected items discarded\n"
    assert listed(settings) == [filed["binary"]]
    assert sorted(listed(settings, "--all")) == sorted((filed["refused"], filed["binary"]))
    assert value(connection, "SELECT count(*) FROM wire_v1.outcomes WHERE discarded_at IS NOT NULL") == 1


def test_without_a_choice_nothing_is_touched(settings: Settings, filed: dict[str, int]) -> None:
    assert wiredesk(settings, "retry").code == 2
    assert wiredesk(settings, "discard").code == 2
    unknown = wiredesk(settings, "discard", "999")
    assert (unknown.code, unknown.err) == (
        1,
        "wiredesk: document 999 has no rejected item that is open: see `wiredesk rejected list`\n",
    )
