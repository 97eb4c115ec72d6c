"""Dates as publishers write them: the moment, how exact it is, and whether its zone was given."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from wiredesk.worker.news.model import Moment, Precision
from wiredesk.worker.news.values.dates import date_in_url, month_number, read_moment, resolve_year

RECEIVED = datetime(2018, 6, 1, 12, 0, tzinfo=UTC)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# text, moment in UTC, precision, the publisher's offset in minutes
WRITTEN: list[tuple[str, str, Precision, int | None]] = [
    # ISO 8601 and what passes for it
    ("2018-03-03T10:15:00Z", "2018-03-03T10:15:00", "second", 0),
    ("2018-03-03T10:15:00+01:00", "2018-03-03T09:15:00", "second", 60),
    ("2018-03-03T10:15:00.123456-05:00", "2018-03-03T15:15:00", "second", -300),
    ("2018-03-03T10:15:00-0500", "2018-03-03T15:15:00", "second", -300),
    ("2018-03-03T10:15:00+01", "2018-03-03T09:15:00", "second", 60),
    ("2018-03-03T10:15:00 +0100", "2018-03-03T09:15:00", "second", 60),
    ("2018-03-03T10:15:00+00:00Z", "2018-03-03T10:15:00", "second", 0),
    ("2018-03-03T10:15:00.000Z[Etc/UTC]", "2018-03-03T10:15:00", "second", 0),
    ("2018-03-03T10:15:00EST", "2018-03-03T15:15:00", "second", -300),
    ("2018-03-03 10:15:00 UTC", "2018-03-03T10:15:00", "second", 0),
    ("2018-03-03T10:15Z", "2018-03-03T10:15:00", "minute", 0),
    ("2018-03-03T10:15", "2018-03-03T10:15:00", "minute", None),
    ("2018-03-03 10:15:30", "2018-03-03T10:15:30", "second", None),
    ("2018-03-03T24:00:00Z", "2018-03-04T00:00:00", "second", 0),
    ("2018-12-31T23:59:60Z", "2018-12-31T23:59:59", "second", 0),
    ("2018-03-03T10:15:00&#x2B;01:00", "2018-03-03T09:15:00", "second", 60),
    ("2018-03-03T10:15:00\\u002b01:00", "2018-03-03T09:15:00", "second", 60),
    ("2018 03 03", "2018-03-03T00:00:00", "day", None),
    ("Thu, 03/08/2018 - 11:38", "2018-03-08T11:38:00", "minute", None),
    ("Sat, 05/04/2018", "2018-04-05T00:00:00", "day", None),
    ("Fri, 05/04/2018", "2018-05-04T00:00:00", "day", None),
    ("2018-3-3", "2018-03-03T00:00:00", "day", None),
    ("2018-03-03", "2018-03-03T00:00:00", "day", None),
    ("  2018-03-03\n", "2018-03-03T00:00:00", "day", None),
    ("2018/03/03", "2018-03-03T00:00:00", "day", None),
    ("2018-03", "2018-03-01T00:00:00", "month", None),
    ("20180303", "2018-03-03T00:00:00", "day", None),
    ("20180303T101500Z", "2018-03-03T10:15:00", "second", 0),
    ("20180303101500", "2018-03-03T10:15:00", "second", None),
    # RFC 822 with whatever zone
    ("Sat, 03 Mar 2018 10:15:00 GMT", "2018-03-03T10:15:00", "second", 0),
    ("Sat, 3 Mar 2018 10:15:00 +0530", "2018-03-03T04:45:00", "second", 330),
    ("3 Mar 2018 10:15:00 -0500 (EST)", "2018-03-03T15:15:00", "second", -300),
    ("Sat, 03 Mar 2018 10:15 EST", "2018-03-03T15:15:00", "minute", -300),
    ("Sat, 03 Mar 18 10:15:00 GMT", "2018-03-03T10:15:00", "second", 0),
    ("Sat, 03 Mar 2018 10:15:00 CEST", "2018-03-03T08:15:00", "second", 120),
    ("Sat, 03 Mar 2018 10:15:00 JST", "2018-03-03T01:15:00", "second", 540),
    ("Sat, 03 Mar 2018 10:15:00 GMT+2", "2018-03-03T08:15:00", "second", 120),
    ("Sat, 03 Mar 2018 10:15:00", "2018-03-03T10:15:00", "second", None),
    ("Saturday, March 03, 2018 10:15:00 GMT", "2018-03-03T10:15:00", "second", 0),
    ("Sa, 03 Mär 2018 10:15:00 +0100", "2018-03-03T09:15:00", "second", 60),
    ("Thu Mar 15 10:11:12 EDT 2018", "2018-03-15T14:11:12", "second", -240),
    ("26-FEB-1987 15:01:01.79", "1987-02-26T15:01:01", "second", None),
    # words
    ("March 3, 2018", "2018-03-03T00:00:00", "day", None),
    ("Mar. 3, 2018", "2018-03-03T00:00:00", "day", None),
    ("3rd of March 2018", "2018-03-03T00:00:00", "day", None),
    ("Saturday 3 March 2018", "2018-03-03T00:00:00", "day", None),
    ("MARCH 3, 2018 10:15 AM", "2018-03-03T10:15:00", "minute", None),
    ("March 3, 2018 at 3:05 p.m. ET", "2018-03-03T20:05:00", "minute", -300),
    ("July 3, 2018 at 3:05 p.m. ET", "2018-07-03T19:05:00", "minute", -240),
    ("Updated 12:05 AM EST, Sat March 3, 2018", "2018-03-03T05:05:00", "minute", -300),
    ("March 3, 2018 3pm GMT", "2018-03-03T15:00:00", "minute", 0),
    ("May 2018", "2018-05-01T00:00:00", "month", None),
    ("3-Mar-18", "2018-03-03T00:00:00", "day", None),
    ("March 3", "2018-03-03T00:00:00", "day", None),
    ("December 24", "2017-12-24T00:00:00", "day", None),
    # other languages
    ("3 mars 2018 à 10h15", "2018-03-03T10:15:00", "minute", None),
    ("1er août 2018", "2018-08-01T00:00:00", "day", None),
    ("le 14 févr. 2018", "2018-02-14T00:00:00", "day", None),
    ("3. März 2018, 10:15 Uhr", "2018-03-03T10:15:00", "minute", None),
    ("3. Jänner 2018", "2018-01-03T00:00:00", "day", None),
    ("3 de marzo de 2018", "2018-03-03T00:00:00", "day", None),
    ("3 de março de 2018 às 10h15", "2018-03-03T10:15:00", "minute", None),
    ("3 gennaio 2018", "2018-01-03T00:00:00", "day", None),
    ("3 mei 2018", "2018-05-03T00:00:00", "day", None),
    ("3 maj 2018", "2018-05-03T00:00:00", "day", None),
    ("3. kesäkuuta 2018", "2018-06-03T00:00:00", "day", None),
    ("3 października 2018", "2018-10-03T00:00:00", "day", None),
    ("3. září 2018", "2018-09-03T00:00:00", "day", None),
    ("3 марта 2018, 10:15", "2018-03-03T10:15:00", "minute", None),
    ("3 березня 2018", "2018-03-03T00:00:00", "day", None),
    ("3 Ağustos 2018 10:15", "2018-08-03T10:15:00", "minute", None),
    ("3 noiembrie 2018", "2018-11-03T00:00:00", "day", None),
    ("2018. május 3. 10:15", "2018-05-03T10:15:00", "minute", None),
    ("3 Μαρτίου 2018", "2018-03-03T00:00:00", "day", None),
    ("3 Agustus 2018", "2018-08-03T00:00:00", "day", None),
    ("3 مارس 2018", "2018-03-03T00:00:00", "day", None),
    ("2018年3月3日 10:15", "2018-03-03T10:15:00", "minute", None),
    ("2018年3月3日10時15分", "2018-03-03T10:15:00", "minute", None),
    ("2018년 3월 3일", "2018-03-03T00:00:00", "day", None),
    ("2018年3月", "2018-03-01T00:00:00", "month", None),
    ("9 มีนาคม 2561", "2018-03-09T00:00:00", "day", None),
    ("9 มี.ค. 2561 10:15", "2018-03-09T10:15:00", "minute", None),
    ("९ मार्च २०१८", "2018-03-09T00:00:00", "day", None),
    ("9 במרץ 2018", "2018-03-09T00:00:00", "day", None),
    ("9 كانون الثاني 2018", "2018-01-09T00:00:00", "day", None),
    # Tuesdays that look like March, and March itself
    ("mar., 03 avr. 2018 07:38:50 +0200", "2018-04-03T05:38:50", "second", 120),
    ("mar. 8 mai 2018 08:00", "2018-05-08T08:00:00", "minute", None),
    ("mar 06 feb 2018 18:30", "2018-02-06T18:30:00", "minute", None),
    ("marți, 9 ianuarie 2018 08:00", "2018-01-09T08:00:00", "minute", None),
    ("Mar, 13 mar 2018", "2018-03-13T00:00:00", "day", None),
    ("mar., 02 janv. 2018 16:11:02 +0000", "2018-01-02T16:11:02", "second", 0),
    ("Tuesday 02 Jan 2018 16:11:02 -0000", "2018-01-02T16:11:02", "second", 0),
    ("mar 13 2018", "2018-03-13T00:00:00", "day", None),
    # clocks of twelve hours, whatever the form and the language
    ("Thu, Mar 01 2018 11:49:34 PM", "2018-03-01T23:49:34", "second", None),
    ("Sun, 04 Mar 2018 07:15 PM", "2018-03-04T19:15:00", "minute", None),
    ("Mon, 05 Mar 2018 10:05:00 PM EST", "2018-03-06T03:05:00", "second", -300),
    ("Mon, 05 Mar 2018 10:05:00 PM +0100", "2018-03-05T21:05:00", "second", 60),
    ("Mon, 05 Mar 2018 8:09:00 A.M. EDT", "2018-03-05T12:09:00", "second", -240),
    ("Mon, 05 Mar 2018 12:05 AM", "2018-03-05T00:05:00", "minute", None),
    ("Mon, 05 Mar 2018 12:05 PM", "2018-03-05T12:05:00", "minute", None),
    ("Mon, 05 Mar 2018 22:05:00 PM", "2018-03-05T22:05:00", "second", None),
    ("2018-03-05T03:05:00 PM", "2018-03-05T15:05:00", "second", None),
    ("5-Mar-2018 10:05 PM (EST)", "2018-03-06T03:05:00", "minute", -300),
    ("10.05am, 5 March 2018", "2018-03-05T10:05:00", "minute", None),
    ("PM 11:20, 2018-03-05", "2018-03-05T23:20:00", "minute", None),
    ("2018-03-05 오후 11:23:17", "2018-03-05T23:23:17", "second", None),
    ("2018-03-05 오전 12:23:17", "2018-03-05T00:23:17", "second", None),
    ("2018年3月5日 下午3:05", "2018-03-05T15:05:00", "minute", None),
    ("2018/03/05 下午 03:05:06", "2018-03-05T15:05:06", "second", None),
    ("2018年３月５日　午後３：０５", "2018-03-05T15:05:00", "minute", None),
    ("5 de marzo de 2018, 3:05 p. m.", "2018-03-05T15:05:00", "minute", None),
    ("5 Μαρτίου 2018 3:05 μ.μ.", "2018-03-05T15:05:00", "minute", None),
    ("5 مارس 2018 3:05 م", "2018-03-05T15:05:00", "minute", None),
    ("2018. március 5. du. 3:05", "2018-03-05T15:05:00", "minute", None),
    ("2018-03-05 3:05 CH", "2018-03-05T15:05:00", "minute", None),
    ("5 марта 2018, 3:05 ночи", "2018-03-05T03:05:00", "minute", None),
    ("5 марта 2018, 11:05 ночи", "2018-03-05T23:05:00", "minute", None),
    ("5 mai 2018 à 8h05 du soir", "2018-05-05T20:05:00", "minute", None),
    ("5 मार्च 2018, 3:05 अपराह्न", "2018-03-05T15:05:00", "minute", None),
    # zones by name
    ("2018-01-13 08:00:00 America/New_York", "2018-01-13T13:00:00", "second", -300),
    ("Sat, 31 Mar 2018 20:19:00 America/Los_Angeles", "2018-04-01T03:19:00", "second", -420),
    ("2018-07-13T08:00:00 Europe/Paris", "2018-07-13T06:00:00", "second", 120),
    ("Thu Mar 01 2018 11:49:34 GMT+0200 (Eastern European Standard Time)", "2018-03-01T09:49:34", "second", 120),
    ("March 5, 2018 3:05 pm Pacific Time", "2018-03-05T23:05:00", "minute", -480),
    ("2018-01-13 08:00:00 Nowhere/Atlantis", "2018-01-13T08:00:00", "second", None),
    # the day in the year and the week (ISO 8601)
    ("2018-064", "2018-03-05T00:00:00", "day", None),
    ("2018-W10-1", "2018-03-05T00:00:00", "day", None),
    # figures
    ("31.05.2018", "2018-05-31T00:00:00", "day", None),
    ("03.04.2018 10.15", "2018-04-03T10:15:00", "minute", None),
    ("31/05/2018", "2018-05-31T00:00:00", "day", None),
    ("03/14/1998 10:36:00", "1998-03-14T10:36:00", "second", None),
    ("3/4/2018 10:15 AM", "2018-03-04T10:15:00", "minute", None),
    ("03/04/2018", "2018-04-03T00:00:00", "day", None),
    ("05/11/2018", "2018-05-11T00:00:00", "day", None),  # 5 November would be after its receipt
]


@pytest.mark.parametrize(("text", "at", "precision", "offset"), WRITTEN, ids=[written[0] for written in WRITTEN])
def test_a_date_is_read_as_it_was_written(text: str, at: str, precision: Precision, offset: int | None) -> None:
    moment = Moment(_at(at), precision, "meta", offset is not None, offset)
    assert read_moment(text, source="meta", received_at=RECEIVED) == moment


@pytest.mark.parametrize(
    ("text", "at", "offset"),
    [
        ("1520072100", "2018-03-03T10:15:00", None),
        ("1520072100000", "2018-03-03T10:15:00", None),
        ("1520072100.25", "2018-03-03T10:15:00", None),
        ("/Date(1520072100000)/", "2018-03-03T10:15:00", None),
        (r"\/Date(1520072100000+0200)\/", "2018-03-03T10:15:00", 120),
        ("Date(1520072100000-0500)", "2018-03-03T10:15:00", -300),
    ],
)
def test_seconds_and_milliseconds_since_the_epoch_are_utc(text: str, at: str, offset: int | None) -> None:
    assert read_moment(text, source="meta") == Moment(_at(at), "second", "meta", True, offset)


@pytest.mark.parametrize(
    "text",
    [
        "Mon, 30 Nov -0001 00:00:00 +0000",
        "Sun, 30 Nov -0001 00:00:00 GMT",
        "-0001-11-30T00:00:00+00:00",
        "30 Nov 0000",
        "Sat, 01 Jan 0001 00:00:00 GMT",
        "1/1/0001 12:00:00 AM",
        "31 Dec 9999 23:59:59 GMT",
        "9999-12-31T23:59:59Z",
        "Tue, 30 Nov 1999 00:00:00 +0000",
        "Wed, 31 Dec 1969 23:59:59 +0000",
        "Wed, 31 Dec 1969 19:00:00 EST",
        "Thu, 01 Jan 1970 01:00:00 +0100",
        "Fri, 13 Dec 1901 20:45:52 GMT",
        "Tue, 19 Jan 2038 03:14:07 +0000",
        "1601-01-01T00:00:00Z",
        "/Date(-62135596800000)/",
        "/Date(0)/",
        "2018-366",
        "2018-W54-1",
    ],
)
def test_placeholder_dates_of_programs_are_none(text: str) -> None:
    assert read_moment(text, source="meta", received_at=RECEIVED) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "today",
        "yesterday at 10:15",
        "2 hours ago",
        "10:15",
        "1987",
        "0000-00-00",
        "0000-00-00T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "1970-01-01",
        "0",
        "2018-02-30",
        "2018-13-01",
        "31.02.2018",
        "March 32, 2018",
        "{{ date }}",
        "null",
        "N/A",
        "123456",
        "99999999999999999999",
        "May the best man win",
        "²⁰¹⁸-03-03",
        "x" * 5000,
        "2018-03-03 " * 500 + "x",
    ],
)
def test_a_text_that_is_no_date_is_none_and_never_now(text: str) -> None:
    assert read_moment(text, source="meta", received_at=RECEIVED) is None


def test_a_day_without_a_year_and_without_a_receipt_is_none() -> None:
    assert read_moment("March 3", source="text") is None


@pytest.mark.parametrize(
    ("url", "day", "precision"),
    [
        ("https://news.example/2018/05/31/sea-wall", "2018-05-31", "day"),
        ("https://news.example/world/2018/may/31/sea-wall", "2018-05-31", "day"),
        ("https://news.example/sea-wall-20180531.html", "2018-05-31", "day"),
        ("https://news.example/2018-05-31-sea-wall", "2018-05-31", "day"),
        ("https://news.example/a/2018/0531/c90000.html", "2018-05-31", "day"),
        ("https://news.example/2018/5/7/sea-wall", "2018-05-07", "day"),
        ("https://news.example/2018/05/sea-wall", "2018-05-01", "month"),
    ],
)
def test_a_day_or_month_in_the_path_of_a_url(url: str, day: str, precision: Precision) -> None:
    assert date_in_url(url) == Moment(_at(day + "T00:00:00"), precision, "url", zone_known=False)


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example/sea-wall-12345678",
        "https://news.example/article/2018",
        "https://news.example/x?date=2018-05-31",
        "https://2018-05-31.example/",
        "https://news.example/20181399/x",
        "https://news.example/201805311234567/x",
        "https://news.example/",
        "",
        "/" * 100_000,
    ],
)
def test_numbers_in_a_url_that_are_no_date(url: str) -> None:
    assert date_in_url(url) is None


def test_years_are_resolved_to_the_nearest_day_not_far_ahead() -> None:
    assert resolve_year(12, 31, datetime(2018, 1, 1, tzinfo=UTC)) == date(2017, 12, 31)
    assert resolve_year(1, 1, datetime(2017, 12, 31, tzinfo=UTC)) == date(2018, 1, 1)
    assert resolve_year(6, 8, RECEIVED) == date(2018, 6, 8)
    assert resolve_year(6, 9, RECEIVED) == date(2017, 6, 9)
    assert resolve_year(2, 29, RECEIVED) == date(2016, 2, 29)
    assert resolve_year(2, 30, RECEIVED) is None
    assert resolve_year(3, 3, None) is None


def test_every_month_is_known_in_many_languages() -> None:
    for names in (
        "January February March April May June July August September October November December",
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "ene feb mar abr may jun jul ago sep oct nov dic",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "gen feb mar apr mag giu lug ago set ott nov dic",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "januari februari maart april mei juni juli augustus september oktober november december",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        "ledna února března dubna května června července srpna září října listopadu prosince",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "янв фев мар апр май июн июл авг сен окт ноя дек",
        "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
        "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
        "január február március április május június július augusztus szeptember október november december",
        "Ιαν Φεβ Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου Δεκεμβρίου",
        "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    ):
        assert [month_number(name) for name in names.split()] == list(range(1, 13)), names
