"""One person, every list, judged on the publication's own tables, or for another date on the store.

This is the one command that shows a patient's values.
"""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.config import load_settings
from pipelines.contract import CORE_TABLES
from pipelines.duck import reading_connection, working_connection
from pipelines.errors import B12Error
from pipelines.explain.conditions import Condition, ListState, conditions_of, list_state
from pipelines.explain.timeline import timeline_of
from pipelines.ingest.core import build_core, first_exposure
from pipelines.ingest.store import Store
from pipelines.profile import Profile, load_profile
from pipelines.publish.editions import Editions
from pipelines.worklists import judge, known_worklist, note_conditions, worklists

CHARTED = ("b12_total.", "b12_active.", "second_line.", "anemia.", "macrocytosis.")
"""The sections of a profile that a chart draws."""


@dataclass(frozen=True)
class Known:
    """All that is known of one person, and what the judging needs besides.

    ``published`` and ``items``: the care gaps and open items of the publication, null where another date is explained.
    """

    tables: Mapping[str, pl.DataFrame]
    as_of: date
    profile: Profile
    delivered: frozenset[str]
    first_exposure: pl.DataFrame
    published: pl.DataFrame | None = None
    items: pl.DataFrame | None = None


@dataclass(frozen=True)
class Explanation:
    """What can be said of one person.

    ``out_of_scope`` names the shared conditions that do not hold, null for somebody in scope; the conditions of the
    lists are judged for people in scope only. ``differs`` names the lists of which the publication says otherwise,
    which it does when the rules have changed since. ``thresholds`` are the profile numbers that a chart draws.
    """

    person_id: str
    as_of: date
    profile: str
    out_of_scope: str | None
    scope: list[Condition]
    lists: list[ListState]
    timeline: list[dict[str, Any]]
    sex: str | None
    differs: list[str]
    thresholds: Mapping[str, float]

    @property
    def near_misses(self) -> list[ListState]:
        """The lists that the person is one condition away from."""
        return [listed for listed in self.lists if listed.is_near_miss]

    def as_json(self) -> str:
        """The whole of it, for programs."""
        return json.dumps(asdict(self), default=str, indent=1)


def explain_person(
    home: Path, config: Path | None, person_id: str, *, worklist: str | None = None, as_of: date | None = None
) -> Explanation:
    """Explain a person on one list or all, as of the publication's date or another.

    The publication is explained by the profile and the numbers it was made with; another date by the configured ones.

    Raises:
        ConfigurationError: There is no such worklist.
        B12Error: Nothing is published, or no row of this person was ever kept.
    """
    names = [known_worklist(worklist).name] if worklist else list(worklists())
    known = _published(home, person_id) if as_of is None else _stored(home, config, person_id, as_of)
    if not known.tables["person"].height:
        raise B12Error(
            "No row of this person was kept as of that date. Check the identifier as it stands in the extracts; "
            "a person all of whose rows are off the pathway or in quarantine is not known here."
        )
    return explained(person_id, known, names)


def explained(person_id: str, known: Known, names: list[str]) -> Explanation:
    """The explanation of the one person of these tables on these lists."""
    asked = {
        "tables": {name: table.lazy() for name, table in known.tables.items()},
        "as_of": known.as_of,
        "profile": known.profile,
        "delivered": known.delivered,
        "first_exposure": known.first_exposure,
        "lists": names,
    }
    judgement, noted = judge(**asked), note_conditions(**asked)
    scope = conditions_of(noted, "in_scope", "scope", as_of=known.as_of)
    items = {} if known.items is None else {row["worklist"]: row for row in known.items.iter_rows(named=True)}
    published = judgement.care_gap if known.published is None else known.published
    return Explanation(
        person_id=person_id,
        as_of=known.as_of,
        profile=known.profile.name,
        out_of_scope=", ".join(condition.told for condition in scope if not condition.holds) or None,
        scope=scope,
        lists=[
            list_state(name, worklists()[name].title, judgement, noted, as_of=known.as_of, item=items.get(name))
            for name in names
        ],
        timeline=timeline_of(known.tables, as_of=known.as_of, profile=known.profile),
        sex=known.tables["person"]["sex"].item(),
        differs=_differing(judgement.care_gap, published.filter(pl.col("worklist").is_in(names))),
        thresholds={name: number for name, number in known.profile.items() if name.startswith(CHARTED)},
    )


def _differing(judged: pl.DataFrame, published: pl.DataFrame) -> list[str]:
    """The lists on which a person's gap is not as it was published."""
    said = [set(rows.select("worklist", "closed_by", "index_date").rows()) for rows in (judged, published)]
    return sorted({worklist for worklist, *_ in said[0] ^ said[1]})


def _published(home: Path, person_id: str) -> Known:
    published = Editions(home).published()
    if published is None:
        raise B12Error(f"Nothing is published in {home} yet. Run `b12 --home {home} run --extracts DIR` first.")
    database, current = published
    with reading_connection(database) as con:
        rows = {
            table: con.sql(f"SELECT * FROM {table} WHERE person_id = ?", params=[person_id]).pl()
            for table in (*CORE_TABLES, "care_gap", "worklist_item")
        }
        delivered = con.execute("SELECT DISTINCT extract_table FROM source_file WHERE rows_read > 0").fetchall()
        return Known(
            tables={table: rows[table] for table in CORE_TABLES},
            as_of=date.fromisoformat(current["as_of"]),
            profile=published_profile(con, current["profile"]),
            delivered=frozenset(name for (name,) in delivered),
            first_exposure=first_exposure(con),
            published=rows["care_gap"],
            items=rows["worklist_item"],
        )


def published_profile(con: duckdb.DuckDBPyConnection, name: str) -> Profile:
    """The profile with the numbers of the publication, whatever the configuration says by now."""
    shipped = load_profile(name)
    applied: dict[str, Any] = {}
    for (parameters,) in con.execute("SELECT parameters FROM worklist").fetchall():
        applied |= json.loads(parameters)
    return load_profile(name, {key: value for key, value in applied.items() if shipped.get(key, value) != value})


def _stored(home: Path, config: Path | None, person_id: str, as_of: date) -> Known:
    settings = load_settings(config or home / "b12.toml")
    profile = load_profile(settings.profile, settings.overrides)
    with tempfile.TemporaryDirectory() as folder, working_connection(settings.memory_limit, Path(folder)) as con:
        store = Store(home / "store")
        store.require_intact()
        core = build_core(store, as_of=as_of, known_at=as_of, folder=Path(folder), con=con)
        one = pl.col("person_id") == person_id
        tables = {name: core.scan(name).filter(one).collect() for name in CORE_TABLES}
        return Known(tables, as_of, profile, core.delivered, core.first_exposure)
