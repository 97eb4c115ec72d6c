from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wiredesk.worker.news.values.urls import canonical_url, host_of, names_part_of_page, source_slug, url_key


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://News.Example.COM:80/a/../b/./c/?b=2&a=1#part", "http://news.example.com/b/c/?b=2&a=1"),
        ("https://news.example:443", "https://news.example/"),
        ("https://news.example:8443/x", "https://news.example:8443/x"),
        ("  https://news.example/x\n", "https://news.example/x"),
        ("https://news.ex\nample/x", "https://news.example/x"),
        ("//news.example/x", "https://news.example/x"),
        ("https:\\\\news.example\\x", "https://news.example/x"),
        ("https://reader:secret@news.example/x", "https://news.example/x"),
        ("https://news.example./x", "https://news.example/x"),
        ("https://bücher.example/straße?q=ä ö", "https://xn--bcher-kva.example/stra%C3%9Fe?q=%C3%A4%20%C3%B6"),
        ("https://news.example/%7ejo/%c3%a4%zz", "https://news.example/~jo/%C3%A4%25zz"),
        (
            "https://news.example/x?utm_source=a&id=7&fbclid=b&gclid=c&mc_cid=d&at_medium=e&CMP=f",
            "https://news.example/x?id=7",
        ),
        ("https://news.example/x?id=7&amp;utm_medium=rss", "https://news.example/x?id=7"),
        ("https://news.example/x?ref=rss", "https://news.example/x"),
        ("https://news.example/x?ref=4711", "https://news.example/x?ref=4711"),
        ("https://blog.example/?feed=rss2", "https://blog.example/?feed=rss2"),
        ("https://news.example/x?empty=&flag", "https://news.example/x?empty=&flag"),
        ("https://news.example/#!/story/7", "https://news.example/#!/story/7"),
        ("https://www.google.com/amp/s/news.example/x", "https://news.example/x"),
        ("https://news-example.cdn.ampproject.org/c/s/news.example/x?id=1", "https://news.example/x?id=1"),
        ("http://[2001:DB8:0:0::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("http://127.0.0.1:8080/x", "http://127.0.0.1:8080/x"),
        ("http://localhost/x", "http://localhost/x"),
    ],
)
def test_the_canonical_url_is_what_is_shown_and_fetched(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/x",
        "news.example/x",
        "mailto:desk@news.example",
        "javascript:alert(1)",
        "data:text/plain,x",
        "ftp://news.example/x",
        "https://",
        "https:///x",
        "https://news example/x",
        "https://news..example/x",
        "https://-/x",
        "https://news.example:0/x",
        "https://news.example:99999/x",
        "https://news.example:eighty/x",
        "http://[::1/x",
        "http://[::1]x/",
        "https://" + "a" * 64 + ".example/x",
        "https://news.example/" + "a" * 5000,
    ],
)
def test_an_address_that_cant_be_fetched_has_no_url_and_no_key(url: str) -> None:
    assert canonical_url(url) is None
    assert url_key(url) is None
    assert host_of(url) is None


@pytest.mark.parametrize(
    "parameter",
    "ns_id=15 at_id=3 ref_no=9 ref_id=1001 pk_id=4 mbid=7 spm=8 scm=2 icid=5 otc=6 referer=desk wt_id=1 ga_id=2 "
    "mc_id=3 itm_id=4 trk_id=5 fb_id=6 cid=7 ncid=8 ocid=9 smid=1 taid=2".split(),
)
def test_a_parameter_that_may_name_the_article_stays(parameter: str) -> None:
    url = f"https://news.example/notice?{parameter}"
    assert canonical_url(f"{url}&utm_term=x&gclid=y") == url
    assert url_key(url) == f"news.example/notice?{parameter}"


@pytest.mark.parametrize(
    "parameter",
    "utm_whatever=1 at_campaign=2 ns_mchannel=rss wt_mc=3 mtm_cid=4 pk_campaign=5 ref_src=twsrc "
    "source=rss-d1b2c3------2 source=rss----9f8e---4 __s=1 FBCLID=3".split(),
)
def test_a_parameter_that_only_tracks_goes(parameter: str) -> None:
    assert canonical_url(f"https://news.example/x?{parameter}&id=1") == "https://news.example/x?id=1"


@pytest.mark.parametrize(
    ("fragment", "kept"),
    [
        ("v2.401", "#v2.401"),
        ("inc-81", "#inc-81"),
        ("comment-17", "#comment-17"),
        ("item=7", "#item=7"),
        ("!/story/7", "#!/story/7"),
        ("comments", ""),
        ("respond", ""),
        ("more-4711", ""),
        ("utm_source=rss&utm_medium=feed", ""),
        ("xtor=RSS-3208", ""),
        (":~:text=a%20word", ""),
    ],
)
def test_a_fragment_stays_where_it_may_tell_items_apart(fragment: str, kept: str) -> None:
    url = f"https://news.example/changes#{fragment}"
    assert canonical_url(url, keep_fragment=True) == f"https://news.example/changes{kept}"
    assert url_key(url, keep_fragment=True) == f"news.example/changes{kept}"
    assert names_part_of_page(url) == (kept != "" and kept[1] != "!")


def test_relative_urls_need_a_base() -> None:
    assert canonical_url("../x?utm_source=a#top", base="https://news.example/a/b/") == "https://news.example/a/x"
    assert canonical_url("//other.example/x", base="http://news.example/") == "http://other.example/x"
    assert canonical_url("http://[", base="http://news.example/") is None


SPELLINGS = [
    "https://www.news.example/world/item-7",
    "http://news.example/world/item-7/",
    "https://m.news.example/world/item-7?utm_campaign=x",
    "https://amp.news.example/world/item-7",
    "https://www.news.example/world/item-7/amp/",
    "https://www.news.example/amp/world/item-7",
    "https://www.news.example/world/item-7.amp",
    "https://www.news.example/world/item-7?amp=1",
    "https://www.news.example/world/item-7?outputType=amp&usqp=mq331AQ",
    "https://www.news.example//world/item-7/index.html#comments",
    "https://www.news.example/world/item-7?print=1",
    "https://www.google.com/amp/s/www.news.example/world/item-7/amp/",
    "https://WWW.NEWS.EXAMPLE:443/world/./item%2D7",
]


@pytest.mark.parametrize("url", SPELLINGS)
def test_all_spellings_of_an_article_share_one_key(url: str) -> None:
    assert url_key(url) == "news.example/world/item-7"


def test_the_order_of_parameters_is_kept_to_fetch_and_sorted_to_compare() -> None:
    assert canonical_url("https://news.example/s?id=7&b=a+b") == "https://news.example/s?id=7&b=a+b"
    assert (
        url_key("https://news.example/s?id=7&b=a+b")
        == url_key("https://news.example/s?b=a%20b&id=7")
        == "news.example/s?b=a%20b&id=7"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://news.example/item?id=1", "https://news.example/item?id=2"),
        ("https://news.example/Item", "https://news.example/item"),
        ("https://one.news.example/item", "https://two.news.example/item"),
        ("https://news.example/item", "https://news.example:8080/item"),
        ("https://news.example/#!/a", "https://news.example/#!/b"),
        ("https://news.example/2024/champions", "https://news.example/2024/ch/ions"),
        ("https://news.example/a%2Fb", "https://news.example/a/b"),
    ],
)
def test_different_articles_keep_different_keys(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


@pytest.mark.parametrize(
    "url", ["https://news.example", "http://www.news.example/?utm_source=rss", "https://news.example/index.php"]
)
def test_a_front_page_names_no_article(url: str) -> None:
    assert url_key(url) is None


def test_host_of_is_the_host_that_is_asked() -> None:
    assert host_of("https://WWW.News.Example:8443/x") == "www.news.example"
    assert host_of("https://bücher.example/") == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("The New York Times", "the-new-york-times"),
        ("  Reuters ", "reuters"),
        ("BBC News – World", "bbc-news-world"),
        ("People's Daily", "peoples-daily"),
        ("Süddeutsche Zeitung", "suddeutsche-zeitung"),
        ("Новости", "новости"),
        ("https://www.news.example/feed.xml", "news.example"),
        ("www.News.example", "news.example"),
        ("U.S. News & World", "u-s-news-world"),
    ],
)
def test_source_slugs(name: str, slug: str) -> None:
    assert source_slug(name) == slug
    assert source_slug(slug) == slug


def test_sources_named_in_signs_stay_two() -> None:
    assert source_slug("!!!").startswith("source-")
    assert source_slug("!!!") != source_slug("???")


@given(st.text(max_size=60))
def test_a_slug_is_its_own_slug(name: str) -> None:
    slug = source_slug(name)
    assert slug
    assert source_slug(slug) == slug


URLISH = st.one_of(
    st.text(alphabet="aA1%2fF/.?&=#:@\\[]-_ äß\n", max_size=40).map(lambda tail: "https://news.example/" + tail),
    st.text(alphabet="aA1%2/.?&=#:@\\[]-_ ä", max_size=40).map(lambda tail: "http://" + tail),
    st.text(max_size=40),
)


@given(URLISH)
def test_canonical_urls_are_stable_and_carry_the_key(url: str) -> None:
    canonical = canonical_url(url)
    if canonical is None:
        assert url_key(url) is None
        return
    assert canonical.isascii()
    assert canonical_url(canonical) == canonical
    assert url_key(canonical) == url_key(url)
    assert host_of(canonical) == host_of(url)
