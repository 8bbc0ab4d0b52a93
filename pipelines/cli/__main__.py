"""``python -m pipelines.cli``: the commands without an installed script."""

from pipelines.cli import main

main()
