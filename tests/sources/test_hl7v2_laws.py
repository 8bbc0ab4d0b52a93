"""Laws that hold for whatever stands in a file of HL7 v2 messages."""

from collections import Counter

import hl7
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.duck import working_connection
from pipelines.errors import UnreadableFile
from pipelines.sources.hl7_messages import messages_of
from pipelines.sources.hl7_reading import Manner, Readings
from pipelines.sources.hl7_syntax import Syntax
from tests.sources.hl7_hospital import INJECTION, METFORMIN, message, msh, obr, obx

SEGMENTS = (
    "PID|||7", "PID|||8^^^H^MR||Doe||1950|F", "PID", "PD1||||x", "PV1||O|^^^S", "ORC|NW||R1", "ORC", obr(), "OBR", obx(),
    obx("", status="D"), obx("x~y", kind="SN", at="2026"), "OBX|1|NM", "OBX", "NTE|1||5", f"RXE||{METFORMIN}", "RXE|1",
    f"RXA||1|2026|20260101|{INJECTION}", "RXD", "RXO|x", "TQ1|1||||||20260101", "RXR|IM", "BTS|1", "BHS|^~\\&", "FTS|1",
    "ZZZ|custom", "no segment at all", "", "OBX^1^NM", "PID\0|||7", "\udce9", "NTE|\udce9", "PID|||7\udce9",
)  # fmt: skip
HEADERS = (
    msh(), msh("ADT^A08"), msh("RDE^O11"), msh("RAS^O17"), msh("RDS^O13"), msh("ACK"), msh("", control=""),
    msh(character_set="8859/1"), msh(character_set="?"), msh(control="\udce9"), "MSH|", "MSH|^^^^|", "MSH", "MSH|^~\\&", "FHS|^~\\&", "BHS|^~\\&",
)  # fmt: skip
ENDS = ("\r", "\n", "\r\n", "\x1c\r", "\v", "", "|", "\\")

RECORDS = {"ORU": ("labs", "OBX"), "RDE": ("prescriptions", "RXE"), "RAS": ("prescriptions", "RXA")}

lines = st.lists(st.tuples(st.sampled_from((*SEGMENTS, *HEADERS, *HEADERS)), st.sampled_from(ENDS)), max_size=30)
texts = st.one_of(lines.map(lambda parts: "".join(map("".join, parts))), st.text(max_size=60))
messages = st.lists(
    st.tuples(
        st.sampled_from(("ORU^R01", "RDE^O11", "RAS^O17", "ADT^A08", "ACK")),
        st.lists(st.sampled_from([one for one in SEGMENTS if one[3:4] == "|"]), max_size=8),
    ),
    min_size=1,
    max_size=6,
)


def readings(folder, data):
    """For each table what one file gives: its records, and the numbers of their rows."""
    path = folder / "drawn.hl7"
    path.write_bytes(data)
    whole = Readings(Manner("utf-8", None, persons=True))
    with working_connection() as con:
        for table in ("labs", "prescriptions", "patients"):
            records = whole.records(path, table, folder / "work", None)
            rows = con.execute(f"SELECT source_row FROM {records.relation}").fetchall()
            yield table, records, [row for (row,) in rows] + records.malformed["source_row"].to_list()


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(text="MSH\x1c\r")
@given(text=texts)
def test_whatever_a_file_holds_is_handed_on_or_refused_once_under_its_own_number(tmp_path, text):
    try:
        found = list(readings(tmp_path, text.encode("utf-8", "surrogatepass")))
    except UnreadableFile:
        found = []
    for _, records, rows in found:
        assert records.count == len(rows) == len(set(rows))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=messages)
def test_each_record_of_drawn_messages_is_counted_once(tmp_path, sent):
    data = "".join(message(*segments, kind=kind) for kind, segments in sent).encode("utf-8", "surrogatepass")
    expected = Counter(table for kind, segments in sent for table in _records(kind, segments))
    for table, records, rows in readings(tmp_path, data):
        if table == "patients":  # a PID that says nothing of the person is no record
            assert len(rows) <= sum(one.startswith("PID") for _, segments in sent for one in segments)
        else:
            framed = sum(one.startswith(("BTS", "BHS")) for _, segments in sent for one in segments)
            assert 0 <= records.count - expected[table] <= (framed if table == "labs" else 0)


def _records(kind, segments):
    """The tables of the records of one message."""
    if kind == "ACK":
        yield "labs"
    table, name = RECORDS.get(kind[:3], (None, None))
    yield from [table] * sum(one.startswith(f"{name}|") for one in segments)


plain = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=8)
raw_fields = st.lists(
    plain.map(lambda text: text.replace("|", "").replace("\\", "").replace('"', "")), min_size=1, max_size=12
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(segments=st.lists(raw_fields, min_size=1, max_size=5))
def test_fields_and_components_stand_where_the_library_finds_them(tmp_path, segments):
    """Held against python-hl7 where it holds up: no escapes, which it takes apart otherwise."""
    text = message(*("|".join(["ZZZ", *fields, "end"]) for fields in segments))
    path = tmp_path / "drawn.hl7"
    path.write_text(text, encoding="utf-8", newline="")
    [read] = messages_of(path, "utf-8")
    syntax = Syntax("|^~\\&", "utf-8")
    theirs = hl7.parse(text)
    assert len(read.segments) == len(theirs)
    for ours, parsed in zip(read.segments[1:], list(theirs)[1:], strict=True):
        fields = ours.split("|")
        assert fields[1:] == [str(field) for field in parsed[1:]]
        for raw, field in zip(fields[1:], parsed[1:], strict=True):
            assert (syntax.part(raw) or "") == _first_part(field).strip()


def _first_part(found):
    """The first subcomponent of the first component of the first repetition, as the library has them."""
    while not isinstance(found, str):
        found = found[0]
    return found
