"""The text of a page's article: what the page carries as data when it is whole, else what trafilatura finds.

The only file that imports trafilatura.
"""

from __future__ import annotations

from trafilatura.core import bare_extraction
from trafilatura.xml import xmltotxt

from worker.news.text import paragraphs


def extract_body(html: str) -> str:
    """The article of a page as plain text, paragraphs separated by a blank line; empty when there is none."""
    try:
        document = bare_extraction(html, include_comments=False, with_metadata=False)
    except (ValueError, RecursionError):
        return ""
    if document is None or isinstance(document, dict) or document.body is None:
        return ""
    return paragraphs(xmltotxt(document.body, False).replace("\n", "\n\n"))
