from __future__ import annotations

import pytest

from wiredesk.worker.news.values.sites import site_of


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("example.com", "example.com"),
        ("feeds.news.example.com", "example.com"),
        ("WWW.Example.CO.UK.", "example.co.uk"),
        ("desk.blogspot.com", "desk.blogspot.com"),
        ("www.desk.blogspot.com", "desk.blogspot.com"),
        ("ann.github.io", "ann.github.io"),
        ("ann.substack.com", "ann.substack.com"),
        ("www.ann.substack.com", "ann.substack.com"),
        ("substack.com", "substack.com"),
        ("www.substack.com", "substack.com"),
        ("ann.blog.fc2.com", "ann.blog.fc2.com"),
        ("www.bmi.gv.at", "bmi.gv.at"),
        ("club.asso.fr", "club.asso.fr"),
        ("xn--fiqs8s", "xn--fiqs8s"),
        ("www.xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("co.uk", "co.uk"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("2606:2800:220:1::1", "2606:2800:220:1::1"),
        ("[2606:2800:220:1::1]", "2606:2800:220:1::1"),
    ],
)
def test_a_site_is_what_one_publisher_owns(host: str, site: str) -> None:
    assert site_of(host) == site
