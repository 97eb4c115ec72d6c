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
_WORDS = (
    "officials residents plan report council agreement during after region percent workers project season market "
    "figures public national local several major recent further early meeting proposal service community support "
    "increase construction weather company government decision week month morning according statement because "
    "between measures costs safety traffic supply energy housing school hospital region border water land growth"
).split()


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


def piece(number: int, *, words: int = 330, seed: int = 1) -> Piece:
    """Article `number` of about `words` words, with a dateline, two quotations and a name."""
    rng = random.Random(seed * 1_000_003 + number)
    subject, person = rng.choice(_SUBJECTS), rng.choice(_PEOPLE)
    published = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=7 * number)
    headline = f"{rng.choice(_PLACES).title()} {rng.choice(_VERBS)} {subject} plan {number}"
    paragraphs: list[str] = []
    while sum(p.count(" ") for p in paragraphs) < words:
        sentences = []
        for _ in range(rng.randint(2, 4)):
            body = " ".join(rng.choices(_WORDS, k=rng.randint(9, 18)))
            sentences.append(f"The {subject} {body} {rng.randint(2, 9_999)}.")
        paragraphs.append(" ".join(sentences))
    spoken = " ".join(rng.choices(_WORDS, k=14))
    paragraphs.insert(
        1, f"“The {spoken},” said {person}, the {rng.choice(_ROLES)}. “We will see {rng.choice(_WORDS)} soon.”"
    )
    paragraphs[0] = f"{rng.choice(_PLACES)}, {published:%B} {published.day} (Example News) — {paragraphs[0]}"
    return Piece(number, headline, tuple(paragraphs), person, published)


def rss(feed: int, *, entries: int, base_url: str, seed: int = 1) -> bytes:
    """An RSS 2.0 feed with full texts, about 3.3 kB an entry."""
    items = []
    for n in range(feed * entries, (feed + 1) * entries):
        p = piece(n, seed=seed)
        html = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in p.paragraphs)
        items.append(
            f"<item><title>{escape(p.headline)}</title><link>{base_url}/articles/{n}.html</link>"
            f'<guid isPermaLink="false">article-{n}</guid><pubDate>{format_datetime(p.published)}</pubDate>'
            f"<dc:creator>{escape(p.author)}</dc:creator><category>{p.headline.split()[2]}</category>"
            f"<description>{escape(p.paragraphs[0][:200])}</description>"
            f"<content:encoded><![CDATA[{html}]]></content:encoded></item>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>Example feed {feed}</title><link>{base_url}/</link><description>Made-up news</description>"
        f"{''.join(items)}</channel></rss>"
    ).encode()
