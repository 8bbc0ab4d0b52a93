"""The same people in the native layout and in another are on the same lists, as far as the other can tell of them."""

import pytest

from tests.sources.mimic_writer import as_far_as_mimic_says, mimic_tables
from tests.sources.population import judged, write_csv_tables
from tests.sources.synthea_writer import as_far_as_synthea_says, synthea_tables

LAYOUTS = {
    "mimic": (as_far_as_mimic_says, mimic_tables, {"shifts_dates": False}),
    "synthea": (as_far_as_synthea_says, synthea_tables, {"closes_rows": False}),
}


@pytest.mark.parametrize("kind", LAYOUTS)
def test_a_population_in_another_layout_gives_the_same_lists(tmp_path, kind):
    said, written, settings = LAYOUTS[kind]
    told = said()
    write_csv_tables(told, tmp_path / "native")
    write_csv_tables(written(told), tmp_path / kind)
    native, _ = judged(tmp_path / "native")
    found, store = judged(tmp_path / kind, kind=kind, **settings)
    assert native.height > 500
    assert found.rows() == native.rows()
    assert all(entry.conserved for entry in store.entries())
