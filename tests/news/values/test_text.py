from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiredesk.worker.news.values.text import (
    clean_line,
    clean_text,
    content_sha256,
    html_to_text,
    paragraphs,
    word_count,
)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("plain text\nin two lines", "plain text\nin two lines"),
        ("  spaces\t and   tabs \n  between ", "spaces and tabs\nbetween"),
        ("windows\r\nold mac\rnext\x0bline\u2028end", "windows\nold mac\nnext\nline\nend"),
        ("Q&amp;A &lt;b&gt; AT&T", "Q&A <b> AT&T"),
        ("It&#8217;s &eacute;", "It’s é"),
        ("schÃ¶n, said the â€œministerâ€\x9d", "schön, said the “minister”"),
        ("soft\u00adhyphen, zero\u200bwidth, \ufeffmark", "softhyphen, zerowidth, mark"),
        ("no\xa0break, thin\u2009space, ideographic\u3000space", "no break, thin space, ideographic space"),
        ("right\u202eleft, tags \U000e0041\U000e0042", "rightleft, tags"),
        ("می\u200cخواهم 👩\u200d🔬", "می\u200cخواهم 👩\u200d🔬"),
        ("cafe\u0301", "café"),
        ("pair \ud83d\ude00, lone \ud800.", "pair 😀, lone ."),
        ("nul\x00 bell\x07", "nul bell"),
        ("„deutsche“ «françaises» “curly” 'straight'", "„deutsche“ «françaises» “curly” 'straight'"),
        ("Straße für ½ 10 °C – São Paulo, Łódź", "Straße für ½ 10 °C – São Paulo, Łódź"),
        ("Путин сказал в Москве", "Путин сказал в Москве"),
        ("", ""),
    ],
)
def test_clean_text(given: str, wanted: str) -> None:
    assert clean_text(given) == wanted


def test_clean_line_is_one_line() -> None:
    assert clean_line(" Harbour\n board\r\n closes\u2028pier ") == "Harbour board closes pier"


def test_paragraphs_have_one_blank_line_between_them() -> None:
    assert paragraphs("\n\none\ntwo\n \n\t\n\nthree\r\n\r\n\r\nfour\n\n") == "one\ntwo\n\nthree\n\nfour"


@pytest.mark.parametrize(
    ("markup", "wanted"),
    [
        ("<p>One.</p><p>Two <b>bo</b>ld <a href='#'>link</a>.</p>", "One.\n\nTwo bold link."),
        ("first line<br>second<br/>third", "first line\nsecond\nthird"),
        ("<div>a<div>b</div>c</div>", "a\n\nb\n\nc"),
        ("<ul><li>one<li>two</ul>", "one\n\ntwo"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\n\nb"),
        ("<i>wrapped</i>\n   in the\n source", "wrapped in the source"),
        ("text <script>var x = '<p>no</p>'</script><style>p{}</style>only", "text only"),
        ("<p>seen</p><p hidden>no</p><p style='color:red;display: none'>no</p>", "seen"),
        ("<p>open <i>and never closed", "open and never closed"),
        ("no tags, &amp; an entity", "no tags, & an entity"),
        ("a &lt;b&gt; c<br>", "a <b> c"),
        ("<!-- comment -->text<![CDATA[ x ]]>", "text"),
        ("", ""),
        ("<p></p><img src=x>", ""),
    ],
)
def test_html_to_text(markup: str, wanted: str) -> None:
    assert html_to_text(markup) == wanted


@pytest.mark.parametrize(
    "markup",
    ["<div>" * 100_000 + "x", "<b><i>" * 50_000 + "x", "<" * 1_000_000, "<p " + "a=1 " * 50_000 + ">x", "&" * 500_000],
    ids=["nested", "formatted", "brackets", "attributes", "ampersands"],
)
def test_html_to_text_is_linear(markup: str) -> None:
    started = time.process_time()
    html_to_text(markup)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("text", [" " * 500_000, "\n" * 500_000, "\n " * 250_000, "Ã" * 500_000, "\u200b" * 500_000])
def test_clean_text_is_linear(text: str) -> None:
    started = time.process_time()
    paragraphs(text)
    assert time.process_time() - started < 5


def test_clean_text_of_plain_ascii_costs_microseconds() -> None:
    text = "The harbour board voted on Tuesday to close the old ferry pier for good.\n\n" * 40
    started = time.process_time()
    for _ in range(100):
        clean_text(text)
    # 16 µs were measured; a pass of ftfy would take a hundred times that.
    assert (time.process_time() - started) / 100 < 0.000_5


@pytest.mark.parametrize(
    ("text", "count"),
    [("The board's Franco-German vote, 3.5 % up.", 7), ("", 0), ("— …", 0), ("don’t stop", 2), ("Größe über alles", 3)],
)
def test_word_count(text: str, count: int) -> None:
    assert word_count(text) == count


@given(st.text(alphabet=st.one_of(st.sampled_from("aé漢1_²-'’ .,\n–\u0301\x00\ud800"), st.characters()), max_size=40))
def test_words_are_counted_as_a_pattern_would_find_them(text: str) -> None:
    assert word_count(text) == len(re.findall(r"\w+(?:['’-]\w+)*", text))


def test_content_sha256() -> None:
    # printf 'Headline\n\nBody' | sha256sum
    assert content_sha256("Headline", "Body") == "73e0672701c27ccb05f1b536b50069556856329e5c3a886187b7ca4298a29bbb"
    assert content_sha256(None, "Body") == content_sha256("", "Body")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<B>one</B><BR>two", "one\ntwo"),
        ("one</br>two", "one\ntwo"),
        ("one</p>two", "one\n\ntwo"),
        ("<p\x00>one</p\x00>two", "one\n\ntwo"),
        ("one<I HIDDEN>two</I>three", "onethree"),
        ("one<i STYLE='Display:None'>two</i>three", "onethree"),
        ("one<Script>two()</Script>three", "onethree"),
        ("one<Pre>two\n three</Pre>", "one\n\ntwo\nthree"),
        ("<i>one</i>\ntwo", "one two"),
    ],
)
def test_elements_are_found_however_they_are_written(markup: str, text: str) -> None:
    assert html_to_text(markup) == text
