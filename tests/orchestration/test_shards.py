"""Shards that are judged: all of them, or the night ends."""

from datetime import date, datetime

import pytest

from pipelines.errors import B12Error
from pipelines.orchestration.nightly import Nightly
from pipelines.orchestration.order import make_order
from pipelines.orchestration.shards import here
from tests.clinic import Clinic

LABS = """
    patient_id | result_id | test_code | value | unit | collected_at | reported_at
    p1         | r1        | 2132-9    | 100   | ng/L | 2026-10-01   | 2026-10-02
"""
PRESCRIPTIONS = """
    patient_id | prescription_id | drug_name | start_date
    p1         | d1              | metformin | 2026-10-01
"""
AS_OF = date(2026, 11, 20)


@pytest.fixture
def nightly(tmp_path):
    """A night up to its core tables, in a clinic of one patient."""
    clinic = Clinic(tmp_path)
    clinic.put("labs.csv", LABS)
    clinic.put("prescriptions.csv", PRESCRIPTIONS)
    clinic.night()
    order = make_order(tmp_path / "home", clinic.extracts, clinic.settings, as_of=AS_OF)
    night = Nightly(order, "run", lambda: datetime(2026, 11, 20, 2))
    night.begin()
    night.core = clinic.core()
    return night


def test_every_shard_is_judged(nightly):
    nightly.engine = here
    assert nightly.judge().height > 0


def test_a_shard_that_no_engine_tells_of_ends_the_night(nightly):
    """Its people would be on no list, and nobody would know."""
    nightly.engine = lambda order, shards: here(order, shards[1:])
    with pytest.raises(B12Error, match="Of 1 shards of people 0 were judged"):
        nightly.judge()
    assert nightly.outcome == "failed"
