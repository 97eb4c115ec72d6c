"""Where the corpus files are: an input beside its expectation, a folder a subject."""

from pathlib import Path

CORPUS = Path(__file__).parents[1] / "corpus"
