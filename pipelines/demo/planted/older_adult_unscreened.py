"""Planted cases of ``older_adult_unscreened``: old, and not tested for years.

The list is off in both profiles until a site turns it on, so the demonstration shows that nobody is eligible.
``WHEN_ENABLED`` holds what the list says of the same people once it is on.
"""

from pipelines.demo.planted.case import NOT_ELIGIBLE, Expectation, Person, case, number
from pipelines.demo.planted.rows import b12, injection, lab, oral_b12

OLD = Person(age=76)

# One case, one line:
# fmt: off
_PEOPLE = (
    ("open 4", "seventy-six today", (), OLD),
    (NOT_ELIGIBLE, "seventy-six tomorrow", (), Person(age=76, younger_by=1)),
    ("open 4", "ninety", (), Person(age=90)),
    (NOT_ELIGIBLE, "birth date unknown", (b12(400, days=2000),), Person(age=None)),
    ("tested", "B12 1825 days ago", (b12(400, days=1825),), OLD),
    ("open 4", "B12 1826 days ago", (b12(400, days=1826),), OLD),
    ("tested", "active B12", (lab("active_b12", 90, days=100),), OLD),
    ("open 4", "MMA is no B12", (lab("mma_serum", 200, days=100),), OLD),
    ("on_b12_now", "injection 180 days ago", (injection(180),), OLD),
    ("open 4", "injection 181 days ago", (injection(181),), OLD),
    ("on_b12_now", "treated and tested: treatment is the first reason", (oral_b12(100), b12(400, days=50)), OLD),
)
# fmt: on

CASES = number(
    "AGE",
    "older_adult_unscreened",
    [case(NOT_ELIGIBLE, why, *rows, person=person) for _, why, rows, person in _PEOPLE],
)

WHEN_ENABLED = {each.patient_id: Expectation.parse(state) for each, (state, *_) in zip(CASES, _PEOPLE, strict=True)}
"""By patient: what the list says under either profile with ``older_adult_unscreened.enabled`` set."""
