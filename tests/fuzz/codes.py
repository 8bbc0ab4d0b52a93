"""Codes and names: each triple of an extract is told of once, or once a concept, and every concept is a known one."""

from functools import cache

import polars as pl

from pipelines.codelists.concepts import TABLES, known_concepts
from pipelines.codes import CodeBook, LocalCodes, load_codebook
from pipelines.errors import ConfigurationError
from tests.fuzz.material import Material, joined

WORDS = (
    "LOINC", "http://loinc.org", "2132-9", "SNOMED CT", "READV2", "ICD-10-CM", "D51.0", "d510", "E11.4", "RXNORM", "ATC",
    "A10BA02", "CPT", "43644", "metformin", "Vitamin B12", "hydroxocobalamin", "Cyanokit", "_", ".", "(a+)+$", "[", "\\",
    "serum_b12", "urn:oid:2.16.840.1.113883.6.1", "vitamin b-12 serum", "eye drops", "0123456789",
)  # fmt: skip
SEEDS = (
    joined("LOINC", "2132-9", "Vitamin B12", "", "XYZ", "serum folate", choices=b"\0\0"),
    joined("SNOMED CT", "84027009", "Pernicious anemia", choices=b"\2\0"),
    joined("(a+)+$", "serum_b12", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", choices=b"\0\1"),
)


@cache
def shipped() -> CodeBook:
    return load_codebook()


def check(data: bytes) -> None:
    material = Material(data)
    table, is_local = material.pick(tuple(TABLES)), material.number(4) == 1
    book, rows = shipped(), material.rows(3)
    if is_local:
        system, code, concept = rows.pop(0)
        concepts = {code or "": concept or "serum_b12"}
        try:
            book = load_codebook(local=[LocalCodes(table, system, concepts, concepts)])
        except ConfigurationError:
            return
    triples = pl.DataFrame(rows, schema=dict.fromkeys(("code_system", "code", "name"), pl.String), orient="row").unique(
        maintain_order=True
    )
    found = book.match(table, triples)
    told = found.select("code_system", "code", "name").unique(maintain_order=True)
    assert told.equals(triples)
    if table != "prescriptions":
        assert found.height == triples.height
    known = {*known_concepts(), "b12_any_route"}
    assert set(found["concept"].drop_nulls()) <= known
    assert found.filter(pl.col("concept").is_not_null() & pl.col("matched_by").is_null()).is_empty()
