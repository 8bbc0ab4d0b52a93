"""Every physical record of a delivered file is handed on or set aside, under its number."""

import csv
import gzip
import hashlib
import io
import random
import threading

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pipelines.errors import ConfigurationError, UnreadableFile
from pipelines.ingest.mend import JOINED_LINES
from pipelines.ingest.physical import BLOCK_BYTES
from pipelines.ingest.records import FileFormat, columns_of, fingerprint, read_records
from pipelines.ingest.structure import LONGEST_LINE_BYTES

UTF8 = FileFormat()
reading = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def con():
    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false; SET threads = 2")
    return con


class Delivery:
    """A delivered file, read; ``rows`` and ``malformed`` are by record number."""

    def __init__(self, path, fmt, con):
        self.records = read_records(path, fmt, work=path.parent / "work", con=con)
        found = con.sql(f"SELECT * FROM {self.records.relation} AS r ORDER BY source_row").pl()
        self.columns = self.records.columns
        self.count = self.records.count
        self.rows = {row[-1]: row[:-1] for row in found.rows()}
        self.malformed = {row: detail for row, _, detail in self.records.malformed.rows()}
        self.raw = {row: raw for row, raw, _ in self.records.malformed.rows()}
        assert tuple(found.columns) == (*self.columns, "source_row")
        assert sorted([*self.rows, *self.malformed]) == list(range(1, self.count + 1))
        assert len(found) + len(self.records.malformed) == self.count
        assert self.records.sha256 == hashlib.sha256(path.read_bytes()).hexdigest() == fingerprint(path)
        assert columns_of(path, fmt) == self.columns


@pytest.fixture
def deliver(tmp_path, con):
    def read(content, name="labs.csv", fmt=UTF8):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Delivery(path, fmt, con)

    return read


def refused(deliver, content, name="labs.csv", fmt=UTF8, error=UnreadableFile):
    with pytest.raises(error) as caught:
        deliver(content, name, fmt)
    assert "SECRET" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "rows", "malformed"),
    [
        # plain lines, and what is no record at all
        ("id,v,u\n1,2,3\n4,5,6\n", {1: ("1", "2", "3"), 2: ("4", "5", "6")}, []),
        ("id,v,u\n1,2,3\n4,5,6", {1: ("1", "2", "3"), 2: ("4", "5", "6")}, []),  # no last line end
        ("id,v,u\r\n1,2,3\r\n4,5,6\r\n", {1: ("1", "2", "3"), 2: ("4", "5", "6")}, []),
        ("id,v,u\r\n1,2,3\r\n4,5,6", {1: ("1", "2", "3"), 2: ("4", "5", "6")}, []),
        ("id,v,u\r1,2,3\r4,5,6\r", {1: ("1", "2", "3"), 2: ("4", "5", "6")}, []),  # carriage returns alone
        ("id,v,u\r\n1,2,3\n\r\n\n4,5,6\r\n", {1: ("1", "2", "3"), 2: ("4", "5", "6")}, []),  # both
        ("\r\nid,v,u\n1,2,3\r\n\n\r\n4,5,6\n", {1: ("1", "2", "3"), 2: ("4", "5", "6")}, []),
        ("id,v,u\r\r\n1,2,3\r\r\n4,5,6\r\r\n", {1: ("1", "2", "3"), 2: ("4", "5", "6")}, []),
        ("\ufeffid,v,u\n1,2,3\n", {1: ("1", "2", "3")}, []),
        ("\ufeff\n\nid,v,u\n1,2,3\n", {1: ("1", "2", "3")}, []),
        ("\n  \nid,v,u\n\n1,2,3\n\n\n4,5,6\n   \n\t\n\x1a", {1: ("1", "2", "3"), 2: ("4", "5", "6")}, []),
        ("id,v,u\n", {}, []),
        ("id,v,u", {}, []),
        (' id , "v" ,u\n1,2,3\n', {1: ("1", "2", "3")}, []),
        # fields as they stand
        ('id,v,u\n1,,""\n,,\n', {1: ("1", None, None), 2: (None, None, None)}, []),
        ("id,v,u\n 1 ,NULL,NA\n#1,2,3\n", {1: (" 1 ", "NULL", "NA"), 2: ("#1", "2", "3")}, []),
        ('id,v,u\n1,"a,b","say ""x"""\n', {1: ("1", "a,b", 'say "x"')}, []),
        ('id,v,u\n1,a\\,"b\\"\n', {1: ("1", "a\\", "b\\")}, []),
        ('id,v,u\n1, "a,b" ,3\n', {1: ("1", "a,b", "3")}, []),  # spaces around quotes
        # quotes that stand for themselves
        ('id,v,u\n1,5" tube,3\n4,5,6\n', {1: ("1", '5" tube', "3"), 2: ("4", "5", "6")}, []),
        ('id,v,u\n1,5" x 3",3\n4,a""b,6\n', {1: ("1", '5" x 3"', "3"), 2: ("4", 'a""b', "6")}, []),
        ("id,v,u\n1,a\rb,3\n4,5,6\n", {1: ("1", "a\rb", "3"), 2: ("4", "5", "6")}, []),
        # one field too few, one too many, and compensating each other
        ("id,v,u\n1,2\n4,5,6\n", {2: ("4", "5", "6")}, [1]),
        ("id,v,u\n1,2,3,\n4,5,6\n", {2: ("4", "5", "6")}, [1]),
        ("id,v,u\n1,2,3,4\n1,2\n4,5,6\n", {3: ("4", "5", "6")}, [1, 2]),
        ('id,v,u\n1,"5" tube",3\n4,5,6\n', {2: ("4", "5", "6")}, [1]),
        ('id,v,u\n1,5" x 3,4",5\n4,5,6\n', {2: ("4", "5", "6")}, [1]),  # quotes of an unquoted field hide no comma
        ("id,v,u\n1,a\0,3\n4,5,6\n", {2: ("4", "5", "6")}, [1]),
        # records of several lines
        ('id,v,u\n1,"a\nb",3\n4,5,6\n', {1: ("1", "a\nb", "3"), 2: ("4", "5", "6")}, []),
        ('id,v,u\n1,"a\n\n\nb",3\n4,5,6\n', {1: ("1", "a\n\n\nb", "3"), 2: ("4", "5", "6")}, []),
        ('id,v,u\r\n1,"a\nb",3\r\n4,"a\r\nb",6\r\n', {1: ("1", "a\nb", "3"), 2: ("4", "a\r\nb", "6")}, []),
        ('id,v,u\n"a\nb",2,3\n1,2,"a\nb"\n', {1: ("a\nb", "2", "3"), 2: ("1", "2", "a\nb")}, []),
        ('id,v,u\n"a\nb","c\nd","""\n"""\n', {1: ("a\nb", "c\nd", '"\n"')}, []),
        ('id,v,u\n1,"a\nb" ,5" tube\n4,5,6\n', {1: ("1", "a\nb", '5" tube'), 2: ("4", "5", "6")}, []),
        # runaway quotes cost their own line
        ('id,v,u\n1,"a,3\n4,5,6\n7,8,9\n', {2: ("4", "5", "6"), 3: ("7", "8", "9")}, [1]),
        ('id,v,u\n1,2,3\n4,5,"6', {1: ("1", "2", "3")}, [2]),
        ('id,v,u\n1,2,3\n4,5,"6\n', {1: ("1", "2", "3")}, [2]),
        ('id,v,u\n1,"2,3\n4,5,6\n7,8",9\n', {2: ("4", "5", "6"), 3: ("7", '8"', "9")}, [1]),
        ('id,v,u\n1,"2,3\n7,8",9\n', {2: ("7", '8"', "9")}, [1]),  # never the value of 7 beside the identifier 1
        ('id,v,u\n1,"a\nb\n4,5,6\n', {3: ("4", "5", "6")}, [1, 2]),
        ('id,v,u\n1,"a\nb"c,3\n4,5,6\n', {3: ("4", "5", "6")}, [1, 2]),
        ('id,v,u\n1,"a\nb\n\n\n', {}, [1, 2]),
        # one column: an empty line is no record, an empty field is
        ('id\n1\n\n""\n2\n', {1: ("1",), 2: (None,), 3: ("2",)}, []),
        ("id\n1\n2,3\n \n4\n", {1: ("1",), 3: (" ",), 4: ("4",)}, [2]),
        ("id\n1\n\n2\n\n", {1: ("1",), 2: ("2",)}, []),
    ],
)  # fmt: skip
def test_each_line_is_a_record_or_malformed_or_blank(deliver, text, rows, malformed):
    read = deliver(text)
    assert read.rows == rows
    assert sorted(read.malformed) == malformed
    assert read.columns in (("id", "v", "u"), ("id",))


def test_a_malformed_record_is_kept_as_it_stands_with_the_reason(deliver):
    read = deliver(b'id,v,u\n1,2\n1,2,3\n1,2,3,4\r\n1,"2,3\n1,"2"3,4\n1,\0,3\n1,caf\xe9,3\n')
    assert read.raw == {1: "1,2", 3: "1,2,3,4", 4: '1,"2,3', 5: '1,"2"3,4', 6: "1,\0,3", 7: "1,caf\\xe9,3"}
    assert read.malformed == {
        1: "2 fields where the header has 3",
        3: "4 fields where the header has 3",
        4: "a quote is opened and never closed",
        5: "text follows a closing quote",
        6: "contains a NUL byte",
        7: "not UTF-8, or not text of the declared encoding",
    }


@pytest.mark.parametrize("content", [b"", b"\n\n", b" \n\t\n\x1a"])
def test_an_empty_file_has_no_columns_and_no_records(deliver, content):
    read = deliver(content)
    assert (read.columns, read.count, read.rows) == ((), 0, {})


def test_a_far_quote_does_not_swallow_the_records_between(deliver):
    lines = [f"{i},v{i},u" for i in range(1, 100_001)]
    lines[4] = '5,"v5,u'
    lines[89_999] = '90000,v90000",u'
    read = deliver("id,v,u\n" + "\n".join(lines) + "\n")
    assert list(read.malformed) == [5]
    assert read.rows[90_000] == ("90000", 'v90000"', "u")
    assert all(read.rows[i] == (str(i), f"v{i}", "u") for i in range(6, 90_000))
    assert read.count == 100_000


@pytest.mark.parametrize(("lines", "is_joined"), [(JOINED_LINES, True), (JOINED_LINES + 1, False)])
def test_a_record_spans_a_bounded_number_of_lines(deliver, lines, is_joined):
    read = deliver('id,v,u\n1,"' + "a\n" * (lines - 1) + '",3\n4,5,6\n')
    assert (1 in read.rows) == is_joined
    assert read.rows[read.count] == ("4", "5", "6")
    assert read.count == (2 if is_joined else lines + 1)


@pytest.mark.parametrize(("length", "is_read"), [(LONGEST_LINE_BYTES, True), (LONGEST_LINE_BYTES + 1, False)])
@pytest.mark.parametrize("line", ["1,{},", '1,"{}",', '1,5"{},'])
def test_a_longer_line_is_set_aside_whole(deliver, length, is_read, line):
    line = line.format("x" * (length - len(line.format("\n"))))
    read = deliver(f"id,v,u\n4,5,6\n{line}\n7,8,9\n")
    assert (2 in read.rows) == is_read
    assert is_read or read.raw[2] == line
    assert read.rows[3] == ("7", "8", "9")


def test_a_line_of_quotes_that_stand_for_themselves_is_read_at_any_length(deliver):
    line = "1,5" + '"' * (LONGEST_LINE_BYTES - 10) + ",6"
    assert deliver(f"id,v,u\n{line}\n").rows == {1: tuple(line.split(","))}


def test_a_field_of_ten_megabytes_is_kept_whole(deliver):
    line = "1," + "x" * 10_000_000 + ",3"
    read = deliver(f"id,v,u\n4,5,6\n{line}\n7,8,9\n")
    assert read.raw == {2: line}
    assert list(read.rows) == [1, 3]


def test_records_across_the_blocks_of_a_large_file_keep_their_numbers(deliver):
    note = "line\n" * 20
    records = [[str(i), note if i % 1000 == 0 else "x" * 50, f"{i % 7}"] for i in range(1, 3 * BLOCK_BYTES // 55)]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["id", "v", "u"], *records])
    text = out.getvalue().replace("\n77777,", '\n"77777,')
    read = deliver(text)
    assert list(read.malformed) == [77777]
    assert all(read.rows[i] == tuple(row) for i, row in enumerate(records, start=1) if i != 77777)


def test_threads_do_not_lose_their_place_in_fields_of_several_lines(deliver):
    """Lines that look like records to a reader that begins in their midst; DuckDB's second thread begins after 32 MB."""
    note = ('1,5" tube,3' + "x" * 1000 + "\n") * 190
    records = [(str(i), note, str(i % 7)) for i in range(1, 300)]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["id", "v", "u"], *records])
    assert list(deliver(out.getvalue()).rows.values()) == records


@pytest.mark.parametrize("name", ["labs.csv", "labs.csv.gz", "labs.csv.zst", "labs[1]*.csv", "lab's ?.csv"])
@pytest.mark.parametrize("damage", ["", '4,"5,6\n'])
def test_compressed_and_oddly_named_files_read_the_same(deliver, tmp_path, name, damage):
    (tmp_path / "labs1x.csv").write_text("id,v,u\nwrong,file,\n")
    text = f"id,v,u\n1,2,3\n{damage}7,8,9\n".encode()
    content = {".gz": gzip.compress, ".zst": zstandard.compress}.get(name[name.rfind(".") :], bytes)(text)
    read = deliver(content, name)
    assert list(read.rows.values()) == [("1", "2", "3"), ("7", "8", "9")]
    assert read.count == (3 if damage else 2)


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_members_of_a_compressed_file_follow_each_other(deliver, compress):
    members = [b"id", b",v,u\n1,2,3\n", b"", b"4,5,6\n"]
    assert list(deliver(b"".join(map(compress, members)), "labs.csv.gz").rows) == [1, 2]


@pytest.mark.parametrize(("name", "compress"), [("labs.csv.gz", gzip.compress), ("labs.csv.zst", zstandard.compress)])
@pytest.mark.parametrize("cut", [slice(0, 0), slice(0, 3), slice(0, 20), slice(0, -1), slice(0, -9), slice(9, None)])
def test_a_truncated_file_is_refused_whole(deliver, tmp_path, name, compress, cut):
    content = compress(b"id,v,u\n" + b"SECRET,2,3\n" * 1000)
    assert name in refused(deliver, content[cut], name)
    assert not list(tmp_path.glob("work/*"))


def test_nothing_is_left_of_a_file_that_breaks_off_late(deliver, tmp_path):
    content = gzip.compress(b"id,v,u\n" + b"SECRET,2,3\n" * BLOCK_BYTES)
    refused(deliver, content[:-9], "labs.csv.gz")
    assert not list(tmp_path.glob("work/*"))


def test_a_corrupt_file_is_refused_whole(deliver):
    damaged = bytearray(gzip.compress(random.Random(1).randbytes(5000).hex().encode()))
    damaged[2000] ^= 0xFF
    assert "corrupt" in refused(deliver, bytes(damaged), "labs.csv.gz")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-8-sig", "UTF8"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_declared_encoding_is_read(deliver, encoding, newline):
    text = newline.join(["id,v,u", "1,é,µmol/L", '4,"ü\n",6', "7", ""])
    read = deliver(text.encode(encoding), fmt=FileFormat(encoding))
    assert read.rows == {1: ("1", "é", "µmol/L"), 2: ("4", "ü\n", "6")}
    assert list(read.malformed) == [3]


def test_bytes_outside_the_encoding_set_their_line_aside(deliver):
    assert list(deliver(b"id,v,u\n1,\xe9,3\n4,\xc3\xa9,6\n").malformed) == [1]
    assert list(deliver(b"id,v,u\n1,\x81,3\n4,\xe9,6\n", fmt=FileFormat("cp1252")).malformed) == [1]


@pytest.mark.parametrize("delimiter", [";", "|", "\t", "\x01", " "])
def test_a_declared_delimiter_is_read(deliver, delimiter):
    text = '\u0131d,v,u\n,,\n1,2,3\n4,"a,b",6\n7,8\n'.replace(",", delimiter)
    read = deliver(text, fmt=FileFormat(delimiter=delimiter))
    assert read.rows == {1: (None,) * 3, 2: ("1", "2", "3"), 3: ("4", f"a{delimiter}b", "6")}
    assert list(read.malformed) == [4]


@pytest.mark.parametrize(
    ("fmt", "says"),
    [
        (FileFormat(encoding="latin-7777"), 'No encoding named "latin-7777"'),
        (FileFormat(encoding="hex"), 'No encoding named "hex"'),
        (FileFormat(delimiter="||"), "one ASCII character"),
        (FileFormat(delimiter='"'), "one ASCII character"),
        (FileFormat(delimiter="§"), "one ASCII character"),
        (FileFormat(delimiter=""), "one ASCII character"),
    ],
)
def test_a_format_that_cannot_be_read_is_a_configuration_error(deliver, fmt, says):
    assert says in refused(deliver, "id,v,u\n1,2,3\n", fmt=fmt, error=ConfigurationError)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"id,V,v\nSECRET,1,2\n", "columns of the same name: V, v"),
        (b"id,caf\xe9,v\n", 'encoding = "latin-1"'),
        ("id,v\nSECRET,2\n".encode("utf-16"), 'encoding = "utf-16"'),
        ("id,v\nSECRET,2\n".encode("utf-16-le"), 'encoding = "utf-16"'),
        (b"\x89PNG\r\n\x1a\n\0\0", "Declare the true one"),
        (b"PK\x03\x04\x14\0", "ZIP archive or a spreadsheet"),
        (b'id,"v\n1,2\n', "never closed"),
        (b"SECRET,2026-11-22,120.5\nSECRET,2026-11-22,120\n", "number or date in column 2, 3"),
        (b"x" * (2 << 20), "no header in its first 1 MiB"),
        (b"\n" * (2 << 20), "no header in its first 1 MiB"),
    ],
)
def test_a_header_that_tells_no_columns_is_refused(deliver, content, says):
    assert says in refused(deliver, content)


def test_columns_without_a_name_get_one_and_the_record_number_is_reserved(deliver):
    read = deliver("id,,Source_Row,u\n1,2,3,4\n")
    assert read.columns == ("id", "column_2", "u")
    assert read.rows == {1: ("1", "2", "4")}


def test_names_are_taken_literally(deliver):
    read = deliver('a\'b,"c""d",select,a b\n1,2,3,4\n')
    assert read.columns == ("a'b", 'c"d', "select", "a b")
    assert read.rows == {1: ("1", "2", "3", "4")}


def test_a_line_without_end_is_refused(deliver):
    message = refused(deliver, b"id,v,u\n1,2,3\n" + b"SECRET" * (12 << 20))
    assert "a line of more than 64 MiB" in message


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, con):
    path = tmp_path / "labs.csv"
    path.write_bytes(b"id,v,u\n" + b"1,2,3\n" * BLOCK_BYTES)
    is_growing, is_read = threading.Event(), threading.Event()

    def grow():
        while not is_read.wait(0.001):
            with path.open("ab") as file:
                file.write(b"4,5,6\n")
            is_growing.set()

    writer = threading.Thread(target=grow)
    writer.start()
    is_growing.wait()
    try:
        with pytest.raises(UnreadableFile, match=r"labs.csv changed while it was read"):
            read_records(path, UTF8, work=tmp_path, con=con)
    finally:
        is_read.set()
        writer.join()


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("extra", ["v", "file_row_number", "Source_Row"])
def test_parquet_keeps_its_types_and_its_order(tmp_path, con, extra):
    path = tmp_path / "labs[1].parquet"
    pq.write_table(pa.table({"id": [7, 8, 9], extra: ["a", None, "c"]}), path, row_group_size=2)
    read = Delivery(path, UTF8, con)
    expected = [(7, "a"), (8, None), (9, "c")]
    assert list(read.rows.values()) == [row[: len(read.columns)] for row in expected]
    assert con.sql(f"FROM {read.records.relation}").pl().schema["id"] == pl.Int64
    assert len(read.columns) == (1 if extra == "Source_Row" else 2)


def test_an_empty_parquet_file_has_columns_and_no_records(tmp_path, con):
    read = Delivery(parquet(tmp_path / "labs.parquet", id=pa.array([], pa.int64())), UTF8, con)
    assert (read.columns, read.count) == (("id",), 0)


@pytest.mark.parametrize("values", [[[1]], [{"x": 1}], [b"x"], pa.array([b"x"]).dictionary_encode()])
def test_nested_and_binary_parquet_columns_are_refused(tmp_path, con, values):
    path = parquet(tmp_path / "labs.parquet", id=[1], v=values)
    for act in (lambda: read_records(path, UTF8, work=tmp_path, con=con), lambda: columns_of(path, UTF8)):
        with pytest.raises(UnreadableFile, match="nested or binary columns: v"):
            act()


@pytest.mark.parametrize("cut", [slice(0, 0), slice(0, 100), slice(0, -1), slice(4, None)])
def test_an_incomplete_parquet_file_is_refused(deliver, tmp_path, cut):
    content = parquet(tmp_path / "whole.parquet", id=["SECRET"]).read_bytes()
    assert "Parquet" in refused(deliver, content[cut], "labs.parquet")


def test_parquet_columns_of_one_name_are_refused(deliver, tmp_path):
    content = parquet(tmp_path / "whole.parquet", id=[1], ID=[2]).read_bytes()
    assert "id, ID" in refused(deliver, content, "labs.parquet")


# Text from what structure is made of, and from the corners of Unicode. No text holds as many commas as a record, for
# such a line within a field is taken for a record of its own.
field = st.text(
    st.sampled_from([*'ab 5,"\n\r\t\\#;', "é", "µ", "€", "\ufeff", "\u2028", "\x85", "\U0001f600", "\U0010ffff"]),
    max_size=8,
).filter(lambda text: text.count(",") < 3)


def tables(width):
    return st.lists(st.tuples(st.sampled_from("pqr"), *[field] * (width - 1)), max_size=8)


@reading
@given(
    table=st.integers(min_value=25, max_value=27).flatmap(tables),
    newline=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    has_mark=st.booleans(),
)
def test_what_a_csv_writer_writes_is_read_as_it_was(deliver, table, newline, quoting, has_mark):
    width = len(table[0]) if table else 25
    if newline == "\n" and quoting == csv.QUOTE_MINIMAL:  # Python then leaves a carriage return unquoted
        table = [tuple(text.replace("\r", "") for text in row) for row in table]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=newline, quoting=quoting).writerows([[f"c{i}" for i in range(width)], *table])
    read = deliver(("\ufeff" if has_mark else "") + out.getvalue())
    assert list(read.rows.values()) == [tuple(text or None for text in row) for row in table]
    assert not read.malformed


@reading
@given(
    notes=st.lists(field, min_size=6, max_size=6),
    damage=st.sampled_from(['"', "\n", "\0", ",", "\r", '"\n', "cut", "cut line"]),
    where=st.integers(min_value=0, max_value=10_000),
    again=st.integers(min_value=0, max_value=10_000),
)
def test_damage_stays_where_it_is(deliver, notes, damage, where, again):
    """A quote, a line end or a cut anywhere among the records costs none beyond the few lines a record may span."""
    far = [(f"far{i}", "x", "y", "z") for i in range(JOINED_LINES + 1)]
    near = [("near", *notes[:3]), ("near", *notes[3:])]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(near)
    text = out.getvalue()
    for place in {where % len(text), again % len(text)}:
        rest = text[place + (damage == "cut") :] if damage != "cut line" else text[text.find("\n", place) :]
        text = text[:place] + damage.removeprefix("cut").removeprefix(" line") + rest
    assume(text)
    lines = "".join(",".join(row) + "\n" for row in far)
    read = deliver("a,b,c,d\n" + lines + text + "\n" + lines)
    handed_on = list(read.rows.values())
    assert handed_on[: len(far)] == far
    assert handed_on[-len(far) :] == far
    assert 1 <= read.count - 2 * len(far) <= text.count("\n") + 1 or not text.strip()
