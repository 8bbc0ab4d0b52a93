"""b12.toml: either settings that a run can begin with, or an error that names the key; never a password in a message."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from pipelines.config import load_settings
from pipelines.errors import ConfigurationError
from pipelines.ingest.dates import read_times
from pipelines.orchestration.order import configured_codebook
from pipelines.profile import load_profile
from tests.fuzz.material import SECRET, hold

WORDS = (
    "[[source]]\n", "[source.labs]\n", "[[code]]\n", "[overrides]\n", "[alert]\n", "[decisions]\n", "[review]\n", "[review.proxy]\n",
    "[[review.grant]]\n", 'name = "a"\n', 'kind = "omop"\n', 'kind = "native"\n', "date_formats = [", '"%d/%m/%Y"', "]\n", 'table = "labs"\n',
    'concepts = { X = "serum_b12" }\n', 'names = { "^x" = "mcv" }\n', 'url = "postgresql://u:SECRET@h/d"\n', 'timezone = "Europe/London"\n',
    'timezone = "../../etc"\n', "max_change = { low_b12_untreated = 0.5 }\n", 'memory_limit = "2GB"\n', "keep_publications = -1\n",
    'encoding = "hex"\n', 'delimiter = "\\t"\n', 'columns = { value = "RESULT" }\n', 'addresses = ["10.0.0.0/8"]\n', "nan", "inf",
    '"b12_total.mass_low_ng_l" = 150\n', 'role = "lead"\n', 'user = "x"\n', "true", "1979-05-27", "0x10", 'profile = "us"\n',
)  # fmt: skip
SEEDS = (
    b'profile = "us"\ntimezone = "Europe/London"\n[[source]]\nname = "lab"\n[source.labs]\ndate_formats = ["%d/%m/%Y"]\n',
    b'[[code]]\ntable = "labs"\ncode_system = "L"\nconcepts = { X1 = "serum_b12" }\nnames = { "^b12" = "serum_b12" }\n',
    b'[overrides]\n"b12_total.mass_low_ng_l" = 150\n[decisions]\nurl = "mysql://u:SECRET@h/d"\n',
    b'[review.proxy]\naddresses = ["10.0.0.5"]\nsecret_file = "s"\n[[review.grant]]\nuser = "a"\nrole = "lead"\n',
    b'[[source]]\nname = "a"\n[source.labs]\ndate_formats = ["%Q"]\n',
    b'[[source]]\nname = "a"\n[source.labs]\nencoding = "hex"\n',
)


@cache
def place() -> Path:
    return Path(mkdtemp(prefix="b12-fuzz-")) / "b12.toml"


def check(data: bytes) -> None:
    path = place()
    path.write_bytes(data)
    try:
        settings = load_settings(path)
        configured_codebook(path.parent / "home", settings)
        load_profile(settings.profile, settings.overrides)
    except ConfigurationError as error:
        hold(str(error), f":{SECRET}@")
        return
    for source in settings.source:
        for table in ("labs", "patients"):
            _read_a_date(source.table(table).date_formats, settings.timezone)


def _read_a_date(formats: tuple[str, ...], timezone: str) -> None:
    import polars as pl

    if formats:
        read_times(pl.Series(["20/11/2026", "x", None]), timezone=timezone, formats=formats)
