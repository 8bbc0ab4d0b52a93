"""A folder as hospitals send it: three senders with names, signs and dates of their own, and files that are none."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

SECRET = "Wilhelmine Geheim"
"""A name that stands in free text of many files and must never be told."""

NHS = "9434765"
"""How every identifier of a patient begins."""


def write(folder: Path, name: str, lines: Iterable[str], encoding: str = "utf-8", newline: str = "\r\n") -> None:
    """Write a file of lines."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(f"{line}{newline}" for line in lines).encode(encoding))


def day(number: int, form: str) -> str:
    """One of seven hundred days, in a form."""
    return (date(2024, 1, 1) + timedelta(days=number * 7 % 700)).strftime(form)


def german(folder: Path) -> None:
    """Semicolons, decimal commas, cp1252, dd.mm.yyyy, Excel's first line; no code system that is known."""
    tests = [
        ("B12", "Vitamin B12", "pmol/l", 150),
        ("HB", "Hämoglobin", "g/dl", 11),
        ("MCV", "MCV", "fl", 92),
        ("NA", "Natrium", "mmol/l", 140),
    ]
    rows = [
        "sep=;",
        "PATIENTENNR;AUFTRAGSNUMMER;ANALYT;BEZEICHNUNG;ERGEBNIS;EINHEIT;NORMBEREICH UNTEN;ENTNAHMEDATUM;BEFUNDDATUM;BEMERKUNG",
    ]
    for n in range(120):
        code, name, unit, value = tests[n % 4]
        rows.append(
            f"{NHS}{n % 30:03d};A{n:06d};{code};{name};{value},{n % 10};{unit};;{day(n, '%d.%m.%Y')} 08:{n % 60:02d};{day(n + 1, '%d.%m.%Y')};{SECRET}"
        )
    write(folder, "Laborwerte_2024.csv", rows, "cp1252")
    drugs = [
        ("04324188", "Metformin 850 mg Filmtabletten"),
        ("01234567", "Pantoprazol 40 mg"),
        ("09876543", "Ramipril 5 mg"),
    ]
    rows = ["Patienten-Nr.;Verordnungs-ID;PZN;Handelsname;Menge;Reichweite (Tage);Verordnungsdatum;Ärztliche Notiz"]
    rows += [
        f"{NHS}{n % 30:03d};V{n};{drugs[n % 3][0]};{drugs[n % 3][1]};50;{'33,5' if n % 2 else '28'};{day(n, '%d.%m.%Y')};{SECRET}"
        for n in range(90)
    ]
    write(folder, "Verordnungen.csv", rows, "cp1252")
    codes = ["D51.0", "E11.9", "K90.0", "I10.9", "D510"]
    rows = [
        "Patient;ICD-10-GM;Diagnosetext;Diagnosedatum",
        *(f"{NHS}{n % 30:03d};{codes[n % 5]};{SECRET};{day(n, '%d.%m.%y')}" for n in range(60)),
    ]
    write(folder, "Diagnosen.csv", rows, "utf-8-sig")


def french(folder: Path) -> None:
    """Tabs in UTF-16, bars in cp850, and dates of which no day is over 12."""
    rows = ["Numéro patient\tNo échantillon\tCode analyse\tLibellé analyse\tRésultat\tUnité\tDate de prélèvement"]
    rows += [
        f"{NHS}{n % 20:03d}\tE{n:05d}\t14685-2\tVitamine B12\t{150 + n}\tpmol/L\t{1 + n % 12:02d}/{1 + n * 5 % 12:02d}/2024"
        for n in range(60)
    ]
    write(folder, "resultats.tsv", rows, "utf-16")
    rows = ["IPP|id ordonnance|Médicament|date de début|date de fin"]
    rows += [
        f"{NHS}{n % 20:03d}|O{n}|Metformine 1000 mg|{1 + n % 12:02d}/{1 + n * 5 % 12:02d}/2024|" for n in range(60)
    ]
    write(folder, "ordonnances.txt", rows, "cp850")


def american(folder: Path) -> None:
    """Month first; one test a file with its unit in the header; a wide file; Excel's day numbers; a report with a title."""
    dates = [f"{1 + n % 12}/{1 + n % 28}/2024" for n in range(80)]
    rows = ["MRN,Result ID,Draw Date,B12_pmol_L", *(f"{NHS}{n:03d},R{n},{dates[n]},{150 + n}" for n in range(80))]
    write(folder, "b12_only.csv", rows)
    rows = [
        "MRN,Draw Date,B12_pmol_L,Hgb_g_dL,MCV_fL,Notes",
        *(f"{NHS}{n:03d},{dates[n]},{150 + n},1{n % 6}.{n % 10},9{n % 10},{SECRET}" for n in range(80)),
    ]
    write(folder, "wide.csv", rows)
    rows = [
        "MRN,Order ID,NDC,Drug Name,Order Date",
        *(f"{NHS}{n:03d},O{n},00087-6060-05,METFORMIN HCL 500 MG TAB,{45000 + n}" for n in range(80)),
    ]
    write(folder, "meds.csv", rows)
    rows = [
        "MRN,DOB,Sex,Practice",
        *(f"{NHS}{n:03d},{1 + n % 12}/{1 + n % 28}/19{50 + n % 40},{'MF'[n % 2]},North" for n in range(80)),
    ]
    write(folder, "demographics.csv", rows)
    rows = ["Report of the laboratory", "Created 2024-01-01", "MRN,Accession,LOINC,Result,Units,Collected"]
    write(folder, "report.csv", [*rows, *(f"{NHS}{n:03d},O{n},2132-9,{n + 100},pg/mL,2024-01-01" for n in range(80))])
    rows = [
        "MRN,Test,Result,Units,Collected",
        *(f"{NHS}{n % 9:03d},Vitamin B12,{n + 100},pg/mL,2024-01-{1 + n % 28:02d}" for n in range(80)),
    ]
    write(folder, "no_row_id.csv", rows)


def documents(folder: Path) -> None:
    """Files that hold no rows."""
    write(folder, "letter.pdf", ["%PDF-1.4 something"])
    write(folder, "list.xlsx", ["PK\x03\x04 something"])
    (folder / "backup.bin").write_bytes(bytes(range(256)) * 40)
    (folder / "empty.csv").write_bytes(b"")
