"""The native layout: whose file is it, and does it fit its mapping?"""

import polars as pl
import pytest

from pipelines.config import Settings
from pipelines.errors import ConfigurationError
from pipelines.sources.finding import find_files
from pipelines.sources.native import as_native, check_mappings, unknown_columns

LABS = "patient_id,result_id,test_code,value,collected_at\n"


def found(tmp_path, names, **settings):
    for name in names:
        path = tmp_path / "x" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LABS)
    delivery = find_files(Settings(**settings).source, tmp_path / "x", tmp_path / "incoming")
    return [(file.source.name, file.table, file.name) for file in delivery.files], delivery.ignored


def test_a_file_belongs_to_the_table_whose_name_it_starts_with(tmp_path):
    files, ignored = found(
        tmp_path,
        [
            "labs.csv",
            "labs_2026-11-21.csv.gz",
            "labs/2026-11/part-0.parquet",
            "patients.csv.zst",
            "lab.csv",
            "labs.txt",
            ".labs.csv",
        ],
    )
    assert [name for _, table, name in files if table == "labs"] == [
        "labs.csv",
        "labs/2026-11/part-0.parquet",
        "labs_2026-11-21.csv.gz",
    ]
    assert ("default", "patients", "patients.csv.zst") in files
    assert ignored == ("lab.csv", "labs.txt")


@pytest.mark.parametrize(
    ("link", "target", "files"),
    [
        ("labs", "../far", ["labs/part-0.csv", "prescriptions.csv"]),  # a folder elsewhere
        ("labs", "../far/deep/..", ["labs/part-0.csv", "prescriptions.csv"]),
        ("labs", ".hidden", ["labs/part-9.csv", "prescriptions.csv"]),  # not to be seen under its own name
        ("prescriptions_latest", "dated", ["prescriptions.csv"]),  # under its own name already: once
        ("labs", ".", ["prescriptions.csv"]),  # back to itself
        ("labs", "..", ["prescriptions.csv"]),  # back above it
        ("labs", "../round", ["labs/labs_7.csv", "prescriptions.csv"]),  # back to itself from elsewhere
    ],
)
def test_a_link_to_a_folder_is_followed_and_no_folder_read_twice(tmp_path, link, target, files):
    for name in ("far/part-0.csv", "far/deep/_no.csv", "round/labs_7.csv", "x/.hidden/part-9.csv", "x/dated/other.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(LABS)
    (tmp_path / "round/again").symlink_to(tmp_path / "round")
    (tmp_path / "x" / link).symlink_to(target)
    claimed, ignored = found(tmp_path, ["prescriptions.csv"])
    assert [name for _, _, name in claimed] == files
    assert ignored == ("dated/other.csv",)


def test_two_links_to_one_folder_are_read_under_the_first_of_their_names(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far/part-0.csv").write_text(LABS)
    (tmp_path / "x").mkdir()
    for name in ("labs_b", "labs_a"):
        (tmp_path / "x" / name).symlink_to(tmp_path / "far")
    claimed, _ = found(tmp_path, ["prescriptions.csv"])
    assert [name for _, _, name in claimed] == ["labs_a/part-0.csv", "prescriptions.csv"]


def test_a_pattern_claims_a_file_before_the_name_does(tmp_path):
    sources = [{"name": "pathology", "labs": {"files": "LAB_*.csv"}}]
    files, ignored = found(tmp_path, ["LAB_1.csv", "labs.csv"], source=sources)
    assert files == [("pathology", "labs", "LAB_1.csv")]
    assert ignored == ("labs.csv",)


def test_two_sources_may_not_claim_one_file(tmp_path):
    with pytest.raises(ConfigurationError, match=r"labs.csv is claimed by a \(labs\) and b \(labs\)"):
        found(tmp_path, ["labs.csv"], source=[{"name": "a"}, {"name": "b"}])


def test_a_remote_folder_is_fetched(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "labs.csv").write_text(LABS)
    sources = [{"name": "share", "path": f"file://{tmp_path}/far"}]
    files, _ = found(tmp_path, ["unused.csv"], source=sources)
    assert files == [("share", "labs", "labs.csv")]


def delivered(tmp_path, header, **labs):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "labs.csv").write_text(header)
    settings = Settings(source=[{"name": "lab", "labs": labs}])
    return find_files(settings.source, tmp_path / "x", tmp_path / "incoming").files


@pytest.mark.parametrize(
    ("header", "mapping", "said"),
    [
        (
            "patient_id,result_id,value,collected_at\n",
            {},
            ["labs.csv", "no column test_code", "Columns that exist: patient_id"],
        ),
        (LABS, {"columns": {"patient_id": "MRN"}}, ["columns maps patient_id to 'MRN'", "Columns that exist"]),
        (LABS.replace(",", ";"), {}, ["the delimiter really ','"]),
    ],
)
def test_a_mapping_that_does_not_fit_is_told_before_anything_is_read(tmp_path, header, mapping, said):
    with pytest.raises(ConfigurationError) as caught:
        check_mappings(delivered(tmp_path, header, **mapping))
    for part in said:
        assert part in str(caught.value)


def test_constants_fill_what_a_column_leaves_empty(tmp_path):
    (file,) = delivered(tmp_path, LABS, constants={"code_system": "LOCAL", "unit": "ng/L"})
    check_mappings([file])
    texts = pl.DataFrame({"code_system": ["LOINC", None, " \t"], "unit": ["pmol/L ", "", "\u00a0"]})
    read = texts.select(as_native(file, "code_system"), as_native(file, "unit"))
    assert read.rows() == [("LOINC", "pmol/L"), ("LOCAL", "ng/L"), ("LOCAL", "ng/L")]
    assert unknown_columns(file, ("patient_id", "extra")) == ["extra"]
