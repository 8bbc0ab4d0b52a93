"""The lists as HL7 FHIR R4: a ``Group`` for each list, a ``DetectedIssue`` for each open item."""

from pipelines.fhir_export.export import Exported, export_fhir

__all__ = ["Exported", "export_fhir"]
