"""What MIMIC says of drugs: the orders of a ward, and what was given of them."""

from pipelines.sources.columns import NOTHING, Columns, Terms, joined_text


def prescriptions(columns: Columns) -> Terms:
    """An order: prescribed, from its start until it stops, by the end of the stay at the latest."""
    columns.join("mimic_admission", "stay", {"hadm_id": "hadm_id"})
    order = order_terms(columns)
    starts, stops = columns.text("starttime"), columns.text("stoptime")
    return {
        "prescription_id": joined_text(
            order["pharmacy_id"], order["drug_type"], order["drug"], columns.id("ndc"), starts
        ),
        "drug_code": order["product_code"],
        "code_system": order["code_system"],
        "drug_name": order["drug"],
        "route": order["route"],
        "form": order["form"],
        "strength": order["strength"],
        "daily_dose": order["daily_dose"],
        "start_date": starts,
        "end_date": f"coalesce({stops}, stay.dischtime)",
        # Stopped before it began, it was never carried out.
        "status": f"CASE WHEN {_is_before(stops, starts)} THEN 'cancelled' END",
        "kind": "'prescribed'",
    }


def _is_before(stops: str, starts: str) -> str:
    """Is the one time before the other? Of a date alone only the days can be compared."""
    days, times = (f"TRY_CAST({stops} AS {kind}) < TRY_CAST({starts} AS {kind})" for kind in ("DATE", "TIMESTAMP"))
    return f"CASE WHEN least(length({stops}), length({starts})) <= 10 THEN {days} ELSE {times} END"


def emar(columns: Columns) -> Terms:
    """An entry of the administration record: given on its day, or not given."""
    columns.join("mimic_medication", "listed", {"medication": "medication"})
    columns.join("mimic_order", "ordered", {"pharmacy_id": "pharmacy_id", "medication": "medication"})
    columns.join("mimic_dose", "dose", {"emar_id": "emar_id"})
    given_at = columns.text("charttime")
    is_given = f"regexp_matches(coalesce({columns.text('event_txt')}, ''), '(^| )Administered')"
    return {
        "prescription_id": columns.id("emar_id"),
        "drug_name": columns.text("medication"),
        "route": "coalesce(dose.route, ordered.route)",
        "form": "ordered.form",
        # Another drug of the order is given in the same way, but not as much of it.
        "daily_dose": "CASE WHEN ordered.drug = ordered.medication THEN ordered.daily_dose END",
        "start_date": given_at,
        # A dose covers its day: for how long there are to be doses, the order says.
        "end_date": given_at,
        # Of drugs off the pathway nothing is kept: to tell which of them were not given would only cost time.
        "status": f"CASE WHEN {is_given} OR listed.is_listed IS NULL THEN 'administered' ELSE 'not-done' END",
        "kind": "'administered'",
        "recorded_at": columns.text("storetime"),
    }


def order_terms(columns: Columns) -> Terms:
    """What a row of prescriptions says of the drug that is ordered."""
    ndc = f"nullif({columns.id('ndc')}, '0')"
    dose, times = (
        f"TRY_CAST(replace({columns.number(name)}, ',', '') AS DOUBLE)" for name in ("dose_val_rx", "doses_per_24_hrs")
    )
    return {
        "pharmacy_id": columns.id("pharmacy_id"),
        "drug_type": columns.text("drug_type"),
        "drug": columns.text("drug"),
        "product_code": ndc,
        "code_system": f"CASE WHEN {ndc} IS NOT NULL THEN 'NDC11' END",
        "route": columns.text("route"),
        "form": columns.first("form_rx", "prod_strength"),
        "strength": columns.text("prod_strength"),
        # Zero times a day is less often than daily; how often is not said.
        "daily_dose": f"CAST({dose} * nullif({times}, 0) AS VARCHAR) || ' ' || {columns.text('dose_unit_rx')}",
    }


def pharmacy_terms(columns: Columns) -> Terms:
    """What a row of pharmacy says of the drug that is ordered, in the terms of an order."""
    known = {
        "pharmacy_id": columns.id("pharmacy_id"),
        "drug": columns.text("medication"),
        "route": columns.text("route"),
    }
    return {name: known.get(name, NOTHING) for name in order_terms(columns)}
