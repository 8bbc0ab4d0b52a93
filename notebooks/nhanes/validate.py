"""Vitamin B12 deficiency among people of 50 and over in NHANES, by metformin and diabetes, beside published figures.

Runs the nightly job on each survey cycle under ``$B12_REAL_DATA`` and computes from the published files alone.
The survey's weights are not applied, and the published study covers 1999-2006: look for the same order and size, not
for the same decimals.
"""

import os
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.duck import reading_connection
from pipelines.orchestration.run import RunRequest, run_nightly

CYCLES = {"nhanes-2003-2004": date(2004, 12, 31), "nhanes-2013-2014": date(2014, 12, 31)}
CONFIG = Path(__file__).parent / "b12.toml"
HOME = Path("build/validate")

PUBLISHED = {"metformin": 5.8, "diabetes, no metformin": 2.4, "no diabetes": 3.3}
SOURCE = "Reinstatler et al., Diabetes Care 2012;35:327 (NHANES 1999-2006, weighted)"

# Deficient: at or below 148 pmol/L, the study's definition. One result a person: a survey measures once.
QUERY = """
WITH b12 AS (
    SELECT person_id, min(value) AS pmol_l
    FROM measurement
    WHERE concept = 'serum_b12' AND status IN ('final', 'corrected', 'amended', 'appended')
    GROUP BY person_id
), aged AS (
    SELECT person_id
    FROM person, (SELECT as_of FROM run ORDER BY started_at DESC LIMIT 1)
    WHERE birth_date + INTERVAL 50 YEAR <= as_of
), grouped AS (
    SELECT
        pmol_l,
        CASE
            WHEN person_id IN (SELECT person_id FROM drug_exposure WHERE concept = 'metformin') THEN 'metformin'
            WHEN person_id IN (SELECT person_id FROM condition_occurrence WHERE concept = 'type2_diabetes')
                THEN 'diabetes, no metformin'
            ELSE 'no diabetes'
        END AS people
    FROM b12 SEMI JOIN aged USING (person_id)
)
SELECT people, count(*) AS tested, count(*) FILTER (pmol_l <= 148) AS deficient
FROM grouped
GROUP BY people
"""


@dataclass(frozen=True)
class Share:
    """How many of a group were tested, and deficient."""

    tested: int
    deficient: int

    @property
    def percent(self) -> float:
        """Deficient among the tested, in percent."""
        return 100 * self.deficient / self.tested if self.tested else float("nan")


def shares(database: Path) -> dict[str, Share]:
    """Tested and deficient people of 50 and over in a publication, by metformin and diabetes."""
    with reading_connection(database) as con:
        return {people: Share(tested, deficient) for people, tested, deficient in con.execute(QUERY).fetchall()}


def publish(data: Path, cycle: str, home: Path, profile: str = "us") -> Path:
    """Run the nightly job on a survey cycle; returns the published database."""
    run_nightly(
        RunRequest(home=home, extracts=data / cycle, config=CONFIG, as_of=CYCLES[cycle], profile=profile, quiet=True)
    )
    return home / "published" / "b12.duckdb"


def main() -> None:
    """Print the table."""
    if "B12_REAL_DATA" not in os.environ:
        sys.exit("B12_REAL_DATA is not set: name the folder that holds nhanes-2003-2004 and nhanes-2013-2014.")
    data = Path(os.environ["B12_REAL_DATA"])
    found = {cycle: shares(publish(data, cycle, HOME / cycle)) for cycle in CYCLES}
    print("Serum B12 <= 148 pmol/L among people of 50 and over, percent (deficient of tested), unweighted\n")
    print(f"{'':24}{''.join(f'{cycle:>24}' for cycle in CYCLES)}{'both':>24}{'published':>12}")
    for group, published in PUBLISHED.items():
        each = [found[cycle].get(group, Share(0, 0)) for cycle in CYCLES]
        both = Share(sum(s.tested for s in each), sum(s.deficient for s in each))
        cells = "".join(f"{f'{s.percent:.1f} ({s.deficient} of {s.tested})':>24}" for s in (*each, both))
        print(f"{group:24}{cells}{published:>12.1f}")
    print(f"\nPublished: {SOURCE}")


if __name__ == "__main__":
    main()
