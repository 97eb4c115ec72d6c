"""Accepting submissions: one receipt a message, one inbox row a content, whatever the producers do."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from newsroom import FERRY, LIMIT, NOW, counts, file_waiting, hand_in, outcomes_of, rows, value, values

from wiredesk.worker import db, events
from wiredesk.worker.db import Connection
from wiredesk.worker.inbox import intake
from wiredesk.worker.inbox.intake import Message, Receipt, accept
from wiredesk.worker.news import submission
from wiredesk.worker.settings import Settings
from wiredesk.worker.zstd import zstd


def message(key: str | None = "k1", content: str = FERRY, **more: Any) -> dict[str, Any]:
    return {"content": content, "source": "Harbour Wire"} | ({"key": key} if key else {}) | more


def test_receipt_names_the_committed_inbox_row(connection: Connection, database_url: str) -> None:
    (receipt,) = hand_in(connection, message())
    assert receipt == Receipt("accepted", receipt.submission_id, "k1")
    with db.alone(database_url) as other:
        (row,) = rows(
            other,
            """SELECT s.channel, s.source, s.key, s.version, s.times, s.received_at, d.origin, d.state, d.needs,
                      d.attempts, d.body_bytes, b.content
               FROM wiredesk.submission s JOIN wiredesk.document d USING (submission_id)
               JOIN wiredesk.body b ON b.sha256 = d.body_sha256 WHERE submission_id = %s""",
            receipt.submission_id,
        )
    content = FERRY.encode()
    assert row | {"content": zstd.decompress(row["content"])} == {
        "channel": "client", "source": "harbour-wire", "key": "k1", "version": 1, "times": 1, "received_at": NOW,
        "origin": "submission", "state": "waiting", "needs": "ingest", "attempts": 0,
        "body_bytes": len(content), "content": content,
    }  # fmt: skip


def test_receipts_come_in_the_order_of_the_messages(connection: Connection) -> None:
    receipts = hand_in(connection, message("a"), {"key": "b"}, message("c"), message("a"))
    assert [(r.status, r.key) for r in receipts] == [
        ("accepted", "a"), ("refused", "b"), ("accepted", "c"), ("repeated", "a"),
    ]  # fmt: skip
    assert receipts[3].submission_id == receipts[0].submission_id
    assert receipts[1].reason == "bad_message: content: required, unless url alone is given"


def test_nothing_handed_in_changes_nothing(connection: Connection) -> None:
    before = counts(connection)
    assert hand_in(connection) == []
    assert counts(connection) == before


def test_same_source_and_key_twice_is_one_submission(connection: Connection) -> None:
    (first,) = hand_in(connection, message())
    before = counts(connection)
    later = NOW + timedelta(hours=1)
    (second,) = hand_in(connection, message(submitter="the same again"), now=later)
    assert second == Receipt("repeated", first.submission_id, "k1")
    assert counts(connection) == before
    assert values(connection, "SELECT times, received_at, last_received_at FROM wiredesk.submission") == [
        (2, NOW, later)
    ]


def test_source_spelled_otherwise_is_the_same_source(connection: Connection) -> None:
    hand_in(connection, message())
    (second,) = hand_in(connection, message(source="harbour wire"))
    assert second.status == "accepted"  # what the message says differs, so it is a new version ...
    assert values(connection, "SELECT source, version FROM wiredesk.submission ORDER BY version") == [
        ("harbour-wire", 1), ("harbour-wire", 2),
    ]  # ... under the same name  # fmt: skip


def test_changed_content_is_a_later_version(connection: Connection) -> None:
    first, second, third = (
        hand_in(connection, message(content=text))[0] for text in ("A is said.", "B is said.", "A is said.")
    )
    assert [r.status for r in (first, second, third)] == ["accepted"] * 3
    assert values(connection, "SELECT version, times FROM wiredesk.submission ORDER BY submission_id") == [
        (1, 1), (2, 1), (3, 1),
    ]  # fmt: skip
    (fourth,) = hand_in(connection, message(content="A is said."))
    assert fourth == Receipt("repeated", third.submission_id, "k1")


def test_a_b_a_in_one_batch_is_three_versions_in_order(connection: Connection) -> None:
    receipts = hand_in(
        connection, *(message(content=text) for text in ("A is said.", "B is said.", "A is said.", "A is said."))
    )
    assert [r.status for r in receipts] == ["accepted", "accepted", "accepted", "repeated"]
    found = values(
        connection,
        """SELECT s.version, b.content FROM wiredesk.submission s
           JOIN wiredesk.document d USING (submission_id) JOIN wiredesk.body b ON b.sha256 = d.body_sha256
           ORDER BY d.document_id""",
    )
    assert [(version, zstd.decompress(content)) for version, content in found] == [
        (1, b"A is said."), (2, b"B is said."), (3, b"A is said."),
    ]  # fmt: skip
    assert value(connection, "SELECT count(*) FROM wiredesk.body") == 2  # bodies are stored once


def test_versions_of_one_key_are_filed_in_order(connection: Connection, settings: Settings) -> None:
    texts = [FERRY.replace("nine weeks", f"{n} weeks") for n in ("ten", "eleven", "twelve")]
    hand_in(connection, *(message(content=text) for text in texts))
    assert outcomes_of(file_waiting(settings)) == ["created", "revised", "revised"]
    assert [text.split(" weeks")[0].split()[-1] for text in values(
        connection, "SELECT body_text FROM wire_v1.revisions ORDER BY revision_no"
    )] == ["ten", "eleven", "twelve"]  # fmt: skip


def test_same_key_under_two_sources_is_two_submissions(connection: Connection) -> None:
    one, two, three = hand_in(connection, message(), message(source="Other Wire"), {"content": FERRY, "key": "k1"})
    assert [r.status for r in (one, two, three)] == ["accepted"] * 3
    assert values(connection, "SELECT source, version FROM wiredesk.submission ORDER BY source") == [
        ("", 1), ("harbour-wire", 1), ("other-wire", 1),
    ]  # fmt: skip


def test_without_a_key_every_message_is_a_submission(connection: Connection) -> None:
    receipts = hand_in(connection, message(None), message(None))
    assert [r.status for r in receipts] == ["accepted", "accepted"]
    assert receipts[0].submission_id != receipts[1].submission_id
    assert value(connection, "SELECT count(*) FROM wiredesk.body") == 1


def test_many_in_one_batch_with_duplicates(connection: Connection) -> None:
    messages = [message(f"k{n % 150}", f"Text number {n % 150}.") for n in range(200)]
    receipts = hand_in(connection, *messages)
    assert [r.status for r in receipts] == ["accepted"] * 150 + ["repeated"] * 50
    assert [r.submission_id for r in receipts[150:]] == [r.submission_id for r in receipts[:50]]
    assert value(connection, "SELECT count(*) FROM wiredesk.document") == 150
    assert value(connection, "SELECT sum(times) FROM wiredesk.submission") == 200


def test_two_writers_with_the_same_keys_give_one_submission_each(connection: Connection, database_url: str) -> None:
    """Each writes every key, in opposite orders and small batches, so that they meet in the middle."""
    keys = [f"k{n:03}" for n in range(120)]
    together = threading.Barrier(2)
    statuses: list[str] = []
    failures: list[BaseException] = []

    def write(order: list[str]) -> None:
        try:
            with db.alone(database_url) as mine:
                together.wait(10)
                for start in range(0, len(order), 10):
                    batch = [message(key, f"Text of {key}.") for key in order[start : start + 10]]
                    statuses.extend(receipt.status for receipt in hand_in(mine, *batch))
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=write, args=(order,)) for order in (keys, keys[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert sorted(statuses) == ["accepted"] * 120 + ["repeated"] * 120
    assert values(connection, "SELECT key, version, times FROM wiredesk.submission ORDER BY key") == [
        (key, 1, 2) for key in keys
    ]
    assert value(connection, "SELECT count(*) FROM wiredesk.document") == 120


def test_a_writer_waits_for_the_one_that_has_the_key(connection: Connection, database_url: str) -> None:
    """The second writer meets an open transaction with its key: it waits, then sees what was committed."""
    receipts: list[Receipt] = []
    with db.alone(database_url) as first:
        with first.transaction():
            (held,) = accept(first, [message(content="First.")], channel="client", max_content_bytes=LIMIT, now=NOW)
            thread = threading.Thread(target=lambda: receipts.extend(hand_in(connection, message(content="Second."))))
            thread.start()
            thread.join(0.3)
            assert thread.is_alive() and receipts == []
        thread.join(10)
    assert receipts[0].status == "accepted"
    assert receipts[0].submission_id != held.submission_id
    with db.alone(database_url) as other:
        assert values(other, "SELECT version FROM wiredesk.submission ORDER BY version") == [1, 2]


def test_refused_is_kept_as_a_rejected_outcome_and_others_are_accepted(
    connection: Connection, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "wiredesk")
    raw = b'{"content": "Text.", "key": "bad", "publsher": "x"}'
    good, bad = hand_in(connection, message("good"), raw)
    assert good.status == "accepted"
    reason = (
        "unknown_field: unknown field publsher; known: content, content_base64, media_type, url, key, source,"
        " submitter, headline, byline, authors, published_at, modified_at, release_at, language, tags, "
        "received_at"
    )
    assert bad == Receipt("refused", bad.submission_id, "bad", reason)
    # The line of a refused item is written with its outcome.
    assert [(r.message, vars(r)["key"]) for r in caplog.records] == [(events.SUBMISSION_ACCEPTED, "good")]
    file_waiting(settings)
    lines = [vars(record) for record in caplog.records if record.message == events.ITEM_OUTCOME]
    assert [(line["key"], line["outcome"], line["reason"]) for line in lines] == [
        ("good", "created", None), ("bad", "rejected", reason),
    ]  # fmt: skip
    query = "SELECT submission_id, item_no, origin, key, outcome, reason, article_id FROM wire_v1.outcomes"
    query += " WHERE outcome = 'rejected'"
    assert rows(connection, query) == [
        {"submission_id": bad.submission_id, "item_no": 0, "origin": "submission", "key": "bad", "outcome": "rejected",
         "reason": reason, "article_id": None}
    ]  # fmt: skip
    (kept,) = rows(
        connection,
        """SELECT d.state, d.rejected, d.reason, b.content FROM wiredesk.document d
           JOIN wiredesk.body b ON b.sha256 = d.body_sha256 WHERE submission_id = %s""",
        bad.submission_id,
    )
    content = zstd.decompress(kept.pop("content"))
    assert (kept, content) == ({"state": "done", "rejected": 1, "reason": reason}, raw)


def test_refused_message_can_be_handed_in_again_under_its_key(connection: Connection) -> None:
    hand_in(connection, {"content": " ", "key": "k1"})
    (again,) = hand_in(connection, {"content": "Now with text.", "key": "k1"})
    assert again.status == "accepted"
    assert values(connection, "SELECT key, version FROM wiredesk.submission WHERE refusal IS NULL") == [("k1", 1)]


def test_of_a_huge_refused_message_the_start_is_kept(connection: Connection) -> None:
    (receipt,) = hand_in(connection, {"content": "x" * (LIMIT + 1), "key": "huge"})
    assert receipt.reason == "too_large: content: 4,194,305 bytes, the limit is 4,194,304 (max_submission_bytes)"
    assert len(zstd.decompress(value(connection, "SELECT content FROM wiredesk.body"))) == 65_536


def test_a_redelivery_is_repeated_key_or_not(connection: Connection) -> None:
    messages: list[Message] = [message(None), message("k1"), {"key": "refused"}]
    deliveries = ["stream/1-0", "stream/1-1", "stream/1-2"]
    first = hand_in(connection, *messages, deliveries=deliveries)
    before = counts(connection)
    again = hand_in(connection, *messages, deliveries=deliveries)
    assert again == [Receipt("repeated", r.submission_id, r.key) for r in first]
    assert [r.key for r in again] == [None, "k1", "refused"]
    assert counts(connection) == before


def test_two_workers_with_one_delivery_accept_it_once(connection: Connection, database_url: str) -> None:
    """An entry that was taken over from a consumer that was only slow: both hand it in at once."""
    receipts: list[Receipt] = []
    failures: list[BaseException] = []

    def second() -> None:
        try:
            receipts.extend(hand_in(connection, message(None), message("k2"), deliveries=["s/1-0", "s/2-0"]))
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    with db.alone(database_url) as first:
        with first.transaction():
            hand_in(first, message(None), deliveries=["s/1-0"])
            thread = threading.Thread(target=second)
            thread.start()
            thread.join(0.3)
        thread.join(10)
    assert failures == []
    assert [r.status for r in receipts] == ["repeated", "accepted"]
    with db.alone(database_url) as other:
        assert values(other, "SELECT delivery FROM wiredesk.submission ORDER BY delivery") == ["s/1-0", "s/2-0"]


BROKEN: list[Any] = [
    5,
    None,
    "",
    [["nested"]],
    [],
    b"",
    b"\xff\xfe",
    b'{"x": ' + b"[" * 200_000,
    b"[" * 200_000,
    '{"content": "a", "key": "\ud800"',
    {"content": "a", "nokey": "\ud800"},
    {"content": "a", "\udfff": "x"},
    {"content": float("nan")},
    {"content": "a", "published_at": "99999-01-01"},
    {"content": "a", "published_at": "2026-13-45T00:00:00+99:99"},
    {"content": "a", "url": "http://[::1"},
    {"content": "a", "url": "http://example.org:99999999999/"},
    {1: 2},
    {"content": {"a": object()}},
]


def test_whatever_is_handed_in_the_good_ones_beside_it_are_accepted(connection: Connection, settings: Settings) -> None:
    """A message of any shape is refused alone; the batch that it came in is not lost with it."""
    before, *refused, after = hand_in(connection, message("before"), *BROKEN, message("after"))
    assert [before.status, after.status] == ["accepted", "accepted"]
    assert [receipt.status for receipt in refused] == ["refused"] * len(BROKEN)
    file_waiting(settings)
    assert value(connection, "SELECT count(*) FROM wire_v1.outcomes WHERE outcome = 'rejected'") == len(BROKEN)
    for n, broken in enumerate(BROKEN):  # each alone too: what one of them spares another must not hide
        assert hand_in(connection, broken)[0].status == "refused", n


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_message_that_our_own_code_fails_on_is_refused_alone(
    connection: Connection, settings: Settings, monkeypatch: pytest.MonkeyPatch, position: int
) -> None:
    """At each place of a batch: while it is checked, and while PostgreSQL stores one of its values."""
    read, row = submission.read_submission, intake._submission_row

    def failing_check(checked: Any, *, max_content_bytes: int) -> Any:
        if checked["key"] == f"check{position}":
            raise IndexError("string index out of range")
        return read(checked, max_content_bytes=max_content_bytes)

    def failing_row(one: Any, *more: Any) -> Any:
        made = row(one, *more)
        return replace(made, version=2**40) if one.key == f"store{position}" and one.is_version else made

    monkeypatch.setattr(submission, "read_submission", failing_check)
    monkeypatch.setattr(intake, "_submission_row", failing_row)
    checks = hand_in(connection, *(message(f"check{n}", f"Text {n}.") for n in range(3)))
    assert [r.reason for r in checks] == [None if n != position else "internal: IndexError" for n in range(3)]
    assert [r.key for r in checks] == ["check0", "check1", "check2"]
    stores = hand_in(connection, *(message(f"store{n}", f"Text {n}, too.") for n in range(3)))
    assert [r.reason for r in stores] == [
        None if n != position else "internal: NumericValueOutOfRange" for n in range(3)
    ]
    assert [r.key for r in stores] == ["store0", "store1", "store2"]
    assert sorted(outcomes_of(file_waiting(settings))) == ["created"] * 4 + ["rejected"] * 2


def test_odd_characters_are_accepted_in_any_field(connection: Connection, settings: Settings) -> None:
    odd = ["\0", "a\0b", "a\ud800b", "\udfff", "\U0010ffff", "\ufffe", "\u202e", "'; DROP TABLE x; --", "%s", "{}"]
    fields = ["content", "headline", "key", "source", "submitter", "byline"]
    messages = [{"content": f"Text {n}.", field: f"{text}"} for n, text in enumerate(odd) for field in fields]
    receipts = hand_in(connection, message("good"), *messages)
    assert receipts[0].status == "accepted"
    assert [(r.status, r.reason) for r in receipts if r.status != "accepted"] == [
        ("refused", "empty: content: nothing but white space")
    ]
    outcomes = file_waiting(settings)
    assert len(outcomes) == len(receipts)
    assert value(connection, "SELECT count(*) FROM wire_v1.outcomes") == len(receipts)
    assert value(connection, "SELECT outcome FROM wire_v1.outcomes WHERE key = 'good'") == "created"


def test_received_at_of_the_submitter_is_kept_and_never_lies_ahead(connection: Connection) -> None:
    hand_in(
        connection,
        message("past", received_at="2018-05-31T10:00:00Z"),
        message("ahead", received_at="2031-01-01T00:00:00Z"),
    )
    assert values(connection, "SELECT key, received_at FROM wiredesk.submission ORDER BY key") == [
        ("ahead", NOW), ("past", datetime(2018, 5, 31, 10, tzinfo=UTC)),
    ]  # fmt: skip


def test_an_address_alone_waits_to_be_fetched(connection: Connection) -> None:
    (receipt,) = hand_in(connection, {"url": "https://example.org/a"})
    assert receipt.status == "accepted"
    assert values(connection, "SELECT needs, url, body_sha256 FROM wiredesk.document") == [
        ("fetch", "https://example.org/a", None)
    ]


def test_the_longest_names_fit(connection: Connection, settings: Settings) -> None:
    """Every field at its limit, in characters that don't compress: index rows of PostgreSQL end at 2,704 bytes."""
    wide = "".join(chr(0x4E00 + (n * 7919) % 20_000) for n in range(4_096))
    (receipt,) = hand_in(
        connection,
        {"content": "A text.", "key": wide[:512], "source": wide[:2_000], "submitter": wide[:2_000],
         "headline": wide[:2_000], "byline": wide[:2_000], "tags": [wide[:2_000]] * 200,
         "authors": [wide[:2_000]] * 100,
         "url": "https://example.org/" + wide[:4_076]},
    )  # fmt: skip
    assert receipt.status == "accepted"
    assert outcomes_of(file_waiting(settings)) == ["created"]
