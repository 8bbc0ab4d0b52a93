"""Layouts that are known by name: each is recognized in a folder by a small function, and read by its adapter.

To teach another one, write a function from the files below a folder to those of them that belong to the layout, and
add it to ``KINDS`` under the name of its adapter in ``pipelines.sources.finding.ADAPTERS``. A kind that no adapter
reads yet is passed over, and its files are looked at as any others.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from pipelines.config import SOURCE_KINDS
from pipelines.onboarding.layout import Layout
from pipelines.onboarding.samples import Sample


@dataclass(frozen=True)
class Looked:
    """A file that was looked at: its sample, and its layout where it is a table."""

    sample: Sample
    layout: Layout

    @property
    def name(self) -> str:
        """Path below the extracts folder."""
        return self.sample.name

    @property
    def columns(self) -> frozenset[str]:
        """Lower-case names of the columns; none where it is no table."""
        return frozenset(column.lower() for column in self.layout.columns)


Below = Mapping[str, Looked]
"""Files by their path below a folder."""

_OMOP_CORE = ("measurement", "drug_exposure", "condition_occurrence", "person")
_OMOP = (
    *_OMOP_CORE, "procedure_occurrence", "death", "observation_period", "concept", "cdm_source", "visit_occurrence",
    "visit_detail", "observation", "device_exposure", "drug_era", "condition_era", "dose_era", "location", "care_site",
    "provider", "vocabulary", "domain", "concept_relationship", "concept_ancestor", "concept_class", "concept_synonym",
    "relationship", "drug_strength", "note", "specimen", "cost", "payer_plan_period", "fact_relationship", "metadata",
    "episode", "episode_event", "source_to_concept_map", "note_nlp", "cohort", "cohort_definition",
)  # fmt: skip
_MIMIC = (
    "labevents", "d_labitems", "prescriptions", "emar", "emar_detail", "pharmacy", "patients", "admissions",
    "diagnoses_icd", "procedures_icd", "d_icd_diagnoses", "d_icd_procedures", "hcpcsevents", "d_hcpcs", "omr",
    "services", "transfers", "poe", "poe_detail", "microbiologyevents", "drgcodes", "provider",
)  # fmt: skip
_SYNTHEA = (
    "patients", "observations", "medications", "conditions", "procedures", "encounters", "allergies", "careplans",
    "claims", "claims_transactions", "devices", "imaging_studies", "immunizations", "organizations", "payers",
    "payer_transitions", "providers", "supplies",
)  # fmt: skip


def _omop(files: Below) -> list[str]:
    named = _named(files, _OMOP)
    is_cdm = any(
        _stem(name) in _OMOP_CORE and "person_id" in files[name].columns
        and any(column.endswith("_concept_id") for column in files[name].columns)
        for name in named
    )  # fmt: skip
    return named if is_cdm else []


def _mimic(files: Below) -> list[str]:
    named = _named(files, _MIMIC)
    is_mimic = any(files[name].columns >= {"subject_id", "itemid", "charttime"} for name in named)
    return named if is_mimic else []


def _synthea(files: Below) -> list[str]:
    named = _named(files, _SYNTHEA)
    marks = ({"patient", "encounter", "code", "description"}, {"id", "birthdate", "deathdate", "ssn"})
    return named if any(files[name].columns >= mark for name in named for mark in marks) else []


def _fhir(files: Below) -> list[str]:
    return [
        name
        for name, looked in files.items()
        if looked.sample.form == "ndjson" and '"resourceType"' in looked.sample.text
    ]


def _hl7v2(files: Below) -> list[str]:
    return [name for name, looked in files.items() if looked.sample.form == "hl7"]


KINDS: Mapping[str, Callable[[Below], list[str]]] = {
    "omop": _omop,
    "mimic": _mimic,
    "synthea": _synthea,
    "fhir": _fhir,
    "hl7v2": _hl7v2,
}

TITLES = {
    "omop": "OMOP CDM",
    "mimic": "MIMIC-IV hosp",
    "synthea": "Synthea CSV",
    "fhir": "FHIR R4 bulk NDJSON",
    "hl7v2": "HL7 v2 messages",
}


@dataclass(frozen=True)
class Known:
    """Files of a layout that is known: the folder they lie in, below the extracts (``.``: there), and their names."""

    kind: str
    folder: str
    names: tuple[str, ...]


def known_folders(files: Sequence[Looked]) -> list[Known]:
    """The known layouts among the files, from the outermost folder inwards; each file belongs to one at most."""
    found: list[Known] = []
    left = {looked.name: looked for looked in files}
    for folder in _folders(left):
        below = {
            name.removeprefix(f"{folder}/") if folder != "." else name: name for name in left if _is_in(name, folder)
        }
        for kind, belonging in KINDS.items():
            if kind not in SOURCE_KINDS:
                continue
            names = [
                below[name] for name in belonging({short: left[name] for short, name in below.items() if name in left})
            ]
            if names:
                where = _common(names) if kind in ("fhir", "hl7v2") else folder
                found.append(Known(kind, where, tuple(sorted(names))))
                left = {name: looked for name, looked in left.items() if name not in names}
                below = {short: name for short, name in below.items() if name in left}
    return found


def _named(files: Below, tables: Iterable[str]) -> list[str]:
    known = frozenset(tables)
    return [name for name, looked in files.items() if _stem(name) in known and looked.layout.columns]


def _stem(name: str) -> str:
    """The name of a file, or of the folder that holds its parts, without suffixes."""
    return PurePosixPath(name).parts[0].split(".")[0].lower()


def _folders(names: Iterable[str]) -> list[str]:
    parents = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    return sorted(parents, key=lambda folder: (folder != ".", folder.count("/"), folder))


def _is_in(name: str, folder: str) -> bool:
    return folder == "." or name.startswith(f"{folder}/")


def _common(names: Sequence[str]) -> str:
    parents = [PurePosixPath(name).parent.parts for name in names]
    shared = []
    for parts in zip(*parents, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/".join(shared) or "."
