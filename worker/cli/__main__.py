"""`python -m wiredesk.worker.cli …` is `wiredesk …`, where the script is not on the path."""

from wiredesk.worker.cli import main

main()
