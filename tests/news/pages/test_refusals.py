"""Pages that are no article are refused with their kind; articles about the same things stay articles.

The pages are in `pages/refused.jsonl` and `pages/kept.jsonl` of the corpus, one a line.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from corpus import CORPUS

from wiredesk.worker.errors import Rejected
from wiredesk.worker.news.pages.page import read_page
from wiredesk.worker.news.pages.refusals import wall_at_the_end
from wiredesk.worker.news.values import words

RECEIVED_AT = datetime(2024, 3, 7, 12, 0, tzinfo=UTC)


def _lines(name: str) -> dict[str, dict[str, Any]]:
    lines = (CORPUS / "pages" / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return {line["name"]: line for line in map(json.loads, lines)}


REFUSED = _lines("refused")
KEPT = _lines("kept")


@pytest.mark.parametrize("name", REFUSED)
def test_a_page_that_is_no_article_is_refused(name: str) -> None:
    with pytest.raises(Rejected) as caught:
        read_page(REFUSED[name]["html"], url="https://estuary.example/2024/03/05/pier", received_at=RECEIVED_AT)
    assert caught.value.reason == REFUSED[name]["reason"]
    assert "\n" not in caught.value.detail
    assert caught.value.detail


@pytest.mark.parametrize("name", KEPT)
def test_an_article_stays_one(name: str) -> None:
    draft = read_page(KEPT[name]["html"], url="https://estuary.example/pier", received_at=RECEIVED_AT)
    assert draft.headline == KEPT[name]["headline"]
    assert draft.body_text


def test_the_tables_are_large_enough() -> None:
    assert len(REFUSED) >= 60
    assert len(KEPT) >= 40


def test_a_wall_below_a_teaser_is_cut_off_and_flagged() -> None:
    html = KEPT["teaser of an article with a wall"]["html"]
    draft = read_page(html, url="https://estuary.example/pier", received_at=RECEIVED_AT)
    assert draft.flags == ("paywalled",)
    assert "ubscri" not in draft.body_text


@pytest.mark.parametrize(
    ("text", "open_text"),
    [
        ("The pier closed.\n\nTo read it you need a subscription.\n\nAlready a subscriber? Log in", "The pier closed."),
        ("Le quai ferme.\n\nLa suite est réservée aux abonnés.\n\nDéjà abonné ? Connectez-vous", "Le quai ferme."),
        (
            "Der Anleger schließt.\n\nJetzt weiterlesen mit unserem Abo: vier Wochen kostenlos testen",
            "Der Anleger schließt.",
        ),
        ("The pier closed.\n\nThe service raised the price of a subscription, it said.", None),
        ("Already a subscriber? Log in", None),
    ],
)
def test_wall_at_the_end(text: str, open_text: str | None) -> None:
    assert wall_at_the_end(text) == open_text


@pytest.mark.parametrize("language", words.languages("refusals"))
def test_every_language_has_words_for_every_kind(language: str) -> None:
    table = words.table(f"refusals/{language}")
    kinds = {key.partition(" ")[0] for key in table} - {"addressing"}
    assert kinds == {key.partition(" ")[0] for key in words.table("refusals/en")} - {"addressing"}
    assert table["addressing"]


@pytest.mark.parametrize("text", ["page not found " * 60_000, "“" * 500_000, "a" * 1_000_000, "您的访问" * 200_000])
def test_long_runs_end_soon(text: str) -> None:
    assert wall_at_the_end(f"The pier closed.\n\n{text}") is None
