"""What each table understands by a status."""

import pytest

from pipelines.ingest.status import corrects_or_withdraws, understood


def effect(table, text):
    status = understood(table, text)
    return status and status.effect


@pytest.mark.parametrize(
    ("counts", "provisional", "withdraws"),
    [
        ("F C A U", "P R S I O N", "X D W"),
        (
            "final corrected amended appended",
            "preliminary registered partial",
            "cancelled entered-in-error not-done deleted",
        ),
    ],
)
def test_lab_statuses_are_words_or_letters(counts, provisional, withdraws):
    for words, expected in ((counts, "counts"), (provisional, "provisional"), (withdraws, "withdraws")):
        assert {effect("labs", word) for word in words.split()} == {expected}
        assert {effect("labs", word.swapcase()) for word in words.split()} == {expected}


@pytest.mark.parametrize("text", ["Entered in Error", "entered_in_error", " ENTERED-IN-ERROR ", "enteredinerror"])
def test_case_blanks_hyphens_and_underscores_do_not_matter(text):
    for table in ("labs", "prescriptions", "diagnoses", "procedures"):
        assert effect(table, text) == "withdraws"


def test_a_missing_status_counts():
    assert understood("labs", None).name == "final"
    assert understood("prescriptions", " ").name == "unknown"
    assert {effect(table, None) for table in ("labs", "prescriptions", "diagnoses", "procedures")} == {"counts"}


def test_any_other_status_is_unknown():
    assert understood("labs", "unknown") is None  # a result of unknown status cannot count
    assert understood("labs", "active") is None
    assert understood("prescriptions", "intended") is None
    assert understood("diagnoses", "F") is None
    assert effect("prescriptions", "unknown") == "counts"


@pytest.mark.parametrize(
    ("table", "text", "expected"),
    [
        ("labs", "C", True), ("labs", "amended", True), ("labs", "U", True), ("labs", "X", True), ("labs", "deleted", True),
        ("labs", "F", False), ("labs", "P", False), ("labs", None, False), ("labs", "blurred", False),
        ("prescriptions", "Canceled", True), ("prescriptions", "stopped", False),
        ("diagnoses", "refuted", True), ("diagnoses", "provisional", False),
    ],
)  # fmt: skip
def test_correcting_and_withdrawing_statuses_say_that_an_earlier_version_was_wrong(table, text, expected):
    assert corrects_or_withdraws(table, text) is expected
