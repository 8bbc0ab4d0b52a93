"""The reading of each extract table, by its name."""

import hashlib
from pathlib import Path

from pipelines.ingest.diagnoses import read_diagnoses
from pipelines.ingest.labs import read_labs
from pipelines.ingest.outcome import Transform
from pipelines.ingest.patients import read_patients
from pipelines.ingest.prescriptions import read_prescriptions
from pipelines.ingest.procedures import read_procedures

TRANSFORMS: dict[str, Transform] = {
    "patients": read_patients,
    "labs": read_labs,
    "prescriptions": read_prescriptions,
    "diagnoses": read_diagnoses,
    "procedures": read_procedures,
}
"""Each takes rows of text and settings, all but patients also the mapping of codes to concepts."""


def reference_digest() -> str:
    """A digest of the tables of units and limits, which decide how a result is read."""
    folder = Path(__file__).parents[1] / "codelists"
    content = b"".join((folder / name).read_bytes() for name in ("units.csv", "limits.csv"))
    return hashlib.sha256(content).hexdigest()[:16]
