"""CSV files: every physical record is handed on or set aside under its number, in any dialect and any encoding."""

import gzip
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import duckdb

from pipelines.errors import ConfigurationError, UnreadableFile
from pipelines.ingest.records import FileFormat, columns_of, fingerprint, read_records
from tests.fuzz.material import SECRET, Material, hold

WORDS = (
    ",", ";", "\t", "|", '"', '""', '","', "\n", "\r\n", "\r", "\0", "a,b,c\n", '"x\ny"', "\ufeff", "source_row", SECRET, "\x1a",
    "é", "\\", "'", "p1,r1,120\n", ' "', "\n\n", '"\n"', "file_row_number", "2026-01-01",
)  # fmt: skip
HEADER = b"patient_id,result_id,value\n"
SEEDS = (
    b"\0\0\0\0" + HEADER + b'SECRET1,r1,120\nSECRET2,r2,"1,5"\nSECRET3,r3,"two\nlines"\n',
    b"\0\0\0\0" + HEADER + b'SECRET1,r1,"open\nSECRET2,r2,1\nSECRET3,r3,2\n',
    b"\1\1\0\0" + HEADER.replace(b",", b";") + b"SECRET1;r1;\xe9\r\nSECRET2;r2\r\n",
    b"\0\2\0\1" + HEADER + b"SECRET1,r1,1\nSECRET\0,r2,2\n",
    b"\0\2\0\0" + HEADER + b"SECRET1,r1,1\n",  # UTF-16 without a mark
    b"\0\0\1\0" + HEADER + b"SECRET1,r1,1\rSECRET2,r2,2\r",
)
ENCODINGS = (
    "utf-8", "latin-1", "utf-16", "cp1252", "utf-8-sig", "utf-16-le", "utf-32", "shift_jis", "utf-7", "gb18030",
)  # fmt: skip


@cache
def room() -> tuple[Path, duckdb.DuckDBPyConnection]:
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false; SET threads = 1")
    return Path(mkdtemp(prefix="b12-fuzz-")), con


def check(data: bytes) -> None:
    folder, con = room()
    material = Material(data)
    delimiter, encoding = material.pick(",;\t|:\x1f"), material.pick(ENCODINGS)
    again, how = material.pick((b"", b"\r\n", b"x")), material.pick(("plain", "encoded", "gzip", "cut gzip"))
    content = material.rest() + again
    if how == "encoded":
        content = content.decode("utf-8", "replace").encode(encoding, "replace")
    path = folder / ("labs.csv.gz" if "gzip" in how else "labs.csv")
    if "gzip" in how:
        packed = gzip.compress(content, mtime=0, compresslevel=1)
        path.write_bytes(packed[: len(packed) // 2] if how == "cut gzip" else packed)
    else:
        path.write_bytes(content)
    try:
        _read(path, FileFormat(encoding, delimiter), folder / "work", con)
    except (UnreadableFile, ConfigurationError) as error:
        if SECRET.encode() not in content.lstrip().split(b"\n")[0]:  # the names of columns may be told
            hold(str(error))
    finally:
        for left in (folder / "work").glob("*"):
            left.unlink()
        path.unlink()


def _read(path: Path, fmt: FileFormat, work: Path, con: duckdb.DuckDBPyConnection) -> None:
    records = read_records(path, fmt, work=work, con=con)
    rows = con.sql(f"SELECT * FROM {records.relation} AS r ORDER BY source_row").pl()
    assert tuple(rows.columns) == (*records.columns, "source_row")
    numbers = [*rows["source_row"], *records.malformed["source_row"]]
    assert sorted(numbers) == list(range(1, records.count + 1))
    assert records.sha256 == fingerprint(path)
    assert columns_of(path, fmt) == records.columns
    assert all(SECRET not in detail for detail in records.malformed["detail"])
