"""Measurements as commands: `python -m bench.feeds`, `bench.stories`, `bench.soak`; figures in docs/benchmarks.md."""
