"""A population as HL7 v2 messages, and how fast the library of the format reads them and does nothing with them."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.deliveries import AS_OF, BACKGROUND_LABS
from tests.sources.hl7_writer import escaped, segment, stamped

if TYPE_CHECKING:
    import polars as pl

CONFIGURATION = """
[[source]]
name = "engine"
kind = "hl7v2"
path = "hl7"

[[source]]
name = "records"
path = "records"
"""

_ORDERED = {"prescribed": ("RDE^O11", "RXE"), "dispensed": ("RDS^O13", "RXD"), "administered": ("RAS^O17", "RXA")}


def write(folder: Path, people: int) -> None:
    """``extracts/hl7``: results, drugs and persons as messages; ``extracts/records``: natively, what HL7 has no words for."""
    import polars as pl

    from pipelines.demo.extracts import write_extracts

    native = folder / "native"
    made = write_extracts(
        native / "extracts", as_of=AS_OF, people=people, planted=False, fmt="parquet", clean=True,
        background_labs_per_person=BACKGROUND_LABS,
    )  # fmt: skip
    for name in ("hl7", "records"):
        (folder / "extracts" / name).mkdir(parents=True)
    for table in ("diagnoses", "procedures"):
        shutil.move(native / "extracts" / table, folder / "extracts" / "records" / table)
    known = {row["patient_id"]: _person(row) for row in pl.read_parquet(native / "extracts" / "patients").to_dicts()}
    with (folder / "extracts" / "hl7" / "messages.hl7").open("wb") as file:
        for number, (kind, segments) in enumerate(_messages(native / "extracts", known), start=1):
            about = {"_2": "ENGINE", "_3": "HOSPITAL", "_6": stamped(AS_OF), "_8": kind, "_9": f"M{number}"}
            msh = segment("MSH", _1="^~\\&", **about, _10="P", _11="2.5.1", _17="UNICODE UTF-8")
            file.write("\r".join([msh, *segments, ""]).encode())
    sources = made.config_text.index("[[source]]"), made.config_text.index("[[code]]")
    text = made.config_text[: sources[0]] + CONFIGURATION + "\n" + made.config_text[sources[1] :]
    (folder / "b12.toml").write_text(text, encoding="utf-8")
    shutil.rmtree(native)


def bare(folder: Path) -> int:
    """The messages that python-hl7 parses, one at a time: its own splitting of a file holds all of it at once."""
    import hl7

    read = 0
    for path in sorted((folder / "extracts" / "hl7").iterdir()):
        waiting: list[str] = []
        with path.open(encoding="utf-8", newline="\r") as lines:
            for line in lines:
                if line.startswith("MSH") and waiting:
                    read += len(hl7.parse("".join(waiting))) > 0
                    waiting = []
                waiting.append(line)
        read += len(hl7.parse("".join(waiting))) > 0
    return read


def _messages(extracts: Path, known: dict[str, list[str]]) -> Iterator[tuple[str, Iterable[str]]]:
    """The type and the other segments of each message: a person, a sample, or a drug."""
    import polars as pl

    def whose(patient_id: str) -> list[str]:
        return known.get(patient_id) or [f"PID|||{patient_id}"]

    for segments in known.values():
        yield "ADT^A08", segments
    for part in sorted((extracts / "labs").iterdir()):
        rows = pl.read_parquet(part).sort("patient_id", "collected_at", "result_id")
        for sample in rows.partition_by("patient_id", "collected_at", maintain_order=True):
            yield "ORU^R01", [*whose(sample["patient_id"][0]), *_results(sample)]
    for part in sorted((extracts / "prescriptions").iterdir()):
        for row in pl.read_parquet(part).to_dicts():
            kind, name = _ORDERED[row["kind"] or "prescribed"]
            yield kind, [*whose(row["patient_id"]), *_drug(name, row)]


def _person(row: dict[str, Any]) -> list[str]:
    identifiers = f"{row['patient_id']}^^^HOSPITAL^MR~99{row['patient_id']}^^^NHS^NH"
    address = "12 High Street^^Anytown^^AB1 2CD"
    told = {"_5": f"^{escaped(row['display_name'])}", "_7": stamped(row["birth_date"]), "_8": row["sex"] or "U"}
    pid = segment("PID", _1="1", _3=identifiers, **told, _11=address, _29=stamped(row["death_date"]))
    return [pid, segment("PV1", _1="1", _2="O", _3=f"CLINIC^1^2^{escaped(row['site'])}", _7="9^House^Gregory^^^Dr")]


def _results(sample: "pl.DataFrame") -> Iterator[str]:
    for number, row in enumerate(sample.to_dicts(), start=1):
        if number == 1:
            about = {"_4": "PROFILE^Laboratory profile^L", "_7": stamped(row["collected_at"])}
            yield segment("ORC", _1="RE", _2=f"P{row['result_id']}", _3=row["result_id"])
            yield segment("OBR", _1="1", _3=row["result_id"], **about, _22=stamped(row["reported_at"]), _25="F")
        code = "^".join(escaped(row[name]) for name in ("test_code", "test_name", "code_system"))
        limits = f"{row['ref_low']}-{row['ref_high']}" if row["ref_low"] and row["ref_high"] else ""
        said = {"_5": escaped(row["value"]), "_6": f"{escaped(row['unit'])}^^UCUM", "_7": limits, "_11": "F"}
        yield segment("OBX", _1=str(number), _2="NM", _3=code, **said, _14=stamped(row["collected_at"]))


def _drug(name: str, row: dict[str, Any]) -> Iterator[str]:
    code = "^".join(escaped(row[part]) for part in ("drug_code", "drug_name", "code_system"))
    start, quantity = stamped(row["start_date"]), escaped(row["quantity"])
    yield segment("ORC", _1="NW", _3=row["prescription_id"], _9=stamped(row["recorded_at"]))
    if name == "RXE":
        days = f"{row['days_supply']}^d" if row["days_supply"] else ""
        yield segment("RXE", _2=code, _6=escaped(row["form"]), _10=quantity)
        yield segment("TQ1", _6=days, _7=start, _8=stamped(row["end_date"]))
    elif name == "RXD":
        yield segment("RXD", _1="1", _2=code, _3=start, _4=quantity)
    else:
        yield segment("RXA", _1="0", _2="1", _3=start, _5=code, _20="CP")
    yield segment("RXR", _1=f"^{escaped(row['route'])}")
