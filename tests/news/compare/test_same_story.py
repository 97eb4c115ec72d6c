from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiredesk.worker.news.compare.fingerprint import fingerprint
from wiredesk.worker.news.compare.same_story import MIN_SHINGLES, Match, same_story

STORY = """\
PORT ELM, March 3 (Wire) - Twelve people died when the river Orle broke its banks on Monday, the interior
minister, Ada Quill, said.

She told reporters in Port Elm that 340 houses had been lost and that the army would send 15 boats before
nightfall.

It was the third flood in two years. Engineers at the Harrow institute had warned in 2019 that the dam above
the town could not hold a wet spring, but the council put off the repairs for want of money.

Families slept in the school at Lower Fenwick, where volunteers handed out blankets, soup and dry clothes
through the night and doctors looked after those who had been pulled from the water.

The opposition leader, Tomas Vell, called for an inquiry. Parliament will debate the disaster on Thursday.
""".strip().split("\n\n")
OTHER = """\
GRAND MARSH, March 3 (Wire) - The city orchestra has named Lena Brandt its first conductor from outside the
region, ending a search that took the board more than a year and cost it two managers.

Brandt, 41, who leads the radio ensemble in Kessel, will begin in September with a season of eleven concerts.

Musicians had threatened to strike over the appointment, which the mayor, Paul Osei, described as long
overdue.
""".strip().split("\n\n")


def copies(one: str, other: str) -> Match | None:
    match = same_story(fingerprint(one), fingerprint(other))
    assert same_story(fingerprint(other), fingerprint(one)) == match
    return match


BODY = "\n\n".join(STORY)


@pytest.mark.parametrize(
    "reprint",
    [
        BODY,
        "\n\n".join(STORY[:3]),
        "\n\n".join(STORY[1:]),
        "\n\n".join([STORY[0], *STORY[2:]]),
        STORY[0] + "\n\n" + STORY[1],
        STORY[0],
        "By Rosa Field\n\n"
        + BODY.replace("PORT ELM, March 3 (Wire) - ", "")
        + "\n\nCopyright Fenwick Courier. All rights reserved.",
        "You have 2 free articles left this month.\n\n" + BODY + "\n\nSign up for our morning letter.",
        BODY.replace("nightfall", "dark").replace("disaster", "catastrophe").replace("soup", "hot soup"),
        BODY.upper(),
        BODY + "\n\n" + "\n\n".join(OTHER[1:]),
    ],
)
def test_reprints_are_copies(reprint: str) -> None:
    match = copies(BODY, reprint)
    assert match is not None
    assert 0.55 <= match.containment <= 1.0


def test_a_copy_says_how_much_of_it_is_there() -> None:
    assert copies(BODY, BODY) == Match(1.0, 1.0)
    short = fingerprint("\n\n".join(STORY[:3]))
    match = copies(BODY, "\n\n".join(STORY[:3]))
    assert match == Match(1.0, short.shingle_count / fingerprint(BODY).shingle_count)


def test_other_news_is_no_copy() -> None:
    assert copies(BODY, "\n\n".join(OTHER)) is None
    assert copies(BODY, "\n\n".join([*OTHER, STORY[0]])) is None


def earnings(rng: random.Random) -> str:
    company = (
        rng.choice(["Alder", "Birch", "Cedar", "Elder", "Hazel"]) + " " + rng.choice(["Foods", "Steel", "Freight"])
    )
    a, b, c, d = (rng.randint(11, 989) for _ in range(4))
    return (
        f"{company} Inc on {rng.choice(['Monday', 'Tuesday', 'Friday'])} reported net income of ${a}.{b % 10} million, "
        f"or {c} cents a share, for the quarter, compared with ${d}.{a % 10} million in the same period "
        "a year earlier.\n\n"
        f"Revenue was ${b * 3}.{c % 10} million, against ${d * 2}.{b % 10} million. Analysts on average had expected "
        f"revenue of ${a * 2} million, according to data compiled by the company.\n\n"
        "The company said it remained focused on disciplined execution and on creating long-term value for its owners, "
        "and that it would hold a conference call with analysts and investors later in the day to discuss the results."
    )


def match_report(rng: random.Random) -> str:
    def name() -> str:
        return "".join(rng.choice("ba do fe gi ho ka lu me ni or pa ru".split()) for _ in range(3)).capitalize()

    return (
        f"{name()} beat {name()} on Saturday in front of a packed house to move up the table.\n\n"
        f"Early in the match {name()} {name()} opened the scoring with a low drive from the edge of the area, and "
        f"{name()} {name()} doubled the lead shortly before the break.\n\nThe visitors pulled a goal back through "
        f"{name()} {name()} but could not find an equaliser despite late pressure.\n\nThe manager, {name()} {name()}, "
        "said the players had kept going until the end and that they would take it game by game.\n\n"
        f"Next they host {name()}, while their rivals travel to {name()}."
    )


@pytest.mark.parametrize("template", [earnings, match_report])
def test_templates_with_other_facts_are_no_copies(template: object) -> None:
    assert callable(template)
    rng = random.Random(5)
    prints = list({fingerprint(template(rng)) for _ in range(25)})
    contained = 0
    for i, one in enumerate(prints):
        for other in prints[:i]:
            assert same_story(one, other) is None
            a, b = set(memoryview(one.sample).cast("I")), set(memoryview(other.sample).cast("I"))
            contained += len(a & b) >= 0.5 * min(len(a), len(b))
    assert contained > 100  # so it is the guard that told them apart


def test_an_edition_with_one_new_figure_is_another_note() -> None:
    note = (
        "The central bank entered the money market to arrange {} billion crowns of customer repurchase agreements, a "
        "spokesman said. Dealers said overnight funds were trading at {} percent when the bank began its temporary "
        "supply of reserves to the banking system."
    )
    assert copies(note.format("1.5", "6.5"), note.format("1.5", "6.4")) is None
    longer = note + " Ada Quill of Harrow Securities in Port Elm called it a routine step before Thursday."
    assert copies(longer.format("1.5", "6.5"), longer.format("1.5", "6.5").replace("routine", "usual")) is not None


def test_stubs_and_boilerplate_are_in_no_story() -> None:
    stub = "This is a developing story. Please check back for updates."
    cookies = (
        "Cookies help us deliver our services. By using our services, you agree to our use of cookies and to our terms."
    )
    assert copies(stub, stub) is None
    assert copies(cookies, cookies) is None
    assert copies(cookies, cookies + "\n\n" + BODY) is None
    assert copies("", "") is None
    assert fingerprint(" ".join(BODY.split()[:10])).shingle_count < MIN_SHINGLES
    assert copies(" ".join(BODY.split()[:10]), BODY) is None


def test_a_notice_that_ends_many_articles_is_no_copy_of_them() -> None:
    notice = (
        "Follow the Fenwick Courier every week: sign up for the Courier Letter by Rosa Field, read the Harrow "
        "Digest with Ben Orr and hear the Port Elm Hour with Dee Marsh, 40 minutes of talk about the valley."
    )
    assert copies(notice, notice) is not None
    assert copies(notice, BODY + "\n\n" + notice) is None
    assert copies(BODY + "\n\n" + notice, "\n\n".join([*OTHER, notice])) is None
    assert copies(STORY[0] + " " + STORY[1], BODY + "\n\n" + notice) is not None


PARAGRAPHS = st.lists(st.sampled_from([*STORY, *OTHER, "", "Advertisement", "340 houses"]), max_size=7).map("\n\n".join)


@given(PARAGRAPHS, PARAGRAPHS)
def test_matching_is_symmetric(one: str, other: str) -> None:
    copies(one, other)


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_two_texts_can_be_compared(one: str, other: str) -> None:
    copies(one, other)
