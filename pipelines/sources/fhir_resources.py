"""FHIR R4 resources as far as they are read: of each the elements that say something here, all others passed over."""

from collections.abc import Mapping

import msgspec

from pipelines.sources.fhir_elements import (
    ABSENT,
    CodeableConcept,
    Element,
    Identifier,
    Period,
    Quantity,
    Range,
    Ratio,
    Reference,
)


class Meta(Element):
    """What the server knows of a resource."""

    last_updated: str | None = None


class Resource(Element):
    """What every resource has."""

    resource_type: str | None = None
    id: str | None = None
    meta: Meta | None = None

    @property
    def last_updated(self) -> str | None:
        """When the server last changed it."""
        return self.meta.last_updated if self.meta else None


class HumanName(Element):
    """A name."""

    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: list[str | None] | None = None


class Patient(Resource):
    """A person."""

    active: bool | None = None
    identifier: list[Identifier] | None = None
    name: list[HumanName] | None = None
    gender: str | None = None
    birth_date: str | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None
    managing_organization: msgspec.Raw = ABSENT
    general_practitioner: list[Reference] | None = None


class Measured(Resource):
    """What an observation and each of its components say of a value."""

    code: msgspec.Raw = ABSENT
    value_quantity: Quantity | None = None
    value_codeable_concept: msgspec.Raw = ABSENT
    value_string: str | None = None
    value_boolean: bool | None = None
    value_integer: int | None = None
    value_range: Range | None = None
    value_ratio: Ratio | None = None
    data_absent_reason: msgspec.Raw = ABSENT
    interpretation: msgspec.Raw = ABSENT
    reference_range: msgspec.Raw = ABSENT


class Observation(Measured):
    """A result, or several under one heading."""

    status: str | None = None
    subject: msgspec.Raw = ABSENT
    contained: msgspec.Raw = ABSENT
    effective_date_time: str | None = None
    effective_instant: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    component: msgspec.Raw = ABSENT


class AboutDrug(Resource):
    """What the four resources about a drug share."""

    status: str | None = None
    subject: msgspec.Raw = ABSENT
    contained: msgspec.Raw = ABSENT
    medication_codeable_concept: msgspec.Raw = ABSENT
    medication_reference: msgspec.Raw = ABSENT


class DispenseRequest(Element):
    """What may be dispensed on a prescription."""

    validity_period: Period | None = None
    number_of_repeats_allowed: int | None = None
    quantity: Quantity | None = None
    expected_supply_duration: Quantity | None = None


class MedicationRequest(AboutDrug):
    """A prescription."""

    intent: str | None = None
    do_not_perform: bool | None = None
    authored_on: str | None = None
    dosage_instruction: msgspec.Raw = ABSENT
    dispense_request: msgspec.Raw = ABSENT


class MedicationDispense(AboutDrug):
    """A supply."""

    quantity: Quantity | None = None
    days_supply: Quantity | None = None
    when_prepared: str | None = None
    when_handed_over: str | None = None
    dosage_instruction: msgspec.Raw = ABSENT


class MedicationAdministration(AboutDrug):
    """A dose given."""

    effective_date_time: str | None = None
    effective_period: Period | None = None
    dosage: msgspec.Raw = ABSENT


class MedicationStatement(AboutDrug):
    """What somebody says is taken."""

    effective_date_time: str | None = None
    effective_period: Period | None = None
    date_asserted: str | None = None
    dosage: msgspec.Raw = ABSENT


class Medication(Resource):
    """A product."""

    code: msgspec.Raw = ABSENT
    form: CodeableConcept | None = None


class Condition(Resource):
    """A diagnosis or problem."""

    clinical_status: msgspec.Raw = ABSENT
    verification_status: msgspec.Raw = ABSENT
    code: msgspec.Raw = ABSENT
    subject: msgspec.Raw = ABSENT
    contained: msgspec.Raw = ABSENT
    onset_date_time: str | None = None
    onset_period: Period | None = None
    abatement_date_time: str | None = None
    abatement_period: Period | None = None
    recorded_date: str | None = None


class Procedure(Resource):
    """Something done."""

    status: str | None = None
    code: msgspec.Raw = ABSENT
    subject: msgspec.Raw = ABSENT
    contained: msgspec.Raw = ABSENT
    performed_date_time: str | None = None
    performed_period: Period | None = None


class Request(Element):
    """What a server was asked to do with the resource of an entry."""

    method: str | None = None
    url: str | None = None


class Response(Element):
    """What a server did with the resource of an entry."""

    last_modified: str | None = None


class Entry(Element):
    """One resource of a bundle."""

    full_url: str | None = None
    resource: msgspec.Raw = ABSENT
    request: Request | None = None
    response: Response | None = None


class Bundle(Resource):
    """Several resources, or the deletions of several."""

    entry: list[Entry] | None = None


RESOURCES: Mapping[str, type[Resource]] = {
    kind.__name__: kind
    for kind in (
        Patient, Observation, MedicationRequest, MedicationDispense, MedicationAdministration, MedicationStatement,
        Condition, Procedure, Medication,
    )
}  # fmt: skip
"""The resources that become rows, or are looked up by those that do."""

TABLE_OF: Mapping[str, str] = {
    "Observation": "labs",
    "MedicationRequest": "prescriptions",
    "MedicationDispense": "prescriptions",
    "MedicationAdministration": "prescriptions",
    "MedicationStatement": "prescriptions",
    "Condition": "diagnoses",
    "Procedure": "procedures",
    "Patient": "patients",
    "Medication": "medications",
}
"""The table that each becomes rows of; ``medications`` is none of the extract, and looked up by prescriptions."""
