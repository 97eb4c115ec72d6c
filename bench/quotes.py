"""How much direct speech is found in each language, on the table of `tests/corpus/quotes/languages`.

    python -m bench.quotes [--wrong] [LANGUAGE...]

`text`: share of the quotations that are found, `speaker`: share of them with the right speaker or, where nobody is
named, without one; `false`: quotations found that are none. `--wrong` prints each passage that is not right.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wiredesk.worker.news.marks.mentions import find_mentions
from wiredesk.worker.news.marks.quotes import find_quotes

TABLE = Path(__file__).parents[1] / "tests" / "corpus" / "quotes" / "languages"


@dataclass(frozen=True, slots=True)
class Passage:
    """A few sentences of news with the speech in them: pairs of what is said and who says it, null for nobody named."""

    language: str
    number: int
    text: str
    speech: tuple[tuple[str, str | None], ...]


def passages(language: str | None = None) -> Iterator[Passage]:
    """The table, file by file: passages stand between blank lines, `⏎` is a blank line, `= speech | speaker` below."""
    for file in sorted(TABLE.glob(f"{language or '*'}.txt")):
        for number, block in enumerate(file.read_text(encoding="utf-8").strip().split("\n\n")):
            text, *speech = block.split("\n")
            pairs = [line.removeprefix("= ").rsplit(" | ", 1) for line in speech]
            yield Passage(
                file.stem,
                number,
                text.replace("⏎", "\n\n"),
                tuple((said, None if speaker == "-" else speaker) for said, speaker in pairs),
            )


def found(passage: Passage) -> tuple[tuple[str, str | None], ...]:
    """The quotations that wiredesk finds in a passage, in the same form."""
    mentions = find_mentions(passage.text, headline=None, dateline=None, language=passage.language)
    quotes = find_quotes(passage.text, mentions=mentions, language=passage.language)
    return tuple((quote.text, quote.speaker) for quote in quotes)


def same(said: str, other: str) -> bool:
    """Whether two quotations have the same words: marks at their ends differ between editors."""
    return _folded(said) == _folded(other)


def _folded(said: str) -> str:
    return re.sub(r"\W+", " ", said.casefold()).strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("languages", nargs="*")
    parser.add_argument("--wrong", action="store_true")
    args = parser.parse_args()
    languages = args.languages or sorted({passage.language for passage in passages()})
    print("language  passages  quotations   text  speaker  false")
    totals = [0, 0, 0, 0, 0]
    for language in languages:
        counts = [0, 0, 0, 0, 0]
        for passage in passages(language):
            mine = found(passage)
            hits = [next((m for m in mine if same(m[0], said)), None) for said, _ in passage.speech]
            right = [hit for hit, (_, who) in zip(hits, passage.speech, strict=True) if hit and hit[1] == who]
            false = sum(not any(same(m[0], said) for said, _ in passage.speech) for m in mine)
            for k, count in enumerate((1, len(hits), sum(map(bool, hits)), len(right), false)):
                counts[k] += count
            if args.wrong and (false or len(right) < len(hits)):
                print(f"  {passage.text}\n    want {list(passage.speech)}\n    got  {list(mine)}")
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
        print(_line(language, counts))
    print(_line("all", totals))


def _line(name: str, counts: list[int]) -> str:
    count, quotations, texts, speakers, false = counts
    return f"{name:<8}  {count:8}  {quotations:10}  {texts / quotations:5.2f}  {speakers / quotations:7.2f}  {false:5}"


if __name__ == "__main__":
    main()
