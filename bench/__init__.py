"""Measurements as commands: `python -m bench.feeds`, `bench.stories`, `bench.soak`. Figures and machine are in docs/benchmarks.md."""
