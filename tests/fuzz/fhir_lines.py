"""FHIR: lines of resources, of any type or none, cut and broken."""

import json

from tests.fuzz.delivered import check_delivered
from tests.fuzz.material import SECRET, Material
from tests.sources.exports import BASES, a, ndjson

WORDS = (
    '{"resourceType":"Observation"', '"valueQuantity":{"value":', '"component":[', '"contained":[{', '"entry":[', '"code":{"coding":[{', "}]}",
    '"subject":{"reference":"Patient/', '"status":"entered-in-error"', '"effectiveDateTime":"2026"', "\n", "\r\n", "\0", "\ufeff", "[" * 40,
    "{" * 40, "1e999", "-0", "null", "true", '"\\ud800"', '":"', '",', "}", "]", SECRET, '{"resourceType":"Bundle","entry":[',
    '"request":{"method":"DELETE","url":"Observation/1"}', "18446744073709551616", '"birthDate":"0000-13"',
)  # fmt: skip
NAMES = (
    "Observation.ndjson",
    "Patient.ndjson",
    "MedicationRequest.ndjson",
    "Condition.ndjson",
    "any.ndjson",
    "bundle.json",
    "Procedure.ndjson.gz",
)
WHOLE = ndjson(*(a(kind, f"{SECRET}{place}") for place, kind in enumerate(BASES)))
PANEL = a(
    "Observation", valueQuantity=None, component=[{"code": BASES["Observation"]["code"], "valueString": SECRET}] * 3
)
BUNDLE = json.dumps({"resourceType": "Bundle", "entry": [{"resource": a(kind)} for kind in BASES]}).encode()
SEEDS = (
    b"\0" + WHOLE,
    b"\4" + WHOLE + b'{"resourceType": "Observation", "id": "' + SECRET.encode(),
    b"\0" + ndjson(PANEL, a("Patient"), "[]", "1", "", SECRET),
    b"\5" + BUNDLE,
    b"\4" + BUNDLE + b"\n" + BUNDLE[:-9],
    b"\1" + b"\xef\xbb\xbf" + WHOLE.replace(b"\n", b"\r\n"),
    b"\6" + WHOLE,
)  # fmt: skip


def check(data: bytes) -> None:
    material = Material(data)
    check_delivered("fhir", material.pick(NAMES), material.rest())
