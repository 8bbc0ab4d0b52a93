"""Core tables written out as HL7 v2 messages: what a hospital's interface engine would deliver of the same people."""

import gzip
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.ingest.units import read_units
from pipelines.ingest.values import read_values

QUALITATIVE = ("intrinsic_factor_ab", "parietal_cell_ab", "ttg_iga")
STATUS_LETTERS = {"final": "F", "corrected": "C", "amended": "A", "appended": "U", "preliminary": "P"}
DECIMAL_COMMAS = "RIVERSIDE"
"""The vocabulary whose results the demonstration writes with decimal commas."""

SENT = datetime(2026, 11, 20, 1, 0)
REGISTRATION_MATTERS = pl.col("registered_until").is_not_null() | (
    pl.col("registered_from") >= date(2024, 1, 1)
).fill_null(value=False)
"""Of people who left or came lately; HL7 has no words for it, so that they are delivered natively."""

NOT_DRUGS = ("HCPCS", "CTV3")
"""Vocabularies of the exposures that procedures and diagnoses tell of."""

ESCAPES = {"\\": "E", "|": "F", "^": "S", "&": "T", "~": "R"}


def escaped(text: object) -> str:
    """A value as it may stand between the usual delimiters; nothing for null."""
    return "" if text is None else "".join(f"\\{ESCAPES[c]}\\" if c in ESCAPES else c for c in str(text))


def stamped(when: date | datetime | None) -> str:
    """A date as YYYYMMDD, a time down to the minute; nothing for null."""
    if when is None:
        return ""
    return when.strftime("%Y%m%d%H%M" if isinstance(when, datetime) else "%Y%m%d")


def coded(row: Mapping[str, Any]) -> str:
    """The source code of a core row as a coded element."""
    return "^".join(escaped(row[f"source_{part}"]) for part in ("code", "name", "vocabulary"))


def segment(name: str, **fields: str) -> str:
    """A segment from its fields by number: ``segment("PID", _3="1")``."""
    numbered = {int(number[1:]): value for number, value in fields.items()}
    return "|".join([name, *(numbered.get(number, "") for number in range(1, max(numbered) + 1))])


class Hl7Writer:
    """Writes the core tables of a publication as messages, and as native files what HL7 has no message for."""

    def __init__(self, published: Path) -> None:
        with duckdb.connect(str(published), read_only=True) as con:
            names = ("person", "measurement", "drug_exposure", "condition_occurrence", "procedure_occurrence")
            self.core = {name: con.sql(f"FROM {name} ORDER BY ALL").pl() for name in names}
        self.core["measurement"] = _as_reported(self.core["measurement"])
        self._sent = 0

    def write(self, folder: Path) -> None:
        """Below ``hl7`` a batch in UTF-8 and, compressed, messages framed singly in Latin-1; ``records``: native files."""
        (folder / "hl7").mkdir(parents=True)
        (folder / "records").mkdir()
        batch = [
            "\r".join(segments) + "\r" for segments in self._messages((self._persons(), self._drugs()), "UNICODE UTF-8")
        ]
        head, tail = "FHS|^~\\&|ENGINE\rBHS|^~\\&|ENGINE\r", f"BTS|{len(batch)}\rFTS|1\r"
        (folder / "hl7" / "a.hl7").write_text(head + "".join(batch) + tail, encoding="utf-8", newline="")
        with gzip.open(folder / "hl7" / "b.dat.hl7.gz", "wb") as file:
            for segments in self._messages((self._results(),), "8859/1"):
                file.write(b"\v" + "\r\n".join([*segments, ""]).encode("latin-1") + b"\x1c\r")
        for name, rows in self._native().items():
            rows.write_csv(folder / "records" / f"{name}.csv", datetime_format="%Y-%m-%d %H:%M:%S")

    def _messages(self, bodies: Iterable[Iterator[tuple[str, list[str]]]], character_set: str) -> Iterator[list[str]]:
        for body in bodies:
            for kind, segments in body:
                self._sent += 1
                about = {"_8": kind, "_9": f"M{self._sent}", "_10": "P", "_11": "2.5.1", "_17": character_set}
                msh = segment("MSH", _1="^~\\&", _2="ENGINE", _3="HOSPITAL", _6=stamped(SENT), **about)
                yield [msh, *segments]

    def _persons(self) -> Iterator[tuple[str, list[str]]]:
        """Whoever was always registered: an ADT message says all that is known of them."""
        for row in self.core["person"].filter("in_patients", ~REGISTRATION_MATTERS).to_dicts():
            pid = segment(
                "PID",
                _3=f"{row['person_id']}^^^HOSPITAL^MR~N{row['person_id']}^^^NHS^NH",
                _5="^" + escaped(row["display_name"]),
                _7=stamped(row["birth_date"]),
                _8=row["sex"] or "U",
                _29=stamped(row["death_date"]),
            )
            pv1 = segment("PV1", _2="O", _3=f"^^^{escaped(row['site'])}")
            yield "ADT^A08", [pid, segment("PD1", _4=f"^{escaped(row['clinician'])}"), pv1]

    def _results(self) -> Iterator[tuple[str, list[str]]]:
        """A message for each sample; before what was corrected comes late."""
        late = []
        for rows in self.core["measurement"].partition_by("person_id", "measured_at", maintain_order=True):
            segments = [segment("PID", _3=f"{rows['person_id'][0]}^^^HOSPITAL^MR")]
            for row in rows.to_dicts():
                if row["status"] == "corrected":
                    before = row | {"status": "final", "said": ("NM", "1"), "known_from": datetime(2001, 1, 1)}
                    late.append([segments[0], *_result(before)])
                segments += _result(row)
            yield "ORU^R01", segments
        for segments in late:
            yield "ORU^R01", segments

    def _drugs(self) -> Iterator[tuple[str, list[str]]]:
        rows = self.core["drug_exposure"].remove(pl.col("source_vocabulary").is_in(NOT_DRUGS))
        for row in rows.unique(["source_file", "source_row"], keep="first", maintain_order=True).to_dicts():
            pid = segment("PID", _3=f"{row['person_id']}^^^HOSPITAL^MR")
            orc = segment(
                "ORC", _1="NW", _3=row["drug_exposure_id"], _5="CM" * (row["status"] == "completed"),
                _9=stamped(row["known_from"]),
            )  # fmt: skip
            rxr = segment("RXR", _1=f"^{row['route']}" if row["route"] != "unknown" else "")
            yield _DRUG_MESSAGES[row["kind"]], [pid, orc, *_DRUG_SEGMENTS[row["kind"]](row), rxr]

    def _native(self) -> dict[str, pl.DataFrame]:
        people = self.core["person"].filter("in_patients", REGISTRATION_MATTERS)
        given = self.core["drug_exposure"].filter(pl.col("source_vocabulary").is_in(NOT_DRUGS))
        diagnoses = pl.concat(
            [
                self.core["condition_occurrence"],
                given.filter(pl.col("source_vocabulary") == "CTV3").with_columns(
                    condition_start_date="drug_exposure_start_date", is_counted=pl.lit(value=True)
                ),
            ],
            how="diagonal",
        )
        procedures = pl.concat(
            [
                self.core["procedure_occurrence"],
                given.filter(pl.col("source_vocabulary") == "HCPCS").with_columns(
                    procedure_date="drug_exposure_start_date"
                ),
            ],
            how="diagonal",
        )
        codes = {"code_system": "source_vocabulary", "description": "source_name", "recorded_at": "known_from"}
        return {
            "patients": people.rename({"person_id": "patient_id"}).drop("in_patients"),
            "diagnoses": diagnoses.select(
                patient_id="person_id",
                diagnosis_code="source_code",
                recorded_date="condition_start_date",
                resolved_date="condition_end_date",
                status=pl.when("is_counted").then(pl.lit("active")).otherwise(pl.lit("provisional")),
                **codes,
            ),
            "procedures": procedures.select(
                patient_id="person_id", procedure_code="source_code", performed_date="procedure_date", **codes
            ),
        }


def _as_reported(rows: pl.DataFrame) -> pl.DataFrame:
    """Measurements with ``said`` (OBX-2 and OBX-5) and the reference range in the unit that was reported."""
    commas = (pl.col("source_vocabulary") == DECIMAL_COMMAS).fill_null(value=False)
    text = rows.select(
        pl.when(commas).then(pl.col("value_reported").str.replace(",", ".", literal=True)).otherwise("value_reported")
    ).to_series()
    read = read_values(text, decimal=".")
    said = [
        _said(*row)
        for row in zip(text, read["comparator"], read["number"], rows["concept"], rows["value"], strict=True)
    ]
    units = read_units(rows["concept"], rows["unit_reported"]).select("factor", "offset")
    return rows.hstack(units).with_columns(
        pl.Series("said", said, dtype=pl.Object),
        *(
            (pl.col(f"range_{end}") / pl.col("factor") + pl.col("offset")).alias(f"shown_{end}")
            for end in ("low", "high")
        ),
    )


def _said(
    text: str, comparator: str | None, number: float | None, concept: str, value: float | None
) -> tuple[str, str]:
    if number is None and concept in QUALITATIVE and value is not None:
        return "CWE", f"{'LA6576-8' if value else 'LA6577-6'}^{escaped(text)}^LN"
    if number is None or comparator is None:
        return ("ST" if number is None else "NM"), escaped(text)
    return "SN", f"{comparator}^{number:g}"


def _result(row: Mapping[str, Any]) -> Iterable[str]:
    low, high = row["shown_low"], row["shown_high"]
    limits = f"{low}-{high}" if low is not None and high is not None else f"<{high}" if high is not None else ""
    kind, value = row["said"]
    is_positive = row["concept"] in QUALITATIVE and row["value"] == 1
    obr = segment(
        "OBR", _3=f"{row['measurement_id']}^LAB", _7=stamped(row["measured_at"]), _22=stamped(row["known_from"])
    )
    obx = segment(
        "OBX",
        _2=kind,
        _3=coded(row),
        _5=value,
        _6=f"{escaped(row['unit_reported'])}^^UCUM" if row["unit_reported"] else "",
        _7=limits or (f">{low}" if low is not None else ""),
        _8="H" * is_positive or row["comparator"] * (kind == "NM" and row["comparator"] != "="),
        _11=STATUS_LETTERS[row["status"]],
    )
    return obr, obx, "NTE|1||Telephoned on 12 at 300"


def _ordered(row: Mapping[str, Any]) -> Iterable[str]:
    dose = f"{row['daily_dose']:g}^{row['dose_unit']}" if row["daily_dose"] is not None else ""
    yield segment("RXE", _2=coded(row), _10=_plain(row["quantity"]), _19=dose)
    yield _timing(row, end=stamped(row["drug_exposure_end_date"]))


def _dispensed(row: Mapping[str, Any]) -> Iterable[str]:
    dose = f"{row['daily_dose']:g}^{row['dose_unit']}" if row["daily_dose"] is not None else ""
    start = stamped(row["drug_exposure_start_date"])
    yield segment("RXD", _2=coded(row), _3=start, _4=_plain(row["quantity"]), _12=dose)
    yield _timing(row, end="")


def _administered(row: Mapping[str, Any]) -> Iterable[str]:
    quantity = _plain(row["quantity"])
    start, recorded = stamped(row["drug_exposure_start_date"]), stamped(row["known_from"])
    yield segment("RXA", _3=start, _5=coded(row), _6=quantity, _7="ampoule" if quantity else "", _20="CP", _22=recorded)


def _timing(row: Mapping[str, Any], end: str) -> str:
    days = _plain(row["days_supply"])
    start = stamped(row["drug_exposure_start_date"])
    return segment("TQ1", _6=f"{days}^d" if days else "", _7=start, _8=end)


def _plain(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


_DRUG_MESSAGES = {"prescribed": "RDE^O11", "dispensed": "RDS^O13", "administered": "RAS^O17"}
_DRUG_SEGMENTS = {"prescribed": _ordered, "dispensed": _dispensed, "administered": _administered}
