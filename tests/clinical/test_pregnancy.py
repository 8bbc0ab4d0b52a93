"""Who is pregnant on a date."""

import pytest

from tests.tables import term_on

AS_OF = "2026-11-22"


def is_pregnant(*records, ends=(), as_of=AS_OF):
    rows = [f"1 | pregnancy | {day}" for day in records] + [f"1 | pregnancy_end | {day}" for day in ends]
    given = {"condition_occurrence": "person_id | concept | condition_start_date\n" + "\n".join(rows)}
    return term_on("pregnant_now", as_of=as_of, given=given).height == 1


@pytest.mark.parametrize(
    ("records", "ends", "expected"),
    [
        (["2026-02-15"], [], True),  # 280 days
        (["2026-02-14"], [], False),
        (["2026-11-22"], [], True),
        (["2026-11-23"], [], False),
        (["2026-09-01"], ["2026-08-31"], True),
        (["2026-09-01"], ["2026-09-01"], False),
        (["2026-09-01"], ["2026-11-22"], False),
        (["2026-09-01"], ["2026-11-23"], True),  # not yet
        (["2026-02-01", "2026-11-01"], [], True),  # first record 294 days ago
        (["2026-01-31", "2026-11-01"], [], False),  # 295: it must have ended
        (["2026-01-31", "2026-11-07"], [], False),  # 280 days apart: the same
        (["2026-01-24", "2026-11-01"], [], True),  # 281 days apart: another pregnancy
        (["2026-01-31", "2026-11-01"], ["2026-03-01"], True),  # the first one ended
        (["2026-01-31", "2026-11-01"], ["2025-06-01", "2026-03-01"], True),  # the latest end before it counts
        (["2026-01-31", "2026-11-01"], ["2026-01-31"], True),  # on the day of its record
        (["2026-01-31", "2026-11-01"], ["2026-01-30"], False),
    ],
)
def test_a_record_says_so_for_280_days_until_an_end_and_294_days_from_the_first(records, ends, expected):
    assert is_pregnant(*records, ends=ends) is expected
