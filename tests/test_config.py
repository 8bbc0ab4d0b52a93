"""The configuration: what is wrong is named, with its line and the nearest known name."""

import pytest

from pipelines.config import Settings, load_settings
from pipelines.errors import ConfigurationError


def refused(tmp_path, text: str) -> str:
    path = tmp_path / "b12.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_settings(path)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_without_a_file_one_native_source_reads_the_extracts_folder(tmp_path):
    settings = load_settings(tmp_path / "none.toml")
    assert settings == Settings()
    assert [(source.name, source.path) for source in settings.source] == [("default", ".")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('profil = "us"', ["line 1", "'profil'", "nearest is 'profile'"]),
        ('timezone = "Europe/Londn"', ["line 1", "timezone", "Europe/Londn", "IANA"]),
        ('memory_limit = "lots"', ["line 1", "memory_limit"]),
        ('[[source]]\nname = "a"\n\n[[source]]\nname = "b"\nmax_age_day = 3', ["line 6", "nearest is 'max_age_days'"]),
        ('[[source]]\nname = "a"\n[source.labs]\ncolums = { patient_id = "MRN" }', ["line 4", "nearest is 'columns'"]),
        (
            '[[source]]\nname = "a"\n[source.labs]\ncolumns = { patientid = "MRN" }',
            ["'patientid'", "nearest is 'patient_id'"],
        ),
        ('[[source]]\nname = "a"\n[source.labs]\nencoding = "latin-9000"', ["line 4", "latin-9000"]),
        ('[[source]]\nname = "a"\n[[source]]\nname = "a"', ["two sources are named 'a'"]),
        ('[[source]]\nname = "a"\nkind = "omob"', ["kind", "native"]),
        ('[[code]]\ntable = "lab"', ["table", "labs"]),
        ("[decisions]\nurls = 1", ["line 2", "nearest is 'url'"]),
        ("profile = ", ["not valid TOML"]),
    ],
)
def test_a_wrong_key_is_named(tmp_path, text, said):
    message = refused(tmp_path, text)
    for part in said:
        assert part in message
    assert "nothing was read" in message or "TOML" in message


@pytest.mark.parametrize("url", ["mysql://nurse:s3cret@host/db", "s3cret", "sqlite://"])
def test_the_url_of_the_decisions_is_checked_and_never_repeated(tmp_path, url):
    message = refused(tmp_path, f'[decisions]\nurl = "{url}"')
    assert "line 2: decisions.url: no URL of a decision log; use sqlite:///<file>" in message
    assert "s3cret" not in message


def test_the_url_of_the_decisions_does_not_show_in_what_is_printed(tmp_path):
    path = tmp_path / "b12.toml"
    path.write_text('[decisions]\nurl = "postgresql://nurse:s3cret@host/db"')
    settings = load_settings(path)
    assert settings.decisions.url.get_secret_value() == "postgresql://nurse:s3cret@host/db"
    assert "s3cret" not in repr(settings) + str(settings.model_dump())
