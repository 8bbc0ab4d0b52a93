"""A small clinic that delivers for six days: new results, corrections, withdrawals, treatment, deaths, removals."""

import gzip
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from tests.practice import LABS, OPENING, PRESCRIPTIONS, blood_counts, low_results, metformin

PEOPLE = 40
DAYS = 6
CONFIGURATION = "max_change = { low_b12_untreated = 100, metformin_unmonitored = 100, macrocytosis_untested = 100 }\n"
PATIENTS = "patient_id | birth_date | sex | death_date | site | registered_until | recorded_at"


def day_of(day: int) -> date:
    """The date of a day of the clinic."""
    return OPENING + timedelta(days=day)


def deliver(extracts: Path, day: int) -> list[str]:
    """Lay the files of a day among the extracts; returns their names."""
    for name, content in deliveries()[day].items():
        (extracts / name).write_bytes(content)
    return list(deliveries()[day])


@cache
def deliveries() -> list[dict[str, bytes]]:
    """The files of each day, by name."""
    return [_first_day(), *(_day(day) for day in range(1, DAYS))]


def _first_day() -> dict[str, bytes]:
    everyone = range(PEOPLE)
    labs = [*low_results(everyone), *blood_counts(everyone, weeks_ago=range(8))]
    patients = [
        f"p{n:02} | 1950-01-{n % 28 + 1:02} | F | | {'A' if n % 2 else 'B'} | | {day_of(-30)}" for n in everyone
    ]
    return {
        "labs_000.csv": _csv(LABS, labs),
        "patients_000.csv": _csv(PATIENTS, patients),
        "prescriptions_000.csv": _csv(PRESCRIPTIONS, metformin(range(5))),
    }


def _day(day: int) -> dict[str, bytes]:
    """What is told on a day: of each kind one person, another every day."""
    on, told = day_of(day - 1), day_of(day)
    labs = [
        f"p{day:02} | b{day} | 2132-9 | 500 | ng/L | 2024-02-12 | {told} | C |",
        f"p{day + 10:02} | b{day + 10} | 2132-9 | | | 2024-02-12 | {told} | X |",
        f"p{day + 60} | b{day + 60} | 2132-9 | 110 | ng/L | 2024-02-12 | {told} | F |",
        f"p{day + 20:02} | n{day} | 2132-9 | 1{day}0 | ng/L | {day_of(-20 + day)} | {told} | F |",
        f"p{day + 21:02} | q{day} | 2132-9 | SECRET | ng/L | {on} | {told} | F |",
        f"p{day + 25:02} | v{day} | 787-2 | 104 | fL | {day_of(-30)} | {told} | F |",
        *(f"p{n:02} | h{n}-d{day} | 718-7 | 150 | g/L | {on} | {told} | F |" for n in range(0, PEOPLE, 8)),
    ]
    treated = [f"p{day + 30:02} | t{day} | Hydroxocobalamin 1 mg/ml injection | {on} | completed | {told}"]
    died = [f"p{day + 35:02} | 1950-01-{(day + 35) % 28 + 1:02} | F | {on} | A | | {told}"]
    packed = gzip.compress(_csv(PRESCRIPTIONS, treated), mtime=0)
    return {
        f"labs_{day:03}.csv": _csv(LABS, labs),
        f"patients_{day:03}.csv": _csv(PATIENTS, died),
        f"prescriptions_{day:03}.csv.gz": packed,
    }


def _csv(header: str, rows: list[str]) -> bytes:
    width = header.count("|")
    lines = [header, *(row + " |" * (width - row.count("|")) for row in rows)]
    return "".join(",".join(cell.strip() for cell in line.split("|")) + "\n" for line in lines).encode()
