from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiredesk.worker.news.compare.changes import Edit, TextChange, describe, diff, is_withdrawal, meaning_sha256

HEADLINE = "Flood kills twelve"
BODY = (
    'PORT ELM, March 3 (Wire) - "Twelve people have died," the minister said on Monday.\n\n'
    "She said the toll could rise to 15 before the water falls.\n\n"
    "Earlier floods in the valley, in the spring of last year, left thousands without homes for months on end."
)

BORING = [
    "Updated 5 minutes ago",
    "Last updated: 3 March 2024 10:33 GMT | 5 min read",
    "Aktualisiert vor 5 Minuten",
    "First published on Tue 5 Nov 2024 07.00 CET",
    "This story was updated 5 minutes ago.",
    "12 comments",
    "1,234 people are reading this",
    "View 12 comments",
    "Share Tweet Email Print",
    "4 min listen",
    "1.2K shares",
    "Comments (45)",
    "Share this article on Facebook",
    "Facebook Twitter WhatsApp Email Copy link",
    "Advertisement",
    "READ MORE: How rivers rise",
    "Related stories:\n\nHow rivers rise\n\nWhy did nobody warn the valley?",
    "Most read\n\nTen ways to cook rice",
]


@pytest.mark.parametrize("furniture", BORING)
def test_the_furniture_of_a_page_means_nothing(furniture: str) -> None:
    for body in (f"{BODY}\n\n{furniture}", f"{furniture}\n\n{BODY}"):
        assert meaning_sha256(HEADLINE, body) == meaning_sha256(HEADLINE, BODY)
        assert describe(HEADLINE, BODY, HEADLINE, body) == TextChange("boring", 0.0, False, 0, 0)


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace('"Twelve', "“Twelve").replace('died,"', "died,”"),
        BODY.replace('"', "''"),
        BODY.replace(" - ", " – "),
        BODY.replace(" - ", "—"),
        BODY.replace("\n\n", "\n"),
        BODY.replace(" t", "\nt").replace(" - ", " -\n"),
        BODY.replace("people", "peo\u00adple").replace("15", "15\u00a0"),
        BODY.replace("PORT ELM,", "Updated 9 minutes ago PORT ELM,"),
        BODY.replace('died," the', 'died,"the'),
    ],
)
def test_typography_means_nothing(body: str) -> None:
    assert body != BODY
    assert describe(HEADLINE, BODY, HEADLINE, body).kind == "boring"
    assert meaning_sha256(HEADLINE, body) == meaning_sha256(HEADLINE, BODY)


def test_a_typo_is_minor() -> None:
    change = describe(HEADLINE, BODY, HEADLINE, BODY.replace("thousands", "thousends"))
    assert (change.kind, change.words_added, change.words_removed) == ("minor", 1, 1)
    assert change.share_changed == pytest.approx(1 / len(BODY.split()), rel=0.1)


def test_a_new_figure_is_an_update_however_small() -> None:
    assert describe(HEADLINE, BODY, HEADLINE, BODY.replace("15", "18")).kind == "update"


def test_a_new_paragraph_is_an_update() -> None:
    change = describe(HEADLINE, BODY, HEADLINE, BODY + "\n\nThe president flies in on Tuesday, an aide told reporters.")
    assert (change.kind, change.words_added, change.words_removed) == ("update", 10, 0)


def test_a_wholly_new_text_has_changed_wholly() -> None:
    assert describe("a", "one two three four five", "a", "six seven eight nine ten").share_changed == 1.0


def test_a_new_headline_over_the_same_text_is_a_retitle() -> None:
    assert describe(HEADLINE, BODY, "Minister fears for valley", BODY) == TextChange("retitle", 0.0, True, 0, 0)
    assert describe(HEADLINE, BODY, "Correction looms for the markets", BODY).kind == "retitle"


def test_a_moved_paragraph_is_minor() -> None:
    first, second, third = BODY.split("\n\n")
    assert describe(HEADLINE, BODY, HEADLINE, "\n\n".join([first, third, second])) == TextChange(
        "minor", 0.0, False, 0, 0
    )


@pytest.mark.parametrize(
    ("headline", "body", "note"),
    [
        ("CORRECTED-Flood kills ten", BODY, "CORRECTED-Flood kills ten"),
        (
            "CORRECTED (OFFICIAL)-Flood kills ten",
            "(Corrects toll in headline)\n\n" + BODY,
            "(Corrects toll in headline)",
        ),
        (
            HEADLINE,
            "(Corrects the toll in the first paragraph)\n\n" + BODY,
            "(Corrects the toll in the first paragraph)",
        ),
        (HEADLINE, BODY + "\n\nCorrection: The toll was misstated.", "Correction: The toll was misstated."),
        (
            HEADLINE,
            BODY + "\n\nAn earlier version of this article misspelled the valley’s name.",
            "An earlier version of this article misspelled the valley’s name.",
        ),
        (HEADLINE, BODY + "\n\nThis story has been corrected.", "This story has been corrected."),
        (HEADLINE, BODY + "\n\nKorrektur: Die Zahl war falsch.", "Korrektur: Die Zahl war falsch."),
        (HEADLINE, BODY + "\n\nRättelse: Antalet var fel.", "Rättelse: Antalet var fel."),
        (HEADLINE, BODY + "\n\nFe de errores: La cifra era otra.", "Fe de errores: La cifra era otra."),
        ("BERICHTIGUNG: Flood kills ten", BODY, "BERICHTIGUNG: Flood kills ten"),
    ],
)
def test_corrections_are_known_by_slug_or_note(headline: str, body: str, note: str) -> None:
    change = describe(HEADLINE, BODY, headline, body)
    assert (change.kind, change.note) == ("correction", note)


def test_a_correction_is_made_once() -> None:
    corrected = BODY + "\n\nCorrection: The toll was misstated."
    assert describe(HEADLINE, corrected, HEADLINE, corrected.replace("thousands", "hundreds")).kind == "minor"
    assert describe("CORRECTED-" + HEADLINE, BODY, "CORRECTED-" + HEADLINE, BODY.replace("15", "16")).kind == "update"


KILLS = [
    ("KILL: Flood", ""),
    ("BULLETIN KILL", "The toll in this story can't be confirmed."),
    ("WITHDRAWN: Flood kills twelve", "No substitute will be sent."),
    (HEADLINE, "EDITORS: Please withdraw the story slugged FLOOD. The toll was wrong."),
    (HEADLINE, "Eds: The story on the flood must not be used. Please kill it."),
    (HEADLINE, "This article has been removed because it did not meet our standards."),
    (HEADLINE, "Dieser Artikel wurde gelöscht."),
]


@pytest.mark.parametrize(("headline", "body"), KILLS)
def test_kills_withdraw_and_their_end_restores(headline: str, body: str) -> None:
    assert is_withdrawal(headline, body)
    change = describe(HEADLINE, BODY, headline, body)
    assert change.kind == "withdrawn"
    assert change.note in (headline, body)
    assert describe(headline, body, HEADLINE, BODY).kind == "restored"


@pytest.mark.parametrize(
    "headline",
    [
        "Killing of a king",
        "Kill Bill returns",
        "Troops withdraw from valley",
        "Bank retracts offer",
        "KILLER HEAT IN VALLEY",
    ],
)
def test_news_about_killings_and_withdrawals_is_news(headline: str) -> None:
    assert not is_withdrawal(headline, BODY)


def test_news_that_resembles_furniture_is_kept() -> None:
    for line in (
        "The ship sank 5 minutes ago, its owner said.",
        "12 comments by the judge angered the defence.",
        "Share prices fell.",
        "Updated figures put the toll at 16.",
        "Published accounts showed 16 dead",
    ):
        assert meaning_sha256(HEADLINE, f"{BODY}\n\n{line}") != meaning_sha256(HEADLINE, BODY)


def test_diff_shows_paragraphs_and_words() -> None:
    new = BODY.replace("15", "18").replace("PORT ELM", "Elmtown") + "\n\nNobody is missing."
    first, second, third = BODY.split("\n\n")
    edits = diff(BODY, new)
    assert [e.kind for e in edits] == ["changed", "changed", "same", "added"]
    assert edits[1] == Edit(
        "changed",
        second,
        second.replace("15", "18"),
        (
            ("same", "She said the toll could rise to"),
            ("removed", "15"),
            ("added", "18"),
            ("same", "before the water falls."),
        ),
    )
    assert edits[2] == Edit("same", third, third)
    assert edits[3] == Edit("added", "", "Nobody is missing.")
    assert diff(BODY, first + "\n\n" + third)[1] == Edit("removed", second, "")


def test_a_huge_comparison_is_bounded() -> None:
    old = "\n\n".join(f"paragraph {i}" for i in range(3000))
    new = "\n\n".join(f"absatz-{i}" for i in range(3000))
    edits = diff(old, new)
    assert sum(e.kind == "removed" for e in edits) == sum(e.kind == "added" for e in edits) == 3000


PIECE = st.sampled_from(
    [*BODY.split("\n\n"), "Short words.", "“Quoted” — and so on…", "7 dead", "Updated 3 hours ago", "KILL", " "]
)
TEXT = st.one_of(st.lists(PIECE, max_size=6).map("\n\n".join), st.text(max_size=80))


@given(TEXT, TEXT, TEXT, TEXT)
def test_no_change_without_meaning_and_no_meaning_without_change(h1: str, b1: str, h2: str, b2: str) -> None:
    same = meaning_sha256(h1, b1) == meaning_sha256(h2, b2)
    change = describe(h1, b1, h2, b2)
    assert (change.kind == "boring") == same
    assert 0.0 <= change.share_changed <= 1.0
    assert describe(h1, b1, h1, b1).kind == "boring"


@given(TEXT, TEXT)
def test_a_diff_holds_both_texts(old: str, new: str) -> None:
    edits = diff(old, new)
    before = [p.strip() for p in old.split("\n\n") if p.strip()]
    after = [p.strip() for p in new.split("\n\n") if p.strip()]
    assert [e.old for e in edits if e.kind != "added"] == before
    assert [e.new for e in edits if e.kind != "removed"] == after
    for e in edits:
        if e.kind == "changed":
            assert " ".join(w for k, w in e.words if k != "added").split() == e.old.split()
            assert " ".join(w for k, w in e.words if k != "removed").split() == e.new.split()


@pytest.mark.parametrize(
    "hostile",
    [
        "a " * 400_000,
        "'" * 500_000,
        ". " * 300_000,
        "facebook " * 60_000,
        "1 " * 400_000,
        ("UPDATED " + "1 " * 40 + "x\n") * 5_000,
    ],
)
def test_a_hostile_megabyte_takes_no_longer_than_its_size(hostile: str) -> None:
    assert len(meaning_sha256(hostile[:1000], hostile)) == 64
    assert describe("a", "b", hostile[:1000], hostile).kind != "boring"


def test_paragraphs_of_few_words_in_endless_turns_are_replaced_as_a_whole() -> None:
    """1,990 words over two letters: difflib alone takes minutes for 15 such paragraphs."""

    def paragraph(power: int, modulus: int, shift: int) -> str:
        return " ".join("ab"[pow(i + shift, power) % modulus % 2] for i in range(1_990))

    old, new = ("\n\n".join(paragraph(*kind, shift) for shift in range(15)) for kind in ((2, 7), (3, 11)))
    edits = diff(old, new)
    assert "\n\n".join(edit.old for edit in edits if edit.old) == old
    assert "\n\n".join(edit.new for edit in edits if edit.new) == new
    assert {kind for edit in edits for kind, _ in edit.words} <= {"same", "removed", "added"}
    assert max(len(edit.words) for edit in edits) <= 4  # equal ends, and the middle as one piece


def test_texts_beyond_what_is_compared_still_change() -> None:
    long = "\n\n".join(f"Line {n} of the list." for n in range(60_000))
    assert describe("A", long, "A", long).kind == "boring"
    assert describe("A", long, "A", f"{long}\n\nOne more line at the end of it.").kind == "minor"
