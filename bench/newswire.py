"""Made-up news in any amount: the same seed gives the same copy, and no two articles are alike."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

_PLACES = "PARIS LONDON NAIROBI LIMA OSLO DELHI CAIRO HANOI QUITO ACCRA SEOUL RIGA".split()
_PEOPLE = [
    "Mara Lindqvist",
    "Tomas Okafor",
    "Irina Petrenko",
    "Julian Reyes",
    "Aiko Tanabe",
    "Samuel Boateng",
    "Lena Hoffmann",
]
_ROLES = ["minister", "spokeswoman", "mayor", "director", "economist", "coach", "union leader"]
_SUBJECTS = (
    "harbour budget election railway vaccine glacier stadium court drought satellite bridge pension ferry dam".split()
)
_VERBS = "approves delays reopens inspects rejects unveils questions expands cancels repairs audits funds".split()
_SYLLABLES = "ba cor den fa gil har im jo kel lin mor nu os pel qua ri sel tan ur vi wes yor zan bre sti plo".split()


def _vocabulary() -> list[str]:
    """2,000 words that no language has: enough that two texts seldom share four in a row, as with real news."""
    rng = random.Random(7)
    return sorted({"".join(rng.choices(_SYLLABLES, k=rng.randint(2, 3))) for _ in range(2_200)})[:2_000]


_VOCABULARY = _vocabulary()
# At most two words stand between two that are drawn, so that no run of four is part of the mould.
_SENTENCES = (
    "The {} of the {} was {} and the {} will be {} for the {} from {number}.",
    "It is the {} {} in {number} {}, said {person}, who had {} the {} since {year}.",
    "The {} at {} have {} that the {} would not {} for {} in {year}.",
    "After a {} {} with {number} {} the {} is to be {} by {} on {day}.",
    "Their {} had been {} as the {} that was {} in {place} is {} at {}.",
    "In {place} the {} and {} are {} over which {} is to {} {number} for {}.",
)
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


@dataclass(frozen=True, slots=True)
class Piece:
    """One made-up article."""

    number: int
    headline: str
    paragraphs: tuple[str, ...]
    author: str
    published: datetime

    @property
    def text(self) -> str:
        return "\n\n".join(self.paragraphs)


def piece(number: int, *, words: int = 380, seed: int = 1) -> Piece:
    """Article `number` of about `words` words, with a dateline, two quotations and a name.

    Times of publication repeat after 50,000 articles, in October 2026: none is in the future.
    """
    rng = random.Random(seed * 1_000_003 + number)
    subject, person = rng.choice(_SUBJECTS), rng.choice(_PEOPLE)
    published = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=7 * (number % 50_000))
    headline = f"{rng.choice(_PLACES).title()} {rng.choice(_VERBS)} {subject} plan {number}"

    def sentence() -> str:
        return rng.choice(_SENTENCES).format(
            *rng.choices(_VOCABULARY, k=8),
            person=person,
            place=rng.choice(_PLACES).title(),
            day=rng.choice(_DAYS),
            number=f"{rng.randint(2, 99_999):,}",
            year=rng.randint(1990, 2025),
        )

    paragraphs: list[str] = []
    while sum(p.count(" ") for p in paragraphs) < words:
        paragraphs.append(" ".join(sentence() for _ in range(rng.randint(2, 4))))
    first, second, third, fourth = rng.choices(_VOCABULARY, k=4)
    spoken = (
        f"“We have to {first} the {second} of the {subject} and {third} it,” said {person}, the {rng.choice(_ROLES)}."
    )
    paragraphs.insert(1, f"{spoken} “That is {fourth} and {second}.”")
    paragraphs[0] = f"{rng.choice(_PLACES)}, {published:%B} {published.day} (Example News) — {paragraphs[0]}"
    return Piece(number, headline, tuple(paragraphs), person, published)


def _html(p: Piece, base_url: str) -> str:
    """The body as content systems write it: a picture, links, emphasis, a list of related pieces."""
    first, *rest = (escape(paragraph) for paragraph in p.paragraphs)
    parts = [
        f'<figure><img src="{base_url}/images/{p.number}.jpg" alt="{escape(p.headline)}" width="800" height="450"/>',
        f"<figcaption>{escape(p.author)}</figcaption></figure>",
        f'<p class="intro"><strong>{first}</strong></p>',
    ]
    for n, paragraph in enumerate(rest):
        linked = paragraph.replace(" the ", f' <a href="/topics/{n}" class="topic">the</a> ', 1)
        parts.append(f"<p>{linked.replace(' was ', ' <em>was</em> ', 1)}</p>")
    related = "".join(f'<li><a href="/articles/{p.number + n}.html">More on this</a></li>' for n in (1, 2))
    return "\n".join([*parts, f'<ul class="related">{related}</ul>'])


def page(number: int, base_url: str) -> bytes:
    """The page of article `number`, at `{base_url}/articles/{number}.html`."""
    p = piece(number)
    described = f'<meta property="article:published_time" content="{p.published.isoformat()}"/>'
    head = f'<title>{escape(p.headline)}</title>{described}<meta name="author" content="{escape(p.author)}"/>'
    navigation = "".join(f'<li><a href="/{topic.lower()}/">{topic}</a></li>' for topic in _TOPICS)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"/>{head}</head><body>'
        f"<nav><ul>{navigation}</ul></nav>"
        f"<article><h1>{escape(p.headline)}</h1>{_html(p, base_url)}</article></body></html>"
    ).encode()


_TOPICS = "News World Politics Business Health Science Culture Sport Travel Opinion Analysis Europe Africa Asia".split()


def _item(p: Piece, base_url: str) -> str:
    """An entry as the commonest content system writes it: four categories, comment links and counts, an image."""
    url = f"{base_url}/articles/{p.number}.html"
    rng = random.Random(p.number)
    topics = [p.headline.split()[2].title(), *rng.sample(_TOPICS, 3)]
    return (
        f"<item><title>{escape(p.headline)}</title><link>{url}</link><comments>{url}#respond</comments>"
        f"<dc:creator><![CDATA[{p.author}]]></dc:creator><pubDate>{format_datetime(p.published)}</pubDate>"
        f"{''.join(f'<category><![CDATA[{topic}]]></category>' for topic in topics)}"
        f'<guid isPermaLink="false">article-{p.number}</guid>'
        f"<description><![CDATA[<p>{escape(p.paragraphs[0][:200])} [&#8230;]</p>]]></description>"
        f"<content:encoded><![CDATA[{_html(p, base_url)}]]></content:encoded>"
        f"<wfw:commentRss>{url}/feed/</wfw:commentRss><slash:comments>{rng.randint(0, 40)}</slash:comments>"
        f'<media:content url="{base_url}/images/{p.number}.jpg" medium="image">'
        f'<media:title type="html">{escape(p.headline)}</media:title></media:content></item>'
    )


# New entries have other numbers than those of any feed's first edition.
_FIRST_NEW = 1_000_000


def rss(feed: int, *, entries: int, base_url: str, seed: int = 1, edition: int = 0, new: int = 0) -> bytes:
    """An RSS 2.0 feed with full texts, about 4.2 kB an entry.

    `edition` sets `lastBuildDate`. `new` entries stand before those of the first edition, whose last ones are left out.
    """
    numbers = [
        *range(_FIRST_NEW + feed * new, _FIRST_NEW + (feed + 1) * new),
        *range(feed * entries, (feed + 1) * entries),
    ]
    items = (_item(piece(n, seed=seed), base_url) for n in numbers[:entries])
    built = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=edition)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wfw="http://wellformedweb.org/CommentAPI/" '
        'xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>'
        f"<title>Example feed {feed}</title><link>{base_url}/</link><description>Made-up news</description>"
        f"<lastBuildDate>{format_datetime(built)}</lastBuildDate>"
        f"<sy:updatePeriod>hourly</sy:updatePeriod>{''.join(items)}</channel></rss>"
    ).encode()
