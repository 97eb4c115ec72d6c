"""An article's past and its copies: `wiredesk diff`, `wiredesk story`, and the views below them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from newsroom import FERRY, NOW, prose, rows, run, submit_and_file, value, values

from wiredesk.worker.db import Connection
from wiredesk.worker.settings import Settings

OTHER_FERRY = FERRY.replace("four million", "five million").replace("returns", "is back")


LAST = "twice the first estimate, and more may come."


def wiredesk(settings: Settings, *arguments: str) -> Any:
    return run(*arguments, environment={"WIREDESK_DATABASE_URL": settings.database_url})


def file(connection: Connection, settings: Settings, content: str, *, minutes: int = 0, **more: str) -> int:
    """File one submission; the number of its article."""
    now = NOW + timedelta(minutes=minutes)
    (outcome,) = submit_and_file(connection, settings, {"content": content} | more, now=now)
    assert outcome.article_id is not None
    return outcome.article_id


# ---- diff


def test_diff_shows_the_words_that_changed(connection: Connection, settings: Settings) -> None:
    article_id = file(connection, settings, FERRY, key="k")
    file(connection, settings, OTHER_FERRY, key="k", minutes=5)
    done = wiredesk(settings, "diff", str(article_id))
    assert (done.code, done.err) == (0, "")
    share = value(connection, "SELECT share_changed FROM wire_v1.revisions WHERE revision_no = 2")
    revisions = "revision 1 of 2026-03-10 12:00:00 to 2 of 2026-03-10 12:05:00"
    assert done.lines() == [
        f"article {article_id}: {revisions}  retitle, {share:.1%} of the words",
        "~ Island ferry [-returns-] {+is back+} after nine weeks",
        "",
        "  (2 paragraphs the same)",
        f"~ The operator said repairs had cost [-four-] {{+five+}} million euros, {LAST}",
    ]
    assert wiredesk(settings, "diff", str(article_id), "2").out == done.out
    assert wiredesk(settings, "diff", str(article_id), "1", "2").out == done.out
    back = wiredesk(settings, "diff", str(article_id), "2", "1").lines()
    assert back[1] == "~ Island ferry [-is back-] {+returns+} after nine weeks"


def test_diff_for_machines_gives_both_texts_back(connection: Connection, settings: Settings) -> None:
    article_id = file(connection, settings, FERRY, key="k")
    added = FERRY.replace("The operator said", "Crowds cheered on the quay.\n\nThe operator said")
    file(connection, settings, added, key="k", minutes=5)
    (line,) = wiredesk(settings, "diff", str(article_id), "--format", "json").lines()
    found = json.loads(line)
    assert (found["article_id"], found["from"]["revision_no"], found["to"]["revision_no"]) == (article_id, 1, 2)
    assert (found["to"]["change_kind"], found["to"]["observed_at"]) == ("update", "2026-03-10T12:05:00Z")
    assert [edit["kind"] for edit in found["headline"]] == ["same"]
    assert [edit["kind"] for edit in found["body"]] == ["same", "same", "added", "same"]
    bodies = values(connection, "SELECT body_text FROM wire_v1.revisions ORDER BY revision_no")
    for side, body in zip(("old", "new"), bodies, strict=True):
        assert "\n\n".join(edit[side] for edit in found["body"] if edit[side]) == body


def test_diff_takes_an_address_and_says_what_is_not_there(connection: Connection, settings: Settings) -> None:
    article_id = file(connection, settings, FERRY, url="https://harbour.example/ferry")
    for what in (str(article_id), "https://harbour.example/ferry?utm_source=x"):
        done = wiredesk(settings, "diff", what)
        assert (done.code, done.out) == (1, "")
        assert done.errors() == [f"wiredesk: article {article_id} has one revision: nothing changed yet"]
    file(connection, settings, OTHER_FERRY, url="https://harbour.example/ferry", minutes=1)
    assert wiredesk(settings, "diff", "https://harbour.example/ferry").code == 0
    assert wiredesk(settings, "diff", str(article_id), "3").errors() == [
        f"wiredesk: article {article_id} has revisions 1 to 2, and none is 3"
    ]
    assert wiredesk(settings, "diff", "77").errors() == ["wiredesk: there is no article 77"]
    assert wiredesk(settings, "diff", "https://harbour.example/x").errors() == [
        "wiredesk: no article has the number or address 'https://harbour.example/x'"
    ]


# ---- story


TEXT = [prose(n, 60) for n in (1, 2, 3)]
OWN = prose(9, 40)


@pytest.fixture
def copies(connection: Connection, settings: Settings) -> list[int]:
    """An agency's report, and two papers that reprint it: one cuts, one adds."""
    dateline = "LISBON, March 10 (Reuters) - "
    whole = "\n\n".join(["Ferry sails again", dateline + TEXT[0], *TEXT[1:]])
    cut = "\n\n".join(["Ferry sails", dateline + TEXT[0], TEXT[1]])
    longer = "\n\n".join(["Ferry at sea", dateline + TEXT[0], *TEXT[1:], OWN])
    return [
        file(connection, settings, content, source=source, minutes=minutes)
        for content, source, minutes in ((whole, "Wire", 0), (cut, "Herald", 17), (longer, "Courier", 1505))
    ]


def test_the_view_tells_how_a_story_travelled(connection: Connection, copies: list[int]) -> None:
    found = rows(connection, "SELECT * FROM wire_v1.story_articles ORDER BY ordinal")
    assert [
        (
            row["story_id"],
            row["ordinal"],
            row["article_id"],
            row["source"],
            row["seconds_after_original"],
            row["is_original"],
        )
        for row in found
    ] == [
        (copies[0], 1, copies[0], "Wire", 0.0, True),
        (copies[0], 2, copies[1], "Herald", 1_020.0, False),
        (copies[0], 3, copies[2], "Courier", 90_300.0, False),
    ]
    assert values(connection, "SELECT story_id, article_count, original_article_id, agency FROM wire_v1.stories") == [
        (copies[0], 3, copies[0], "Reuters")
    ]


def test_story_shows_what_each_copy_made_of_the_original(settings: Settings, copies: list[int]) -> None:
    done = wiredesk(settings, "story", str(copies[0]))
    assert (done.code, done.err) == (0, "")
    assert done.lines() == [
        f"story {copies[0]}: 3 articles, from Reuters, first seen 2026-03-10 12:00:00",
        f"  1  article {copies[0]}  Wire, 184 words  original",
        "     Ferry sails again",
        f"  2  article {copies[1]}  Herald, 124 words  +17 min  kept 67%, cut 1 passage",
        "     Ferry sails",
        f"  3  article {copies[2]}  Courier, 224 words  +1 d 1 h  kept 100%, 18% its own",
        "     Ferry at sea",
    ]
    with_texts = wiredesk(settings, "story", str(copies[0]), "--texts").lines()
    assert with_texts[5] == f"     - {TEXT[2][:160].rstrip()} …"
    assert with_texts[-1] == f"     + {OWN[:160].rstrip()} …"
    assert wiredesk(settings, "story", str(copies[0]), "--limit", "1").lines()[-1] == "  and 2 more (--limit)"


def test_story_for_machines_gives_the_shared_spans(
    connection: Connection, settings: Settings, copies: list[int]
) -> None:
    bodies = dict(values(connection, "SELECT article_id, body_text FROM wire_v1.articles"))
    lines = [json.loads(line) for line in wiredesk(settings, "story", str(copies[0]), "--format", "json").lines()]
    assert [line["article_id"] for line in lines] == copies
    original, cut, longer = lines
    assert (original["share_kept"], original["cut"], original["added"]) == (1.0, [], [])
    for line in lines:
        for span in line["kept"]:
            shared = bodies[copies[0]][span["original_start"] : span["original_end"]]
            assert bodies[line["article_id"]][span["start"] : span["end"]] == shared
    (gone,) = cut["cut"]
    assert bodies[copies[0]][gone["original_start"] : gone["original_end"]] == TEXT[2].rstrip(".")
    (new,) = longer["added"]
    assert bodies[copies[2]][new["start"] : new["end"]] == OWN.rstrip(".")


def test_the_passages_of_a_story_are_there_for_sql(connection: Connection, copies: list[int]) -> None:
    original, cut, longer = copies
    bodies = dict(values(connection, "SELECT article_id, body_text FROM wire_v1.articles"))
    found = rows(connection, "SELECT * FROM wire_v1.story_spans(%s)", original)
    assert [
        (
            row["article_id"],
            row["kind"],
            bodies[original if row["kind"] == "cut" else row["article_id"]][row["start_offset"] : row["end_offset"]],
            row["words"],
        )
        for row in found
    ] == [
        (cut, "kept", bodies[cut], 124),
        (cut, "cut", TEXT[2], 60),
        (longer, "kept", bodies[original], 184),
        (longer, "added", OWN, 40),
    ]
    assert rows(connection, "SELECT * FROM wire_v1.story_spans(999999)") == []


def test_the_passages_agree_with_the_command(connection: Connection, settings: Settings) -> None:
    """A copy with a changed word, a moved paragraph, other typography and a new opening."""
    one, two, three = (prose(n, 60) for n in (21, 22, 23))
    words = one.split()
    edited = " ".join([*words[:30], "altogether", *words[31:]])
    first = file(connection, settings, f"Ferry\n\n{one}\n\n{two}\n\n{three}", source="A")
    second = file(
        connection, settings, f"Ferry\n\nNew it is. {three.upper()}\n\n“{edited}”\n\n{two}", source="B", minutes=1
    )
    (line,) = [
        found
        for text in wiredesk(settings, "story", str(first), "--format", "json").lines()
        if (found := json.loads(text))["article_id"] == second
    ]
    counted = dict(
        values(connection, "SELECT kind, sum(words)::integer FROM wire_v1.story_spans(%s) GROUP BY kind", first)
    )
    assert counted == {"kept": 179, "added": 4, "cut": 1}
    assert (line["share_kept"], line["share_added"]) == (round(179 / 180, 4), round(4 / 183, 4))


def test_the_id_of_a_merged_story_still_works(connection: Connection, settings: Settings) -> None:
    one, other = "\n\n".join([prose(11, 60), prose(12, 60)]), "\n\n".join([prose(13, 60), prose(14, 60)])
    first = file(connection, settings, f"Ferry\n\n{one}", source="A")
    second = file(connection, settings, f"Bridge\n\n{other}", source="B", minutes=1)
    third = file(connection, settings, f"Ferry and bridge\n\n{one}\n\n{other}", source="C", minutes=2)
    assert values(connection, "SELECT merged_story_id, story_id FROM wire_v1.story_aliases") == [(second, first)]
    done = wiredesk(settings, "story", str(second))
    assert done.code == 0
    assert done.lines()[:2] == [
        f"story {first}: 3 articles, first seen 2026-03-10 12:00:00",
        f"  story {second} turned out to be part of it",
    ]
    assert values(connection, "SELECT article_id FROM wire_v1.story_articles ORDER BY ordinal") == [
        first,
        second,
        third,
    ]
    assert wiredesk(settings, "story", "999999").errors() == ["wiredesk: there is no story 999999"]
