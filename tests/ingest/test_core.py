"""Versions of one fact: which of them counts, at an as-of and a knowledge date."""

import pytest

from tests.clinic import Clinic

HEADER = "patient_id | result_id | test_code | value | unit | collected_at | reported_at | status | replaces"


@pytest.fixture
def clinic(tmp_path):
    return Clinic(tmp_path)


def labs(*rows: str) -> str:
    """Rows of B12 results: result_id | value | collected_at | reported_at | status | replaces."""
    lines = []
    for row in rows:
        result, value, collected, reported, status, replaces = (cell.strip() for cell in row.split("|"))
        lines.append(f"p1 | {result} | 2132-9 | {value} | ng/L | {collected} | {reported} | {status} | {replaces}")
    return "\n".join([HEADER, *lines])


def standing(clinic, **dates):
    return clinic.table("measurement", "measurement_id", "value_reported", "status", **dates)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # the latest report counts, whatever the order of the rows
        (
            ["r1 | 150 | 2026-01-01 | 2026-01-02 | F |", "r1 | 160 | 2026-01-01 | 2026-01-05 | C |"],
            [("r1", "160", "corrected")],
        ),
        (
            ["r1 | 160 | 2026-01-01 | 2026-01-05 | C |", "r1 | 150 | 2026-01-01 | 2026-01-02 | F |"],
            [("r1", "160", "corrected")],
        ),
        # on a tie the later row
        (
            ["r1 | 150 | 2026-01-01 | 2026-01-02 | F |", "r1 | 160 | 2026-01-01 | 2026-01-02 | F |"],
            [("r1", "160", "final")],
        ),
        # a preliminary version never supersedes one that counts
        (
            ["r1 | 150 | 2026-01-01 | 2026-01-02 | F |", "r1 | 160 | 2026-01-01 | 2026-01-05 | P |"],
            [("r1", "150", "final")],
        ),
        (
            ["r1 | 150 | 2026-01-01 | 2026-01-02 | P |", "r1 | 160 | 2026-01-01 | 2026-01-05 | F |"],
            [("r1", "160", "final")],
        ),
        # withdrawn, and nothing stands; a later report makes it stand again
        (["r1 | 150 | 2026-01-01 | 2026-01-02 | F |", "r1 | | 2026-01-01 | 2026-01-05 | X |"], []),
        (
            [
                "r1 | 150 | 2026-01-01 | 2026-01-02 | F |",
                "r1 | | | 2026-01-05 | X |",
                "r1 | 155 | 2026-01-01 | 2026-01-06 | F |",
            ],
            [("r1", "155", "final")],
        ),
        # a withdrawal without a date wins over everything read up to then
        (["r1 | 150 | 2026-01-01 | 2026-01-02 | F |", "r1 | | | | X |"], []),
        # so does one that has only the date of the event
        (["r1 | 150 | 2026-01-01 | 2026-01-02 | F |", "r1 | | 2026-01-01 | | X |"], []),
        # a newer version that cannot be read withdraws the one it corrects; an older one does not
        (["r1 | 150 | 2026-01-01 | 2026-01-02 | F |", "r1 | haemolysed | 2026-01-01 | 2026-01-05 | C |"], []),
        (
            ["r1 | haemolysed | 2026-01-01 | 2026-01-02 | F |", "r1 | 150 | 2026-01-01 | 2026-01-05 | C |"],
            [("r1", "150", "corrected")],
        ),
        # replaces: B replaced A, C replaces B, and A stays withdrawn
        (
            [
                "A | 150 | 2026-01-01 | 2026-01-02 | F |",
                "B | 160 | 2026-01-01 | 2026-01-03 | C | A",
                "C | 170 | 2026-01-01 | 2026-01-04 | C | B",
            ],
            [("C", "170", "corrected")],
        ),
        # a replacement that is itself withdrawn replaces nothing
        (
            [
                "A | 150 | 2026-01-01 | 2026-01-02 | F |",
                "B | 160 | 2026-01-01 | 2026-01-03 | C | A",
                "B | | | 2026-01-04 | X |",
            ],
            [("A", "150", "final")],
        ),
        # two that name each other: the later stands
        (
            ["A | 150 | 2026-01-01 | 2026-01-02 | F | B", "B | 160 | 2026-01-01 | 2026-01-03 | F | A"],
            [("B", "160", "final")],
        ),
        # a preliminary row replaces nothing
        (
            ["A | 150 | 2026-01-01 | 2026-01-02 | F |", "B | 160 | 2026-01-01 | 2026-01-03 | P | A"],
            [("A", "150", "final"), ("B", "160", "preliminary")],
        ),
        # two ids of one result are both kept
        (
            ["r1 | 150 | 2026-01-01 | 2026-01-02 | F |", "r2 | 150 | 2026-01-01 | 2026-01-02 | F |"],
            [("r1", "150", "final"), ("r2", "150", "final")],
        ),
    ],
)
def test_the_version_that_counts(clinic, rows, expected):
    clinic.put("labs.csv", labs(*rows))
    clinic.night()
    assert standing(clinic) == expected


def test_on_a_tie_the_file_read_later_wins(clinic):
    clinic.put("labs_1.csv", labs("r1 | 160 | 2026-01-01 | 2026-01-02 | F |"))
    clinic.night("2026-11-01")
    clinic.put("labs_0.csv", labs("r1 | 150 | 2026-01-01 | 2026-01-02 | F |"))
    clinic.night("2026-11-02")
    assert standing(clinic) == [("r1", "150", "final")]


def test_a_past_run_knows_only_what_was_known(clinic):
    clinic.put(
        "labs.csv",
        labs("r1 | 150 | 2026-01-01 | 2026-01-02 | F |", "r1 | 400 | 2026-01-01 | 2026-02-10 | C |"),
    )
    clinic.night()
    assert standing(clinic, as_of="2026-01-01") == []  # collected, not yet reported
    assert standing(clinic, as_of="2026-01-02") == [("r1", "150", "final")]
    assert standing(clinic, as_of="2026-02-09") == [("r1", "150", "final")]  # the last day before the correction
    assert standing(clinic, as_of="2026-02-10") == [("r1", "400", "corrected")]
    assert standing(clinic, as_of="2026-01-02", known_at="2026-02-10") == [("r1", "400", "corrected")]


def test_an_undated_withdrawal_is_known_from_the_first_reading(clinic):
    clinic.put("labs_1.csv", labs("r1 | 150 | 2026-01-01 | 2026-01-02 | F |"))
    clinic.put("labs_2.csv", labs("r1 | | | | X |"))
    clinic.night("2026-11-10")
    assert standing(clinic, as_of="2026-11-09") == [("r1", "150", "final")]
    assert standing(clinic, as_of="2026-11-10") == []
    # the withdrawn result comes again in a full delivery, with another file name and another row: still withdrawn
    clinic.put(
        "labs_3.csv", labs("r1 | 150 | 2026-01-01 | 2026-01-02 | F |", "r9 | 90 | 2026-01-01 | 2026-01-02 | F |")
    )
    clinic.night("2026-11-11")
    assert standing(clinic) == [("r9", "90", "final")]


@pytest.mark.parametrize(
    ("nights", "expected"),
    [
        # refused for one night, and read again from the next file
        (["r1 | 150 | 2026-01-01 | | F |", "r1 | spoilt | 2026-01-01 | | F |"], []),
        (
            ["r1 | 150 | 2026-01-01 | | F |", "r1 | spoilt | 2026-01-01 | | F |", "r1 | 155 | 2026-01-01 | | F |"],
            [("r1", "155", "final")],
        ),
        # the first version refused
        (["r1 | spoilt | 2026-01-01 | | F |", "r1 | 150 | 2026-01-01 | | F |"], [("r1", "150", "final")]),
        # it withdraws a version that was reported later than the event, as long as that is not delivered again
        (["r1 | 150 | 2026-01-01 | 2026-01-02 | F |", "r1 | spoilt | 2026-01-01 | | F |"], []),
        (
            [
                "r1 | 150 | 2026-01-01 | 2026-01-02 | F |",
                "r1 | spoilt | 2026-01-01 | | F |",
                "r1 | 155 | 2026-01-01 | 2026-01-02 | F |",
            ],
            [("r1", "155", "final")],
        ),
        # a status withdraws for good
        (["r1 | 150 | 2026-01-01 | | F |", "r1 | | 2026-01-01 | | X |", "r1 | 155 | 2026-01-01 | | F |"], []),
        # what a refused result replaces comes again with every full delivery, and stays replaced
        (
            ["A | 150 | 2026-01-01 | | F |", "B | spoilt | 2026-01-01 | | C | A", "A | 150.0 | 2026-01-01 | | F |"],
            [],
        ),
    ],
)
def test_a_refused_version_without_a_reported_time_yields_to_what_is_read_later(clinic, nights, expected):
    for number, row in enumerate(nights, start=1):
        clinic.put(f"labs_{number}.csv", labs(row))
        clinic.night(f"2026-11-0{number}")
    assert standing(clinic) == expected


def test_a_corrected_result_may_move_to_another_patient(clinic):
    clinic.put(
        "labs.csv",
        labs("r1 | 150 | 2026-01-01 | 2026-01-02 | F |")
        + "\np2 | r1 | 2132-9 | 150 | ng/L | 2026-01-01 | 2026-01-05 | C |",
    )
    clinic.night()
    assert clinic.table("measurement", "person_id", "measurement_id") == [("p2", "r1")]


def test_a_correction_to_a_code_off_the_pathway_withdraws(clinic):
    row = "p1 | r1 | 2823-3 | 4.1 | mmol/L | 2026-01-01 | 2026-01-05 | {} |"
    clinic.put("labs_1.csv", labs("r1 | 150 | 2026-01-01 | 2026-01-02 | F |") + "\n" + row.format("F"))
    clinic.night()
    assert standing(clinic) == [("r1", "150", "final")]  # a plain final row off the pathway says nothing of r1
    clinic.put("labs_2.csv", HEADER + "\n" + row.format("C"))
    clinic.night()
    assert standing(clinic) == []


def test_a_full_redelivery_changes_nothing(clinic):
    rows = [
        "r1 | 150 | 2026-01-01 | 2026-01-02 | F |",
        "r1 | 160 | 2026-01-01 | 2026-01-05 | C |",
        "r2 | 90 | 2026-02-01 | 2026-02-02 | F |",
    ]
    clinic.put("labs_1.csv", labs(*rows))
    clinic.night()
    before = standing(clinic)
    clinic.put("labs_2.csv", labs(*rows, "r3 | 91 | 2026-03-01 | 2026-03-02 | F |"))
    clinic.night()
    assert standing(clinic) == sorted([*before, ("r3", "91", "final")])


def test_the_latest_patients_row_counts_and_others_are_known_by_their_rows(clinic):
    clinic.put(
        "patients.csv",
        """
        patient_id | birth_date | sex | site | recorded_at
        p1         | 1950-01-01 | F   | old  | 2026-01-01
        p1         | 1950-01-01 | F   | new  | 2026-06-01
        """,
    )
    clinic.put(
        "labs.csv",
        labs("r1 | 150 | 2026-01-01 | 2026-01-02 | F |") + "\np2 | r2 | 2132-9 | 150 | ng/L | 2026-01-01 | | F |",
    )
    clinic.night()
    columns = ("person_id", "site", "in_patients")
    assert clinic.table("person", *columns) == [("p1", "new", True), ("p2", None, False)]
    assert clinic.table("person", *columns, as_of="2026-05-31") == [("p1", "old", True), ("p2", None, False)]


def test_a_provisional_diagnosis_withdraws_an_older_one(clinic):
    clinic.put(
        "diagnoses.csv",
        """
        patient_id | diagnosis_id | diagnosis_code | code_system | recorded_date | recorded_at | status
        p1         | d1           | D51.0          | ICD10CM     | 2026-01-01    | 2026-01-01  | confirmed
        p1         | d1           | D51.0          | ICD10CM     | 2026-01-01    | 2026-02-01  | provisional
        p2         | d2           | D51.0          | ICD10CM     | 2026-01-01    | 2026-01-01  |
        """,
    )
    clinic.night()
    assert clinic.table("condition_occurrence", "person_id", "is_counted") == [("p1", False), ("p2", True)]


def test_without_an_id_patient_code_and_date_are_the_id(clinic):
    clinic.put(
        "diagnoses.csv",
        """
        patient_id | diagnosis_code | code_system | recorded_date | recorded_at | status
        p1         | D51.0          | ICD10CM     | 2026-01-01    | 2026-01-01  |
        p1         | D51.0          | ICD10CM     | 2026-01-01    | 2026-02-01  | refuted   # the same fact, withdrawn
        p1         | D51.0          | ICD10CM     | 2026-03-01    | 2026-03-01  |           # another day, another fact
        """,
    )
    clinic.night()
    assert [str(day) for (day,) in clinic.table("condition_occurrence", "condition_start_date")] == ["2026-03-01"]
