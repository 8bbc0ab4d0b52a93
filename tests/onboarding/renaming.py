"""The demonstration's extracts as other senders write them: names, dates, decimal signs, encodings, file names."""

import csv
import gzip
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
import pyarrow as pa

GERMAN = {
    "patient_id": "Patientennummer", "result_id": "Auftragsnummer", "test_code": "Analytcode", "code_system": "Kodierungssystem",
    "test_name": "Bezeichnung", "value": "Ergebnis", "unit": "Einheit", "ref_low": "Normbereich unten",
    "ref_high": "Normbereich oben", "abnormal_flag": "Kennzeichen", "collected_at": "Entnahmedatum",
    "reported_at": "Befunddatum", "status": "Befundstatus", "replaces": "ersetzt",
}  # fmt: skip
FRENCH = {
    "patient_id": "Numéro patient", "result_id": "No échantillon", "test_code": "Code analyse", "code_system": "Système de codage",
    "test_name": "Libellé analyse", "value": "Résultat", "unit": "Unité", "ref_low": "Borne inf", "ref_high": "Borne sup",
    "abnormal_flag": "Indicateur", "collected_at": "Date de prélèvement", "reported_at": "Date du résultat",
    "status": "Statut", "replaces": "Remplace",
}  # fmt: skip
AMERICAN = {
    "patient_id": "MRN", "birth_date": "DOB", "sex": "Gender", "death_date": "Date of Death", "site": "Practice Name",
    "clinician": "PCP", "registered_from": "Registration Date", "registered_until": "Deregistration Date",
    "display_name": "Patient Name", "recorded_at": "LastUpdated", "prescription_id": "RxNumber", "drug_code": "Drug Code",
    "drug_name": "Medication", "route": "Route", "form": "Dosage Form", "strength": "Strength", "daily_dose": "Daily Dose",
    "quantity": "Qty", "days_supply": "Days Supply", "start_date": "Order Date", "end_date": "Stop Date",
    "status": "Record Status", "kind": "Record Type", "code_system": "Coding System", "diagnosis_id": "Condition ID",
    "diagnosis_code": "Dx Code", "description": "Description", "recorded_date": "Date of Diagnosis",
    "resolved_date": "Resolved On", "procedure_id": "Operation ID", "procedure_code": "Procedure Code",
    "performed_date": "Date Performed",
}  # fmt: skip


def rows_of(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and whole rows of a delivered file; a row of another width is left out, for it is refused anyway."""
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path).with_columns(
            pl.col(pl.Datetime).dt.strftime("%Y-%m-%d %H:%M"), pl.col(pl.Float64).cast(pl.String)
        )
        return frame.columns, [["" if text is None else text for text in row] for row in frame.rows()]
    raw = path.read_bytes()
    if path.suffix == ".gz":
        raw = gzip.decompress(raw)
    elif path.suffix == ".zst":
        with pa.CompressedInputStream(str(path), "zstd") as file:
            raw = file.read()
    lines = raw.decode("utf-8-sig").splitlines()
    parsed = [next(csv.reader([line])) for line in lines if line.count('"') % 2 == 0]
    return parsed[0], [row for row in parsed[1:] if len(row) == len(parsed[0])]


def dates_as(form: str) -> Callable[[str], str]:
    """ISO dates in another form: ``D.M.Y`` or ``M/D/Y``, the time behind them as it is; other texts stay."""

    def write(text: str) -> str:
        found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}))?.*", text)
        if not found:
            return text
        year, month, day, time = found.groups()
        return form.replace("Y", year).replace("M", month).replace("D", day) + (f" {time}" if time else "")

    return write


def decimal_commas(text: str) -> str:
    """Points and commas in each other's place."""
    return text.translate(str.maketrans(".,", ",."))


def rewrite(
    path: Path,
    to: Path,
    names: Mapping[str, str],
    *,
    date_form: str,
    delimiter: str = ",",
    encoding: str = "utf-8",
    commas: bool = False,
    above: str = "",
) -> None:
    """Write a file of the demonstration under other names and in other forms."""
    header, rows = rows_of(path)
    write_date = dates_as(date_form)
    numbers = {place for place, name in enumerate(header) if commas and name in ("value", "ref_low", "ref_high")}
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([names[name] for name in header])
    for row in rows:
        texts = [write_date(text) for text in row]
        writer.writerow([decimal_commas(text) if place in numbers else text for place, text in enumerate(texts)])
    to.parent.mkdir(parents=True, exist_ok=True)
    data = (above + written.getvalue()).encode(encoding, "replace")
    to.write_bytes(gzip.compress(data) if to.suffix == ".gz" else data)
