"""The b12.toml that reads the demonstration's extracts."""

from collections.abc import Mapping
from string import Template

from pipelines.demo.coding import LAB_TESTS, LOCAL, LOCAL_CONCEPTS
from pipelines.demo.feeds import PHARMACY_COLUMNS, RIVERSIDE_COLUMNS

MARK = "# Written by `b12 demo`: everything it speaks of is synthetic.\n"
"""First line of the file; a b12.toml without it is somebody's own, and is never overwritten."""

_HEAD = Template("""\
profile = "$profile"
timezone = "Europe/London"
""")

_PLAIN_SOURCE = """
[[source]]
name = "demo"
"""

_FEEDS = Template("""
[[source]]                           # the practices' own system: patients, prescriptions, diagnoses, procedures
name = "practice"
path = "practice"

[[source]]                           # what was handed out; ampoules are counted singly
name = "pharmacy"
path = "pharmacy"

[source.prescriptions]
date_formats = ["%d-%b-%Y"]
columns = { $pharmacy }
constants = { code_system = "DMD_PRODUCT", kind = "dispensed", status = "completed" }

[[source]]                           # mass units, national codes, a file a year, the last months sent twice
name = "northgate"
path = "northgate"

[[source]]                           # SI units, local codes, decimal commas
name = "riverside"
path = "riverside"

[source.labs]
files = "LAB_*.csv"
encoding = "latin-1"
delimiter = ";"
decimal = ","
date_formats = ["%d/%m/%Y %H:%M", "%d/%m/%Y"]
columns = { $riverside }
constants = { code_system = "RIVERSIDE" }
units = { VB12 = "pmol/L" }

[[source]]                           # SI units, Parquet
name = "hillview"
path = "hillview"

[[code]]
table = "labs"
code_system = "RIVERSIDE"
concepts = { $tests }
""")

_OWN_CODES = Template("""
[[code]]                             # the practices' own codes
table = "diagnoses"
code_system = "$system"
concepts = { $concepts }
""")


def configuration_text(*, feeds: bool, profile: str) -> str:
    """The text of the b12.toml, for the shared-out feeds or for one plain source."""
    tests = {test.local: concept for concept, test in LAB_TESTS.items()}
    sources = _PLAIN_SOURCE
    if feeds:
        sources = _FEEDS.substitute(
            pharmacy=_inline(PHARMACY_COLUMNS), riverside=_inline(RIVERSIDE_COLUMNS), tests=_inline(tests)
        )
    own_codes = _OWN_CODES.substitute(system=LOCAL, concepts=_inline(LOCAL_CONCEPTS))
    return MARK + _HEAD.substitute(profile=profile) + sources + own_codes


def _inline(pairs: Mapping[str, str]) -> str:
    return ", ".join(f'{key} = "{value}"' for key, value in pairs.items())
