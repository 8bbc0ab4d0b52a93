"""The definition hash of a measure: it changes when its numbers may change, and not when only words do."""

import hashlib
import json
from collections.abc import Mapping

from pipelines.contract import CORE_TABLES
from pipelines.measures import _counts, _rows, _suppression
from pipelines.measures._registry import Measure, Rule, measures
from pipelines.profile import Number, Profile
from pipelines.worklists import definition_hash, worklists
from pipelines.worklists._definition import functions_behind, numbers_behind
from pipelines.worklists._registry import SCOPE, parameters_of

COUNTING = (_counts.judged_counts, _counts.tallied_counts, _counts.added, _rows.measure_rows, _suppression.what_is_told)
"""What turns the judged persons into rows; what these call is found from them."""


def measure_hashes(profile: Profile, codebook_digest: str) -> dict[str, str]:
    """The SHA-256 of the definition of every list and measure, by name.

    Of a list it is its own; of another measure, that of its rule with its terms, its numbers and the code lists.
    """
    hashes = {name: definition_hash(each, profile, codebook_digest) for name, each in worklists().items()}
    for name, each in measures().items():
        functions = functions_behind(SCOPE, *_needs(each.rule), besides=[each.rule])
        numbers = measure_numbers(each, profile)
        hashes[name] = _digest({"functions": functions, "numbers": numbers, "codes": codebook_digest})
    return hashes


def measure_numbers(measure: Measure, profile: Profile) -> dict[str, Number]:
    """The profile numbers that a measure and everything it rests on read, by their dotted name."""
    return numbers_behind(profile, SCOPE, besides=[measure.rule])


def measures_definition(hashes: Mapping[str, str], profile: Profile) -> str:
    """The SHA-256 of all of them together with the counting, the age bands and the limit of small numbers."""
    numbers = {name: profile[name] for name in profile if name.startswith(("measure.", "scope."))}
    return _digest({"hashes": dict(hashes), "numbers": numbers, "functions": functions_behind(besides=COUNTING)})


def _needs(rule: Rule) -> tuple[str, ...]:
    return tuple(name for name in parameters_of(rule) if name not in CORE_TABLES)


def _digest(parts: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
