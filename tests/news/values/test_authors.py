"""Authors and agencies out of bylines, credits and author fields."""

from __future__ import annotations

import pytest

from wiredesk.worker.news.model import Author
from wiredesk.worker.news.values.agencies import Attribution, attribute, find_agency
from wiredesk.worker.news.values.authors import read_authors

BYLINES: list[tuple[str, list[str]]] = [
    ("By Jane Doe, with files from John Roe and Ann Poe", ["Jane Doe", "John Roe", "Ann Poe"]),
    ("Jane Doe (with contributions from John Roe)", ["Jane Doe", "John Roe"]),
    ("By Jane Doe with files from The Canadian Press", ["Jane Doe"]),
    ("Jane Doe", ["Jane Doe"]),
    ("By Jane Doe", ["Jane Doe"]),
    ("by: Jane Doe", ["Jane Doe"]),
    ("BY JANE DOE", ["Jane Doe"]),
    ("By JANE O'NEILL and JOHN McROE", ["Jane O'Neill", "JOHN McROE"]),
    ("By Jane Doe and John Roe", ["Jane Doe", "John Roe"]),
    ("By Jane Doe, John Roe and Max Muster", ["Jane Doe", "John Roe", "Max Muster"]),
    ("Jane Doe; John Roe", ["Jane Doe", "John Roe"]),
    ("Jane Doe | John Roe", ["Jane Doe", "John Roe"]),
    ("Jane Doe & John Roe", ["Jane Doe", "John Roe"]),
    ("Jane Doe / John Roe", ["Jane Doe", "John Roe"]),
    ("Jane Doe\nJohn Roe", ["Jane Doe", "John Roe"]),
    ("By Jane Doe, Reuters", ["Jane Doe"]),
    ("By JANE DOE, Associated Press Writer", ["Jane Doe"]),
    ("By Jane Doe AP Science Writer", ["Jane Doe"]),
    ("Jane Doe, Political Editor", ["Jane Doe"]),
    ("Jane Doe Staff Writer", ["Jane Doe"]),
    ("Jane Doe (Reuters)", ["Jane Doe"]),
    ("Jane Doe, Moscow correspondent", ["Jane Doe"]),
    ("Written by Jane Doe", ["Jane Doe"]),
    ("Words: Jane Doe", ["Jane Doe"]),
    ("By Jane Doe jane.doe@news.example", ["Jane Doe"]),
    ("Jane Doe @janedoe", ["Jane Doe"]),
    ("Jane Doe https://news.example/authors/jane-doe", ["Jane Doe"]),
    ("By Jane Doe on March 3, 2018", ["Jane Doe"]),
    ("By Jane Doe | 3 March 2018 10:15", ["Jane Doe"]),
    ("Doe, Jane", ["Jane Doe"]),
    ("Martin Luther King Jr.", ["Martin Luther King Jr."]),
    ("Jane Doe, John Roe Jr., and Max Muster III", ["Jane Doe", "John Roe Jr.", "Max Muster III"]),
    ("Jane Doe, Ph.D.", ["Jane Doe"]),
    ("Dr. Jane Doe", ["Jane Doe"]),
    ("J. R. R. Doe", ["J. R. R. Doe"]),
    ("Von Jürgen Müller-Lüdenscheidt und Ana López", ["Jürgen Müller-Lüdenscheidt", "Ana López"]),
    ("Par Marie-Ève d’Estaing et Zoë Kravitz avec AFP", ["Marie-Ève d’Estaing", "Zoë Kravitz"]),
    ("Por María José de la Cruz y Íñigo Núñez", ["María José de la Cruz", "Íñigo Núñez"]),
    ("di Niccolò D'Amico e Ilaria Rossi", ["Niccolò D'Amico", "Ilaria Rossi"]),
    ("door Jan van der Berg en Piet de Vries", ["Jan van der Berg", "Piet de Vries"]),
    ("Av Åsa Öberg och Nils Ångström", ["Åsa Öberg", "Nils Ångström"]),
    ("Текст: Иван Петров", ["Иван Петров"]),
    ("Иван Петров и Анна Каренина", ["Иван Петров", "Анна Каренина"]),
    ("山田太郎", ["山田太郎"]),
    ("김철수 기자", ["김철수"]),
    ("记者：王小明", ["王小明"]),
    ("作者：王小明", ["王小明"]),
    ("文／陳大文", ["陳大文"]),
    ("記者陳大文／台北報導", ["陳大文"]),
    ("本报记者 王小明 李四 北京报道", ["王小明", "李四"]),
    ("（新华社记者 王小明、李四）", ["王小明", "李四"]),
    ("中新社记者 阿卜杜拉·买买提", ["阿卜杜拉·买买提"]),
    ("记者会", []),
    ("View all posts by Jane Doe", ["Jane Doe"]),
    ("More from Jane Doe", ["Jane Doe"]),
    ("More from Reuters", []),
    ("Voir tous les articles de Jeanne Dupont", ["Jeanne Dupont"]),
    ("Alle Beiträge von Max Mustermann", ["Max Mustermann"]),
    ("Nguyễn Văn An", ["Nguyễn Văn An"]),
    ("bell hooks", ["Bell Hooks"]),
    ("Petra Kvitova", ["Petra Kvitova"]),
    ("Jane Doe, Jane Doe", ["Jane Doe"]),
    ("Jane Doe and JANE DOE", ["Jane Doe"]),
    ("By Jane Doe and Associated Press", ["Jane Doe"]),
    ("Jane Doe, BBC News", ["Jane Doe"]),
    # nobody
    ("Associated Press", []),
    ("The Associated Press", []),
    ("Reuters Staff", []),
    ("AFP", []),
    ("dpa", []),
    ("Staff", []),
    ("Staff Reporter", []),
    ("admin", []),
    ("Editorial Board", []),
    ("Redaktion", []),
    ("By", []),
    ("", []),
    ("https://www.facebook.com/news", []),
    ("news@news.example", []),
    ("The Harbour Team", []),
    ("Harbour Life Desk", []),
    ("The Harbour News", []),
    ("AFP, MANILA", []),
    ("12345", []),
]


@pytest.mark.parametrize(("text", "names"), BYLINES, ids=[byline[0] for byline in BYLINES])
def test_names_are_split_and_cleaned_in_order(text: str, names: list[str]) -> None:
    assert [author.name for author in read_authors(text, source="byline")] == names


def test_the_source_and_the_role_stay_with_the_name() -> None:
    assert read_authors("By Jane Doe, Science Editor, and John Roe", source="byline") == (
        Author("Jane Doe", "byline", "Science Editor"),
        Author("John Roe", "byline"),
    )


def test_a_list_of_fields_is_one_list_of_persons() -> None:
    fields = ["Jane Doe", "by Jane Doe", "John Roe; Reuters"]
    assert [author.name for author in read_authors(fields, source="json-ld")] == ["Jane Doe", "John Roe"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("hostile", ["A" * 1_000_000, "a@" * 500_000, "By " * 300_000, "(" * 500_000, ", " * 500_000])
def test_a_hostile_megabyte_ends(hostile: str) -> None:
    assert len(read_authors(hostile, source="meta")) <= 1


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("AP", "AP"),
        ("A.P.", "AP"),
        ("The Associated Press", "AP"),
        ("the associated press", "AP"),
        ("By Jane Doe, Associated Press Writer", "AP"),
        ("Copyright 2018 The Associated Press. All rights reserved.", "AP"),
        ("© 2018 AFP", "AFP"),
        ("Agence France-Presse", "AFP"),
        ("Reuters Staff", "Reuters"),
        ("Thomson Reuters", "Reuters"),
        ("dpa/AFP", "dpa"),
        ("(dpa-AFX)", "dpa-AFX"),
        ("ИТАР-ТАСС", "TASS"),
        ("新华社", "Xinhua"),
        ("연합뉴스", "Yonhap"),
        ("with files from The Canadian Press", "CP"),
        ("EIR News Service", "EIRNS"),
        ("PRNewswire-FirstCall", "PR Newswire"),
        ("BUSINESS WIRE", "Business Wire"),
        ("Press Trust of India", "PTI"),
        ("Associated Press of Pakistan", "APP"),
        ("By Jane Doe", None),
        ("Petra Kvitova", None),
        ("a map of the area", None),
        ("RSS feed", None),
        ("", None),
    ],
)
def test_agencies_are_known_by_all_their_names(text: str, agency: str | None) -> None:
    assert find_agency(text) == agency


def test_attribution_says_on_what_it_stands() -> None:
    assert attribute(dateline="AFP", byline="By Jane Doe, Reuters") == Attribution("AFP", "dateline", "AFP")
    assert attribute(byline="By Jane Doe, Reuters", rights="© AFP") == Attribution(
        "Reuters", "byline", "By Jane Doe, Reuters"
    )
    assert attribute(byline="By Jane Doe", rights="© 2018 AFP") == Attribution("AFP", "rights", "© 2018 AFP")
    assert attribute(byline="By Jane Doe", source="Harbour News") is None
    assert attribute(source="Reuters") == Attribution("Reuters", "publisher", "Reuters")


def test_an_unknown_agency_counts_in_a_dateline_only() -> None:
    assert attribute(dateline="KMOV") == Attribution("KMOV", "dateline", "KMOV")
    assert attribute(credit="KMOV") is None
