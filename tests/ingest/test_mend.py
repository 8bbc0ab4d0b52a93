"""What a line is on its own, and what becomes of a run of lines that are no records on their own."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.ingest.csv_scan import CsvScan
from pipelines.ingest.mend import JOINED_BYTES, UNTERMINATED, flaw_of, mend, split_record
from pipelines.ingest.physical import DeliveredText, ReadableCopy
from pipelines.ingest.structure import Dialect, physical_lines, uniform_records

THREE = Dialect(b",", 3, b"\n")

# Bytes that make and break structure, from quotes to half a character.
marks = st.sampled_from(
    [b"a", b" ", b",", b",", b'"', b'""', b"\r", b"\0", b"\xc3\xa9", b"\xc3", b"1,2,3", b'1,"2",3', b'"a,b"']
)
line = st.lists(marks, max_size=6).map(b"".join)
text = st.lists(st.tuples(line, st.sampled_from([b"\n", b"\n", b"\r\n"])).map(b"".join), min_size=1, max_size=12).map(
    b"".join
)


def is_whole(line, dialect):
    content = line.removesuffix(b"\n").removesuffix(b"\r")
    split = split_record(content, dialect.delimiter)
    is_plain = b"\r" not in content and flaw_of(line) is None
    return bool(content) and is_plain and split.is_exact and len(split.fields) == dialect.fields


@pytest.mark.parametrize(
    ("record", "fields", "is_exact"),
    [
        (b"", [b""], True),
        (b",", [b"", b""], True),
        (b'"",""', [b"", b""], True),
        (b'"a,b","c""d"', [b"a,b", b'c"d'], True),
        (b'""""', [b'"'], True),
        (b' a , b ', [b" a ", b" b "], True),
        (b' "a,b" ,c', [b"a,b", b"c"], False),
        (b'5" tube,a""b', [b'5" tube', b'a""b'], False),
        (b"a\rb", [b"a\rb"], False),
    ],
)  # fmt: skip
def test_a_record_is_split_into_its_fields(record, fields, is_exact):
    assert split_record(record, b",") == (fields, is_exact, None)


def test_spaces_that_delimit_are_not_dropped():
    assert split_record(b'7  "8" 5"', b" ").fields == [b"7", b"", b"8", b'5"']


@pytest.mark.parametrize("record", [b'"', b'"a', b'a,"b""', b'"a,b', b'"""'])
def test_an_open_quote_is_told(record):
    assert split_record(record, b",").flaw == UNTERMINATED


@pytest.mark.parametrize("record", [b'"a"b', b'"a" b,c', b'"5" tube",c'])
def test_text_after_a_closing_quote_is_told(record):
    assert split_record(record, b",").flaw == "text follows a closing quote"


@given(text=text, fields=st.integers(1, 3), newline=st.sampled_from([b"\n", b"\r\n"]))
def test_the_lines_of_a_block_are_judged_as_each_alone(text, fields, newline):
    dialect = Dialect(b",", fields, newline)
    lines = [part + b"\n" for part in text.split(b"\n")[:-1]]
    expected = [is_whole(line, dialect) for line in lines]
    found = physical_lines(text, dialect)
    assert found.is_whole.tolist() == expected
    assert [text[start:end] for start, end in zip([0, *found.ends], found.ends, strict=False)] == lines
    others = [line.endswith(b"\r\n") != (newline == b"\r\n") for line in lines]
    assert found.is_mixed == any(whole and other for whole, other in zip(expected, others, strict=True))
    count = uniform_records(text, dialect)
    assert count is None or (count == len(lines) and all(expected) and not found.is_mixed)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("line", [b"1,22,3", b'"1",2,"3"', b'"1","2","3"', "é,2,3".encode(), b",,"])
@pytest.mark.parametrize("lines", [1, 2, 5])
def test_uniform_lines_are_counted_at_once(newline, line, lines):
    assert uniform_records((line + newline) * lines, Dialect(b",", 3, newline)) == lines


@pytest.mark.parametrize("odd", [b'"1",2,3', b"1,2", b"1,2,3,4", b"1,2\r,3", b"1,2\0,3", b"1,\xe9,3", b"", b" "])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_odd_line_is_looked_at(odd, place):
    lines = [b"1,2,3\n"] * 2
    lines.insert(place, odd + b"\n")
    assert uniform_records(b"".join(lines), THREE) is None


@pytest.mark.parametrize("line", [b'1,5"x3",2', b'"1"x,2,3', b'1,x"2",3', b'",2,"', b'"1"2"3",2,3'])
def test_uniform_quotes_that_do_not_stand_at_the_ends_of_fields_are_looked_at(line):
    assert uniform_records((line + b"\n") * 3, THREE) is None


def test_uniform_carriage_returns_that_end_no_line_are_looked_at():
    assert uniform_records(b"1,2,3\rx\n" * 3, Dialect(b",", 3, b"\r\n")) is None


@given(run=st.lists(line.map(lambda content: content + b"\n"), max_size=12), more=st.booleans())
def test_every_line_of_a_run_becomes_part_of_one_piece(run, more):
    run = [line for line in run if not is_whole(line, THREE)]
    pieces = list(mend(run, THREE, more=more))
    taken = b"".join(piece.text for piece in pieces)
    assert taken == b"".join(run[: sum(piece.lines for piece in pieces)])
    if not more:
        assert taken == b"".join(run)
    for piece in pieces:
        assert piece.lines == 1 or piece.detail is None
        seen = piece.text if piece.instead is None else piece.instead
        assert piece.is_record == (len(split_record(seen.rstrip(b"\n"), b",").fields) == 3)


@pytest.mark.parametrize(("size", "is_joined"), [(JOINED_BYTES, True), (JOINED_BYTES + 1, False)])
def test_a_joined_record_is_bounded_in_bytes(size, is_joined):
    first, last = b'1,"a\n', b'",3\n'
    inner = b"x" * (size - len(first) - len(last) - 1) + b"\n"
    pieces = list(mend([first, inner, last], THREE, more=False))
    assert pieces[0].lines == (3 if is_joined else 1)


@pytest.mark.parametrize("inner", [b"\0\n", b"\xe9\n"])
def test_a_joined_record_is_text_throughout(inner):
    assert [piece.detail is None for piece in mend([b'1,"a\n', inner, b'",3\n'], THREE, more=False)] == [False] * 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=text, cuts=st.sets(st.integers(0, 80)))
def test_where_blocks_end_makes_no_difference(tmp_path, text, cuts):
    path = tmp_path / "labs.csv"
    path.write_bytes(text)

    def scan(blocks):
        with ReadableCopy(DeliveredText(path, "utf-8"), tmp_path / "work") as copy:
            scan = CsvScan(path, THREE, copy)
            scan.run(iter(blocks))
        return scan.count, scan.malformed, scan.is_mixed, scan.is_multiline, copy.path.read_bytes()

    places = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    assert scan([text[a:b] for a, b in pairwise(places)]) == scan([text])
