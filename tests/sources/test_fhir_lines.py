"""Lines of FHIR files that are no resources: each is refused alone, where it stands, and every line is accounted for."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources import fhir_text
from pipelines.sources.fhir_resources import RESOURCES, TABLE_OF
from tests.sources.exports import a, drawn_lines, ndjson, read, rows

DEEP = '{"resourceType": "Observation", "x": ' + "[" * 100_000 + "]" * 100_000 + "}"


@pytest.mark.parametrize(
    ("line", "detail"),
    [
        ("{broken", "JSON is malformed: object keys must be strings (byte 1)"),
        ('{"resourceType": "Observation", "id": "1"', "JSON ends in the middle: the line is cut"),
        ("[]", "Expected `object`, got `array`"),
        ("12", "Expected `object`, got `int`"),
        ('{"resourceType": "Observation"} {}', "JSON is malformed: trailing characters (byte 33)"),
        ('{"resourceType": "Observation", "id": "\0"}', "JSON is malformed: invalid character (byte 39)"),
        (a("Patient"), "resourceType: expected Observation, found Patient"),
        ({"id": "1"}, "resourceType: expected Observation, found none"),
        ({"resourceType": "ssn 123-45"}, "resourceType: expected Observation, found another word"),
        (a("Observation", status=5), "Expected `str | null`, got `int` - at `$.status`"),
        (a("Observation", subject="7"), "subject: Expected `object | null`, got `str`"),
        (a("Observation", code=["2132-9"]), "code: Expected `object | null`, got `array`"),
        (a("Observation", valueQuantity={"value": "150"}), "Expected `number` - at `value` of a quantity"),
        (a("Observation", component={"code": {}}), "component: Expected `array | null`, got `object`"),
        (
            a("Observation", referenceRange=[{"low": 5}]),
            "referenceRange: Expected `object | null`, got `int` - at `$[0].low`",
        ),
        (a("Observation", component=[{}] * 1000), "component: expected at most 999"),
        (DEEP, "elements nested too deep"),
    ],
)
def test_a_line_that_is_no_observation_is_refused_with_its_number_and_keeps_no_other_out(tmp_path, line, detail):
    reading = read(tmp_path, "Observation", ndjson(a("Observation", "1"), line, a("Observation", "3")))
    assert reading.malformed("labs").select("source_row", "detail").rows() == [(2, detail)]
    assert rows(reading, "labs", "source_row", "result_id") == [(1, "1"), (3, "3")]


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_line_of_any_type_that_is_broken_is_refused_alone(tmp_path, kind):
    reading = read(tmp_path, kind, ndjson(a(kind, "1"), a(kind, "2", id=["x"]), "{", a(kind, "4")))
    assert reading.malformed(TABLE_OF[kind])["source_row"].to_list() == [2, 3]
    assert rows(reading, TABLE_OF[kind], "source_row") == [(1,), (4,)]


def test_marks_line_ends_and_empty_lines_change_nothing_but_the_numbers(tmp_path):
    plain = ndjson(a("Observation", "1"), a("Observation", "2"))
    for content, places in (
        (plain, [1, 2]),
        (plain[:-1], [1, 2]),
        (b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n"), [1, 2]),
        (b"\n\n" + plain.replace(b"\n", b"\n \t\r\n"), [3, 5]),
        (b"", []),
    ):
        reading = read(tmp_path, "Observation", content)
        assert [place for (place,) in rows(reading, "labs", "source_row")] == places
        assert reading.malformed("labs").is_empty()


def test_text_that_is_not_utf_8_is_refused_where_it_is_read_and_shown_with_escapes(tmp_path):
    said = ndjson(a("Observation", valueQuantity=None, valueString="Größe"))
    reading = read(tmp_path, "Observation", said.replace(b"\\u00f6", "ö".encode("latin-1")))
    [(detail, raw)] = reading.malformed("labs").select("detail", "raw").rows()
    assert detail == "expected UTF-8 text"
    assert "Gr\\xf6" in raw


def test_a_long_text_is_read_and_a_line_beyond_all_bounds_is_refused_without_being_held(tmp_path, monkeypatch):
    beyond = a("Observation", "2", note=[{"text": "x" * (9 << 20)}])  # in three blocks
    content = ndjson(a("Observation", "1"), beyond, a("Observation", "3"))
    assert rows(read(tmp_path, "Observation", content), "labs", "result_id") == [("1",), ("2",), ("3",)]
    monkeypatch.setattr(fhir_text, "LONGEST_BYTES", 3 << 20)
    reading = read(tmp_path, "Observation", content)
    assert rows(reading, "labs", "source_row", "result_id") == [(1, "1"), (3, "3")]
    [(place, raw)] = reading.malformed("").select("source_row", "raw").rows()
    assert place == 2
    assert len(raw) == 1 << 20


@given(st.lists(drawn_lines(), max_size=12))
def test_every_line_is_a_row_or_refused_or_of_another_type(tmp_path_factory, drawn):
    """Places are told once: a component is counted with its line."""
    folder = tmp_path_factory.mktemp("drawn")
    filled = [place for place, line in enumerate(drawn, 1) if line.strip()]
    content = "".join(line + "\n" for line in drawn).encode()
    for kind in ("Observation", None):
        reading = read(folder, kind, content)
        found = [place for table in reading.rows for (place,) in rows(reading, table, "source_row")]
        assert len(found) == len(set(found))
        refused = reading.malformed("", *reading.rows)["source_row"].to_list()
        told = Counter(place % 10_000_000_000 for place in found)
        if kind:
            assert sorted([*told, *refused]) == filled
        else:
            others = [place for place in filled if drawn[place - 1].startswith('{"resourceType": "Encounter"}')]
            assert set(told).isdisjoint(refused)
            assert sorted([*told, *refused, *others]) == filled
