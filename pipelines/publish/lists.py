"""The lists as files: CSV and Parquet, a folder a site, a file a worklist, safe to open in a spreadsheet."""

import re
from datetime import date
from pathlib import Path

import polars as pl

NO_SITE = "site-unknown"


def write_lists(folder: Path, items: pl.DataFrame, worklists: pl.DataFrame, *, as_of: date, run_id: str) -> None:
    """Write ``<folder>/<site>/<worklist>.csv`` and ``.parquet`` for every site with an open item, and an overview.

    ``items`` are the rows of ``worklist_item``; ``worklists`` those of ``worklist``. A list without an open item at a
    site has no file there; ``about_these_lists.csv`` names every list with its count, so that none is missed.
    """
    folder.mkdir(parents=True)
    if not items.height:
        _write_about(folder, items, worklists, as_of, run_id)
    names = _folder_names(items["site"].unique().to_list())
    for (site,), rows in items.partition_by("site", as_dict=True).items():
        at = folder / names[site]
        at.mkdir()
        for (worklist,), listed in rows.partition_by("worklist", as_dict=True).items():
            ordered = listed.sort("rank")
            ordered.write_parquet(at / f"{worklist}.parquet")
            spreadsheet_safe(ordered).write_csv(at / f"{worklist}.csv", date_format="%Y-%m-%d", include_bom=True)
        _write_about(at, rows, worklists, as_of, run_id)


def spreadsheet_safe(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows as text and numbers that no spreadsheet takes for a formula: such text gets a leading apostrophe."""
    rows = rows.with_columns(
        pl.col(name).list.join("; ") for name, kind in rows.schema.items() if isinstance(kind, pl.List)
    )
    text = pl.col(pl.String)
    return rows.with_columns(pl.when(text.str.contains(r"^[=+\-@\t\r]")).then("'" + text).otherwise(text).name.keep())


def _write_about(folder: Path, rows: pl.DataFrame, worklists: pl.DataFrame, as_of: date, run_id: str) -> None:
    counts = rows.group_by("worklist").agg(open=pl.len())
    about = (
        worklists.select("worklist", "title", "action", "rationale", "source", "source_url", "profile", "reviewed")
        .join(counts, on="worklist", how="left", maintain_order="left")
        .with_columns(open=pl.col("open").fill_null(0), as_of=pl.lit(as_of), run_id=pl.lit(run_id))
        .select(
            "worklist",
            "title",
            "open",
            "action",
            "rationale",
            "source",
            "source_url",
            "profile",
            "reviewed",
            "as_of",
            "run_id",
        )
    )
    spreadsheet_safe(about).write_csv(folder / "about_these_lists.csv", include_bom=True)


def _folder_names(sites: list[str | None]) -> dict[str | None, str]:
    """A folder name for each site: safe on any file system, and different for different sites."""
    names: dict[str | None, str] = {}
    taken: set[str] = set()
    for site in sorted(sites, key=lambda name: (name is None, name or "")):
        safe = NO_SITE if site is None else re.sub(r"[^\w.-]+", "_", site).strip("._") or "site"
        name, number = safe[:80], 2
        while name.casefold() in taken:
            name, number = f"{safe[:80]}-{number}", number + 1
        taken.add(name.casefold())
        names[site] = name
    return names
