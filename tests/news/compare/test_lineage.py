"""What a copy kept, cut and added."""

from __future__ import annotations

import time

from wiredesk.worker.news.compare.lineage import Lineage, Span, trace

LEAD = "The night ferry to the outer islands sailed again on Monday after nine weeks in dock."
QUOTE = "We have missed her more than we expected, said the baker of the smallest island."
COST = "Repairs had cost four million euros, twice the first estimate, and more may come."
OWN = "Our correspondent adds that the harbour café has reopened too."
ORIGINAL = "\n\n".join((LEAD, QUOTE, COST))


def texts(text: str, spans: tuple[Span, ...]) -> list[str]:
    return [text[span.start : span.end] for span in spans]


def test_the_same_text_is_kept_as_a_whole() -> None:
    lineage = trace(ORIGINAL, ORIGINAL.upper())
    assert [(k.in_copy, k.in_original) for k in lineage.kept] == [(Span(0, len(ORIGINAL) - 1),) * 2]
    assert (lineage.cut, lineage.added, lineage.share_kept, lineage.share_added) == ((), (), 1.0, 0.0)


def test_a_cut_and_an_added_paragraph() -> None:
    copy = "\n\n".join((LEAD, COST, OWN))
    lineage = trace(ORIGINAL, copy)
    assert texts(copy, tuple(k.in_copy for k in lineage.kept)) == [LEAD[:-1], COST[:-1]]
    assert texts(ORIGINAL, tuple(k.in_original for k in lineage.kept)) == [LEAD[:-1], COST[:-1]]
    assert texts(ORIGINAL, lineage.cut) == [QUOTE[:-1]]
    assert texts(copy, lineage.added) == [OWN[:-1]]
    assert lineage.share_kept == (16 + 14) / (16 + 15 + 14)
    assert lineage.share_added == 10 / (16 + 14 + 10)


def test_a_moved_paragraph_is_kept() -> None:
    copy = "\n\n".join((COST, LEAD, QUOTE))
    lineage = trace(ORIGINAL, copy)
    assert (lineage.cut, lineage.added, lineage.share_kept) == ((), (), 1.0)
    assert texts(copy, tuple(k.in_copy for k in lineage.kept)) == [COST[:-1], f"{LEAD}\n\n{QUOTE}"[:-1]]


def test_one_changed_word_is_cut_and_added() -> None:
    copy = ORIGINAL.replace("four million", "five million")
    lineage = trace(ORIGINAL, copy)
    assert texts(ORIGINAL, lineage.cut) == ["four"]
    assert texts(copy, lineage.added) == ["five"]


def test_typography_makes_no_difference() -> None:
    assert trace("it's the baker's ferry again", "It’s the baker’s “ferry” — again").share_kept == 1.0


def test_chance_phrases_are_not_shared() -> None:
    lineage = trace(LEAD, "The night train to the outer suburbs was late again on Monday, the operator said.")
    assert (lineage.kept, lineage.share_kept, lineage.share_added) == ((), 0.0, 1.0)


def test_a_repeated_run_goes_on_where_the_original_does() -> None:
    refrain = "alpha beta gamma delta epsilon"
    original = f"{refrain} one two three. {refrain} four five six."
    lineage = trace(original, f"{refrain} four five six")
    assert [k.in_original.start for k in lineage.kept] == [original.rindex("alpha")]


def test_nothing_is_shared_with_nothing() -> None:
    nothing = Lineage((), (), (), 0.0, 0.0)
    assert trace("", "") == nothing
    assert trace("", LEAD).added == (Span(0, len(LEAD) - 1),)
    assert trace(LEAD, "").cut == (Span(0, len(LEAD) - 1),)
    assert trace("Short.", "short").share_kept == 1.0


def test_a_hostile_repetition_takes_no_longer_than_a_long_text() -> None:
    started = time.process_time()
    lineage = trace("a " * 100_000, "a " * 60_000 + "b " + "a " * 30_000)
    assert time.process_time() - started < 5
    assert lineage.share_kept > 0.5
