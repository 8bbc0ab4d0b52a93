"""The lists of the standing publication as files, in the format and the part that is asked for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.duck import reading_connection
from pipelines.errors import B12Error, ConfigurationError
from pipelines.publish.editions import Editions
from pipelines.publish.life import as_published_now
from pipelines.sheets.about import About, about_of
from pipelines.sheets.files import WRITERS, write_lists


@dataclass(frozen=True)
class Selection:
    """A part of the standing publication: what an export writes.

    Attributes:
        database: the database of the edition that was published.
        current: what ``current.json`` says.
        items: the rows of ``worklist_item`` that were asked for.
        patients: the rows of ``worklist_patient`` of the people of ``items``.
        worklists: the rows of ``worklist`` that were asked for.
        about: the facts of the run.
    """

    database: Path
    current: Mapping[str, Any]
    items: pl.DataFrame
    patients: pl.DataFrame
    worklists: pl.DataFrame
    about: About


def _lists(ending: str, selection: Selection, folder: Path) -> list[Path]:
    of = selection
    return write_lists(folder, of.items, of.patients, of.worklists, about=of.about, formats=[ending])


EXPORTERS: dict[str, Callable[[Selection, Path], list[Path]]] = {ending: partial(_lists, ending) for ending in WRITERS}
"""By format: each writes a selection into a folder and gives the files. A further format is a further entry."""

ELSEWHERE = ("fhir",)
"""Formats of the command that another room writes (``pipelines.fhir_export``)."""


def export_lists(home: Path, *, form: str, site: str | None, worklist: str | None, to: Path | None) -> list[Path]:
    """Write the lists of the standing publication in a format; returns the files.

    Args:
        home: the home folder.
        form: one of ``EXPORTERS``.
        site: only this site; null for all.
        worklist: only this list; null for all.
        to: the folder; null for ``<home>/exports/<as_of>``.

    Raises:
        ConfigurationError: No such format, site or worklist.
        B12Error: Nothing is published, or by a version that knew no decisions.
    """
    if form not in EXPORTERS:
        raise ConfigurationError(
            f"No export format named {form!r}. Known formats: {', '.join((*EXPORTERS, *ELSEWHERE))}."
        )
    selection = select(home, site=site, worklist=worklist)
    return EXPORTERS[form](selection, to or home / "exports" / selection.current["as_of"])


def select(home: Path, *, site: str | None = None, worklist: str | None = None) -> Selection:
    """The part of the standing publication that is asked for; see ``export_lists``."""
    published = Editions(home).published()
    if published is None:
        raise B12Error(f"Nothing is published in {home} yet. Run `b12 --home {home} run --extracts DIR` first.")
    database, current = published
    try:
        with reading_connection(database) as con:
            items, patients, worklists = (
                con.sql(f"FROM {table}").pl() for table in ("worklist_item", "worklist_patient", "worklist")
            )
            problems = con.execute(FAILED, [current["run_id"]]).fetchall()
    except duckdb.CatalogException:
        raise B12Error(
            f"The publication in {home} was made by an older version. Run the nightly job once, then export again."
        ) from None
    for what, name, known in (("site", site, items["site"]), ("worklist", worklist, worklists["worklist"])):
        if name is not None and name not in (names := sorted(known.drop_nulls().unique())):
            raise ConfigurationError(f"No {what} named {name!r} is published. Known: {', '.join(names)}.")
    items = as_published_now(items)
    if site is not None:
        items = items.filter(pl.col("site") == site)
    if worklist is not None:
        items, worklists = (rows.filter(pl.col("worklist") == worklist) for rows in (items, worklists))
    patients = patients.join(items, on="person_id", how="semi")
    about = about_of(current, [f"{detail} {why}" for detail, why in problems])
    return Selection(database, current, items, patients, worklists, about)


FAILED = "SELECT detail, why FROM check_result WHERE run_id = ? AND status IN ('failed', 'error') ORDER BY check_name"
