"""The lists as files: of each site a workbook, a CSV and a Parquet file, and one overview of all lists."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipelines.publish.editions import OVERVIEW
from pipelines.sheets.about import About, counts_of
from pipelines.sheets.workbook import write_workbook

NO_SITE = "site-unknown"


class SiteLists(NamedTuple):
    """What is written of one site: rows of ``worklist_item``, ``worklist_patient`` and ``worklist``, and the run."""

    site: str | None
    items: pl.DataFrame
    patients: pl.DataFrame
    worklists: pl.DataFrame
    about: About


def write_xlsx(path: Path, lists: SiteLists) -> None:
    """Write the workbook of a site."""
    write_workbook(path, **lists._asdict())


def write_csv(path: Path, lists: SiteLists) -> None:
    """Write the open items of a site, safe to open in a spreadsheet."""
    spreadsheet_safe(_ordered(lists.items)).write_csv(path, include_bom=True)


def write_parquet(path: Path, lists: SiteLists) -> None:
    """Write the open items of a site as they are published."""
    _ordered(lists.items).write_parquet(path)


WRITERS: Mapping[str, Callable[[Path, SiteLists], None]] = {
    "xlsx": write_xlsx,
    "csv": write_csv,
    "parquet": write_parquet,
}
"""By the ending of the file."""


def write_lists(
    folder: Path,
    items: pl.DataFrame,
    patients: pl.DataFrame,
    worklists: pl.DataFrame,
    *,
    about: About,
    formats: Sequence[str] = tuple(WRITERS),
) -> list[Path]:
    """Write ``<folder>/<site>.xlsx``, ``.csv`` and ``.parquet`` of every site with an open item, and the overview.

    ``about_these_lists.csv`` names every list with its count at each site, so that none is missed.

    Args:
        folder: made when it does not exist.
        items: the rows of ``worklist_item``.
        patients: the rows of ``worklist_patient``.
        worklists: the rows of ``worklist``.
        about: the facts of the run.
        formats: which of ``WRITERS``.

    Returns:
        The files, in the order in which they were written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = site_names(items["site"].unique().to_list())
    written = []
    for site, name in names.items():
        of_site = pl.col("site").eq_missing(pl.lit(site, pl.String))
        lists = SiteLists(site, items.filter(of_site), patients.filter(of_site), worklists, about)
        for ending in formats:
            path = folder / f"{name}.{ending}"
            WRITERS[ending](path, lists)
            written.append(path)
    overview = folder / OVERVIEW
    spreadsheet_safe(_overview(items, worklists, about, names)).write_csv(overview, include_bom=True)
    return [*written, overview]


def spreadsheet_safe(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as text and numbers that no spreadsheet takes for a formula: such text gets a leading apostrophe."""
    rows = rows.with_columns(
        pl.col(name).list.join("; ") for name, kind in rows.schema.items() if isinstance(kind, pl.List)
    )
    text = pl.col(pl.String)
    return rows.with_columns(pl.when(text.str.contains(r"^[=+\-@\t\r]")).then("'" + text).otherwise(text).name.keep())


def site_names(sites: Sequence[str | None]) -> dict[str | None, str]:
    """A file name for each site: safe on any file system, and different for different sites."""
    names: dict[str | None, str] = {}
    taken = {OVERVIEW.removesuffix(".csv")}
    for site in sorted(sites, key=lambda name: (name is None, name or "")):
        safe = NO_SITE if site is None else re.sub(r"[^\w.-]+", "_", site).strip("._") or "site"
        name, number = safe[:80], 2
        while name.casefold() in taken:
            name, number = f"{safe[:80]}-{number}", number + 1
        taken.add(name.casefold())
        names[site] = name
    return names


def _ordered(items: pl.DataFrame) -> pl.DataFrame:
    return items.sort("worklist", "rank")


def _overview(
    items: pl.DataFrame, worklists: pl.DataFrame, about: About, names: Mapping[str | None, str]
) -> pl.DataFrame:
    described = worklists.select(
        "worklist", "title", "action", "rationale", "source", "source_url", "profile", "reviewed"
    )
    counts = [
        counts_of(items.filter(pl.col("site").eq_missing(pl.lit(site, pl.String))), worklists).with_columns(
            site=pl.lit(site, pl.String)
        )
        for site in names or {None: ""}
    ]
    return (
        pl.concat(counts)
        .join(described, on="worklist", how="left", maintain_order="left")
        .select(
            "site", "worklist", "title", "open", "urgent", "new", "quiet",
            *(name for name in described.columns if name not in ("worklist", "title")),
            pl.lit(about.as_of).alias("as_of"), pl.lit(about.run_id).alias("run_id"),
        )
    )  # fmt: skip
