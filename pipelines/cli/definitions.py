"""The commands of those who write definitions, in a checkout."""

from datetime import datetime
from typing import Annotated

import typer

from pipelines.cli._shared import DEFINITIONS, app, echo
from pipelines.errors import B12Error


@app.command("new-worklist", rich_help_panel=DEFINITIONS)
def new_worklist(
    slug: Annotated[str, typer.Argument(help="Cohort, then what is missing: metformin_unmonitored.")],
    title: Annotated[str | None, typer.Option(help="The list in words; the slug in words by default.")] = None,
    owner: Annotated[str, typer.Option(help="Who answers for the definition.")] = "practice",
) -> None:
    """Write the rule, the suite and the test of a new worklist, in a checkout."""
    from pipelines.docs import checkout
    from pipelines.scaffold import new_worklist

    today = datetime.now().astimezone().date()  # noqa: TID251 - the day of the first review; the clock stays here
    written = new_worklist(checkout(), slug, title=title, owner=owner, reviewed=today)
    rule, suite, test = written
    echo("\n".join(f"wrote {name}" for name in written))
    echo(
        f"\nIt is a list already: people with a low B12 and no treatment. Make it yours:\n"
        f"  1. {rule}: who is eligible, what closes the gap, its sources; numbers go into profiles/*.toml\n"
        f"  2. {test}: each boundary twice, the last day in and the first day out\n"
        f"  3. {suite}: the closing rules and priorities it may have\n"
        f"  4. python -m pytest {test} tests/test_house.py\n"
        "  5. b12 docs, for the catalogue"
    )


@app.command(rich_help_panel=DEFINITIONS)
def docs(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail when a page is stale.")] = False,
) -> None:
    """Write the catalogue of the worklists and the data dictionary, from rules, profiles, suites, tests and DDL."""
    from pipelines.docs import checkout, pages, stale_pages, write_pages

    top = checkout()
    texts = pages(top)
    if not check:
        echo("\n".join(f"wrote {name}" for name in write_pages(top, texts)) or "Every page says what the code does.")
    elif stale := stale_pages(top, texts):
        raise B12Error(f"Stale: {', '.join(stale)}. Run `b12 docs`, and commit what it writes.")
