from __future__ import annotations

import pytest

from wiredesk.worker.news.pages.headlines import choose_headline
from wiredesk.worker.news.pages.structured import Structured, language_code, load_json, names_of, read_structured
from wiredesk.worker.news.values.html import MAX_DEPTH, parse, tame


def _read(head: str, body: str = "") -> Structured:
    return read_structured(parse(f"<html><head>{head}</head><body>{body}</body></html>"))


def _data(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('<!-- {"a": 1} -->', {"a": 1}),
        ('//<![CDATA[\n{"a": 1}\n//]]>', {"a": 1}),
        ('{"a": "line\nbreak"}', {"a": "line\nbreak"}),
        ('{"a": [1, 2,], }', {"a": [1, 2]}),
        ('{"a": 1};', {"a": 1}),
        ('{"a": 1} trailing words', {"a": 1}),
        ("{&quot;a&quot;: 1}", {"a": 1}),
        ("", None),
        ("{", None),
        ("not json", None),
        ("[" * 100_000, None),
        ('{"a":' * 100_000, None),
    ],
)
def test_json_as_publishers_write_it(text: str, value: object) -> None:
    assert load_json(text) == value


def test_one_broken_block_leaves_the_others() -> None:
    data = _read(
        _data('{"@type": "NewsArticle", "headline": ') + _data('{"@type": "NewsArticle", "headline": "Pier closes"}')
    )
    assert [item.first("headline") for item in data.articles] == ["Pier closes"]


@pytest.mark.parametrize(
    "kind", ['"NewsArticle"', '["Article", "NewsArticle"]', '"http://schema.org/BlogPosting"', '"schema:Report"']
)
def test_article_types(kind: str) -> None:
    assert [item.first("headline") for item in _read(_data(f'{{"@type": {kind}, "headline": "x"}}')).articles] == ["x"]


def test_other_types_are_no_articles() -> None:
    data = _read(_data('[{"@type": "Organization", "name": "x"}, {"@type": "WebPage", "name": "y"}, {"@type": 7}, 8]'))
    assert data.articles == ()
    assert [item.first("name") for item in data.others] == ["y"]


def test_articles_inside_lists_of_others_are_left_out() -> None:
    text = """{"@type": "CollectionPage", "hasPart": [{"@type": "NewsArticle", "headline": "teaser"}],
        "mainEntity": {"@type": "NewsArticle", "headline": "main"}}"""
    assert [item.first("headline") for item in _read(_data(text)).articles] == ["main"]


def test_the_article_named_like_the_page_comes_first() -> None:
    head = '<meta property="og:title" content="Pier closes | Post">'
    text = '[{"@type": "Article", "headline": "Toll rises"}, {"@type": "Article", "headline": "Pier closes"}]'
    assert [item.first("headline") for item in _read(head + _data(text)).articles] == ["Pier closes", "Toll rises"]


def test_values_in_every_shape() -> None:
    text = """{"@type": "Article", "keywords": ["a", {"name": "b"}, {"@value": "c"}, 4, true, null, [["d"]], {"x": 1}],
        "author": {"@id": "#1"}, "Headline": "upper &amp; case"}"""
    item = _read(_data(text) + _data('{"@type": "Person", "@id": "#1", "name": "Ines Calder"}')).articles[0]
    assert item.texts("keywords") == ["a", "b", "c", "4", "true"]
    assert item.texts("author") == ["Ines Calder"]
    assert item.first("headline") == "upper & case"


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Ines Calder", [("Ines Calder", False)]),
        ({"@type": "Person", "name": "Ines Calder"}, [("Ines Calder", False)]),
        ([{"name": ["A B", "C D"]}, "E F"], [("A B", False), ("C D", False), ("E F", False)]),
        ({"@type": "NewsMediaOrganization", "name": "AFP"}, [("AFP", True)]),
        ({"@type": "Person"}, []),
        (None, []),
    ],
)
def test_names_of_authors(value: object, names: list[tuple[str, bool]]) -> None:
    assert names_of(value) == names


def test_microdata_belongs_to_the_nearest_scope() -> None:
    body = """<article itemscope itemtype="https://schema.org/NewsArticle"><h1 itemprop="headline">Pier closes</h1>
    <div itemprop="publisher" itemscope itemtype="https://schema.org/Organization"><b itemprop="name">Post</b></div>
    <time itemprop="datePublished" datetime="2024-03-05">today</time>
    <aside itemscope itemtype="https://schema.org/Article"><b itemprop="headline">Toll rises</b></aside></article>"""
    first, second = _read("", body).articles
    assert (first.first("headline"), first.first("publisher"), first.first("datepublished")) == (
        "Pier closes",
        "Post",
        "2024-03-05",
    )
    assert (second.first("headline"), second.first("datepublished")) == ("Toll rises", None)


def test_metas_by_name_property_and_itemprop() -> None:
    data = _read("""<meta name="Author" content="A"><meta property="author" content="B">
    <meta itemprop=author content="A"><meta name="empty" content=""><meta content="nameless">
    <meta name="twice" content="Q&amp;amp;A">""")
    assert data.every_meta("author") == ["A", "B"]
    assert data.meta("missing", "empty", "twice") == "Q&A"


@pytest.mark.parametrize(
    ("text", "code"),
    [("en", "en"), ("de-AT", "de"), ("pt_BR", "pt"), ("fr, en", "fr"), ("English", None), ("", None), ("x", None)],
)
def test_language_code(text: str, code: str | None) -> None:
    assert language_code(text) == code


@pytest.mark.parametrize(
    ("candidates", "sites", "newsroom", "headline"),
    [
        ([("title", "Pier closes | Post")], ["Post"], False, "Pier closes"),
        (
            [("title", "Post - Pier closes - Transport | post.example")],
            ["post.example"],
            False,
            "Pier closes - Transport",
        ),
        ([("h1", "Pier closes"), ("title", "Pier closes | Transport | Post Online")], ["Post"], False, "Pier closes"),
        ([("h1", "Post"), ("h1", "Pier closes"), ("og:title", "Pier closes | Post")], ["Post"], False, "Pier closes"),
        ([("title", "Why the pier - and the bus - matter")], ["Post"], False, "Why the pier - and the bus - matter"),
        # A plug-in's data repeats its og:title; readers see the h1.
        (
            [("json-ld", "10 Piers to See"), ("h1", "Ten Piers"), ("og:title", "10 Piers to See")],
            [],
            False,
            "Ten Piers",
        ),
        # A newsroom's data is its own.
        ([("json-ld", "Pier shut"), ("h1", "Pier closes"), ("og:title", "Pier closes")], [], True, "Pier shut"),
        (
            [
                ("json-ld", "Pier closes"),
                ("h1", "Pier closes"),
                ("og:title", "Goodbye, pier"),
                ("title", "Pier closes"),
            ],
            [],
            True,
            "Goodbye, pier",
        ),
        ([("h1", "Post")], ["Post"], False, "Post"),
        ([], ["Post"], False, None),
    ],
)
def test_headline(candidates: list[tuple[str, str]], sites: list[str], newsroom: bool, headline: str | None) -> None:
    chosen, evidence = choose_headline(candidates, sites, newsroom=newsroom)
    assert chosen == headline
    assert sum(entry.chosen for entry in evidence) == (headline is not None)


def test_markup_is_cut_where_it_nests_too_deep() -> None:
    assert tame("<div>" * (MAX_DEPTH + 500)) == "<div>" * MAX_DEPTH
    shallow = "<p>x<br>" * 50_000
    assert tame(shallow) == shallow


def test_a_tag_of_thousands_of_attributes_is_dropped() -> None:
    swollen = "<p " + " ".join(f"a{number}='>'" for number in range(5_000)) + ">"
    assert tame(f"<b>{swollen}x</b>") == "<b>x</b>"
    picture = f'<img src="data:image/png;base64,{"A" * 100_000}">'
    assert tame(picture) == picture
